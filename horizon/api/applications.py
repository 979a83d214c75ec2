"""Applications and their config by environment."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access.policy import Verb
from horizon.api import lists
from horizon.api.answers import Page, Parameter, answers
from horizon.api.base import View, named
from horizon.api.bodies import Body, JsonMap
from horizon.delivery import application as flows
from horizon.delivery import bring, create, edit, finding, life, tags
from horizon.gitops import layout
from horizon.inventory.models import Application, Environment, Priority, Template


class NewApplication(Body):
    """An application to make."""

    name = serializers.CharField()
    group = serializers.CharField()
    template = serializers.CharField()
    description = serializers.CharField(required=False, allow_blank=True, default="", max_length=512)
    priority = serializers.ChoiceField(choices=Priority.values, required=False, default=Priority.P3.value)
    config = JsonMap(required=False, default=dict)
    pipeline = JsonMap(required=False, default=dict)


class Shown(TypedDict):
    """An application."""

    name: str
    group: str
    template: str
    description: str
    priority: Priority
    tags: dict[str, str]
    created_at: datetime
    archived_at: datetime | None


class Written(TypedDict):
    """The revision that an edit led to."""

    revision: str


class Change(Body):
    """What to change of an application; what is not sent stays. Its name and template never change."""

    description = serializers.CharField(required=False, allow_blank=True, max_length=512)
    priority = serializers.ChoiceField(choices=Priority.values, required=False)
    group = serializers.CharField(required=False)


def shown(application: Application) -> Shown:
    """An application as the API shows it."""
    return {
        "name": application.name,
        "group": application.group.path,
        "template": application.template.name,
        "description": application.description,
        "priority": application.priority,
        "tags": tags.of(application),
        "created_at": application.created_at,
        "archived_at": application.archived_at,
    }


class Applications(View):
    """`/applications`"""

    @answers(Page(Shown), query=(*finding.APPLICATION_FILTERS, "archived", lists.sorting(finding.APPLICATION_SORTS)))
    def get(self, request: Request) -> Response:
        """The applications that one may see and asks for."""
        rows = lists.sort(self, finding.found_applications(self), finding.APPLICATION_SORTS, unless="name")
        return self.page(rows, shown, whole=Application.objects.select_related("group", "template").prefetch_related("tags"))

    @answers(Shown, 201, body=NewApplication, errors=(404,))
    def post(self, request: Request) -> Response:
        """Make an application with its repository."""
        sent = self.sent(NewApplication)
        group = self.group(sent.pop("group"), Verb.EDIT)
        template = named(Template, sent.pop("template"), field="template")
        application = create.application(create.NewApplication(group=group, template=template, **sent), actor=self.actor)
        return Response(shown(application), status=201)


class OneApplication(View):
    """`/applications/{name}`"""

    @answers(Shown)
    def get(self, request: Request, name: str) -> Response:
        """The application."""
        return Response(shown(self.application(name, Verb.VIEW)))

    @answers(Shown, body=Change)
    def patch(self, request: Request, name: str) -> Response:
        """Describe it anew; `group` moves it, which takes the right to delete here and to edit there."""
        application, sent = self.application(name, Verb.EDIT), self.sent(Change)
        if "group" in sent:
            life.move(application, self.group(sent["group"], Verb.EDIT), actor=self.actor)
        look = life.Look(sent.get("description", application.description), sent.get("priority", application.priority))
        life.change(application, look, actor=self.actor)
        return Response(shown(application))

    @answers(None, 204)
    def delete(self, request: Request, name: str) -> Response:
        """Put it away, if none of its clusters is there; it can be restored until it is purged."""
        life.archive(self.application(name, Verb.DELETE), actor=self.actor)
        return Response(status=204)


class Config(View):
    """`/applications/{name}/config?environment=`"""

    @answers(flows.ApplicationConfig, query=("environment",))
    def get(self, request: Request, name: str) -> Response:
        """What a new cluster in the environment starts from."""
        found = flows.read(self.application(name, Verb.VIEW), self._environment())
        return Response(asdict(found), headers={"ETag": f'"{found.revision}"'})

    @answers(Written, body=dict, query=("environment", "title"), headers=("If-Match",))
    def put(self, request: Request, name: str) -> Response:
        """Make the form's data what was sent; needs `If-Match`."""
        application = self.application(name, Verb.EDIT)
        seen = edit.required(self.if_match(), layout.APPLICATION)
        return self._write(application, flows.put_config(self.sent_map(), application), seen)

    @answers(Written, body=dict, query=("environment", "title"), headers=("If-Match",))
    def patch(self, request: Request, name: str) -> Response:
        """Merge a patch into the form's data."""
        application = self.application(name, Verb.EDIT)
        match = self.if_match()
        seen = edit.Seen(match, (layout.APPLICATION,)) if match else None
        return self._write(application, flows.patch_config(self.sent_map(), application), seen)

    def _write(self, application: Application, mutate: edit.Mutate, seen: edit.Seen | None) -> Response:
        sha = flows.write(application, self._environment(), mutate, actor=self.actor, title=self.title(), seen=seen)
        return Response({"revision": sha}, headers={"ETag": f'"{sha}"'})

    def _environment(self) -> Environment | None:
        name = self.request.query_params.get("environment")
        return named(Environment, name, field="environment") if name else None


class Chosen(Body):
    """The clusters to bring it to, and whose value stays on a clash."""

    clusters = serializers.ListField(child=serializers.CharField(), min_length=1, max_length=500)
    prefer = serializers.ChoiceField(choices=("cluster", "application"), required=False, default="cluster")
    title = serializers.CharField(required=False, allow_blank=True, default="")


class Clash(TypedDict):
    """A key that the cluster and the application changed each in its own way."""

    key: str
    application: Any
    cluster: Any


News = TypedDict("News", {"from": NotRequired[str], "to": NotRequired[str]})


class Refusal(TypedDict):
    """Why a cluster refuses."""

    code: str
    message: str
    details: dict[str, Any]


class Brought(News):
    """What one cluster takes of the application's config, or why it refuses; `revision` and `changed` once it is an edit."""

    cluster: str
    error: Refusal | None
    keys: NotRequired[list[str]]
    clashes: NotRequired[list[Clash]]
    revision: NotRequired[str]
    changed: NotRequired[bool]


class AllBrought(TypedDict):
    """All clusters."""

    items: list[Brought]


_PREFER = Parameter("prefer", "Whose value stays on a clash; the cluster's unless said.", Literal["cluster", "application"])


class Bring(View):
    """`/applications/{name}/bring`"""

    @answers(AllBrought, query=(_PREFER,))
    def get(self, request: Request, name: str) -> Response:
        """What each cluster has not taken yet: keys, clashes; `?prefer=application` for whose value stays on a clash."""
        application = self.application(name, Verb.VIEW)
        prefer = self.choice("prefer", ("cluster", "application")) or "cluster"
        return Response({"items": bring.offer(bring.reached(application, self.actor), prefer=prefer)})

    @answers(AllBrought, body=Chosen)
    def post(self, request: Request, name: str) -> Response:
        """Make it an edit of each chosen cluster; what is refused is listed and stops no other."""
        application, sent = self.application(name, Verb.VIEW), self.sent(Chosen)
        clusters = [self.cluster(cluster, Verb.EDIT) for cluster in dict.fromkeys(sent["clusters"])]
        bring.refuse_stray(application, clusters)
        return Response({"items": bring.bring(clusters, prefer=sent["prefer"], actor=self.actor, title=sent["title"])})
