"""An object as the YAML that people read, before and after. What a Secret holds is hidden before anything is compared."""

from collections.abc import Mapping
from difflib import unified_diff
from hashlib import sha256
from typing import Any

from horizon import helmyaml
from horizon.engines.fields import item_names
from horizon.engines.immutable import kind_of
from horizon.errors import Invalid

MAX_LINES = 5000
"""An object with more lines is not compared line by line: that can take minutes."""
SECRET_FIELDS = ("data", "stringData")

_SECRET = ("", "Secret")


def unified(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The unified diff of an object's YAML, an empty map being no object; empty where one side is too long to compare or is no YAML.

    The order of keys is that of `before`, so that only what differs is shown.
    """
    secret = is_secret(before) or is_secret(after)
    was, now = (_lines(_hidden(side) if secret else side) for side in (before, _aligned(after, before)))
    if was is None or now is None:
        return ""
    return "".join(unified_diff(was, now, "a" if before else "/dev/null", "b" if after else "/dev/null"))


def is_secret(manifest: Mapping[str, Any]) -> bool:
    """Whether what the object holds is for nobody's eyes."""
    return kind_of(manifest) == _SECRET


def hide(value: Any) -> Any:
    """A few digits of a digest tell two hidden values apart, so that a vote on a change cannot be kept for another one."""
    if isinstance(value, Mapping):
        return {key: _mask(item) for key, item in value.items()}
    return None if value is None else _mask(value)


def _aligned(value: Any, like: Any) -> Any:
    """The same data with its keys in the order of another value; items of lists stay where they are."""
    if isinstance(value, Mapping) and isinstance(like, Mapping):
        order = (*(key for key in like if key in value), *(key for key in value if key not in like))
        return {key: _aligned(value[key], like.get(key)) for key in order}
    if isinstance(value, list) and isinstance(like, list):
        return [_aligned(item, other) for item, other in zip(value, _partners(value, like), strict=True)]
    return value


def _partners(items: list[Any], others: list[Any]) -> list[Any]:
    """For each item the other list's item of the same name, or at the same place; None where there is none."""
    names, known = item_names(items), item_names(others)
    if names is not None and known is not None:
        by_name = dict(zip(known, others, strict=True))
        return [by_name.get(name) for name in names]
    return [*others[: len(items)], *[None] * (len(items) - len(others))]


def _hidden(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {key: hide(value) if key in SECRET_FIELDS else value for key, value in manifest.items()}


def _mask(value: Any) -> str:
    return f"(hidden {sha256(value.encode(errors='replace')).hexdigest()[:8]})" if isinstance(value, str) else "(hidden)"


def _lines(manifest: Mapping[str, Any]) -> list[str] | None:
    if not manifest:
        return []
    try:
        lines = helmyaml.write(dict(manifest)).splitlines(keepends=True)
    except Invalid:
        return None
    return lines if len(lines) <= MAX_LINES else None
