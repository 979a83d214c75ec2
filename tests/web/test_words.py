"""Values and sentences as a page writes them."""

from typing import Any

import pytest

from horizon.web.templatetags.horizon import shortened, written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (True, "true"),
        (3, "3"),
        ({"a": {"b": True}}, "a:\n  b: true"),
        ([{"name": "x"}], "- name: x"),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_a_value_is_written_as_in_a_file(value: Any, text: str) -> None:
    assert written(value) == text


def test_a_sentence_names_revisions_as_people_do() -> None:
    assert shortened(f"3 files as revision {'0a' * 20} wants.") == "3 files as revision 0a0a0a0a wants."
    assert shortened(f"sha256:{'0a' * 32}") == f"sha256:{'0a' * 32}"
