"""What every view starts from: who acts, which thing, what was sent, one page of many."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Model, QuerySet
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from horizon.access import groups
from horizon.access.addresses import came_from
from horizon.access.models import Token
from horizon.access.permissions import Actor
from horizon.access.policy import Verb
from horizon.api.answers import NOTE
from horizon.api.bodies import Body, errors
from horizon.delivery import lookup
from horizon.errors import Invalid, NotFound
from horizon.inventory.models import Application, Cluster, Group

_PAGE, _LARGEST_PAGE = 50, 200
COUNTED = 1000
"""How far rows are counted: beyond it the cost would grow with the installation."""


class OneFormat(BaseContentNegotiation):
    """For views that answer in one format of their own: it is sent whatever `Accept` says."""

    def select_parser(self, request: Request, parsers: list[BaseParser]) -> BaseParser:
        """The first one."""
        return parsers[0]

    def select_renderer(self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None) -> tuple[BaseRenderer, str]:
        """The first one: errors are written by it."""
        return renderers[0], renderers[0].media_type


class View(APIView):
    """A view is four lines: find, require, call one flow, answer."""

    @property
    def actor(self) -> Actor:
        """Who acts, by which token, from where."""
        token = self.request.auth if isinstance(self.request.auth, Token) else None
        return Actor(self.request.user, token, address(self.request))

    def initial(self, request: Request, *args: Any, **given: Any) -> None:
        """Refuse what no database holds, then go on. Raises `NotFound`, `Invalid`."""
        super().initial(request, *args, **given)
        if any("\x00" in str(value) for value in given.values()):
            raise NotFound("there is nothing with such a name")
        note = getattr(getattr(self, str(request.method).lower(), None), NOTE, None)
        known = [parameter.name for parameter in note.query] if note else []
        for name, values in request.query_params.lists():
            if name not in known:
                raise Invalid(_unknown(name, known), code="query", details={"field": name[:80], "known": sorted(known)})
            if any("\x00" in value for value in values):
                raise Invalid(f"{name[:80]!r} holds a NUL", code="query")

    def cluster(self, name: str, verb: Verb, *, archived: bool = False) -> Cluster:
        """The cluster of this name, if the actor may do this to it.

        Raises `NotFound`, `Forbidden`, and `Conflict` for more than a look at a deleted one unless `archived`.
        """
        return lookup.cluster(name, verb, actor=self.actor, archived=archived)

    def application(self, name: str, verb: Verb, *, archived: bool = False) -> Application:
        """The application of this name; raises as `cluster` does."""
        return lookup.application(name, verb, actor=self.actor, archived=archived)

    def group(self, path: str, verb: Verb) -> Group:
        """The group at this path, if the actor may do this to it. Raises `NotFound`, `Forbidden`."""
        return groups.found(path, verb, actor=self.actor)

    def sent(self, body: type[Body]) -> dict[str, Any]:
        """The request's body. Raises `Invalid` with `details.errors` by JSON pointer."""
        return self.checked(body, self.request.data)

    def checked(self, body: type[Body], data: Any) -> dict[str, Any]:
        """What was sent, if it fits. Raises as `sent` does."""
        form = body(data=data)
        if not form.is_valid():
            found = list(errors(form.errors))
            raise Invalid(f"{found[0]['pointer'] or 'the body'}: {found[0]['message']}", code="body", details={"errors": found})
        return dict(form.validated_data)

    def sent_map(self) -> dict[str, Any]:
        """The request's body, any map. Raises `Invalid`."""
        if not isinstance(self.request.data, dict):
            raise Invalid("the body must be a JSON map", code="body")
        return dict(self.request.data)

    def if_match(self) -> str | None:
        """The revision in `If-Match`, without quotes."""
        value = self.request.META.get("HTTP_IF_MATCH", "").strip().removeprefix("W/").strip('"')
        return None if value in ("", "*") else value

    def title(self) -> str:
        """The edit's title from `?title=`."""
        return str(self.request.query_params.get("title", ""))

    def query(self, name: str) -> str:
        """What the query says of this, empty if nothing."""
        return str(self.request.query_params.get(name, ""))

    def queries(self, name: str) -> list[str]:
        """All that the query says of this."""
        return [str(value) for value in self.request.query_params.getlist(name)]

    def needed(self, name: str) -> str:
        """What the query must say. Raises `Invalid`."""
        value = self.query(name)
        if not value:
            raise Invalid(f"say which one: ?{name}=", code="query", details={"field": name})
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of these in the query, or empty. Raises `Invalid`."""
        value = self.query(name)
        if value and value not in choices:
            raise Invalid(f"{name} must be one of {', '.join(choices)}", code="query", details={"field": name})
        return value

    def page(self, rows: "QuerySet[Any] | list[Any]", show: Callable[[Any], Any], *, whole: "QuerySet[Any] | None" = None) -> Response:
        """One page of rows: `?page=` from 1, `?size=` up to 200. `total` is exact up to `COUNTED`.

        With `whole`, rows are found by their keys alone and only those of the page are read from it, with all that is shown of them.
        """
        size, number = max(self.whole("size", default=_PAGE, most=_LARGEST_PAGE), 1), max(self.whole("page", default=1, most=10**9), 1)
        start = (number - 1) * size
        if isinstance(rows, list):
            found, total = rows[start : start + size], len(rows)
        elif whole is None:
            found, total = list(rows[start : start + size]), rows.order_by().values("pk")[: COUNTED + 1].count()
        else:
            keys, total = _keys(rows, start, start + size)
            found = _read(keys, whole)
        items = [show(row) for row in found]
        return Response({"items": items, "page": number, "size": size, **counted(total, exactly=isinstance(rows, list))})

    def whole(self, name: str, *, default: int, most: int) -> int:
        """A whole number from the query. Raises `Invalid`."""
        text = self.request.query_params.get(name, str(default))
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise Invalid(f"{name} must be a whole number", code="query", details={"field": name})
        return min(int(text), most)


def counted(total: int, *, exactly: bool = False) -> dict[str, Any]:
    """A number of rows as answers show it: `exact` is false where counting stopped."""
    exact = exactly or total <= COUNTED
    return {"total": total if exact else COUNTED, "exact": exact}


def address(request: Request) -> str:
    """Where a request comes from."""
    return came_from(request.META)


def named(kind: type[Model], name: object, *, field: str) -> Any:
    """The row of this name that a body refers to. Raises `Invalid` naming the field."""
    row = kind._default_manager.filter(name=str(name)).first()
    if row is None:
        raise Invalid(f"there is no {field} {str(name)[:80]!r}", code="unknown", details={"field": field})
    return row


def _keys(rows: "QuerySet[Any]", start: int, end: int) -> tuple[list[Any], int]:
    """The keys of one page, and how many rows there are, counted as far as `counted` says: one walk over the rows for both but on deep pages."""
    keys = rows.values_list("pk", flat=True)
    first = list(keys[: COUNTED + 1])
    return first[start:end] if end <= COUNTED else list(keys[start:end]), len(first)


def _read(keys: list[Any], whole: "QuerySet[Any]") -> list[Any]:
    """The rows of these keys in their order; one that went meanwhile is left out."""
    found = whole.in_bulk(keys)
    return [found[key] for key in keys if key in found]


def _unknown(name: str, known: Iterable[str]) -> str:
    choices = f"known here: {', '.join(sorted(known))}" if known else "none is known here"
    return f"there is no query parameter {name[:80]!r}: {choices}"
