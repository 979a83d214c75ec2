"""A cluster's files as resources: the form's data, how CI builds, and taking pending edits back."""

from dataclasses import asdict
from typing import Any, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access.policy import Verb
from horizon.api.answers import answers
from horizon.api.base import View
from horizon.api.bodies import Body
from horizon.delivery import discard, edit
from horizon.delivery.keys import read_keys
from horizon.delivery.rendering import template_of
from horizon.gitops import layout, values
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository


class Shadowed(TypedDict):
    """A key that a later file decides, with the value that wins."""

    path: str
    file: str
    owner: str
    value: Any


class Shown(TypedDict):
    """The form's data."""

    config: dict[str, Any]
    revision: str
    shadowed: list[Shadowed]


class PipelineShown(TypedDict):
    """How CI builds."""

    pipeline: dict[str, Any]
    revision: str


class Edited(TypedDict):
    """What an edit led to; `changed` is false where the same content was there already."""

    revision: str
    changed: bool
    shadowed: list[Shadowed]


class Config(View):
    """`/clusters/{name}/config`"""

    @answers(Shown)
    def get(self, request: Request, name: str) -> Response:
        """The form's data, the keys of it that a later file decides, and the revision to send back in `If-Match`."""
        revision, files = _head(self.cluster(name, Verb.VIEW))
        config = values.section(files, layout.APPLICATION, template_of(files))
        return Response({"config": config, "revision": revision, "shadowed": _shadowed(files)}, headers={"ETag": f'"{revision}"'})

    @answers(Edited, body=dict, query=("title",), headers=("If-Match",))
    def put(self, request: Request, name: str) -> Response:
        """Make the form's data what was sent; needs `If-Match`."""
        cluster = self.cluster(name, Verb.EDIT)
        edited = edit.put_config(cluster, self.sent_map(), actor=self.actor, title=self.title(), seen=self.if_match())
        return _answer(cluster, edited)

    @answers(Edited, body=dict, query=("title",), headers=("If-Match",))
    def patch(self, request: Request, name: str) -> Response:
        """Merge a patch (RFC 7396) into the form's data at the head."""
        cluster = self.cluster(name, Verb.EDIT)
        edited = edit.patch_config(cluster, self.sent_map(), actor=self.actor, title=self.title(), seen=self.if_match())
        return _answer(cluster, edited)


class Pipeline(View):
    """`/clusters/{name}/pipeline`"""

    @answers(PipelineShown)
    def get(self, request: Request, name: str) -> Response:
        """How CI builds; a token of scope `ci` may read it."""
        revision, files = _head(self.cluster(name, Verb.VIEW))
        body = {"pipeline": values.section(files, layout.PIPELINE, "pipeline"), "revision": revision}
        return Response(body, headers={"ETag": f'"{revision}"'})

    @answers(Edited, body=dict, query=("title",), headers=("If-Match",))
    def put(self, request: Request, name: str) -> Response:
        """Make how CI builds what was sent; needs `If-Match`."""
        cluster = self.cluster(name, Verb.EDIT)
        edited = edit.put_pipeline(cluster, self.sent_map(), actor=self.actor, title=self.title(), seen=self.if_match())
        return _answer(cluster, edited)


class Keys(Body):
    """Which pending keys to take back: as `diff` shows them; none means all."""

    keys = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None, max_length=1000)
    title = serializers.CharField(required=False, allow_blank=True, default="")


class Discard(View):
    """`/clusters/{name}/discard`"""

    @answers(Edited, body=Keys, headers=("If-Match",))
    def post(self, request: Request, name: str) -> Response:
        """Take pending edits back, all or by key, as a new edit."""
        cluster, sent = self.cluster(name, Verb.EDIT), self.sent(Keys)
        keys = read_keys(cluster, sent["keys"]) if sent["keys"] is not None else None
        edited = discard.discard(cluster, keys, actor=self.actor, title=sent["title"], seen=self.if_match())
        return _answer(cluster, edited)


def _head(cluster: Cluster) -> tuple[str, dict[str, bytes]]:
    repository = cluster_repository(cluster)
    revision = repository.refs.read()[layout.GITOPS]
    return revision, repository.files(revision)


def _shadowed(files: dict[str, bytes]) -> list[Shadowed]:
    return [Shadowed(**{**asdict(item), "path": ".".join(item.path)}) for item in values.shadowed(files, layout.APPLICATION)]


def _answer(cluster: Cluster, edited: edit.Edited) -> Response:
    shadowed = _shadowed(cluster_repository(cluster).files(edited.sha))
    body = {"revision": edited.sha, "changed": edited.changed, "shadowed": shadowed}
    return Response(body, headers={"ETag": f'"{edited.sha}"'})
