"""People, groups, an application, clusters and runs for calls of the whole API, and what one calls them by."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model

from horizon.access import groups, links, members, people, robots, tokens
from horizon.access.permissions import Actor
from horizon.access.policy import Role, Scope
from horizon.delivery import create, places
from horizon.delivery.application import read
from horizon.delivery.models import Pipelinerun
from horizon.inventory.models import Application, Cluster, Environment, Region, TemplateRelease
from tests.fixtures import deploy, replicas

PASSWORD = "correct horse battery"
NAMES: dict[str, list[Any]] = {
    "groups": ["payments", "payments/refunds", "board"],
    "applications": ["checkout"],
    "clusters": ["checkout-test", "checkout-dev"],
    "people": ["carol", "bob", "ann"],
    "members": ["carol", "payments-ci", "bob"],
    "robots": ["payments-ci"],
    "environments": ["staging", "test"],
    "regions": ["north", "local"],
}
FREE = {
    **{f"/api/v1/{kind}": "made-by-hand" for kind in ("groups", "people", "robots", "applications", "clusters", "environments", "regions")},
    "/api/v1/members": "bob",
}


@dataclass
class Rows:
    """What exists: the data folder, a token of each person, values by what paths, queries and bodies call them, the revisions of the first
    cluster and application, and names that are free by where they are given."""

    folder: Path
    tokens: dict[str, str]
    parts: dict[str, list[Any]]
    fields: dict[str, list[Any]]
    seen: dict[str, str]
    free: dict[str, str]


def make_rows(folder: Path, release: TemplateRelease) -> Rows:
    """Make the rows by the platform's own flows, with their repositories in the data folder."""
    ann = Actor(get_user_model().objects.create_superuser("ann", "ann@example.test", PASSWORD))
    places.add_environment("staging", 3, actor=ann)
    places.add_region("north", "local", places.Look(), actor=ann)
    payments = groups.create("payments", parent=None, description="", private=False, actor=ann)
    groups.create("refunds", parent=payments, description="", private=False, actor=ann)
    groups.create("board", parent=None, description="", private=True, actor=ann)
    carol, invitation = people.create("carol", people.Standing("carol@example.test"), actor=ann)
    bob, _ = people.create("bob", people.Standing(""), actor=ann)
    bob.set_password(PASSWORD)
    bob.save()
    robot = robots.create("payments-ci", payments, role=Role.DEVELOPER, description="", actor=ann)
    members.add(payments, carol, Role.DEVELOPER, actor=ann)
    application = create.application(create.NewApplication("checkout", payments, release.template), actor=ann)
    clusters = [_released(*new, application, ann) for new in (("checkout-test", "a:v1"), ("checkout-dev", "a:v2"))]
    seen = {"clusters": replicas(clusters[0], 2, ann).sha, "applications": read(application, None).revision}
    made = [tokens.create(user, name="made", scope=Scope.WRITE)[0].pk for user in (ann.user, carol, robot.user)]
    parts = {
        **NAMES,
        "templates": [release.template.name],
        "releases": [release.version],
        "charts": [f"{release.template.name}-{release.chart_version}"],
        "pipelineruns": list(Pipelinerun.objects.order_by("pk").values_list("pk", flat=True)),
        "tokens": made,
        "tokens of robots": [made[2]],
        "links": [invitation.secret, links.issue(bob, actor=ann).secret],
        "git": [cluster.pk for cluster in clusters],
    }
    callers = {"administrator": ann.user, "developer": carol}
    secrets = {who: tokens.create(user, name="calls", scope=Scope.WRITE)[1] for who, user in callers.items()}
    return Rows(folder, secrets, parts, _fields(parts, [*seen.values(), *(cluster.master for cluster in clusters)]), seen, FREE)


def _fields(parts: dict[str, list[Any]], shas: list[str]) -> dict[str, list[Any]]:
    """Values of queries, headers and bodies by their names."""
    plural = ("group", "application", "cluster", "template", "release", "pipelinerun")
    return {
        **{name: parts[f"{name}s"] for name in plural},
        "parent": parts["groups"],
        "actor": parts["people"],
        "environment": ["test"],
        "region": ["local"],
        "search": ["check"],
        "source": ["checkout-dev", "checkout-test", *shas],
        "base": shas,
        "before": shas,
        "after": shas,
        "service": ["git-upload-pack"],
        "name": ["made-by-hand", "carol", "bob"],
        "If-Match": [f'"{sha}"' for sha in shas],
        "password": [PASSWORD],
        "image": ["a:v2"],
        "since": ["2020-01-01T00:00:00Z"],
        "until": ["2099-01-01T00:00:00Z"],
        "config": [{"app": {"spec": {"replicas": 3}}}],
        "patch": [{"app": {"port": 9000}}],
    }


def _released(name: str, image: str, application: Application, ann: Actor) -> Cluster:
    test, _ = Environment.objects.get_or_create(name="test")
    local, _ = Region.objects.get_or_create(name="local")
    new = create.NewCluster(name, application, test, local, image=image, config={"app": {"spec": {"replicas": 1}}})
    cluster = create.cluster(new, actor=ann)
    deploy(cluster, ann)
    return cluster
