"""The OpenAPI document, made from the routes, what `answers` noted on them, and what their views ask for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from inspect import cleandoc
from types import SimpleNamespace
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny

from horizon.api.answers import NOTE, Answers, Parameter
from horizon.api.shapes import Components, Schema

_URLS = "horizon.api.urls"
METHODS = ("get", "put", "post", "patch", "delete")
_PART = re.compile(r"<(\w+):(\w+)>")
_NAME: Schema = {"type": "string", "minLength": 1}
_PARTS: dict[str, Schema] = {"int": {"type": "integer", "minimum": 0}, "str": _NAME, "path": _NAME}

MEANS = {
    400: "Wrong in itself: correct it.",
    401: "No token, or one that is unknown, expired or revoked.",
    403: "Somebody else may do this.",
    404: "There is none, or none that you may see.",
    406: "Not in this format.",
    409: "Not as things are now: look again.",
    412: "What you saw is no longer so; `details` has what is.",
    413: "The body is too large.",
    415: "Not in this format.",
    428: "Say in `If-Match` which revision you saw.",
    429: "Too often: wait.",
    503: "Out of reach for now: the same call may succeed later.",
}
"""Every error that an operation may answer. 405 is no operation's answer, and 500 is a fault that no operation promises."""
_WAITED = (429, 503)

_ABOUT = (
    "Names, not numbers, are in paths; only runs and tokens have ids. Lists are paged. Every error has one body, `{code, message, details}`. "
    "A method that an address does not have is 405, and a fault of ours 500, with the same body."
)


@dataclass(frozen=True)
class Route:
    """One method of one address, and the view's method that answers it."""

    path: str
    parts: tuple[tuple[str, str], ...]
    """Each variable part as kind and name."""
    method: str
    view: Any
    """The view's class."""

    @property
    def answer(self) -> Any:
        """The function that answers."""
        return getattr(self.view, self.method)

    @property
    def note(self) -> Answers | None:
        """What `answers` noted, None for a route that nobody described."""
        return getattr(self.answer, NOTE, None)


def routes() -> list[Route]:
    """Every route of the API."""
    return list(_routes(get_resolver(_URLS).url_patterns, "/"))


def _routes(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[Route]:
    for item in patterns:
        address = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from _routes(item.url_patterns, address)
            continue
        view, path = item.callback.view_class, _PART.sub(r"{\2}", address)
        yield from (Route(path, tuple(_PART.findall(address)), method, view) for method in METHODS if hasattr(view, method))


@cache
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of every described route. Raises `TypeError` for a shape that JSON does not have."""
    components = Components()
    paths: dict[str, Any] = {}
    for route in routes():
        if route.note:
            paths.setdefault(route.path, {})[route.method] = _operation(route, route.note, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Horizon", "version": "1", "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": {**dict(sorted(components.schemas.items())), "Error": _ERROR},
            "securitySchemes": _WHO,
        },
    }


def _operation(route: Route, note: Answers, components: Components) -> dict[str, Any]:
    text = cleandoc(route.answer.__doc__ or "")
    return {
        "operationId": "_".join([route.method, *re.findall(r"\w+", route.path.removeprefix("/api/v1/"))]),
        "tags": [re.findall(r"\w+", route.path.removeprefix("/api/v1"))[0]],
        "summary": text.split(". ")[0].split("; ")[0].rstrip("."),
        "description": text,
        "security": [] if _open(route) else [{name: []} for name in _WHO],
        "parameters": list(_parameters(route, note, components)),
        **_taken(route, note, components),
        "responses": _responses(route, note, components),
    }


def _parameters(route: Route, note: Answers, components: Components) -> Iterator[dict[str, Any]]:
    for kind, name in route.parts:
        yield {"name": name, "in": "path", "required": True, "schema": _PARTS[kind]}
    for place, items in (("query", note.query), ("header", note.headers)):
        yield from (_parameter(item, place, components) for item in items)


def _parameter(item: Parameter, place: str, components: Components) -> dict[str, Any]:
    return {"name": item.name, "in": place, "description": item.means, "schema": components.of(item.shape)}


def _taken(route: Route, note: Answers, components: Components) -> dict[str, Any]:
    if note.body is None:
        return {}
    if isinstance(note.body, dict):
        return {"requestBody": {"required": True, "content": {kind: {"schema": components.of(item)} for kind, item in note.body.items()}}}
    schema = components.of(note.body)
    kinds = [parser.media_type for parser in route.view.parser_classes]
    if route.method != "patch":
        kinds = [kind for kind in kinds if "merge-patch" not in kind]
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}}


def _responses(route: Route, note: Answers, components: Components) -> dict[str, Any]:
    answered = {str(status): _response(status, note.shape, components) for status in note.statuses}
    return answered | {str(status): _error(status, _kinds(route)) for status in sorted(_errors(route, note))}


def _response(status: int, shape: Any, components: Components) -> dict[str, Any]:
    meaning = {"description": HTTPStatus(status).phrase}
    if shape is None or status in (204, 304):
        return meaning
    kinds = shape if isinstance(shape, dict) else {"application/json": shape}
    return {**meaning, "content": {kind: {"schema": components.of(item)} for kind, item in kinds.items()}}


def _error(status: int, kinds: list[str]) -> dict[str, Any]:
    if status == 404:
        # Also the answer to a part that is no number, before any view is asked.
        kinds = sorted({*kinds, "application/json"})
    schemas = {kind: _REFERENCE if kind == "application/json" else {"type": "string"} for kind in kinds}
    wait = {"headers": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}} if status in _WAITED else {}
    return {"description": MEANS[status], **wait, "content": {kind: {"schema": schema} for kind, schema in schemas.items()}}


def _errors(route: Route, note: Answers) -> set[int]:
    """The errors that follow from what the view is and takes, and those that are noted."""
    found = {400, *note.errors, *([404] if route.parts else [])}
    if issubclass(route.view.content_negotiation_class, DefaultContentNegotiation):
        found |= {406}
    if not _open(route):
        found |= {401, 503}
        found |= {403, 409} if route.method != "get" else set()
    if note.body is not None:
        found |= {413} | ({415} if all(parser.media_type != "*/*" for parser in route.view.parser_classes) else set())
    if any(item.name == "If-Match" for item in note.headers):
        found |= {412, 428} if route.method == "put" else {412}
    return found | ({429} if _asked(route).get_throttles() else set())


def _kinds(route: Route) -> list[str]:
    """The media types of an error's body."""
    return [renderer.media_type for renderer in route.view.renderer_classes]


def _open(route: Route) -> bool:
    """Whether nobody is asked who they are."""
    return all(isinstance(item, AllowAny) for item in _asked(route).get_permissions())


def _asked(route: Route) -> Any:
    """The view, asked by this method."""
    view = route.view()
    view.request = SimpleNamespace(method=route.method.upper())
    return view


_REFERENCE = {"$ref": "#/components/schemas/Error"}
_ERROR: Schema = {
    "description": "Every error: a stable code for programs, one sentence for people, details for both.",
    "type": "object",
    "properties": {
        "code": {"type": "string", "pattern": "^[a-z][a-z_]*$"},
        "message": {"type": "string", "minLength": 1},
        "details": {"type": "object"},
    },
    "required": ["code", "message", "details"],
    "additionalProperties": False,
}
_WHO: dict[str, Schema] = {
    "token": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic", "description": "Any user name, a token as password: for git and helm."},
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "Calls that write send `X-CSRFToken` as well."},
}
