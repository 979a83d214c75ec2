"""A small company in rows alone: groups that are public, private and within a private one, applications and clusters without repositories."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model

from horizon.access import groups, tokens
from horizon.access.models import Membership
from horizon.access.permissions import Actor
from horizon.access.policy import Scope
from horizon.inventory.models import Application, Cluster, Environment, Group, Region, TemplateRelease
from tests.api.conftest import Call, caller

_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)

APPLICATIONS = {"shop": "open", "till": "open/inner", "vault": "closed", "safe": "closed/deep", "mint": "closed/deep/er"}
"""Each application with the path of its group; `closed` alone is private."""


@dataclass(frozen=True)
class World:
    """What was made; two clusters of each application, `<application>-test` and `<application>-online`."""

    admin: Actor
    release: TemplateRelease

    def person(self, name: str, *roles: tuple[str, Any]) -> Actor:
        """Somebody new who holds these roles, each on a thing."""
        user = get_user_model().objects.create_user(name)
        for role, thing in roles:
            Membership.objects.create(user=user, role=role, **{type(thing).__name__.lower(): thing})
        return Actor(user)

    def cluster(self, name: str, application: Application, environment: Environment, region: Region) -> Cluster:
        """One more row."""
        namespace = f"{environment}-{application.group_id}"
        row = Cluster(name=name, application=application, environment=environment, region=region, release=self.release, namespace=namespace)
        row.ready = True
        row.save()
        Cluster.objects.filter(pk=row.pk).update(created_at=_BEGINNING + timedelta(days=row.pk))
        return row


def made(admin: Actor, release: TemplateRelease) -> World:
    """The company, owned by an administrator."""
    world, regions = World(admin, release), [Region.objects.create(name=name) for name in ("north", "south")]
    environments = [Environment.objects.create(name=name, position=place) for place, name in enumerate(("test", "online"))]
    for path in ("open", "open/inner", "closed", "closed/deep", "closed/deep/er"):
        parent, _, name = path.rpartition("/")
        above = Group.objects.get(path=parent) if parent else None
        groups.create(name, parent=above, description="", private=path == "closed", actor=admin)
    for place, (name, path) in enumerate(APPLICATIONS.items()):
        group = Group.objects.get(path=path)
        application = Application.objects.create(name=name, group=group, template=release.template, ready=True, priority=f"P{place % 4}")
        for environment, region in zip(environments, regions, strict=True):
            world.cluster(f"{name}-{environment}", application, environment, region)
    return world


def speaking(actor: Actor, **bound: Any) -> Call:
    """The API as this person, by a token that may be bound."""
    return caller(tokens.create(actor.user, name="lists", scope=Scope.WRITE, **bound)[1])


def names(call: Call, path: str) -> list[str]:
    """The names in a list, which must be whole."""
    answer = call("get", path)
    assert answer.status_code == 200, answer.data
    assert answer.data["total"] == len(answer.data["items"])
    return [item["name"] for item in answer.data["items"]]
