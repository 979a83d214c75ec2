"""By keyboard alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Tabs, opened


def test_a_slash_searches_and_arrows_lead_to_a_cluster(tab: Tabs) -> None:
    page = tab()
    page.goto("/")

    page.keyboard.press("/")
    expect(page.get_by_label("Search by name")).to_be_focused()
    page.keyboard.type("shop-p")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="shop-pre")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="shop-pre")).to_be_visible()


def test_the_search_lives_in_the_address(tab: Tabs) -> None:
    page = tab()
    page.goto("/")
    page.get_by_label("Search by name").fill("shop-d")
    expect(page.locator("[data-row]")).to_have_count(1)

    page.reload()

    expect(page.get_by_label("Search by name")).to_have_value("shop-d")
    expect(page.locator("[data-row]")).to_have_text(["shop-dev"])


@pytest.mark.parametrize(("action", "opener"), [("Deploy", "Deploy"), ("Roll back", "Roll back"), ("Restart", "Restart"), ("Free", "More")])
def test_escape_closes_a_dialog_and_gives_the_focus_back(action: str, opener: str, tab: Tabs) -> None:
    page = tab()
    page.goto("/clusters/shop-test")
    opened(page, action).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading", level=2)).to_be_focused()

    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".head .actions").get_by_text(opener, exact=True)).to_be_focused()


def test_the_focus_stays_in_an_open_dialog(tab: Tabs) -> None:
    page = tab()
    page.goto("/clusters/shop-test")
    page.get_by_role("link", name="Restart", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("heading", level=2)).to_be_focused()

    places = []
    for _ in range(8):
        page.keyboard.press("Tab")
        places.append(page.evaluate("document.activeElement === document.body || Boolean(document.activeElement.closest('dialog'))"))

    assert all(places)


def test_the_first_key_skips_to_the_content(tab: Tabs) -> None:
    page = tab()
    page.goto("/runs")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()
