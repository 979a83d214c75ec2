"""People, members, robots, groups and events, as administrators and the people themselves do it."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from horizon.access import groups, tokens
from horizon.access.models import Link, Membership, Token
from horizon.access.permissions import Actor
from horizon.access.policy import Scope
from horizon.inventory.models import Application, Cluster, Event, Group
from tests.api.conftest import Call, caller
from tests.fixtures import replicas

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    """Tries of other tests do not count."""
    cache.clear()


def invited(call: Call, name: str, **given: Any) -> Any:
    """Invite somebody who follows the link; their browser, not signed in."""
    link = call("post", "people", {"name": name, **given}).data["invitation"]["link"]
    client = Client()
    answer = client.post(path(link), {"password": PASSWORD}, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"name": name})
    return client


def path(link: str) -> str:
    """The call behind the page that a link opens."""
    return "/api/v1/" + link.split("/", 3)[3]


def sign_in(client: Client, name: str, password: str = PASSWORD) -> int:
    return client.post("/api/v1/session", {"name": name, "password": password}, content_type="application/json").status_code


def person(name: str) -> Call:
    user = get_user_model().objects.create_user(name)
    return caller(tokens.create(user, name="all", scope=Scope.WRITE)[1])


# -- people


def test_somebody_is_invited_signs_in_and_out(call: Call) -> None:
    bob = invited(call, "bob", email="bob@example.test")

    assert sign_in(bob, "bob") == 200
    assert bob.get("/api/v1/me").json()["name"] == "bob"
    assert bob.delete("/api/v1/session").status_code == 204
    assert bob.get("/api/v1/me").status_code == 401
    assert [event["action"] for event in call("get", "events?actor=bob").data["items"]] == ["sign in", "set password"]


def test_a_link_works_once_and_a_new_one_ends_the_older(call: Call) -> None:
    first = call("post", "people", {"name": "bob"}).data["invitation"]["link"]
    second = call("post", "people/bob/reset").data["link"]

    assert Client().get(path(first)).status_code == 404
    assert Client().post(path(second), {"password": PASSWORD}, content_type="application/json").status_code == 200
    assert Client().post(path(second), {"password": PASSWORD}, content_type="application/json").status_code == 404


def test_a_link_that_is_too_old_is_none(call: Call) -> None:
    link = call("post", "people", {"name": "bob"}).data["invitation"]["link"]
    Link.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert Client().get(path(link)).status_code == 404


def test_a_bad_password_is_told_and_the_link_still_works(call: Call) -> None:
    link = path(call("post", "people", {"name": "bob"}).data["invitation"]["link"])

    refused = Client().post(link, {"password": "12345"}, content_type="application/json")

    assert (refused.status_code, refused.json()["details"]["errors"][0]["pointer"]) == (400, "/password")
    assert Client().get(link).json()["name"] == "bob"


def test_who_is_disabled_is_out_at_once_by_session_and_token(call: Call) -> None:
    bob = invited(call, "bob")
    sign_in(bob, "bob")
    token = bob.post("/api/v1/tokens", {"name": "mine", "scope": "write"}, content_type="application/json").json()["token"]
    assert caller(token)("get", "me").status_code == 200

    call("patch", "people/bob", {"active": False})

    assert bob.get("/api/v1/me").status_code == 401
    assert caller(token)("get", "me").status_code == 401
    assert sign_in(Client(), "bob") == 400
    assert call("post", "people/bob/reset").status_code == 409


def test_a_password_is_changed_and_other_sessions_end(call: Call) -> None:
    here, there = invited(call, "bob"), Client()
    sign_in(here, "bob")
    sign_in(there, "bob")

    wrong = here.put("/api/v1/me/password", {"old": "x", "new": "another horse battery"}, content_type="application/json")
    changed = here.put("/api/v1/me/password", {"old": PASSWORD, "new": "another horse battery"}, content_type="application/json")

    assert (wrong.status_code, changed.status_code) == (400, 204)
    assert (here.get("/api/v1/me").status_code, there.get("/api/v1/me").status_code) == (200, 401)
    assert sign_in(Client(), "bob", "another horse battery") == 200
    assert call("put", "me/password", {"old": "x", "new": "y"}).status_code == 403


def test_a_reset_ends_the_old_password_and_the_sessions(call: Call) -> None:
    bob = invited(call, "bob")
    sign_in(bob, "bob")

    call("post", "people/bob/reset")

    assert bob.get("/api/v1/me").status_code == 401
    assert sign_in(Client(), "bob") == 400


def test_the_last_administrator_stays(call: Call) -> None:
    assert call("patch", "people/ann", {"admin": False}).data["code"] == "last_admin"
    assert call("patch", "people/ann", {"active": False}).data["code"] == "last_admin"

    call("post", "people", {"name": "zoe", "admin": True})

    assert call("patch", "people/ann", {"admin": False}).status_code == 200


def test_groups_that_lose_their_owner_are_named(call: Call) -> None:
    bob = person("bob")
    bob("post", "groups", {"name": "bobs"})

    assert call("patch", "people/bob", {"active": False}).data["left_without_owner"] == ["bobs"]


def test_guessing_a_password_is_slowed(call: Call) -> None:
    invited(call, "bob")

    statuses = [sign_in(Client(), "bob", "wrong") for _ in range(12)]

    assert statuses[:10] == [400] * 10
    assert statuses[-1] == 429
    assert sign_in(Client(), "carol", "wrong") == 400


def test_a_session_needs_the_csrf_token_to_write(call: Call) -> None:
    bob = Client(enforce_csrf_checks=True)
    link = call("post", "people", {"name": "bob"}).data["invitation"]["link"]
    bob.post(path(link), {"password": PASSWORD}, content_type="application/json")
    csrf = bob.post("/api/v1/session", {"name": "bob", "password": PASSWORD}, content_type="application/json").json()["csrf"]

    without = bob.post("/api/v1/groups", {"name": "a"}, content_type="application/json")
    with_it = bob.post("/api/v1/groups", {"name": "a"}, content_type="application/json", headers={"X-CSRFToken": csrf})

    assert (without.status_code, with_it.status_code) == (403, 201)


def test_the_first_day_shows_what_to_do(cluster: Cluster, call: Call) -> None:
    bob = person("bob")
    group = cluster.application.group

    first = bob("get", "me").data["next"]
    bob("post", "groups", {"name": "bobs"})
    second = bob("get", "me").data["next"]

    assert [step["path"] for step in first] == ["/api/v1/groups", "/api/v1/groups"]
    assert f"{group} (ann)" in first[0]["do"]
    # Clusters of others may be seen: what is left is a token.
    assert [step["path"] for step in second] == []


# -- members


def test_members_show_from_where_a_role_comes(cluster: Cluster, call: Call) -> None:
    person("bob")
    call("post", "members", {"group": "shops", "name": "bob", "role": "developer"})
    call("post", "members", {"cluster": "shop-test", "name": "bob", "role": "maintainer"})

    rows = [row for row in call("get", "members?cluster=shop-test").data["items"] if row["name"] == "bob"]

    assert [(row["role"], row["inherited"]) for row in rows] == [("maintainer", None), ("developer", {"kind": "group", "name": "shops"})]


def test_a_maintainer_gives_up_to_maintainer(application: Application) -> None:
    maintainer, _ = person("bob"), person("carol")
    Membership.objects.create(user=get_user_model().objects.get(username="bob"), group=application.group, role="maintainer")

    given = [maintainer("post", "members", {"group": "shops", "name": "carol", "role": role}).status_code for role in ("owner", "maintainer")]

    assert given == [403, 201]
    assert maintainer("patch", "members/carol", {"group": "shops", "role": "owner"}).status_code == 403
    assert maintainer("delete", "members/ann?group=shops").status_code == 403
    assert maintainer("delete", "members/carol?group=shops").status_code == 204


def test_a_root_group_keeps_its_last_owner(application: Application, call: Call) -> None:
    assert call("patch", "members/ann", {"group": "shops", "role": "guest"}).data["code"] == "last_owner"
    assert call("delete", "members/ann?group=shops").data["code"] == "last_owner"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"group": "shops", "name": "nobody", "role": "guest"}, 400),
        ({"group": "shops", "name": "ann", "role": "king"}, 400),
        ({"group": "shops", "application": "shop", "name": "ann", "role": "guest"}, 400),
        ({"name": "ann", "role": "guest"}, 400),
        ({"group": "shops", "name": "ann", "role": "guest"}, 409),
        ({"group": "nothing", "name": "ann", "role": "guest"}, 404),
    ],
)
def test_members_that_cannot_be_are_refused(application: Application, call: Call, body: Any, status: int) -> None:
    assert call("post", "members", body).status_code == status


# -- robots and tokens


def test_a_robot_deploys_by_a_token_and_owns_nothing(cluster: Cluster, call: Call) -> None:
    call("post", "robots", {"name": "shop-ci", "group": "shops", "role": "developer"})
    made = call("post", "robots/shop-ci/tokens", {"name": "ci", "scope": "write"}).data
    robot = caller(made["token"])

    assert robot("post", "clusters/shop-test/image", {"image": "library/shop:v2"}).status_code == 200
    assert robot("post", "groups", {"name": "mine"}).status_code == 403
    assert call("post", "robots", {"name": "king", "group": "shops", "role": "owner"}).status_code == 400
    assert call("post", "people/shop-ci/reset").status_code == 409
    assert call("delete", "robots/shop-ci").status_code == 204
    assert robot("get", "me").status_code == 401


def test_a_token_is_kept_as_a_hash_and_its_use_is_seen(call: Call, ann: Actor) -> None:
    secret = call("post", "tokens", {"name": "t", "scope": "read"}).data["token"]
    assert not Token.objects.filter(digest=secret).exists()

    caller(secret)("get", "me")

    row = next(item for item in call("get", "tokens").data["items"] if item["name"] == "t")
    assert row["used_at"] is not None
    assert secret not in str(row)


def test_a_token_made_by_a_token_ends_no_later(ann: Actor, call: Call) -> None:
    ends = timezone.now() + timedelta(days=1)
    short = caller(tokens.create(ann.user, name="short", scope=Scope.WRITE, expires_at=ends)[1])

    assert short("post", "tokens", {"name": "longer", "scope": "read"}).data["code"] == "expiry"
    assert short("post", "tokens", {"name": "as long", "scope": "read", "expires_at": ends.isoformat()}).status_code == 201
    assert call("post", "tokens", {"name": "past", "scope": "read", "expires_at": "2001-01-01T00:00:00Z"}).data["code"] == "expiry"


def test_an_expired_token_is_refused(ann: Actor) -> None:
    token, secret = tokens.create(ann.user, name="t", scope=Scope.READ)
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert caller(secret)("get", "me").status_code == 401


# -- groups


def test_a_group_moves_with_all_below_and_roles_follow(application: Application, call: Call, ann: Actor) -> None:
    groups.create("corp", parent=None, description="", private=True, actor=ann)
    call("post", "groups", {"name": "inner", "parent": "shops"})
    bob = person("bob")
    assert bob("get", "applications/shop").status_code == 200

    moved = call("patch", "groups/shops", {"parent": "corp", "name": "stores"})

    assert moved.data["path"] == "corp/stores"
    assert Group.objects.filter(path="corp/stores/inner", parent__path="corp/stores").exists()
    assert bob("get", "applications/shop").status_code == 404
    assert call("get", "groups/shops").status_code == 404


def test_a_group_does_not_move_into_itself(application: Application, call: Call) -> None:
    call("post", "groups", {"name": "inner", "parent": "shops"})

    assert call("patch", "groups/shops", {"parent": "shops/inner"}).data["code"] == "circle"
    assert call("patch", "groups/shops/inner", {"parent": "nowhere"}).status_code == 404


def test_a_group_that_is_not_empty_is_not_deleted_and_says_what_is_in_it(application: Application, call: Call) -> None:
    refused = call("delete", "groups/shops")

    assert (refused.status_code, refused.data["details"]) == (409, {"applications": ["shop"]})
    assert call("post", "groups", {"name": "empty"}).status_code == 201
    assert call("delete", "groups/empty").status_code == 204


# -- events


def test_events_say_who_what_and_what_was_before(application: Application, call: Call) -> None:
    call("patch", "groups/shops", {"description": "Shops"})

    event = call("get", "events?group=shops&action=edit").data["items"][0]

    assert (event["actor"], event["thing"], event["address"]) == ("ann", "group shops", "127.0.0.1")
    assert (event["details"]["before"]["description"], event["details"]["after"]["description"]) == ("", "Shops")


def test_events_of_private_things_are_for_those_who_see_them(cluster: Cluster, call: Call, ann: Actor) -> None:
    replicas(cluster, 2, ann)
    bob = person("bob")
    assert {event["thing"] for event in bob("get", "events").data["items"]} >= {"cluster shop-test", "application shop", "group shops"}

    call("patch", "groups/shops", {"private": True})

    assert bob("get", "events").data["items"] == []
    assert bob("get", "events?cluster=shop-test").status_code == 404


def test_events_are_exported_whole(cluster: Cluster, call: Call) -> None:
    call("patch", "clusters/shop-test/config?title=%3DHYPERLINK(1)", {"app": {"spec": {"replicas": 3}}})

    rows = list(csv.DictReader(io.StringIO(call("get", "events/export?as=csv").said)))
    exported = call("get", "events/export?as=json").data

    assert len(rows) == len(exported) == Event.objects.count()
    assert "'=HYPERLINK(1)" in {row["title"] for row in rows}
    assert call("get", "events/export?as=xml").status_code == 400


def test_events_are_filtered_by_time(cluster: Cluster, call: Call) -> None:
    assert call("get", "events?since=2001-01-01T00:00:00Z").data["total"] == Event.objects.count()
    assert call("get", "events?until=2001-01-01").data["total"] == 0
    assert call("get", "events?since=yesterday").status_code == 400
