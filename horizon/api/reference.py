"""The API describes itself: the OpenAPI document for programs, and a page of it for people. Both are readable by everybody."""

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.api import openapi
from horizon.api.answers import answers
from horizon.api.base import OneFormat, View

_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_COMPONENT = "#/components/schemas/"
_LIMITS = ("format", "pattern", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "default")


class _Open(View):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    content_negotiation_class = OneFormat


class OpenApi(_Open):
    """`/api/schema`"""

    @answers(dict[str, Any])
    def get(self, request: Request) -> Response:
        """This API as an OpenAPI 3.1 document."""
        return Response(openapi.document())


class Page(_Open):
    """`/api/`"""

    @answers({"text/html": str})
    def get(self, request: Request) -> HttpResponse:
        """The same as a page to read."""
        return HttpResponse(_text(), headers={"Content-Security-Policy": _POLICY})


@cache
def _text() -> str:
    return render_to_string("api/reference.html", shown(openapi.document()))


def shown(document: dict[str, Any]) -> dict[str, Any]:
    """The document as the page lays it out: operations by tag, then the schemas that they name."""
    operations = [_operation(path, method, item) for path, methods in document["paths"].items() for method, item in methods.items()]
    tags = [{"name": name, "operations": list(found)} for name, found in groupby(operations, key=lambda item: item["tag"])]
    schemas = [_schema(name, item) for name, item in document["components"]["schemas"].items()]
    return {"info": document["info"], "tags": tags, "schemas": schemas}


def _operation(path: str, method: str, item: dict[str, Any]) -> dict[str, Any]:
    taken = item.get("requestBody", {}).get("content", {})
    return {
        "id": item["operationId"],
        "tag": item["tags"][0],
        "method": method.upper(),
        "path": path,
        "description": item["description"],
        "open": not item["security"],
        "parameters": [{**parameter, "kind": words(parameter["schema"])} for parameter in item["parameters"]],
        "body": _content(taken),
        "answers": [_answer(status, answer) for status, answer in item["responses"].items() if int(status) < 400],
        "errors": [_answer(status, answer) for status, answer in item["responses"].items() if int(status) >= 400],
    }


def _answer(status: str, answer: dict[str, Any]) -> dict[str, Any]:
    return {"status": status, "means": answer["description"], "content": _content(answer.get("content", {}))}


def _content(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": kind, "kind": words(item["schema"]), "link": next(_links(item["schema"]), "")} for kind, item in content.items()]


def _schema(name: str, item: dict[str, Any]) -> dict[str, Any]:
    needed = item.get("required", [])
    fields = [
        {"name": field, "kind": words(schema), "link": next(_links(schema), ""), "needed": field in needed, "limits": list(_limits(schema))}
        for field, schema in item.get("properties", {}).items()
    ]
    return {"name": name, "description": item.get("description", ""), "fields": fields}


def words(schema: dict[str, Any]) -> str:
    """A schema in a few words: `list of groups.Shown`, `string or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_COMPONENT)
    if "anyOf" in schema:
        return " or ".join(words(item) for item in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(str(value).lower() if isinstance(value, bool) else str(value) for value in schema["enum"])
    if "items" in schema.get("properties", {}):
        return f"page of {words(schema['properties']['items']['items'])}"
    if schema.get("type") == "array":
        return f"list of {words(schema['items'])}"
    kinds = schema.get("type", "anything")
    return " or ".join(kinds) if isinstance(kinds, list) else {"object": "map"}.get(kinds, kinds)


def _links(schema: dict[str, Any]) -> Iterator[str]:
    """The components that a schema names."""
    if "$ref" in schema:
        yield str(schema["$ref"]).removeprefix(_COMPONENT)
    inner = [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else []), *schema.get("properties", {}).values()]
    for item in inner:
        yield from _links(item)


def _limits(schema: dict[str, Any]) -> Iterator[str]:
    yield from (f"{name} {schema[name]}" for name in _LIMITS if schema.get(name) not in (None, "", {}, []))
