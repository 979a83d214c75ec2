"""A cluster's page: how it is, what runs, what is pending, what happens now and what happened."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse

from horizon.access import favourites, members
from horizon.access.permissions import Actor, verbs
from horizon.access.policy import Role, Verb
from horizon.delivery import launch, review, status, tags
from horizon.delivery.models import ACTIVE, STEPS, Pipelinerun, State, Step
from horizon.inventory.models import Cluster, Event
from horizon.web import diffs
from horizon.web.base import Page

_RUNS, _EVENTS, _OWNERS = 6, 8, 3
_SOON, _LATER = 2, 20
"""Seconds until the page looks again, while a run is active and while none is."""


@dataclass(frozen=True)
class Mark:
    """One step of a run's timeline, done or not."""

    name: str
    state: str
    row: Step | None


class OneCluster(Page):
    """`/clusters/{name}`"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """The whole page."""
        return self.show("web/cluster.html", nav="clusters", **overview(self.actor, self.cluster(name, Verb.VIEW)))


class Overview(Page):
    """`/clusters/{name}/overview`"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """The page's content where it is no longer as the browser has it; else when the region was last looked at."""
        found = overview(self.actor, self.cluster(name, Verb.VIEW))
        if found["seen"] != request.GET.get("seen"):
            return self.show("web/parts/overview.html", **found)
        answer = self.show("web/parts/observed.html", moved=True, **found)
        answer.headers["HX-Reswap"] = "none"
        return answer


def overview(actor: Actor, cluster: Cluster) -> dict[str, Any]:
    """All that the page shows of a cluster."""
    found = watched(actor, cluster)
    runs, active = found["runs"], found["active"]
    current = next((run for run in active if run.state == State.RUNNING), active[0] if active else runs[0] if runs else None)
    return {
        **found,
        "objects": cluster.objects_seen,
        "run": current,
        "steps": timeline(current) if current else [],
        "waiting": [run for run in active if run.state == State.QUEUED and run != current],
        "released": launch.released(cluster),
        "owners": [] if Verb.DEPLOY.value in found["may"] else _owners(cluster),
        "may_copy": Verb.EDIT in verbs(actor, cluster.application),
        "favourite": favourites.of(actor).filter(cluster=cluster).exists(),
        **_pending(cluster),
    }


def watched(actor: Actor, cluster: Cluster) -> dict[str, Any]:
    """What may change while somebody looks, with a digest by which that is noticed. Looks at the region; renders nothing."""
    state = status.status(cluster)
    rows = Pipelinerun.objects.filter(cluster=cluster).prefetch_related("steps")
    runs = list(rows.select_related("target").order_by("-pk")[:_RUNS])
    active = list(rows.filter(state__in=ACTIVE).order_by("pk"))
    events = list(Event.objects.filter(cluster=cluster).exclude(details__has_key="pipelinerun").order_by("-pk")[:_EVENTS])
    may, labels = {verb.value for verb in verbs(actor, cluster)}, tags.of(cluster)
    timeless = state | {"observed_at": None, "age_seconds": None}
    shown = (timeless, cluster.objects_seen, cluster.archived_at, cluster.description, labels, sorted(may), [event.pk for event in events[:1]])
    return {
        "cluster": cluster,
        "state": state,
        "runs": runs,
        "active": active,
        "events": events,
        "may": may,
        "tags": labels,
        "look_again": _SOON if active else _LATER,
        "seen": sha256(repr((shown, [_looks(run) for run in (*runs, *active)])).encode()).hexdigest()[:16],
    }


def moving(key: int) -> tuple[Any, ...]:
    """What the rows of a cluster say, in two short queries: where this moved, `watched` may have."""
    row = Cluster.objects.filter(pk=key).values_list("gitops", "master", "sync", "health", "revision", "archived_at", "description").first()
    runs = Pipelinerun.objects.filter(cluster=key).order_by("-pk").values_list("pk", "state", "step", "message", "cancel_requested_by")
    return row, *runs[:_RUNS]


def timeline(run: Pipelinerun) -> list[Mark]:
    """The run's steps in their order, those that have not begun as well."""
    rows = {step.name: step for step in run.steps.all()}
    return [_mark(run, str(name), rows.get(name)) for name in STEPS[run.action]]


def _mark(run: Pipelinerun, name: str, row: Step | None) -> Mark:
    if row is None:
        return Mark(name, "waiting", None)
    ended = run.state not in ACTIVE and row.state == State.RUNNING
    return Mark(name, "stopped" if ended else row.state, row)


def _looks(run: Pipelinerun) -> tuple[Any, ...]:
    return run.pk, run.state, run.message, run.cancel_requested_by, [(step.name, step.state, step.message) for step in run.steps.all()]


def _owners(cluster: Cluster) -> list[str]:
    """Whom one may ask for a role."""
    found = [member.user.get_username() for member in members.listed(cluster) if member.role == Role.OWNER and member.user.is_active]
    return list(dict.fromkeys(found))[:_OWNERS]


def _pending(cluster: Cluster) -> dict[str, Any]:
    """What a deploy would change; nothing is rendered where nothing is pending."""
    if not cluster.pending:
        return {"keys": [], "files": [], "impacts": [], "troubles": []}
    found = review.pending(cluster)
    return {"keys": found["keys"], "files": diffs.files(found["files"]), "impacts": found["objects"], "troubles": found["errors"]}
