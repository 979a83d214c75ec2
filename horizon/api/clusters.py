"""Clusters: one deployment of an application each, with a repository of its own."""

from datetime import datetime
from typing import Any, TypedDict

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access import favourites
from horizon.access.permissions import Actor, owned_clusters, visible_clusters
from horizon.access.policy import Verb
from horizon.api import lists
from horizon.api.answers import Page, answers
from horizon.api.base import View, named
from horizon.api.bodies import Body, JsonMap
from horizon.api.git import clone_url
from horizon.delivery import create, life, tags
from horizon.engines.contract import Health, Sync
from horizon.errors import Invalid
from horizon.inventory import tree
from horizon.inventory.models import Application, Cluster, Environment, Group, Region, Tag, TemplateRelease


class NewCluster(Body):
    """A cluster to make."""

    name = serializers.CharField()
    application = serializers.CharField()
    environment = serializers.CharField()
    region = serializers.CharField()
    release = serializers.CharField(required=False, default="")
    description = serializers.CharField(required=False, allow_blank=True, default="", max_length=512)
    namespace = serializers.CharField(required=False, allow_blank=True, default="")
    config = JsonMap(required=False, default=dict)
    image = serializers.CharField(required=False, allow_blank=True, default="", max_length=512)


class TemplateOf(TypedDict):
    """What a cluster is made from."""

    name: str
    release: str


class Shown(TypedDict):
    """A cluster as it was last seen; `gitops` and `master` are revisions, `pending` whether they differ."""

    name: str
    id: int
    application: str
    environment: str
    region: str
    namespace: str
    template: TemplateOf
    description: str
    tags: dict[str, str]
    favourite: bool
    image: str
    gitops: str
    master: str
    pending: bool
    sync: Sync
    health: Health
    observed_at: datetime | None
    repository: str
    created_at: datetime
    archived_at: datetime | None


class Change(Body):
    """What may be changed of a cluster's record."""

    description = serializers.CharField(allow_blank=True, max_length=512)


def shown(cluster: Cluster, *, favourite: bool) -> Shown:
    """A cluster as the API shows it to somebody whose favourite it is, or not."""
    return {
        "name": cluster.name,
        "id": cluster.pk,
        "application": cluster.application.name,
        "environment": cluster.environment.name,
        "region": cluster.region.name,
        "namespace": cluster.namespace,
        "template": {"name": cluster.release.template.name, "release": cluster.release.version},
        "description": cluster.description,
        "tags": tags.of(cluster),
        "favourite": favourite,
        "image": cluster.image,
        "gitops": cluster.gitops,
        "master": cluster.master,
        "pending": cluster.pending,
        "sync": cluster.sync,
        "health": cluster.health,
        "observed_at": cluster.observed_at,
        "archived_at": cluster.archived_at,
        "repository": clone_url(cluster),
        "created_at": cluster.created_at,
    }


def shown_to(actor: Actor, cluster: Cluster) -> Shown:
    """A cluster as the API shows it to this actor."""
    return shown(cluster, favourite=favourites.of(actor).filter(cluster=cluster).exists())


FILTERS: lists.Filters = {
    "application": lists.named("application", Application),
    "group": lambda view, path: Q(application__in=Application.objects.order_by().filter(group__in=_groups(path)).values("pk")),
    "environment": lists.named("environment", Environment),
    "region": lists.named("region", Region),
    "template": lambda view, name: Q(Exists(TemplateRelease.objects.filter(pk=OuterRef("release"), template__name=name))),
    "release": lambda view, version: _of_release(view.query("template"), version),
    "sync": lists.one_of("sync", "sync", Sync),
    "health": lists.one_of("health", "health", Health),
    "pending": lists.whether("pending", lambda actor: Q(pending=True)),
    "owner": lambda view, name: owned_clusters(name),
    "tag": lambda view, text: Q(pk__in=Tag.objects.order_by().filter(tags.tagged(text), cluster__isnull=False).values("cluster")),
    "favourite": lists.whether("favourite", lambda actor: Q(pk__in=favourites.of(actor).values("cluster"))),
    "search": lists.part("name"),
}
SORTS: lists.Sorts = {"name": ("name",), "created_at": ("created_at", "name"), "sync": ("sync", "name"), "health": ("health", "name")}
"""Each has an index of its own: a page costs the same whatever lies behind it."""


class Clusters(View):
    """`/clusters`"""

    @answers(Page(Shown), query=(*FILTERS, "archived", lists.sorting(SORTS)))
    def get(self, request: Request) -> Response:
        """The clusters that one may see and asks for."""
        rows = lists.sort(self, lists.filtered(self, lists.alive(self, visible_clusters(self.actor)), FILTERS), SORTS, unless="name")
        return self.page(rows, lambda row: shown(row, favourite=row.favourite), whole=whole(self.actor))

    @answers(Shown, 201, body=NewCluster, errors=(404,))
    def post(self, request: Request) -> Response:
        """Make a cluster: everything pending, nothing released."""
        sent = self.sent(NewCluster)
        application = self.application(sent.pop("application"), Verb.EDIT)
        sent["environment"] = named(Environment, sent["environment"], field="environment")
        sent["region"] = named(Region, sent["region"], field="region")
        sent["release"] = release_of(application.template_id, sent["release"]) if sent["release"] else None
        cluster = create.cluster(create.NewCluster(application=application, **sent), actor=self.actor)
        return Response(shown(cluster, favourite=False), status=201)


class OneCluster(View):
    """`/clusters/{name}`"""

    @answers(Shown)
    def get(self, request: Request, name: str) -> Response:
        """The cluster as it was last seen; `status` looks now."""
        return Response(shown_to(self.actor, self.cluster(name, Verb.VIEW)))

    @answers(Shown, body=Change)
    def patch(self, request: Request, name: str) -> Response:
        """Give it another description; its name, template, environment and region never change."""
        cluster = self.cluster(name, Verb.EDIT)
        life.describe(cluster, self.sent(Change)["description"], actor=self.actor)
        return Response(shown_to(self.actor, cluster))


class Counted(TypedDict):
    """How many clusters there are, and in which state."""

    total: int
    pending: int
    sync: dict[Sync, int]
    health: dict[Health, int]


class Counts(View):
    """`/cluster-counts`"""

    @answers(Counted, query=(*FILTERS, "archived"))
    def get(self, request: Request) -> Response:
        """How many clusters there are, and in which state, with the filters of `/clusters`."""
        rows = lists.filtered(self, lists.alive(self, visible_clusters(self.actor)), FILTERS).order_by()
        return Response(_summed(list(rows.values_list("sync", "health", "pending").annotate(Count("pk")))))


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
    rows = Cluster.objects.select_related("application", "environment", "region", "release__template").defer("release__archive", "objects_seen")
    return rows.prefetch_related("tags").annotate(favourite=Exists(favourites.of(actor).filter(cluster=OuterRef("pk"))))


def _of_release(template: str, version: str) -> Q:
    """Clusters of one release, or of all that have this version where no template is said."""
    releases = TemplateRelease.objects.order_by().filter(version=version)
    if not template:
        return Q(release__in=releases.values("pk"))
    return Q(release=releases.filter(template__name=template).values("pk")[:1])


def _groups(path: str) -> "QuerySet[Any]":
    return Group.objects.order_by().filter(tree.below(path)).values("pk")


def release_of(template: int, version: str) -> TemplateRelease:
    """The release of a template that a body names. Raises `Invalid`."""
    found = TemplateRelease.objects.filter(template=template, version=version).first()
    if found is None:
        raise Invalid(f"the application's template has no release {version[:80]!r}", code="unknown", details={"field": "release"})
    return found
