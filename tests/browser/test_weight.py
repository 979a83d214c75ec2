"""What a browser that knows nothing yet has to fetch."""

from playwright.sync_api import Page, Request

from tests.browser.conftest import Tabs
from tests.browser.looks import settled

KB = 1000


def fetched(page: Page, address: str) -> dict[str, int]:
    """Bytes on the wire by address, of a page and all that it needs."""
    ended: list[Request] = []
    page.on("requestfinished", ended.append)
    page.goto(address)
    settled(page)
    return {request.url.partition("/static/")[2] or request.url: request.sizes()["responseBodySize"] for request in ended}


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

    assert [name for name, size in sizes.items() if name.startswith("web/") and size] == []
