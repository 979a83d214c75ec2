"""How often one may try: guessing passwords and making tokens. The counts live in Django's cache."""

from hashlib import sha256
from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from horizon.api.base import address


class _Throttle(SimpleRateThrottle):
    def ident(self, request: Request) -> str:
        """Whom it counts."""
        raise NotImplementedError

    def get_cache_key(self, request: Request, view: Any) -> str:
        """Where it counts."""
        return self.cache_format % {"scope": self.scope, "ident": self.ident(request)}


class ByAddress(_Throttle):
    """Tries to sign in or to use a link, whoever they name."""

    scope, rate = "address", "60/min"

    def ident(self, request: Request) -> str:
        """The address they come from."""
        return address(request)


class ByName(_Throttle):
    """Tries to sign in as one person, wherever they come from."""

    scope, rate = "name", "10/min"

    def ident(self, request: Request) -> str:
        """The name's digest: short, in letters that every cache takes."""
        sent = request.data.get("name") if isinstance(request.data, dict) else ""
        return sha256(str(sent).lower().encode()).hexdigest()


class ByPerson(_Throttle):
    """Tokens made by one person."""

    scope, rate = "person", "30/min"

    def ident(self, request: Request) -> str:
        """The person's id."""
        return str(request.user.pk)
