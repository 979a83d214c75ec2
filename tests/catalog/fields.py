"""Paths into values and schemas, for tests that go through all of a template's fields."""

from collections.abc import Iterator, Mapping
from typing import Any

from horizon.catalog.schema import problems

Path = tuple[str, ...]
"""Keys from the top; `[]` stands for the items of a list."""

ITEMS = "[]"
_ABSENT = object()


def dotted(path: Path) -> str:
    """As documents write it: `app.envs[].name`."""
    return ".".join(path).replace(f".{ITEMS}", ITEMS)


def leaves(values: Mapping[str, Any], top: Path = ()) -> Iterator[Path]:
    """Every value that is no map with something in it."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*top, key))
        else:
            yield (*top, key)


def fields(schema: Mapping[str, Any], top: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every property that a schema knows, under whatever condition, with its own schema."""
    for part in (schema, schema.get("then", {}), schema.get("else", {})):
        for key, value in part.get("properties", {}).items():
            yield (*top, key), value
            yield from fields(value, (*top, key))
    if "items" in schema:
        yield from fields(schema["items"], (*top, ITEMS))


def values_at(data: Any, path: Path) -> list[Any]:
    """What a path leads to: one value, several through a list, or none."""
    if not path:
        return [data]
    if path[0] == ITEMS:
        return [found for item in data for found in values_at(item, path[1:])] if isinstance(data, list) else []
    return values_at(data[path[0]], path[1:]) if isinstance(data, dict) and path[0] in data else []


def at(path: Path, value: Any) -> dict[str, Any]:
    """Values that hold one value alone."""
    return {path[0]: at(path[1:], value) if path[1:] else value}


def without(data: Any, path: Path) -> Any:
    """Data with everything taken out that a path leads to."""
    return _changed(data, path, _ABSENT, once=False)


def replaced(data: Any, path: Path, value: Any) -> Any:
    """Data with another value where a path leads first."""
    return _changed(data, path, value, once=True)


def _changed(data: Any, path: Path, value: Any, *, once: bool) -> Any:
    if path[0] == ITEMS:
        holding = [place for place, item in enumerate(data) if values_at(item, path[1:])]
        chosen = holding[:1] if once else holding
        return [_changed(item, path[1:], value, once=once) if place in chosen else item for place, item in enumerate(data)]
    if not path[1:]:
        return {**{key: item for key, item in data.items() if key != path[0]}, **({} if value is _ABSENT else {path[0]: value})}
    return {**data, path[0]: _changed(data[path[0]], path[1:], value, once=once)}


def filled(schema: Mapping[str, Any]) -> Any:
    """What a form holds before anybody types: every default, as react-jsonschema-form fills them in."""
    if "default" in schema:
        return schema["default"]
    given = {key: filled(value) for key, value in schema.get("properties", {}).items()}
    return {key: value for key, value in given.items() if value is not None} if schema.get("type") == "object" else None


def pruned(schema: Mapping[str, Any], form: Any) -> Any:
    """A form without what its other fields leave no place for, as a browser sends it."""
    for problem in problems(schema, form):
        if problem.keyword == "unevaluatedProperties":
            form = _without_pointer(form, problem.pointer.split("/")[1:])
    return form


def _without_pointer(data: Any, steps: list[str]) -> Any:
    if isinstance(data, list):
        return [_without_pointer(item, steps[1:]) if str(place) == steps[0] else item for place, item in enumerate(data)]
    if not steps[1:]:
        return {key: value for key, value in data.items() if key != steps[0]}
    return {**data, steps[0]: _without_pointer(data[steps[0]], steps[1:])}
