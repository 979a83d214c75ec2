"""Key paths into YAML data: maps by key, lists whose items are all maps with `name` by that name."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple


class _Absent(Enum):
    ABSENT = "absent"


ABSENT: Final = _Absent.ABSENT
"""The value of a key that is not there (which null is not)."""


class Item(NamedTuple):
    """A step of a key path into a list whose items are all maps with `name`."""

    name: str


Step = str | Item
Path = tuple[Step, ...]


@dataclass(frozen=True)
class Blocked:
    """A value that stands where a key path needs a map."""

    value: Any


def as_json(value: Any) -> Any:
    """A value that was looked up, as JSON shows it: null where there is none, what stands in the way where something does."""
    return None if value is ABSENT else value.value if isinstance(value, Blocked) else value


def named(value: Any) -> dict[str, Any] | None:
    """A list's items by name, if all are maps with a name of their own."""
    if not isinstance(value, list) or not all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in value):
        return None
    names = {item["name"]: item for item in value}
    return names if len(names) == len(value) else None


def lookup(data: Any, path: Path) -> Any:
    """The value at a key path; `ABSENT` if there is none, `Blocked` if a value that is no map stands in the way."""
    for step in path:
        inner = _inner(data, step)
        if inner is None:
            return Blocked(data)
        data = inner.get(step.name if isinstance(step, Item) else step, ABSENT)
        if data is ABSENT:
            return ABSENT
    return data


def _inner(data: Any, step: Step) -> dict[str, Any] | None:
    """What `step` looks into: a map, or a list by the names of its items; null counts as empty."""
    if data is None:
        return {}
    if isinstance(step, Item):
        return named(data)
    return data if isinstance(data, dict) else None


def put(data: Any, path: Path, value: Any) -> Any:
    """`data` with the value at a key path set, or taken away where it is `ABSENT`; what stands in the way is replaced."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    inner = _inner(data, step) or {}
    name = step.name if isinstance(step, Item) else step
    if value is ABSENT and name not in inner:
        return data
    # An item that is no longer there comes back under its name, or the list would have none of its items' names.
    absent = {"name": name} if isinstance(step, Item) else None
    item = put(inner.get(name, absent), rest, value)
    changed = {key: held for key, held in inner.items() if key != name} if item is ABSENT else {**inner, name: item}
    return list(changed.values()) if isinstance(step, Item) else changed
