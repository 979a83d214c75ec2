"""Clusters and applications found: the filters and sorts of their lists, and how many clusters there are in which state."""

from typing import Any, TypedDict

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from horizon.access import favourites, lists
from horizon.access.permissions import Actor, owned_clusters, visible_applications, visible_clusters
from horizon.delivery import tags
from horizon.engines.contract import Health, Sync
from horizon.inventory import tree
from horizon.inventory.models import Application, Cluster, Environment, Group, Priority, Region, Tag, Template, TemplateRelease

FILTERS: lists.Filters = {
    "application": lists.named("application", Application),
    "group": lambda asked, path: Q(application__in=Application.objects.order_by().filter(group__in=_groups(path)).values("pk")),
    "environment": lists.named("environment", Environment),
    "region": lists.named("region", Region),
    "template": lambda asked, name: Q(Exists(TemplateRelease.objects.filter(pk=OuterRef("release"), template__name=name))),
    "release": lambda asked, version: _of_release(asked.query("template"), version),
    "sync": lists.one_of("sync", "sync", Sync),
    "health": lists.one_of("health", "health", Health),
    "pending": lists.whether("pending", lambda actor: Q(pending=True)),
    "owner": lambda asked, name: owned_clusters(name),
    "tag": lambda asked, text: Q(pk__in=Tag.objects.order_by().filter(tags.tagged(text), cluster__isnull=False).values("cluster")),
    "favourite": lists.whether("favourite", lambda actor: Q(pk__in=favourites.of(actor).values("cluster"))),
    "search": lists.part("name"),
}
SORTS: lists.Sorts = {"name": ("name",), "created_at": ("created_at", "name"), "sync": ("sync", "name"), "health": ("health", "name")}
"""Each has an index of its own: a page costs the same whatever lies behind it."""

APPLICATION_FILTERS: lists.Filters = {
    "group": lambda asked, path: Q(group__in=_groups(path)),
    "template": lists.named("template", Template),
    "priority": lists.one_of("priority", "priority", Priority.values),
    "tag": lambda asked, text: Q(pk__in=Tag.objects.order_by().filter(tags.tagged(text), application__isnull=False).values("application")),
    "search": lists.part("name"),
}
APPLICATION_SORTS: lists.Sorts = {"name": ("name",), "created_at": ("created_at", "name"), "priority": ("priority", "name")}


class Counted(TypedDict):
    """How many clusters there are, and in which state."""

    total: int
    pending: int
    sync: dict[Sync, int]
    health: dict[Health, int]


def found(asked: lists.Asked, filters: lists.Filters = FILTERS) -> "QuerySet[Cluster]":
    """The clusters that one may see and asks for. Raises `Invalid`."""
    return lists.filtered(asked, lists.alive(asked, visible_clusters(asked.actor)), filters)


def found_applications(asked: lists.Asked) -> "QuerySet[Application]":
    """The applications that one may see and asks for. Raises `Invalid`."""
    return lists.filtered(asked, lists.alive(asked, visible_applications(asked.actor)), APPLICATION_FILTERS)


def counts(rows: "QuerySet[Cluster]") -> Counted:
    """How many of these there are, and in which state."""
    return _summed(list(rows.order_by().values_list("sync", "health", "pending").annotate(Count("pk"))))


def _summed(found: list[tuple[str, str, bool, int]]) -> Counted:
    """Numbers of rows by each state, from those of every combination that there is."""
    sync, health = ({str(word): 0 for word in words} for words in (Sync, Health))
    for of_sync, of_health, _, number in found:
        sync[of_sync] += number
        health[of_health] += number
    pending = sum(number for _, _, pending, number in found if pending)
    return {"total": sum(sync.values()), "pending": pending, "sync": sync, "health": health}


def whole(actor: Actor) -> "QuerySet[Cluster]":
    """Clusters with all that a list shows of them; without the archives of their releases."""
    rows = Cluster.objects.select_related("application__group", "environment", "region", "release__template").defer(
        "release__archive", "objects_seen"
    )
    return rows.prefetch_related("tags").annotate(favourite=Exists(favourites.of(actor).filter(cluster=OuterRef("pk"))))


def _of_release(template: str, version: str) -> Q:
    """Clusters of one release, or of all that have this version where no template is said."""
    releases = TemplateRelease.objects.order_by().filter(version=version)
    if not template:
        return Q(release__in=releases.values("pk"))
    return Q(release=releases.filter(template__name=template).values("pk")[:1])


def _groups(path: str) -> "QuerySet[Any]":
    return Group.objects.order_by().filter(tree.below(path)).values("pk")
