"""Tags of clusters and applications, and one's own favourites."""

from typing import Any

import pytest

from horizon.access import tokens
from horizon.access.permissions import Actor
from horizon.access.policy import Scope
from horizon.inventory.models import Application, Event, TemplateRelease
from tests.api.conftest import Call, caller
from tests.api.world import World, made, names, speaking


@pytest.fixture
def world(ann: Actor, deployment: TemplateRelease) -> World:
    return made(ann, deployment)


@pytest.mark.parametrize("thing", ["clusters/shop-test", "applications/shop"])
def test_tags_are_replaced_with_an_event_of_before_and_after(world: World, call: Call, thing: str) -> None:
    call("put", f"{thing}/tags", {"tags": {"team": "blue", "critical": ""}})

    answer = call("put", f"{thing}/tags", {"tags": {"team": "red"}})

    event = Event.objects.filter(action="tag").first()
    assert answer.data == {"tags": {"team": "red"}}
    assert call("get", thing).data["tags"] == {"team": "red"}
    assert event.details == {"before": {"critical": "", "team": "blue"}, "after": {"team": "red"}}
    assert event.thing == thing.replace("s/", " ")
    assert (event.actor, event.title) == ("ann", f"Tag {event.thing}: team=red")


def test_the_same_tags_again_leave_no_event(world: World, call: Call) -> None:
    for tags in ({"a": "1", "b": ""}, {"b": "", "a": "1"}):
        call("put", "clusters/shop-test/tags", {"tags": tags})

    assert Event.objects.filter(action="tag").count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"tags": None},
        {"tags": ["a"]},
        {"tags": {"a": None}},
        {"tags": {"a": {"b": 1}}},
        {"tags": {"": "x"}},
        {"tags": {"a b": "x"}},
        {"tags": {"a=b": "x"}},
        {"tags": {"-a": "x"}},
        {"tags": {"a": "x\n"}},
        {"tags": {"a": "é"}},
        {"tags": {"a" * 64: "x"}},
        {"tags": {"a": "x" * 64}},
        {"tags": {f"key-{number}": "" for number in range(21)}},
        {"tags": {}, "more": 1},
    ],
)
def test_tags_are_bounded(world: World, call: Call, body: Any) -> None:
    call("put", "clusters/shop-test/tags", {"tags": {"kept": "1"}})

    answer = call("put", "clusters/shop-test/tags", body)

    assert (answer.status_code, answer.data["code"] in ("tags", "body")) == (400, True)
    assert call("get", "clusters/shop-test").data["tags"] == {"kept": "1"}


def test_tags_take_the_right_to_edit(world: World) -> None:
    shop = Application.objects.get(name="shop")
    answers = [speaking(world.person(role, (role, shop)))("put", "clusters/shop-test/tags", {"tags": {}}) for role in ("guest", "sre", "developer")]

    assert [answer.status_code for answer in answers] == [403, 403, 200]


def test_favourites_are_ones_own(world: World) -> None:
    bob, carol = speaking(world.person("bob")), speaking(world.person("carol"))

    statuses = [bob("put", "clusters/shop-test/favourite").status_code for _ in range(2)]

    assert statuses == [204, 204]
    assert (names(bob, "clusters?favourite=true"), names(carol, "clusters?favourite=true")) == (["shop-test"], [])
    assert [item["favourite"] for item in bob("get", "clusters?application=shop").data["items"]] == [False, True]
    assert (bob("get", "clusters/shop-test").data["favourite"], carol("get", "clusters/shop-test").data["favourite"]) == (True, False)
    assert [bob("delete", "clusters/shop-test/favourite").status_code for _ in range(2)] == [204, 204]
    assert names(bob, "clusters?favourite=true") == []


def test_what_one_may_no_longer_see_is_no_favourite(world: World, call: Call) -> None:
    bob = speaking(world.person("bob"))
    bob("put", "clusters/shop-test/favourite")

    call("patch", "groups/open", {"private": True})

    assert names(bob, "clusters?favourite=true") == []
    assert bob("put", "clusters/shop-test/favourite").status_code == 404


def test_a_token_that_only_reads_chooses_no_favourites(world: World) -> None:
    bob = world.person("bob")
    reader = caller(tokens.create(bob.user, name="r", scope=Scope.READ)[1])

    assert reader("put", "clusters/shop-test/favourite").status_code == 403
    assert reader("delete", "clusters/shop-test/favourite").status_code == 403
