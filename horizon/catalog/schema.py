"""JSON Schema on the server: problems by JSON pointer, so that a form can show each at its field.

The browser reads the same schemas, so a pattern means what ECMAScript makes of it: `$` is the end of the text. Nothing is ever fetched.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import referencing
from jsonschema import FormatChecker, exceptions, validators
from jsonschema_specifications import REGISTRY
from referencing.jsonschema import specification_with

from horizon.errors import Invalid

DIALECTS = {
    "http://json-schema.org/draft-06/schema": validators.Draft6Validator,
    "http://json-schema.org/draft-07/schema": validators.Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": validators.Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": validators.Draft202012Validator,
}
NEWEST = "https://json-schema.org/draft/2020-12/schema"
MAX_PROBLEMS = 50
MAX_MESSAGE = 200

_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_SINGLES = (
    "items", "additionalItems", "unevaluatedItems", "contains", "additionalProperties", "unevaluatedProperties", "propertyNames",
    "if", "then", "else", "not", "contentSchema",
)  # fmt: skip
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_PYTHON_ONLY = re.compile(r"\(\?[aiLmsux#P(>-]|\\[AZ]|[*+?}]\+")
_PATTERN_TOKENS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\$", re.DOTALL)


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field; for a missing or an unknown key the pointer is that key's own."""

    pointer: str
    message: str
    keyword: str


def problems(schema: Mapping[str, Any], data: Any) -> list[Problem]:
    """Say what is wrong with `data`, at most `MAX_PROBLEMS` things, sorted by pointer; an empty list is a yes.

    Raises `Invalid` only for data or a schema nested without end.
    """
    validator = _validator(json.dumps(schema, sort_keys=True))
    try:
        found = list(islice(_flat(validator.iter_errors(data)), MAX_PROBLEMS))
    except RecursionError as error:
        raise Invalid("The data is nested too deeply to be checked.", code="schema_recursion") from error
    return sorted(set(found), key=lambda problem: (problem.pointer, problem.keyword, problem.message))


def check_schema(schema: Any) -> None:
    """Refuse a schema that does not compile, refers to anything outside itself or uses a pattern that browser and server read differently."""
    if not isinstance(schema, dict):
        raise Invalid("A schema is a JSON object.", code="schema")
    try:
        _dialect(schema).check_schema(schema, format_checker=FormatChecker(formats=()))
        parts = list(subschemas(schema))
    except exceptions.SchemaError as error:
        raise Invalid(f"The schema is wrong at {pointer(error.absolute_path) or '/'}: {error.message[:MAX_MESSAGE]}", code="schema") from error
    except RecursionError as error:
        raise Invalid("The schema is nested too deeply.", code="schema") from error
    for part in parts:
        _check_patterns(part)
    problems(schema, {})


def subschemas(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Walk a schema and every schema in it, also those that only a reference reaches. Raises `Invalid` for a reference that leads nowhere or out."""
    seen: set[int] = set()
    waiting: list[Any] = [schema]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict) or id(part) in seen:
            continue
        seen.add(id(part))
        if part is not schema and "$id" in part:
            raise Invalid('A schema inside a schema must not have an "$id".', code="schema")
        yield part
        waiting += [target for key in _REFERENCES if isinstance(part.get(key), str) for target in (_target(schema, part[key]),)]
        waiting += [value for key in _MAPS if isinstance(part.get(key), dict) for value in part[key].values()]
        waiting += [value for key in _LISTS if isinstance(part.get(key), list) for value in part[key]]
        waiting += [part[key] for key in _SINGLES if key in part]


def _target(schema: Mapping[str, Any], reference: str) -> Any:
    if not reference.startswith("#"):
        raise Invalid(f"The schema refers to {reference[:80]!r}: only references inside the same file are followed.", code="schema_reference")
    resource = specification_with(_dialect_name(schema)).create_resource(schema)
    try:
        return referencing.Registry().with_resource("", resource).resolver().lookup(reference).contents
    except (referencing.exceptions.Unresolvable, ValueError, TypeError, KeyError) as error:
        raise Invalid(f"The schema refers to {reference[:80]!r}, which it does not hold.", code="schema_reference") from error


def _check_patterns(schema: Mapping[str, Any]) -> None:
    patterns = [schema["pattern"]] if isinstance(schema.get("pattern"), str) else []
    patterns += schema.get("patternProperties", {})
    for pattern in patterns:
        if _PYTHON_ONLY.search(_PATTERN_TOKENS.sub(_bare, pattern)):
            raise Invalid(f"The pattern {pattern[:80]!r} is not understood by browsers.", code="schema_pattern")
        try:
            _compiled(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise Invalid(f"The pattern {pattern[:80]!r} cannot be compiled: {error}.", code="schema_pattern") from error


def _bare(token: re.Match[str]) -> str:
    """Blank out what is quoted in a pattern, so that only its syntax is left."""
    return token[0] if token[0] in (r"\A", r"\Z") else "x"


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile an ECMAScript pattern of the subset that Python shares: `$` is the end of the text alone, classes are ASCII."""
    return re.compile(_PATTERN_TOKENS.sub(lambda token: r"\Z" if token[0] == "$" else token[0], pattern), re.ASCII)


def _dialect_name(schema: Mapping[str, Any]) -> str:
    name = schema.get("$schema", NEWEST)
    if not isinstance(name, str) or name.rstrip("#") not in DIALECTS:
        raise Invalid(f"The schema's dialect {str(name)[:80]!r} is not known: leave $schema out or use {NEWEST}.", code="schema_dialect")
    return name.rstrip("#")


def _dialect(schema: Mapping[str, Any]) -> Any:
    return DIALECTS[_dialect_name(schema)]


@lru_cache(maxsize=256)
def _validator(text: str) -> Any:
    schema = json.loads(text)
    dialect = _dialect(schema)
    strict = validators.extend(dialect, {"pattern": _pattern, "required": _required, "additionalProperties": _additional(dialect)})
    return strict(schema, format_checker=dialect.FORMAT_CHECKER, registry=REGISTRY)


def _pattern(validator: Any, pattern: str, instance: Any, schema: Mapping[str, Any]) -> Iterator[exceptions.ValidationError]:
    if isinstance(instance, str) and not _compiled(pattern).search(instance):
        yield exceptions.ValidationError(str(schema.get("x-message") or f"must match the pattern {pattern}"))


def _required(validator: Any, required: list[str], instance: Any, schema: Mapping[str, Any]) -> Iterator[exceptions.ValidationError]:
    for key in required if isinstance(instance, dict) else ():
        if key not in instance:
            yield exceptions.ValidationError("is required", path=(key,))


def _additional(dialect: Any) -> Callable[..., Iterator[exceptions.ValidationError]]:
    stock = dialect.VALIDATORS["additionalProperties"]

    def additional(validator: Any, allowed: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[exceptions.ValidationError]:
        if allowed is not False or not isinstance(instance, dict):
            yield from stock(validator, allowed, instance, schema)
            return
        known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        for key in instance:
            if key not in known and not any(_compiled(pattern).search(key) for pattern in patterns):
                yield exceptions.ValidationError("is not a known key", path=(key,))

    return additional


def _flat(errors: Iterator[exceptions.ValidationError]) -> Iterator[Problem]:
    for error in errors:
        if error.validator == "unevaluatedProperties":
            yield from _unevaluated(error)
            continue
        closest = exceptions.best_match([error]) if error.context and not _choices(error) else error
        yield Problem(pointer(closest.absolute_path), _message(closest)[:MAX_MESSAGE], str(closest.validator))


def _unevaluated(error: exceptions.ValidationError) -> Iterator[Problem]:
    """Name the keys that no part of the schema knows; jsonschema puts them all into one sentence."""
    listed = re.search(r"\((.*) (?:was|were) ", error.message, re.DOTALL)
    names = listed[1].split(", ") if listed else []
    keys = [key for key in error.instance if repr(key) in names]
    for key in keys:
        yield Problem(pointer((*error.absolute_path, key)), "is not a known key here", "unevaluatedProperties")
    if not keys:
        yield Problem(pointer(error.absolute_path), "holds a key that is not known here", "unevaluatedProperties")


def _choices(error: exceptions.ValidationError) -> list[Any]:
    """The constants of a `oneOf` or `anyOf` that is a choice among constants, as forms use it for options with titles."""
    options = error.validator_value
    if error.validator not in ("oneOf", "anyOf") or not all(isinstance(option, dict) and "const" in option for option in options):
        return []
    return [option["const"] for option in options]


_MESSAGES: dict[str, Callable[[Any], str]] = {
    "type": lambda value: "must be " + " or ".join(_article(name) for name in ([value] if isinstance(value, str) else value)),
    "enum": lambda value: "must be one of " + _list(value),
    "const": lambda value: "must be " + json.dumps(value, ensure_ascii=False),
    "minimum": lambda value: f"must be at least {value}",
    "maximum": lambda value: f"must be at most {value}",
    "exclusiveMinimum": lambda value: f"must be more than {value}",
    "exclusiveMaximum": lambda value: f"must be less than {value}",
    "multipleOf": lambda value: f"must be a multiple of {value}",
    "minLength": lambda value: "must not be empty" if value == 1 else f"must have at least {value} characters",
    "maxLength": lambda value: f"must have at most {value} characters",
    "minItems": lambda value: f"must have at least {_count(value, 'item')}",
    "maxItems": lambda value: f"must have at most {_count(value, 'item')}",
    "uniqueItems": lambda value: "must not hold the same item twice",
    "minProperties": lambda value: f"must have at least {_count(value, 'key')}",
    "maxProperties": lambda value: f"must have at most {_count(value, 'key')}",
    "format": lambda value: f"must be a valid {value}",
    "not": lambda value: "is a combination that is not allowed",
    "oneOf": lambda value: "must match exactly one of the allowed forms",
    "anyOf": lambda value: "must match one of the allowed forms",
    "contains": lambda value: "lacks an item that is needed",
}


def _message(error: exceptions.ValidationError) -> str:
    if _choices(error):
        return _MESSAGES["enum"](_choices(error))
    say = _MESSAGES.get(str(error.validator))
    return say(error.validator_value) if say else error.message


def _article(name: str) -> str:
    return {"null": "null", "string": "text", "number": "a number", "boolean": "true or false", "array": "a list"}.get(
        name, "a whole number" if name == "integer" else "a map"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _list(values: list[Any]) -> str:
    return ", ".join(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values)


def pointer(path: Iterable[Any]) -> str:
    """A path into JSON data as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def steps(written: str) -> list[str]:
    """The path that a JSON pointer says."""
    return [step.replace("~1", "/").replace("~0", "~") for step in written.split("/")[1:]]
