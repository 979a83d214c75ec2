"""One platform and one browser for all tests of this folder, and tabs that notice what nobody looks at."""

import re
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright

from tests.browser import world
from tests.services.platform import Platform
from tests.services.platform import platform as running

PATIENCE = 30_000
"""Milliseconds that a page has: a bound for a platform that hangs, not for one that is slow."""
PASSWORD = "correct horse battery"
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--disable-background-networking")
UNREACHABLE = 0
"""The status of a request that got no answer."""
_REFUSAL = re.compile(r"status of (\d+)|Status Error Code (\d+)")
_NO_ANSWER = re.compile(r"net::ERR_FAILED|htmx:sendError|htmx:afterRequest")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A test that failed says what its tabs showed."""
    report: Any = yield
    if report.when == "call" and report.failed:
        tabs = getattr(item, "funcargs", {}).get("tab")
        report.sections += tabs.shown() if tabs else []
    return report


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. Playwright lives no longer than these tests: its loop on this thread would keep Django from its database."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def platform(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with clusters in every state."""
    with running(tmp_path_factory.mktemp("platform")) as found:
        world.make(found)
        yield found


@pytest.fixture(scope="package")
def people(chromium: Browser, platform: Platform) -> dict[str, Any]:
    """The cookies of who signed in: the administrator, `bea`, who develops the shops, and `cas`, who holds no role."""
    admin = chromium.new_context(base_url=platform.url)
    sign_in(admin.new_page(), platform)
    found = {"admin": admin.storage_state()}
    for name, role in (("bea", "developer"), ("cas", "")):
        context = chromium.new_context()
        page = context.new_page()
        page.goto(world.invite(platform, name, role))
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("The same again").fill(PASSWORD)
        page.get_by_role("button", name="Set the password").click()
        expect(page.get_by_text(f"Welcome, {name}")).to_be_visible()
        found[name] = context.storage_state()
        context.close()
    admin.close()
    return found


def sign_in(page: Page, platform: Platform) -> None:
    """Sign in as the administrator by the page."""
    page.goto(f"{platform.url}/sign-in")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(platform.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Clusters")).to_be_visible()


def field(page: Page, label: str) -> Locator:
    """The field of a template's form with this label; beside it stands what counts while the field is empty."""
    return page.get_by_label(re.compile(rf"^{label}\s*(optional|default .*)?$"))


def opened(page: Page, name: str) -> Locator:
    """The link of an action of a cluster; the menu that holds it is open."""
    link = page.locator(".head .actions").get_by_role("link", name=name, exact=True)
    if not link.count():
        page.locator(".head .menu > summary").click()
    return link


class Tabs:
    """Opens tabs, and knows what went wrong in them: `tab("bea", refused={412})`."""

    def __init__(self, chromium: Browser, platform: Platform, people: dict[str, Any]) -> None:
        self.wrong: list[str] = []
        self._browser, self._platform, self._people = chromium, platform, people
        self._contexts: list[BrowserContext] = []

    def __call__(self, person: str = "admin", *, refused: frozenset[int] | set[int] = frozenset(), **options: Any) -> Page:
        """A tab of somebody's browser, of nobody's for "". An answer with a status of `refused` is what the test is about."""
        state = self._people[person] if person else None
        context = self._browser.new_context(base_url=self._platform.url, storage_state=state, reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE)
        context.on("console", lambda message: self._hear(message, refused))
        context.on("weberror", lambda error: self.wrong.append(f"not caught: {error.error}"))
        context.on("request", lambda request: self._follow(request.url))
        self._contexts.append(context)
        return context.new_page()

    def _hear(self, message: ConsoleMessage, refused: frozenset[int] | set[int]) -> None:
        if message.type == "error" and _status(message.text) not in refused:
            self.wrong.append(f"console: {message.text}")

    def _follow(self, url: str) -> None:
        if urlsplit(url).scheme in ("http", "https") and not url.startswith(f"{self._platform.url}/"):
            self.wrong.append(f"asked elsewhere: {url}")

    def shown(self) -> list[tuple[str, str]]:
        """What each tab shows as text."""
        pages = [page for context in self._contexts for page in context.pages]
        return [(f"tab at {page.url}", page.locator("body").inner_text()[:4000]) for page in pages]

    def close(self) -> None:
        """Close all."""
        for context in self._contexts:
            context.close()


def _status(text: str) -> int | None:
    """With which status a request ended that the console complains of; None if it complains of something else."""
    if _NO_ANSWER.search(text):
        return UNREACHABLE
    found = _REFUSAL.search(text)
    return int(found[1] or found[2]) if found else None


@pytest.fixture
def tab(chromium: Browser, platform: Platform, people: dict[str, Any]) -> Iterator[Tabs]:
    """Opens tabs. Whatever a test is about, no tab has an error in its console (the content security policy speaks there) or asks another host."""
    tabs = Tabs(chromium, platform, people)
    yield tabs
    tabs.close()
    assert tabs.wrong == []
