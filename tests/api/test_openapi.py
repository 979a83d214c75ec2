"""The API describes itself: the document is whole and right, and the page shows all of it."""

import inspect
import re
from html.parser import HTMLParser
from typing import Any, Literal, TypedDict

import pytest
from django.test import Client
from jsonschema import Draft202012Validator
from rest_framework import serializers

from horizon.api import openapi
from horizon.api.base import View
from horizon.api.bodies import Body
from horizon.api.shapes import Components

ROUTES = openapi.routes()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_says_what_it_answers(route: openapi.Route) -> None:
    described = openapi.document()["paths"].get(route.path, {}).get(route.method)

    assert described, f"put @answers(…) on the view's {route.method}: see horizon/api/answers.py"
    assert described["description"], "say in the docstring what it does"


def test_operations_have_names_of_their_own() -> None:
    names = [item["operationId"] for methods in openapi.document()["paths"].values() for item in methods.values()]

    assert len(names) == len(set(names)) == len(ROUTES)


def test_every_schema_is_one() -> None:
    for schema in openapi.document()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_only_runs_tokens_and_repositories_are_numbers() -> None:
    numbered = {re.findall(r"([^{}]+)/{key}", route.path)[0].strip("/").removeprefix("api/v1/") for route in ROUTES if ("int", "key") in route.parts}

    assert numbered == {"pipelineruns", "tokens", "git/clusters"}


def errors(path: str, method: str) -> set[int]:
    return {int(status) for status in openapi.document()["paths"][path][method]["responses"] if int(status) >= 400}


def test_errors_follow_from_what_a_route_takes() -> None:
    assert errors("/api/v1/me", "get") == {400, 401, 406, 503}
    assert errors("/api/v1/clusters/{name}", "get") == {400, 401, 404, 406, 503}
    assert errors("/api/v1/clusters/{name}/config", "put") == {400, 401, 403, 404, 406, 409, 412, 413, 415, 428, 503}
    assert errors("/api/v1/session", "post") == {400, 406, 413, 415, 429}
    assert errors("/api/v1/tokens", "post") >= {401, 403, 429}


_READ = re.compile(r"""\b(?:query|needed|moment|choice|whole|query_params\.get)\(["'](\w+)["']""")


@pytest.mark.parametrize("view", list(dict.fromkeys(route.view for route in ROUTES)), ids=lambda view: view.__qualname__)
def test_queries_that_a_view_reads_are_described(view: type) -> None:
    own = [kind for kind in view.__mro__ if kind.__module__.startswith("horizon.api") and kind is not View]

    read = {name for kind in own for name in _READ.findall(inspect.getsource(kind))}

    assert read <= {item.name for route in ROUTES if route.view is view and route.note for item in route.note.query}


# -- shapes


class Taken(Body):
    """All kinds of fields."""

    name = serializers.CharField(max_length=5)
    note = serializers.CharField(required=False, allow_blank=True, allow_null=True, default=None)
    kind = serializers.ChoiceField(choices=["a", "b"])
    count = serializers.IntegerField(min_value=1, max_value=9, required=False)
    keys = serializers.ListField(child=serializers.CharField(), required=False, default=list, max_length=3)


class Given(TypedDict):
    """All kinds of types."""

    name: str | None
    state: Literal["on", "off"]
    items: list[dict[str, int]]


def test_a_body_is_a_schema_with_its_limits() -> None:
    components = Components()

    assert components.of(Taken) == {"$ref": "#/components/schemas/test_openapi.Taken"}
    assert components.schemas["test_openapi.Taken"] == {
        "description": "All kinds of fields.",
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 5},
            "note": {"type": ["string", "null"], "default": None},
            "kind": {"enum": ["a", "b"]},
            "count": {"type": "integer", "minimum": 1, "maximum": 9},
            "keys": {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 3, "default": []},
        },
        "required": ["name", "kind"],
        "additionalProperties": False,
    }


def test_a_type_is_a_closed_schema() -> None:
    components = Components()
    components.of(Given)

    schema = components.schemas["test_openapi.Given"]

    assert schema["properties"]["name"] == {"type": ["string", "null"]}
    assert schema["properties"]["state"] == {"enum": ["on", "off"]}
    assert schema["properties"]["items"] == {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "integer"}}}
    assert (schema["required"], schema["additionalProperties"]) == (["items", "name", "state"], False)


def test_what_no_schema_says_is_refused() -> None:
    class Odd(serializers.Field):
        """A field that does not say what it takes."""

    with pytest.raises(TypeError, match="Odd"):
        Components().field(Odd())
    with pytest.raises(TypeError, match="set"):
        Components().of(set[int])


# -- the document and the page


def test_everybody_may_read_the_document(client: Client) -> None:
    answer = client.get("/api/schema")

    assert answer.status_code == 200
    assert answer.json() == openapi.document()


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_shows_every_operation_and_schema(client: Client) -> None:
    answer = client.get("/api/")
    page = _Page(answer.content.decode())

    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    links = [attributes["href"][1:] for tag, attributes in page.tags if tag == "a" and attributes["href"].startswith("#")]

    document = openapi.document()
    assert answer.status_code == 200
    assert {item["operationId"] for methods in document["paths"].values() for item in methods.values()} <= set(ids)
    assert set(document["components"]["schemas"]) <= set(ids)
    assert len(ids) == len(set(ids))
    assert set(links) <= set(ids)


def test_the_page_needs_nothing_from_elsewhere(client: Client) -> None:
    answer = client.get("/api/")
    page = _Page(answer.content.decode())

    policy = answer.headers["Content-Security-Policy"]
    loaded = [attributes.get("src") or attributes["href"] for tag, attributes in page.tags if tag in ("link", "img", "script")]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert loaded == ["/static/api/reference.css"]
    assert client.get(loaded[0]).status_code == 200
    assert not any(tag in ("script", "style") or any(name == "style" or name.startswith("on") for name in found) for tag, found in page.tags)
