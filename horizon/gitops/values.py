"""Which file wins: the value files merged in Helm's order, and the keys of one file that a later one decides."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from horizon import helmyaml
from horizon.errors import Invalid
from horizon.gitops import layout


@dataclass(frozen=True)
class Shadowed:
    """A key that was set in one file and is decided by a later one."""

    path: tuple[str, ...]
    file: str
    owner: str
    value: Any


def value_texts(files: Mapping[str, bytes]) -> list[str]:
    """The texts of the value files that a tree has, in the order in which Helm merges them. Raises `Invalid` naming a file that is no text."""
    return [_text(files, file) for file in layout.VALUE_FILES if file in files]


def data(files: Mapping[str, bytes], file: str) -> dict[str, Any]:
    """One file's data as Helm reads it, empty if the tree lacks it. Raises `Invalid` naming the file."""
    text = _text(files, file)
    try:
        return helmyaml.read_map(text)
    except Invalid as error:
        raise Invalid(f"{file}: {error}", code="yaml", details={**error.details, "file": file}) from error


def _text(files: Mapping[str, bytes], file: str) -> str:
    try:
        return files.get(file, b"").decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"{file}: not UTF-8", code="yaml", details={"file": file}) from error


def section(files: Mapping[str, bytes], file: str, name: str) -> dict[str, Any]:
    """The map under a file's one top-level key (`deployment`, `pipeline`); empty if there is none."""
    found = data(files, file).get(name)
    return found if isinstance(found, dict) else {}


def shadowed(files: Mapping[str, bytes], file: str) -> list[Shadowed]:
    """Keys of `file` that a later value file sets as well, with the value that wins."""
    later = layout.VALUE_FILES[layout.VALUE_FILES.index(file) + 1 :]
    mine, found = data(files, file), {}
    for other in later:
        for path, value in _decided(mine, data(files, other), ()):
            found[path] = Shadowed(path, other, layout.OWNERS[other], value)
    return list(found.values())


def _decided(mine: Any, other: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(mine, dict) or not isinstance(other, dict):
        yield path, other
        return
    for key in (key for key in mine if key in other):
        yield from _decided(mine[key], other[key], (*path, key))


def decided(files: Mapping[str, bytes], file: str, name: str) -> list[Shadowed]:
    """Keys under `name` that a value file after `file` sets, whether `file` has them or not, with the value that wins."""
    later = layout.VALUE_FILES[layout.VALUE_FILES.index(file) + 1 :]
    found = {path: Shadowed(path, other, layout.OWNERS[other], value) for other in later for path, value in _leaves(section(files, other, name), ())}
    return list(found.values())


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(value, dict):
        yield path, value
        return
    for key, inner in value.items():
        yield from _leaves(inner, (*path, key))
