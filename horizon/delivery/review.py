"""What would change: files and manifests, pending, between two revisions, or of a body that nobody has saved yet."""

from dataclasses import asdict
from typing import Any

from horizon.delivery import edit
from horizon.delivery.keys import shown_keys
from horizon.delivery.rendering import Manifest, check, render
from horizon.engines.objects import compare_manifests
from horizon.errors import Invalid
from horizon.gitops import layout, release
from horizon.gitops.change import change, overlap
from horizon.gitops.diff import diff
from horizon.gitops.repository import Files
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository


def pending(cluster: Cluster) -> dict[str, Any]:
    """What a deploy of everything would do, with the source and base to send with it."""
    refs = cluster_repository(cluster).refs.read()
    return between(cluster, before=refs[layout.MASTER], after=refs[layout.GITOPS])


def between(cluster: Cluster, *, before: str, after: str) -> dict[str, Any]:
    """The difference between two revisions. Raises `UnknownRevision`."""
    repository = cluster_repository(cluster)
    return {"base": before, "source": after, **_difference(cluster, repository.files(before), repository.files(after))}


def proposed(cluster: Cluster, mutate: edit.Mutate, *, before: str | None = None) -> dict[str, Any]:
    """What an edit would do to the pending tree, or to another revision, without making it. Raises as `edit` does."""
    repository = cluster_repository(cluster)
    head = repository.refs.read()[layout.GITOPS]
    pending_files = repository.files(head)
    files = mutate(dict(pending_files))
    manifests = check(files, cluster)
    was = repository.files(before) if before else pending_files
    return {"base": before or head, "source": None, **_difference(cluster, was, files, manifests)}


def restored(cluster: Cluster, revision: str, *, keep: frozenset[str]) -> dict[str, Any]:
    """What going back to a revision would change of what is released, and the pending keys: all, and those that the restored tree decides."""
    repository = cluster_repository(cluster)
    refs = repository.refs.read()
    now, then = repository.files(refs[layout.MASTER]), release.restored(repository, target=revision, keep=keep)
    pending_keys = change(now, repository.files(refs[layout.GITOPS])).keys()
    back = change(now, then).keys()
    decided = (key for key in pending_keys if overlap(frozenset({key}), back))
    difference = _difference(cluster, now, then)
    return {
        "base": refs[layout.MASTER],
        "source": revision,
        **difference,
        "pending": list(shown_keys(pending_keys)),
        "decided": list(shown_keys(decided)),
    }


def _difference(cluster: Cluster, before: Files, after: Files, rendered: list[Manifest] | None = None) -> dict[str, Any]:
    """`rendered` is what `after` renders to, where that is known: to render costs most of an answer."""
    was, trouble_before = _rendered(before, cluster)
    now, trouble_after = (rendered, "") if rendered is not None else _rendered(after, cluster)
    return {
        "files": [asdict(item) for item in diff(before, after)],
        "keys": list(shown_keys(change(before, after).keys())),
        "objects": [asdict(item) for item in compare_manifests(was, now, namespace=cluster.namespace)],
        "errors": [trouble for trouble in (trouble_before, trouble_after) if trouble],
    }


def _rendered(files: Files, cluster: Cluster) -> tuple[list[Manifest], str]:
    """The manifests, or none and the reason: an old revision may no longer render, and is shown all the same."""
    if not files:
        return [], ""
    try:
        return render(files, cluster), ""
    except Invalid as error:
        return [], error.message
