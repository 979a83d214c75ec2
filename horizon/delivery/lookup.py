"""The cluster, application or run that a name or a number says, if the actor may do this to it: what every door asks first."""

from typing import Any

from django.db.models import QuerySet

from horizon.access.permissions import Actor, require
from horizon.access.policy import Verb
from horizon.delivery.models import Pipelinerun
from horizon.errors import Conflict, NotFound
from horizon.inventory.events import named
from horizon.inventory.models import Application, Cluster

_LARGEST_KEY = 2**62


def cluster(name: str, verb: Verb, *, actor: Actor, archived: bool = False) -> Cluster:
    """The cluster of this name, without the archive of its release.

    Raises `NotFound`, `Forbidden`, and `Conflict` for more than a look at a deleted one unless `archived`.
    """
    rows = Cluster.objects.select_related("application__group", "application__template", "environment", "region", "release__template")
    found: Cluster = _found(rows.defer("release__archive").filter(name=name, ready=True), f"there is no cluster {name}")
    return _allowed(found, verb, actor, archived=archived)


def application(name: str, verb: Verb, *, actor: Actor, archived: bool = False) -> Application:
    """The application of this name; raises as `cluster` does."""
    rows = Application.objects.select_related("group", "template").filter(name=name, ready=True)
    found: Application = _found(rows, f"there is no application {name}")
    return _allowed(found, verb, actor, archived=archived)


def run(key: int, verb: Verb, *, actor: Actor) -> Pipelinerun:
    """The run of this number, by what the actor may do to its cluster. Raises `NotFound`, `Forbidden`."""
    rows = Pipelinerun.objects.select_related("cluster__application__group", "target")
    found: Pipelinerun = _found(rows.filter(pk=min(key, _LARGEST_KEY)), f"there is no pipelinerun {key}")
    require(actor, verb, found.cluster)
    return found


def _found(rows: "QuerySet[Any]", missing: str) -> Any:
    thing = rows.first()
    if thing is None:
        raise NotFound(missing)
    return thing


def _allowed(thing: Any, verb: Verb, actor: Actor, *, archived: bool) -> Any:
    require(actor, verb, thing)
    if thing.archived_at and verb != Verb.VIEW and not archived:
        raise Conflict(f"{named(thing)} was deleted: restore it first", code="archived")
    return thing
