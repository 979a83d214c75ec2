"""A unified diff side by side: rows of what was and what is, with the words of a line that differ."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from horizon.engines.objects import Impact

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_TOKEN = re.compile(r'\s+|[^\s:/"]+|.')
"""A version, a name or a number is marked as a whole: `1.41.7`, not one of its digits."""
_WORD = re.compile(r"\w")
_LARGEST_OPEN = 80
"""Rows of a file that is shown without being asked for."""
_MOST_LINES = 600
"""Lines of one file's difference that a page shows."""
_LONGEST_MARKED = 4000
"""Letters of two lines that are compared word by word."""


@dataclass(frozen=True)
class Side:
    """One line of one tree."""

    number: int
    text: SafeString
    mark: str = ""


@dataclass(frozen=True)
class Row:
    """A line before and after; a missing side is None, and a row with neither says where the next lines are."""

    old: Side | None
    new: Side | None
    said: str = ""


@dataclass(frozen=True)
class File:
    """The rows of one file, or of one object's YAML; `left` is how many lines of the difference are not shown."""

    name: str
    status: str
    binary: bool
    rows: tuple[Row, ...]
    added: int
    removed: int
    left: int = 0

    @property
    def single(self) -> bool:
        """Whether the file is new or gone: there is one side to show."""
        return self.status != "changed"

    @property
    def open(self) -> bool:
        """Whether it is short enough to be shown at once."""
        return len(self.rows) <= _LARGEST_OPEN


def files(found: list[Mapping[str, Any]]) -> list[File]:
    """The files of a difference as `delivery.review` answers it."""
    return [_file(item) for item in found]


def of_object(item: Mapping[str, Any]) -> File | None:
    """The YAML of an object that changes, as `delivery.review` or `delivery.status` answers it; None where it was not compared."""
    if not item.get("text"):
        return None
    status = _STATUS.get(item.get("impact", ""), "changed")
    return _compared(item["object"], status, str(item["text"]))


_STATUS: Mapping[str, str] = {Impact.NEW: "added", Impact.REMOVED: "removed"}


def _file(item: Mapping[str, Any]) -> File:
    return _compared(item["file"], item["status"], str(item["text"]), binary=item["binary"])


def _compared(name: str, status: str, text: str, *, binary: bool = False) -> File:
    lines = text.splitlines()[2:]
    added, removed = (sum(line.startswith(mark) for line in lines) for mark in "+-")
    shown = lines[:_MOST_LINES]
    return File(name, status, binary, tuple(_rows(shown)), added, removed, len(lines) - len(shown))


def _rows(lines: list[str]) -> Iterator[Row]:
    """Lines that were replaced stand beside those that replace them."""
    before = after = 0
    gone: list[str] = []
    come: list[str] = []
    for line in [*lines, "@@ end"]:
        mark, text = line[:1], line[1:]
        if mark == "-":
            gone.append(text)
        elif mark == "+":
            come.append(text)
        elif mark != "\\":
            yield from _replaced(gone, come, before, after)
            before, after = before + len(gone), after + len(come)
            gone, come = [], []
            if hunk := _HUNK.match(line):
                before, after = int(hunk[1]), int(hunk[2])
                yield Row(None, None, line.split(" @@")[0] + " @@")
            elif mark == " ":
                yield Row(Side(before, escape(text)), Side(after, escape(text)))
                before, after = before + 1, after + 1


def _replaced(gone: list[str], come: list[str], before: int, after: int) -> Iterator[Row]:
    for place in range(max(len(gone), len(come))):
        was, now = (lines[place] if place < len(lines) else None for lines in (gone, come))
        left, right = _marked(was, now)
        old = None if was is None else Side(before + place, left, "−")
        new = None if now is None else Side(after + place, right, "+")
        yield Row(old, new)


def _marked(was: str | None, now: str | None) -> tuple[SafeString, SafeString]:
    """Both lines, with the words that differ marked where they have a word in common."""
    if was is None or now is None or len(was) + len(now) > _LONGEST_MARKED:
        return escape(was or ""), escape(now or "")
    left, right = _TOKEN.findall(was), _TOKEN.findall(now)
    steps = SequenceMatcher(None, left, right, False).get_opcodes()
    if not any(_WORD.search(token) for kind, start, end, *_ in steps if kind == "equal" for token in left[start:end]):
        return escape(was), escape(now)
    old = ((_part("del", left[start:end], kind),) for kind, start, end, *_ in steps)
    new = ((_part("ins", right[start:end], kind),) for kind, *_, start, end in steps)
    return format_html_join("", "{}", old), format_html_join("", "{}", new)


def _part(tag: str, tokens: list[str], kind: str) -> SafeString:
    text = "".join(tokens)
    if kind == "equal" or not text:
        return escape(text)
    return format_html("<{}>{}</{}>", mark_safe(tag), text, mark_safe(tag))  # noqa: S308 - one of two tags
