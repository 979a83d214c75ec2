"""One's own page: roles, password, tokens and theme."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from horizon.access import groups, tokens
from horizon.access.models import Token
from horizon.access.permissions import Actor
from horizon.access.policy import Scope
from horizon.inventory.models import Cluster, Event, Group
from tests.web.conftest import HTMX, Browser, signed_in, text

OLD, NEW = "secret of ann", "correct horse battery"


def shown_once(answer: Any) -> str:
    """The secret that the page shows."""
    found = re.search(r'id="secret" value="([^"]+)"', answer.content.decode())
    assert found, text(answer)
    return found[1]


def works(secret: str, path: str = "/api/v1/me") -> int:
    return int(Client().get(path, headers={"authorization": f"Bearer {secret}"}).status_code)


def test_roles_are_named_with_where_they_come_from(cluster: Cluster, browser: Browser) -> None:
    person = browser("developer")

    said = text(person.get("/me"))

    assert "developer shop the application and all its clusters" in said
    assert "No tokens yet" in said


def test_who_holds_no_role_is_told_whom_to_ask(cluster: Cluster, browser: Browser) -> None:
    assert "Ask for one in a group: shops · ann" in text(browser("").get("/me"))


def test_the_side_bar_leads_here(cluster: Cluster, admin: Client) -> None:
    assert '<a class="oneself" href="/me"' in admin.get("/").content.decode()


# -- the password


def test_a_changed_password_ends_the_other_sessions(ann: Actor) -> None:
    here, elsewhere = signed_in(ann.user), signed_in(ann.user)

    answer = here.post("/me/password", {"old": OLD, "new": NEW, "again": NEW})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/me")
    assert "Your password is changed" in text(here.get("/me"))
    assert elsewhere.get("/me").status_code == 302
    assert Client().login(username="ann", password=NEW)


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", NEW, NEW, "this is not your password"),
        (OLD, NEW, "something else", "The two are not the same."),
        (OLD, "short", "short", "This password is too short"),
        ("", "", "", "This field is required."),
    ],
)
def test_a_refused_password_changes_nothing(ann: Actor, old: str, new: str, again: str, said: str) -> None:
    answer = signed_in(ann.user).post("/me/password", {"old": old, "new": new, "again": again}, headers=HTMX)

    assert (answer.status_code, said in text(answer)) == (400, True)
    assert NEW not in answer.content.decode()
    assert Client().login(username="ann", password=OLD)


# -- tokens


def test_a_token_is_shown_once_and_works(cluster: Cluster, ann: Actor) -> None:
    mine = signed_in(ann.user)

    answer = mine.post("/me/tokens/new", {"name": "laptop", "scope": "read", "cluster": "shop-test", "days": "30"})

    secret = shown_once(answer)
    assert "It is shown this once" in text(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert works(secret, "/api/v1/clusters/shop-test") == 200
    page = mine.get("/me")
    assert secret not in page.content.decode()
    assert "laptop " + secret[:12] + "… read shop-test" in text(page)
    assert Token.objects.get().expires_at - timezone.now() > timedelta(days=29)


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"name": "", "scope": "read"}, 400, "This field is required."),
        ({"name": "a", "scope": "all"}, 400, "Select a valid choice"),
        ({"name": "a", "scope": "ci", "cluster": "nothing"}, 404, "there is no cluster nothing"),
        ({"name": "a", "scope": "ci", "cluster": "shop-test", "application": "shop"}, 400, "bind a token to a cluster or to an application"),
        ({"name": "a", "scope": "ci", "days": "-1"}, 400, "Select a valid choice"),
    ],
)
def test_a_refused_token_keeps_what_was_typed(cluster: Cluster, admin: Client, sent: dict[str, str], status: int, said: str) -> None:
    answer = admin.post("/me/tokens/new", sent, headers=HTMX)

    assert (answer.status_code, said in text(answer)) == (status, True)
    assert all(f'value="{value}"' in answer.content.decode() for name, value in sent.items() if value and name in ("name", "cluster"))
    assert not Token.objects.exists()


def test_tokens_of_what_one_may_not_see_are_not_made(cluster: Cluster, browser: Browser, ann: Actor) -> None:
    groups.change(Group.objects.get(path="shops"), groups.Look("", True), actor=ann)

    answer = browser("").post("/me/tokens/new", {"name": "a", "scope": "ci", "cluster": "shop-test"})

    assert (answer.status_code, Token.objects.count()) == (404, 0)


def test_tokens_are_not_made_without_end(ann: Actor) -> None:
    mine = signed_in(ann.user)

    statuses = [mine.post("/me/tokens/new", {"name": "a", "scope": "read"}).status_code for _ in range(31)]

    assert statuses == [200] * 30 + [409]


def test_a_revoked_token_is_named_first_and_works_no_more(ann: Actor) -> None:
    mine, (token, secret) = signed_in(ann.user), tokens.create(ann.user, name="laptop", scope=Scope.READ)

    asked = mine.get(f"/me/tokens/{token.pk}/revoke", headers=HTMX)
    before, answer, after = works(secret), mine.post(f"/me/tokens/{token.pk}/revoke"), works(secret)

    assert "Revoke laptop" in text(asked)
    assert (before, answer.status_code, after) == (200, 302, 401)
    assert Event.objects.filter(action="revoke token", actor="ann").count() == 1


@pytest.mark.parametrize("key", ["1", "99", str(2**63)])
def test_a_token_of_somebody_else_is_not_there(ann: Actor, cluster: Cluster, browser: Browser, key: str) -> None:
    token, _secret = tokens.create(ann.user, name="laptop", scope=Scope.READ)

    answer = browser("owner").post(f"/me/tokens/{key.replace('1', str(token.pk)) if key == '1' else key}/revoke")

    assert (answer.status_code, Token.objects.count()) == (404, 1)


# -- the theme


@pytest.mark.parametrize(("sent", "kept"), [("dark", "dark"), ("light", "light"), ("", ""), ('"><b>', "")])
def test_the_theme_is_kept(admin: Client, sent: str, kept: str) -> None:
    admin.post("/me/theme", {"theme": sent})

    page = admin.get("/me").content.decode()

    assert re.findall(r'<html[^>]* data-theme="(\w+)"', page) == ([kept] if kept else [])
    assert f'name="theme" value="{kept}" checked' in page
