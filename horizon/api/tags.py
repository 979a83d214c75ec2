"""Tags of applications and clusters, and one's own favourites among clusters."""

from typing import Any, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access import favourites
from horizon.access.policy import Verb
from horizon.api.answers import answers
from horizon.api.base import View
from horizon.api.bodies import Body
from horizon.delivery import tags


class TagMap(serializers.DictField):
    """Keys with their values."""

    child = serializers.CharField(allow_blank=True, trim_whitespace=False)
    schema = {
        "type": "object",
        "propertyNames": {"pattern": f"^{tags.WORD}$"},
        "additionalProperties": {"type": "string", "pattern": f"^({tags.WORD})?$"},
        "maxProperties": tags.MOST,
    }


class Tags(Body):
    """All tags that a thing has from now on; an empty value makes a plain label."""

    tags = TagMap()


class Shown(TypedDict):
    """All tags of a thing."""

    tags: dict[str, str]


class ClusterTags(View):
    """`/clusters/{name}/tags`"""

    @answers(Shown, body=Tags)
    def put(self, request: Request, name: str) -> Response:
        """Let the cluster have these tags and no others."""
        return Response(_replaced(self, self.cluster(name, Verb.EDIT)))


class ApplicationTags(View):
    """`/applications/{name}/tags`"""

    @answers(Shown, body=Tags)
    def put(self, request: Request, name: str) -> Response:
        """Let the application have these tags and no others."""
        return Response(_replaced(self, self.application(name, Verb.EDIT)))


class Favourite(View):
    """`/clusters/{name}/favourite`"""

    @answers(None, 204)
    def put(self, request: Request, name: str) -> Response:
        """Make it a favourite of yours."""
        favourites.keep(self.cluster(name, Verb.VIEW), actor=self.actor)
        return Response(status=204)

    @answers(None, 204)
    def delete(self, request: Request, name: str) -> Response:
        """Make it none any more."""
        favourites.drop(self.cluster(name, Verb.VIEW), actor=self.actor)
        return Response(status=204)


def _replaced(view: View, thing: Any) -> Shown:
    return {"tags": tags.replace(thing, view.sent(Tags)["tags"], actor=view.actor)}
