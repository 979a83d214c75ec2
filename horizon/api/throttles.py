"""How often one may try: the limits of `access.attempts` as views apply them."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from horizon.access import attempts
from horizon.api.base import address


class _Throttle(BaseThrottle):
    limit: attempts.Limit
    _wait = 0.0

    def who(self, request: Request) -> str:
        """Whom it counts."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count this try."""
        self._wait = attempts.count(self.limit, self.who(request))
        return not self._wait

    def wait(self) -> float:
        """Seconds until the next one."""
        return self._wait


class ByAddress(_Throttle):
    """Tries to sign in or to use a link, by the address that they come from."""

    limit = attempts.BY_ADDRESS

    def who(self, request: Request) -> str:
        """The address."""
        return address(request)


class ByName(_Throttle):
    """Tries to sign in, by the name that they say."""

    limit = attempts.BY_NAME

    def who(self, request: Request) -> str:
        """The name, however it is written."""
        sent = request.data.get("name") if isinstance(request.data, dict) else ""
        return str(sent).lower()


class ByPerson(_Throttle):
    """Tokens made, by the person."""

    limit = attempts.BY_PERSON

    def who(self, request: Request) -> str:
        """The person's id."""
        return str(request.user.pk)
