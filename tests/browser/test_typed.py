"""What somebody typed is not lost: two people at once, a session that ends, a tab that is closed."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import world
from tests.browser.conftest import Tabs, field, sign_in
from tests.services.platform import Platform


def test_the_second_of_two_people_sees_both_edits_and_loses_nothing(tab: Tabs, platform: Platform) -> None:
    world.cluster(platform, "shop-two", app={"spec": {"replicas": 1}})
    first, second = tab("bea"), tab("admin", refused={412})
    for page in (first, second):
        page.goto("/clusters/shop-two/form")

    field(first, "Replicas").fill("3")
    first.get_by_role("radio", name="Large").check()
    save(first)
    expect(first.get_by_text("It waits for a deploy")).to_be_visible()
    field(second, "Replicas").fill("5")
    field(second, "Port").fill("9090")
    save(second)

    clash = second.get_by_role("region", name="Somebody else saved in the meantime")
    expect(clash).to_contain_text("bea")
    expect(clash.get_by_role("radiogroup", name="app.spec.replicas")).to_contain_text("Yours5Theirs3")
    clash.get_by_role("button", name="Go on with both").click()
    expect(field(second, "Replicas")).to_have_value("5")
    expect(field(second, "Port")).to_have_value("9090")
    save(second)
    expect(second.get_by_text("It waits for a deploy")).to_be_visible()
    app = platform.call("GET", "/clusters/shop-two/config")["config"]["app"]
    assert app == {"spec": {"replicas": 5, "resource": "large"}, "port": 9090}


def save(page: Page) -> None:
    page.get_by_role("button", name="Review and save").click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()


def test_a_form_outlives_its_session(tab: Tabs, platform: Platform) -> None:
    world.cluster(platform, "shop-session", app={"spec": {"replicas": 1}})
    page = tab(refused={401})
    page.goto("/clusters/shop-session/form")
    field(page, "Replicas").fill("4")

    page.context.clear_cookies(name="sessionid")
    field(page, "Port").fill("9091")
    expect(page.locator("#live")).to_contain_text("Your session has ended")
    sign_in(page.context.new_page(), platform)
    save(page)

    expect(page.get_by_text("It waits for a deploy")).to_be_visible()
    assert platform.call("GET", "/clusters/shop-session/config")["config"]["app"] == {"spec": {"replicas": 4}, "port": 9091}


def test_a_dialog_outlives_its_session(tab: Tabs, platform: Platform) -> None:
    world.cluster(platform, "shop-dialog", app={"spec": {"replicas": 1}})
    page = tab(refused={401})
    page.goto("/clusters/shop-dialog")
    page.get_by_role("link", name="Deploy", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Typed before the session ended")

    page.context.clear_cookies(name="sessionid")
    dialog.get_by_role("button", name="Deploy").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Your session has ended")
    sign_in(page.context.new_page(), platform)
    dialog.get_by_role("button", name="Deploy").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert platform.call("GET", "/clusters/shop-dialog/pipelineruns")["items"][0]["title"] == "Typed before the session ended"


@pytest.mark.parametrize("address", ["/clusters/shop-test/form", "/new/cluster/shop"])
def test_a_draft_survives_a_reload(address: str, tab: Tabs) -> None:
    page = tab()
    page.goto(address)
    field(page, "Replicas").fill("7")
    expect(page.locator("#live > header .badge")).to_have_text("up to date")

    page.reload()

    expect(page.get_by_text("This is your draft")).to_be_visible()
    expect(field(page, "Replicas")).to_have_value("7")
    page.get_by_role("button", name="Drop the draft").or_(page.get_by_role("button", name="Start over").first).first.click()
    page.reload()
    expect(field(page, "Replicas")).not_to_have_value("7")
