"""Packing keeps a repository small and loses nothing, whoever reads or writes meanwhile."""

import os
import time
from pathlib import Path

import pytest

from horizon.errors import Unavailable
from horizon.gitops import layout, maintenance
from horizon.gitops.repository import Repository, message
from tests.gitops.flows import ANN, NOW, deploy, edit, fsck, git, sizes, tips
from tests.gitops.nursery import Child, Nursery


def _busy(repository: Repository, turns: int = 30) -> list[str]:
    return [edit(repository, sizes(replicas=turn)) for turn in range(2, turns)]


def _loose(repository: Repository) -> int:
    return sum(1 for _ in (repository.path / "objects").glob("??/*"))


def test_packing_leaves_one_pack_and_everything_readable(repository: Repository) -> None:
    shas = _busy(repository)
    trees = [repository.files(sha) for sha in shas]

    maintenance.pack(repository)

    assert _loose(repository) == 0
    assert len(list((repository.path / "objects/pack").glob("*.pack"))) == 1
    assert [Repository(repository.path).files(sha) for sha in shas] == trees
    assert fsck(repository) == ""


def test_a_repository_that_was_opened_before_packing_still_reads(repository: Repository) -> None:
    first = tips(repository)[1]
    shas = _busy(repository)
    cold, warm = Repository(repository.path), Repository(repository.path)
    warm.files(first)
    cold.commit_object(shas[0])

    maintenance.pack(repository)
    edit(repository, sizes(replicas=99))
    maintenance.pack(repository)

    for opened in (cold, warm):
        assert [opened.files(sha)[layout.APPLICATION] for sha in shas] == [repository.files(sha)[layout.APPLICATION] for sha in shas]
        assert opened.files(tips(opened)[1]) == repository.files(tips(repository)[1])


def test_what_no_branch_reaches_is_kept(repository: Repository) -> None:
    head = tips(repository)[1]
    parked = repository.commit(repository.tree(head), parents=[head], author=ANN, message=message("parked"), now=NOW)

    maintenance.pack(repository)
    maintenance.pack(repository)

    assert Repository(repository.path).holds(parked)
    assert git(repository, "cat-file", "-t", parked) == "commit"


@pytest.mark.slow
def test_packing_among_writers_loses_nothing(repository: Repository, tmp_path: Path, nursery: Nursery) -> None:
    path, log = str(repository.path), str(tmp_path / "log")

    for _ in range(4):
        writers = [Child("edits", (path, log, name, "60")) for name in ("ann", "joe")]
        assert nursery.run(*writers, Child("foreign", (path, log, "bob", "10")), *[Child("pack", (path,))] * 3) == [0] * 6

    acknowledged = Path(log).read_text().split()
    assert len(acknowledged) > 200
    assert set(acknowledged) <= set(git(repository, "rev-list", layout.GITOPS).split())
    assert fsck(repository) == ""


def test_only_old_debris_is_removed(repository: Repository) -> None:
    names = ["packed-refs.0123", "objects/17/tmp_obj_abc", "objects/pack/tmp_pack_abc"]
    (repository.path / "objects/17").mkdir(exist_ok=True)
    for name in names:
        for suffix in ("", "-old"):
            (repository.path / f"{name}{suffix}").touch()
        os.utime(repository.path / f"{name}-old", (time.time() - 7200, time.time() - 7200))

    maintenance.pack(repository)

    assert [(repository.path / f"{name}-old").exists() for name in names] == [False] * 3
    assert (repository.path / "packed-refs.0123").exists()
    assert (repository.path / "objects/17/tmp_obj_abc").exists()


def test_debris_that_its_owner_puts_in_place_meanwhile_is_no_error(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = repository.path / "packed-refs.gone"
    glob = Path.glob
    monkeypatch.setattr(Path, "glob", lambda path, pattern: [gone] if pattern == "packed-refs.*" else glob(path, pattern))

    maintenance.pack(repository)

    assert not gone.exists()


def test_a_repack_that_takes_too_long_is_told_as_unavailable(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "_REPACK_LIMIT", 0.0001)

    with pytest.raises(Unavailable):
        maintenance.pack(repository)

    edit(repository, sizes(replicas=2))


def test_a_repack_that_fails_is_told_with_the_reason(repository: Repository) -> None:
    sha = edit(repository, sizes(replicas=2))
    (repository.path / "objects" / sha[:2] / sha[2:]).unlink()

    with pytest.raises(Unavailable, match="bad object"):
        maintenance.pack(repository)


def test_about_as_many_loose_objects_are_counted_as_there_are(repository: Repository) -> None:
    repository.write({str(number): str(number).encode() for number in range(1000)})

    counted = maintenance.loose_objects(repository)

    assert _loose(repository) == 1001
    assert 750 < counted < 1250


def test_a_fresh_repository_is_not_due_for_packing_and_one_with_many_deploys_is(repository: Repository) -> None:
    edit(repository, sizes(replicas=2))
    before = maintenance.loose_objects(repository)

    for turn in range(220):
        edit(repository, sizes(replicas=turn, again=turn))
        deploy(repository, f"run-{turn}")

    assert before < maintenance.LOOSE_OBJECTS < maintenance.loose_objects(repository)
