"""The promises of `change` and `apply`: by example, and for all trees."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horizon import helmyaml
from horizon.gitops.change import apply, change, overlap
from horizon.gitops.keypath import ABSENT, Item

NAMES = st.sampled_from(["a", "b", "c", "on", "1.10"])
LEAVES = st.one_of(st.integers(-5, 5), st.booleans(), st.sampled_from(["x", "NO", "012", "two\nlines", ""]), st.none())
NAMED = st.lists(st.fixed_dictionaries({"name": NAMES, "value": LEAVES}), max_size=3, unique_by=lambda item: item["name"])
VALUES = st.recursive(st.one_of(LEAVES, NAMED, st.lists(LEAVES, max_size=3)), lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=8)
MAPS = st.dictionaries(NAMES, VALUES, max_size=4)


def _horizon(data: dict[str, Any], release: str) -> dict[str, Any]:
    return {"web": {**data, "horizon": {"priority": "P1", "template": {"name": "web", "release": release}}}}


@st.composite
def trees(draw: st.DrawFn) -> dict[str, bytes]:
    release = draw(st.sampled_from(["v1", "v2"]))
    tree = {"Chart.yaml": f"name: {release}\n".encode(), f"charts/web-{release}.tgz": b"\x00" + release.encode()}
    tree["system/horizon.yaml"] = helmyaml.write(_horizon(draw(st.dictionaries(NAMES, LEAVES, max_size=2)), release)).encode()
    for file in draw(st.sets(st.sampled_from(["application.yaml", "sre.yaml", "logo.png", "list.yaml"]))):
        data = draw(st.binary(max_size=4)) if file == "logo.png" else helmyaml.write(draw(LEAVES if file == "list.yaml" else MAPS)).encode()
        tree[file] = b"# kept\n" + data if file.endswith(".yaml") and draw(st.booleans()) else data
    return tree


def _meaning(tree: dict[str, bytes]) -> dict[str, Any]:
    """A tree by its data: order of keys and of named items, and the form of a file, do not count."""
    return {file: content if file.endswith((".png", ".tgz")) else _unordered(helmyaml.read(content.decode())) for file, content in tree.items()}


def _unordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unordered(item) for key, item in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in value):
        return sorted(map(_unordered, value), key=lambda item: str(item["name"]))
    return value


@settings(max_examples=300, deadline=None)
@given(trees(), trees())
def test_applying_what_happened_gives_what_it_became(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    applied = apply(change(before, after), before)

    assert applied.files == after
    assert applied.clashes == ()


@settings(max_examples=300, deadline=None)
@given(trees(), trees(), trees())
def test_applying_twice_is_applying_once(before: dict[str, bytes], after: dict[str, bytes], other: dict[str, bytes]) -> None:
    once = apply(change(before, after), other).files

    assert apply(change(before, after), once).files == once


@settings(max_examples=300, deadline=None)
@given(trees(), trees(), trees())
def test_changes_of_different_keys_commute(start: dict[str, bytes], one: dict[str, bytes], other: dict[str, bytes]) -> None:
    first, second = change(start, one), change(start, other)
    if overlap(first.keys(), second.keys()):
        return

    forth = apply(second, apply(first, start).files)
    back = apply(first, apply(second, start).files)

    assert _meaning(forth.files) == _meaning(back.files)
    assert forth.clashes == back.clashes == ()


@settings(max_examples=200, deadline=None)
@given(trees(), trees(), trees())
def test_a_tree_that_is_preferred_loses_nothing_that_it_had_changed(
    before: dict[str, bytes], after: dict[str, bytes], tree: dict[str, bytes]
) -> None:
    applied = apply(change(before, after), tree, prefer_tree=True)

    for clash in applied.clashes:
        assert clash.found is ABSENT or clash.wanted is ABSENT or not helmyaml.same(clash.wanted, clash.found)
    if change(before, after).keys() and not applied.clashes:
        assert apply(change(before, after), tree).files == applied.files


@settings(max_examples=200, deadline=None)
@given(trees(), trees())
def test_the_parts_of_a_change_make_up_the_whole(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    whole = change(before, after)

    files = before
    for key in sorted(whole.keys(), key=str):
        files = apply(whole.only(frozenset({key})), files).files

    only_form = {item.file for item in whole.files if not item.edits}
    assert {file: data for file, data in _meaning(files).items() if file not in only_form} == {
        file: data for file, data in _meaning(after).items() if file not in only_form
    }


def test_a_change_within_an_item_that_is_gone_brings_it_back_under_its_name() -> None:
    before = {"application.yaml": b"web:\n  envs:\n  - name: A\n    value: one\n"}
    after = {"application.yaml": b"web:\n  envs:\n  - name: A\n    value: two\n"}

    applied = apply(change(before, after), {"application.yaml": b"web: {}\n"})

    assert helmyaml.read(applied.files["application.yaml"].decode()) == {"web": {"envs": [{"name": "A", "value": "two"}]}}
    assert len(applied.clashes) == 1


def test_an_item_of_a_named_list_is_a_key_of_its_own() -> None:
    before = {"application.yaml": b"web:\n  envs:\n  - name: A\n    value: one\n  - name: B\n    value: two\n"}
    after = {"application.yaml": b"web:\n  envs:\n  - name: A\n    value: one\n  - name: B\n    value: three\n"}

    keys = change(before, after).keys()

    assert keys == {("application.yaml", ("web", "envs", Item("B"), "value"))}


def test_comments_of_the_file_survive_a_key_that_comes_in() -> None:
    before = {"application.yaml": b"web:\n  replicas: 1\n"}
    after = {"application.yaml": b"web:\n  replicas: 2\n"}
    tree = {"application.yaml": b"web:\n  # why three\n  size: 3\n  replicas: 1   # few\n"}

    applied = apply(change(before, after), tree)

    assert applied.files["application.yaml"] == b"web:\n  # why three\n  size: 3\n  replicas: 2   # few\n"


def test_a_key_that_both_changed_is_a_clash_with_both_values() -> None:
    before, after, tree = ({"sre.yaml": f"web:\n  size: {size}\n".encode()} for size in (1, 2, 3))

    applied = apply(change(before, after), tree)

    assert [(clash.path, clash.wanted, clash.found) for clash in applied.clashes] == [(("web", "size"), 2, 3)]
    assert applied.files["sre.yaml"] == b"web:\n  size: 2\n"


def test_true_is_not_one() -> None:
    before, after = {"sre.yaml": b"web:\n  size: 1\n"}, {"sre.yaml": b"web:\n  size: true\n"}

    keys = change(before, after).keys()

    assert keys == {("sre.yaml", ("web", "size"))}


def test_chart_and_template_move_only_together() -> None:
    def tree(release: str, priority: str) -> dict[str, bytes]:
        horizon = f"web:\n  horizon:\n    priority: {priority}\n    template:\n      release: {release}\n"
        return {"Chart.yaml": release.encode(), f"charts/web-{release}.tgz": release.encode(), "system/horizon.yaml": horizon.encode()}

    applied = apply(change(tree("v1", "P1"), tree("v2", "P1")), tree("v1", "P2"))

    assert applied.files == tree("v2", "P2")
    assert change(tree("v1", "P1"), tree("v2", "P1")).keys() == {("Chart.yaml", ())}


def test_a_value_in_the_way_of_a_key_is_a_clash() -> None:
    before, after = {"a.yaml": b"web: {}\n"}, {"a.yaml": b"web:\n  x:\n    y: 1\n"}
    tree = {"a.yaml": b"web:\n  x: 5\n"}

    applied = apply(change(before, after), tree, prefer_tree=True)

    assert len(applied.clashes) == 1
    assert applied.files == tree


FORMS = {
    "a comment": b"# why\nweb:\n  size: 1\n",
    "quotes": b'web:\n  "size": 1\n',
    "an anchor": b"web: &web\n  size: 1\n",
    "an end": b"web:\n  size: 1\n...\n",
}


@pytest.mark.parametrize("file", ["application.yaml", "system/horizon.yaml"])
@pytest.mark.parametrize("form", FORMS)
def test_a_change_of_form_alone_is_a_change(file: str, form: str) -> None:
    before, after = {file: b"web:\n  size: 1\n"}, {file: FORMS[form]}

    assert apply(change(before, after), before).files == after


@pytest.mark.parametrize("file", ["application.yaml", "system/horizon.yaml"])
def test_a_change_of_form_alone_takes_no_data_along(file: str) -> None:
    before, after = {file: b"web:\n  size: 9\n"}, {file: b"# why\nweb:\n  size: 9\n"}

    applied = apply(change(before, after), {file: b"web:\n  size: 1\n"})

    assert applied.files == {file: b"web:\n  size: 1\n"}
    assert applied.clashes == ()


@pytest.mark.parametrize("form", FORMS)
def test_a_chart_that_changes_leaves_the_form_of_the_file_beside_it(form: str) -> None:
    before = {"Chart.yaml": b"version: 1\n", "system/horizon.yaml": FORMS[form]}
    after = {"Chart.yaml": b"version: 2\n", "system/horizon.yaml": FORMS[form]}

    assert apply(change(before, after), before).files == after


def test_a_chart_arrives_in_a_tree_that_holds_nothing_else() -> None:
    horizon = b"web:\n  horizon:\n    template:\n      release: v1\n"
    before = {"Chart.yaml": b"version: 1\n", "system/horizon.yaml": horizon}
    after = {"Chart.yaml": b"version: 2\n", "system/horizon.yaml": horizon.replace(b"v1", b"v2")}

    applied = apply(change(before, after), {})

    assert applied.files == {"Chart.yaml": b"version: 2\n"}


def test_two_binary_files_that_clash_can_be_told_apart() -> None:
    before, after, tree = ({"logo.png": bytes([value])} for value in (0x80, 0x81, 0x82))

    (clash,) = apply(change(before, after), tree).clashes

    assert clash.wanted != clash.found
