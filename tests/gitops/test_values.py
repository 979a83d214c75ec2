"""Which file wins, and what is said of a file that is none."""

import pytest

from horizon.errors import Invalid
from horizon.gitops import layout, values

TREE = {
    layout.SRE: b"web:\n  b: sre\n  a: sre\n  deep:\n    x: 1\n",
    layout.APPLICATION: b"web:\n  a: mine\n  b: mine\n  c: mine\n  deep:\n    x: 0\n    y: 0\n",
    layout.OUTPUT: b"web:\n  b: ci\n",
    layout.PIPELINE: b"pipeline: {}\n",
}


def test_value_files_come_in_the_order_in_which_the_last_one_wins() -> None:
    texts = values.value_texts(TREE)

    assert texts == [TREE[file].decode() for file in (layout.APPLICATION, layout.OUTPUT, layout.SRE)]


def test_a_key_that_later_files_decide_is_listed_with_what_wins() -> None:
    found = values.shadowed(TREE, layout.APPLICATION)

    assert {item.path: (item.value, item.owner) for item in found} == {
        ("web", "a"): ("sre", "SRE"),
        ("web", "b"): ("sre", "SRE"),
        ("web", "deep", "x"): (1, "SRE"),
    }


def test_keys_are_listed_in_the_order_of_the_file() -> None:
    tree = {layout.APPLICATION: "".join(f"k{turn}: 1\n" for turn in range(50)).encode()}

    found = values.shadowed({**tree, layout.SRE: tree[layout.APPLICATION]}, layout.APPLICATION)

    assert [item.path for item in found] == [(f"k{turn}",) for turn in range(50)]


@pytest.mark.parametrize(
    ("content", "place"), [(b"\xff", {}), (b"- a\n", {}), (b"b: 1\na: [\n", {"line": 3}), (b"a: !!python/name:os.system\n", {"line": 1})]
)
def test_a_file_that_is_none_is_named_with_the_line(content: bytes, place: dict[str, int]) -> None:
    with pytest.raises(Invalid, match=f"^{layout.SRE}: ") as caught:
        values.data({layout.SRE: content}, layout.SRE)

    assert caught.value.details == {"file": layout.SRE, **place}


def test_a_value_file_that_is_no_text_is_named() -> None:
    with pytest.raises(Invalid, match=layout.SRE):
        values.value_texts({layout.SRE: b"\xff"})
