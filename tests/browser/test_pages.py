"""Every page for everybody: axe finds nothing in light and dark, a phone shows it whole, no script or style is stopped."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.addresses import ADDRESSES, Address
from tests.browser.conftest import Tabs, opened
from tests.browser.looks import ALL_BUT_CONTRAST, CONTRAST, settled, too_wide, violations
from tests.services.platform import Platform

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 720}


class Readers:
    """A tab of each person, kept for all pages: a new one takes longer than a page."""

    def __init__(self, tabs: Tabs) -> None:
        self.tabs = tabs
        self._refused: set[int] = set()
        self._pages: dict[str, Page] = {}

    def opened(self, address: Address) -> Page:
        """The person's tab, wide and light, in which nothing went wrong yet."""
        self._refused.clear()
        self._refused.add(address.status)
        self.tabs.wrong.clear()
        if address.person not in self._pages:
            self._pages[address.person] = self.tabs(address.person, refused=self._refused)
        page = self._pages[address.person]
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(DESK)
        return page


@pytest.fixture(scope="module")
def readers(chromium: Browser, platform: Platform, people: dict[str, Any]) -> Iterator[Readers]:
    tabs = Tabs(chromium, platform, people)
    yield Readers(tabs)
    tabs.close()


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_page(address: Address, readers: Readers, platform: Platform) -> None:
    page = readers.opened(address)

    answer = page.goto(address.of(platform))
    found = {"light": violations(settled(page))}
    page.emulate_media(color_scheme="dark")
    found["dark"] = violations(page, CONTRAST)
    page.set_viewport_size(PHONE)
    found["phone"] = violations(settled(page), ALL_BUT_CONTRAST)

    assert answer is not None
    assert answer.status == address.status
    assert found == {"light": [], "dark": [], "phone": []}
    assert too_wide(page) == []
    assert readers.tabs.wrong == []


@pytest.mark.parametrize("action", ["Deploy", "Roll back", "Restart", "Free"])
def test_dialog(action: str, tab: Tabs) -> None:
    page = tab()
    page.goto("/clusters/shop-test")
    opened(page, action).click()
    dialog = page.get_by_role("dialog")

    expect(dialog.get_by_role("button", name=action)).to_be_visible()
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, CONTRAST) == []
    page.set_viewport_size(PHONE)
    assert too_wide(page) == []
    expect(dialog.get_by_role("button", name=action)).to_be_in_viewport()


def test_light_and_dark_are_kept(tab: Tabs) -> None:
    page = tab(color_scheme="light")
    page.goto("/")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.get_by_role("button", name="Light or dark").click()
    page.goto("/runs")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != background
