"""What CI calls: the image that it built, or any map of outputs."""

from contextlib import suppress
from typing import Any, Literal, TypedDict

from django.core.exceptions import RequestDataTooBig
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access.permissions import Actor
from horizon.access.policy import Verb
from horizon.api.answers import answers
from horizon.api.base import View
from horizon.api.bodies import Body
from horizon.delivery import calls, ci
from horizon.delivery.rendering import template_of
from horizon.errors import HorizonError, Invalid
from horizon.gitops import layout, values
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository


class Deploy(serializers.Field):
    """`true` ships this post alone, `"all"` all that is pending, `false` nothing."""

    schema = {"enum": [True, False, "all"]}

    def to_internal_value(self, data: Any) -> bool | str:
        """The value itself."""
        if data is True or data is False or data == "all":
            return data
        raise serializers.ValidationError('must be true, "all" or false')


class GitSource(Body):
    """Where the image was built from."""

    url = serializers.CharField(max_length=1024)
    commitID = serializers.CharField(max_length=64)
    branch = serializers.CharField(required=False, max_length=255)
    tag = serializers.CharField(required=False, max_length=255)
    commit = serializers.CharField(required=False, max_length=255)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of branch, tag and commit names what was built."""
        if sum(key in attrs for key in ("branch", "tag", "commit")) != 1:
            raise serializers.ValidationError("name one of branch, tag and commit")
        return attrs


class Image(Body):
    """CI's shorthand."""

    image = serializers.RegexField(r"^[^\s]+$", max_length=512)
    git = GitSource(required=False)
    deploy = Deploy(required=False, default=False)
    title = serializers.CharField(required=False, allow_blank=True, default="")


class Posted(TypedDict):
    """What CI's post led to: its edit, the run that ships it, and the keys that stay pending."""

    revision: str
    changed: bool
    deploy: bool | Literal["all"]
    pipelinerun: int | None
    pending: list[str]


class OutputShown(TypedDict):
    """What CI posted last."""

    output: dict[str, Any]
    revision: str


class _Received(View):
    """What CI posts to: every call is kept with its answer, refused ones too."""

    def finalize_response(self, request: Request, response: Response, *args: Any, **given: Any) -> Response:
        """Keep the call, then answer. Who nobody knows, and what is there for nobody, leaves nothing."""
        answer: Response = super().finalize_response(request, response, *args, **given)
        cluster = Cluster.objects.select_related("application__group").filter(name=given["name"].replace("\0", ""), ready=True).first()
        if request.method == "POST" and cluster and request.user.is_authenticated:
            _keep(cluster, request, answer, self.actor)
        return answer


class PostImage(_Received):
    """`/clusters/{name}/image`"""

    @answers(Posted, 200, 202, body=Image, headers=("Idempotency-Key",))
    def post(self, request: Request, name: str) -> Response:
        """Write the image and its commit; ship it alone with `deploy: true`. The same answer under the same `Idempotency-Key`."""
        cluster, sent = self.cluster(name, Verb.OUTPUT), self.sent(Image)
        data = {key: _plain(sent[key]) for key in ("image", "git") if key in sent}
        return _post(self, cluster, ci.Post(data, whole=False, deploy=sent["deploy"], title=sent["title"]))


class Output(_Received):
    """`/clusters/{name}/output`"""

    @answers(OutputShown)
    def get(self, request: Request, name: str) -> Response:
        """What CI posted last."""
        repository = cluster_repository(self.cluster(name, Verb.VIEW))
        revision = repository.refs.read()[layout.GITOPS]
        files = repository.files(revision)
        return Response({"output": values.section(files, layout.OUTPUT, template_of(files)), "revision": revision})

    @answers(Posted, 200, 202, body=dict, query=("deploy", "title"), headers=("Idempotency-Key",))
    def post(self, request: Request, name: str) -> Response:
        """Make the output this map; `?deploy=true` ships it alone, `?deploy=all` all that is pending."""
        cluster = self.cluster(name, Verb.OUTPUT)
        return _post(self, cluster, ci.Post(self.sent_map(), whole=True, deploy=self._deploy(), title=self.title()))

    def _deploy(self) -> bool | str:
        choices: dict[str, bool | str] = {"true": True, "false": False, "all": "all"}
        value = self.request.query_params.get("deploy", "false")
        if value not in choices:
            raise Invalid("deploy must be true, all or false", code="query", details={"field": "deploy"})
        return choices[value]


def _post(view: View, cluster: Any, sent: ci.Post) -> Response:
    if sent.deploy is not False:
        view.cluster(cluster.name, Verb.DEPLOY)
    answer = ci.post(cluster, sent, actor=view.actor, key=view.request.META.get("HTTP_IDEMPOTENCY_KEY", ""))
    return Response(answer, status=202 if answer["pipelinerun"] else 200)


def _keep(cluster: Cluster, request: Request, answer: Response, actor: Actor) -> None:
    posted = _posted(request)
    deploy = posted.get("deploy", request.query_params.get("deploy"))
    calls.keep(cluster, posted=posted, deploy=deploy, status=answer.status_code, answer=answer.data or {}, actor=actor)


def _posted(request: Request) -> dict[str, Any]:
    """The body as far as it is a map; one that cannot be read was answered already."""
    with suppress(exceptions.APIException, HorizonError, RequestDataTooBig):
        return request.data if isinstance(request.data, dict) else {}
    return {}


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else value
