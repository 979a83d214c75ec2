"""Charts that read the clock: two renders on one day may look alike, so a third is made with another time in place of `now`."""

import re
from collections.abc import Mapping

_STOPPED = '(toDate "2006-01-02" "2001-02-03")'
_QUOTED = r"""/\*.*?\*/ | "(?:\\.|[^"\\])*" | `[^`]*`"""
_ACTION = re.compile(rf"\{{\{{(?: {_QUOTED} | (?!\}}\}}).)*+\}}\}}", re.VERBOSE | re.DOTALL)
_NOW = re.compile(rf"{_QUOTED} | (?P<now>(?<![\w.$])now\b)", re.VERBOSE | re.DOTALL)


def stopped(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give the chart's files with every `now` in its templates and values replaced by one fixed day."""
    return {path: _stop(content) if _is_template(path) else content for path, content in files.items()}


def _is_template(path: str) -> bool:
    return "templates" in path.split("/") or path.endswith("values.yaml")


def _stop(content: bytes) -> bytes:
    """Replace the function inside actions only, not in plain text, quoted text or comments. Bytes that are no text stay as they are."""
    text = content.decode("utf-8", "surrogateescape")
    return _ACTION.sub(lambda action: _NOW.sub(_replaced, action[0]), text).encode("utf-8", "surrogateescape")


def _replaced(token: re.Match[str]) -> str:
    return _STOPPED if token["now"] else token[0]
