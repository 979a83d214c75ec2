"""A cluster's region: which engine, what it may know, and what was last seen there."""

from dataclasses import asdict

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from horizon.delivery.models import Pipelinerun
from horizon.engines.contract import Engine, Health, Observation, Sync, Target
from horizon.engines.registry import engine_for
from horizon.inventory.models import Cluster


def engine(cluster: Cluster) -> Engine:
    """The engine that delivers to the cluster's region."""
    return engine_for(cluster.region.engine, root=settings.HORIZON_DATA / "regions")


def target(cluster: Cluster) -> Target:
    """All that an engine may know of a cluster."""
    return Target(
        cluster=cluster.name,
        cluster_id=cluster.pk,
        namespace=cluster.namespace,
        environment=cluster.environment.name,
        region=cluster.region.name,
    )


def observe(cluster: Cluster) -> Observation:
    """Look at the region now, and keep what was seen on the row. Raises `Unavailable`."""
    seen = engine(cluster).observe(target(cluster), now=timezone.now())
    kept = {
        "sync": seen.sync.value,
        "health": seen.health.value,
        "revision": seen.revision or "",
        "message": seen.message[:1000],
        "objects_seen": [asdict(item) for item in seen.objects],
        "observed_at": seen.observed_at,
    }
    Cluster.objects.filter(pk=cluster.pk).update(**kept)
    for name, value in kept.items():
        setattr(cluster, name, value)
    if seen.revision and (seen.sync, seen.health) == (Sync.SYNCED, Health.HEALTHY):
        Pipelinerun.objects.filter(cluster=cluster, revision=seen.revision, healthy_at__isnull=True).update(healthy_at=Now())
    return seen
