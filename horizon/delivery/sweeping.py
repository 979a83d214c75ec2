"""What nobody asks for by hand: foreign commits noticed, drift seen, repositories packed, half-made things cleared."""

import logging

from django.db.models import F
from django.utils import timezone

from horizon.delivery import create, regions
from horizon.errors import HorizonError
from horizon.gitops import maintenance
from horizon.inventory.ledger import refresh
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository

log = logging.getLogger(__name__)

_AT_ONCE = 200
"""Clusters a sweep: the longest not seen come first."""


def sweep() -> None:
    """One round over the clusters that were seen the longest ago."""
    cleared = create.clear_half_made()
    if cleared:
        log.info("cleared half-made things count=%s", cleared)
    rows = (
        Cluster.objects.filter(ready=True, archived_at__isnull=True)
        .select_related("region", "environment")
        .order_by(F("swept_at").asc(nulls_first=True))
    )
    for cluster in rows[:_AT_ONCE]:
        _sweep(cluster)


def _sweep(cluster: Cluster) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(swept_at=timezone.now())
    try:
        refresh(cluster)
        regions.observe(cluster)
        _pack(cluster)
    except HorizonError as error:
        log.warning("could not look at cluster=%s reason=%s", cluster.name, error.message)


def _pack(cluster: Cluster) -> None:
    repository = cluster_repository(cluster)
    if maintenance.loose_objects(repository) > maintenance.LOOSE_OBJECTS:
        maintenance.pack(repository)
        log.info("packed repository cluster=%s", cluster.name)
