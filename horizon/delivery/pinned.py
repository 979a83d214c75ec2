"""What a run was asked to ship, as it was pinned at its launch."""

from collections.abc import Sequence
from dataclasses import dataclass

from horizon.delivery.keys import unpack_keys
from horizon.delivery.models import ACTIVE, SHIPPING, Action, Pipelinerun
from horizon.gitops import layout, release
from horizon.gitops.change import Key, change
from horizon.gitops.repository import Files, Repository
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository


@dataclass(frozen=True)
class Rollback:
    """What a rollback keeps and drops."""

    keep: Sequence[str] = ()
    restore_overrides: bool = False
    prefer_pending: bool = False
    discard_pending: bool = False
    confirm: bool = False

    @property
    def kept(self) -> frozenset[str]:
        """Files that stay as they are on `master`: `sre.yaml` unless its restoring is asked for."""
        return frozenset(self.keep) | (frozenset() if self.restore_overrides else {layout.SRE})


def tree(run: Pipelinerun) -> Files:
    """The tree that the run ships, as `master` is now."""
    repository = cluster_repository(run.cluster)
    if run.action == Action.ROLLBACK:
        return release.restored(repository, target=target(run), keep=rollback(run).kept)
    if run.alone:
        return release.alone_tree(repository, source=run.source, keys=keys(run))
    return repository.files(run.source)


def keys(run: Pipelinerun) -> frozenset[Key] | None:
    """The keys that a run ships alone, None where it ships a whole edit."""
    return unpack_keys(run.keys) if run.keys else None


def target(run: Pipelinerun) -> str:
    """The revision that a rollback goes back to."""
    assert run.target is not None
    return run.target.revision


def rollback(run: Pipelinerun) -> Rollback:
    """What a rollback keeps and drops."""
    return Rollback(**{name: value for name, value in run.options.items() if name != "again"})


def about_to_ship(cluster: Cluster, repository: Repository) -> dict[int, frozenset[Key]]:
    """The keys that runs which have not merged yet will change on `master`, by run. Only these ship edits."""
    active = Pipelinerun.objects.filter(cluster=cluster, state__in=ACTIVE, revision="", action__in=SHIPPING)
    master = repository.files(repository.refs.read()[layout.MASTER])
    return {run.pk: change(master, tree(run)).keys() for run in active}
