"""What is to be seen of a page as a whole: whether it has settled, whom it shuts out, whether it is too wide."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text()
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = {"runOnly": ["color-contrast"]}
"""All that colours decide."""
ALL_BUT_CONTRAST = {"runOnly": _TAGS, "rules": {"color-contrast": {"enabled": False}}}
"""All that a width decides."""
_SETTLED = """() => document.fonts.status === 'loaded'
  && (!document.getElementById('form-island') || document.querySelector('#live > header :is(.badge.ok, .badge.bad)'))"""
_FOUND = """options => axe.run(document, options).then(({violations}) => violations.map(
  ({id, nodes}) => `${id}: ${nodes[0].html.slice(0, 200)} ${nodes[0].failureSummary.replace(/\\s+/g, ' ').slice(0, 300)}`))"""


def settled(page: Page) -> Page:
    """The page once its fonts are there and its form, if it has one, was answered."""
    page.wait_for_function(_SETTLED)
    return page


def violations(page: Page, options: Mapping[str, Any] | None = None) -> list[str]:
    """What axe finds, by all its rules unless told otherwise. Its source is evaluated: the policy would stop it as a script of the page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    return list(page.evaluate(_FOUND, options or {"runOnly": _TAGS}))


def too_wide(page: Page) -> list[str]:
    """What reaches beyond the right edge of a page that one must push sideways; empty for one that fits."""
    return list(page.evaluate(_TOO_WIDE))


_TOO_WIDE = """() => {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge) return [];
  const wide = [...document.body.querySelectorAll('*')].filter((item) => item.getBoundingClientRect().right > edge + 1);
  return [`${document.documentElement.scrollWidth} > ${edge}`, ...wide.slice(0, 5).map((item) => item.outerHTML.slice(0, 150))];
}"""
