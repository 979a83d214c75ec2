"""A platform edit of a file that people wrote leaves everything else in it as it was."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horizon import helmyaml
from horizon.gitops.rewrite import rewrite
from tests.gitops.test_change import MAPS

WRITTEN = """\
# at the top
web:   # the template
    size: 1  # small
    # above the list
    envs:
      - name: A   # first
        value: "1"
      # before B
      - name: B
        value: two
    "on": 'x'
    flow: {a: 1, b: [1, 2]}
    script: |
        echo 1

        echo 2
# at the end
"""


def _lines_gone(data: dict[str, Any]) -> list[str]:
    now = rewrite(WRITTEN, data).splitlines()
    return [line for line in WRITTEN.splitlines() if line.strip() and line not in now]


def test_the_same_data_leaves_every_byte() -> None:
    assert rewrite(WRITTEN, helmyaml.read_map(WRITTEN)) == WRITTEN


@pytest.mark.parametrize(
    ("path", "value", "gone"),
    [
        (("size",), 2, ["    size: 1  # small"]),
        (("size",), {"min": 1}, ["    size: 1  # small"]),
        (("envs", 1, "value"), "NO", ["        value: two"]),
        (("flow", "a"), 2, ["    flow: {a: 1, b: [1, 2]}"]),
        (("on",), True, ["    \"on\": 'x'"]),
        (("script",), "echo 3", ["    script: |", "        echo 1", "        echo 2"]),
        (("new",), {"deep": [1, {"x": None}]}, []),
    ],
)
def test_only_the_lines_of_what_changed_are_touched(path: tuple[Any, ...], value: Any, gone: list[str]) -> None:
    data = helmyaml.read_map(WRITTEN)
    place = data["web"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    assert _lines_gone(data) == gone
    assert helmyaml.read_map(rewrite(WRITTEN, data)) == data


def test_a_key_taken_away_takes_its_own_lines_only() -> None:
    data = helmyaml.read_map(WRITTEN)
    del data["web"]["envs"]
    data["web"]["flow"]["b"].append(3)

    text = rewrite(WRITTEN, data)

    assert "# above the list" in text
    assert "# at the end" in text
    assert helmyaml.read_map(text) == data


def test_an_item_joins_its_list_in_place() -> None:
    data = helmyaml.read_map(WRITTEN)
    data["web"]["envs"].insert(1, {"name": "C", "value": "3"})

    text = rewrite(WRITTEN, data)

    assert "# before B" in text
    assert [item["name"] for item in helmyaml.read_map(text)["web"]["envs"]] == ["A", "C", "B"]


def test_a_file_with_aliases_holds_the_right_data_afterwards() -> None:
    text = "base: &b\n  x: 1\nweb:\n  <<: *b\n  y: 2\n"

    changed = rewrite(text, {"base": {"x": 1}, "web": {"x": 5, "y": 2}})

    assert helmyaml.read_map(changed) == {"base": {"x": 1}, "web": {"x": 5, "y": 2}}


@settings(max_examples=500, deadline=None)
@given(MAPS, MAPS, st.booleans())
def test_the_file_holds_exactly_the_wanted_data(before: dict[str, Any], after: dict[str, Any], indented: bool) -> None:
    text = "# top\n" + helmyaml.write(before, indented_lists=indented)

    assert helmyaml.same(helmyaml.read_map(rewrite(text, after)), after)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing yet\n",
        "null\n",
        "base: &b {x: 1}\nweb:\n  <<: *b\n",
        "web: {a: 1}   # flow\n",
        "{web: 1}\n",
        "a: 1152921504606846976\n",
        "a: 1\n...\n",
    ],
)
def test_a_text_that_holds_the_data_already_stays_as_it_is(text: str) -> None:
    assert rewrite(text, helmyaml.read_map(text)) == text
