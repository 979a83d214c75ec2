"""Oneself: who am I, where am I a member, what can I do next; one's own password."""

from typing import NotRequired, TypedDict

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access import members, passwords
from horizon.access.permissions import Actor, visible_applications, visible_clusters, visible_groups
from horizon.access.policy import Role
from horizon.api import people, tokens
from horizon.api.answers import answers
from horizon.api.base import View
from horizon.api.bodies import Body
from horizon.inventory.events import kind

_SHOWN = 5


class OldAndNew(Body):
    """A password to replace."""

    old = serializers.CharField(max_length=1024, trim_whitespace=False)
    new = serializers.CharField(max_length=1024, trim_whitespace=False)


class Held(TypedDict):
    """A role that one holds on a group, an application or a cluster."""

    role: Role
    group: NotRequired[str]
    application: NotRequired[str]
    cluster: NotRequired[str]


class Step(TypedDict):
    """What one could do next, and by which call."""

    do: str
    method: str
    path: str


class Shown(people.Shown):
    """Oneself: the token by which one calls, one's roles, what one could do next."""

    token: tokens.Shown | None
    memberships: list[Held]
    next: list[Step]


class Me(View):
    """`/me`"""

    @answers(Shown)
    def get(self, request: Request) -> Response:
        """Who you are, by which token, your roles, and what you can do next."""
        held = [{"role": row.role, kind(row.place): str(row.place)} for row in members.held_by(self.actor)]
        token = tokens.shown(self.actor.token) if self.actor.token else None
        return Response({**people.shown(self.actor.user), "token": token, "memberships": held, "next": _next(self)})


class MyPassword(View):
    """`/me/password`"""

    @answers(None, 204, body=OldAndNew)
    def put(self, request: Request) -> Response:
        """Replace your password; your other sessions end, your tokens stay."""
        sent = self.sent(OldAndNew)
        passwords.change(self.actor, old=sent["old"], new=sent["new"])
        update_session_auth_hash(request._request, request.user)
        return Response(status=204)


def _next(view: View) -> list[Step]:
    """The steps that lie before the person now."""
    actor = view.actor
    if not actor.unlimited:
        return []
    if not members.held_by(actor):
        return _first_day(actor)
    if not visible_applications(actor).exists():
        return [_step("Make an application in your group", "POST", "applications")]
    if not visible_clusters(actor).exists():
        return [_step("Make a cluster of an application", "POST", "clusters")]
    return [] if actor.user.tokens.exists() else [_step("Make a token for CI", "POST", "tokens")]


def _first_day(actor: Actor) -> list[Step]:
    owners = [f"{group} ({', '.join(members.owners(group)) or 'an administrator'})" for group in visible_groups(actor).filter(parent=None)[:_SHOWN]]
    steps = [_step(f"Ask for a role in a group: {'; '.join(owners)}", "GET", "groups")] if owners else []
    if actor.admin or not (actor.robot or settings.HORIZON_ADMINS_ONLY_ROOT_GROUPS):
        steps.append(_step("Make a group of your own", "POST", "groups"))
    return steps


def _step(what: str, method: str, path: str) -> Step:
    return {"do": what, "method": method, "path": f"/api/v1/{path}"}
