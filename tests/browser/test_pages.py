"""Every page for everybody: axe finds nothing in light and dark, a phone shows it whole, no script or style is stopped."""

import pytest
from playwright.sync_api import expect

from tests.browser.addresses import ADDRESSES, Address
from tests.browser.conftest import Tabs, opened
from tests.browser.looks import ALL_BUT_CONTRAST, CONTRAST, settled, too_wide, violations
from tests.services.platform import Platform

PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_page(address: Address, tab: Tabs, platform: Platform) -> None:
    page = tab(address.person, refused={address.status}, color_scheme="light")

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
