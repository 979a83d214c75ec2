"""Bringing what runs in one cluster to another of the same application."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access.policy import Verb
from horizon.api.base import Body, View
from horizon.delivery import promote
from horizon.gitops import layout


class Promotion(Body):
    """What to promote: by default what CI posted; `keys` as the offer shows them."""

    source = serializers.CharField()
    keys = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None, max_length=1000)
    title = serializers.CharField(required=False, allow_blank=True, default="")


class Promote(View):
    """`/clusters/{name}/promote`"""

    def get(self, request: Request, name: str) -> Response:
        """What could be promoted from `?source=`, and what promoting the image would change."""
        target = self.cluster(name, Verb.VIEW)
        return Response(promote.offer(target, self.cluster(self.needed("source"), Verb.VIEW)))

    def post(self, request: Request, name: str) -> Response:
        """Make it an edit; a form's keys take the right to edit, CI's output the right to post."""
        sent = self.sent(Promotion)
        target = self.cluster(name, Verb.EDIT if _edits(sent["keys"]) else Verb.OUTPUT)
        source = self.cluster(sent["source"], Verb.VIEW)
        edited = promote.promote(target, source, sent["keys"], actor=self.actor, title=sent["title"])
        return Response({"revision": edited.sha, "changed": edited.changed}, headers={"ETag": f'"{edited.sha}"'})


def _edits(keys: list[str] | None) -> bool:
    return any(not key.startswith(f"{layout.OUTPUT}:") for key in keys or ())
