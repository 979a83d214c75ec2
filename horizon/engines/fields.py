"""Two values field by field, and the names of fields: `spec.template.spec.containers[name=web].image`.

Nothing here recurses, so that depth cannot exhaust the stack. Equality is strict: `True` is not 1, nor 1 the float 1.0. A null is an absent
field, as it is for Kubernetes.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

MAX_DEPTH = 100
"""Steps of a path; what lies deeper is compared as one value."""

Step = str | int
Steps = tuple[Step, ...]

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Difference(NamedTuple):
    """One field's value in one map and in another; None where it is absent."""

    path: str
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Every field that differs, in the order of `before`, then of `after`.

    Lists whose items are all maps with a `name` of their own are compared by name (another order is one more difference: the names), lists
    of as many maps by place, any other list as one value.
    """
    found: list[Difference] = []
    pending = [(Difference("", before, after), 0)]
    while pending:
        pair, depth = pending.pop()
        parts = _parts(pair) if depth < MAX_DEPTH else None
        if parts is not None:
            pending += [(part, depth + 1) for part in reversed(parts)]
        elif not same(pair.before, pair.after):
            found.append(pair)
    return found


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same data; nulls in maps are absent."""
    pending = [(one, other)]
    while pending:
        left, right = pending.pop()
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            keys = _present(left)
            if keys != _present(right):
                return False
            pending += [(left[key], right[key]) for key in keys]
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            pending += zip(left, right, strict=True)
        elif type(left) is not type(right) or left != right:
            return False
    return True


def path_of(value: Any, steps: Sequence[Step]) -> str:
    """The name of the field that `steps` lead to in `value`; they may end at a field that is not there."""
    path = ""
    for step in steps:
        names = item_names(value)
        if isinstance(step, int):
            path = f"{path}[name={names[step]}]" if names and step < len(names) else f"{path}[{step}]"
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            path = _key(path, step)
            value = value.get(step) if isinstance(value, Mapping) else None
    return path


def inside(path: str, field: str) -> bool:
    """Whether a path is a field or one below it."""
    return path.startswith(field) and path[len(field) :][:1] in ("", ".", "[")


def item_names(items: Any) -> list[str] | None:
    """The names of a list's items, if all of them are maps with a name that no other has."""
    if not isinstance(items, list):
        return None
    names = [item["name"] for item in items if isinstance(item, Mapping) and isinstance(item.get("name"), str)]
    return names if len(set(names)) == len(items) else None


def dig(value: Any, *keys: str) -> Any:
    """The value under nested keys; None where one of them is missing or its holder is no map."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _present(value: Mapping[str, Any]) -> set[str]:
    return {key for key, item in value.items() if item is not None}


def _parts(pair: Difference) -> list[Difference] | None:
    path, one, other = pair
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return [Difference(_key(path, str(key)), one.get(key), other.get(key)) for key in _union(one, other)]
    if not isinstance(one, list) or not isinstance(other, list):
        return None
    names = item_names(one), item_names(other)
    if names[0] is not None and names[1] is not None:
        return _named_parts(pair, names[0], names[1])
    if len(one) == len(other) and all(isinstance(item, Mapping) for item in (*one, *other)):
        return [Difference(f"{path}[{place}]", *items) for place, items in enumerate(zip(one, other, strict=True))]
    return None


def _named_parts(pair: Difference, names: list[str], other_names: list[str]) -> list[Difference]:
    one, other = dict(zip(names, pair.before, strict=True)), dict(zip(other_names, pair.after, strict=True))
    parts = [Difference(f"{pair.path}[name={name}]", one.get(name), other.get(name)) for name in _union(one, other)]
    if [name for name in names if name in other] != [name for name in other_names if name in one]:
        parts.append(Difference(pair.path, names, other_names))
    return parts


def _union(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterable[str]:
    return (*one, *(key for key in other if key not in one))


def _key(path: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key
