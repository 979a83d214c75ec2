"""Members of a group, an application or a cluster."""

from typing import Any, Literal, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access import members
from horizon.access.models import Membership
from horizon.access.people import find
from horizon.access.policy import Role, Verb
from horizon.api import people
from horizon.api.answers import Page, answers
from horizon.api.base import View
from horizon.api.bodies import Body
from horizon.errors import Invalid
from horizon.inventory.events import Thing, kind

_PLACES = ("group", "application", "cluster")


class Place(Body):
    """Exactly one group (by path), application or cluster."""

    group = serializers.CharField(required=False)
    application = serializers.CharField(required=False)
    cluster = serializers.CharField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One place."""
        if sum(name in attrs for name in _PLACES) != 1:
            raise serializers.ValidationError("name one of group, application and cluster")
        return attrs


class NewRole(Place):
    """A role in place of the one that is held."""

    role = serializers.ChoiceField(choices=[role.value for role in Role])


class NewMember(NewRole):
    """A person or robot, and the role to give."""

    name = serializers.CharField()


class Above(TypedDict):
    """The thing above that gives an inherited role."""

    kind: Literal["group", "application", "cluster"]
    name: str


class Shown(people.Named):
    """A member; `inherited` is null for a role on the thing itself."""

    role: Role
    inherited: Above | None


class Members(View):
    """`/members`"""

    @answers(Page(Shown), query=_PLACES, errors=(404,))
    def get(self, request: Request) -> Response:
        """All who hold a role on `?group=`, `?application=` or `?cluster=`; `inherited` says from where, null for a role on the thing itself."""
        return self.page(members.listed(_thing(self, _asked(self), Verb.VIEW)), _member)

    @answers(Shown, 201, body=NewMember, errors=(404,))
    def post(self, request: Request) -> Response:
        """Give a role."""
        sent = self.sent(NewMember)
        thing = _thing(self, sent, Verb.MEMBERS)
        user = _newcomer(sent["name"])
        return Response(_row(members.add(thing, user, Role(sent["role"]), actor=self.actor)), status=201)


class OneMember(View):
    """`/members/{name}`"""

    @answers(Shown, body=NewRole)
    def patch(self, request: Request, name: str) -> Response:
        """Replace the role that is held on the thing itself."""
        sent = self.sent(NewRole)
        thing = _thing(self, sent, Verb.MEMBERS)
        return Response(_row(members.change(thing, find(name), Role(sent["role"]), actor=self.actor)))

    @answers(None, 204, query=_PLACES)
    def delete(self, request: Request, name: str) -> Response:
        """Take the role that is held on the thing itself."""
        thing = _thing(self, _asked(self), Verb.MEMBERS)
        members.remove(thing, find(name), actor=self.actor)
        return Response(status=204)


def _asked(view: View) -> dict[str, Any]:
    """The place in the query. Raises `Invalid`."""
    return view.checked(Place, {name: view.query(name) for name in _PLACES if name in view.request.query_params})


def _thing(view: View, sent: dict[str, Any], verb: Verb) -> Thing:
    place = next(name for name in _PLACES if name in sent)
    find = {"group": view.group, "application": view.application, "cluster": view.cluster}[place]
    return find(sent[place], verb)


def _newcomer(name: str) -> Any:
    user = people.active(name)
    if user is None:
        raise Invalid(f"there is no active person or robot {name[:80]!r}", code="unknown", details={"field": "name"})
    return user


def _member(member: members.Member) -> Shown:
    inherited = {"kind": kind(member.inherited), "name": str(member.inherited)} if member.inherited else None
    return {**people.named(member.user), "role": member.role, "inherited": inherited}


def _row(row: Membership) -> Shown:
    return {**people.named(row.user), "role": row.role, "inherited": None}
