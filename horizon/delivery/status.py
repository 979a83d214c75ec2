"""How a cluster is: what was seen in its region, how old that is, and what it means."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from horizon.delivery import regions
from horizon.delivery.models import ACTIVE, FINAL, Pipelinerun
from horizon.engines.contract import Sync
from horizon.errors import Unavailable
from horizon.gitops import layout
from horizon.gitops.repository import trailers
from horizon.inventory.ledger import refresh
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository


def status(cluster: Cluster) -> dict[str, Any]:
    """What the region shows now, or what it last showed when it is out of reach."""
    refresh(cluster)
    trouble = _look(cluster)
    behind = cluster.sync != Sync.NOT_DEPLOYED and cluster.revision != cluster.master
    drifted = [_drift(item) for item in cluster.objects_seen if item["sync"] != Sync.SYNCED]
    return {
        "sync": Sync.OUT_OF_SYNC.value if behind else cluster.sync,
        "health": cluster.health,
        "behind": behind,
        "drift": drifted,
        "revision": cluster.revision or None,
        "master": cluster.master,
        "gitops": cluster.gitops,
        "pending": cluster.pending,
        "image": cluster.image,
        "message": cluster.message,
        "notices": [notice for notice in (trouble, _unhealthy(cluster), _foreign(cluster)) if notice],
        "observed_at": cluster.observed_at,
        "age_seconds": (timezone.now() - cluster.observed_at).total_seconds() if cluster.observed_at else None,
        "region": cluster.region.name,
        "engine": cluster.region.engine,
        "running": _active(cluster),
    }


def _drift(item: Mapping[str, Any]) -> dict[str, Any]:
    """An object that is not as wanted; what was seen before there were diffs has none."""
    return {"object": f"{item['kind']}/{item['name']}", "message": item["message"], "fields": item["drift"], "text": item.get("text", "")}


def resources(cluster: Cluster) -> dict[str, Any]:
    """Every object of the cluster as the region shows it."""
    trouble = _look(cluster)
    return {"observed_at": cluster.observed_at, "objects": cluster.objects_seen, "notices": [trouble] if trouble else []}


def _look(cluster: Cluster) -> str:
    try:
        regions.observe(cluster)
    except Unavailable as error:
        return f"the region is out of reach, this is what it last showed: {error.message}"
    return ""


def _unhealthy(cluster: Cluster) -> str:
    """What to say when what is released did not become healthy."""
    run = Pipelinerun.objects.filter(cluster=cluster, revision=cluster.master).exclude(revision="").first()
    if run is None or run.state not in FINAL or run.healthy_at:
        return ""
    return f"master holds run {run.pk}, which did not become healthy: roll back or deploy again"


def _foreign(cluster: Cluster) -> str:
    """What to say when a hand other than a run's moved `master`."""
    commit = cluster_repository(cluster).commit_object(cluster.master)
    if not commit.parents or layout.PIPELINERUN_TRAILER in trailers(str(commit.message)):
        return ""
    title = str(commit.message).splitlines()[0]
    return f"master was moved by {commit.author.name}, not by a run: {commit.hexsha[:8]} ({title}); a deploy releases it or what is pending on it"


def _active(cluster: Cluster) -> list[int]:
    return list(Pipelinerun.objects.filter(cluster=cluster, state__in=ACTIVE).order_by("pk").values_list("pk", flat=True))
