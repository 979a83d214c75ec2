"""Bringing what runs in one cluster to another of the same application."""

from typing import TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access.policy import Verb
from horizon.api.answers import Parameter, answers
from horizon.api.base import View
from horizon.api.bodies import Body
from horizon.api.diff import Shown
from horizon.delivery import promote


class Promotion(Body):
    """What to promote: by default what CI posted; `keys` as the offer shows them."""

    source = serializers.CharField()
    keys = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None, max_length=1000)
    title = serializers.CharField(required=False, allow_blank=True, default="")


_OFFERED = TypedDict("_OFFERED", {"from": str, "revision": str, "offered": list[str]})


class Offer(_OFFERED, Shown):
    """What differs and can be promoted, and what promoting the image would change."""


class Promoted(TypedDict):
    """What an edit led to; `changed` is false where the same content was there already."""

    revision: str
    changed: bool


class Promote(View):
    """`/clusters/{name}/promote`"""

    @answers(Offer, query=(Parameter("source", "The cluster to promote from."),), errors=(409,))
    def get(self, request: Request, name: str) -> Response:
        """What could be promoted from `?source=`, and what promoting the image would change."""
        target = self.cluster(name, Verb.VIEW)
        return Response(promote.offer(target, self.cluster(self.needed("source"), Verb.VIEW)))

    @answers(Promoted, body=Promotion)
    def post(self, request: Request, name: str) -> Response:
        """Make it an edit; a form's keys take the right to edit, CI's output the right to post."""
        sent = self.sent(Promotion)
        target = self.cluster(name, promote.needed(sent["keys"]))
        source = self.cluster(sent["source"], Verb.VIEW)
        edited = promote.promote(target, source, sent["keys"], actor=self.actor, title=sent["title"])
        return Response({"revision": edited.sha, "changed": edited.changed}, headers={"ETag": f'"{edited.sha}"'})
