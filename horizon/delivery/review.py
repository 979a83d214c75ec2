"""What would change: files and manifests, pending, between two revisions, or of a body that nobody has saved yet."""

from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache
from typing import Any, NamedTuple

from horizon.delivery import edit
from horizon.delivery.keys import shown_keys
from horizon.delivery.rendering import Held, Manifest, check, render
from horizon.engines.objects import compare_manifests
from horizon.errors import Invalid
from horizon.gitops import layout, release
from horizon.gitops.change import change, overlap
from horizon.gitops.diff import diff
from horizon.gitops.repository import Files
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository

_KEPT = 32
"""Revisions whose manifests are remembered."""


class _Side(NamedTuple):
    """One side of a comparison; `trouble` is why it has no manifests."""

    files: Files
    manifests: list[Manifest]
    trouble: str = ""


def pending(cluster: Cluster) -> dict[str, Any]:
    """What a deploy of everything would do, with the source and base to send with it."""
    refs = cluster_repository(cluster).refs.read()
    return between(cluster, before=refs[layout.MASTER], after=refs[layout.GITOPS])


def between(cluster: Cluster, *, before: str, after: str) -> dict[str, Any]:
    """The difference between two revisions. Raises `UnknownRevision`."""
    return {"base": before, "source": after, **_difference(_revision(cluster, before), _revision(cluster, after), cluster)}


def proposed(cluster: Cluster, mutate: edit.Mutate, *, before: str | None = None) -> dict[str, Any]:
    """What an edit would do to the pending tree, or to another revision, without making it. Raises as `edit` does."""
    repository = cluster_repository(cluster)
    head = repository.refs.read()[layout.GITOPS]
    pending_files = repository.files(head)
    files = mutate(dict(pending_files))
    after = _Side(files, check(files, cluster))
    was = _revision(cluster, before) if before else _known(cluster, head, pending_files)
    return {"base": before or head, "source": None, **_difference(was, after, cluster)}


def restored(cluster: Cluster, revision: str, *, keep: frozenset[str]) -> dict[str, Any]:
    """What going back to a revision would change of what is released, and the pending keys: all, and those that the restored tree decides."""
    repository = cluster_repository(cluster)
    refs = repository.refs.read()
    now, then = _revision(cluster, refs[layout.MASTER]), release.restored(repository, target=revision, keep=keep)
    pending_keys = change(now.files, repository.files(refs[layout.GITOPS])).keys()
    back = change(now.files, then).keys()
    decided = (key for key in pending_keys if overlap(frozenset({key}), back))
    difference = _difference(now, _side(then, lambda: render(then, cluster)), cluster)
    return {
        "base": refs[layout.MASTER],
        "source": revision,
        **difference,
        "pending": list(shown_keys(pending_keys)),
        "decided": list(shown_keys(decided)),
    }


def across(one: Cluster, other: Cluster) -> list[dict[str, Any]]:
    """How the values of two clusters differ, both as they are wanted now, pending edits included: file by file, in the order in which they win."""
    left, right = _wanted_values(one), _wanted_values(other)
    return sorted((asdict(item) for item in diff(left, right)), key=lambda item: layout.VALUE_FILES.index(item["file"]))


def _wanted_values(cluster: Cluster) -> Files:
    repository = cluster_repository(cluster)
    files = repository.files(repository.refs.read()[layout.GITOPS])
    return {file: files[file] for file in layout.VALUE_FILES if file in files}


def _difference(before: _Side, after: _Side, cluster: Cluster) -> dict[str, Any]:
    return {
        "files": [asdict(item) for item in diff(before.files, after.files)],
        "keys": list(shown_keys(change(before.files, after.files).keys())),
        "objects": [asdict(item) for item in compare_manifests(before.manifests, after.manifests, namespace=cluster.namespace)],
        "errors": [side.trouble for side in (before, after) if side.trouble],
    }


def _revision(cluster: Cluster, sha: str) -> _Side:
    """A revision of a cluster's repository. Raises `UnknownRevision`."""
    return _known(cluster, sha, cluster_repository(cluster).files(sha))


def _known(cluster: Cluster, sha: str, files: Files) -> _Side:
    return _side(files, lambda: _manifests(cluster, cluster.name, cluster.namespace, sha, Held(files)))


def _side(files: Files, rendered: Callable[[], list[Manifest]]) -> _Side:
    """With its manifests, or none and the reason: an old revision may no longer render, and is shown all the same."""
    try:
        return _Side(files, rendered() if files else [])
    except Invalid as error:
        return _Side(files, [], error.message)


@lru_cache(maxsize=_KEPT)
def _manifests(cluster: Cluster, name: str, namespace: str, sha: str, files: Held[Files]) -> list[Manifest]:
    """What a revision renders to, for reading alone: while somebody types or watches, the same one is compared again and again."""
    return render(files.content, cluster)
