"""Every page: for each role, with the policy that a browser enforces, and failures in the platform's look or in JSON."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from horizon.access import groups
from horizon.access.permissions import Actor
from horizon.api import status as api_status
from horizon.delivery.models import Pipelinerun
from horizon.inventory.models import Cluster, Group
from horizon.web import home, urls
from horizon.web.island import Endpoint
from horizon.web.policy import POLICY
from tests.web.conftest import HTMX, Browser, text

_INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|hx-vals=.js:", re.IGNORECASE)

TEMPLATES = ("/templates", "/templates/deployment", "/templates/deployment/v0.0.1")
OPEN = ("/", "/runs", "/groups", "/applications", "/activity", "/robots", "/me", "/me/password", "/me/tokens/new", *TEMPLATES)
"""What everybody may read, whatever is in it."""
OF_CLUSTER = tuple(f"/clusters/shop-test{page}" for page in ("", "/overview", "/form", "/config", "/ci", "/history", "/history/{sha}", "/upgrade"))
READ = (*OPEN, "/runs/{run}", *OF_CLUSTER, "/groups/shops", *(f"/applications/shop{page}" for page in ("", "/config", "/bring", "/ci")))
DONE = ("deploy", "restart", "rollback", "free", "promote", "ci/token")
DONE_BY_EDITORS = ("/edit/group/shops", "/applications/shop/describe", "/applications/shop/ci/token")
DONE_BY_MAINTAINERS = (
    *(f"/{action}/group/shops" for action in ("move", "delete")),
    *(f"/applications/shop/{action}" for action in ("move", "delete")),
    "/members/group/shops",
)
DEPLOYED = (*READ, *(f"/clusters/shop-test/{action}" for action in DONE), "/runs/{run}/cancel")
ELSEWHERE = {"people", "people/new", "people/*/change", "people/*/disable", "people/*/enable", "people/*/reset", "me/tokens/*/revoke"}
ELSEWHERE |= {"templates/*/*/state", "robots/*", "robots/*/delete", "robots/*/tokens/new", "robots/*/tokens/*/revoke"}
ELSEWHERE |= {f"clusters/*/{page}" for page in ("stream", "about", "copy", "delete", "discard", "restore", "purge", "history/*/restore")}
"""Other roles may open these, or they need another state: `test_people.py`, `test_robots.py`, `test_me.py`, `test_stream.py`, `test_life.py`,
`test_history.py`."""
PAGES = (*DEPLOYED, *DONE_BY_EDITORS, *DONE_BY_MAINTAINERS)


def opened(client: Client, page: str) -> Any:
    run = Pipelinerun.objects.values_list("pk", flat=True).first()
    return client.get(page.replace("{run}", str(run)).replace("{sha}", Cluster.objects.get(name="shop-test").gitops))


def test_every_address_that_is_read_is_in_this_table() -> None:
    views = {str(item.pattern): item.callback.view_class for item in urls.urlpatterns if isinstance(item, URLPattern)}
    readable = {address for address, view in views.items() if hasattr(view, "get") and not issubclass(view, Endpoint)}

    named = {re.sub(r"<\w+:\w+>", "*", address) for address in readable}

    tested = {
        re.sub(r"shop-test|\bshops?$|\bshop\b|\{run\}|\{sha\}|(?<=members/)group|\bdeployment\b|v0\.0\.1", "*", page.removeprefix("/"))
        for page in PAGES
    }
    assert {name for name in named if not name.startswith("new/")} - {"sign-in", "links/*"} - ELSEWHERE == tested


def test_roles_that_deploy_see_every_page(deployed: Cluster, browser: Browser) -> None:
    statuses = {(role, page): opened(person, page).status_code for role in DEPLOYING for person in [browser(role)] for page in DEPLOYED}

    assert {key: status for key, status in statuses.items() if status != 200} == {}


DEPLOYING = ("developer", "sre", "maintainer", "owner")


def test_the_administrator_sees_every_page_under_the_policy(deployed: Cluster, admin: Client) -> None:
    for page in PAGES:
        answer = opened(admin, page)

        assert (page, answer.status_code, answer.headers["Content-Security-Policy"]) == (page, 200, POLICY)
        assert _INLINE.findall(answer.content.decode()) == [], page


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    allowed = {word for rule in POLICY.split("; ") for word in rule.split()[1:]}

    assert allowed == {"'none'", "'self'", "data:"}
    assert "script-src 'self';" in POLICY


def test_a_guest_reads_and_does_nothing(deployed: Cluster, browser: Browser) -> None:
    guest = browser("guest")

    for page in PAGES:
        answer = opened(guest, page)

        assert (page, answer.status_code) == (page, 200 if page in READ else 403)
        assert page in READ or "takes one of the roles" in text(answer)


def test_what_is_private_is_not_there_for_others(deployed: Cluster, browser: Browser, ann: Actor) -> None:
    groups.change(Group.objects.get(path="shops"), groups.Look("", True), actor=ann)
    stranger = browser("")

    answers = {page: opened(stranger, page) for page in PAGES}

    assert {page: answer.status_code for page, answer in answers.items()} == {page: 200 if page in OPEN else 404 for page in PAGES}
    assert [page for page, answer in answers.items() if "library/shop" in answer.content.decode()] == []
    assert [page for page in OPEN if re.search(r"shop-test|/shops?\b", answers[page].content.decode())] == []


def test_who_has_not_signed_in_sees_nothing(deployed: Cluster, client: Client) -> None:
    answers = [opened(client, page) for page in PAGES]

    assert {(answer.status_code, answer.content) for answer in answers} == {(302, b"")}


def test_a_guest_is_told_whom_to_ask_and_sees_no_button(deployed: Cluster, browser: Browser, ann: Actor) -> None:
    answer = browser("guest").get("/clusters/shop-test")

    assert "Ask an owner: ann." in text(answer)
    assert "/clusters/shop-test/deploy" not in answer.content.decode()


# -- failures


@pytest.mark.parametrize("address", ["/nothing", "/clusters/nothing", "/runs/99", "/runs/99999999999999999999", "/clusters/a%00b"])
def test_nothing_there_is_a_page(admin: Client, address: str) -> None:
    answer = admin.get(address)

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "Go to the clusters" in text(answer)
    assert answer.headers["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize("address", ["/api/nothing", "/api/v1/nothing", "/git/nothing", "/charts/nothing"])
def test_programs_are_answered_in_json(admin: Client, address: str) -> None:
    answer = admin.get(address)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(("address", "kind"), [("/", "text/html; charset=utf-8"), ("/api/v1/clusters/shop-test/status", "application/json")])
def test_a_fault_of_ours_is_a_page_for_people_and_json_for_programs(
    admin: Client, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, address: str, kind: str
) -> None:
    def fault(*args: Any) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(home, "_listed", fault)
    monkeypatch.setattr(api_status.status, "status", fault)
    admin.raise_request_exception = False

    answer = admin.get(address)

    assert (answer.status_code, answer.headers["Content-Type"]) == (500, kind)
    assert "a fault" not in answer.content.decode()


def test_a_host_that_is_not_ours_gets_a_page(db: None) -> None:
    answer = Client(headers={"host": "elsewhere.test"}).get("/")

    assert (answer.status_code, "cannot be read" in text(answer)) == (400, True)


def test_a_nul_is_refused(admin: Client) -> None:
    assert admin.get("/", {"search": "a\0b"}).status_code == 400


def test_files_of_others_are_those_that_the_notice_names() -> None:
    folder = Path(home.__file__).parent / "static" / "web"
    notice = (folder / "vendor" / "NOTICE.txt").read_text()
    binaries = [*folder.glob("fonts/*.woff2"), *folder.glob("vendor/*.js")]

    named = dict(re.findall(r"^(\S+) +\S.*\n    ([0-9a-f]{64})$", notice, re.MULTILINE))

    assert named == {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in binaries}


def test_a_part_of_a_page_gets_a_sentence(deployed: Cluster, browser: Browser) -> None:
    answer = browser("guest").get("/clusters/shop-test/deploy", headers=HTMX)

    assert answer.status_code == 403
    assert "<html" not in answer.content.decode()
    assert "takes one of the roles developer" in text(answer)


def test_what_people_write_is_text(deployed: Cluster, admin: Client) -> None:
    Cluster.objects.update(description="<script>alert(1)</script>")

    answer = admin.get("/clusters/shop-test").content.decode()

    assert "<script>alert" not in answer
    assert "&lt;script&gt;alert(1)" in answer
