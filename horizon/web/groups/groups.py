"""Groups: the tree of those that one may see, and one group with what lies in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse

from horizon.access import groups, lists
from horizon.access.models import Robot
from horizon.access.permissions import Actor, verbs, visible_applications, visible_clusters, visible_groups
from horizon.access.policy import Verb
from horizon.inventory import tree
from horizon.inventory.models import Application, Group
from horizon.web.base import Page
from horizon.web.groups import members
from horizon.web.listing import Asked, number

_SIZE = 100
_APPLICATIONS = 50


@dataclass(frozen=True)
class Row:
    """A group in the tree: how deep it stands below those that are listed, its path from there, and how much is in it and below."""

    group: Group
    depth: int
    label: str
    applications: int
    clusters: int


@dataclass(frozen=True)
class Step:
    """A group on the way from the root; `open` where one may see it."""

    name: str
    path: str
    open: bool


class Groups(Page):
    """`/groups`"""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The tree, or the groups whose path has in it what is searched for."""
        asked = Asked(self.actor, request.GET)
        found = lists.filtered(asked, visible_groups(self.actor), {"search": groups.FILTERS["search"]}).order_by("path")
        page = number(asked.query("page"))
        rows = list(found[(page - 1) * _SIZE : page * _SIZE + 1])
        return self.show(
            "web/parts/groups.html" if self.partly else "web/groups.html",
            nav="applications",
            rows=nested(self.actor, rows[:_SIZE]),
            search=asked.query("search"),
            before=page - 1,
            after=page + 1 if len(rows) > _SIZE else 0,
            makes_roots=groups.makes_roots(self.actor),
        )


class OneGroup(Page):
    """`/groups/{path}`"""

    def get(self, request: HttpRequest, path: str) -> HttpResponse:
        """What is in the group, who belongs to it, and what one may do to it."""
        group = self.group(path, Verb.VIEW)
        may = verbs(self.actor, group)
        applications = visible_applications(self.actor).filter(group=group, archived_at=None)
        subgroups = list(visible_groups(self.actor).filter(parent=group).order_by("path")[: _SIZE + 1])
        return self.show(
            "web/group.html",
            nav="applications",
            group=group,
            may={verb.value for verb in may},
            steps=steps(self.actor, group)[:-1],
            subgroups=nested(self.actor, subgroups[:_SIZE], within=group),
            more=len(subgroups) > _SIZE,
            applications=applications.select_related("template").order_by("name")[:_APPLICATIONS],
            total=applications.count(),
            clusters=visible_clusters(self.actor).filter(application__group__in=_below(group), archived_at=None).count(),
            robots=Robot.objects.filter(group=group).select_related("user"),
            **members.belonging(self.actor, group, may),
        )


def nested(actor: Actor, found: Iterable[Group], *, within: Group | None = None) -> list[Row]:
    """Groups in the order of the tree, each below the nearest one above it that is listed as well, else `within` this one."""
    rows, above = list[Row](), list[str]()
    listed = sorted(found, key=lambda group: group.path.split("/"))
    applications, clusters = _counted(actor, listed)
    for group in listed:
        while above and not group.path.startswith(f"{above[-1]}/"):
            above.pop()
        nearest = above[-1] if above else within.path if within else ""
        label = group.path.removeprefix(f"{nearest}/")
        rows.append(Row(group, len(above), label, applications[group.path], clusters[group.path]))
        above.append(group.path)
    return rows


def steps(actor: Actor, group: Group) -> list[Step]:
    """The way from the root to the group."""
    names = group.path.split("/")
    paths = ["/".join(names[: place + 1]) for place in range(len(names))]
    seen = set(visible_groups(actor).filter(path__in=paths).values_list("path", flat=True))
    return [Step(name, path, path in seen) for name, path in zip(names, paths, strict=True)]


def _counted(actor: Actor, listed: list[Group]) -> tuple[dict[str, int], dict[str, int]]:
    """How many applications and clusters that one may see lie in each of the groups and below it, by path."""
    have, hold = ({group.path: 0 for group in listed} for _ in range(2))
    if not listed:
        return have, hold
    inside = Application.objects.order_by().filter(group__in=_below(*listed)).values("pk")
    clusters = visible_clusters(actor).filter(application__in=inside, archived_at=None).order_by()
    of_application = dict(clusters.values_list("application").annotate(Count("pk")))
    for key, path in visible_applications(actor).filter(pk__in=inside, archived_at=None).order_by().values_list("pk", "group__path"):
        for above in (path[:end] for end, letter in enumerate(f"{path}/") if letter == "/"):
            if above in have:
                have[above] += 1
                hold[above] += of_application.get(key, 0)
    return have, hold


def _below(*groups: Group) -> "QuerySet[Any]":
    """All that lies at the groups or below; those that lie below another of them are asked for once."""
    paths = {group.path for group in groups}
    tops = [path for path in paths if not any(path[:end] in paths for end, letter in enumerate(path) if letter == "/")]
    return Group.objects.order_by().filter(reduce(or_, map(tree.below, tops))).values("pk")
