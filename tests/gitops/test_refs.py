"""Both branches move in one step, next to whatever else moves them; the stock `git` is the judge."""

import os
import time
from pathlib import Path

import pytest
from git import Repo

from horizon.errors import NotFound, Unavailable
from horizon.gitops import layout, refs
from horizon.gitops.refs import RefMoved, Refs
from horizon.gitops.repository import Repository, message
from tests.gitops.flows import ANN, NOW, edit, fsck, git, sizes, tips
from tests.gitops.nursery import Child, Nursery


def _chain(repository: Repository, length: int) -> list[str]:
    """Commits on top of `gitops`, one behind the other, on no branch yet."""
    shas = [tips(repository)[1]]
    tree = repository.tree(shas[0])
    for turn in range(length):
        shas.append(repository.commit(tree, parents=[shas[-1]], author=ANN, message=message(f"turn {turn}"), now=NOW))
    return shas


def _history(repository: Repository) -> set[str]:
    return set(git(repository, "rev-list", layout.GITOPS).split())


@pytest.fixture
def commits(repository: Repository, tmp_path: Path) -> Path:
    """A file with the shas through which both branches move; both are at the first."""
    shas = _chain(repository, 500)
    master, gitops = tips(repository)
    repository.move({layout.MASTER: (master, shas[0]), layout.GITOPS: (gitops, shas[0])})
    file = tmp_path / "commits"
    file.write_text("\n".join(shas))
    return file


def test_a_reader_never_sees_one_branch_moved_without_the_other(repository: Repository, commits: Path, nursery: Nursery) -> None:
    args = (str(repository.path), str(commits))

    codes = nursery.run(Child("watch_both", args), Child("move_both", args))

    assert codes == [0, 0]
    assert int(Path(f"{commits}.reads").read_text()) > 100
    assert fsck(repository) == ""


def test_a_reader_sees_one_moment_while_a_loose_branch_is_folded_in(repository: Repository) -> None:
    _, old = tips(repository)
    one, two = _chain(repository, 2)[1:]
    git(repository, "update-ref", layout.GITOPS, one)

    class Overtaken(Refs):
        def _loose(self) -> dict[str, str]:
            found = super()._loose()
            master, gitops = tips(repository)
            if gitops == one:
                repository.move({layout.MASTER: (master, two), layout.GITOPS: (gitops, two)})
            return found

    seen = Overtaken(repository.path, mark=repository.path / "horizon.lock").read()

    assert (seen[layout.MASTER], seen[layout.GITOPS]) == (two, two)
    assert old != one


@pytest.mark.slow
def test_eight_writers_lose_nothing(repository: Repository, nursery: Nursery) -> None:
    codes = nursery.run(*[Child("count", (str(repository.path), "200"))] * 8)

    assert codes == [0] * 8
    assert repository.files(tips(repository)[1])["count"] == b"1600"
    assert git(repository, "rev-list", "--count", layout.GITOPS) == "1602"
    assert git(repository, "rev-list", "--min-parents=2", layout.GITOPS) == ""
    assert fsck(repository) == ""


def test_a_loose_branch_of_a_foreign_tool_is_read_first_and_folded_in(repository: Repository) -> None:
    one, two = _chain(repository, 2)[1:]
    git(repository, "update-ref", layout.GITOPS, one)
    read = tips(repository)[1]

    repository.move({layout.GITOPS: (one, two)})

    assert read == one
    assert git(repository, "rev-parse", layout.GITOPS) == two
    assert not [path for path in (repository.path / "refs").rglob("*") if path.is_file()]


def test_another_loose_branch_that_moves_while_it_is_folded_in_keeps_its_move(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    _, gitops = tips(repository)
    one, two = _chain(repository, 2)[1:]
    git(repository, "update-ref", layout.MASTER, one)
    git(repository, "update-ref", layout.GITOPS, one, gitops)
    unlink, overtaken = os.unlink, []

    def overtake(path: str | Path) -> None:
        if str(path).endswith(("refs/heads/gitops", "refs/heads/master")):
            overtaken.append(git(repository, "update-ref", layout.MASTER, two, check=False))
        unlink(path)

    monkeypatch.setattr(os, "unlink", overtake)

    repository.move({layout.GITOPS: (one, two)})

    assert overtaken
    assert tips(repository) == (two, two)
    assert git(repository, "rev-parse", layout.MASTER) == two


@pytest.mark.slow
def test_every_write_that_was_acknowledged_is_in_history(repository: Repository, tmp_path: Path, nursery: Nursery) -> None:
    path, log = str(repository.path), str(tmp_path / "log")

    codes = nursery.run(
        Child("foreign", (path, log, "bob", "120")),
        Child("push", (path, log, "eve", "25")),
        Child("edits", (path, log, "ann", "250")),
        Child("edits", (path, log, "joe", "250")),
    )

    acknowledged = Path(log).read_text().split()
    assert codes == [0] * 4
    assert len(acknowledged) > 200
    assert set(acknowledged) <= _history(repository)
    assert len(set(acknowledged)) == len(acknowledged)
    assert fsck(repository) == ""


def test_an_old_value_that_is_wrong_moves_no_branch(repository: Repository) -> None:
    master, gitops = tips(repository)
    new = _chain(repository, 1)[1]

    with pytest.raises(RefMoved):
        repository.move({layout.GITOPS: (gitops, new), layout.MASTER: (gitops, new)})

    assert tips(repository) == (master, gitops)


@pytest.mark.parametrize("lock", ["packed-refs.lock", "refs/heads/gitops.lock"])
def test_a_lock_of_ours_that_a_kill_left_does_not_block(repository: Repository, lock: str) -> None:
    ours = "# pack-refs with: peeled fully-peeled sorted horizon \n" if lock.startswith("packed") else refs.MARK
    (repository.path / lock).write_text(ours)

    before = time.monotonic()
    edit(repository, sizes(replicas=2))

    assert time.monotonic() - before < 1
    assert not (repository.path / lock).exists()


@pytest.mark.parametrize("lock", ["packed-refs.lock", "refs/heads/gitops.lock"])
def test_a_fresh_lock_of_another_program_is_waited_for_then_said(repository: Repository, lock: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refs, "_PATIENCE", 0.3)
    (repository.path / lock).touch()
    head, before = tips(repository), time.monotonic()

    with pytest.raises(Unavailable):
        edit(repository, sizes(replicas=2))

    assert time.monotonic() - before > 0.3
    assert tips(repository) == head
    assert (repository.path / lock).exists()


@pytest.mark.parametrize("lock", ["packed-refs.lock", "refs/heads/gitops.lock"])
def test_an_old_lock_of_another_program_is_debris(repository: Repository, lock: str) -> None:
    (repository.path / lock).touch()
    os.utime(repository.path / lock, (time.time() - 60, time.time() - 60))

    sha = edit(repository, sizes(replicas=2))

    assert tips(repository)[1] == sha


def test_every_packed_refs_has_a_second_of_its_own(repository: Repository) -> None:
    seconds = []

    for turn in range(5):
        edit(repository, sizes(replicas=turn + 2))
        seconds.append(int((repository.path / "packed-refs").stat().st_mtime))

    assert len(set(seconds)) == 5


def test_the_stock_program_cannot_move_a_branch_while_we_do(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = _chain(repository, 2)[1:]
    old = tips(repository)[1]
    refused = []
    swap = Refs._swap

    def overtaken(self: Refs, before: str, after: str) -> bool:
        git(repository, "update-ref", layout.GITOPS, one, old, check=False)
        refused.append(tips(repository)[1])
        return swap(self, before, after)

    monkeypatch.setattr(Refs, "_swap", overtaken)

    repository.move({layout.GITOPS: (old, two)})

    assert refused == [old]
    assert git(repository, "rev-parse", layout.GITOPS) == two


def test_annotated_tags_survive_a_move(repository: Repository, tmp_path: Path) -> None:
    git(repository, "tag", "-a", "v1", "-m", "first", layout.GITOPS)
    git(repository, "pack-refs", "--all")
    tagged = git(repository, "rev-parse", "v1^{commit}")

    edit(repository, sizes(replicas=2))

    assert f"^{tagged}\n" in (repository.path / "packed-refs").read_text()
    assert git(repository, "for-each-ref", "--format=%(*objectname)", "refs/tags/v1") == tagged
    git(tmp_path, "clone", "-q", "-b", "gitops", str(repository.path), "clone")
    assert git(tmp_path / "clone", "rev-parse", "v1^{commit}") == tagged
    with Repo(repository.path) as judge:
        assert judge.tags["v1"].commit.hexsha == tagged
        assert judge.heads["gitops"].commit.hexsha == tips(repository)[1]


def test_branches_come_and_go(repository: Repository) -> None:
    gitops = tips(repository)[1]
    repository.move({"refs/heads/sre/1": (None, gitops)})
    there = git(repository, "rev-parse", "refs/heads/sre/1")

    repository.move({"refs/heads/sre/1": (gitops, None)})

    assert there == gitops
    assert git(repository, "for-each-ref", "refs/heads/sre") == ""


def test_a_repository_that_is_not_there_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(NotFound), Repository(tmp_path / "none.git").locked():
        pass
