"""What goes wrong is said where it happened, and axe finds nothing in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import expect

from tests.browser import world
from tests.browser.conftest import UNREACHABLE, Tabs, field
from tests.browser.looks import violations
from tests.services.platform import Platform


def test_a_server_that_does_not_answer_is_said_until_it_does(tab: Tabs) -> None:
    page = tab(refused={UNREACHABLE})
    page.clock.install()
    page.goto("/clusters/shop-test")
    page.route("**/overview*", lambda route: route.abort())

    page.clock.fast_forward(60_000)
    expect(page.get_by_text("The server does not answer")).to_be_visible()
    assert violations(page) == []
    page.unroute("**/overview*")
    page.clock.fast_forward(60_000)

    expect(page.get_by_text("The server does not answer")).to_be_hidden()


def test_a_field_that_is_wrong_says_so_and_gets_the_focus(tab: Tabs) -> None:
    page = tab()
    page.goto("/clusters/shop-test/form")
    replicas = field(page, "Replicas")

    replicas.fill("1000")
    expect(page.locator("#live")).to_contain_text("form not complete")
    page.get_by_role("button", name="Review and save").click()

    expect(replicas).to_be_focused()
    expect(page.get_by_role("alert").filter(has_text="100")).to_be_visible()
    assert violations(page) == []


def test_what_only_the_server_refuses_is_shown_at_its_field(tab: Tabs) -> None:
    page = tab(refused={409})
    page.goto("/new/cluster/shop")

    field(page, "Name").fill("shop-test")
    page.get_by_role("button", name="Review and create").click()

    expect(field(page, "Name")).to_be_focused()
    expect(page.get_by_role("alert").filter(has_text="shop-test")).to_be_visible()


def test_a_deploy_that_was_overtaken_shows_the_difference_anew(tab: Tabs, platform: Platform) -> None:
    world.cluster(platform, "shop-overtaken")
    page = tab(refused={412})
    page.goto("/clusters/shop-overtaken")
    page.get_by_role("link", name="Deploy", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Mine")

    platform.run("shop-overtaken", "deploy", title="Somebody else's")
    dialog.get_by_role("button", name="Deploy").click()

    expect(dialog.get_by_role("alert")).to_contain_text("Something was released since you looked")
    expect(dialog.get_by_label("Title")).to_have_value("Mine")
    assert violations(page) == []


def test_a_fault_of_ours_is_a_page_and_a_sentence_in_a_page_that_is_open(tab: Tabs, platform: Platform) -> None:
    world.cluster(platform, "shop-faulty")
    page = tab(refused={500})
    page.goto("/clusters/shop-faulty")

    with damaged(platform, "shop-faulty"):
        page.get_by_role("link", name="Deploy", exact=True).click()
        expect(page.get_by_role("alert").filter(has_text="Something is wrong on the server")).to_be_visible()
        assert violations(page) == []
        page.reload()

        expect(page.get_by_role("heading", name="A fault of ours")).to_be_visible()
        assert violations(page) == []
    page.get_by_role("link", name="Go to the clusters").click()

    expect(page.get_by_role("heading", name="Clusters")).to_be_visible()


@contextmanager
def damaged(platform: Platform, name: str) -> Iterator[None]:
    """The cluster's repository lacks what no repository lacks, until the block ends."""
    key = platform.call("GET", f"/clusters/{name}")["id"]
    refs = next((platform.data / "repositories" / "clusters").glob(f"*/{key}.git/packed-refs"))
    kept = refs.rename(refs.with_name("kept"))
    refs.mkdir()
    yield
    refs.rmdir()
    kept.rename(refs)
