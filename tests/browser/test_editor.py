"""A config as a file in the editor: it keeps the text area true, marks what is wrong at its line, and lets the keyboard out."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import world
from tests.browser.conftest import Tabs
from tests.browser.looks import violations
from tests.services.platform import Platform

WRONG = 'deployment:\n  app:\n    # ours\n    port: many\n    envs:\n    - name: "1x"\n      value: a\n'
RIGHT = "deployment:\n  app:\n    # ours\n    port: 9090\n    spec:\n      replicas: 6\n"


@pytest.fixture
def page(tab: Tabs, platform: Platform, request: pytest.FixtureRequest) -> Page:
    """The config of a cluster that nobody else touches."""
    name = "ed-" + request.node.name.replace("_", "-")[5:40].rstrip("-")
    world.cluster(platform, name)
    found = tab(refused={400, 401})
    found.goto(f"/clusters/{name}/config")
    return found


def editor(page: Page) -> Locator:
    return page.get_by_role("textbox", name="The config as YAML")


def write(page: Page, text: str) -> None:
    """Put it in the place of all that is there, by the keyboard."""
    editor(page).press("Control+a")
    page.keyboard.insert_text(text)


def test_problems_are_marked_at_their_lines(page: Page) -> None:
    write(page, WRONG)

    expect(page.locator(".editor .cm-lint-marker-error")).to_have_count(2)
    expect(editor(page)).to_have_attribute("aria-invalid", "true")
    port = page.locator("#preview .problem", has_text="/app/port")
    expect(port.get_by_role("button")).to_have_text("Line 4")
    assert violations(page) == []
    port.get_by_role("button").click()
    expect(page.locator(".editor .cm-activeLine")).to_have_text("    port: many")
    write(page, RIGHT)
    expect(page.locator("#preview")).to_contain_text("replicas: 6")
    expect(page.locator(".editor .cm-lint-marker-error")).to_have_count(0)


def test_what_is_no_yaml_is_marked_where_reading_ends(page: Page) -> None:
    write(page, "deployment:\n  app: {\n  port: [\n")

    expect(page.locator("#preview").get_by_role("button")).to_have_text("Line 4")
    expect(page.locator(".editor .cm-lint-marker-error")).to_have_count(1)


def test_what_is_typed_is_previewed_and_saved_letter_by_letter(page: Page, platform: Platform) -> None:
    write(page, RIGHT)
    expect(page.locator("#preview")).to_contain_text("+2")

    page.get_by_label("What this edit does").fill("By the editor")
    page.get_by_role("button", name="Save the edit").click()

    expect(page.get_by_text("it waits for a deploy")).to_be_visible()
    page.goto(page.url + "/config")
    expect(page.locator("#text")).to_have_value(RIGHT)


def test_a_refused_config_is_marked_when_the_page_comes_back(page: Page) -> None:
    write(page, WRONG)
    page.get_by_role("button", name="Save the edit").click()

    expect(page.get_by_role("alert")).to_contain_text("/app/envs/0/name")
    expect(page.locator(".editor .cm-lint-marker-error")).to_have_count(2)


def test_tab_indents_and_escape_lets_it_out(page: Page) -> None:
    editor(page).press("Control+Home")
    page.keyboard.press("Tab")
    expect(page.locator("#text")).to_have_value(
        "  deployment:\n  app:\n    spec:\n      replicas: 2\n    envs:\n    - name: LOG_LEVEL\n      value: info\n"
    )

    page.keyboard.press("Escape")
    page.keyboard.press("Tab")

    expect(page.get_by_label("What this edit does")).to_be_focused()


def test_what_is_typed_over_marked_text_replaces_it(page: Page) -> None:
    editor(page).press("Control+a")

    page.keyboard.type("deployment: {}")

    expect(page.locator("#text")).to_have_value("deployment: {}")


def test_who_may_not_edit_reads_in_it_and_tabs_on(tab: Tabs) -> None:
    page = tab("cas")
    page.goto("/clusters/shop-test/config")
    before = page.locator("#text").input_value()

    editor(page).press("Tab")
    expect(editor(page)).not_to_be_focused()
    editor(page).press_sequentially("x")

    expect(page.locator("#text")).to_have_value(before)


def test_without_scripts_the_text_area_is_there(tab: Tabs) -> None:
    page = tab(java_script_enabled=False)
    page.goto("/clusters/shop-test/config")

    expect(page.get_by_label("The config as YAML")).to_be_editable()
    page.get_by_label("The config as YAML").fill("deployment: {app: {port: 9000}}\n")
    page.get_by_role("button", name="Preview").click()

    expect(page.locator("#preview")).to_contain_text("9000")


@pytest.mark.parametrize("address", ["/clusters/shop-test/config", "/applications/shop/config"])
def test_the_editor_is_light(address: str, tab: Tabs) -> None:
    page = tab()
    page.goto(address)
    expect(page.locator(".editor")).to_be_visible()

    sizes = page.evaluate("performance.getEntriesByType('resource').map((entry) => [entry.name, entry.transferSize])")

    found = [size for name, size in sizes if "web/editor" in name]
    assert len(found) == 1
    assert 0 < found[0] < 150_000
