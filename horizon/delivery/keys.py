"""Keys of a change as rows and answers hold them."""

from collections.abc import Iterable, Sequence
from typing import Any

from horizon.errors import Invalid
from horizon.gitops import layout
from horizon.gitops.change import Key, change
from horizon.gitops.keypath import Item, Path
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository


def shown(key: Key) -> str:
    """A key for people: `application.yaml: deployment.app.envs[name=A].value`."""
    file, path = key
    steps = "".join(f"[name={step.name}]" if isinstance(step, Item) else f".{step}" for step in path)
    return f"{layout.readable(file)}: {steps.lstrip('.')}" if path else layout.readable(file)


def shown_keys(keys: Iterable[Key]) -> tuple[str, ...]:
    """Keys for people, in their order."""
    return tuple(sorted(shown(key) for key in keys))


def pack_keys(keys: Iterable[Key]) -> list[list[Any]]:
    """Keys as JSON."""
    return [[file, [{"name": step.name} if isinstance(step, Item) else step for step in path]] for file, path in sorted(keys, key=shown)]


def unpack_keys(packed: Sequence[Sequence[Any]]) -> frozenset[Key]:
    """Keys from JSON."""
    return frozenset((file, _path(steps)) for file, steps in packed)


def read_keys(cluster: Cluster, wanted: Iterable[str]) -> frozenset[Key]:
    """Pending keys by the names that people see. Raises `Invalid` for one that is not pending."""
    repository = cluster_repository(cluster)
    refs = repository.refs.read()
    pending = change(repository.files(refs[layout.MASTER]), repository.files(refs[layout.GITOPS])).keys()
    return named_keys(pending, wanted)


def named_keys(keys: Iterable[Key], wanted: Iterable[str]) -> frozenset[Key]:
    """Those of `keys` that have the names that people see. Raises `Invalid` for a name that none has."""
    by_name = {shown(key): key for key in keys}
    names = list(wanted)
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise Invalid(f"{unknown[0][:200]!r} is none of the keys that differ", code="unknown_key", details={"keys": sorted(by_name)})
    return frozenset(by_name[name] for name in names)


def _path(steps: Sequence[Any]) -> Path:
    return tuple(Item(step["name"]) if isinstance(step, dict) else step for step in steps)
