"""`make screenshots`: every page as it looks, light and dark, at three widths. Not collected with the tests."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.addresses import ADDRESSES, Address
from tests.browser.conftest import Tabs, opened
from tests.browser.looks import settled
from tests.services.platform import Platform

FOLDER = Path(__file__).resolve().parents[2] / "screenshots"
WIDTHS = {1440: 1000, 1024: 900, 390: 844}
DIALOGS = ("Deploy", "Roll back", "Restart", "Free")


@pytest.fixture(scope="module")
def folder() -> Path:
    """An empty folder."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    return FOLDER


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_page(address: Address, tab: Tabs, platform: Platform, folder: Path) -> None:
    page = tab(address.person, refused={address.status})
    page.goto(address.of(platform))

    shoot(page, folder, re.sub(r"\W+", "-", str(address)).strip("-"), whole=True)


@pytest.mark.parametrize("action", DIALOGS)
def test_dialog(action: str, tab: Tabs, folder: Path) -> None:
    page = tab()
    page.goto("/clusters/shop-test")
    opened(page, action).click()
    expect(page.get_by_role("dialog").get_by_role("button", name=action)).to_be_visible()

    shoot(page, folder, f"dialog-{action.lower().replace(' ', '-')}", whole=False)


def shoot(page: Page, folder: Path, name: str, *, whole: bool) -> None:
    """All of the page, in a window that is as high: what sticks to its edge is where it ends."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            if whole:
                needed = settled(page).evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": max(height, needed)})
            settled(page).screenshot(path=folder / f"{name}-{width}-{scheme}.png")
