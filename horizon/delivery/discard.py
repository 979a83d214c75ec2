"""Taking pending edits back, as a new edit."""

from typing import Any

from horizon.access.permissions import Actor
from horizon.delivery import edit, pinned, review
from horizon.delivery.keys import shown_keys
from horizon.errors import Conflict
from horizon.gitops import layout
from horizon.gitops.change import Change, Key, apply, change, overlap
from horizon.gitops.repository import Files
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository

_SEEN = (*layout.VALUE_FILES, layout.PIPELINE, layout.CHART)


def discard(cluster: Cluster, keys: frozenset[Key] | None, *, actor: Actor, title: str, seen: str | None) -> edit.Edited:
    """Make all pending keys, or some, what is released. Raises as `edit` does, and `Conflict` where a run is about to release one of them.

    Such a run would ship it all the same, and the next deploy would take it back unasked.
    """
    held = edit.Seen(seen, _SEEN) if seen else None
    return edit.edit(cluster, _taken_back(cluster, keys), actor=actor, title=title or "Discard pending edits", seen=held)


def offer(cluster: Cluster, keys: frozenset[Key] | None) -> dict[str, Any]:
    """What discarding these keys, or all, would change of what is pending; `left` stays pending. Changes nothing. Raises as `discard` does."""
    repository = cluster_repository(cluster)
    refs = repository.refs.read()
    waiting = change(repository.files(refs[layout.MASTER]), repository.files(refs[layout.GITOPS])).keys()
    left = [key for key in waiting if keys is not None and not overlap(frozenset({key}), keys)]
    return {"left": list(shown_keys(left)), **review.proposed(cluster, _taken_back(cluster, keys))}


def _taken_back(cluster: Cluster, keys: frozenset[Key] | None) -> edit.Mutate:
    repository = cluster_repository(cluster)

    def mutate(files: Files) -> Files:
        released = repository.files(repository.refs.read()[layout.MASTER])
        if not released:
            raise Conflict("nothing was released yet: there is nothing to go back to", code="not_released")
        everything = change(files, released)
        taken_back = everything if keys is None else everything.only(keys)
        _refuse_what_ships(taken_back, pinned.about_to_ship(cluster, repository))
        return apply(taken_back, files).files

    return mutate


def _refuse_what_ships(taken_back: Change, shipping: dict[int, frozenset[Key]]) -> None:
    for run, keys in shipping.items():
        if overlap(keys, taken_back.keys()):
            found = {"pipelinerun": run, "keys": list(shown_keys(keys))}
            raise Conflict(
                f"run {run} is about to release {', '.join(found['keys'][:3])}: wait for it or cancel it first", code="about_to_ship", details=found
            )
