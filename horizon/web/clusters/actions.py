"""What one does to a cluster: each action a dialog that shows what it will do, and the launch that does it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from horizon.access.permissions import require, verbs
from horizon.access.policy import Verb
from horizon.delivery import launch, review
from horizon.delivery.models import ACTIVE, Pipelinerun
from horizon.delivery.queueing import Order
from horizon.errors import HorizonError, NotFound, StaleRevision
from horizon.inventory.ledger import refresh
from horizon.inventory.models import Cluster
from horizon.web import diffs
from horizon.web.dialog import Dialog

_TARGETS = 30
"""Runs that a rollback offers."""


class Words(forms.Form):
    """The title and reason of a run."""

    title = forms.CharField(max_length=255, required=False)
    reason = forms.CharField(max_length=4000, required=False)


class _Deploy(Words):
    source = forms.CharField(max_length=40)
    base = forms.CharField(max_length=40)
    overtake = forms.BooleanField(required=False)


class _Rollback(Words):
    pipelinerun = forms.IntegerField(min_value=1, max_value=2**62)
    pending = forms.ChoiceField(choices=[("keep", gettext_lazy("keep")), ("prefer", gettext_lazy("prefer")), ("discard", gettext_lazy("discard"))])
    restore_overrides = forms.BooleanField(required=False)
    confirm = forms.BooleanField(required=False)


class ClusterDialog(Dialog):
    """A dialog of a cluster; most of them queue a run."""

    verb, nav, called = Verb.OPERATE, "clusters", "cluster"
    archived = False
    """Whether it is about a cluster that was deleted."""
    form: type[forms.Form] = Words

    def thing(self, name: str, **address: Any) -> Cluster:
        """The cluster, if the actor may do this to it. Raises `NotFound`, `Forbidden`, `Conflict`."""
        return self.cluster(name, self.verb, archived=self.archived)

    def back(self, cluster: Cluster) -> str:
        """The cluster's page."""
        return reverse("cluster", args=[cluster.name])

    def do(self, cluster: Cluster, given: dict[str, Any]) -> str:
        """Do it; where to go then. Raises `HorizonError`."""
        launched = self.launch(cluster, given)
        if launched.stays_pending:
            messages.info(self.request, _left(launched))
        return self.back(cluster)

    def order(self, given: dict[str, Any]) -> Order:
        """Who asks for the run, and under which title."""
        return Order(self.actor, title=given["title"], reason=given["reason"], overtake=given.get("overtake", False))

    def launch(self, cluster: Cluster, given: dict[str, Any]) -> launch.Launched:
        """Queue the run. Raises `HorizonError`."""
        raise NotImplementedError


class Deploy(ClusterDialog):
    """`/clusters/{name}/deploy`"""

    verb, template, form = Verb.DEPLOY, "web/sheets/deploy.html", _Deploy

    def shown(self, cluster: Cluster, asked: Any) -> dict[str, Any]:
        """What is pending, with the source and base that are sent back."""
        found = review.pending(refresh(cluster))
        return {
            **difference(found),
            "source": found["source"],
            "base": found["base"],
            "released": launch.released(cluster),
            "active": active_run(cluster),
        }

    def launch(self, cluster: Cluster, given: dict[str, Any]) -> launch.Launched:
        """Ship what was shown. Raises `StaleRevision` where something was released meanwhile."""
        return launch.deploy(cluster, self.order(given), source=given["source"], base=given["base"])

    def ask(self, cluster: Cluster, *, typed: Any, error: HorizonError | None = None) -> HttpResponse:
        """The dialog; one that is out of date says so and shows the difference anew."""
        stale = isinstance(error, StaleRevision)
        said = StaleRevision(_("Something was released since you looked. This is the difference now: look again, then deploy.")) if stale else error
        return super().ask(cluster, typed=typed, error=said)


class Restart(ClusterDialog):
    """`/clusters/{name}/restart`"""

    template = "web/sheets/restart.html"

    def shown(self, cluster: Cluster, asked: Any) -> dict[str, Any]:
        """What stays pending."""
        return {"keys": review.pending(refresh(cluster))["keys"] if cluster.pending else [], "active": active_run(cluster)}

    def launch(self, cluster: Cluster, given: dict[str, Any]) -> launch.Launched:
        """Restart alone."""
        return launch.restart(cluster, self.order({**given, "title": given["title"] or _("Restart")}))


class RollBack(ClusterDialog):
    """`/clusters/{name}/rollback`"""

    template, form = "web/sheets/rollback.html", _Rollback

    def shown(self, cluster: Cluster, asked: Any) -> dict[str, Any]:
        """The runs to go back to, and what going back to the chosen one changes."""
        refresh(cluster)
        runs = list(_targets(cluster)[:_TARGETS])
        chosen = _chosen(cluster, runs, str(asked.get("pipelinerun") or ""))
        given = {"runs": runs, "chosen": chosen, "active": active_run(cluster), "may_override": Verb.OVERRIDE in verbs(self.actor, cluster)}
        if chosen is None:
            return {**given, "blocked": True}
        options = launch.Rollback(restore_overrides=bool(asked.get("restore_overrides")))
        found = review.restored(cluster, chosen.revision, keep=options.kept)
        return {**given, **difference(found), "pending": found["pending"], "decided": found["decided"]}

    def launch(self, cluster: Cluster, given: dict[str, Any]) -> launch.Launched:
        """Go back to the chosen run. Raises `Forbidden` for overrides that one may not restore."""
        options = launch.Rollback(
            restore_overrides=given["restore_overrides"],
            prefer_pending=given["pending"] == "prefer",
            discard_pending=given["pending"] == "discard",
            confirm=given["confirm"],
        )
        if options.restore_overrides:
            require(self.actor, Verb.OVERRIDE, cluster)
        target = _targets(cluster).filter(pk=given["pipelinerun"]).first()
        if target is None:
            raise NotFound(_("There is no such run to go back to."))
        return launch.rollback(cluster, self.order(given), target=target, options=options)


class Free(ClusterDialog):
    """`/clusters/{name}/free`"""

    template = "web/sheets/free.html"

    def shown(self, cluster: Cluster, asked: Any) -> dict[str, Any]:
        """The live objects that go."""
        return {"objects": cluster.objects_seen, "active": active_run(cluster)}

    def launch(self, cluster: Cluster, given: dict[str, Any]) -> launch.Launched:
        """Remove the live objects."""
        return launch.free(cluster, self.order(given))


def difference(found: dict[str, Any]) -> dict[str, Any]:
    """What a page shows of a difference as `delivery.review` answers it."""
    return {"keys": found["keys"], "files": diffs.files(found["files"]), "impacts": found["objects"], "troubles": found["errors"]}


def active_run(cluster: Cluster) -> Pipelinerun | None:
    """The run that is carried, else the first that waits."""
    return Pipelinerun.objects.filter(cluster=cluster, state__in=ACTIVE).order_by("pk").first()


def _targets(cluster: Cluster) -> Any:
    """Runs that released something else than what is released now."""
    return Pipelinerun.objects.filter(cluster=cluster).exclude(revision__in=("", cluster.master)).order_by("-pk")


def _chosen(cluster: Cluster, runs: list[Pipelinerun], asked: str) -> Pipelinerun | None:
    """The run that was asked for, else the last healthy one, else the last one."""
    healthy = (run for run in runs if run.healthy_at)
    return next((run for run in runs if str(run.pk) == asked), None) or next(healthy, runs[0] if runs else None)


def _left(launched: launch.Launched) -> str:
    """What the run does not take along; the run itself is on the page."""
    left = len(launched.stays_pending)
    said = ngettext("Run #%(run)d ships alone: %(n)d pending key stays pending.", "Run #%(run)d ships alone: %(n)d pending keys stay pending.", left)
    return said % {"run": launched.run.pk, "n": left}
