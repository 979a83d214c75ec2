"""What a browser that knows nothing yet has to fetch."""

from playwright.sync_api import Page

from tests.browser.conftest import Tabs
from tests.browser.looks import settled

KB = 1000
KEPT = ("web/app.css", "web/app.js", "web/fonts/geist.woff2")
_SIZES = "['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind)).map((entry) => [entry.name, entry.transferSize])"


def fetched(page: Page, address: str) -> dict[str, int]:
    """Bytes on the wire by address, of a page and all that it needs; none for what the browser has."""
    page.goto(address)
    sizes = settled(page).evaluate(_SIZES)
    return {url.partition("/static/")[2] or url: size for url, size in sizes}


def test_first_page_is_light(tab: Tabs) -> None:
    sizes = fetched(tab(), "/")

    assert sum(sizes.values()) < 150 * KB, sizes
    assert {"web/app.css", "web/fonts/geist.woff2"} <= sizes.keys()


def test_form_is_light(tab: Tabs) -> None:
    sizes = fetched(tab(), "/clusters/shop-test/form")

    assert sizes["web/form.js"] + sizes["web/form-style.css"] < 250 * KB, sizes


def test_what_is_known_is_not_fetched_again(tab: Tabs) -> None:
    page = tab()
    page.goto("/")

    sizes = fetched(page, "/runs")

    assert {name: sizes[name] for name in KEPT} == dict.fromkeys(KEPT, 0)
