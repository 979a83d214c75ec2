"""Oneself: who am I, where am I a member, what can I do next; one's own password."""

from typing import Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access import members, passwords
from horizon.access.permissions import Actor, visible_applications, visible_clusters, visible_groups
from horizon.api import people, tokens
from horizon.api.base import Body, View
from horizon.inventory.events import kind

_SHOWN = 5


class OldAndNew(Body):
    """A password to replace."""

    old = serializers.CharField(max_length=1024, trim_whitespace=False)
    new = serializers.CharField(max_length=1024, trim_whitespace=False)


class Me(View):
    """`/me`"""

    def get(self, request: Request) -> Response:
        """Who you are, by which token, your roles, and what you can do next."""
        held = [{"role": row.role, kind(row.place): str(row.place)} for row in members.held_by(self.actor)]
        token = tokens.shown(self.actor.token) if self.actor.token else None
        return Response({**people.shown(self.actor.user), "token": token, "memberships": held, "next": _next(self)})


class MyPassword(View):
    """`/me/password`"""

    def put(self, request: Request) -> Response:
        """Replace your password; your other sessions end, your tokens stay."""
        sent = self.sent(OldAndNew)
        passwords.change(self.actor, old=sent["old"], new=sent["new"])
        update_session_auth_hash(request._request, request.user)
        return Response(status=204)


def _next(view: View) -> list[dict[str, Any]]:
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


def _first_day(actor: Actor) -> list[dict[str, Any]]:
    owners = [f"{group} ({', '.join(members.owners(group)) or 'an administrator'})" for group in visible_groups(actor).filter(parent=None)[:_SHOWN]]
    steps = [_step(f"Ask for a role in a group: {'; '.join(owners)}", "GET", "groups")] if owners else []
    if actor.admin or not (actor.robot or settings.HORIZON_ADMINS_ONLY_ROOT_GROUPS):
        steps.append(_step("Make a group of your own", "POST", "groups"))
    return steps


def _step(what: str, method: str, path: str) -> dict[str, Any]:
    return {"do": what, "method": method, "path": f"/api/v1/{path}"}
