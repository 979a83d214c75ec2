"""To another release of a cluster's template: the chart, `system/horizon.yaml` and the form's data in one edit (DESIGN section 6)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from horizon.access.permissions import Actor
from horizon.catalog.fitting import added_defaults, known
from horizon.delivery import edit, releases, review
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
    """The form's data under the new release; JSON pointers of what an upgrade drops from it, and of defaults that the release adds."""

    config: Mapping[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choices:
    """The release that a cluster has pending, where it is one that the platform holds, and those that it could go to."""

    present: TemplateRelease | None
    others: list[TemplateRelease]


def choices(cluster: Cluster) -> Choices:
    """Where the cluster is and could go, the recommended release first."""
    repository = cluster_repository(cluster)
    found = release_of(repository.files(repository.refs.read()[layout.GITOPS]))
    present = cluster.release.template.releases.defer("archive").select_related("template").filter(chart_version=found.chart_version).first()
    return Choices(present, [row for row in releases.offered(cluster.release.template) if row != present])


def offer(cluster: Cluster, wanted: Upgrade) -> dict[str, Any]:
    """What the upgrade would change, and how the form's data fits. Raises as `upgrade` does."""
    move = _Move(cluster, wanted)
    with _refusals(move):
        difference = review.proposed(cluster, move)
    return {"config": move.fit.config, **_shown(move.fit), **difference}


def upgrade(cluster: Cluster, wanted: Upgrade, *, actor: Actor, title: str, seen: str | None) -> tuple[edit.Edited, dict[str, Any]]:
    """Commit it, if all files merged validate and render under the new release.

    Raises `Invalid` with `config`, `dropped`, `added` and the values that the new release refuses,
    `Conflict` for a retired release or another template.
    """
    move = _Move(cluster, wanted)
    shown = edit.Seen(seen, (layout.APPLICATION, layout.CHART)) if seen else None
    with _refusals(move):
        edited = edit.edit(cluster, move, actor=actor, title=title or f"Upgrade to {wanted.release}", seen=shown)
    return edited, _shown(move.fit)


class _Move:
    """The upgrade as what an edit does to the files. `fit` is of the very tree that it was done to, so that no other edit comes between."""

    def __init__(self, cluster: Cluster, wanted: Upgrade) -> None:
        _refuse(cluster, wanted.release)
        self.cluster, self.wanted, self.fit = cluster, wanted, Fit()

    def __call__(self, files: Files) -> Files:
        row = self.wanted.release
        new = release_from(bytes(row.archive))
        config, dropped = self._config(new.schema, values.section(files, layout.APPLICATION, new.name))
        self.fit = Fit(config, tuple(dropped), tuple(added_defaults(release_of(files).values, new.values)))
        kept = {file: content for file, content in files.items() if not file.startswith(layout.CHARTS)}
        after = {**kept, **self._chart(new.name)}
        after = edit.put_section(layout.APPLICATION, new.name, config)(after)
        return edit.merge_section(layout.HORIZON, new.name, {"horizon": {"template": {"name": new.name, "release": row.version}}})(after)

    def _config(self, schema: Mapping[str, Any], held: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
        return known(schema, held) if self.wanted.config is None else (self.wanted.config, [])

    def _chart(self, name: str) -> Files:
        row = self.wanted.release
        repository = settings.HORIZON_CHART_REPOSITORY
        chart = edit.chart_file(self.cluster.name, template_name=name, chart_version=row.chart_version, repository=repository)
        return {layout.CHART: chart, f"{layout.CHARTS}{name}-{row.chart_version}.tgz": bytes(row.archive)}


def _refuse(cluster: Cluster, release: TemplateRelease) -> None:
    if release.template_id != cluster.release.template_id:
        raise Conflict(f"{cluster} stays with its template {cluster.release.template}: copy its config into a new cluster", code="other_template")
    if release.state == ReleaseState.RETIRED:
        raise Conflict(f"{release} is retired: choose another release", code="retired")


@contextmanager
def _refusals(move: _Move) -> Iterator[None]:
    """Say of a refusal which release it comes from, and how far the form's data fits."""
    try:
        yield
    except Invalid as error:
        details = {**error.details, "config": move.fit.config, **_shown(move.fit)}
        raise Invalid(f"{move.wanted.release} refuses it: {error.message}", code=error.code, details=details) from error


def _shown(fit: Fit) -> dict[str, Any]:
    return {"dropped": list(fit.dropped), "added": list(fit.added)}
