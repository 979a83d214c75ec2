"""Applications and their config by environment."""

from dataclasses import asdict
from datetime import datetime
from typing import TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access.permissions import visible_applications
from horizon.access.policy import Verb
from horizon.api.answers import Page, answers
from horizon.api.base import Body, JsonMap, View, named
from horizon.delivery import application as flows
from horizon.delivery import create, edit
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
    created_at: datetime


class Written(TypedDict):
    """The revision that an edit led to."""

    revision: str


def shown(application: Application) -> Shown:
    """An application as the API shows it."""
    return {
        "name": application.name,
        "group": application.group.path,
        "template": application.template.name,
        "description": application.description,
        "priority": application.priority,
        "created_at": application.created_at,
    }


class Applications(View):
    """`/applications`"""

    @answers(Page(Shown), query=("group", "search"))
    def get(self, request: Request) -> Response:
        """The applications that one may see; `?group=` and `?search=` filter."""
        rows = visible_applications(self.actor).select_related("group", "template").order_by("name")
        if group := request.query_params.get("group"):
            rows = rows.filter(group__path=group)
        if search := request.query_params.get("search"):
            rows = rows.filter(name__contains=search)
        return self.page(rows, shown)

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
