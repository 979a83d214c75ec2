"""Cluster repositories over Git's smart HTTP, read only: `git clone` with a token as password. Addresses bind to ids."""

from typing import Literal

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from horizon.access.permissions import require
from horizon.access.policy import Verb
from horizon.api.answers import Parameter, answers
from horizon.api.base import OneFormat, View
from horizon.errors import Forbidden, NotFound
from horizon.gitops import http
from horizon.gitops.repository import Repository
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository

_FRESH = {"Cache-Control": "no-cache"}


def clone_url(cluster: Cluster) -> str:
    """Where the cluster's repository is cloned from."""
    return f"{settings.HORIZON_URL}/git/clusters/{cluster.pk}.git"


class _Raw(BaseParser):
    """Git's bodies are read by the view itself."""

    media_type = "*/*"


class _Sentence(BaseRenderer):
    """Errors are plain text: git shows it to its user."""

    media_type = "text/plain"
    format = "txt"
    charset = "utf-8"

    def render(self, data: object, accepted_media_type: str | None = None, renderer_context: object = None) -> bytes:
        """The error's sentence."""
        return (str(data.get("message", "")) if isinstance(data, dict) else str(data)).encode() + b"\n"


class _Git(View):
    parser_classes = (_Raw,)
    renderer_classes = (_Sentence,)
    content_negotiation_class = OneFormat

    def _repository(self, key: int) -> Repository:
        cluster = Cluster.objects.select_related("application__group").filter(pk=key, ready=True).first() if key < 2**62 else None
        if cluster is None:
            raise NotFound("there is no such repository")
        require(self.actor, Verb.VIEW, cluster)
        return cluster_repository(cluster)

    def _protocol(self) -> str:
        return str(self.request.META.get("HTTP_GIT_PROTOCOL", ""))


_SERVICE = Parameter("service", "Always `git-upload-pack`: repositories are read only here.", Literal["git-upload-pack"])


class References(_Git):
    """`/git/clusters/{id}.git/info/refs`"""

    @answers({"application/x-git-upload-pack-advertisement": bytes}, query=(_SERVICE,), errors=(403,))
    def get(self, request: Request, key: int) -> HttpResponse:
        """The branches, answered in process."""
        if request.query_params.get("service") != "git-upload-pack":
            raise Forbidden("this repository is read only: edits are made through the platform")
        content = http.advertisement(self._repository(key), self._protocol())
        return HttpResponse(content, content_type="application/x-git-upload-pack-advertisement", headers=_FRESH)


class Fetch(_Git):
    """`/git/clusters/{id}.git/git-upload-pack`"""

    @answers({"application/x-git-upload-pack-result": bytes}, body=bytes)
    def post(self, request: Request, key: int) -> StreamingHttpResponse:
        """Objects, by `git upload-pack`."""
        packed = "gzip" in request.META.get("HTTP_CONTENT_ENCODING", "")
        body = request.META["wsgi.input"] if request.META.get("HTTP_TRANSFER_ENCODING") else request._request
        chunks = http.fetch(self._repository(key), body, protocol=self._protocol(), packed=packed)
        return StreamingHttpResponse(chunks, content_type="application/x-git-upload-pack-result", headers=_FRESH)
