"""Groups: a tree, addressed by path."""

from typing import Any, TypedDict

from django.conf import settings
from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access import groups
from horizon.access.permissions import require, require_admin, visible_groups
from horizon.access.policy import Verb
from horizon.api import lists
from horizon.api.answers import Page, answers
from horizon.api.base import View
from horizon.api.bodies import Body
from horizon.inventory import tree
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


FILTERS: lists.Filters = {
    "group": lambda view, path: tree.below(path),
    "parent": lists.equal("parent__path"),
    "private": lists.whether("private", lambda actor: Q(private=True)),
    "search": lists.part("path"),
}
SORTS: lists.Sorts = {"path": ("path",), "name": ("name", "path"), "created_at": ("created_at", "path")}


class Groups(View):
    """`/groups`"""

    @answers(Page(Shown), query=(*FILTERS, lists.sorting(SORTS)))
    def get(self, request: Request) -> Response:
        """The groups that one may see and asks for."""
        return self.page(lists.sort(self, lists.filtered(self, visible_groups(self.actor), FILTERS), SORTS, unless="path"), shown)

    @answers(Shown, 201, body=NewGroup, errors=(404,))
    def post(self, request: Request) -> Response:
        """Make a group; at the root it belongs to whoever makes it."""
        sent = self.sent(NewGroup)
        parent = _parent(self, sent.pop("parent"))
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
        group, sent = self.group(path, Verb.EDIT), self.sent(Change)
        if "private" in sent:
            require(self.actor, Verb.MEMBERS, group)
        if "name" in sent or "parent" in sent:
            group = self._moved(group, sent)
        look = groups.Look(sent.get("description", group.description), sent.get("private", group.private))
        return Response(shown(groups.change(group, look, actor=self.actor)))

    @answers(None, 204)
    def delete(self, request: Request, path: str) -> Response:
        """Delete it, if nothing is in it."""
        groups.delete(self.group(path, Verb.DELETE), actor=self.actor)
        return Response(status=204)

    def _moved(self, group: Group, sent: dict[str, Any]) -> Group:
        require(self.actor, Verb.DELETE, group)
        parent = _parent(self, sent["parent"]) if "parent" in sent else group.parent
        return groups.move(group, name=sent.get("name", group.name), parent=parent, actor=self.actor)


def _parent(view: View, path: str) -> Group | None:
    """The group to put one into, None for the root. Raises `Forbidden`, `NotFound`."""
    if path:
        return view.group(path, Verb.EDIT)
    if settings.HORIZON_ADMINS_ONLY_ROOT_GROUPS:
        require_admin(view.actor)
    return None
