"""A large installation in rows alone: groups in a tree, some private, applications, and clusters without repositories."""

import random
from collections.abc import Iterator

from django.contrib.auth import get_user_model

from horizon.access import tokens
from horizon.access.models import Favourite, Membership
from horizon.access.policy import Scope
from horizon.inventory.models import Application, Cluster, Environment, Group, Region, Tag, Template, TemplateRelease
from horizon.inventory.tree import hide

_ENVIRONMENTS, _REGIONS = ("dev", "test", "pre", "online", "local"), ("north", "east", "south", "west")
_SYNC = {"Synced": 85, "OutOfSync": 8, "NotDeployed": 5, "Unknown": 2}
_HEALTH = {"Healthy": 85, "Degraded": 5, "Progressing": 3, "Missing": 1, "Unknown": 6}
_AT_ONCE = 2_000


def fill(clusters: int, *, applications: int, groups: int) -> dict[str, str]:
    """Make it; the secrets of the administrator `ann` and of `bob`, who holds a few roles."""
    chance = random.Random(1)
    made = _groups(groups)
    services = _applications(applications, made)
    _clusters(clusters, services, chance)
    _tags(chance)
    return _people(made, services)


def _groups(count: int) -> list[Group]:
    """Ten at the root, a hundred below them, the rest below those; every fifth root group and every ninth of the others is private."""
    found: list[Group] = []
    for number in range(count):
        parent = None if number < 10 else found[number % 10] if number < 110 else found[10 + number % 100]
        name, private = f"group-{number}", number % (5 if parent is None else 9) == 3
        path = f"{parent.path}/{name}" if parent else name
        found.append(Group.objects.create(name=name, path=path, parent=parent, private=private, hidden=private))
    for group in found[:10]:
        hide(group.path)
    return found


def _applications(count: int, groups: list[Group]) -> list[Application]:
    template = Template.objects.create(name="deployment")
    rows = [Application(name=f"app-{number}", group=groups[number % len(groups)], template=template, ready=True) for number in range(count)]
    return Application.objects.bulk_create(rows, batch_size=_AT_ONCE)


def _clusters(count: int, applications: list[Application], chance: random.Random) -> None:
    environments = [Environment.objects.create(name=name, position=place) for place, name in enumerate(_ENVIRONMENTS)]
    regions = [Region.objects.create(name=name) for name in _REGIONS]
    releases = [_release(applications[0].template, number) for number in range(6)]

    def rows() -> Iterator[Cluster]:
        for number in range(count):
            application, environment = applications[number % len(applications)], chance.choice(environments)
            yield Cluster(
                name=f"{application.name}-{environment.name}-{number}",
                application=application,
                environment=environment,
                region=chance.choice(regions),
                release=chance.choice(releases),
                namespace=f"{environment.name}-{application.group_id}",
                ready=True,
                gitops=f"{number:040x}",
                master=f"{number:040x}",
                pending=chance.random() < 0.1,
                image=f"registry.example.test/{application.name}:v{number}",
                sync=chance.choices([*_SYNC], [*_SYNC.values()])[0],
                health=chance.choices([*_HEALTH], [*_HEALTH.values()])[0],
            )

    Cluster.objects.bulk_create(rows(), batch_size=_AT_ONCE)


def _release(template: Template, number: int) -> TemplateRelease:
    """With an archive as large as a real one: a list must not read it."""
    version, content = f"v0.{number}.0", b"x" * 8_000
    return TemplateRelease.objects.create(
        template=template, version=version, chart_version=f"{version}-0", digest=f"{number:064x}", archive=content, archive_digest=f"{number:064x}"
    )


def _tags(chance: random.Random) -> None:
    """A team on every cluster, and a label on one in a hundred."""
    keys = Cluster.objects.order_by("pk").values_list("pk", flat=True)
    teams = [Tag(cluster_id=key, key="team", value=f"team-{key % 50}") for key in keys]
    labels = [Tag(cluster_id=key, key="critical") for key in keys if chance.random() < 0.01]
    Tag.objects.bulk_create([*teams, *labels], batch_size=_AT_ONCE)


def _people(groups: list[Group], applications: list[Application]) -> dict[str, str]:
    ann = get_user_model().objects.create_superuser("ann")
    bob = get_user_model().objects.create_user("bob")
    some = Cluster.objects.order_by("pk")[:40]
    Membership.objects.create(user=bob, role="developer", group=groups[3])
    Membership.objects.create(user=bob, role="owner", group=groups[48])
    Membership.objects.create(user=bob, role="owner", application=applications[8])
    Membership.objects.create(user=bob, role="sre", application=applications[93])
    Membership.objects.create(user=bob, role="guest", cluster=some[21])
    Favourite.objects.bulk_create(Favourite(user=person, cluster=cluster) for person in (ann, bob) for cluster in some[:20])
    return {user.get_username(): tokens.create(user, name="bench", scope=Scope.READ)[1] for user in (ann, bob)}
