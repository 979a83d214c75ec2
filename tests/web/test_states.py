"""Every page that is read: what it says where there is nothing yet, and how it fails."""

import re
from typing import Any

import pytest
from django.test import Client

from horizon.access.permissions import Actor
from horizon.errors import Unavailable
from horizon.inventory.models import Application, Cluster
from horizon.web.base import Open
from tests.web.conftest import HTMX, text
from tests.web.test_pages import PAGES, READ, opened

NOTHING = {
    "/": "No clusters yet",
    "/?favourite=true": "No favourites here",
    "/runs": "No runs yet",
    "/groups": "No groups yet",
    "/applications": "No applications yet",
    "/activity": "Nothing happened yet",
    "/robots": "No robots yet",
    "/templates": "No templates yet",
    "/me": "No tokens yet",
}
"""On a platform on which nobody made anything."""
NO_CLUSTER = {
    "/applications/shop": "No environments yet",
    "/applications/shop/config": "As you write, the difference stands here",
    "/applications/shop/bring": "There is no cluster yet to bring it to",
    "/applications/shop/ci": "make one, then its call stands here",
}
"""Of an application that was just made."""
NOT_DEPLOYED = {
    "/clusters/shop-test": "Nothing is live. A deploy brings the objects into the region",
    "/clusters/shop-test/overview": "No runs yet",
    "/clusters/shop-test/ci": "CI has not called yet. Make a token",
    "/clusters/shop-test/history?kind=foreign": "No such commits",
    "/clusters/shop-test/upgrade": "There is no other release to go to",
}
"""Of a cluster that was just made."""
GONE = {"/groups/shops": "No application lies in this group itself", "/templates/deployment": "No cluster uses it yet"}
"""What is left once its applications are deleted."""
NEVER = {
    "/me/password",
    "/me/tokens/new",
    "/runs/{run}",
    "/templates/deployment/v0.0.1",
    "/clusters/shop-test/form",
    "/clusters/shop-test/config",
    "/clusters/shop-test/history/{sha}",
}
"""They are about something that is there, or ask for something."""


def test_every_page_that_is_read_is_in_one_of_these_tables() -> None:
    named = {page.partition("?")[0] for page in (*NOTHING, *NO_CLUSTER, *NOT_DEPLOYED, *GONE)}

    assert named | NEVER == set(READ)
    assert named & NEVER == set()


@pytest.mark.parametrize("page", NOTHING)
def test_a_new_platform_says_what_will_be_here(page: str, admin: Client) -> None:
    assert NOTHING[page] in text(admin.get(page))


@pytest.mark.parametrize("page", NO_CLUSTER)
def test_a_new_application_says_what_comes_next(page: str, application: Application, admin: Client) -> None:
    assert NO_CLUSTER[page] in text(admin.get(page))


@pytest.mark.parametrize("page", NOT_DEPLOYED)
def test_a_new_cluster_says_what_comes_next(page: str, cluster: Cluster, admin: Client) -> None:
    assert NOT_DEPLOYED[page] in text(admin.get(page))


@pytest.mark.parametrize("page", GONE)
def test_what_lost_all_that_was_in_it_says_so(page: str, application: Application, admin: Client) -> None:
    Application.objects.update(archived_at=application.created_at)

    assert GONE[page] in text(admin.get(page))


def test_home_leads_who_is_new_to_a_first_cluster(ann: Actor, admin: Client) -> None:
    answer = admin.get("/")

    card = answer.content.decode().partition('class="empty"')[2].partition("</section>")[0]
    assert re.findall(r'href="([^"]+)"', card) == ["/new/application", "/applications"]
    assert "REST" not in card


def test_who_may_make_nothing_is_told_whom_to_ask(ann: Actor, admin: Client) -> None:
    assert "Make a group, or ask for the role developer in one" in text(admin.get("/new/application"))


# -- failures


def test_a_fault_of_ours_is_a_page_wherever_it_happens(deployed: Cluster, admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Open, "show", _raising(RuntimeError("a secret of the code")))
    admin.raise_request_exception = False

    answers = {page: opened(admin, page) for page in PAGES}

    assert {answer.status_code for answer in answers.values()} == {500}
    assert [page for page, answer in answers.items() if "A fault of ours" not in text(answer) or "secret" in text(answer)] == []


def test_what_is_out_of_reach_is_a_page_wherever_it_happens(deployed: Cluster, admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Open, "show", _raising(Unavailable("the disk with the repositories does not answer")))

    answers = {page: opened(admin, page) for page in PAGES}

    assert {answer.status_code for answer in answers.values()} == {503}
    assert [page for page, answer in answers.items() if "The disk with the repositories does not answer" not in text(answer)] == []


def test_a_dialog_that_is_out_of_reach_says_so_and_can_be_closed(deployed: Cluster, admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Open, "show", _raising(Unavailable("the disk with the repositories does not answer")))

    answer = admin.get("/clusters/shop-test/deploy", headers=HTMX)

    assert (answer.status_code, "<html" in answer.content.decode()) == (503, False)
    assert "the disk with the repositories does not answer" in text(answer)
    assert "data-close" in answer.content.decode()


def _raising(error: Exception) -> Any:
    def show(*args: Any, **given: Any) -> None:
        raise error

    return show
