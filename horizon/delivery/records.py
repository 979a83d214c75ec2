"""Records that feed `system/`: a changed one reaches an existing cluster only when somebody brings it there (DESIGN 3.1)."""

from typing import Any

from horizon import helmyaml
from horizon.access.permissions import Actor
from horizon.delivery import edit, review
from horizon.gitops import layout
from horizon.gitops.repository import Files
from horizon.inventory.models import Cluster


def env(cluster: Cluster) -> dict[str, Any]:
    """Where the cluster is: `system/env.yaml` under the template's name."""
    region = cluster.region
    return {
        "env": {
            "environment": cluster.environment.name,
            "region": region.name,
            "namespace": cluster.namespace,
            "baseRegistry": region.base_registry,
            "ingressDomain": region.ingress_domain,
        }
    }


def horizon(cluster: Cluster) -> dict[str, Any]:
    """What the cluster is: `system/horizon.yaml` under the template's name, but for the template."""
    application = cluster.application
    return {
        "horizon": {
            "application": application.name,
            "clusterID": cluster.pk,
            "cluster": cluster.name,
            "priority": application.priority,
        }
    }


def offer(cluster: Cluster) -> dict[str, Any]:
    """What bringing the records would change; nothing where they are there already."""
    return review.proposed(cluster, _mutate(cluster))


def bring(cluster: Cluster, *, actor: Actor, title: str) -> edit.Edited:
    """Make `system/` what the records say now. Raises as `edit` does."""
    return edit.edit(cluster, _mutate(cluster), actor=actor, title=title or "Bring the records")


def _mutate(cluster: Cluster) -> edit.Mutate:
    name = edit.template(cluster)

    def mutate(files: Files) -> Files:
        after = edit.merge_section(layout.ENV, name, env(cluster))(files)
        return edit.merge_section(layout.HORIZON, name, horizon(cluster))(after)

    return mutate


def first(cluster: Cluster) -> Files:
    """Both files of a new cluster."""
    release = cluster.release
    name, known = release.template.name, horizon(cluster)["horizon"]
    template = {"name": name, "release": release.version}
    ordered = {**{key: known[key] for key in ("application", "clusterID", "cluster")}, "template": template, "priority": known["priority"]}
    return {layout.ENV: _yaml({name: env(cluster)}), layout.HORIZON: _yaml({name: {"horizon": ordered}})}


def _yaml(data: dict[str, Any]) -> bytes:
    return helmyaml.write(data).encode()
