"""What is deleted is put away first: restored whole, or purged for good. Applications change, and move between groups."""

import logging
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from horizon.access.events import record
from horizon.access.permissions import Actor, require
from horizon.access.policy import Verb
from horizon.delivery import regions
from horizon.delivery.models import ACTIVE, Pipelinerun
from horizon.errors import Conflict, Invalid, Unavailable
from horizon.inventory.events import named
from horizon.inventory.models import Application, Cluster, Group, Priority
from horizon.inventory.repositories import remove

log = logging.getLogger(__name__)

Kept = Application | Cluster


@dataclass(frozen=True)
class Look:
    """What may be changed of an application; its name and template stay."""

    description: str
    priority: str


def change(application: Application, look: Look, *, actor: Actor) -> None:
    """Describe it anew. Its clusters learn a new priority when somebody brings it to them. Raises `Invalid`."""
    if look.priority not in Priority.values:
        raise Invalid(f"{look.priority[:20]!r} is no priority: use P0 to P3", code="priority", details={"field": "priority"})
    before = Look(application.description, application.priority)
    if look == before:
        return
    with transaction.atomic():
        application.description, application.priority = look.description, look.priority
        application.save(update_fields=["description", "priority"])
        record(actor, "edit", application, before=asdict(before), after=asdict(look))


def describe(cluster: Cluster, description: str, *, actor: Actor) -> None:
    """Give a cluster another description."""
    before = cluster.description
    if before == description:
        return
    with transaction.atomic():
        cluster.description = description
        cluster.save(update_fields=["description"])
        record(actor, "edit", cluster, before=before, after=description)


def move(application: Application, group: Group, *, actor: Actor) -> None:
    """Into another group: roles held there count from now on. Repositories, namespaces and live objects stay as they are.

    Takes the right to delete here and to edit there. Raises `Forbidden`.
    """
    require(actor, Verb.DELETE, application)
    require(actor, Verb.EDIT, group)
    before = application.group
    if before == group:
        return
    with transaction.atomic():
        application.group = group
        application.save(update_fields=["group"])
        record(actor, "move", application, before=before.path, after=group.path)


def archive(application: Application, *, actor: Actor) -> None:
    """Put an application away. Raises `Conflict` naming the clusters that are still there."""
    with transaction.atomic():
        Application.objects.select_for_update().get(pk=application.pk)
        _refuse_used(application, application.clusters.filter(archived_at__isnull=True), "delete them first")
        application.archived_at = timezone.now()
        application.save(update_fields=["archived_at"])
        record(actor, "archive", application)


def restore(thing: Kept, *, actor: Actor) -> None:
    """Bring it back as it was, not deployed. Raises `Conflict` where it was not deleted, or its application is."""
    _refuse_alive(thing)
    if isinstance(thing, Cluster) and thing.application.archived_at:
        raise Conflict(f"application {thing.application} was deleted: restore it first", code="archived")
    with transaction.atomic():
        thing.archived_at = None
        thing.save(update_fields=["archived_at"])
        record(actor, "restore", thing)


def purge(thing: Kept, *, actor: Actor) -> None:
    """Remove it for good, with its repository, runs and members; its events stay, its name is free again. Raises `Conflict`."""
    _refuse_alive(thing)
    if isinstance(thing, Application):
        _refuse_used(thing, thing.clusters.all(), "purge them first")
        remove("applications", thing.pk)
    else:
        _forget(thing)
        remove("clusters", thing.pk)
    with transaction.atomic():
        record(actor, "purge", thing)
        if isinstance(thing, Cluster):
            _remove_runs(thing)
        thing.delete()


def _forget(cluster: Cluster) -> None:
    if Pipelinerun.objects.filter(cluster=cluster, state__in=ACTIVE).exists():
        raise Conflict(f"{cluster} is being deleted still: wait for the end of the run", code="conflict")
    with suppress(Unavailable):
        regions.engine(cluster).forget(regions.target(cluster))


def _remove_runs(cluster: Cluster) -> None:
    runs = Pipelinerun.objects.filter(cluster=cluster)
    runs.update(target=None, superseded_by=None)
    runs.delete()


def _refuse_alive(thing: Kept) -> None:
    if thing.archived_at is None:
        raise Conflict(f"{named(thing)} was not deleted", code="not_archived")


def _refuse_used(application: Application, clusters: Any, advice: str) -> None:
    names = [cluster.name for cluster in clusters.order_by("name")[:100]]
    if names:
        raise Conflict(f"application {application} has clusters, {advice}: {', '.join(names[:10])}", code="not_empty", details={"clusters": names})
