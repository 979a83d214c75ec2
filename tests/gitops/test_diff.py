"""A diff that a person reads is one that stock `git apply` can apply."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from horizon.gitops.diff import diff
from tests.gitops.flows import git

TEXTS = st.lists(st.sampled_from(["a", "b", "  c", "é", "\n", "\n", "\r", "\x0c", "\u2028", "\x85", "-", "+", " "]), max_size=14).map("".join)
TREES = st.dictionaries(st.sampled_from(["a.yaml", "b/c.yaml"]), TEXTS.filter(bool).map(str.encode), max_size=2)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=TREES, after=TREES)
def test_git_applies_what_is_shown(tmp_path: Path, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    for file in ("a.yaml", "b/c.yaml"):
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        if file in before:
            path.write_bytes(before[file])
    patch = tmp_path / "patch"
    patch.write_bytes("".join(item.text for item in diff(before, after)).encode())

    if patch.stat().st_size:
        git(tmp_path, "apply", "--whitespace=nowarn", "patch")

    assert {file: (tmp_path / file).read_bytes() for file in ("a.yaml", "b/c.yaml") if (tmp_path / file).exists()} == after


def test_a_file_with_nul_is_binary() -> None:
    (found,) = diff({"a.tgz": b"\x1f\x8b\0"}, {"a.tgz": b"\x1f\x8b\0\0"})

    assert (found.binary, found.status, found.text) == (True, "changed", "")
