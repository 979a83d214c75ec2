"""A README that somebody else wrote, as HTML that can do nothing: no markup of its own, no images, links only to web addresses."""

from collections.abc import Iterable

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

_LONGEST = 100_000
"""Characters that are read: a README is text for people."""
_HEADINGS = {f"h{level}": f"h{min(level + 2, 6)}" for level in range(1, 7)}
"""The page has headings of its own above those of the text."""

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def shown(text: str) -> SafeString:
    """Markdown as HTML. A link that leads nowhere from here, as one to a file beside it does, is its text alone."""
    tokens = _markdown.parse(text[:_LONGEST])
    for token in tokens:
        token.tag = _HEADINGS.get(token.tag, token.tag)
        if token.type == "table_open":
            # One that is wider than the page scrolls: by the keyboard as well.
            token.attrSet("tabindex", "0")
        if token.children:
            token.children = list(_outward(token.children))
    return mark_safe(_markdown.renderer.render(tokens, _markdown.options, {}))  # noqa: S308 - the renderer escapes all text, and HTML is off


def _outward(tokens: Iterable[Token]) -> Iterable[Token]:
    """The parts of a line, images as their words, without links that are not absolute; links lie in no other link."""
    linked = False
    for token in tokens:
        if token.type == "link_open":
            linked = str(token.attrs.get("href", "")).startswith(("https://", "http://"))
            token.attrSet("rel", "noopener noreferrer")
        if token.type == "image":
            token = Token("text", "", 0, content=token.content)
        if linked or token.type not in ("link_open", "link_close"):
            yield token
