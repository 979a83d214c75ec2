"""The worker's story of a run: its steps, each recorded, skipped when done, safe to repeat (DESIGN sections 4 and 5)."""

import logging
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from horizon.delivery import lease, pinned, regions
from horizon.delivery.doorbell import ring_on_commit
from horizon.delivery.edit import adopt
from horizon.delivery.keys import shown
from horizon.delivery.models import STEPS, Action, Pipelinerun, State, Step, StepName
from horizon.delivery.rendering import accepts, check, render
from horizon.engines.contract import Health, Observation, Sync
from horizon.errors import HorizonError, Unavailable
from horizon.gitops import release
from horizon.gitops.change import Clash
from horizon.gitops.keypath import as_json
from horizon.gitops.refs import RefMoved
from horizon.gitops.release import MasterMoved, Plan, Signature
from horizon.gitops.repository import Author, Repository
from horizon.inventory.events import record
from horizon.inventory.ledger import refresh
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository

log = logging.getLogger(__name__)

MOST_TRIES = 5
_LONGEST_BACKOFF = 60


class Refused(HorizonError):
    """The region would not accept the objects: Git stays untouched."""

    code = "refused"


def advance(cluster_id: int) -> None:
    """Carry the cluster's runs as far as they go now. Safe at any time, by anybody, twice."""
    while (run := lease.claim(cluster_id)) is not None:
        if not _carry(run):
            return


def _carry(run: Pipelinerun) -> bool:
    """Carry one claimed run; whether it ended, so that the next one may start."""
    try:
        with lease.held(run):
            ended = _steps(run)
        if not ended:
            lease.release(run)
        return ended
    except lease.Lost:
        log.info("another worker has the run pipelinerun=%s attempt=%s", run.pk, run.attempt)
    except lease.CancelAsked:
        return _cancel(run)
    except (Unavailable, RefMoved) as error:
        return _try_later(run, error.message)
    except MasterMoved as error:
        return _finish(run, State.CANCELLED, error.message)
    except HorizonError as error:
        return _fail(run, error.message)
    return False


def _steps(run: Pipelinerun) -> bool:
    """Do the steps that are left; false when the last one must be looked at again."""
    if run.tries > MOST_TRIES and not run.cancel_requested_by:
        return _fail(run, f"gave up at {run.step} after {MOST_TRIES} attempts: {run.message or 'the worker died each time'}")
    steps = STEPS[run.action]
    for step in steps[steps.index(StepName(run.step)) :]:
        _begin(run, step)
        done = _STEP[step](run)
        if done is None:
            return False
        _end(run, step, done)
    return _finish(run, State.OK, _DONE.get(run.action, "healthy"))


# The steps: each returns what it has to say, or None when it must be looked at again


def preflight(run: Pipelinerun) -> str | None:
    """Ask the region whether it would accept the objects. Raises `Refused`; a rollback is only warned."""
    lease.guard(run)
    manifests = check(pinned.tree(run), run.cluster)
    found = regions.engine(run.cluster).preflight(regions.target(run.cluster), manifests)
    refusals = [asdict(refusal) for refusal in found.refusals]
    lease.save(run, outcome={**run.outcome, "refusals": refusals, "notices": list(found.notices)})
    said = "; ".join(f"{item['object']} {item['field']}: {item['reason']}" for item in refusals)
    if refusals and run.action != Action.ROLLBACK:
        raise Refused(f"the region would refuse {said}")
    return f"warned: {said}" if refusals else f"{len(manifests)} objects would be accepted"


def merge(run: Pipelinerun) -> str | None:
    """Move `master` to what was pinned, once: a repeat finds its own commit."""
    refresh(run.cluster)
    repository = cluster_repository(run.cluster)
    with repository.locked():
        adopt(run.cluster, repository)
        revision = release.landed(repository, str(run.uuid), base=run.base)
        if revision is None:
            plan = _plan(run, repository)
            lease.save(run, outcome={**run.outcome, "lost": [_lost(clash) for clash in plan.lost], "parked": plan.parked})
            lease.guard(run)
            repository.move(plan.moves)
            revision = plan.revision
    # Not guarded: this is what Git holds, even where a worker that was stopped in between has lost the run.
    Pipelinerun.objects.filter(pk=run.pk).update(revision=revision)
    run.revision = revision
    refresh(run.cluster)
    return f"master is at {revision[:8]}"


def sync(run: Pipelinerun) -> str | None:
    """Tell the engine the exact revision."""
    manifests = render(cluster_repository(run.cluster).files(run.revision), run.cluster)
    lease.guard(run)
    regions.engine(run.cluster).sync(regions.target(run.cluster), run.revision, manifests, operation=str(run.uuid))
    return f"the region was told {run.revision[:8]}"


def watch(run: Pipelinerun) -> str | None:
    """Look once: done when the revision is healthy, None while it is not yet. Raises `HorizonError` past the limit."""
    lease.guard(run)
    seen, said = _seen(run)
    if seen and seen.revision == run.revision and (seen.sync, seen.health) == (Sync.SYNCED, Health.HEALTHY):
        return said
    if _overtaken(run):
        raise lease.CancelAsked
    if _limit_reached(run):
        raise HorizonError(f"not healthy within {settings.HORIZON_WATCH_LIMIT} s: {said}", code="time_limit")
    return None


def _seen(run: Pipelinerun) -> tuple[Observation | None, str]:
    """What the region shows, in words as well; a region out of reach is waited for like an unhealthy one."""
    try:
        seen = regions.observe(run.cluster)
    except Unavailable as error:
        return None, f"the region is out of reach: {error.message}"
    return seen, f"{seen.sync}, {seen.health}. {seen.message}"


def remove(run: Pipelinerun) -> str | None:
    """Take the live objects away, and look until they are gone. Raises `HorizonError` past the limit."""
    if run.options.get("orphan"):
        return "the live objects stay, as was asked"
    lease.guard(run)
    regions.engine(run.cluster).delete(regions.target(run.cluster))
    seen = regions.observe(run.cluster)
    if seen.sync == Sync.NOT_DEPLOYED:
        return "nothing is live any more"
    if _age(run, StepName.REMOVE) > run.options["limit"]:
        raise HorizonError(f"not removed within {run.options['limit']} s: {len(seen.objects)} objects are still there", code="time_limit")
    return None


def archive(run: Pipelinerun) -> str:
    """Put the cluster away, whole; what was queued behind has nothing to run on any more."""
    with transaction.atomic():
        if not lease.mine(run.pk, run.attempt).select_for_update().exists():
            raise lease.Lost
        Cluster.objects.filter(pk=run.cluster_id, archived_at__isnull=True).update(archived_at=Now())
        waiting = Pipelinerun.objects.filter(cluster=run.cluster, state=State.QUEUED)
        waiting.update(state=State.CANCELLED, message=f"run {run.pk} deleted the cluster", finished_at=Now())
    return "put away: it can be restored until it is purged"


_STEP: dict[StepName, Callable[[Pipelinerun], str | None]] = {
    StepName.PREFLIGHT: preflight,
    StepName.MERGE: merge,
    StepName.SYNC: sync,
    StepName.WATCH: watch,
    StepName.REMOVE: remove,
    StepName.ARCHIVE: archive,
}
_DONE = {Action.FREE: "freed", Action.DELETE: "deleted"}


def _plan(run: Pipelinerun, repository: Repository) -> Plan:
    author = Author(run.created_by, run.created_by_email)
    signature = Signature(str(run.uuid), author, run.title, timezone.now(), run.reason)
    if run.action == Action.ROLLBACK:
        options = pinned.rollback(run)
        discard = run.source if options.discard_pending else None
        pending = release.Pending(lambda files: accepts(files, run.cluster), prefer=options.prefer_pending, discard=discard)
        return release.roll_back(repository, signature, target=pinned.target(run), keep=options.kept, pending=pending)
    if run.alone:
        return release.ship_alone(repository, signature, source=run.source, base=run.base, keys=pinned.keys(run))
    return release.ship_all(repository, signature, source=run.source, base=run.base)


def _lost(clash: Clash) -> dict[str, Any]:
    return {"key": shown((clash.file, clash.path)), "pending": as_json(clash.wanted), "restored": as_json(clash.found)}


# How a run goes on and ends


def _begin(run: Pipelinerun, step: StepName) -> None:
    if run.step != step:
        lease.save(run, step=step, tries=1)
    Step.objects.get_or_create(pipelinerun=run, name=step, defaults={"started_at": lease.database_now()})


def _end(run: Pipelinerun, step: StepName, message: str) -> None:
    mine = lease.mine(run.pk, run.attempt)
    if not Step.objects.filter(pipelinerun__in=mine, name=step).update(state=State.OK, message=message, finished_at=Now()):
        raise lease.Lost
    log.info("step done pipelinerun=%s cluster=%s step=%s revision=%s", run.pk, run.cluster.name, step, run.revision[:8])


def _finish(run: Pipelinerun, state: State, message: str) -> bool:
    # One that ended by itself was not overtaken, even if somebody had asked for it.
    fields = {} if state == State.CANCELLED else {"superseded_by": None}
    try:
        with transaction.atomic():
            lease.save(run, state=state, message=message, finished_at=Now(), lease_until=None, **fields)
            Step.objects.filter(pipelinerun=run, state=State.RUNNING).update(state=state, message=message, finished_at=Now())
            title = f"Run {run.pk} {state}: {message}"
            record(actor=run.created_by, action=state, thing=run.cluster, title=title, pipelinerun=run.pk, revision=run.revision)
            ring_on_commit(run.cluster_id)
    except lease.Lost:
        return False
    log.info("run ended pipelinerun=%s cluster=%s state=%s revision=%s", run.pk, run.cluster.name, state, run.revision[:8])
    return True


def _fail(run: Pipelinerun, message: str) -> bool:
    """End a run that cannot go on. Its operation is withdrawn where the region answers: one out of reach keeps no run from ending."""
    if not lease.mine(run.pk, run.attempt).exists():
        return False
    trouble = _withdraw(run)
    return _finish(run, State.FAILED, f"{message}; its operation could not be withdrawn: {trouble}" if trouble else message)


def _cancel(run: Pipelinerun) -> bool:
    """End a run that is no longer wanted, once its operation cannot start any more; until then it stays owed."""
    trouble = _withdraw(run)
    if trouble:
        lease.release(run, after=_backoff(run), message=f"cancelling: the region's operation could not be withdrawn yet: {trouble}")
        return False
    run.refresh_from_db(fields=("superseded_by", "cancel_requested_by"))
    by = f"overtaken by run {run.superseded_by_id}" if run.superseded_by_id else f"cancelled by {run.cancel_requested_by}"
    return _finish(run, State.CANCELLED, by)


def _withdraw(run: Pipelinerun) -> str:
    """See to it that the run's operation cannot start any more; why it still can, empty when it cannot."""
    if run.step not in (StepName.SYNC, StepName.WATCH):
        return ""
    try:
        regions.engine(run.cluster).terminate(regions.target(run.cluster), operation=str(run.uuid))
    except HorizonError as error:
        return error.message
    return ""


def _try_later(run: Pipelinerun, message: str) -> bool:
    if run.tries >= MOST_TRIES and not run.cancel_requested_by:
        return _fail(run, f"gave up at {run.step} after {run.tries} attempts: {message}")
    lease.release(run, after=_backoff(run), message=message)
    log.warning("trying again later pipelinerun=%s step=%s tries=%s reason=%s", run.pk, run.step, run.tries, message)
    return False


def _backoff(run: Pipelinerun) -> float:
    return float(min(2**run.tries, _LONGEST_BACKOFF))


def _overtaken(run: Pipelinerun) -> bool:
    """Whether a later run waits for the end of this watch; one that was cancelled since does not."""
    return Pipelinerun.objects.filter(pk=run.pk, superseded_by__state=State.QUEUED).exists()


def _limit_reached(run: Pipelinerun) -> bool:
    return _age(run, StepName.WATCH) > settings.HORIZON_WATCH_LIMIT


def _age(run: Pipelinerun, step: StepName) -> float:
    """Seconds since a step began."""
    started = Step.objects.get(pipelinerun=run, name=step).started_at
    return (lease.database_now() - started).total_seconds()
