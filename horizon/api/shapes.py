"""Types and bodies as JSON Schema: a `TypedDict`, a dataclass or a `Body` becomes a component named by its module and class."""

import enum
from collections.abc import Callable
from dataclasses import is_dataclass
from datetime import datetime
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from rest_framework import serializers
from rest_framework.fields import empty

from horizon.api.answers import Page
from horizon.api.bodies import Body, JsonMap

Schema = dict[str, Any]

_PLAIN: dict[Any, Schema] = {
    Any: {},
    object: {},
    NoneType: {"type": "null"},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bytes: {"type": "string", "contentMediaType": "application/octet-stream"},
    dict: {"type": "object"},
    datetime: {"type": "string", "format": "date-time"},
}
_FIELDS: dict[type[serializers.Field], Schema] = {
    serializers.EmailField: {"type": "string", "format": "email"},
    serializers.CharField: {"type": "string"},
    serializers.BooleanField: {"type": "boolean"},
    serializers.IntegerField: {"type": "integer"},
    serializers.DateTimeField: {"type": "string", "format": "date-time"},
    JsonMap: {"type": "object"},
    serializers.JSONField: {},
}
"""The first kind that a field is of says its schema."""


class Components:
    """The named schemas that shapes refer to, gathered while shapes are read."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}
        self._owners: dict[str, Any] = {}

    def of(self, shape: Any) -> Schema:
        """The schema of a type, by reference where it has a name. Raises `TypeError` for a type that JSON does not have."""
        if isinstance(shape, Page):
            return _page(self.of(shape.item))
        if shape in _PLAIN:
            return dict(_PLAIN[shape])
        if isinstance(shape, type) and issubclass(shape, Body):
            return self._named(shape, self._body)
        if is_typeddict(shape) or is_dataclass(shape):
            return self._named(shape, self._record)
        if isinstance(shape, type) and issubclass(shape, enum.Enum):
            return {"type": "string", "enum": [item.value for item in shape]}
        return self._composed(shape)

    def _composed(self, shape: Any) -> Schema:
        origin, parts = get_origin(shape), get_args(shape)
        if origin in (Union, UnionType):
            return _either([self.of(part) for part in parts])
        if origin is Literal:
            return {"enum": list(parts)}
        if origin in (list, tuple):
            return {"type": "array", "items": self.of(parts[0])}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of(parts[1])}
        raise TypeError(f"no schema can be made of {shape!r}")

    def _named(self, kind: Any, read: Callable[[Any], Schema]) -> Schema:
        name = f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"
        if self._owners.setdefault(name, kind) is not kind:
            raise TypeError(f"two shapes are called {name}: rename one")
        if name not in self.schemas:
            self.schemas[name] = {}
            self.schemas[name] = {"description": cleandoc(kind.__doc__ or ""), **read(kind)}
        return {"$ref": f"#/components/schemas/{name}"}

    def _record(self, kind: Any) -> Schema:
        hints = get_type_hints(kind)
        needed = sorted(getattr(kind, "__required_keys__", hints))
        fields = {name: self.of(hint) for name, hint in hints.items()}
        return {"type": "object", "properties": fields, "required": needed, "additionalProperties": False}

    def _body(self, kind: type[Body]) -> Schema:
        fields = kind().fields
        schema: Schema = {"type": "object", "properties": {name: self.field(item) for name, item in fields.items()}}
        needed = [name for name, item in fields.items() if item.required]
        return {**schema, **({"required": needed} if needed else {}), "additionalProperties": False}

    def field(self, field: serializers.Field) -> Schema:
        """The schema of one field of a body. A kind of field that is our own says it as its `schema`. Raises `TypeError`."""
        schema = {**self._kind(field), **_limits(field)}
        if field.default is not empty:
            schema["default"] = field.default() if callable(field.default) else field.default
        return _either([schema, {"type": "null"}]) if field.allow_null else schema

    def _kind(self, field: serializers.Field) -> Schema:
        if own := getattr(field, "schema", None):
            return dict(own)
        if isinstance(field, Body):
            return self.of(type(field))
        if isinstance(field, serializers.ChoiceField):
            return {"enum": list(field.choices)}
        if isinstance(field, serializers.ListField):
            return {"type": "array", "items": self.field(field.child)}
        return dict(next((schema for kind, schema in _FIELDS.items() if isinstance(field, kind)), None) or _refuse(field))


def _refuse(field: serializers.Field) -> Schema:
    raise TypeError(f"say in `schema` what {type(field).__name__} takes")


def _limits(field: serializers.Field) -> Schema:
    found: Schema = {}
    plural = "Items" if isinstance(field, serializers.ListField) else "Length"
    if isinstance(field, serializers.CharField) and not field.allow_blank:
        found["minLength"] = 1
    if isinstance(field, serializers.RegexField):
        found["pattern"] = next(item.regex.pattern for item in field.validators if hasattr(item, "regex"))
    for name, limit in (("max_length", f"max{plural}"), ("min_value", "minimum"), ("max_value", "maximum")):
        if getattr(field, name, None) is not None:
            found[limit] = getattr(field, name)
    return found


def _either(schemas: list[Schema]) -> Schema:
    """One of several; plain kinds are one schema with several types."""
    first, *others = schemas
    if isinstance(first.get("type"), str) and "enum" not in first and others == [{"type": "null"}]:
        default = {"default": first["default"]} if "default" in first else {}
        return {**first, "type": [first["type"], "null"], **default}
    return {"anyOf": schemas}


def _page(item: Schema) -> Schema:
    numbers = {name: {"type": "integer", "minimum": least} for name, least in (("page", 1), ("size", 1), ("total", 0))}
    fields = {"items": {"type": "array", "items": item}, **numbers, "exact": {"type": "boolean"}}
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
