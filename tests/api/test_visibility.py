"""What somebody may not see is in no list, no total and no count: lists say what `require` says, thing by thing."""

from typing import Any

import pytest

from horizon.access import groups
from horizon.access.permissions import Actor, verbs
from horizon.access.policy import Verb
from horizon.delivery.models import Pipelinerun
from horizon.inventory.models import Application, Cluster, Group, TemplateRelease
from tests.api.conftest import Call
from tests.api.world import World, made, names, speaking


@pytest.fixture
def world(ann: Actor, deployment: TemplateRelease) -> World:
    return made(ann, deployment)


def group(path: str) -> Group:
    return Group.objects.get(path=path)


def application(name: str) -> Application:
    return Application.objects.get(name=name)


def cluster(name: str) -> Cluster:
    return Cluster.objects.get(name=name)


def may_see(actor: Actor, kind: type[Any]) -> set[str]:
    return {thing.name for thing in kind.objects.all() if Verb.VIEW in verbs(actor, thing)}


ROLES = {
    "none": [],
    "the private group": [("guest", lambda: group("closed"))],
    "a group within it": [("developer", lambda: group("closed/deep"))],
    "the lowest group": [("sre", lambda: group("closed/deep/er"))],
    "a public group": [("owner", lambda: group("open"))],
    "an application": [("guest", lambda: application("vault"))],
    "a cluster": [("developer", lambda: cluster("mint-online"))],
    "several": [("guest", lambda: cluster("vault-test")), ("owner", lambda: application("safe")), ("guest", lambda: group("open/inner"))],
}


@pytest.mark.parametrize("held", ROLES.values(), ids=ROLES)
def test_lists_hold_what_one_may_see_and_no_more(world: World, held: list[Any]) -> None:
    bob = world.person("bob", *((role, thing()) for role, thing in held))
    for row in Cluster.objects.all():
        Pipelinerun.objects.create(cluster=row, action="deploy", source="", base="", state="ok")
    call, seen = speaking(bob), may_see(bob, Cluster)

    assert set(names(call, "clusters")) == seen
    assert set(names(call, "applications")) == may_see(bob, Application)
    assert set(names(call, "groups")) == may_see(bob, Group)
    assert {item["cluster"] for item in call("get", "pipelineruns").data["items"]} == seen
    assert call("get", "pipelineruns").data["total"] == len(seen)
    assert_counted(call, len(seen))
    assert seen >= {"shop-test", "shop-online", "till-test", "till-online"}


def assert_counted(call: Call, number: int) -> None:
    found = call("get", "cluster-counts").data
    assert (found["total"], found["pending"], sum(found["sync"].values()), sum(found["health"].values())) == (number,) * 4


@pytest.mark.parametrize("query", ["group=closed", "application=vault", "search=vault", "owner=ann", "tag=gold", "health=Unknown"])
def test_no_filter_finds_what_one_may_not_see(world: World, call: Call, query: str) -> None:
    call("put", "clusters/vault-test/tags", {"tags": {"gold": ""}})
    bob = speaking(world.person("bob"))

    assert [name for name in names(bob, f"clusters?{query}") if name.startswith("vault")] == []
    assert bob("get", f"cluster-counts?{query}&application=vault").data["total"] == 0


def test_a_token_of_one_thing_lists_that_alone(world: World) -> None:
    bob = world.person("bob", ("developer", group("closed")))
    of_cluster, of_application = (speaking(bob, cluster=cluster("vault-test")), speaking(bob, application=application("vault")))

    assert (names(of_cluster, "clusters"), names(of_cluster, "applications"), names(of_cluster, "groups")) == (["vault-test"], [], [])
    assert (names(of_application, "clusters"), names(of_application, "applications")) == (["vault-online", "vault-test"], ["vault"])
    assert_counted(of_cluster, 1)
    assert_counted(of_application, 2)


def test_a_token_outlives_no_role(world: World) -> None:
    bob = world.person("bob", ("developer", group("closed")))
    calls = [speaking(bob, cluster=cluster("vault-test")), speaking(bob, application=application("vault"))]
    bob.user.memberships.all().delete()

    assert [names(call, path) for call in calls for path in ("clusters", "applications", "pipelineruns")] == [[]] * 6
    assert [call("get", "cluster-counts").data["total"] for call in calls] == [0, 0]


def test_a_token_of_an_administrator_that_is_bound_lists_that_alone(world: World) -> None:
    call = speaking(world.admin, cluster=cluster("safe-online"))

    assert names(call, "clusters") == ["safe-online"]
    assert_counted(call, 1)


# -- groups change


@pytest.fixture
def bob(world: World) -> Call:
    return speaking(world.person("bob"))


def listed(call: Call) -> set[str]:
    return {name.partition("-")[0] for name in names(call, "clusters")}


def test_a_group_made_private_goes_with_all_below_and_comes_back(world: World, bob: Call, call: Call) -> None:
    call("patch", "groups/open", {"private": True})
    hidden = listed(bob)
    call("patch", "groups/open", {"private": False})

    assert hidden == set()
    assert listed(bob) == {"shop", "till"}


def test_what_is_private_itself_stays_so_when_the_group_above_is_public(world: World, bob: Call, call: Call) -> None:
    call("patch", "groups/closed/deep", {"private": True})
    call("patch", "groups/closed", {"private": False})

    assert listed(bob) == {"shop", "till", "vault"}


def test_a_group_moved_into_a_private_one_is_hidden_and_moved_out_shown(world: World, bob: Call, call: Call) -> None:
    call("patch", "groups/open/inner", {"parent": "closed/deep"})
    inside = listed(bob)
    call("patch", "groups/closed/deep", {"parent": "open"})

    assert inside == {"shop"}
    assert listed(bob) == {"shop", "till", "safe", "mint"}


def test_a_group_made_within_a_private_one_is_hidden(world: World, bob: Call, call: Call) -> None:
    call("post", "groups", {"name": "new", "parent": "closed/deep"})

    assert call("get", "groups/closed/deep/new").status_code == 200
    assert bob("get", "groups/closed/deep/new").status_code == 404
    assert "new" not in names(bob, "groups")


def test_every_group_knows_whether_it_is_hidden(world: World, call: Call) -> None:
    call("patch", "groups/closed", {"name": "shut"})
    call("post", "groups", {"name": "open-2", "parent": "open", "private": True})
    call("patch", "groups/open/inner", {"parent": "open/open-2"})
    groups.change(group("open"), groups.Look("moved", False), actor=world.admin)

    private = [row.path for row in Group.objects.filter(private=True)]
    wanted = {row.path: any(f"{row.path}/".startswith(f"{path}/") for path in private) for row in Group.objects.all()}

    assert dict(Group.objects.values_list("path", "hidden")) == wanted
    assert set(wanted.values()) == {True, False}
