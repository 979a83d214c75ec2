"""Unified diffs side by side."""

import re
from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from horizon.gitops.diff import diff
from horizon.web.diffs import File, files, of_object

LINES = st.lists(st.sampled_from(["a: 1", "b: <2>", "  c: 'x'", "", "-- d", "++ e", "@@ f", "a: 12"]), max_size=12)


def shown(before: str | None, after: str | None) -> File:
    sides = [{} if side is None else {"f.yaml": side.encode()} for side in (before, after)]
    return files([asdict(item) for item in diff(*sides)])[0]


def plain(html: str) -> str:
    return re.sub(r"</?(?:ins|del)>", "", html).replace("&lt;", "<").replace("&gt;", ">").replace("&#x27;", "'").replace("&amp;", "&")


def test_a_changed_line_stands_beside_what_replaces_it_with_the_difference_marked() -> None:
    rows = shown("a: 1\nreplicas: 10\nz: 1\n", "a: 1\nreplicas: 12\nz: 1\n").rows

    [changed] = [row for row in rows if row.old and row.old.mark]
    assert (changed.old.text, changed.new.text) == ("replicas: <del>10</del>", "replicas: <ins>12</ins>")
    assert (changed.old.number, changed.new.number) == (2, 2)


def test_lines_with_nothing_in_common_are_not_marked() -> None:
    [row] = [row for row in shown("alpha\n", "beta9\n").rows if row.old]

    assert (row.old.text, row.new.text) == ("alpha", "beta9")


def test_a_version_is_marked_as_a_whole_and_what_stands_around_it_is_not() -> None:
    [row] = [row for row in shown("image: shop/web:1.41.7\n", "image: shop/web:1.42.0\n").rows if row.old]

    assert (row.old.text, row.new.text) == ("image: shop/web:<del>1.41.7</del>", "image: shop/web:<ins>1.42.0</ins>")


def test_a_huge_difference_says_how_much_is_left_out() -> None:
    found = shown("", "".join(f"key{number}: 1\n" for number in range(1000)))

    assert (found.added, len(found.rows), found.left) == (1000, 600, 401)


def test_a_huge_line_is_shown_without_being_compared_word_by_word() -> None:
    [row] = [row for row in shown(f"a: {'x ' * 3000}1\n", f"a: {'x ' * 3000}2\n").rows if row.old]

    assert ("<del>" in row.old.text, row.old.text.endswith("x 1")) == (False, True)


def test_an_object_is_shown_as_its_yaml_and_one_that_was_not_compared_is_not() -> None:
    change = {"object": "Service/web", "impact": "new", "text": "--- /dev/null\n+++ b\n@@ -0,0 +1 @@\n+kind: Service\n"}

    found = of_object(change)

    assert (found.name, found.single, found.added, found.rows[-1].new.text) == ("Service/web", True, 1, "kind: Service")
    assert of_object({**change, "text": ""}) is None


def test_what_is_written_is_text() -> None:
    found = shown("a: <b>\n", "a: <i>\n").rows[-1]

    assert (found.old.text, found.new.text) == ("a: <del>&lt;b&gt;</del>", "a: <ins>&lt;i&gt;</ins>")


def test_a_new_file_has_one_side() -> None:
    found = shown(None, "a: 1\nb: 2\n")

    assert (found.single, found.added, found.removed) == (True, 2, 0)
    assert [row.old for row in found.rows] == [None, None, None]


@given(LINES, LINES)
def test_both_sides_are_the_lines_of_both_files_in_their_order(before: list[str], after: list[str]) -> None:
    was, now = ("".join(f"{line}\n" for line in lines) for lines in (before, after))
    if was == now:
        return

    rows = shown(was, now).rows

    for lines, sides in ((before, [row.old for row in rows]), (after, [row.new for row in rows])):
        said = [side for side in sides if side]
        assert [plain(side.text) for side in said] == [lines[side.number - 1] for side in said]
        assert [side.number for side in said] == sorted({side.number for side in said})
    gone, come = ([side for row in rows for side in [getattr(row, name)] if side and side.mark] for name in ("old", "new"))
    assert (len(before) - len(gone)) == (len(after) - len(come))
