"""Templates and their releases."""

from datetime import datetime
from typing import Any, TypedDict

from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access.permissions import require_admin, visible_clusters
from horizon.api import clusters
from horizon.api.answers import Page, answers
from horizon.api.base import View
from horizon.api.bodies import Body, JsonMap
from horizon.api.parsers import Gzip, Json
from horizon.delivery import preview, releases, templates
from horizon.delivery.rendering import release_from
from horizon.errors import Invalid
from horizon.gitops.remote import Source
from horizon.inventory import names
from horizon.inventory.models import ReleaseState, Template, TemplateRelease

_WITHOUT_ARCHIVES = Prefetch("releases", TemplateRelease.objects.defer("archive"))


class ReleaseShown(TypedDict):
    """A release of a template; `chart` is its version as Helm knows it, `source` where it was imported from."""

    template: str
    version: str
    chart: str
    digest: str
    state: ReleaseState
    description: str
    created_by: str
    created_at: datetime
    source: dict[str, Any]


class ReleaseDetail(ReleaseShown):
    """A release with what an author wrote."""

    readme: str
    defaults: dict[str, Any]


class TemplateShown(TypedDict):
    """A template with its releases."""

    name: str
    description: str
    releases: list[ReleaseShown]


class Schemas(TypedDict):
    """The schemas that draw the form and judge what is sent; null for one that the release does not have."""

    application: dict[str, Any]
    ui: dict[str, Any]
    pipeline: dict[str, Any] | None
    output: dict[str, Any] | None


class Rendered(TypedDict):
    """The objects that a form would give."""

    objects: list[dict[str, Any]]


class GitSource(Body):
    """Where a template lies in a Git repository."""

    url = serializers.CharField()
    tag = serializers.CharField()
    path = serializers.CharField(required=False, allow_blank=True, default="")


class Templates(View):
    """`/templates`"""

    parser_classes = (Json, Gzip)

    @answers(Page(TemplateShown))
    def get(self, request: Request) -> Response:
        """All templates with their releases."""
        return self.page(Template.objects.prefetch_related(_WITHOUT_ARCHIVES), _template)

    @answers(ReleaseShown, 200, 201, body={"application/json": GitSource, "application/gzip": bytes}, errors=(404,))
    def post(self, request: Request) -> Response:
        """Import a release from Git, or the archive in the body; admins only. 201, or 200 where it was there already."""
        require_admin(self.actor)
        imported = self._uploaded() if request.content_type.startswith(Gzip.media_type) else self._fetched()
        return Response(_release(imported.release), status=201 if imported.made else 200)

    def _uploaded(self) -> templates.Imported:
        data = self.request.data
        if not isinstance(data, bytes):
            raise Invalid("the body is empty, or came without its length: send Content-Length", code="body")
        return templates.import_archive(data, actor=self.actor)

    def _fetched(self) -> templates.Imported:
        sent = self.sent(GitSource)
        return templates.import_git(Source(sent["url"], sent["tag"], sent["path"]), actor=self.actor)


class Description(Body):
    """What a template is for."""

    description = serializers.CharField(allow_blank=True, max_length=512)


class OneTemplate(View):
    """`/templates/{name}`"""

    @answers(TemplateShown)
    def get(self, request: Request, name: str) -> Response:
        """The template with its releases."""
        return Response(_template(releases.template(name)))

    @answers(TemplateShown, body=Description)
    def patch(self, request: Request, name: str) -> Response:
        """Describe it anew; admins only."""
        require_admin(self.actor)
        template = releases.template(name)
        return Response(_template(releases.describe(template, self.sent(Description)["description"], actor=self.actor)))


class State(Body):
    """Whether people are offered a release."""

    state = serializers.ChoiceField(ReleaseState.choices)


class OneRelease(View):
    """`/templates/{name}/releases/{version}`"""

    @answers(ReleaseDetail)
    def get(self, request: Request, name: str, version: str) -> Response:
        """The release with its README and defaults."""
        row = releases.release(name, version)
        release = release_from(bytes(row.archive))
        return Response({**_release(row), "readme": release.readme, "defaults": release.values})

    @answers(ReleaseShown, body=State)
    def patch(self, request: Request, name: str, version: str) -> Response:
        """Recommend, offer, deprecate or retire it; admins only."""
        require_admin(self.actor)
        row = releases.release(name, version)
        return Response(_release(releases.change_state(row, ReleaseState(self.sent(State)["state"]), actor=self.actor)))


class ReleaseClusters(View):
    """`/templates/{name}/releases/{version}/clusters`"""

    @answers(Page(clusters.Shown))
    def get(self, request: Request, name: str, version: str) -> Response:
        """The clusters on this release that one may see."""
        rows = visible_clusters(self.actor).filter(release=releases.release(name, version)).order_by("name")
        return self.page(rows, lambda row: clusters.shown(row, favourite=row.favourite), whole=clusters.whole(self.actor))


class Schema(View):
    """`/templates/{name}/releases/{version}/schema`"""

    @answers(Schemas)
    def get(self, request: Request, name: str, version: str) -> Response:
        """The schemas that draw the form and judge what is sent."""
        release = release_from(bytes(releases.release(name, version).archive))
        body = {"application": release.schema, "ui": release.ui_schema, "pipeline": release.pipeline_schema, "output": release.output_schema}
        return Response(body)


class Preview(Body):
    """A form that nobody has saved."""

    config = JsonMap(required=False, default=dict)
    output = JsonMap(required=False, default=dict)
    name = serializers.CharField(required=False, default="preview")
    namespace = serializers.CharField(required=False, default="preview")


class Render(View):
    """`/templates/{name}/releases/{version}/render`"""

    @answers(Rendered, body=Preview)
    def post(self, request: Request, name: str, version: str) -> Response:
        """The manifests that a form would give, before anything exists; errors by pointer where the schema says no."""
        release, sent = releases.release(name, version), self.sent(Preview)
        names.checked(sent["name"], what="a cluster")
        names.checked(sent["namespace"], what="a namespace")
        return Response(preview.preview(release, **sent))


def _release(row: TemplateRelease) -> ReleaseShown:
    return {
        "template": row.template.name,
        "version": row.version,
        "chart": row.chart_version,
        "digest": row.digest,
        "state": row.state,
        "description": row.description,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "source": row.source,
    }


def _template(row: Template) -> TemplateShown:
    return {"name": row.name, "description": row.description, "releases": [_release(release) for release in row.releases.all()]}
