"""Every route, for every role and every token's scope, on one's own, foreign and private things, against the table of DESIGN section 9."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction

from horizon.access import groups, links, robots, tokens
from horizon.access.models import Membership
from horizon.access.permissions import Actor
from horizon.access.policy import Role, Scope
from horizon.api import urls
from horizon.delivery import launch
from horizon.inventory.models import Cluster, Group
from tests.api.conftest import Call, caller
from tests.fixtures import carry, replicas
from tests.test_docs import routes

# The table as DESIGN has it: what each role may. "Deploy, rollback, free" is one column of it.
ALLOWED = {
    "guest": {"view"},
    "developer": {"view", "edit", "deploy"},
    "sre": {"view", "deploy", "override", "vote"},
    "maintainer": {"view", "edit", "deploy", "members", "delete"},
    "owner": {"view", "edit", "deploy", "override", "vote", "members", "delete"},
}
SCOPES = {"read": {"view"}, "ci": {"view", "ci"}, "write": {"view", "ci", "edit", "deploy", "override", "vote", "members", "delete"}}
"""`ci` is what CI does of the column "deploy": post output, deploy."""


@dataclass(frozen=True)
class Route:
    """A call: what it takes, and the answer of those who may is none of 401, 403, 404."""

    takes: str
    address: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


PUBLIC, SIGNED_IN, PERSON, ADMIN = "public", "signed in", "person", "admin"
"""Of routes that no role decides: nobody is asked, everybody who is signed in, nobody whose token is limited, administrators."""


def table(place: "Place") -> dict[tuple[str, str], list[Route]]:
    """All routes with the column that decides; several calls where the body decides."""
    cluster, application, group = f"clusters/{place.cluster}", f"applications/{place.cluster.application}", f"groups/{place.group.path}"
    release = f"templates/deployment/releases/{place.cluster.release.version}"
    run, ended = f"pipelineruns/{place.queued}", f"pipelineruns/{place.ended}"
    new_cluster = {"name": "new", "application": str(place.cluster.application), "environment": "test", "region": "local"}
    member = {"group": place.group.path, "name": "newcomer", "role": "developer"}
    robot = {"name": "new-robot", "group": place.group.path, "role": "developer"}
    return {
        ("POST", "/session"): [Route(PUBLIC, "session", {"name": "a", "password": "b"})],
        ("DELETE", "/session"): [Route(SIGNED_IN, "session")],
        ("GET", "/links/{secret}"): [Route(PUBLIC, f"links/{place.link}")],
        ("POST", "/links/{secret}"): [Route(PUBLIC, f"links/{place.link}", {"password": "x"})],
        ("GET", "/me"): [Route(SIGNED_IN, "me")],
        ("PUT", "/me/password"): [],
        ("GET", "/people"): [Route(SIGNED_IN, "people")],
        ("POST", "/people"): [Route(ADMIN, "people", {"name": "somebody"})],
        ("GET", "/people/{name}"): [Route(SIGNED_IN, "people/newcomer")],
        ("PATCH", "/people/{name}"): [Route(ADMIN, "people/newcomer", {"email": "a@example.test"})],
        ("POST", "/people/{name}/reset"): [Route(ADMIN, "people/newcomer/reset")],
        ("GET", "/members"): [
            Route("view", f"members?group={place.group.path}"),
            Route("view", f"members?application={place.cluster.application}"),
            Route("view", f"members?cluster={place.cluster}"),
        ],
        ("POST", "/members"): [Route("members", "members", member), Route("owner", "members", {**member, "role": "owner"})],
        ("PATCH", "/members/{name}"): [Route("members", "members/member", {"group": place.group.path, "role": "guest"})],
        ("DELETE", "/members/{name}"): [Route("members", f"members/member?group={place.group.path}")],
        ("GET", "/robots"): [Route("view", f"robots?group={place.group.path}")],
        ("POST", "/robots"): [Route("members", "robots", robot)],
        ("GET", "/robots/{name}"): [Route("view", f"robots/{place.robot}")],
        ("DELETE", "/robots/{name}"): [Route("members", f"robots/{place.robot}")],
        ("GET", "/robots/{name}/tokens"): [Route("members", f"robots/{place.robot}/tokens")],
        ("POST", "/robots/{name}/tokens"): [Route("members", f"robots/{place.robot}/tokens", {"name": "t", "scope": "read"})],
        ("DELETE", "/robots/{name}/tokens/{key}"): [Route("members", f"robots/{place.robot}/tokens/{place.robot_token}")],
        ("GET", "/events"): [
            Route(SIGNED_IN, "events"),
            Route("view", f"events?cluster={place.cluster}"),
            Route("view", f"events?group={place.group}"),
        ],
        ("GET", "/events/export"): [Route(SIGNED_IN, "events/export"), Route("view", f"events/export?application={place.cluster.application}")],
        ("GET", "/groups"): [Route(SIGNED_IN, "groups")],
        ("POST", "/groups"): [Route("edit", "groups", {"name": "inner", "parent": place.group.path}), Route(PERSON, "groups", {"name": "root"})],
        ("GET", "/groups/{path}"): [Route("view", group)],
        ("PATCH", "/groups/{path}"): [
            Route("edit", group, {"description": "x"}),
            Route("members", group, {"private": not place.group.private}),
            Route("delete", group, {"name": "renamed"}),
        ],
        ("DELETE", "/groups/{path}"): [Route("delete", group)],
        ("GET", "/applications"): [Route(SIGNED_IN, "applications")],
        ("POST", "/applications"): [Route("edit", "applications", {"name": "new", "group": place.group.path, "template": "deployment"})],
        ("GET", "/applications/{name}"): [Route("view", application)],
        ("PATCH", "/applications/{name}"): [
            Route("edit", application, {"description": "x"}),
            Route("delete", application, {"group": place.group.path}),
        ],
        ("GET", "/applications/{name}/bring"): [Route("view", f"{application}/bring")],
        ("POST", "/applications/{name}/bring"): [Route("edit", f"{application}/bring", {"clusters": [str(place.cluster)]})],
        ("DELETE", "/applications/{name}"): [Route("delete", application)],
        ("POST", "/applications/{name}/restore"): [Route("delete", f"{application}/restore")],
        ("POST", "/applications/{name}/purge"): [Route("delete", f"{application}/purge")],
        ("GET", "/applications/{name}/config"): [Route("view", f"{application}/config")],
        ("PUT", "/applications/{name}/config"): [Route("edit", f"{application}/config", {})],
        ("PATCH", "/applications/{name}/config"): [Route("edit", f"{application}/config", {})],
        ("GET", "/clusters"): [Route(SIGNED_IN, "clusters")],
        ("GET", "/cluster-counts"): [Route(SIGNED_IN, "cluster-counts")],
        ("PUT", "/clusters/{name}/tags"): [Route("edit", f"{cluster}/tags", {"tags": {"a": "b"}})],
        ("PUT", "/clusters/{name}/favourite"): [Route("view and person", f"{cluster}/favourite")],
        ("DELETE", "/clusters/{name}/favourite"): [Route("view and person", f"{cluster}/favourite")],
        ("PUT", "/applications/{name}/tags"): [Route("edit", f"{application}/tags", {"tags": {"a": "b"}})],
        ("GET", "/pipelineruns"): [Route(SIGNED_IN, "pipelineruns")],
        ("POST", "/clusters"): [Route("edit", "clusters", new_cluster)],
        ("GET", "/clusters/{name}"): [Route("view", cluster)],
        ("PATCH", "/clusters/{name}"): [Route("edit", cluster, {"description": "x"})],
        ("POST", "/clusters/{name}/copy"): [Route("edit", f"{cluster}/copy", {"name": "copy"})],
        ("GET", "/clusters/{name}/upgrade"): [Route("view", f"{cluster}/upgrade?release={place.cluster.release.version}")],
        ("POST", "/clusters/{name}/upgrade"): [Route("edit", f"{cluster}/upgrade", {"release": place.cluster.release.version})],
        ("GET", "/clusters/{name}/records"): [Route("view", f"{cluster}/records")],
        ("POST", "/clusters/{name}/records"): [Route("edit", f"{cluster}/records")],
        ("POST", "/clusters/{name}/restore"): [Route("delete", f"{cluster}/restore")],
        ("POST", "/clusters/{name}/purge"): [Route("delete", f"{cluster}/purge")],
        ("GET", "/clusters/{name}/config"): [Route("view", f"{cluster}/config")],
        ("PUT", "/clusters/{name}/config"): [Route("edit", f"{cluster}/config", {})],
        ("PATCH", "/clusters/{name}/config"): [Route("edit", f"{cluster}/config", {})],
        ("GET", "/clusters/{name}/pipeline"): [Route("view", f"{cluster}/pipeline")],
        ("PUT", "/clusters/{name}/pipeline"): [Route("edit", f"{cluster}/pipeline", {})],
        ("POST", "/clusters/{name}/discard"): [Route("edit", f"{cluster}/discard", {})],
        ("GET", "/clusters/{name}/promote"): [Route("view", f"{cluster}/promote?source={place.cluster}")],
        ("POST", "/clusters/{name}/promote"): [
            Route("ci", f"{cluster}/promote", {"source": str(place.cluster)}),
            Route("edit", f"{cluster}/promote", {"source": str(place.cluster), "keys": ["application.yaml: deployment"]}),
        ],
        ("POST", "/clusters/{name}/image"): [
            Route("ci", f"{cluster}/image", {"image": "shop:v9"}),
            Route("ci", f"{cluster}/image", {"image": "shop:v9", "deploy": True}),
        ],
        ("GET", "/clusters/{name}/output"): [Route("view", f"{cluster}/output")],
        ("POST", "/clusters/{name}/output"): [Route("ci", f"{cluster}/output", {"image": "shop:v8"})],
        ("GET", "/clusters/{name}/pipelineruns"): [Route("view", f"{cluster}/pipelineruns")],
        ("POST", "/clusters/{name}/pipelineruns"): [
            Route("ci", f"{cluster}/pipelineruns", {"action": "deploy"}),
            Route("deploy", f"{cluster}/pipelineruns", {"action": "restart"}),
            Route("deploy", f"{cluster}/pipelineruns", {"action": "free"}),
            Route("delete", f"{cluster}/pipelineruns", {"action": "delete"}),
            Route("deploy", f"{cluster}/pipelineruns", {"action": "rollback", "pipelinerun": place.ended}),
            Route(
                "deploy and override",
                f"{cluster}/pipelineruns",
                {"action": "rollback", "pipelinerun": place.ended, "restore_overrides": True, "reason": "wrong"},
            ),
        ],
        ("GET", "/clusters/{name}/diff"): [Route("view", f"{cluster}/diff")],
        ("POST", "/clusters/{name}/diff"): [Route("view", f"{cluster}/diff", {"patch": {}})],
        ("GET", "/clusters/{name}/status"): [Route("view", f"{cluster}/status")],
        ("GET", "/clusters/{name}/resources"): [Route("view", f"{cluster}/resources")],
        ("GET", "/clusters/{name}/history"): [Route("view", f"{cluster}/history")],
        ("GET", "/pipelineruns/{key}"): [Route("view", run)],
        ("POST", "/pipelineruns/{key}/again"): [Route("deploy", f"{ended}/again")],
        ("POST", "/pipelineruns/{key}/cancel"): [Route("deploy", f"{run}/cancel")],
        ("GET", "/environments"): [Route(SIGNED_IN, "environments")],
        ("POST", "/environments"): [Route(ADMIN, "environments", {"name": "staging"})],
        ("GET", "/environments/{name}"): [Route(SIGNED_IN, "environments/test")],
        ("PATCH", "/environments/{name}"): [Route(ADMIN, "environments/test", {"position": 1})],
        ("DELETE", "/environments/{name}"): [Route(ADMIN, "environments/test")],
        ("GET", "/regions"): [Route(SIGNED_IN, "regions")],
        ("POST", "/regions"): [Route(ADMIN, "regions", {"name": "north"})],
        ("GET", "/regions/{name}"): [Route(SIGNED_IN, "regions/local")],
        ("PATCH", "/regions/{name}"): [Route(ADMIN, "regions/local", {"baseRegistry": "registry.test"})],
        ("DELETE", "/regions/{name}"): [Route(ADMIN, "regions/local")],
        ("GET", "/templates"): [Route(SIGNED_IN, "templates")],
        ("POST", "/templates"): [Route(ADMIN, "templates", {"url": "ftp://nowhere", "tag": "v1"})],
        ("GET", "/templates/{name}"): [Route(SIGNED_IN, "templates/deployment")],
        ("PATCH", "/templates/{name}"): [Route(ADMIN, "templates/deployment", {"description": "x"})],
        ("PATCH", "/templates/{name}/releases/{version}"): [Route(ADMIN, release, {"state": "recommended"})],
        ("GET", "/templates/{name}/releases/{version}/clusters"): [Route(SIGNED_IN, f"{release}/clusters")],
        ("GET", "/templates/{name}/releases/{version}"): [Route(SIGNED_IN, release)],
        ("GET", "/templates/{name}/releases/{version}/schema"): [Route(SIGNED_IN, f"{release}/schema")],
        ("POST", "/templates/{name}/releases/{version}/render"): [Route(SIGNED_IN, f"{release}/render", {})],
        ("GET", "/tokens"): [Route(SIGNED_IN, "tokens")],
        ("POST", "/tokens"): [Route(PERSON, "tokens", {"name": "more", "scope": "read"})],
        ("DELETE", "/tokens/{key}"): [],
        ("GET", "git"): [Route("view", f"/git/clusters/{place.cluster.pk}.git/info/refs?service=git-upload-pack")],
        ("POST", "git"): [Route("view", f"/git/clusters/{place.cluster.pk}.git/git-upload-pack", b"0000")],
    }


@dataclass(frozen=True)
class Place:
    """Where the calls go: a group with an application, a cluster with an ended and a queued run, a member and a robot."""

    group: Group
    cluster: Cluster
    ended: int
    queued: int
    robot: str
    robot_token: int
    link: str


@pytest.fixture
def place(deployed: Cluster, ann: Actor) -> Place:
    group = deployed.application.group
    member, newcomer = (get_user_model().objects.create_user(name) for name in ("member", "newcomer"))
    Membership.objects.create(user=member, group=group, role="developer")
    robot = robots.create("robot", group, role=Role.DEVELOPER, description="", actor=ann)
    token = tokens.make(robot.user, tokens.NewToken("t", Scope.CI), actor=ann)[0]
    replicas(deployed, 2, ann)
    queued = launch.deploy(deployed, launch.Order(ann)).run
    link = links.issue(newcomer, actor=ann).secret
    return Place(group, deployed, deployed.pipelineruns.order_by("pk").first().pk, queued.pk, "robot", token.pk, link)


def documented(pattern: str) -> str:
    """A route's key in the table."""
    return pattern.removeprefix("/api/v1")


def decided() -> list[tuple[str, str]]:
    """Every route whose answer somebody's rights decide: all but the charts and the description of the API, which are public."""
    apart = ("/charts/", "/git/", "/api/schema")
    described = [item for item in routes(urls.urlpatterns) if not item[1].startswith(apart) and item[1] != "/api/"]
    found = [(method, documented(pattern)) for method, pattern in described]
    return [*found, ("GET", "git"), ("POST", "git")]


def test_every_route_is_in_the_table(place: Place) -> None:
    assert sorted(table(place)) == sorted(decided())


def may(route: Route, allowed: set[str]) -> bool:
    if route.takes in (PUBLIC, SIGNED_IN, PERSON):
        return True
    if route.takes == "owner":
        return "vote" in allowed and "members" in allowed
    columns = {"ci": {"deploy"}, "deploy and override": {"deploy", "override"}, "view and person": {"view"}}.get(route.takes, {route.takes})
    return columns <= allowed


def answers(call: Call, place: Place) -> Iterator[tuple[Route, str, int]]:
    for (method, _), calls in table(place).items():
        for route in calls:
            with transaction.atomic():
                status = call(method, route.address, route.body, **route.headers).status_code
                transaction.set_rollback(True)
            yield route, f"{method} {route.address} {route.body or ''}", status


def person(name: str, *, role: str, on: Group) -> Call:
    user = get_user_model().objects.create_user(name)
    Membership.objects.create(user=user, role=role, group=on)
    return caller(tokens.create(user, name="all", scope=Scope.WRITE)[1])


@pytest.mark.parametrize("where", ["own", "foreign", "private"])
@pytest.mark.parametrize("role", list(ALLOWED))
def test_roles(role: str, where: str, place: Place, ann: Actor) -> None:
    elsewhere = groups.create("elsewhere", parent=None, description="", private=False, actor=ann)
    call = person("pat", role=role, on=place.group if where == "own" else elsewhere)
    Group.objects.filter(pk=place.group.pk).update(private=where == "private", hidden=where == "private")
    allowed = {"own": ALLOWED[role], "foreign": ALLOWED["guest"], "private": set()}[where]

    wrong = []
    for route, said, status in answers(call, place):
        hidden = where == "private" and route.takes not in (PUBLIC, SIGNED_IN, PERSON, ADMIN)
        refused = 404 if hidden else 403
        good = status not in (401, 403, 404) if may(route, allowed) else status == refused
        wrong += [] if good else [(said, status)]

    assert wrong == []


SCOPED = {"deploy and override": {"deploy"}, "owner": {"members"}, ADMIN: {"edit"}, PERSON: {"edit"}, "view and person": {"edit"}}


@pytest.mark.parametrize("scope", list(SCOPES))
def test_scopes(scope: str, place: Place, ann: Actor) -> None:
    call = caller(tokens.create(ann.user, name="t", scope=Scope(scope))[1])

    wrong = []
    for route, said, status in answers(call, place):
        columns = SCOPED.get(route.takes, {route.takes})
        good = route.takes in (PUBLIC, SIGNED_IN) or columns <= SCOPES[scope]
        wrong += [] if (status not in (401, 403, 404)) == good else [(said, status)]

    assert wrong == []


def test_without_a_sign_in_only_the_public_answers(place: Place) -> None:
    statuses = {(said, status) for route, said, status in answers(caller("wrong"), place) if route.takes != PUBLIC}

    assert {status for _, status in statuses} == {401}


@pytest.mark.parametrize("thing", ["application", "cluster"])
def test_a_role_on_a_thing_reaches_no_higher(thing: str, place: Place) -> None:
    user = get_user_model().objects.create_user("pat")
    held = place.cluster if thing == "cluster" else place.cluster.application
    Membership.objects.create(user=user, role="owner", **{thing: held})
    call = caller(tokens.create(user, name="all", scope=Scope.WRITE)[1])

    assert call("patch", f"clusters/{place.cluster}/config", {}).status_code == 200
    assert call("patch", f"applications/{place.cluster.application}/config", {}).status_code == (200 if thing == "application" else 403)
    assert call("patch", f"groups/{place.group}", {"description": "x"}).status_code == 403


def test_what_all_roles_allow_adds_up(place: Place) -> None:
    user = get_user_model().objects.create_user("pat")
    Membership.objects.create(user=user, role="sre", group=place.group)
    Membership.objects.create(user=user, role="developer", cluster=place.cluster)
    call = caller(tokens.create(user, name="all", scope=Scope.WRITE)[1])
    body = {"action": "rollback", "pipelinerun": place.ended, "restore_overrides": True, "reason": "wrong"}

    assert call("patch", f"clusters/{place.cluster}/config", {}).status_code == 200
    carry(place.cluster)
    assert call("post", f"clusters/{place.cluster}/pipelineruns", body).status_code == 202
    assert call("patch", f"applications/{place.cluster.application}/config", {}).status_code == 403
