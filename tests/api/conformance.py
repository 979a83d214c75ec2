"""Whether an answer is one that the OpenAPI document promises."""

import json
import re
from functools import cache
from typing import Any

from django.urls import Resolver404, resolve
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from horizon.api import openapi

_DOCUMENT = "urn:openapi"


def assert_promised(method: str, path: str, answer: Any) -> None:
    """The answer's status is in the document, and its JSON body fits the schema there."""
    try:
        address = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", resolve(path).route)
    except Resolver404:
        assert answer.status_code == 404
        return
    operation = openapi.document()["paths"].get(address, {}).get(method.lower())
    if operation is None:
        assert answer.status_code == 405, f"{method} {path} is not described"
        return
    assert str(answer.status_code) in operation["responses"], f"{method} {address} answered {answer.status_code}, which is not described"
    promised = operation["responses"][str(answer.status_code)].get("content", {})
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    assert (kind in promised) if promised else not _text(answer), f"{method} {address} answered {kind!r}, not one of {list(promised)}"
    if kind == "application/json":
        at = f"{_DOCUMENT}#/paths/{_escaped(address)}/{method.lower()}/responses/{answer.status_code}/content/{_escaped(kind)}/schema"
        problems = [f"{error.json_path}: {error.message}" for error in _validator(at).iter_errors(json.loads(_text(answer)))]
        assert problems == [], f"{method} {address}"


def _text(answer: Any) -> str:
    """The body; one that was streamed was read by the caller."""
    return str(answer.said) if hasattr(answer, "said") else answer.content.decode(errors="replace")


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


@cache
def _validator(at: str) -> Draft202012Validator:
    registry = Registry().with_resource(_DOCUMENT, DRAFT202012.create_resource(openapi.document()))
    return Draft202012Validator({"$ref": at}, registry=registry, format_checker=FormatChecker())
