"""Promote: what runs in one cluster becomes an edit of another of the same application (DESIGN section 4)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from horizon.access.permissions import Actor
from horizon.access.policy import Verb
from horizon.delivery import edit, review
from horizon.delivery.keys import named_keys, shown_keys
from horizon.errors import Conflict, Invalid
from horizon.gitops import layout
from horizon.gitops.change import Change, Key, apply, change, overlap
from horizon.gitops.repository import Files
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository

_PROMOTED = (layout.APPLICATION, layout.OUTPUT)


def offer(target: Cluster, source: Cluster, names: Sequence[str] | None = None) -> dict[str, Any]:
    """What differs and can be promoted (`offered`), and what the edit would change. Raises as `promote` does."""
    wanted = _difference(target, source)
    proposal = review.proposed(target, _mutate(wanted, _chosen(wanted, names)))
    return {"from": source.name, "revision": source.master, "offered": list(shown_keys(wanted.keys())), **proposal}


def promote(target: Cluster, source: Cluster, names: Sequence[str] | None, *, actor: Actor, title: str) -> edit.Edited:
    """Make what CI posted for `source`, or the keys named, an edit of `target`.

    Raises `Conflict` where nothing runs in `source` or it is of another application, `Invalid` for a key that does not differ.
    """
    wanted = _difference(target, source)
    mutate = _mutate(wanted, _chosen(wanted, names))
    return edit.edit(target, mutate, actor=actor, title=title or f"Promote from {source.name} at {source.master[:8]}")


def needed(names: Sequence[str] | None) -> Verb:
    """What promoting these takes of the target: the form's keys the right to edit, what CI posted the right to post."""
    return Verb.EDIT if any(not name.startswith(f"{layout.OUTPUT}:") for name in names or ()) else Verb.OUTPUT


def clashes(target: Cluster, source: Cluster, names: Sequence[str] | None = None) -> tuple[str, ...]:
    """Keys of the target with a pending edit that promoting these would overwrite. Raises as `promote` does."""
    wanted = _difference(target, source)
    chosen, repository = _chosen(wanted, names), cluster_repository(target)
    refs = repository.refs.read()
    before = repository.files(refs[layout.MASTER])
    # Before the first release all is pending: nothing there is anybody's change of something.
    pending = change(before, repository.files(refs[layout.GITOPS])).keys() if before else frozenset()
    return shown_keys(key for key in pending if overlap(frozenset({key}), chosen))


def _difference(target: Cluster, source: Cluster) -> Change:
    """From what is pending in `target` to what is released in `source`: the form's data and CI's output only."""
    if source.pk == target.pk or source.application_id != target.application_id:
        raise Invalid("promote between two clusters of one application", code="promote", details={"field": "from"})
    there, here = cluster_repository(source), cluster_repository(target)
    released = there.files(there.refs.read()[layout.MASTER])
    if not released:
        raise Conflict(f"nothing runs in {source.name}", code="not_released")
    whole = change(here.files(here.refs.read()[layout.GITOPS]), released)
    # Of the other cluster's files only keys come in: comments and order of this one's people stay.
    return Change(tuple(replace(item, whole=False) for item in whole.files if item.file in _PROMOTED))


def _chosen(wanted: Change, names: Sequence[str] | None) -> frozenset[Key]:
    offered = wanted.keys()
    return frozenset(key for key in offered if key[0] == layout.OUTPUT) if names is None else named_keys(offered, names)


def _mutate(wanted: Change, keys: frozenset[Key]) -> edit.Mutate:
    def mutate(files: Files) -> Files:
        return apply(wanted.only(keys), files).files

    return mutate
