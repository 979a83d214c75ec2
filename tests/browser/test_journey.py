"""A person's first day, by clicking: from signing in to a deploy that was rolled back."""

from playwright.sync_api import Page, expect

from tests.browser import world
from tests.browser.conftest import Tabs, field, sign_in
from tests.services.platform import Platform


def test_from_signing_in_to_a_deploy_that_was_rolled_back(tab: Tabs, platform: Platform) -> None:
    page = tab("")

    sign_in(page, platform)
    make_application(page)
    make_cluster(page)
    deploy(page, says="Deployment/checkout-test")
    edit_replicas(page)
    deploy(page, says="replicas: 5")
    assert platform.call("GET", "/clusters/checkout-test/status")["health"] == "Healthy"
    assert replicas_released(platform) == 5
    roll_back(page)

    assert replicas_released(platform) == 3
    page.get_by_role("link", name="Config", exact=True).click()
    expect(field(page, "Replicas")).to_have_value("3")


def make_application(page: Page) -> None:
    page.get_by_role("link", name="New application").click()
    field(page, "Name").fill("checkout")
    field(page, "Group").select_option("shops")
    live(page, "name: checkout")
    page.get_by_role("button", name="Create application").click()
    expect(page.get_by_role("heading", name="New cluster of checkout")).to_be_visible()


def make_cluster(page: Page) -> None:
    page.get_by_text("test", exact=True).click()
    expect(field(page, "Name")).to_have_value("checkout-test")
    field(page, "Image").fill("registry.example.com/shops/checkout:v1")
    live(page, "image: registry.example.com/shops/checkout:v1")
    live(page, "replicas: 1")
    field(page, "Replicas").fill("3")
    live(page, "replicas: 3")
    page.get_by_role("button", name="Create cluster").click()
    expect(page.get_by_role("heading", name="checkout-test")).to_be_visible()
    expect(page.locator(".stats")).to_contain_text("Not deployed")


def live(page: Page, text: str) -> None:
    """The panel beside the form holds this by itself."""
    expect(page.locator("#live")).to_contain_text(text)


def deploy(page: Page, *, says: str) -> None:
    """Deploy what the dialog shows, and see it become healthy without asking for the page again."""
    page.get_by_role("link", name="Deploy", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(says)
    with page.expect_navigation():
        dialog.get_by_role("button", name="Deploy").click()
    page.evaluate("window.sameDocument = true")
    healthy(page)


def healthy(page: Page) -> None:
    expect(page.locator(".stats")).to_contain_text("Healthy")
    expect(page.locator(".stats")).to_contain_text("nothing")
    expect(page.get_by_role("link", name="Cancel")).to_have_count(0)
    assert page.evaluate("window.sameDocument")


def edit_replicas(page: Page) -> None:
    page.get_by_role("link", name="Config", exact=True).click()
    field(page, "Replicas").fill("5")
    live(page, "spec.replicas35")
    page.get_by_role("button", name="Review and save").click()
    review = page.get_by_role("dialog")
    expect(review).to_contain_text("+    replicas: 5")
    review.get_by_label("Title").fill("Five replicas")
    review.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="To the cluster").click()
    expect(page.locator(".stats")).to_contain_text("1 key")


def roll_back(page: Page) -> None:
    page.get_by_role("link", name="Roll back").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("replicas: 3")
    with page.expect_navigation():
        dialog.get_by_role("button", name="Roll back").click()
    page.evaluate("window.sameDocument = true")
    healthy(page)


def replicas_released(platform: Platform) -> int:
    live = next((platform.data / "regions").glob("**/checkout-test/deployment-checkout-test.yaml")).read_text()
    return int(live.partition("\n  replicas: ")[2].partition("\n")[0])


def test_a_page_that_stays_open_follows_what_others_do(tab: Tabs, platform: Platform) -> None:
    world.cluster(platform, "shop-open")
    page = tab("bea")
    page.clock.install()
    page.goto("/clusters/shop-open")
    expect(page.locator(".stats")).to_contain_text("Not deployed")
    page.evaluate("window.sameDocument = true")

    platform.run("shop-open", "deploy", title="By somebody else")
    page.clock.fast_forward(60_000)

    expect(page.locator("#overview")).to_contain_text("By somebody else")
    healthy(page)
