"""What a person sees of a change: each file's unified diff."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff

from horizon.gitops.layout import readable

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
"""A line as git counts them: `splitlines` also breaks at form feeds and other separators."""


@dataclass(frozen=True)
class FileDiff:
    """One file's difference; `text` is a unified diff, empty for a binary file."""

    file: str
    status: str
    """`added`, `removed` or `changed`."""
    binary: bool
    text: str


def diff(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[FileDiff]:
    """The files in which two trees differ, by name."""
    files = sorted(file for file in before.keys() | after.keys() if before.get(file) != after.get(file))
    return [_file(file, before.get(file), after.get(file)) for file in files]


def _file(file: str, before: bytes | None, after: bytes | None) -> FileDiff:
    status = "added" if before is None else "removed" if after is None else "changed"
    was, now, file = _lines(before), _lines(after), readable(file)
    if was is None or now is None:
        return FileDiff(file, status, True, "")
    lines = unified_diff(was, now, f"a/{file}" if before is not None else "/dev/null", f"b/{file}" if after is not None else "/dev/null")
    return FileDiff(file, status, False, "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines))


def _lines(content: bytes | None) -> list[str] | None:
    if content is None:
        return []
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else _LINE.findall(text)
