"""A release's form tried out: its manifests as one types, for no cluster. Nothing is saved."""

from django.http import HttpRequest, JsonResponse

from horizon.delivery import preview, releases
from horizon.delivery.rendering import release_from
from horizon.web.island import Endpoint, a_map, manifests

_NAME = "preview"


class Start(Endpoint):
    """`/templates/{name}/{version}/start`"""

    def get(self, request: HttpRequest, name: str, version: str) -> JsonResponse:
        """What draws the form, and what draws CI's part where the release says what that must hold."""
        release = release_from(bytes(releases.release(name, version).archive))
        return JsonResponse({"schema": release.schema, "ui": release.ui_schema, "output": release.output_schema})


class Preview(Endpoint):
    """`/templates/{name}/{version}/preview`"""

    def post(self, request: HttpRequest, name: str, version: str) -> JsonResponse:
        """The manifests that a cluster with this form and output would have; errors by pointer where the schema says no."""
        row, sent = releases.release(name, version), self.sent()
        rendered = preview.preview(row, config=a_map(sent, "config"), output=a_map(sent, "output"), name=_NAME, namespace=_NAME)
        return manifests(rendered["objects"])
