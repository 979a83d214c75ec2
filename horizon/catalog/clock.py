"""Charts that read the clock or chance: two renders may look alike by luck, so a third is made of a chart in which both are gone."""

import re
from collections.abc import Mapping

_QUOTED = r"""/\*.*?\*/ | "(?:\\.|[^"\\])*" | `[^`]*`"""
_ACTION = re.compile(rf"\{{\{{(?: {_QUOTED} | (?!\}}\}}).)*+\}}\}}", re.VERBOSE | re.DOTALL)
_TOKEN = re.compile(rf"{_QUOTED} | (?<![\w.$])(?:(?P<now>now) | (?P<chance>rand[A-Z]\w*|shuffle|uuidv4|ago))\b", re.VERBOSE | re.DOTALL)
_ESCAPED = re.compile(r'\\.|"', re.DOTALL)


def stopped(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give the chart's files with `now` replaced by one fixed day in templates and values, and what draws by chance by a failure."""
    return {path: _stop(content) if _is_template(path) else content for path, content in files.items()}


def _is_template(path: str) -> bool:
    return "templates" in path.split("/") or path.endswith("values.yaml")


def _stop(content: bytes) -> bytes:
    """Bytes that are no text stay as they are."""
    return _in_actions(content.decode("utf-8", "surrogateescape"), "`").encode("utf-8", "surrogateescape")


def _in_actions(text: str, quote: str) -> str:
    """Replace functions inside actions only, not in plain text or comments. The fixed day is written with this sign as its quotes."""
    return _ACTION.sub(lambda action: _TOKEN.sub(lambda token: _replaced(token, quote, nested="tpl" in action[0]), action[0]), text)


def _replaced(token: re.Match[str], quote: str, *, nested: bool) -> str:
    if token["now"]:
        return f"(toDate {quote}2006-01-02{quote} {quote}2001-02-03{quote})"
    if token["chance"]:
        return "fail"
    return _in_quotes(token[0]) if nested and not token[0].startswith("/*") else token[0]


def _in_quotes(text: str) -> str:
    """A quoted text with actions in it is what `tpl` renders."""
    if text.startswith("`"):
        return _in_actions(text, '"')
    plain = _ESCAPED.sub(lambda found: '"' if found[0] == r"\"" else found[0], text[1:-1])
    return '"' + _ESCAPED.sub(lambda found: r"\"" if found[0] == '"' else found[0], _in_actions(plain, "`")) + '"'
