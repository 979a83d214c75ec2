"""Unified diffs side by side."""

import re
from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from horizon.gitops.diff import diff
from horizon.web.diffs import File, files

LINES = st.lists(st.sampled_from(["a: 1", "b: <2>", "  c: 'x'", "", "-- d", "++ e", "@@ f", "a: 12"]), max_size=12)


def shown(before: str | None, after: str | None) -> File:
    sides = [{} if side is None else {"f.yaml": side.encode()} for side in (before, after)]
    return files([asdict(item) for item in diff(*sides)])[0]


def plain(html: str) -> str:
    return re.sub(r"</?(?:ins|del)>", "", html).replace("&lt;", "<").replace("&gt;", ">").replace("&#x27;", "'").replace("&amp;", "&")


def test_a_changed_line_stands_beside_what_replaces_it_with_the_difference_marked() -> None:
    rows = shown("a: 1\nreplicas: 10\nz: 1\n", "a: 1\nreplicas: 12\nz: 1\n").rows

    [changed] = [row for row in rows if row.old and row.old.mark]
    assert (changed.old.text, changed.new.text) == ("replicas: 1<del>0</del>", "replicas: 1<ins>2</ins>")
    assert (changed.old.number, changed.new.number) == (2, 2)


def test_lines_with_nothing_in_common_are_not_marked() -> None:
    [row] = [row for row in shown("alpha\n", "beta9\n").rows if row.old]

    assert (row.old.text, row.new.text) == ("alpha", "beta9")


def test_what_is_written_is_text() -> None:
    found = shown("a: <b>\n", "a: <i>\n").rows[-1]

    assert (found.old.text, found.new.text) == ("a: &lt;<del>b</del>&gt;", "a: &lt;<ins>i</ins>&gt;")


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
