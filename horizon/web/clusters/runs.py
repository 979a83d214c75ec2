"""Pipelineruns: all of them, one with its steps, its end, and once more."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from horizon.access import lists
from horizon.access.permissions import require, seen_clusters, verbs
from horizon.access.policy import Verb
from horizon.delivery import launch, review
from horizon.delivery.listing import FILTERS
from horizon.delivery.models import ACTIVE, Action, Pipelinerun, State
from horizon.delivery.queueing import Order
from horizon.errors import Conflict, HorizonError, Invalid
from horizon.gitops.repository import UnknownRevision
from horizon.web import diffs
from horizon.web.base import Page, go
from horizon.web.clusters.cluster import timeline
from horizon.web.dialog import Dialog
from horizon.web.listing import Asked, older

_SIZE = 50


class Runs(Page):
    """`/runs`"""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The runs of all clusters that one may see, newest first, narrowed by what the address says; `?before=` goes on."""
        asked, before = Asked(self.actor, request.GET), request.GET.get("before", "")
        rows = Pipelinerun.objects.filter(seen_clusters(self.actor, "cluster__")).select_related("cluster").order_by("-pk")
        found = list(older(lists.filtered(asked, rows, FILTERS), before)[: _SIZE + 1])
        said = {name: asked.query(name) for name in FILTERS if asked.query(name)}
        return self.show(
            "web/runs.html",
            nav="runs",
            runs=found[:_SIZE],
            of=said.get("cluster", ""),
            said=said,
            states=[(value, f"?{urlencode({**said, 'state': value})}") for value in State.values],
            every=f"?{urlencode({name: value for name, value in said.items() if name != 'state'})}",
            actions=Action.values,
            older=f"?{urlencode({**said, 'before': found[_SIZE - 1].pk})}" if len(found) > _SIZE else "",
        )


class OneRun(Page):
    """`/runs/{id}`"""

    def get(self, request: HttpRequest, key: int) -> HttpResponse:
        """The run with its steps and what it changed; while it is active the page looks again."""
        run = self.run(key, Verb.VIEW)
        given = {"run": run, "cluster": run.cluster, "steps": timeline(run), "active": run.state in ACTIVE, "may": verbs(self.actor, run.cluster)}
        template = "web/parts/run.html" if self.partly else "web/run.html"
        return self.show(template, nav="runs", **given, **_shipped(run))


class Cancel(Dialog):
    """`/runs/{id}/cancel`"""

    template, nav, called = "web/sheets/cancel.html", "runs", "run"

    def thing(self, key: int, **address: Any) -> Pipelinerun:
        """The run. Raises `NotFound`, `Forbidden`."""
        return self.run(key, Verb.OPERATE)

    def back(self, run: Pipelinerun) -> str:
        """The cluster's page."""
        return reverse("cluster", args=[run.cluster.name])

    def do(self, run: Pipelinerun, given: dict[str, Any]) -> str:
        """Ask for its end."""
        try:
            launch.cancel(run, self.actor)
            messages.info(self.request, _("The end of run #%(n)d was asked for.") % {"n": run.pk})
        except Conflict as error:
            messages.warning(self.request, error.message)
        return self.back(run)


class Again(Page):
    """`/runs/{id}/again`"""

    def post(self, request: HttpRequest, key: int) -> HttpResponse:
        """Run it once more, with the same source and base."""
        run = self.run(key, Verb.OPERATE)
        if run.action == Action.DELETE:
            require(self.actor, Verb.DELETE, run.cluster)
        if run.options.get("restore_overrides"):
            require(self.actor, Verb.OVERRIDE, run.cluster)
        try:
            copy = launch.again(run, Order(self.actor)).run
        except HorizonError as error:
            messages.error(request, error.message)
            return go(request, reverse("run", args=[run.pk]))
        return go(request, reverse("run", args=[copy.pk]))


def _shipped(run: Pipelinerun) -> dict[str, object]:
    """What the run changed on `master`, as far as Git still has both revisions."""
    if not run.revision or not run.base:
        return {}
    try:
        found = review.between(run.cluster, before=run.base, after=run.revision)
    except (UnknownRevision, Invalid):
        return {}
    return {"files": diffs.files(found["files"]), "impacts": found["objects"]}
