"""What a cluster lives through beside its runs: copied, deleted, restored, purged."""

from typing import Any

from django import forms
from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _

from horizon.access.permissions import require
from horizon.access.policy import Verb
from horizon.delivery import create, launch, life, review
from horizon.delivery.models import Pipelinerun
from horizon.errors import Conflict, HorizonError, Invalid
from horizon.inventory import names
from horizon.inventory.ledger import refresh
from horizon.inventory.models import Cluster, Environment, Region
from horizon.web import diffs
from horizon.web.clusters.actions import ClusterDialog, Words, active_run

_LONGEST_LIMIT = 24 * 60
"""Minutes that a removal may take."""


class _Copy(forms.Form):
    name = forms.CharField(max_length=63)
    environment = forms.CharField(max_length=63)
    region = forms.CharField(max_length=63)
    description = forms.CharField(max_length=512, required=False)


class _Delete(Words):
    name = forms.CharField(max_length=63, required=False)
    orphan = forms.BooleanField(required=False)
    limit = forms.IntegerField(min_value=1, max_value=_LONGEST_LIMIT, required=False)


class _Named(forms.Form):
    name = forms.CharField(max_length=63, required=False)


class Copy(ClusterDialog):
    """`/clusters/{name}/copy`"""

    verb, template, form = Verb.VIEW, "web/sheets/copy.html", _Copy

    def thing(self, name: str, **address: Any) -> Cluster:
        """The cluster to copy, if the actor may make clusters of its application; one that was deleted is restored, not copied."""
        cluster = super().thing(name)
        require(self.actor, Verb.EDIT, cluster.application)
        if cluster.archived_at:
            raise Conflict(_("Cluster %(name)s was deleted: restore it first.") % {"name": cluster.name}, code="archived")
        return cluster

    def shown(self, cluster: Cluster, asked: Any) -> dict[str, Any]:
        """What is asked of the copy, with a name that is free, and what it would have."""
        environments, regions = (list(kind.objects.values_list("name", flat=True)) for kind in (Environment, Region))
        suggested = {name: _free_name(cluster.application.name, name) for name in environments}
        environment = asked.get("environment") if asked.get("environment") in suggested else _other_environment(cluster, environments)
        named = asked.get("name", "")
        given = {
            "environments": environments,
            "environment": environment,
            "regions": regions,
            "region": asked.get("region") if asked.get("region") in regions else cluster.region.name,
            "named": suggested[environment] if named in ("", *suggested.values()) else named,
            "description": asked.get("description", cluster.description),
        }
        return {**given, **_compared(cluster, {**given, "name": given["named"]})}

    def do(self, cluster: Cluster, given: dict[str, Any]) -> str:
        """Make it: everything pending, nothing released."""
        made = create.cluster(_like(cluster, given), actor=self.actor)
        messages.success(
            self.request, _("%(name)s was made like %(source)s: nothing runs before its first deploy.") % {"name": made, "source": cluster}
        )
        return reverse("cluster", args=[made.name])


class Delete(ClusterDialog):
    """`/clusters/{name}/delete`"""

    verb, template, form = Verb.DELETE, "web/sheets/delete.html", _Delete

    def shown(self, cluster: Cluster, asked: Any) -> dict[str, Any]:
        """What goes: live objects, and the runs that end."""
        keys = review.pending(refresh(cluster))["keys"] if cluster.pending else []
        return {"objects": cluster.objects_seen, "active": active_run(cluster), "keys": keys}

    def launch(self, cluster: Cluster, given: dict[str, Any]) -> launch.Launched:
        """Put it away once its objects are gone. Raises `Invalid` unless its name was typed."""
        _confirmed(cluster, given["name"])
        limit = given["limit"] * 60 if given["limit"] else None
        return launch.delete(cluster, self.order(given), orphan=given["orphan"], limit=limit)


class Restore(ClusterDialog):
    """`/clusters/{name}/restore`"""

    verb, archived, template, form = Verb.DELETE, True, "web/sheets/restore.html", forms.Form

    def do(self, cluster: Cluster, given: dict[str, Any]) -> str:
        """Bring it back as it was, not deployed."""
        life.restore(cluster, actor=self.actor)
        messages.success(self.request, _("%(name)s is back. Nothing of it runs before the next deploy.") % {"name": cluster})
        return reverse("cluster", args=[cluster.name])


class Purge(ClusterDialog):
    """`/clusters/{name}/purge`"""

    verb, archived, template, form = Verb.DELETE, True, "web/sheets/purge.html", _Named

    def shown(self, cluster: Cluster, asked: Any) -> dict[str, Any]:
        """What goes for good."""
        return {"runs": Pipelinerun.objects.filter(cluster=cluster).count(), "members": cluster.memberships.count()}

    def do(self, cluster: Cluster, given: dict[str, Any]) -> str:
        """Remove it for good. Raises `Invalid` unless its name was typed."""
        _confirmed(cluster, given["name"])
        life.purge(cluster, actor=self.actor)
        messages.success(self.request, _("%(name)s is gone for good; its name is free again.") % {"name": cluster})
        return reverse("home")


def _like(cluster: Cluster, given: dict[str, Any]) -> create.NewCluster:
    """Raises `Invalid` for a place that is none."""
    environment = Environment.objects.filter(name=given["environment"]).first()
    region = Region.objects.filter(name=given["region"]).first()
    if environment is None or region is None:
        raise Invalid(_("There is no such environment or region."), code="unknown")
    return create.like(cluster, name=given["name"], environment=environment, region=region, description=given["description"])


def _compared(cluster: Cluster, given: dict[str, Any]) -> dict[str, Any]:
    try:
        found = create.compared(_like(cluster, given), cluster)
    except HorizonError as error:
        return {"troubles": [error.message]}
    return {"files": diffs.files(found["files"]), "impacts": found["objects"]}


def _other_environment(cluster: Cluster, environments: list[str]) -> str:
    """The first one in which the application has no cluster yet, else that of the cluster."""
    used = set(Cluster.objects.filter(application=cluster.application_id).values_list("environment__name", flat=True))
    return next((name for name in environments if name not in used), cluster.environment.name)


def _free_name(application: str, environment: str) -> str:
    """A name that nobody has, not longer than a name may be."""
    stem = f"{application[: names.LONGEST - len(environment) - 4]}-{environment}"
    taken = set(Cluster.objects.filter(name__startswith=stem).values_list("name", flat=True))
    return next(name for name in (stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))) if name not in taken)


def _confirmed(cluster: Cluster, typed: str) -> None:
    if typed.strip() != cluster.name:
        raise Invalid(_("To confirm, type the name of the cluster: %(name)s.") % {"name": cluster.name}, code="confirm")
