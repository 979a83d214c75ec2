"""People, for administrators."""

import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from horizon.access import groups, people
from horizon.access.permissions import Actor
from horizon.inventory.models import Cluster, Event
from tests.web.conftest import HTMX, Browser, signed_in, text
from tests.web.test_me import shown_once

PAGES = ("/people", "/people/new", *(f"/people/bob/{what}" for what in ("change", "disable", "enable", "reset")))


@pytest.fixture
def bob(db: None) -> Any:
    """Somebody with a password."""
    return get_user_model().objects.create_user("bob", "bob@example.test", "secret of bob")


def test_administrators_alone(bob: Any, cluster: Cluster, browser: Browser, admin: Client) -> None:
    owner = browser("owner")

    assert {page: admin.get(page).status_code for page in PAGES} == dict.fromkeys(PAGES, 200)
    assert {page: owner.get(page).status_code for page in PAGES} == dict.fromkeys(PAGES, 403)
    assert {page: owner.post(page).status_code for page in PAGES[1:]} == dict.fromkeys(PAGES[1:], 403)


def test_they_are_found_by_name(bob: Any, admin: Client) -> None:
    assert "bob bob@example.test active" in text(admin.get("/people"))
    assert "bob@" not in text(admin.get("/people?search=ann"))
    assert "Nobody is like that" in text(admin.get("/people?active=false"))


@pytest.mark.parametrize("page", ["0", "x", "99999", "²", "000000"])
def test_a_page_that_is_none_is_no_fault(admin: Client, page: str) -> None:
    assert admin.get("/people", {"page": page}).status_code == 200


def test_who_is_invited_sets_a_password_and_is_in(admin: Client) -> None:
    answer = admin.post("/people/new", {"name": "carol", "email": "", "admin": "on"}, headers=HTMX)

    link = shown_once(answer)
    assert link.startswith("http://testserver/links/")
    assert "carol – no password yet administrator" in text(admin.get("/people"))
    newcomer = Client()
    newcomer.post(link.removeprefix("http://testserver"), {"password": "correct horse battery", "again": "correct horse battery"})
    assert newcomer.get("/people").status_code == 200


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"name": "bob"}, 409, "there is a person or robot bob already"),
        ({"name": "No Name"}, 400, "is no name for a person"),
        ({"name": "x", "email": "nowhere"}, 400, "Enter a valid email address."),
    ],
)
def test_who_cannot_be_invited(bob: Any, admin: Client, sent: dict[str, str], status: int, said: str) -> None:
    answer = admin.post("/people/new", sent, headers=HTMX)

    assert (answer.status_code, said in text(answer)) == (status, True)
    assert f'value="{sent["name"]}"' in answer.content.decode()
    assert get_user_model().objects.count() == 2


def test_a_change_keeps_what_is_not_asked(bob: Any, admin: Client) -> None:
    admin.post("/people/bob/change", {"email": "b@example.test", "admin": "on"})

    bob.refresh_from_db()
    assert (bob.email, bob.is_superuser, bob.is_active) == ("b@example.test", True, True)
    assert "checked" in admin.get("/people/bob/change").content.decode()


def test_who_is_disabled_is_out_at_once_and_comes_back(bob: Any, admin: Client) -> None:
    theirs = signed_in(bob)

    asked = text(admin.get("/people/bob/disable", headers=HTMX))
    admin.post("/people/bob/disable")
    out = theirs.get("/me").status_code
    admin.post("/people/bob/enable")

    assert "Sessions and tokens of bob are refused at once" in asked
    assert (out, theirs.get("/me").status_code) == (302, 200)
    assert list(Event.objects.filter(title__endswith="bob").order_by("pk").values_list("action", flat=True)) == ["disable person", "enable person"]


def test_groups_that_would_lose_their_owner_are_named(bob: Any, admin: Client) -> None:
    groups.create("payments", parent=None, description="", private=False, actor=Actor(bob))

    assert "Groups that nobody else owns: payments." in text(admin.get("/people/bob/disable"))


def test_the_last_administrator_stays(ann: Actor, admin: Client) -> None:
    answers = [admin.post("/people/ann/disable"), admin.post("/people/ann/change", {"email": ""})]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert "ann is the last administrator" in text(answers[0])
    assert people.found("ann").is_superuser


def test_a_new_password_by_a_link(bob: Any, admin: Client) -> None:
    theirs = signed_in(bob)

    link = shown_once(admin.post("/people/bob/reset"))

    assert theirs.get("/me").status_code == 302
    assert re.search("For <b>bob</b>", Client().get(link.removeprefix("http://testserver")).content.decode())


def test_a_disabled_person_gets_no_link(bob: Any, admin: Client) -> None:
    admin.post("/people/bob/disable")

    answer = admin.post("/people/bob/reset")

    assert (answer.status_code, "enable first" in text(answer)) == (409, True)


def test_nobody_of_this_name(admin: Client) -> None:
    assert admin.get("/people/nobody/change").status_code == 404
