"""Celery's door: load by id, call the flow. The only place that catches everything, so that one fault stops one task."""

import logging
from collections.abc import Callable

from celery import shared_task

from horizon.delivery import doorbell, lease, run, sweeping

log = logging.getLogger(__name__)


@shared_task
def advance(cluster_id: int) -> None:
    """Carry on a cluster's runs. A fault leaves the lease to run out: the scheduler rings again, five times at most a step."""
    _shielded(lambda: run.advance(cluster_id), what=f"advance cluster={cluster_id}", fallen=lambda error: lease.note(cluster_id, error))


@shared_task
def ring() -> None:
    """Ring for every cluster whose runs could go on: lost doorbells, expired leases, watches to look at again."""
    _shielded(_ring, what="ring")


@shared_task
def sweep() -> None:
    """Look at repositories and regions that nobody asked about, and keep house."""
    _shielded(sweeping.sweep, what="sweep")


def _ring() -> None:
    for cluster_id in lease.waiting_clusters():
        doorbell.ring(cluster_id, lasts=2)


def _shielded(work: Callable[[], None], *, what: str, fallen: Callable[[str], None] = lambda error: None) -> None:
    try:
        work()
    except Exception as error:
        log.exception("task failed %s", what)
        fallen(f"{type(error).__name__} in the worker, whose log says more")
