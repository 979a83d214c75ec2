"""What may be sent: the fields of a body, and what is wrong with one by JSON pointer."""

from collections.abc import Iterator
from typing import Any

from rest_framework import serializers

_KINDS: tuple[tuple[tuple[type[serializers.Field], ...], type, str], ...] = (
    ((serializers.BooleanField,), bool, "must be true or false"),
    ((serializers.IntegerField,), int, "must be a whole number"),
    ((serializers.CharField, serializers.ChoiceField, serializers.DateTimeField), str, "must be text"),
)


class Body(serializers.Serializer):
    """What may be sent; a field that is not named here is refused, and so is a value of another kind: as a number, 28992e35 is no commit."""

    def to_internal_value(self, data: Any) -> Any:
        """The fields that were sent."""
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({unknown[0]: ["there is no such field here"]})
            mistyped = {name: [_mistyped(self.fields[name], value)] for name, value in data.items() if _mistyped(self.fields[name], value)}
            if mistyped:
                raise serializers.ValidationError(mistyped)
        return super().to_internal_value(data)


class JsonMap(serializers.JSONField):
    """Any JSON map."""

    def to_internal_value(self, data: Any) -> Any:
        """The map."""
        if not isinstance(data, dict):
            raise serializers.ValidationError("must be a map")
        return data


def _mistyped(field: serializers.Field, value: Any) -> str:
    """What is wrong with the kind of a value, empty if nothing is."""
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return next(filter(None, (_mistyped(field.child, item) for item in value)), "")
    if isinstance(field, serializers.DictField) and isinstance(value, dict):
        return next(filter(None, (_mistyped(field.child, item) for item in value.values())), "")
    if value is None or (isinstance(value, float) and value.is_integer() and isinstance(field, serializers.IntegerField)):
        return ""
    return next((words for kinds, kind, words in _KINDS if isinstance(field, kinds) and type(value) is not kind), "")


def errors(found: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    """What the framework found wrong, each with its JSON pointer."""
    if isinstance(found, dict):
        for key, inner in found.items():
            yield from errors(inner, pointer if key == "non_field_errors" else f"{pointer}/{key}")
    elif found and all(isinstance(item, str) for item in found):
        yield {"pointer": pointer, "message": str(found[0])}
    else:
        for place, inner in enumerate(found):
            yield from errors(inner, f"{pointer}/{place}")
