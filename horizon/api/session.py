"""Signing in and out by session, and links that set a password."""

from datetime import datetime
from typing import TypedDict

from django.conf import settings
from django.contrib.auth import login, logout
from django.middleware.csrf import get_token
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from horizon.access import links, signing
from horizon.api.answers import answers
from horizon.api.base import Body, View, address
from horizon.api.throttles import ByAddress, ByName


class Credentials(Body):
    """Who signs in."""

    name = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1024, trim_whitespace=False)


class NewPassword(Body):
    """The password that a link sets."""

    password = serializers.CharField(max_length=1024, trim_whitespace=False)


class SignedIn(TypedDict):
    """Who signed in; later calls that write send `csrf` in `X-CSRFToken`."""

    name: str
    csrf: str


class LinkShown(TypedDict):
    """For whom a link is, and until when."""

    name: str
    created_by: str
    expires_at: datetime


class Person(TypedDict):
    """Whose password was set."""

    name: str


class Shown(TypedDict):
    """A link as whoever made it hands it over."""

    link: str
    expires_at: datetime


class Session(View):
    """`/session`"""

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Nobody is asked who they are before they say it."""
        return [] if self.request is None or self.request.method == "POST" else super().get_authenticators()

    def get_permissions(self) -> list[BasePermission]:
        """Everybody may sign in."""
        return [AllowAny() if self.request.method == "POST" else IsAuthenticated()]

    def get_throttles(self) -> list[BaseThrottle]:
        """Guessing is slow."""
        return [ByAddress(), ByName()] if self.request.method == "POST" else []

    @answers(SignedIn, body=Credentials)
    def post(self, request: Request) -> Response:
        """Sign in; later calls that write send `csrf` in `X-CSRFToken`. Who is wrong is not told in what."""
        sent = self.sent(Credentials)
        user = signing.identify(sent["name"], sent["password"], address=address(request))
        login(request._request, user)
        return Response({"name": user.get_username(), "csrf": get_token(request._request)})

    @answers(None, 204)
    def delete(self, request: Request) -> Response:
        """Sign out."""
        logout(request._request)
        return Response(status=204)


class OneLink(View):
    """`/links/{secret}`"""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (ByAddress,)

    @answers(LinkShown)
    def get(self, request: Request, secret: str) -> Response:
        """For whom the link is, and until when."""
        link = links.find(secret)
        return Response({"name": link.user.get_username(), "created_by": link.created_by, "expires_at": link.expires_at})

    @answers(Person, body=NewPassword)
    def post(self, request: Request, secret: str) -> Response:
        """Set the password and end the link."""
        user = links.accept(secret, self.sent(NewPassword)["password"], address=address(request))
        return Response({"name": user.get_username()})


def shown(issued: links.Issued) -> Shown:
    """A link as whoever made it hands it over; shown once."""
    return {"link": f"{settings.HORIZON_URL}/links/{issued.secret}", "expires_at": issued.expires_at}
