"""The queue of a cluster's runs: a run goes in with what it supersedes and what it answers, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from horizon.access.events import record
from horizon.access.permissions import Actor
from horizon.delivery.doorbell import ring_on_commit
from horizon.delivery.edit import titled
from horizon.delivery.models import STEPS, Action, Pipelinerun, Request, State
from horizon.errors import Conflict
from horizon.inventory.models import Cluster


@dataclass(frozen=True)
class Order:
    """Who asks for a run, under which title, and whether it ends the watch of a running one."""

    actor: Actor
    title: str = ""
    reason: str = ""
    overtake: bool = False


@dataclass(frozen=True)
class Answer:
    """The idempotent request that a run answers: written in the same transaction as the run."""

    request: int
    body: Mapping[str, Any]


class AnsweredAlready(Conflict):
    """Another call with the same key launched the run in the meantime."""

    code = "answered"


_AT_ONCE = (Action.ROLLBACK, Action.DELETE)
"""The actions that end what runs instead of waiting for it."""


def refuse_archived(cluster: Cluster) -> None:
    """Raise `Conflict` for a cluster that was deleted."""
    if cluster.archived_at:
        raise Conflict(f"{cluster} was deleted: restore it first", code="archived")


def new_run(cluster: Cluster, order: Order, action: Action, *, source: str, base: str, title: str) -> Pipelinerun:
    """A run that is not queued yet."""
    author = order.actor.author
    return Pipelinerun(
        cluster=cluster,
        action=action,
        title=titled(order.title or title),
        reason=titled(order.reason),
        step=STEPS[action][0],
        created_by=author.name[:150],
        created_by_email=author.email[:254],
        source=source,
        base=base,
    )


def queue(run: Pipelinerun, order: Order, *, superseded: Sequence[int] = (), answer: Answer | None = None) -> Pipelinerun:
    """Insert the run; end what it supersedes, and tell what runs that it is overtaken. Raises `Conflict` for an archived cluster."""
    with transaction.atomic():
        refuse_archived(Cluster.objects.select_for_update().get(pk=run.cluster_id))
        run.save()
        Pipelinerun.objects.filter(pk__in=superseded, state=State.QUEUED).update(
            state=State.CANCELLED, superseded_by=run, message=f"superseded by run {run.pk}", finished_at=Now()
        )
        _overtake(run, order)
        if answer:
            _answer(answer, run)
        details = {"pipelinerun": run.pk, "source": run.source, "base": run.base, "alone": run.alone}
        record(order.actor, run.action, run.cluster, title=run.title, **details)
        ring_on_commit(run.cluster_id)
    return run


def _overtake(run: Pipelinerun, order: Order) -> None:
    running = Pipelinerun.objects.filter(cluster=run.cluster, state=State.RUNNING)
    if run.action in _AT_ONCE:
        running.update(superseded_by=run, cancel_requested_by=order.actor.name)
    elif order.overtake:
        running.update(superseded_by=run)


def _answer(answer: Answer, run: Pipelinerun) -> None:
    body = {**answer.body, "pipelinerun": run.pk}
    if not Request.objects.filter(pk=answer.request, answer__isnull=True).update(answer=body):
        raise AnsweredAlready("this request was answered in the meantime")
