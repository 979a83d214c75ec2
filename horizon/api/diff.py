"""What would change, before anything is saved or released."""

from typing import TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access.policy import Verb
from horizon.api.answers import Parameter, answers
from horizon.api.base import View
from horizon.api.bodies import Body, JsonMap
from horizon.delivery import edit, review
from horizon.engines.objects import ObjectChange
from horizon.errors import Invalid
from horizon.gitops import layout
from horizon.gitops.diff import FileDiff


class Proposal(Body):
    """A config that nobody has saved: the whole form, or a patch of it."""

    config = JsonMap(required=False)
    patch = JsonMap(required=False)
    before = serializers.CharField(required=False, allow_null=True, default=None)


class Shown(TypedDict):
    """A difference: of files, of keys, of objects. `errors` says why a side does not render; `source` is null for what nobody saved."""

    base: str
    source: str | None
    files: list[FileDiff]
    keys: list[str]
    objects: list[ObjectChange]
    errors: list[str]


_REVISIONS = (Parameter("before", "A revision, to be sent with `after`."), Parameter("after", "A revision, to be sent with `before`."))


class Diff(View):
    """`/clusters/{name}/diff`"""

    @answers(Shown, query=_REVISIONS)
    def get(self, request: Request, name: str) -> Response:
        """What is pending, or the difference between `?before=` and `?after=`; files, keys and objects with their impact."""
        cluster = self.cluster(name, Verb.VIEW)
        before, after = request.query_params.get("before"), request.query_params.get("after")
        if before is None and after is None:
            return Response(review.pending(cluster))
        if before is None or after is None:
            raise Invalid("send both before and after, or neither for what is pending", code="query")
        return Response(review.between(cluster, before=before, after=after))

    @answers(Shown, body=Proposal)
    def post(self, request: Request, name: str) -> Response:
        """What saving this config would change, compared with what is pending or with the revision `before`."""
        cluster, sent = self.cluster(name, Verb.VIEW), self.sent(Proposal)
        if ("config" in sent) == ("patch" in sent):
            raise Invalid("send either config or patch", code="body")
        wanted = edit.put_section if "config" in sent else edit.merge_section
        mutate = wanted(layout.APPLICATION, edit.template(cluster), sent.get("config", sent.get("patch", {})))
        return Response(review.proposed(cluster, mutate, before=sent["before"]))
