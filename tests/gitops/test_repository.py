"""What a repository on disk is: small, legal to the strictest Git, and read alike by others."""

import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from git import Repo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from horizon.errors import Invalid, NotFound
from horizon.gitops import layout
from horizon.gitops.repository import Author, Repository, UnknownRevision, message, trailers
from tests.gitops.flows import ANN, FILES, NOW, create, deploy, edit, fsck, git, roll_back, sizes, tips

PARTS = st.text(st.sampled_from("abé.-_ 0"), min_size=1, max_size=4).filter(lambda part: part not in (".", ".."))
PATHS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
LINES = st.lists(st.sampled_from([*"ab<>@ .,:;\n\t\0\x1f\x85\u2028é😀\ud800", "Pipelinerun: two", "\n\n"]), max_size=12).map("".join)


def _size(path: Path) -> int:
    done = subprocess.run(["du", "-sk", str(path)], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


# Size


def test_a_fresh_repository_is_small(repository: Repository) -> None:
    assert _size(repository.path) < 100
    assert sum(1 for path in repository.path.rglob("*") if path.is_file()) <= 8


def test_an_edit_stores_only_what_is_new(repository: Repository) -> None:
    edit(repository, sizes(replicas=2))

    assert sum(1 for _ in (repository.path / "objects").glob("??/*")) == 3


def test_the_first_pack_is_as_git_would_have_made_it(repository: Repository) -> None:
    (pack,) = (repository.path / "objects/pack").glob("*.pack")

    assert pack.stem == f"pack-{pack.read_bytes()[-20:].hex()}"
    assert {path.stat().st_mode & 0o777 for path in pack.parent.iterdir()} == {0o444}
    assert git(repository, "verify-pack", str(pack.with_suffix(".idx"))) == ""


# Making


def test_an_empty_root_is_released_and_everything_is_pending(repository: Repository) -> None:
    master, gitops = tips(repository)

    assert repository.files(master) == {}
    assert repository.files(gitops) == FILES
    assert git(repository, "rev-list", "--parents", gitops).split() == [gitops, master, master]
    assert fsck(repository) == ""


def test_a_making_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Invalid), Repository.created(tmp_path / "shop.git", head=layout.MASTER) as made:
        made.write({"../x": b""})

    assert list(tmp_path.glob("*shop.git*")) == []


def test_making_again_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "shop.git"
    create(path)
    edit(Repository(path), sizes(replicas=2))

    create(path)

    assert Repository(path).files(tips(Repository(path))[1]) == FILES
    assert list(tmp_path.glob("*shop.git*")) == [path]


def test_a_repository_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Repository(tmp_path / "none.git").files("a" * 40)


# Trees


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(PATHS, st.binary(max_size=5), max_size=6))
def test_any_tree_is_read_back_and_is_the_one_that_git_would_make(repository: Repository, files: dict[str, bytes]) -> None:
    try:
        tree = repository.write(files)
    except Invalid:
        assert any(other.startswith(f"{path}/") for path in files for other in files)
        return

    sha = repository.commit(tree, parents=[], author=ANN, message="x", now=NOW)

    assert repository.files(sha) == files
    listed = git(repository, "ls-tree", "-r", "-z", sha)
    command = ["git", "-C", str(repository.path), "mktree", "-z"]
    made = subprocess.run(command, input=git(repository, "ls-tree", "-z", sha), text=True, capture_output=True, check=True)
    assert made.stdout.strip() == tree
    assert len(listed.split("\0")) - 1 == len(files)


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", ".", "..", "a/../b", ".git", "a/.GIT/b", "a\0b"])
def test_a_path_that_is_none_is_refused(repository: Repository, path: str) -> None:
    with pytest.raises(Invalid):
        repository.write({path: b""})


def test_a_name_is_a_file_or_a_folder_but_not_both(repository: Repository) -> None:
    with pytest.raises(Invalid):
        repository.write({"a": b"", "a/b": b""})


# Commits


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=LINES, email=LINES, title=LINES, body=LINES)
def test_no_name_or_title_makes_an_illegal_commit(repository: Repository, name: str, email: str, title: str, body: str) -> None:
    head = tips(repository)[1]
    note = message(title, body=body, Pipelinerun="one")

    sha = repository.commit(repository.tree(head), parents=[head], author=Author(name, email), message=note, now=NOW)

    git(repository, "-c", "fsck.missingSpaceBeforeEmail=error", "fsck", "--strict", "--no-dangling", sha)
    assert trailers(str(repository.commit_object(sha).message)) == {"Pipelinerun": "one"}
    assert git(repository, "log", "-1", "--format=%(trailers:key=Pipelinerun,valueonly)", sha) == "one"


@pytest.mark.parametrize("sha", ["", "ab", "abcd", "a" * 39, "a" * 41, "A" * 40, "zz" * 20, " " + "a" * 39, "a" * 40, "é" * 40, "../../HEAD"])
def test_what_is_no_sha_is_an_unknown_revision(repository: Repository, sha: str) -> None:
    with pytest.raises(UnknownRevision):
        repository.files(sha)


def test_a_tree_is_no_commit(repository: Repository) -> None:
    with pytest.raises(UnknownRevision):
        repository.files(repository.tree(tips(repository)[1]))


def test_gitpython_alone_reads_what_was_written(repository: Repository) -> None:
    sha = edit(repository, sizes(replicas=2))

    with Repo(repository.path) as judge:
        commit = judge.commit("gitops")
        content = (commit.tree / layout.APPLICATION).data_stream.read()

    assert (commit.hexsha, commit.author.name, content) == (sha, "ann", sizes(replicas=2)[layout.APPLICATION])


# Ancestors


def test_ancestors_are_the_ones_that_git_knows(repository: Repository) -> None:
    released = [deploy(repository, "0")]
    for turn in range(1, 5):
        edit(repository, sizes(replicas=turn + 1))
        released.append(deploy(repository, str(turn)))
        edit(repository, {"other.yaml": f"k: {turn}\n".encode()})
        roll_back(repository, f"back-{turn}", target=released[turn // 2])
    shas = git(repository, "rev-list", "--all").split()

    found = {(one, other) for one in shas for other in shas if repository.is_ancestor(one, other)}

    assert found == {(one, other) for other in shas for one in git(repository, "rev-list", other).split()}


@pytest.mark.parametrize("year", [1990, 2038])
def test_an_ancestor_is_found_behind_a_commit_with_a_wrong_clock(repository: Repository, year: int) -> None:
    first = tips(repository)[1]
    edit(repository, sizes(replicas=2), now=datetime(year, 1, 1, tzinfo=UTC))

    last = edit(repository, sizes(replicas=3))

    assert repository.is_ancestor(first, last)
    assert not repository.is_ancestor(last, first)


# Objects


def test_a_pack_without_its_index_is_not_there_yet(repository: Repository) -> None:
    (repository.path / "objects/pack" / f"pack-{'a' * 40}.pack").write_bytes(b"PACK")

    assert Repository(repository.path).files(tips(repository)[1]) == FILES


def test_a_full_disk_leaves_no_object_cut_off(repository: Repository) -> None:
    noise = bytes(range(256)) * 400
    program = (
        "import resource, sys, pathlib, random\n"
        "from horizon.gitops.repository import Repository\n"
        "repository = Repository(pathlib.Path(sys.argv[1]))\n"
        "repository.store\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "repository.write({'noise': random.Random(1).randbytes(100_000)})\n"
    )

    done = subprocess.run([sys.executable, "-c", program, str(repository.path)], capture_output=True, text=True, check=False)

    assert "File too large" in done.stderr
    assert [path for path in (repository.path / "objects").glob("??/*") if not path.name.startswith("tmp_obj_")] == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    assert repository.write({"noise": noise})
