"""Pipelineruns: asked for, followed, repeated, cancelled."""

import time
from dataclasses import fields
from datetime import datetime
from typing import Any, TypedDict

from django.db import close_old_connections
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access.permissions import require, seen_clusters
from horizon.access.policy import Verb
from horizon.api import lists
from horizon.api.answers import Page, Parameter, answers
from horizon.api.base import View
from horizon.api.bodies import Body
from horizon.delivery import launch, lookup
from horizon.delivery.listing import FILTERS, OF_ONE, SORTS
from horizon.delivery.models import FINAL, Action, Pipelinerun, State, StepName
from horizon.errors import NotFound
from horizon.inventory.models import Cluster

_LONGEST_WAIT = 60
_LOOK_EVERY = 0.25


_TAKES = {Action.DEPLOY: Verb.DEPLOY, Action.DELETE: Verb.DELETE}


class NewRun(Body):
    """A run to launch. Source and base belong to a deploy; orphan and limit to a delete, limit to a free as well; the rest to a rollback."""

    action = serializers.ChoiceField(choices=Action.values)
    title = serializers.CharField(required=False, allow_blank=True, default="")
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    overtake = serializers.BooleanField(required=False, default=False)
    source = serializers.CharField(required=False, allow_null=True, default=None)
    base = serializers.CharField(required=False, allow_null=True, default=None)
    pipelinerun = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=2**62)
    keep = serializers.ListField(child=serializers.CharField(), required=False, default=list, max_length=50)
    restore_overrides = serializers.BooleanField(required=False, default=False)
    prefer_pending = serializers.BooleanField(required=False, default=False)
    discard_pending = serializers.BooleanField(required=False, default=False)
    confirm = serializers.BooleanField(required=False, default=False)
    orphan = serializers.BooleanField(required=False, default=False)
    limit = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=86_400)


class Shown(TypedDict):
    """A run; `outcome` of a rollback says what it could not keep, `target` is the run that it went back to."""

    id: int
    cluster: str
    action: Action
    title: str
    reason: str
    created_by: str
    state: State
    step: StepName
    message: str
    source: str
    base: str
    revision: str | None
    alone: bool
    target: int | None
    superseded_by: int | None
    outcome: dict[str, Any]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    healthy_at: datetime | None


class StepShown(TypedDict):
    """One step of a run."""

    name: StepName
    state: State
    message: str
    started_at: datetime
    finished_at: datetime | None


class Detail(Shown):
    """A run with its steps."""

    steps: list[StepShown]


class Launched(Shown):
    """A run, and the keys that stay pending."""

    pending: list[str]


def shown(run: Pipelinerun) -> Shown:
    """A run as the API shows it."""
    return {
        "id": run.pk,
        "cluster": run.cluster.name,
        "action": run.action,
        "title": run.title,
        "reason": run.reason,
        "created_by": run.created_by,
        "state": run.state,
        "step": run.step,
        "message": run.message,
        "source": run.source,
        "base": run.base,
        "revision": run.revision or None,
        "alone": run.alone,
        "target": run.target_id,
        "superseded_by": run.superseded_by_id,
        "outcome": run.outcome,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "healthy_at": run.healthy_at,
    }


def _detail(run: Pipelinerun) -> Detail:
    steps: list[StepShown] = [
        {"name": step.name, "state": step.state, "message": step.message, "started_at": step.started_at, "finished_at": step.finished_at}
        for step in run.steps.all()
    ]
    return {**shown(run), "steps": steps}


_QUERY = ("state", Parameter("action", "Only runs that do this.", Action), "person")
_NEWEST = "-created_at"


class Runs(View):
    """`/pipelineruns`"""

    @answers(Page(Shown), query=("cluster", "application", "group", *_QUERY, lists.sorting(SORTS)))
    def get(self, request: Request) -> Response:
        """The runs of all clusters that one may see, newest first."""
        rows = Pipelinerun.objects.filter(seen_clusters(self.actor, "cluster__"))
        rows = lists.sort(self, lists.filtered(self, rows, FILTERS), SORTS, unless=_NEWEST)
        return self.page(rows, shown, whole=Pipelinerun.objects.select_related("cluster"))


class ClusterRuns(View):
    """`/clusters/{name}/pipelineruns`"""

    @answers(Page(Shown), query=(*_QUERY, lists.sorting(SORTS)))
    def get(self, request: Request, name: str) -> Response:
        """The cluster's runs, newest first."""
        rows = Pipelinerun.objects.filter(cluster=self.cluster(name, Verb.VIEW)).select_related("cluster")
        return self.page(lists.sort(self, lists.filtered(self, rows, OF_ONE), SORTS, unless=_NEWEST), shown)

    @answers(Launched, 202, body=NewRun, errors=(412,))
    def post(self, request: Request, name: str) -> Response:
        """Launch a deploy, a restart, a rollback, a free or a delete."""
        sent = self.sent(NewRun)
        cluster = self.cluster(name, _TAKES.get(sent["action"], Verb.OPERATE))
        launched = self._launch(cluster, sent)
        return Response({**shown(launched.run), "pending": list(launched.stays_pending)}, status=202)

    def _launch(self, cluster: Cluster, sent: dict[str, Any]) -> launch.Launched:
        order = launch.Order(self.actor, title=sent["title"], reason=sent["reason"], overtake=sent["overtake"])
        if sent["action"] == Action.DEPLOY:
            return launch.deploy(cluster, order, source=sent["source"], base=sent["base"])
        if sent["action"] == Action.RESTART:
            return launch.restart(cluster, order)
        if sent["action"] == Action.FREE:
            return launch.free(cluster, order, limit=sent["limit"])
        if sent["action"] == Action.DELETE:
            return launch.delete(cluster, order, orphan=sent["orphan"], limit=sent["limit"])
        options = launch.Rollback(**{item.name: sent[item.name] for item in fields(launch.Rollback)})
        if options.restore_overrides:
            require(self.actor, Verb.OVERRIDE, cluster)
        return launch.rollback(cluster, order, target=_target(cluster, sent["pipelinerun"]), options=options)


class OneRun(View):
    """`/pipelineruns/{id}`"""

    @answers(Detail, query=(Parameter("wait", "Seconds to wait for a final state, 60 at most.", int),))
    def get(self, request: Request, key: int) -> Response:
        """The run with its steps; `?wait=60` answers when its state is final, or after so many seconds."""
        run = lookup.run(key, Verb.VIEW, actor=self.actor)
        deadline = time.monotonic() + self.whole("wait", default=0, most=_LONGEST_WAIT)
        while run.state not in FINAL and time.monotonic() < deadline:
            # A connection for each waiting client would soon be all that the database has.
            close_old_connections()
            time.sleep(_LOOK_EVERY)
            run.refresh_from_db()
        return Response(_detail(run))


class Again(View):
    """`/pipelineruns/{id}/again`"""

    @answers(Shown, 202, errors=(412,))
    def post(self, request: Request, key: int) -> Response:
        """Run it once more, with the same source and base."""
        run = lookup.run(key, Verb.OPERATE, actor=self.actor)
        if run.action == Action.DELETE:
            require(self.actor, Verb.DELETE, run.cluster)
        if run.options.get("restore_overrides"):
            require(self.actor, Verb.OVERRIDE, run.cluster)
        return Response(shown(launch.again(run, launch.Order(self.actor)).run), status=202)


class Cancel(View):
    """`/pipelineruns/{id}/cancel`"""

    @answers(Shown, 202)
    def post(self, request: Request, key: int) -> Response:
        """End it: a queued run at once, a running one before its next outside effect."""
        return Response(shown(launch.cancel(lookup.run(key, Verb.OPERATE, actor=self.actor), self.actor)), status=202)


def _target(cluster: Cluster, key: int | None) -> Pipelinerun | None:
    if key is None:
        return None
    run = Pipelinerun.objects.filter(pk=key, cluster=cluster).first()
    if run is None:
        raise NotFound(f"there is no pipelinerun {key} of {cluster}")
    return run
