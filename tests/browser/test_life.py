"""Somebody comes into a team, and a template gets a new release: what an administrator, an owner and a developer do, by clicking."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from horizon.catalog import archive
from tests.browser import world
from tests.browser.conftest import PASSWORD, Tabs
from tests.services.platform import ROOT, Platform


def test_from_an_invitation_to_a_deploy_of_a_new_release(tab: Tabs, platform: Platform, tmp_path: Path) -> None:
    world.cluster(platform, "shop-team")
    admin, finn = tab(), tab("", refused={404})

    accept(finn, invite(admin, "finn"))
    finn.goto("/clusters/shop-team")
    expect(finn.get_by_text("Ask an owner: admin")).to_be_visible()
    expect(finn.get_by_role("link", name="Deploy", exact=True)).to_have_count(0)
    make_developer(admin, "finn")
    finn.reload()
    expect(finn.get_by_role("link", name="Deploy", exact=True)).to_be_visible()
    secret = make_token(finn)
    assert secret.startswith("hzn_")
    see_ci(finn)
    upload(admin, tmp_path)
    upgrade(finn)
    deploy(finn)

    assert platform.call("GET", "/clusters/shop-team")["template"]["release"] == "v0.0.2"
    told(admin, secret)


def invite(page: Page, name: str) -> str:
    """The link that the page shows this once."""
    page.goto("/people")
    page.get_by_role("link", name="Invite somebody").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Make the link").click()
    return shown_once(page, f"Invitation for {name}")


def shown_once(page: Page, title: str) -> str:
    """The secret in the dialog; nothing of it is left once that is closed."""
    dialog = page.get_by_role("dialog")
    secret = dialog.get_by_role("textbox", name=title).input_value()
    with page.expect_navigation():
        dialog.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert secret not in page.content()
    return secret


def accept(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("Welcome, finn")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Name").fill("finn")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Clusters")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()


def make_developer(page: Page, name: str) -> None:
    page.goto("/groups/shops")
    page.get_by_role("link", name="Add", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Person or robot").fill(name)
    dialog.get_by_role("radio", name="developer").check()
    dialog.get_by_role("button", name="Add member").click()
    expect(page.get_by_role("link", name=f"{name}, developer: change")).to_be_visible()


def make_token(page: Page) -> str:
    page.get_by_title("Your profile and tokens").click()
    page.get_by_role("link", name="New token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("laptop")
    dialog.get_by_label("It may").select_option("read")
    dialog.get_by_role("button", name="Make the token").click()
    secret = shown_once(page, "Token laptop")
    expect(page.get_by_role("row").filter(has_text="laptop")).to_contain_text("read")
    return secret


def see_ci(page: Page) -> None:
    page.goto("/clusters/shop-team")
    page.get_by_role("link", name="CI", exact=True).click()
    expect(page.get_by_label("curl")).to_contain_text("/api/v1/clusters/shop-team/image")
    page.get_by_text("GitHub Actions").click()
    expect(page.get_by_label("GitHub Actions")).to_contain_text("secrets.HORIZON_TOKEN")
    expect(page.get_by_text("CI has not called yet")).to_be_visible()


def upload(page: Page, folder: Path) -> None:
    """The bundled template once more under the next version, with one thing changed."""
    source = ROOT / "templates_repo" / "deployment"
    files = {path.relative_to(source).as_posix(): path.read_bytes() for path in source.rglob("*") if path.is_file()}
    files["Chart.yaml"] = files["Chart.yaml"].replace(b"v0.0.1", b"v0.0.2")
    packed = folder / "deployment-v0.0.2.tgz"
    packed.write_bytes(archive.pack(files, "deployment"))
    page.goto("/templates")
    page.get_by_role("link", name="Import a release").click()
    page.get_by_label("Packed chart").set_input_files(packed)
    card(page, "Send an archive").get_by_role("button", name="Import").click()
    expect(page.get_by_text("deployment v0.0.2 is there now")).to_be_visible()


def card(page: Page, heading: str) -> Locator:
    return page.locator(".card").filter(has=page.get_by_role("heading", name=heading))


def upgrade(page: Page) -> None:
    page.goto("/clusters/shop-team")
    page.get_by_role("link", name="Upgrade").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("To", exact=True)).to_have_value("v0.0.2")
    expect(dialog).to_contain_text("Chart.yaml")
    dialog.get_by_role("button", name="Save the upgrade").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".head")).to_contain_text("deployment v0.0.2")


def deploy(page: Page) -> None:
    page.get_by_role("link", name="Deploy", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("On the new release")
    dialog.get_by_role("button", name="Deploy").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".stats")).to_contain_text("Healthy")


def told(page: Page, secret: str) -> None:
    """The activity tells all of it, and no secret."""
    page.goto("/activity")
    rows = page.locator("#events tbody")
    for line in ("Create finn", "Add member finn of group shops", "Create token laptop", "v0.0.2", "On the new release"):
        expect(rows).to_contain_text(line)
    assert secret not in page.content()
    page.get_by_label("Person").fill("finn")
    page.keyboard.press("Enter")
    expect(page.locator("#events tbody tr").filter(has_text="Add member")).to_have_count(0)
    expect(rows).to_contain_text("On the new release")
