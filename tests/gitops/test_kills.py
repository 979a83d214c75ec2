"""A process that is killed at any moment leaves a repository that is whole, at the old or the new state, and can do it again."""

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from horizon.gitops import layout
from horizon.gitops.repository import Repository
from tests.gitops.flows import create, deploy, edit, fsck, git, sizes, tips
from tests.gitops.nursery import Child, Nursery

_KILLED = -9
_MOST_EFFECTS = 200


def _day(path: Path) -> tuple[Repository, list[str]]:
    """A repository with two deploys and one pending edit, and what it released."""
    create(path)
    repository = Repository(path)
    released = [deploy(repository, "run-1")]
    edit(repository, sizes(replicas=2))
    released.append(deploy(repository, "run-2"))
    edit(repository, {layout.PIPELINE: b"pipeline: {}\n"})
    return repository, released


def _child(do: str, repository: Repository, released: list[str]) -> Child:
    path, (master, gitops) = str(repository.path), tips(repository)
    args = {"edit": ("3",), "deploy": ("run-3", gitops, master), "roll_back": ("run-3", released[0], master), "pack": ()}[do]
    return Child(do, (path, *args))


def _whole(repository: Repository) -> bool:
    """Git finds nothing wrong, and `master` is an ancestor of `gitops`."""
    git(repository, "merge-base", "--is-ancestor", layout.MASTER, layout.GITOPS)
    return fsck(repository) == ""


def _killed_at_every_effect(nursery: Nursery, begin: Callable[[], Child], check: Callable[[], None]) -> int:
    """Start anew and die at the first effect, the second and so on, until it lives; how often it died."""
    for effect in range(1, _MOST_EFFECTS):
        (code,) = nursery.run(replace(begin(), kill_at=effect))
        assert code in (0, _KILLED)
        check()
        if code == 0:
            return effect - 1
    raise AssertionError("it never ends")


@pytest.mark.slow
@pytest.mark.parametrize("do", ["edit", "deploy", "roll_back", "pack"])
def test_a_kill_at_any_effect_leaves_the_old_or_the_new_state_and_again_lands_once(do: str, tmp_path: Path, nursery: Nursery) -> None:
    kept, path = tmp_path / "kept.git", tmp_path / "shop.git"
    repository, released = _day(kept)
    old = tips(repository)
    shutil.copytree(kept, path)
    child = _child(do, Repository(path), released)
    assert nursery.run(child) == [0]
    new, seen = tips(Repository(path)), set()

    def begin() -> Child:
        shutil.rmtree(path)
        shutil.copytree(kept, path)
        return child

    def check() -> None:
        found = Repository(path)
        seen.add(tips(found))
        assert tips(found) in (old, new)
        assert _whole(found)
        assert nursery.run(child) == [0]
        assert tips(Repository(path)) == new
        assert _whole(found)

    times = _killed_at_every_effect(nursery, begin, check)

    assert times >= (1 if do == "pack" else 10)
    assert seen == {old, new}


@pytest.mark.slow
def test_a_repository_whose_making_is_killed_is_not_there_and_can_be_made(tmp_path: Path, nursery: Nursery) -> None:
    path, wanted = tmp_path / "shop.git", tmp_path / "wanted.git"
    create(wanted)
    child = Child("create", (str(path),))

    def begin() -> Child:
        shutil.rmtree(path, ignore_errors=True)
        return child

    def check() -> None:
        assert not path.exists() or tips(Repository(path)) == tips(Repository(wanted))
        assert nursery.run(child) == [0]
        assert tips(Repository(path)) == tips(Repository(wanted))
        assert _whole(Repository(path))

    assert _killed_at_every_effect(nursery, begin, check) >= 15


@pytest.mark.slow
def test_a_repack_killed_with_its_git_loses_nothing(tmp_path: Path, nursery: Nursery) -> None:
    repository, _ = _day(tmp_path / "shop.git")
    for turn in range(20):
        edit(repository, {f"noise-{turn}": random.Random(turn).randbytes(20_000)})  # noqa: S311 - a fixed series
    before = tips(repository), repository.files(tips(repository)[1])
    child = Child("pack", (str(repository.path),))

    codes = [nursery.run(replace(child, kill_after=0.001 + turn * 0.002))[0] for turn in range(25)]

    assert _KILLED in codes
    assert nursery.run(child) == [0]
    assert (tips(repository), Repository(repository.path).files(before[0][1])) == before
    assert _whole(repository)


@pytest.mark.slow
def test_two_hundred_kills_at_any_time_lose_nothing_that_was_acknowledged(tmp_path: Path, nursery: Nursery) -> None:
    repository, _ = _day(tmp_path / "shop.git")
    log, chance = tmp_path / "log", random.Random(7)  # noqa: S311 - a fixed series

    for turn in range(200):
        child = Child("live", (str(repository.path), str(log), str(turn)), kill_after=chance.uniform(0.002, 0.05))
        assert nursery.run(child) == [_KILLED]
        if turn % 20 == 0:
            assert _whole(repository)

    acknowledged = log.read_text().split()
    assert len(acknowledged) > 200
    assert set(acknowledged) <= set(git(repository, "rev-list", layout.GITOPS).split())
    assert _whole(repository)
    assert edit(repository, sizes(replicas="last")) == tips(repository)[1]
