"""Tokens over HTTP: `Authorization: Bearer <token>`, or as the password of Basic for Git and Helm clients."""

import base64

from django.contrib.auth.models import AbstractBaseUser
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from horizon.access import tokens
from horizon.access.models import Token


class TokenAuthentication(authentication.BaseAuthentication):
    """The person whom a token stands for; `request.auth` is the token."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, Token] | None:
        """Person and token, None without an `Authorization` header of ours."""
        kind, _, value = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        secret = value.strip() if kind.lower() == "bearer" else _password(value) if kind.lower() == "basic" else None
        if secret is None:
            return None
        token = tokens.find(secret)
        if token is None:
            raise exceptions.AuthenticationFailed("the token is unknown, expired or revoked")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a client without credentials is asked for."""
        return 'Basic realm="Horizon: any user name, a token as password"'


def _password(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except ValueError:
        # Letters outside ASCII, no base64, no UTF-8.
        return None
