"""All branches of a repository move in one step: they live in `packed-refs` alone, and one rename replaces that file.

A loose ref that a foreign tool left is read first, as git does, and folded in. While branches move, git's own lock files are held,
so a foreign `git push` or `git update-ref` either lands before or is refused.
"""

import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

from horizon.errors import NotFound, StaleRevision, Unavailable
from horizon.gitops.store import sync

# Git reads traits it knows and ignores others; ours tells a lock file left by a killed Horizon process from one that git holds.
_HEADER = "# pack-refs with: peeled fully-peeled sorted horizon \n"
MARK = "horizon\n"
"""What a lock of ours holds: its file is a link to the repository's lock file."""
_DEBRIS_AGE = 10.0
_PATIENCE = 3.0

Move = tuple[str | None, str | None]
"""A branch's old and new sha; None where there is no branch before, or none after."""


class RefMoved(StaleRevision):
    """A branch is no longer where the caller read it."""

    code = "branch_moved"


class UnknownBranch(NotFound):
    """The repository lacks a branch; a foreign hand removed it, and the platform brings it back when it next looks."""

    code = "unknown_branch"


class Branches(dict[str, str]):
    """Shas by full branch name; asking for a branch that is not there raises `UnknownBranch`."""

    def __missing__(self, name: str) -> str:
        raise UnknownBranch(f"there is no branch {name}")


class Refs:
    """The branches of one bare repository."""

    def __init__(self, path: Path, *, mark: Path) -> None:
        self._path = str(path)
        self._mark = str(mark)
        self._packed = f"{path}/packed-refs"

    def read(self) -> Branches:
        """Every branch's sha by its full name, as of one moment."""
        return Branches(self._read()[1])

    def _read(self) -> tuple[str, dict[str, str]]:
        """The text of `packed-refs`, and all branches with it."""
        packed = _text(self._packed)
        while True:
            loose, again = self._loose(), _text(self._packed)
            if again == packed:
                return packed, {**_parse(packed), **loose}
            packed = again

    def move(self, moves: Mapping[str, Move]) -> None:
        """Move all branches named, or none, durably. The caller holds the repository's lock.

        Raises `RefMoved` when one is not at its old sha, `Unavailable` when a foreign tool holds git's locks.
        """
        with ExitStack() as stack:
            for name in sorted(moves):
                stack.enter_context(self._branch_lock(name))
            if self._loose().keys() & moves.keys():
                self._replace({})
                self._drop_loose(moves)
            self._replace(moves)

    def _loose(self) -> dict[str, str]:
        found = {}
        for folder, _, names in os.walk(f"{self._path}/refs/heads"):
            for name in names:
                path = f"{folder}/{name}"
                value = "" if name.endswith(".lock") else _text(path).strip()
                if len(value) == 40:
                    found[path[len(self._path) + 1 :]] = value
        return found

    def _drop_loose(self, moves: Mapping[str, Move]) -> None:
        """Remove the loose refs of branches whose locks are held: `packed-refs` now holds them. Others may move meanwhile: they stay, and win."""
        for name in self._loose().keys() & moves.keys():
            path = Path(self._path, name)
            path.unlink()
            sync(path.parent)

    def _replace(self, moves: Mapping[str, Move]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while True:
            before, refs = self._read()
            for name, (old, _) in moves.items():
                if refs.get(name) != old:
                    raise RefMoved(f"{name} is at {refs.get(name)}, not at {old}", details={"ref": name, "expected": old, "found": refs.get(name)})
            after = {**refs, **{name: new for name, (_, new) in moves.items()}}
            if self._swap(before, _format(after, peeled=_peeled(before))):
                return
            if time.monotonic() > deadline:
                raise Unavailable("another program holds the lock of packed-refs", code="repository_busy")
            time.sleep(0.005)

    def _swap(self, before: str, after: str) -> bool:
        """Put `after` in place of `before`; false when another program changed or holds the file.

        The synced content is linked as the lock, so a kill leaves no half-written lock behind.
        """
        temporary, lock = f"{self._packed}.{secrets.token_hex(6)}", f"{self._packed}.lock"
        _write(temporary, after)
        self._age(temporary)
        try:
            os.link(temporary, lock)
        except FileExistsError:
            _remove_debris(lock, mark=_HEADER)
            return False
        finally:
            os.unlink(temporary)
        if _text(self._packed) != before:
            os.unlink(lock)
            return False
        os.rename(lock, self._packed)
        sync(self._path)
        return True

    def _age(self, temporary: str) -> None:
        """Give the next `packed-refs` a second of its own.

        Git takes a file for unchanged whose size, inode and second are as before, and a file system uses an inode again at once:
        a foreign tool would compare with a branch's value of two moves ago.
        """
        last = os.stat(self._packed).st_mtime if os.path.exists(self._packed) else 0.0
        stamp = max(time.time(), last + 1)
        os.utime(temporary, (stamp, stamp))

    @contextmanager
    def _branch_lock(self, name: str) -> Iterator[None]:
        lock = f"{self._path}/{name}.lock"
        os.makedirs(os.path.dirname(lock), exist_ok=True)
        deadline = time.monotonic() + _PATIENCE
        while not _linked(self._mark, lock):
            _remove_debris(lock, mark=MARK)
            if time.monotonic() > deadline:
                raise Unavailable(f"another program holds the lock of {name}", code="repository_busy")
            time.sleep(0.005)
        try:
            yield
        finally:
            Path(lock).unlink(missing_ok=True)


def _linked(mark: str, lock: str) -> bool:
    try:
        os.link(mark, lock)
    except FileExistsError:
        return False
    return True


def _remove_debris(lock: str, *, mark: str) -> None:
    """Remove a lock that nobody holds: ours, since the caller holds the repository's lock, or one older than git ever needs."""
    try:
        age = time.time() - os.stat(lock).st_mtime
        if age > _DEBRIS_AGE or _text(lock).startswith(mark):
            os.unlink(lock)
    except FileNotFoundError:
        return


def _text(path: str) -> str:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read().decode()
    except (FileNotFoundError, IsADirectoryError):
        return ""


def _write(path: str, text: str) -> None:
    with open(path, "xb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def _parse(text: str) -> dict[str, str]:
    """Branches and tags of a `packed-refs` file by full name."""
    pairs = (line.split(" ", 1) for line in text.splitlines() if line and line[0] not in "#^")
    return {name: sha for sha, name in pairs}


def _peeled(text: str) -> dict[str, str]:
    """The `^` line of each annotated tag, which git keeps behind the tag's own line."""
    lines = text.splitlines()
    return {line.split(" ", 1)[1]: following + "\n" for line, following in pairwise(lines) if following.startswith("^")}


def _format(refs: Mapping[str, str | None], *, peeled: Mapping[str, str]) -> str:
    return _HEADER + "".join(f"{sha} {name}\n{peeled.get(name, '')}" for name, sha in sorted(refs.items()) if sha)
