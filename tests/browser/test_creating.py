"""The last look before something is made or saved: what it shows, that back keeps what was typed, that twice is once."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import world
from tests.browser.conftest import Tabs, field
from tests.browser.looks import CONTRAST, too_wide, violations
from tests.services.platform import Platform

PHONE = {"width": 390, "height": 844}


def review(page: Page, button: str = "Review and create") -> Locator:
    page.get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="What is committed")).to_be_visible()
    return dialog


def test_an_application_is_looked_at_and_made_once(tab: Tabs, platform: Platform) -> None:
    page = tab()
    page.goto("/new/application")
    field(page, "Name").fill("billing")
    field(page, "Group").select_option("shops")
    field(page, "Replicas").fill("3")

    dialog = review(page)
    expect(dialog).to_contain_text("replicas: 3")
    expect(dialog.get_by_text("Deployment/billing")).to_be_visible()
    dialog.get_by_role("button", name="Back to the form").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(field(page, "Name")).to_have_value("billing")
    expect(field(page, "Replicas")).to_have_value("3")
    review(page).get_by_role("button", name="Create application").dblclick()

    expect(page.get_by_role("heading", name="New cluster of billing")).to_be_visible()
    made = platform.call("GET", "/events?application=billing")["items"]
    assert [event["action"] for event in made] == ["create"]


def test_a_name_that_is_taken_is_said_at_its_field_before_anything_is_made(tab: Tabs) -> None:
    page = tab(refused={409})
    page.goto("/new/application")
    field(page, "Name").fill("shop")
    field(page, "Group").select_option("shops")

    page.get_by_role("button", name="Review and create").click()

    expect(page.get_by_text("the name shop is taken")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(field(page, "Name")).to_be_focused()


def test_a_cluster_is_looked_at_on_a_phone_in_light_and_dark(tab: Tabs) -> None:
    page = tab(color_scheme="light")
    page.goto("/new/cluster/shop")
    field(page, "Name").fill("shop-looked-at")
    field(page, "Image").fill("registry.example.com/shops/shop:v9")
    dialog = review(page)

    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, CONTRAST) == []
    page.set_viewport_size(PHONE)
    assert too_wide(page) == []
    expect(dialog.get_by_role("button", name="Create cluster")).to_be_in_viewport()
    dialog.get_by_text("pipeline-output.yaml").click()
    expect(dialog).to_contain_text("image: registry.example.com/shops/shop:v9")
    dialog.get_by_text("Deployment/shop-looked-at").click()
    expect(dialog).to_contain_text("kind: Deployment")


def test_the_title_of_an_edit_outlives_going_back(tab: Tabs, platform: Platform) -> None:
    world.cluster(platform, "shop-title")
    page = tab()
    page.goto("/clusters/shop-title/form")
    field(page, "Replicas").fill("5")
    dialog = review(page, "Review and save")
    dialog.get_by_label("Title").fill("Five")
    dialog.get_by_role("button", name="Back to the form").click()

    dialog = review(page, "Review and save")
    expect(dialog.get_by_label("Title")).to_be_focused()
    expect(dialog.get_by_label("Title")).to_have_value("Five")
    dialog.get_by_role("button", name="Save").dblclick()

    expect(page.get_by_text("It waits for a deploy")).to_be_visible()
    titles = [event["title"] for event in platform.call("GET", "/events?cluster=shop-title")["items"]]
    assert titles.count("Five") == 1


@pytest.mark.parametrize("address", ["/templates/deployment/v0.0.1", "/new/application"])
def test_a_draft_is_found_and_dropped(address: str, tab: Tabs) -> None:
    page = tab()
    page.goto(address)
    if address == "/new/application":
        page.get_by_role("radio", name=re.compile("^deployment")).check()
    field(page, "Replicas").fill("7")
    page.reload()

    expect(page.get_by_text("This is your draft")).to_be_visible()
    expect(field(page, "Replicas")).to_have_value("7")
    page.get_by_role("button", name="Drop the draft").click()
    expect(page.get_by_text("This is your draft")).to_have_count(0)
    page.reload()

    expect(page.locator("#live")).to_be_visible()
    expect(page.get_by_text("This is your draft")).to_have_count(0)
