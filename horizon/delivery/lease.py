"""Who carries a run: claimed by compare-and-set, held by a lease on the database's clock, fenced by the attempt (DESIGN section 4)."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, close_old_connections, connection, transaction
from django.db.models import F, Min, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from horizon.delivery.models import Pipelinerun, State

log = logging.getLogger(__name__)


class Lost(Exception):
    """Another worker carries the run, or it has ended: leave without a trace."""


class CancelAsked(Exception):
    """Somebody asked for the end of the run: withdraw what was begun, then end it."""


def claim(cluster_id: int) -> Pipelinerun | None:
    """Take the cluster's next run: the running one whose lease is free, else the oldest queued one when none runs."""
    runs = Pipelinerun.objects.filter(cluster=cluster_id)
    running = runs.filter(state=State.RUNNING).first()
    if running is not None:
        return _taken(running, _free(runs), tries=F("tries") + 1)
    queued = runs.filter(state=State.QUEUED).order_by("pk").first()
    return _taken(queued, runs.filter(state=State.QUEUED), tries=1) if queued else None


def _free(runs: QuerySet[Pipelinerun]) -> QuerySet[Pipelinerun]:
    return runs.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=Now()), state=State.RUNNING)


def _taken(run: Pipelinerun, claimable: QuerySet[Pipelinerun], *, tries: Any) -> Pipelinerun | None:
    start = {"state": State.RUNNING, "attempt": F("attempt") + 1, "tries": tries, "started_at": Coalesce(F("started_at"), Now())}
    try:
        with transaction.atomic():
            taken = claimable.filter(pk=run.pk, attempt=run.attempt).update(**start, lease_until=_until(settings.HORIZON_LEASE))
    except IntegrityError:
        # Another run of the cluster started in between: the constraint says so.
        return None
    if not taken:
        return None
    run.refresh_from_db()
    return run


def waiting_clusters() -> list[int]:
    """Clusters whose runs a worker could carry on now, each once, the one that waits the longest first."""
    held = Pipelinerun.objects.filter(state=State.RUNNING, lease_until__gte=Now()).values("cluster")
    active = Pipelinerun.objects.filter(state__in=(State.QUEUED, State.RUNNING)).exclude(cluster__in=held)
    return list(active.values("cluster").annotate(oldest=Min("pk")).order_by("oldest").values_list("cluster", flat=True))


@contextmanager
def held(run: Pipelinerun) -> Iterator[None]:
    """Keep the lease while the block works."""
    stop = threading.Event()
    keeper = threading.Thread(target=_renew, args=(run.pk, run.attempt, stop), daemon=True, name=f"lease-{run.pk}")
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()


def _renew(pk: int, attempt: int, stop: threading.Event) -> None:
    try:
        while not stop.wait(settings.HORIZON_LEASE / 3):
            if not _renewed(pk, attempt):
                return
    finally:
        connection.close()


def _renewed(pk: int, attempt: int) -> bool:
    close_old_connections()
    try:
        return bool(mine(pk, attempt).update(lease_until=_until(settings.HORIZON_LEASE)))
    except DatabaseError as error:
        log.warning("the lease could not be renewed pipelinerun=%s error=%s", pk, error)
        return True


def guard(run: Pipelinerun) -> None:
    """Before every outside effect: is the run still ours, and still wanted? Raises `Lost` or `CancelAsked`."""
    found = mine(run.pk, run.attempt).values_list("cancel_requested_by", flat=True).first()
    if found is None:
        raise Lost
    if found:
        raise CancelAsked


def mine(pk: int, attempt: int) -> QuerySet[Pipelinerun]:
    """The row as long as it is ours: update through this, and take no rows for `Lost`."""
    return Pipelinerun.objects.filter(pk=pk, attempt=attempt, state=State.RUNNING)


def save(run: Pipelinerun, **fields: Any) -> None:
    """Write fields of a run that is ours. Raises `Lost`."""
    if not mine(run.pk, run.attempt).update(**fields):
        raise Lost
    for name, value in fields.items():
        setattr(run, name, value)


def release(run: Pipelinerun, *, after: float = 0, message: str | None = None) -> None:
    """Let the run go on by another claim: at once, or after some seconds."""
    lease = _until(after) if after else None
    changes: dict[str, Any] = {"lease_until": lease, **({} if message is None else {"message": message})}
    if not after:
        changes["tries"] = 0
    mine(run.pk, run.attempt).update(**changes)


def note(cluster_id: int, message: str) -> None:
    """Keep why a cluster's running run fell; its lease runs out by itself."""
    Pipelinerun.objects.filter(cluster=cluster_id, state=State.RUNNING).update(message=message)


def database_now() -> datetime:
    """The one clock that leases and limits are measured by."""
    now = Pipelinerun.objects.order_by().annotate(now=Now()).values_list("now", flat=True).first()
    assert now is not None
    return now


def _until(seconds: float) -> Any:
    return Now() + timedelta(seconds=seconds)
