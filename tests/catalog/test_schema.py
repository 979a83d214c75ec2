"""Problems by JSON pointer, and schemas that cannot be used."""

import re
import socket

import pytest

from horizon.catalog import schema
from horizon.catalog.schema import Problem
from horizon.errors import Invalid


def found(rules: dict, data: object) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.message) for problem in schema.problems(rules, data)]


def test_good_data_has_no_problems():
    rules = {"type": "object", "properties": {"a": {"type": "integer"}}}

    assert schema.problems(rules, {"a": 1}) == []


def test_a_missing_key_is_reported_at_its_own_place():
    rules = {"properties": {"app": {"required": ["port", "name"]}}}

    assert schema.problems(rules, {"app": {"name": "x"}}) == [Problem("/app/port", "is required", "required")]


def test_an_unknown_key_is_reported_at_its_own_place():
    rules = {"properties": {"a": {}}, "patternProperties": {"^x-": {}}, "additionalProperties": False}

    assert schema.problems(rules, {"a": 1, "x-b": 1, "c": 1}) == [Problem("/c", "is not a known key", "additionalProperties")]


def test_keys_of_a_hidden_branch_are_reported_at_their_own_places():
    rules = {"properties": {"size": {}}, "if": {"properties": {"size": {"const": "own"}}}, "then": {"properties": {"cpu": {}, "ram": {}}}}
    strict = {**rules, "unevaluatedProperties": False}

    assert found(strict, {"size": "own", "cpu": 1, "ram": 1}) == []
    assert [pointer for pointer, _ in found(strict, {"size": "s", "cpu": 1, "ram": 1})] == ["/cpu", "/ram"]


def test_a_pointer_escapes_what_it_must():
    rules = {"additionalProperties": {"items": {"type": "string"}}}

    assert found(rules, {"a/b~c": ["x", 1]}) == [("/a~1b~0c/1", "must be text")]


@pytest.mark.parametrize(
    ("rules", "data", "message"),
    [
        ({"type": "integer"}, "1", "must be a whole number"),
        ({"type": "integer"}, True, "must be a whole number"),
        ({"type": ["string", "null"]}, 1, "must be text or null"),
        ({"enum": ["a", 1, None]}, 2, "must be one of a, 1, null"),
        ({"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]}, "c", "must be one of a, b"),
        ({"minimum": 1}, 0, "must be at least 1"),
        ({"maximum": 100}, 101, "must be at most 100"),
        ({"minLength": 1}, "", "must not be empty"),
        ({"maxItems": 1}, [1, 2], "must have at most 1 item"),
        ({"uniqueItems": True}, [{"a": 1}, {"a": 1}], "must not hold the same item twice"),
        ({"format": "email"}, "ann", "must be a valid email"),
        ({"pattern": "^[a-z]+$"}, "A", "must match the pattern ^[a-z]+$"),
        ({"pattern": "^[a-z]+$", "x-message": "must be small letters"}, "A", "must be small letters"),
    ],
)
def test_messages_are_short_sentences(rules, data, message):
    assert found(rules, data) == [("", message)]


def test_the_closest_form_of_a_choice_is_explained():
    rules = {"oneOf": [{"type": "string"}, {"type": "object", "required": ["path"]}]}

    assert found(rules, {"port": 1}) == [("/path", "is required")]


@pytest.mark.parametrize(("pattern", "text"), [("^[a-z]+$", "abc\n"), (r"^\d$", "٣"), (r"^\w+$", "é"), ("^(a$|b)$", "a\n")])
def test_a_pattern_means_what_the_browser_makes_of_it(pattern, text):
    assert found({"pattern": pattern}, text)


@pytest.mark.parametrize(("pattern", "text"), [(r"^[$]\$$", "$$"), (r"^[\]$]+$", "$]"), (r"a\\$", "a\\")])
def test_a_quoted_dollar_stays_a_dollar(pattern, text):
    assert re.search(pattern, text)
    assert found({"pattern": pattern}, text) == []


def test_no_more_than_fifty_problems_are_listed():
    rules = {"items": {"type": "string"}}

    assert len(schema.problems(rules, list(range(1000)))) == schema.MAX_PROBLEMS


def test_a_message_never_repeats_a_whole_instance():
    rules = {"not": {}, "propertyNames": {"pattern": "^a"}, "dependentRequired": {"x": ["y" * 1000]}}

    assert all(len(problem.message) <= schema.MAX_MESSAGE for problem in schema.problems(rules, {"x": "long " * 1_000_000}))


def test_draft_7_is_understood_by_its_own_rules():
    rules = {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}]}

    assert found(rules, [1]) == [("/0", "must be text")]


def test_references_inside_the_schema_are_followed():
    rules = {"$id": "https://example.com/form.json", "properties": {"a": {"$ref": "#/$defs/port"}}, "$defs": {"port": {"maximum": 65535}}}

    schema.check_schema(rules)

    assert found(rules, {"a": 65536}) == [("/a", "must be at most 65535")]


def test_nothing_is_ever_fetched(monkeypatch):
    reached = []
    monkeypatch.setattr(socket, "create_connection", lambda *arguments, **more: reached.append(arguments))

    with pytest.raises(Exception, match="example"):
        schema.problems({"$ref": "http://example.com/schema.json"}, {})

    assert reached == []


def test_a_changed_schema_is_not_answered_from_the_cache():
    rules = {"maximum": 1}
    assert found(rules, 2)

    rules["maximum"] = 2

    assert found(rules, 2) == []


def nested(depth: int) -> dict:
    rules: dict = {}
    for _ in range(depth):
        rules = {"properties": {"a": rules}}
    return rules


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([], "schema"),
        ({"type": "strin"}, "schema"),
        ({"properties": {"a": {"$id": "x"}}}, "schema"),
        (nested(5000), "schema"),
        ({"$schema": "https://example.com/my-own"}, "schema_dialect"),
        ({"$ref": "http://example.com/s.json"}, "schema_reference"),
        ({"$ref": "other.json#/a"}, "schema_reference"),
        ({"$ref": "#/$defs/none"}, "schema_reference"),
        ({"$ref": "#none"}, "schema_reference"),
        ({"$ref": "#"}, "schema_recursion"),
        ({"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#"}}}, "schema_recursion"),
        ({"patternProperties": {"(": {}}}, "schema_pattern"),
        ({"pattern": "(?i)a"}, "schema_pattern"),
        ({"pattern": r"\Aa\Z"}, "schema_pattern"),
        ({"pattern": "(?P<a>b)"}, "schema_pattern"),
        ({"pattern": "a++"}, "schema_pattern"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(rules, code):
    with pytest.raises(Invalid) as caught:
        schema.check_schema(rules)

    assert caught.value.code == code


def test_defaults_and_examples_are_data_and_no_schema():
    rules = {"properties": {"pattern": {"type": "string", "default": "("}}, "default": {"pattern": "(", "$ref": "http://example.com"}}

    schema.check_schema(rules)


def test_a_schema_may_refer_to_itself_at_another_place():
    rules = {"type": "object", "properties": {"child": {"$ref": "#"}}}

    schema.check_schema(rules)

    assert found(rules, {"child": {"child": 1}}) == [("/child/child", "must be a map")]


def test_data_nested_without_end_is_refused():
    data: dict = {}
    for _ in range(900):
        data = {"a": data}

    with pytest.raises(Invalid) as caught:
        schema.problems({"properties": {"a": {"$ref": "#"}}}, data)

    assert caught.value.code == "schema_recursion"
