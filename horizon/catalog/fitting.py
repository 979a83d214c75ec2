"""What of some form data a schema knows: the rest is taken away and named."""

from collections.abc import Mapping
from typing import Any

from horizon.catalog.schema import problems, steps

_UNKNOWN = ("additionalProperties", "unevaluatedProperties")


def known(schema: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The data without the keys that the schema does not know, and their JSON pointers."""
    kept, dropped = dict(data), []
    while pointers := [found.pointer for found in problems(schema, kept) if found.keyword in _UNKNOWN]:
        before = kept
        for pointer in pointers:
            kept = _without(kept, steps(pointer))
        if kept == before:
            # The schema does not say which key: whoever upgrades decides.
            break
        dropped += pointers
    return kept, dropped


def added_defaults(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = "") -> list[str]:
    """JSON pointers of the keys in `after` that `before` does not have; a new map is one key."""
    found = []
    for key, value in after.items():
        pointer = f"{prefix}/{key.replace('~', '~0').replace('/', '~1')}"
        if key not in before:
            found.append(pointer)
        elif isinstance(value, Mapping) and isinstance(before[key], Mapping):
            found += added_defaults(before[key], value, pointer)
    return found


def _without(data: Any, path: list[str]) -> Any:
    """The data without what lies at the path; as it is, where nothing does."""
    step, rest = path[0], path[1:]
    if isinstance(data, dict) and step in data:
        if not rest:
            return {key: value for key, value in data.items() if key != step}
        return {**data, step: _without(data[step], rest)}
    if isinstance(data, list) and step.isdigit() and int(step) < len(data) and rest:
        return [_without(item, rest) if place == int(step) else item for place, item in enumerate(data)]
    return data
