"""Clusters: one deployment of an application each, with a repository of its own."""

from datetime import datetime
from typing import TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access import favourites
from horizon.access.permissions import Actor
from horizon.access.policy import Verb
from horizon.api import lists
from horizon.api.answers import Page, answers
from horizon.api.base import Body, JsonMap, View, named
from horizon.api.git import clone_url
from horizon.delivery import create, finding, life, tags
from horizon.delivery.finding import FILTERS, SORTS, Counted, whole
from horizon.engines.contract import Health, Sync
from horizon.errors import Invalid
from horizon.inventory.models import Cluster, Environment, Region, TemplateRelease


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


class Clusters(View):
    """`/clusters`"""

    @answers(Page(Shown), query=(*FILTERS, "archived", lists.sorting(SORTS)))
    def get(self, request: Request) -> Response:
        """The clusters that one may see and asks for."""
        rows = lists.sort(self, finding.found(self), SORTS, unless="name")
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


class Counts(View):
    """`/cluster-counts`"""

    @answers(Counted, query=(*FILTERS, "archived"))
    def get(self, request: Request) -> Response:
        """How many clusters there are, and in which state, with the filters of `/clusters`."""
        return Response(finding.counts(finding.found(self)))


def release_of(template: int, version: str) -> TemplateRelease:
    """The release of a template that a body names. Raises `Invalid`."""
    found = TemplateRelease.objects.filter(template=template, version=version).first()
    if found is None:
        raise Invalid(f"the application's template has no release {version[:80]!r}", code="unknown", details={"field": "release"})
    return found
