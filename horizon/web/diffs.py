"""A unified diff side by side: rows of what was and what is, with the part of a line that differs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_LARGEST_OPEN = 80
"""Rows of a file that is shown without being asked for."""


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
    """One file's rows; `single` where there is only one side to show."""

    name: str
    status: str
    binary: bool
    rows: tuple[Row, ...]
    added: int
    removed: int

    @property
    def single(self) -> bool:
        """Whether the file is new or gone."""
        return self.status != "changed"

    @property
    def open(self) -> bool:
        """Whether it is short enough to be shown at once."""
        return len(self.rows) <= _LARGEST_OPEN


def files(found: list[Mapping[str, Any]]) -> list[File]:
    """The files of a difference as `delivery.review` answers it."""
    return [_file(item) for item in found]


def _file(item: Mapping[str, Any]) -> File:
    lines = str(item["text"]).splitlines()[2:]
    count = [sum(line.startswith(mark) for line in lines) for mark in "+-"]
    return File(item["file"], item["status"], item["binary"], tuple(_rows(lines)), *count)


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
    """Both lines, with what differs between them marked where they have something in common."""
    if was is None or now is None:
        return escape(was or ""), escape(now or "")
    start = _alike(was, now)
    end = min(_alike(was[::-1], now[::-1]), min(len(was), len(now)) - start)
    if not was[:start].strip() and not was[len(was) - end :].strip():
        return escape(was), escape(now)
    return _around("del", was, start, end), _around("ins", now, start, end)


def _alike(one: str, other: str) -> int:
    """How many letters at the beginning are the same."""
    length = min(len(one), len(other))
    return next((place for place in range(length) if one[place] != other[place]), length)


def _around(tag: str, line: str, start: int, end: int) -> SafeString:
    stop = len(line) - end
    if start == stop:
        return escape(line)
    return format_html("{}<{}>{}</{}>{}", line[:start], mark_safe(tag), line[start:stop], mark_safe(tag), line[stop:])  # noqa: S308 - one of two tags
