"""Objects against the schemas of the newest Kubernetes that is bundled. Reasons name no values: some of them are secrets."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache, lru_cache
from itertools import islice
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator, ValidationError
from kubernetes_validate import latest_version
from kubernetes_validate.utils import schema_contents
from referencing import Registry, Resource

from horizon.engines.fields import Steps

MAX_FINDINGS = 20
"""Findings for one object; whoever misspells more has read enough."""

_KIND = re.compile(r"[A-Za-z0-9]{1,100}")
_API_VERSION = re.compile(r"(?:([a-z0-9.-]{1,200})/)?([a-z0-9]{1,40})")
_WORDS = {"object": "a map", "array": "a list", "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}


class Finding(NamedTuple):
    """One field that Kubernetes would not accept, and why."""

    steps: Steps
    reason: str


@cache
def version() -> str:
    """The Kubernetes version of the schemas, such as `1.37.0`."""
    return str(latest_version())


def is_known(api_version: Any, kind: Any) -> bool:
    """Whether Kubernetes itself has this kind of object."""
    return isinstance(api_version, str) and isinstance(kind, str) and _validator(api_version, kind) is not None


def schema_findings(manifest: Mapping[str, Any]) -> list[Finding]:
    """What an object's schema refuses, at most `MAX_FINDINGS`; nothing for an unknown kind. Nulls count as absent."""
    validator = _validator(manifest["apiVersion"], manifest["kind"])
    if validator is None:
        return []
    try:
        errors = list(islice(validator.iter_errors(_without_nulls(manifest)), MAX_FINDINGS))
    except RecursionError:
        return [Finding((), "is nested too deeply to be checked")]
    return list(islice((finding for error in errors for finding in _findings(error)), MAX_FINDINGS))


@lru_cache(maxsize=512)
def _validator(api_version: str, kind: str) -> Draft202012Validator | None:
    match = _API_VERSION.fullmatch(api_version)
    if not match or not _KIND.fullmatch(kind):
        return None
    group = (match[1] or "").partition(".")[0]
    try:
        schema = _contents("-".join(part for part in (kind.lower(), group, match[2]) if part))
    except FileNotFoundError:
        return None
    served = {"group": match[1] or "", "kind": kind, "version": match[2]}
    return Draft202012Validator(schema, registry=_definitions()) if served in schema.get("x-kubernetes-group-version-kind", ()) else None


@cache
def _definitions() -> Registry[Any]:
    return Resource.from_contents(_contents("_definitions")) @ Registry()


def _contents(name: str) -> Any:
    return schema_contents(f"kubernetes-json-schema/v{version()}-local-strict/{name}.json", version())


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _findings(error: ValidationError) -> Iterator[Finding]:
    at = tuple(error.absolute_path)
    match error.validator:
        case "required":
            missing = (name for name in error.validator_value if name not in error.instance)
            yield from (Finding((*at, name), "is required") for name in missing)
        case "additionalProperties":
            known = error.schema.get("properties", {})
            yield from (Finding((*at, name), _unknown(name, known)) for name in error.instance if name not in known)
        case _:
            yield Finding(at, _reason(error))


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    similar = get_close_matches(name[:100], known, n=1)
    return f"is no such field; did you mean {similar[0]}?" if similar else "is no such field"


def _reason(error: ValidationError) -> str:
    match error.validator:
        case "type":
            return f"must be {_types(error.schema)}"
        case "oneOf" | "anyOf":
            return "must be " + " or ".join(dict.fromkeys(_types(schema) for schema in error.validator_value))
        case "enum":
            return f"must be one of {', '.join(map(str, error.validator_value))}"
    return f"breaks the rule {error.validator} of its schema"


def _types(schema: Mapping[str, Any]) -> str:
    types = schema.get("type", ())
    names = [types] if isinstance(types, str) else [name for name in types if name != "null"]
    return " or ".join(_WORDS.get(name, name) for name in names) or "of another form"
