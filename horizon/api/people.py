"""People: found by everybody, made, disabled and reset by administrators."""

from dataclasses import asdict
from datetime import datetime
from typing import TypedDict

from django.contrib.auth.models import AbstractBaseUser
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access import people
from horizon.access.permissions import require_admin, require_unbound
from horizon.api import session
from horizon.api.answers import Page, answers
from horizon.api.base import View
from horizon.api.bodies import Body


class NewPerson(Body):
    """A person to invite."""

    name = serializers.CharField()
    email = serializers.EmailField(required=False, allow_blank=True, default="", max_length=254)
    admin = serializers.BooleanField(required=False, default=False)


class Change(Body):
    """What an administrator changes; what is not sent stays."""

    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    admin = serializers.BooleanField(required=False)
    active = serializers.BooleanField(required=False)


class Named(TypedDict):
    """A person or robot as everybody sees them."""

    name: str
    robot: bool
    active: bool


class Shown(Named):
    """A person or robot as administrators see them; `invited` until a password is set."""

    email: str
    admin: bool
    invited: bool
    created_at: datetime
    signed_in_at: datetime | None


class Invited(Shown):
    """A new person, with the link that invites them."""

    invitation: session.Shown


class Changed(Shown):
    """A person as changed; the root groups are named that are left without an active owner."""

    left_without_owner: list[str]


class People(View):
    """`/people`"""

    @answers(Page(Shown | Named), query=("search", "active"), errors=(403,))
    def get(self, request: Request) -> Response:
        """Names by which members are added; administrators see more. `?search=` is a part of the name, `?active=` true or false."""
        require_unbound(self.actor)
        active = {"true": True, "false": False}.get(self.choice("active", ("true", "false")))
        return self.page(people.listed(search=self.query("search"), active=active), shown if self.actor.admin else named)

    @answers(Invited, 201, body=NewPerson)
    def post(self, request: Request) -> Response:
        """Make a person and the link that invites them."""
        require_admin(self.actor)
        sent = self.sent(NewPerson)
        user, issued = people.create(sent["name"], people.Standing(sent["email"], admin=sent["admin"]), actor=self.actor)
        return Response({**shown(user), "invitation": session.shown(issued)}, status=201)


class OnePerson(View):
    """`/people/{name}`"""

    @answers(Shown | Named, errors=(403,))
    def get(self, request: Request, name: str) -> Response:
        """The person; administrators and the person see more."""
        require_unbound(self.actor)
        user = people.found(name)
        return Response(shown(user) if self.actor.admin or user == self.actor.user else named(user))

    @answers(Changed, body=Change)
    def patch(self, request: Request, name: str) -> Response:
        """Change, disable or enable. The answer names the root groups that are left without an active owner."""
        require_admin(self.actor)
        user, sent = people.found(name), self.sent(Change)
        people.change(user, people.Standing(**{**asdict(people.standing_of(user)), **sent}), actor=self.actor)
        return Response({**shown(user), "left_without_owner": [] if user.is_active else people.left_without_owner(user)})


class Reset(View):
    """`/people/{name}/reset`"""

    @answers(session.Shown)
    def post(self, request: Request, name: str) -> Response:
        """End the password and the sessions; answer a link that sets a new one. Invites anew who never had one."""
        require_admin(self.actor)
        return Response(session.shown(people.reset(people.found(name), actor=self.actor)))


def named(user: AbstractBaseUser) -> Named:
    """A person as everybody sees them."""
    return {"name": user.get_username(), "robot": hasattr(user, "robot"), "active": user.is_active}


def shown(user: AbstractBaseUser) -> Shown:
    """A person as administrators see them; `invited` until a password is set."""
    more = {"email": user.email, "admin": user.is_superuser, "invited": people.invited(user)}
    return {**named(user), **more, "created_at": user.date_joined, "signed_in_at": user.last_login}
