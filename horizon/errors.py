"""Every failure a caller can meet, named by what the caller can do about it.

Rooms subclass a kind where callers branch on it, and wrap library errors once, at their own edge. HTTP status codes are `api`'s business.
"""

from collections.abc import Mapping
from typing import Any


class HorizonError(Exception):
    """A failure with a stable `code` for programs, a sentence for people, and details for both."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.details: dict[str, Any] = dict(details or {})


class Invalid(HorizonError):
    """The request itself is wrong: correct it and send it again."""

    code = "invalid"


class Forbidden(HorizonError):
    """Somebody else may do this: ask for the role."""

    code = "forbidden"


class NotFound(HorizonError):
    """No such thing, or none that the caller may see."""

    code = "not_found"


class Conflict(HorizonError):
    """The state of things does not allow it now: look again, then decide."""

    code = "conflict"


class StaleRevision(Conflict):
    """What the caller saw is no longer so: look at what changed, then repeat with the new revision."""

    code = "stale"


class PreconditionRequired(Conflict):
    """The caller must say which revision was seen, so that nobody is overwritten unseen."""

    code = "precondition_required"


class Unavailable(HorizonError):
    """Something needed is out of reach for now: the same call may succeed later."""

    code = "unavailable"
