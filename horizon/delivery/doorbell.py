"""The broker is only a doorbell: a lost ring is rung again by the scheduler, and the database says what there is to do."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

ADVANCE = "horizon.delivery.tasks.advance"
_RING_LASTS = 60


def ring_on_commit(cluster_id: int) -> None:
    """Tell a worker that this cluster's runs can go on, once the present transaction is committed."""
    transaction.on_commit(lambda: ring(cluster_id))


def ring(cluster_id: int, *, lasts: float = _RING_LASTS) -> None:
    """Tell a worker that this cluster's runs can go on; never fails."""
    try:
        current_app.send_task(ADVANCE, args=[cluster_id], expires=lasts)
    except (OperationalError, OSError) as error:
        log.warning("the doorbell is out of reach, the scheduler will ring cluster=%s error=%s", cluster_id, error)
