"""To another release of a cluster's template: the chart, `system/horizon.yaml` and the form's data in one edit (DESIGN section 6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from horizon.access.permissions import Actor
from horizon.catalog.fitting import added_defaults, known
from horizon.delivery import edit, review
from horizon.delivery.rendering import release_from, release_of
from horizon.errors import Conflict, Invalid
from horizon.gitops import layout, values
from horizon.gitops.repository import Files
from horizon.inventory.models import Cluster, ReleaseState, TemplateRelease
from horizon.inventory.repositories import cluster_repository


@dataclass(frozen=True)
class Upgrade:
    """The release to go to, and the form's data there; without any, what is there now less the keys that the release does not know."""

    release: TemplateRelease
    config: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Fit:
    """JSON pointers of what an upgrade drops from the form's data, and of defaults that the new release adds."""

    dropped: list[str]
    added: list[str]


def offer(cluster: Cluster, wanted: Upgrade) -> dict[str, Any]:
    """What the upgrade would change, and how the form's data fits. Raises as `upgrade` does."""
    return {**_shown(_fit(cluster, wanted)), **review.proposed(cluster, _mutate(cluster, wanted))}


def upgrade(cluster: Cluster, wanted: Upgrade, *, actor: Actor, title: str, seen: str | None) -> tuple[edit.Edited, dict[str, Any]]:
    """Commit it, if all files merged validate and render under the new release.

    Raises `Invalid` with `dropped`, `added` and the values that the new release refuses, `Conflict` for a retired release or another template.
    """
    fit = _fit(cluster, wanted)
    shown = edit.Seen(seen, (layout.APPLICATION, layout.CHART)) if seen else None
    name = title or f"Upgrade to {wanted.release}"
    try:
        edited = edit.edit(cluster, _mutate(cluster, wanted), actor=actor, title=name, seen=shown)
    except Invalid as error:
        raise Invalid(f"{wanted.release} refuses it: {error.message}", code=error.code, details={**error.details, **_shown(fit)}) from error
    return edited, _shown(fit)


def _shown(fit: Fit) -> dict[str, Any]:
    return {"dropped": fit.dropped, "added": fit.added}


def _fit(cluster: Cluster, wanted: Upgrade) -> Fit:
    release = wanted.release
    if release.template_id != cluster.release.template_id:
        raise Conflict(f"{cluster} stays with its template {cluster.release.template}: copy its config into a new cluster", code="other_template")
    if release.state == ReleaseState.RETIRED:
        raise Conflict(f"{release} is retired: choose another release", code="retired")
    repository = cluster_repository(cluster)
    files = repository.files(repository.refs.read()[layout.GITOPS])
    old, new = release_of(files), release_from(bytes(release.archive))
    dropped = [] if wanted.config is not None else known(new.schema, values.section(files, layout.APPLICATION, new.name))[1]
    return Fit(dropped, added_defaults(old.values, new.values))


def _mutate(cluster: Cluster, wanted: Upgrade) -> edit.Mutate:
    row, new = wanted.release, release_from(bytes(wanted.release.archive))

    def mutate(files: Files) -> Files:
        held = values.section(files, layout.APPLICATION, new.name)
        config = wanted.config if wanted.config is not None else known(new.schema, held)[0]
        chart = edit.chart_file(cluster.name, template_name=new.name, chart_version=row.chart_version, repository=settings.HORIZON_CHART_REPOSITORY)
        kept = {file: content for file, content in files.items() if not file.startswith(layout.CHARTS)}
        after = {**kept, layout.CHART: chart, f"{layout.CHARTS}{new.name}-{row.chart_version}.tgz": bytes(row.archive)}
        after = edit.put_section(layout.APPLICATION, new.name, config)(after)
        return edit.merge_section(layout.HORIZON, new.name, {"horizon": {"template": {"name": new.name, "release": row.version}}})(after)

    return mutate
