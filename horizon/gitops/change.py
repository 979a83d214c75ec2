"""The one primitive of every flow: what happened between two trees, and doing the same to another tree (DESIGN 3.3).

Shipping one edit alone, re-applying what is pending after a rollback, merging a change request and one change over many repositories
are all `change` and `apply`. Values in, values out: no repository is touched here.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from horizon import helmyaml
from horizon.errors import Invalid
from horizon.gitops import layout
from horizon.gitops.keypath import ABSENT, Item, Path, lookup, named, put
from horizon.gitops.repository import Files
from horizon.gitops.rewrite import rewrite

Key = tuple[str, Path]
"""A file and a key path in it; the empty path is the whole file."""
UNIT: Final = layout.CHART
"""The file name under which the unit of `Chart.yaml`, `charts/` and `horizon.template` is one key."""


@dataclass(frozen=True)
class Edit:
    """One key path's value before and after; `ABSENT` where it was not there, or is no longer."""

    path: Path
    before: Any
    after: Any


@dataclass(frozen=True)
class FileChange:
    """What happened to one file. Without `edits` it is one value: binary, no map, or only its form changed."""

    file: str
    before: bytes | None
    after: bytes | None
    edits: tuple[Edit, ...] = ()
    whole: bool = True
    """Whether all that happened to the file is in it, so that the file may be taken as it is."""


@dataclass(frozen=True)
class Unit:
    """The chart as one value: its files and the template's name in `system/horizon.yaml`."""

    files: tuple[tuple[str, bytes], ...]
    template: Any


@dataclass(frozen=True)
class Change:
    """A set of key-path edits, file by file, with the chart as one unit."""

    files: tuple[FileChange, ...] = ()
    unit: tuple[Unit, Unit] | None = None

    def __bool__(self) -> bool:
        return bool(self.files or self.unit)

    def keys(self) -> frozenset[Key]:
        """Every key that the change touches."""
        found = {(item.file, edit.path) for item in self.files for edit in item.edits}
        found |= {(item.file, ()) for item in self.files if not item.edits}
        return frozenset(found | ({(UNIT, ())} if self.unit else set()))

    def only(self, keys: frozenset[Key]) -> "Change":
        """The part of the change that touches one of `keys` (or lies inside or around one)."""
        parts = (_part(item, keys) for item in self.files)
        unit = self.unit if any(file == UNIT for file, _ in keys) else None
        return Change(tuple(part for part in parts if part), unit)


@dataclass(frozen=True)
class Clash:
    """A key that both the change and the tree had changed: the value that the change wanted, and the one that the tree has."""

    file: str
    path: Path
    wanted: Any
    found: Any


@dataclass(frozen=True)
class Applied:
    """The new tree, and the keys on which change and tree disagreed."""

    files: Files
    clashes: tuple[Clash, ...]


def overlap(one: frozenset[Key], other: frozenset[Key]) -> bool:
    """Whether two sets of keys touch: the same key, or one that contains the other."""
    return any(_touches(key, other) for key in one)


def _touches(key: Key, keys: frozenset[Key]) -> bool:
    file, path = key
    return any(file == name and (path[: len(prefix)] == prefix or prefix[: len(path)] == path) for name, prefix in keys)


def _part(item: FileChange, keys: frozenset[Key]) -> FileChange | None:
    if not item.edits:
        return item if _touches((item.file, ()), keys) else None
    edits = tuple(edit for edit in item.edits if _touches((item.file, edit.path), keys))
    return replace(item, edits=edits, whole=item.whole and len(edits) == len(item.edits)) if edits else None


def change(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Change:
    """What happened between two trees."""
    units = _unit(before), _unit(after)
    files = (_file_change(file, before.get(file), after.get(file)) for file in sorted(before.keys() | after.keys()) if not layout.is_chart(file))
    return Change(tuple(item for item in files if item), units if units[0] != units[1] else None)


def apply(wanted: Change, tree: Mapping[str, bytes], *, prefer_tree: bool = False) -> Applied:
    """Do to `tree` what happened in `wanted`. On a clash the change wins, unless `prefer_tree`."""
    files, clashes = dict(tree), []
    for item in wanted.files:
        content, found = _apply_file(item, files.get(item.file), prefer_tree=prefer_tree)
        clashes += found
        _put(files, item.file, content)
    if wanted.unit:
        clashes += _apply_unit(wanted.unit, _unit(tree), files, prefer_tree=prefer_tree)
    return Applied(files, tuple(clashes))


def _put(files: Files, file: str, content: bytes | None) -> None:
    if content is None:
        files.pop(file, None)
    else:
        files[file] = content


# The chart as one value


def _unit(files: Mapping[str, bytes]) -> Unit:
    chart = tuple(sorted((file, content) for file, content in files.items() if layout.is_chart(file)))
    return Unit(chart, _template(_map(files.get(layout.HORIZON)) or {}))


def _template(data: Mapping[str, Any]) -> Any:
    """`<template>.horizon.template` by the name of the template."""
    return {name: horizon["template"] for name, root in data.items() if (horizon := _horizon(root)) and "template" in horizon}


def _horizon(root: Any) -> dict[str, Any] | None:
    horizon = root.get("horizon") if isinstance(root, dict) else None
    return horizon if isinstance(horizon, dict) else None


def _without_template(data: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {**root, "horizon": {k: v for k, v in horizon.items() if k != "template"}} if (horizon := _horizon(root)) else root
        for name, root in data.items()
    }


def _apply_unit(unit: tuple[Unit, Unit], found: Unit, files: Files, *, prefer_tree: bool) -> list[Clash]:
    """Put the chart in place; `files` may hold the wanted `system/horizon.yaml` already, `found` is what the tree had."""
    before, after = unit
    clash = found not in (before, after)
    _put_unit(files, found if clash and prefer_tree else after)
    return [Clash(UNIT, (), after.template, found.template)] if clash else []


def _put_unit(files: Files, unit: Unit) -> None:
    for file in [file for file in files if layout.is_chart(file)]:
        del files[file]
    files.update(unit.files)
    data = _map(files[layout.HORIZON]) if layout.HORIZON in files else None
    if data is None or _template(data) == unit.template:
        return
    merged = _without_template(data)
    for name, template in unit.template.items():
        root = merged.get(name) if isinstance(merged.get(name), dict) else {}
        merged[name] = {**(root or {}), "horizon": {**(_horizon(root) or {}), "template": template}}
    files[layout.HORIZON] = rewrite(files[layout.HORIZON].decode(), merged).encode()


# One file


def _map(content: bytes | None) -> dict[str, Any] | None:
    """The file's data if it is a YAML map (an absent or empty file is the empty map)."""
    if content is None:
        return {}
    try:
        return helmyaml.read_map(content.decode())
    except (Invalid, UnicodeDecodeError):
        return None


def _keyed(file: str, content: bytes | None) -> dict[str, Any] | None:
    """The part of a file that is compared key by key: `horizon.template` belongs to the chart."""
    data = _map(content) if file.endswith((".yaml", ".yml")) else None
    return _without_template(data) if data is not None and file == layout.HORIZON else data


def _file_change(file: str, before: bytes | None, after: bytes | None) -> FileChange | None:
    if before == after:
        return None
    was, now = _keyed(file, before), _keyed(file, after)
    if was is None or now is None:
        return FileChange(file, before, after)
    edits = tuple(_edits(was, now, ()))
    only_the_template = not edits and file == layout.HORIZON and _template(_map(before) or {}) != _template(_map(after) or {})
    return None if only_the_template else FileChange(file, before, after, edits)


def _edits(before: Any, after: Any, path: Path) -> Iterator[Edit]:
    item = bool(path) and isinstance(path[-1], Item)
    if before is ABSENT and after and not item and (isinstance(after, dict) or named(after)):
        # Key by key: two who add to the same new map, or to the same new list of named items, do not clash. A new item is one thing.
        before = type(after)()
    if isinstance(before, dict) and isinstance(after, dict):
        for key in (*before, *(key for key in after if key not in before)):
            yield from _edits(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))
    elif (names := named(before)) is not None and (others := named(after)) is not None and _same_order(names, others):
        for name in (*names, *(name for name in others if name not in names)):
            yield from _edits(names.get(name, ABSENT), others.get(name, ABSENT), (*path, Item(name)))
    elif not _equal(before, after):
        yield Edit(path, before, after)


def _same_order(names: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    return [name for name in names if name in others] == [name for name in others if name in names]


def _apply_file(item: FileChange, content: bytes | None, *, prefer_tree: bool) -> tuple[bytes | None, list[Clash]]:
    if content == item.after:
        return content, []
    if item.whole and content == item.before:
        return item.after, []
    if not item.edits and None not in (_keyed(item.file, item.before), _keyed(item.file, item.after)):
        # Only its form changed: the tree's own is as good.
        return content, []
    data = _keyed(item.file, content)
    if not item.edits or data is None:
        return content if prefer_tree else item.after, [Clash(item.file, (), _text(item.after), _text(content))]
    return _apply_edits(item, content, data, prefer_tree=prefer_tree)


def _apply_edits(item: FileChange, content: bytes | None, data: dict[str, Any], *, prefer_tree: bool) -> tuple[bytes | None, list[Clash]]:
    merged, clashes = data, []
    for edit in item.edits:
        found = lookup(merged, edit.path)
        if _equal(found, edit.after):
            continue
        if not _equal(found, edit.before):
            clashes.append(Clash(item.file, edit.path, edit.after, found))
            if prefer_tree:
                continue
        merged = put(merged, edit.path, edit.after)
    if merged is data:
        return content, clashes
    if item.after is None and not merged:
        return None, clashes
    text = (content or b"").decode()
    full = _with_template(merged, text) if item.file == layout.HORIZON else merged
    return rewrite(text, full).encode(), clashes


def _with_template(data: dict[str, Any], text: str) -> dict[str, Any]:
    """Give back the `horizon.template` of `text`, which key-path edits leave to the unit."""
    merged = data
    for name, template in _template(helmyaml.read_map(text)).items():
        merged = put(merged, (name, "horizon", "template"), template)
    return merged


def _text(content: bytes | None) -> Any:
    """A whole file as the value of a clash: its text, or what tells one binary file from another."""
    try:
        return ABSENT if content is None else content.decode()
    except UnicodeDecodeError:
        return f"binary, sha256 {hashlib.sha256(content or b'').hexdigest()}"


def _equal(one: Any, other: Any) -> bool:
    return one is other or (one is not ABSENT and other is not ABSENT and helmyaml.same(one, other))
