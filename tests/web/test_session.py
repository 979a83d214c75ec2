"""Signing in and out, links that set a password, and coming back to where one wanted to go."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from horizon.access import links
from horizon.access.permissions import Actor
from horizon.inventory.models import Event
from tests.web.conftest import HTMX, text

PASSWORD = "secret of ann"


def sign_in(client: Client, name: str = "ann", password: str = PASSWORD, wanted: str = "") -> tuple[int, str]:
    answer = client.post("/sign-in", {"name": name, "password": password, "next": wanted})
    return answer.status_code, answer.headers.get("Location", "")


def test_a_page_asks_for_a_sign_in_and_comes_back(ann: Actor, client: Client) -> None:
    asked = client.get("/runs?cluster=shop-test")

    assert (asked.status_code, asked.headers["Location"]) == (302, "/sign-in?next=%2Fruns%3Fcluster%3Dshop-test")
    assert 'name="next" value="/runs?cluster=shop-test"' in client.get(asked.headers["Location"]).content.decode()
    assert sign_in(client, wanted="/runs?cluster=shop-test") == (302, "/runs?cluster=shop-test")
    assert client.get("/runs").status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.test/", "//elsewhere.test/", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere(ann: Actor, client: Client, elsewhere: str) -> None:
    assert sign_in(client, wanted=elsewhere) == (302, "/")
    assert client.get("/sign-in", {"next": elsewhere}).headers["Location"] == "/"


def test_a_wrong_password_is_told_and_the_name_is_kept(ann: Actor, client: Client) -> None:
    answer = client.post("/sign-in", {"name": "ann", "password": "wrong"})

    assert answer.status_code == 400
    assert "No active person has this name and password." in text(answer)
    assert 'value="ann"' in answer.content.decode()
    assert "wrong" not in answer.content.decode()


def test_signing_in_leaves_an_event(ann: Actor, client: Client) -> None:
    sign_in(client)

    assert Event.objects.get(action="sign in").actor == "ann"


def test_guesses_at_the_page_and_at_the_api_are_counted_together(ann: Actor, client: Client) -> None:
    by_page = [sign_in(client, password="wrong")[0] for _ in range(6)]
    sent = {"name": "Ann", "password": "wrong"}
    by_api = [client.post("/api/v1/session", sent, content_type="application/json").status_code for _ in range(5)]

    assert (by_page, by_api) == ([400] * 6, [400] * 4 + [429])
    refused = client.post("/sign-in", {"name": "ann", "password": PASSWORD})
    assert (refused.status_code, "Too many tries" in text(refused)) == (429, True)


def test_signing_out_takes_a_post_and_ends_the_session(admin: Client) -> None:
    assert admin.get("/sign-out").status_code == 405
    assert admin.post("/sign-out").headers["Location"] == "/sign-in"
    assert admin.get("/").status_code == 302


def test_a_link_sets_a_password_once_and_signs_in(ann: Actor, client: Client) -> None:
    bob = get_user_model().objects.create_user("bob")
    address = f"/links/{links.issue(bob, actor=ann).secret}"

    assert "For bob, by a link that ann made" in text(client.get(address)).replace("For bob ,", "For bob,")
    answer = client.post(address, {"password": "correct horse battery", "again": "correct horse battery"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert "Welcome, bob." in text(client.get("/"))
    assert Client().get(address).status_code == 404
    assert sign_in(Client(), "bob", "correct horse battery")[0] == 302


@pytest.mark.parametrize(("password", "again", "said"), [("short", "short", "too short"), ("correct horse", "correct hose", "not the same")])
def test_a_bad_password_is_told_and_the_link_still_works(ann: Actor, client: Client, password: str, again: str, said: str) -> None:
    address = f"/links/{links.issue(get_user_model().objects.create_user('bob'), actor=ann).secret}"

    answer = client.post(address, {"password": password, "again": again})

    assert (answer.status_code, said in text(answer)) == (400, True)
    assert client.get(address).status_code == 200


def test_a_part_of_a_page_says_that_the_session_ended_instead_of_leaving_the_page(client: Client, db: None) -> None:
    answer = client.post("/clusters/shop-test/deploy", {"title": "typed"}, headers=HTMX)

    assert (answer.status_code, answer.headers["HX-Trigger"], answer.content) == (401, "signed-out", b"")


def test_a_form_from_elsewhere_is_refused_with_a_page(ann: Actor) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ann.user)

    answer = strict.post("/sign-out")

    assert (answer.status_code, "older than your session" in text(answer)) == (403, True)


def test_a_form_of_ours_is_taken(ann: Actor) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.get("/sign-in")

    sent = {"name": "ann", "password": PASSWORD, "csrfmiddlewaretoken": strict.cookies["csrftoken"].value}

    assert strict.post("/sign-in", sent).status_code == 302
