"""A kill at every file-system effect, then the same call again."""

import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

from horizon.engines.contract import Health, Sync
from tests.engines.manifests import config, deployment, service

EFFECTS = frozenset(("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate"))
OLD = [deployment(), service(), config("old")]
NEW = [deployment(image="nginx:2"), service(), config("new")]
NEW_FILES = {"deployment-web.yaml", "service-web.yaml", "configmap-new.yaml"}
MANY = 200


def writes(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        flags = arguments[2] or 0
        return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event in EFFECTS


def die_before_effect(number: int, call: Callable[[], None]) -> None:
    left = number

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if writes(event, arguments):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    call()
    os._exit(0)


def killed_at(number: int, call: Callable[[], None]) -> bool:
    """Run the call in a process of its own that dies before its effect of that number; false if it ended before."""
    child = multiprocessing.get_context("fork").Process(target=die_before_effect, args=(number, call))
    child.start()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode != 0


def every_kill(call: Callable[[], None], *, before: Callable[[], None], after: Callable[[int], None]) -> int:
    """Set up, kill and look, for every effect of the call; how many there were."""
    for number in range(1, MANY):
        before()
        if not killed_at(number, call):
            return number - 1
        after(number)
    raise AssertionError("the call never ended")


def files(folder):
    return {path.name for path in folder.iterdir()} - {".applied.json"} if folder.exists() else set()


@pytest.fixture
def sync_new(local, target):
    return lambda: local.sync(target, "r2", NEW, operation="run-2")


@pytest.fixture
def untouched(root):
    """Every kill meets the same disk, or the effects would be numbered anew and some never be met."""
    return lambda: shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def start_over(local, target):
    def restore() -> None:
        local.delete(target)
        local.forget(target)
        local.sync(target, "r1", OLD, operation="run-1")

    return restore


def test_a_sync_killed_at_any_point_ends_right_when_it_is_done_again(local, target, folder, now, sync_new, start_over):
    def again(number: int) -> None:
        sync_new()
        seen = local.observe(target, now=now)
        assert (number, seen.sync, seen.health, seen.revision, files(folder)) == (number, Sync.SYNCED, Health.HEALTHY, "r2", NEW_FILES)

    effects = every_kill(sync_new, before=start_over, after=again)

    assert effects > 6


def test_a_first_sync_killed_at_any_point_ends_right_when_it_is_done_again(local, target, folder, now, sync_new, untouched):
    def again(number: int) -> None:
        sync_new()
        assert (number, local.observe(target, now=now).sync, files(folder)) == (number, Sync.SYNCED, NEW_FILES)

    effects = every_kill(sync_new, before=untouched, after=again)

    assert effects > 6


def test_a_delete_after_a_killed_first_sync_leaves_nothing(local, target, folder, sync_new, untouched):
    def nothing(number: int) -> None:
        local.delete(target)
        local.forget(target)
        assert (number, list(folder.parent.glob("*"))) == (number, [])

    every_kill(sync_new, before=untouched, after=nothing)


def test_a_killed_sync_is_never_seen_as_synced_with_the_new_revision(local, target, now, sync_new, start_over):
    def look(number: int) -> None:
        seen = local.observe(target, now=now)
        assert seen.sync == Sync.OUT_OF_SYNC or seen.revision == "r1" or files_are_new(seen), number

    def files_are_new(seen) -> bool:
        return (seen.sync, seen.revision, {item.name for item in seen.objects}) == (Sync.SYNCED, "r2", {"web", "new"})

    every_kill(sync_new, before=start_over, after=look)


def test_another_sync_after_a_killed_one_leaves_nothing_of_it(local, target, folder, now, sync_new, start_over):
    def other(number: int) -> None:
        local.sync(target, "r3", [service()], operation="run-3")
        assert (number, local.observe(target, now=now).sync, files(folder)) == (number, Sync.SYNCED, {"service-web.yaml"})

    every_kill(sync_new, before=start_over, after=other)


def test_a_terminated_half_done_sync_does_not_go_on_and_is_not_progressing(local, target, now, sync_new, start_over):
    halves = []

    def terminate(number: int) -> None:
        local.terminate(target, operation="run-2")
        seen = local.observe(target, now=now)
        if seen.operation == "run-2" and seen.revision == "r1":
            halves.append(number)
            assert (seen.sync, seen.health == Health.PROGRESSING) == (Sync.OUT_OF_SYNC, False)
            assert "withdrawn" in seen.message

    every_kill(sync_new, before=start_over, after=terminate)

    assert halves


def test_a_killed_delete_is_never_seen_as_drift(local, target, now, start_over):
    def look(number: int) -> None:
        seen = local.observe(target, now=now)
        allowed = ((Sync.SYNCED, Health.HEALTHY), (Sync.OUT_OF_SYNC, Health.PROGRESSING), (Sync.NOT_DEPLOYED, Health.MISSING))
        assert (seen.sync, seen.health) in allowed, number

    every_kill(lambda: local.delete(target), before=start_over, after=look)


def test_a_sync_after_a_killed_delete_brings_everything_back(local, target, folder, now, sync_new, start_over):
    def back(number: int) -> None:
        sync_new()
        assert (number, local.observe(target, now=now).sync, files(folder)) == (number, Sync.SYNCED, NEW_FILES)

    every_kill(lambda: local.delete(target), before=start_over, after=back)


def test_a_delete_killed_at_any_point_ends_right_when_it_is_done_again(local, target, folder, now, start_over):
    def again(number: int) -> None:
        local.delete(target)
        assert (number, local.observe(target, now=now).sync, files(folder)) == (number, Sync.NOT_DEPLOYED, set())
        local.forget(target)
        assert (number, local.observe(target, now=now).sync, list(folder.parent.glob("*"))) == (number, Sync.NOT_DEPLOYED, [])

    effects = every_kill(lambda: local.delete(target), before=start_over, after=again)

    assert effects > 4
