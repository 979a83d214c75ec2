"""Groups: a tree, addressed by path."""

from typing import TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access import groups
from horizon.access.permissions import visible_groups
from horizon.access.policy import Verb
from horizon.api import lists
from horizon.api.answers import Page, answers
from horizon.api.base import View
from horizon.api.bodies import Body
from horizon.inventory.models import Group


class NewGroup(Body):
    """A group to make."""

    name = serializers.CharField(max_length=53)
    parent = serializers.CharField(required=False, allow_blank=True, default="")
    description = serializers.CharField(required=False, allow_blank=True, default="", max_length=512)
    private = serializers.BooleanField(required=False, default=False)


class Change(Body):
    """What to change of a group; what is not sent stays. `name` and `parent` move it, an empty `parent` to the root."""

    name = serializers.CharField(required=False, max_length=53)
    parent = serializers.CharField(required=False, allow_blank=True)
    description = serializers.CharField(required=False, allow_blank=True, max_length=512)
    private = serializers.BooleanField(required=False)


class Shown(TypedDict):
    """A group."""

    path: str
    name: str
    description: str
    private: bool


def shown(group: Group) -> Shown:
    """A group as the API shows it."""
    return {"path": group.path, "name": group.name, "description": group.description, "private": group.private}


class Groups(View):
    """`/groups`"""

    @answers(Page(Shown), query=(*groups.FILTERS, lists.sorting(groups.SORTS)))
    def get(self, request: Request) -> Response:
        """The groups that one may see and asks for."""
        rows = lists.filtered(self, visible_groups(self.actor), groups.FILTERS)
        return self.page(lists.sort(self, rows, groups.SORTS, unless="path"), shown)

    @answers(Shown, 201, body=NewGroup, errors=(404,))
    def post(self, request: Request) -> Response:
        """Make a group; at the root it belongs to whoever makes it."""
        sent = self.sent(NewGroup)
        parent = groups.parent(sent.pop("parent"), actor=self.actor)
        return Response(shown(groups.create(parent=parent, actor=self.actor, **sent)), status=201)


class OneGroup(View):
    """`/groups/{path}`"""

    @answers(Shown)
    def get(self, request: Request, path: str) -> Response:
        """The group."""
        return Response(shown(self.group(path, Verb.VIEW)))

    @answers(Shown, body=Change)
    def patch(self, request: Request, path: str) -> Response:
        """Describe it anew, make it private or public, move it with all below; who sees it and where it lies is decided by maintainers."""
        group = self.group(path, Verb.EDIT)
        return Response(shown(groups.amend(group, groups.Wanted(**self.sent(Change)), actor=self.actor)))

    @answers(None, 204)
    def delete(self, request: Request, path: str) -> Response:
        """Delete it, if nothing is in it."""
        groups.delete(self.group(path, Verb.DELETE), actor=self.actor)
        return Response(status=204)
