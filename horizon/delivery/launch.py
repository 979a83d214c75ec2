"""Launch: what a person reviewed is pinned, checked and queued; the worker carries it later (DESIGN section 4)."""

from dataclasses import asdict, dataclass, replace

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from horizon.access.events import record
from horizon.access.permissions import Actor
from horizon.delivery import edit
from horizon.delivery.doorbell import ring_on_commit
from horizon.delivery.keys import pack_keys, shown_keys
from horizon.delivery.models import FINAL, SHIPPING, Action, Pipelinerun, State
from horizon.delivery.pinned import Rollback
from horizon.delivery.queueing import Answer, Order, new_run, queue
from horizon.delivery.rendering import check, check_deployable
from horizon.errors import Conflict, Invalid, NotFound, StaleRevision
from horizon.gitops import layout, release
from horizon.gitops.change import Key, change
from horizon.gitops.diff import diff
from horizon.gitops.repository import Files, Repository, UnknownRevision
from horizon.inventory.ledger import refresh
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository


@dataclass(frozen=True)
class Launched:
    """The queued run, and the pending keys that it leaves pending."""

    run: Pipelinerun
    stays_pending: tuple[str, ...] = ()


def deploy(cluster: Cluster, order: Order, *, source: str | None = None, base: str | None = None, answer: Answer | None = None) -> Launched:
    """Queue the release of all that is pending at `source`, as compared with `base`; neither means the heads.

    Raises `StaleRevision` with the new diff when `master` is no longer `base`, `Invalid` when the tree does not validate or render.
    """
    repository = cluster_repository(cluster)
    gitops, master = _heads(cluster, repository)
    if (source is None) != (base is None):
        raise Invalid("send both source and base, as you saw them, or neither", code="source_and_base")
    source, base = source or gitops, base or master
    _refuse_stale(repository, source=source, base=base, gitops=gitops, master=master)
    check_deployable(repository.files(source), cluster)
    run = new_run(cluster, order, Action.DEPLOY, source=source, base=base, title=f"Deploy {source[:8]}")
    return Launched(queue(run, order, superseded=_shipped_too(repository, cluster, source), answer=answer))


def ship_edit(
    cluster: Cluster,
    order: Order,
    *,
    edited: edit.Edited,
    keys: frozenset[Key],
    action: Action = Action.DEPLOY,
    base: str | None = None,
    answer: Answer | None = None,
) -> Launched:
    """Queue the release of one edit alone; where the content was there already, of `keys` as they are now.

    Raises `Conflict` naming the edits that it needs, when it is not valid without them.
    """
    repository = cluster_repository(cluster)
    alone = None if edited.changed else keys
    files = release.alone_tree(repository, source=edited.sha, keys=alone)
    left = shown_keys(change(files, repository.files(edited.sha)).keys())
    _check_alone(files, cluster, left)
    title = "Restart" if action == Action.RESTART else f"Deploy {edited.sha[:8]} alone"
    run = new_run(cluster, order, action, source=edited.sha, base=base or edited.master, title=title)
    run.alone, run.keys = True, pack_keys(alone) if alone else None
    if answer:
        answer = replace(answer, body={**answer.body, "pending": list(left)})
    return Launched(queue(run, order, answer=answer), left)


def restart(cluster: Cluster, order: Order) -> Launched:
    """Queue a restart of all pods: an edit of `system/restart.yaml`, shipped alone. Raises `Conflict` before the first deploy."""
    if not released(cluster):
        raise Conflict("nothing runs yet: deploy first", code="not_released")
    now = timezone.now().strftime("%Y-%m-%d %H:%M:%S")
    template = edit.template(cluster)
    mutate = edit.merge_section(layout.RESTART, template, {"restartTime": now})
    edited = edit.edit(cluster, mutate, actor=order.actor, title=order.title or "Restart")
    return ship_edit(cluster, order, edited=edited, keys=frozenset({(layout.RESTART, (template,))}), action=Action.RESTART)


def rollback(cluster: Cluster, order: Order, *, target: Pipelinerun | None, options: Rollback) -> Launched:
    """Queue the return to an earlier run's revision; without one, to the last healthy run before the present one.

    Cancels what is queued and overtakes what runs. Raises `Conflict` for a run without a revision, or one that never was healthy unless confirmed.
    """
    repository = cluster_repository(cluster)
    gitops, master = _heads(cluster, repository)
    target = target or preset(cluster)
    _refuse_target(repository, cluster, target, options, master=master)
    if options.restore_overrides and not order.reason.strip():
        raise Invalid("restoring overrides takes a reason", code="reason", details={"field": "reason"})
    check(release.restored(repository, target=target.revision, keep=options.kept), cluster)
    run = new_run(cluster, order, Action.ROLLBACK, source=gitops, base=master, title=f"Roll back to run {target.pk}")
    run.target, run.options = target, {**asdict(options), "keep": sorted(options.keep)}
    queued = list(Pipelinerun.objects.filter(cluster=cluster, state=State.QUEUED).values_list("pk", flat=True))
    return Launched(queue(run, order, superseded=queued))


def free(cluster: Cluster, order: Order, *, limit: int | None = None) -> Launched:
    """Queue the removal of the live objects; everything else stays, and the next deploy brings them back."""
    return Launched(queue(_removal(cluster, order, Action.FREE, limit, title="Free"), order))


def delete(cluster: Cluster, order: Order, *, orphan: bool = False, limit: int | None = None) -> Launched:
    """Queue the end of a cluster: its live objects are removed (unless they shall stay as orphans), then it is put away until purged.

    Cancels what is queued and overtakes what runs.
    """
    run = _removal(cluster, order, Action.DELETE, limit, title="Delete")
    run.options["orphan"] = orphan
    queued = list(Pipelinerun.objects.filter(cluster=cluster, state=State.QUEUED).values_list("pk", flat=True))
    return Launched(queue(run, order, superseded=queued))


def _removal(cluster: Cluster, order: Order, action: Action, limit: int | None, *, title: str) -> Pipelinerun:
    refs = cluster_repository(cluster).refs.read()
    run = new_run(cluster, order, action, source=refs[layout.GITOPS], base=refs[layout.MASTER], title=title)
    run.options = {"limit": limit or settings.HORIZON_WATCH_LIMIT}
    return run


def preset(cluster: Cluster) -> Pipelinerun:
    """The last healthy run before what is released now. Raises `NotFound`."""
    healthy = Pipelinerun.objects.filter(cluster=cluster, healthy_at__isnull=False).exclude(revision__in=("", cluster.master))
    found = healthy.order_by("-id").first()
    if found is None:
        raise NotFound("there is no earlier healthy run to roll back to", code="no_target")
    return found


def again(run: Pipelinerun, order: Order) -> Launched:
    """Queue what a finished run was asked to do once more, with the same source, base and target. Raises `Conflict` while it is active."""
    if run.state not in FINAL:
        raise Conflict(f"run {run.pk} is {run.state}: it can run again when it has ended", code="not_final")
    copy = new_run(run.cluster, order, Action(run.action), source=run.source, base=run.base, title=run.title)
    copy.reason = copy.reason or run.reason
    copy.alone, copy.keys, copy.target, copy.options = run.alone, run.keys, run.target, {**run.options, "again": run.pk}
    return Launched(queue(copy, order))


def cancel(run: Pipelinerun, actor: Actor) -> Pipelinerun:
    """End a queued run at once; ask the worker to end a running one before its next outside effect. Raises `Conflict` when it has ended."""
    with transaction.atomic():
        active = Pipelinerun.objects.filter(pk=run.pk)
        ended = active.filter(state=State.QUEUED).update(
            state=State.CANCELLED, cancel_requested_by=actor.name, message=f"cancelled by {actor.name} before it started", finished_at=Now()
        )
        asked = ended or active.filter(state=State.RUNNING).update(cancel_requested_by=actor.name)
        if not asked:
            raise Conflict("the run has ended already", code="final")
        record(actor, "cancel", run.cluster, title=f"Cancel run {run.pk}", pipelinerun=run.pk)
        ring_on_commit(run.cluster_id)
    run.refresh_from_db()
    return run


# Pinning and checking


def _heads(cluster: Cluster, repository: Repository) -> tuple[str, str]:
    """Where the branches stand once foreign moves are taken in."""
    with repository.locked():
        heads = edit.adopt(cluster, repository)
    refresh(cluster)
    return heads


def released(cluster: Cluster) -> bool:
    """Whether anything was released yet."""
    repository = cluster_repository(cluster)
    return bool(repository.files(repository.refs.read()[layout.MASTER]))


def _refuse_stale(repository: Repository, *, source: str, base: str, gitops: str, master: str) -> None:
    try:
        pinned = repository.is_ancestor(source, gitops)
    except UnknownRevision as error:
        raise Invalid(f"there is no revision {source[:40]!r} in this cluster", code="unknown_revision", details={"field": "source"}) from error
    if not pinned:
        raise Invalid("source is no edit of this cluster", code="unknown_revision", details={"field": "source"})
    if base == master and repository.is_ancestor(master, source):
        return
    files = [asdict(item) for item in diff(repository.files(master), repository.files(gitops))]
    found = {"source": gitops, "base": master, "files": files}
    raise StaleRevision("something was released since you looked: review again", details=found)


def _check_alone(files: Files, cluster: Cluster, left: tuple[str, ...]) -> None:
    try:
        check_deployable(files, cluster)
    except Invalid as error:
        if not left:
            raise
        if not released(cluster):
            raise Conflict("this edit is pending now: nothing was released yet, and a first deploy ships all", code="not_released") from error
        found = {"reason": error.message, "pending": list(left), **error.details}
        raise Conflict(f"this edit is not valid without other pending edits: {error.message}", code="needs_pending", details=found) from error


def _refuse_target(repository: Repository, cluster: Cluster, target: Pipelinerun, options: Rollback, *, master: str) -> None:
    if target.cluster_id != cluster.pk:
        raise NotFound(f"run {target.pk} is none of {cluster}", code="not_found")
    if not target.revision:
        raise Conflict(f"run {target.pk} released nothing: there is nothing to go back to", code="no_revision")
    if not repository.on_first_parents(target.revision, start=master):
        raise Conflict(f"run {target.pk}'s revision is no longer in master's history", code="no_revision")
    if target.healthy_at is None and not options.confirm:
        raise Conflict(f"run {target.pk} was never seen healthy: send confirm to go back to it all the same", code="never_healthy")
    unknown = sorted(set(options.keep) - repository.blobs(master).keys() - repository.blobs(target.revision).keys())
    if unknown:
        raise Invalid(f"there is no file {unknown[0]!r} to keep", code="unknown_file", details={"field": "keep", "files": unknown})
    if any(layout.is_chart(file) for file in options.keep):
        raise Invalid("the chart goes back as one unit: keep none of its files", code="chart_unit", details={"field": "keep"})


def _shipped_too(repository: Repository, cluster: Cluster, source: str) -> list[int]:
    """Queued runs that would ship nothing that a deploy of `source` does not ship."""
    queued = Pipelinerun.objects.filter(cluster=cluster, state=State.QUEUED, action__in=SHIPPING)
    return [run.pk for run in queued if repository.is_ancestor(run.source, source)]
