"""Change the data of a YAML text where it stands: comments, quotes and key order of people survive (DESIGN 3.4, rule 8).

The text's own nodes say where each value stands; only the spans of what changed are replaced. The result is read again: should it not
hold exactly the wanted data (anchors, exotic layouts), the file is written anew.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from horizon import helmyaml
from horizon.errors import Invalid


@dataclass(frozen=True)
class _Span:
    """Put `text` in place of the characters from `start` to `end`."""

    start: int
    end: int
    text: str


class _TooFine(Exception):
    """The layout does not allow a replacement here: replace the value around it."""


def rewrite(text: str, data: dict[str, Any]) -> str:
    """`text` with `data` as its content; the same text where it holds that already.

    Raises `Invalid` for data that YAML cannot carry, or a text that is none.
    """
    current = helmyaml.read_map(text)
    if helmyaml.same(current, data):
        return text
    canonical = helmyaml.write(data)
    root = helmyaml.compose(text)
    if not isinstance(root, yaml.MappingNode) or root.flow_style or not data:
        return canonical
    try:
        spans = list(_mapping(text, root, current, data))
    except _TooFine:
        return canonical
    changed = text
    for span in sorted(spans, key=lambda item: (item.start, item.end), reverse=True):
        changed = changed[: span.start] + span.text + changed[span.end :]
    return changed if _holds(changed, data) else canonical


def _holds(text: str, data: dict[str, Any]) -> bool:
    try:
        return helmyaml.same(helmyaml.read_map(text), data)
    except Invalid:
        return False


def _mapping(text: str, node: yaml.MappingNode, current: dict[str, Any], wanted: dict[str, Any]) -> Iterator[_Span]:
    """Spans that turn the block mapping `node`, which holds `current`, into `wanted`."""
    pairs = {_key(key): (key, value) for key, value in node.value}
    if node.flow_style or pairs.keys() != current.keys() or not wanted:
        raise _TooFine
    for name, (key, value) in pairs.items():
        if name not in wanted:
            yield _removed_line(text, key, value)
        elif not helmyaml.same(current[name], wanted[name]):
            yield from _value(text, key, value, current[name], wanted[name])
    added = {name: value for name, value in wanted.items() if name not in pairs}
    if added:
        last = _line_end(text, _end(text, node))
        yield _Span(last, last, "\n" + _block(added, node.start_mark.column).rstrip("\n"))


def _value(text: str, key: yaml.Node, node: yaml.Node, current: Any, wanted: Any) -> Iterator[_Span]:
    """Spans that change the value behind a key: as deep inside it as its layout allows, else as a whole."""
    try:
        yield from list(_inside(text, node, current, wanted))
    except _TooFine:
        yield _replaced(text, node, wanted, column=key.start_mark.column)


def _inside(text: str, node: yaml.Node, current: Any, wanted: Any) -> Iterator[_Span]:
    if isinstance(node, yaml.MappingNode) and isinstance(current, dict) and isinstance(wanted, dict):
        return _mapping(text, node, current, wanted)
    if isinstance(node, yaml.SequenceNode) and isinstance(current, list) and isinstance(wanted, list):
        return _sequence(text, node, current, wanted)
    raise _TooFine


def _sequence(text: str, node: yaml.SequenceNode, current: list[Any], wanted: list[Any]) -> Iterator[_Span]:
    """Spans for a block sequence: items are matched by name where they have one, else by place."""
    if node.flow_style or not wanted:
        raise _TooFine
    places = _places(current, wanted)
    if [place for place in places if place is not None] != sorted({place for place in places if place is not None}):
        raise _TooFine
    kept = {place: item for place, item in zip(places, wanted, strict=True) if place is not None}
    for place, child in enumerate(node.value):
        if place not in kept:
            yield _removed_line(text, child, child, dash=True)
        elif not helmyaml.same(current[place], kept[place]):
            yield from _item(text, node, child, current[place], kept[place])
    yield from _added_items(text, node, places, wanted)


def _item(text: str, node: yaml.SequenceNode, child: yaml.Node, current: Any, wanted: Any) -> Iterator[_Span]:
    try:
        yield from list(_inside(text, child, current, wanted))
    except _TooFine:
        yield _Span(child.start_mark.index, _end(text, child), _block([wanted], node.start_mark.column).strip()[2:])


def _added_items(text: str, node: yaml.SequenceNode, places: list[int | None], wanted: list[Any]) -> Iterator[_Span]:
    """New items, each behind the one it follows."""
    after = None
    for place, item in zip(places, wanted, strict=True):
        if place is not None:
            after = place
            continue
        if after is None:
            raise _TooFine
        end = _line_end(text, _end(text, node.value[after]))
        yield _Span(end, end, "\n" + _block([item], node.start_mark.column).rstrip("\n"))


def _places(current: list[Any], wanted: list[Any]) -> list[int | None]:
    """For each wanted item, the place in `current` of the item that it stands for."""
    names = [item.get("name") if isinstance(item, dict) else None for item in current]
    if len(set(map(str, names))) == len(names) and None not in names:
        return [names.index(item["name"]) if isinstance(item, dict) and item.get("name") in names else None for item in wanted]
    return [place if place < len(current) else None for place in range(len(wanted))]


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _TooFine
    value = node.value if node.style else helmyaml.scalar(node.value)
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _replaced(text: str, node: yaml.Node, wanted: Any, *, column: int) -> _Span:
    """The value itself; what stands around it on its line (the key, a comment) stays."""
    start, end = node.start_mark.index, _end(text, node)
    if isinstance(wanted, dict | list) and wanted:
        return _Span(_after_colon(text, start), end, "\n" + _block(wanted, column if isinstance(wanted, list) else column + 2).rstrip("\n"))
    flat = _flat(wanted, column)
    return _Span(_after_colon(text, start), end, " " + flat)


def _after_colon(text: str, start: int) -> int:
    """The place right behind the colon before `start`."""
    place = start
    while place and text[place - 1] in " \t\n":
        place -= 1
    if not text[:place].endswith(":"):
        raise _TooFine
    return place


def _flat(value: Any, column: int) -> str:
    written = helmyaml.write({"k": value})[len("k:") :].strip()
    head, *lines = written.split("\n")
    return "\n".join([head, *(" " * column + line if line else line for line in lines)])


def _block(value: Any, column: int) -> str:
    return re.sub(r"(?m)^(?=.)", " " * column, helmyaml.write(value))


def _removed_line(text: str, first: yaml.Node, last: yaml.Node, *, dash: bool = False) -> _Span:
    """The lines from a key (or an item's dash) to the end of its value, with the comment behind it."""
    start = text.rfind("\n", 0, first.start_mark.index) + 1
    if text[start : first.start_mark.index].strip() != ("-" if dash else ""):
        raise _TooFine
    end = _line_end(text, _end(text, last))
    return _Span(start, min(end + 1, len(text)), "")


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def _end(text: str, node: yaml.Node) -> int:
    """Where a value's last character stands; PyYAML ends blocks at the next token, behind blank lines and comments."""
    if isinstance(node, yaml.ScalarNode):
        start, end = node.start_mark.index, node.end_mark.index
        return start + len(text[start:end].rstrip()) if node.style in ("|", ">") else end
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(text, last[1] if isinstance(last, tuple) else last)
