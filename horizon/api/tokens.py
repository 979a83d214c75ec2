"""Tokens of a person, and what is the same for a robot's."""

from datetime import datetime
from typing import TypedDict

from django.contrib.auth.models import AbstractBaseUser
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from horizon.access import tokens
from horizon.access.models import Token
from horizon.access.permissions import require_unlimited
from horizon.access.policy import Scope, Verb
from horizon.api.answers import Page, answers
from horizon.api.base import View
from horizon.api.bodies import Body
from horizon.api.throttles import ByPerson


class NewToken(Body):
    """A token to make; bound to a cluster or an application it is of no use elsewhere."""

    name = serializers.CharField(max_length=63)
    scope = serializers.ChoiceField(choices=[scope.value for scope in Scope])
    cluster = serializers.CharField(required=False, allow_null=True, default=None)
    application = serializers.CharField(required=False, allow_null=True, default=None)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class Shown(TypedDict):
    """A token without its secret."""

    id: int
    name: str
    prefix: str
    scope: Scope
    cluster: str | None
    application: str | None
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class Made(Shown):
    """A new token with its secret."""

    token: str


def shown(token: Token) -> Shown:
    """A token as the API shows it, without its secret."""
    return {
        "id": token.pk,
        "name": token.name,
        "prefix": token.prefix,
        "scope": token.scope,
        "cluster": token.cluster.name if token.cluster else None,
        "application": token.application.name if token.application else None,
        "created_by": token.created_by,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "used_at": token.used_at,
    }


class TokenList(View):
    """The tokens of one person or robot."""

    def get_throttles(self) -> list[BaseThrottle]:
        """Only making one is slowed."""
        return [ByPerson()] if self.request.method == "POST" else []

    def listed(self, user: AbstractBaseUser) -> Response:
        """One page of them."""
        return self.page(tokens.of(user), shown)

    def made(self, user: AbstractBaseUser) -> Response:
        """A new one. Raises `Invalid`, `Forbidden`, `NotFound`."""
        require_unlimited(self.actor, "making a token")
        sent = self.sent(NewToken)
        cluster = self.cluster(sent["cluster"], Verb.VIEW) if sent["cluster"] else None
        application = self.application(sent["application"], Verb.VIEW) if sent["application"] else None
        new = tokens.NewToken(sent["name"], Scope(sent["scope"]), cluster, application, sent["expires_at"])
        token, secret = tokens.make(user, new, actor=self.actor)
        return Response({**shown(token), "token": secret}, status=201)


class Tokens(TokenList):
    """`/tokens`"""

    @answers(Page(Shown))
    def get(self, request: Request) -> Response:
        """One's own tokens."""
        return self.listed(self.actor.user)

    @answers(Made, 201, body=NewToken, errors=(404,))
    def post(self, request: Request) -> Response:
        """Make a token; its secret is in this answer and nowhere else."""
        return self.made(self.actor.user)


class OneToken(View):
    """`/tokens/{id}`"""

    @answers(None, 204)
    def delete(self, request: Request, key: int) -> Response:
        """Revoke one of one's own tokens; a token that may not make others may only revoke itself."""
        revoke(self, self.actor.user, key)
        return Response(status=204)


def revoke(view: View, user: AbstractBaseUser, key: int) -> None:
    """End one of the user's tokens. Raises `NotFound`, `Forbidden`."""
    tokens.revoke(tokens.one(user, key), actor=view.actor)
