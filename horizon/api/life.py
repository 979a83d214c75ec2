"""What a cluster or an application lives through: copied, upgraded, brought up to its records, restored, purged."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access.policy import Verb
from horizon.api import applications, clusters, diff, promote
from horizon.api.answers import Parameter, answers
from horizon.api.base import View, named
from horizon.api.bodies import Body, JsonMap
from horizon.delivery import create, life, records, upgrade
from horizon.inventory.models import Cluster, Environment, Region


class NewCopy(Body):
    """A cluster to make like another; what is not sent is as there, `config` is merged over its form data."""

    name = serializers.CharField()
    environment = serializers.CharField(required=False)
    region = serializers.CharField(required=False)
    release = serializers.CharField(required=False)
    description = serializers.CharField(required=False, allow_blank=True, max_length=512)
    namespace = serializers.CharField(required=False, allow_blank=True, default="")
    config = JsonMap(required=False, default=dict)
    image = serializers.CharField(required=False, allow_blank=True, default="", max_length=512)


class Copy(View):
    """`/clusters/{name}/copy`"""

    @answers(clusters.Shown, 201, body=NewCopy)
    def post(self, request: Request, name: str) -> Response:
        """Make a cluster of the same application with this one's pending form data, pipeline and output; overrides are not copied."""
        source, sent = self.cluster(name, Verb.VIEW), self.sent(NewCopy)
        application = self.application(source.application.name, Verb.EDIT)
        other = {key: sent[key] for key in ("description", "namespace", "config", "image") if key in sent}
        if "release" in sent:
            other["release"] = clusters.release_of(application.template_id, sent["release"])
        new = create.like(
            source,
            name=sent["name"],
            environment=named(Environment, sent["environment"], field="environment") if "environment" in sent else source.environment,
            region=named(Region, sent["region"], field="region") if "region" in sent else source.region,
            **other,
        )
        return Response(clusters.shown(create.cluster(new, actor=self.actor), favourite=False), status=201)


class NewRelease(Body):
    """The release to go to; `config` is all of the form's data there, for values that the release refuses."""

    release = serializers.CharField()
    config = JsonMap(required=False, allow_null=True, default=None)
    title = serializers.CharField(required=False, allow_blank=True, default="")


class UpgradeOffer(diff.Shown):
    """What an upgrade would change, the form's data there, and the keys of the form that the release does not have or has anew."""

    config: dict[str, Any]
    dropped: list[str]
    added: list[str]


class Upgraded(promote.Promoted):
    """The edit that an upgrade is."""

    dropped: list[str]
    added: list[str]


class Upgrade(View):
    """`/clusters/{name}/upgrade`"""

    @answers(UpgradeOffer, query=(Parameter("release", "The release to go to."),), errors=(409,))
    def get(self, request: Request, name: str) -> Response:
        """What an upgrade to `?release=` would change: files, objects, and the keys that are dropped and added."""
        cluster = self.cluster(name, Verb.VIEW)
        release = clusters.release_of(cluster.release.template_id, self.needed("release"))
        return Response(upgrade.offer(cluster, upgrade.Upgrade(release)))

    @answers(Upgraded, body=NewRelease, headers=("If-Match",))
    def post(self, request: Request, name: str) -> Response:
        """Make it an edit; pending then, and shipped like any."""
        cluster, sent = self.cluster(name, Verb.EDIT), self.sent(NewRelease)
        wanted = upgrade.Upgrade(clusters.release_of(cluster.release.template_id, sent["release"]), sent["config"])
        edited, fit = upgrade.upgrade(cluster, wanted, actor=self.actor, title=sent["title"], seen=self.if_match())
        return Response({"revision": edited.sha, "changed": edited.changed, **fit}, headers={"ETag": f'"{edited.sha}"'})


class Records(View):
    """`/clusters/{name}/records`"""

    @answers(diff.Shown)
    def get(self, request: Request, name: str) -> Response:
        """What bringing the records of application, environment and region into `system/` would change."""
        return Response(records.offer(self.cluster(name, Verb.VIEW)))

    @answers(promote.Promoted, query=("title",))
    def post(self, request: Request, name: str) -> Response:
        """Make it an edit."""
        edited = records.bring(self.cluster(name, Verb.EDIT), actor=self.actor, title=self.title())
        return Response({"revision": edited.sha, "changed": edited.changed}, headers={"ETag": f'"{edited.sha}"'})


class RestoreCluster(View):
    """`/clusters/{name}/restore`"""

    @answers(clusters.Shown)
    def post(self, request: Request, name: str) -> Response:
        """Bring a deleted cluster back as it was, not deployed."""
        cluster: Cluster = self.cluster(name, Verb.DELETE, archived=True)
        life.restore(cluster, actor=self.actor)
        return Response(clusters.shown_to(self.actor, cluster))


class PurgeCluster(View):
    """`/clusters/{name}/purge`"""

    @answers(None, 204)
    def post(self, request: Request, name: str) -> Response:
        """Remove a deleted cluster for good."""
        life.purge(self.cluster(name, Verb.DELETE, archived=True), actor=self.actor)
        return Response(status=204)


class RestoreApplication(View):
    """`/applications/{name}/restore`"""

    @answers(applications.Shown)
    def post(self, request: Request, name: str) -> Response:
        """Bring a deleted application back."""
        application = self.application(name, Verb.DELETE, archived=True)
        life.restore(application, actor=self.actor)
        return Response(applications.shown(application))


class PurgeApplication(View):
    """`/applications/{name}/purge`"""

    @answers(None, 204)
    def post(self, request: Request, name: str) -> Response:
        """Remove a deleted application for good, if it has no clusters, deleted ones included."""
        life.purge(self.application(name, Verb.DELETE, archived=True), actor=self.actor)
        return Response(status=204)
