"""A bare repository without a work tree: whole trees in, whole trees out, branches moved by compare-and-set (DESIGN 3.1, 3.4)."""

import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from git import Commit, Git, Repo
from git.objects.fun import tree_entries_from_data, tree_to_stream

from horizon.errors import Invalid, NotFound, Unavailable
from horizon.gitops.refs import MARK, Move, Refs
from horizon.gitops.store import Store, sync

Files = dict[str, bytes]
"""A whole tree: content by path."""

_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
_LOCK = "horizon.lock"
_PATIENCE = 10.0
_SHA = re.compile("[0-9a-f]{40}")
_FORBIDDEN = frozenset(("", ".", ".."))
_FILE, _FOLDER = 0o100644, 0o040000


@dataclass(frozen=True)
class Author:
    """Who made a commit, as Git shows it."""

    name: str
    email: str

    def __str__(self) -> str:
        name, email = (_line(text, drop="<>") or "unknown" for text in (self.name, self.email))
        return f"{name} <{email}>"


PLATFORM = Author("Horizon", "horizon@localhost")
"""The committer of every commit, and the author of those that no person asked for."""


class UnknownRevision(NotFound):
    """The repository has no such commit."""

    code = "unknown_revision"


class Repository:
    """One repository on disk. Open one where it is used, in one thread; writes happen inside `locked()`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.refs = Refs(path, mark=path / _LOCK)

    @classmethod
    @contextmanager
    def created(cls, path: Path, *, head: str) -> Iterator["Repository"]:
        """Make a repository whose HEAD is the branch `head`; it appears at `path` at the end of the block, whole or not at all.

        What is written inside the block becomes one pack. An unfinished or earlier one at `path` is replaced.
        """
        building = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        for folder in ("objects/pack", "refs/heads"):
            (building / folder).mkdir(parents=True)
        for name, text in (("HEAD", f"ref: {head}\n"), ("config", _CONFIG), (_LOCK, MARK)):
            (building / name).write_text(text)
            sync(building / name)
        repository = cls(building)
        repository.store.gather()
        try:
            yield repository
            shutil.rmtree(path, ignore_errors=True)
            os.rename(building, path)
        finally:
            shutil.rmtree(building, ignore_errors=True)
        sync(path.parent)

    @cached_property
    def git(self) -> Repo:
        """GitPython's view of the repository, reading and writing through our store. To open it costs more than to read a few objects."""
        git = Repo(self.path, odbt=Store, expand_vars=False)
        git.odb = self.store
        return git

    @cached_property
    def store(self) -> Store:
        """The repository's objects. Raises `NotFound`."""
        if not (self.path / "HEAD").exists():
            raise self._missing()
        return Store(str(self.path / "objects"), Git(self.path))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only writer on this host. Raises `NotFound`, and `Unavailable` when another one holds the repository for 10 s."""
        with self._lock_file() as file:
            deadline = time.monotonic() + _PATIENCE
            while not _flocked(file.fileno()):
                if time.monotonic() > deadline:
                    raise Unavailable("somebody else is writing to this repository: try again", code="repository_busy")
                time.sleep(0.003)
            yield

    def _lock_file(self) -> BinaryIO:
        try:
            return open(self.path / _LOCK, "rb")
        except FileNotFoundError as error:
            raise self._missing() from error

    def _missing(self) -> NotFound:
        return NotFound(f"there is no repository {self.path.name}", code="unknown_repository")

    def head(self, ref: str) -> str | None:
        """The sha of a branch, None if there is no such branch."""
        return self.refs.read().get(ref)

    def move(self, moves: Mapping[str, Move]) -> None:
        """Move branches by compare-and-set in one step; see `Refs.move`."""
        if self.store.gathering:
            self.store.flush()
        self.refs.move(moves)

    def commit_object(self, sha: str) -> Commit:
        """GitPython's commit. Raises `UnknownRevision`."""
        self._commit_text(sha)
        return Commit(self.git, bytes.fromhex(sha))

    def _commit_text(self, sha: str) -> bytes:
        """A commit as it is stored. Raises `UnknownRevision`."""
        if not _SHA.fullmatch(sha):
            raise UnknownRevision(f"{sha!r} is no sha of a commit")
        try:
            kind, text = self.store.read(bytes.fromhex(sha))
        except Unavailable as error:
            raise UnknownRevision(f"there is no commit {sha}") from error
        if kind != b"commit":
            raise UnknownRevision(f"{sha} is no commit")
        return text

    def holds(self, sha: str) -> bool:
        """Whether there is such a commit."""
        try:
            self._commit_text(sha)
        except UnknownRevision:
            return False
        return True

    def tree(self, sha: str) -> str:
        """The id of a commit's tree. Raises `UnknownRevision`."""
        return self._tree(sha).hex()

    def _tree(self, sha: str) -> bytes:
        """A commit begins with the line `tree <id>`."""
        return bytes.fromhex(self._commit_text(sha)[len("tree ") :].split(b"\n", 1)[0].decode())

    def files(self, sha: str) -> Files:
        """All files of a commit. Raises `UnknownRevision`."""
        return {path: self.store.read(binsha)[1] for path, binsha in sorted(self._blobs(self._tree(sha), ""))}

    def blobs(self, sha: str) -> dict[str, str]:
        """Blob id by path, without reading contents. Raises `UnknownRevision`."""
        return {path: binsha.hex() for path, binsha in self._blobs(self._tree(sha), "")}

    def _blobs(self, tree: bytes, prefix: str) -> Iterator[tuple[str, bytes]]:
        for binsha, mode, name in tree_entries_from_data(self.store.read(tree)[1]):
            if mode == _FOLDER:
                yield from self._blobs(binsha, f"{prefix}{name}/")
            elif mode >> 12 == 0o10:
                yield prefix + name, binsha

    def write(self, files: Mapping[str, bytes]) -> str:
        """Store a whole tree and return its id. Raises `Invalid` for a path that is none."""
        return self._write_tree({_checked(path): self.store.write(b"blob", content) for path, content in files.items()}).hex()

    def _write_tree(self, blobs: Mapping[str, bytes]) -> bytes:
        folders: dict[str, dict[str, bytes]] = {}
        entries = []
        for path, binsha in blobs.items():
            folder, slash, rest = path.partition("/")
            if slash:
                folders.setdefault(folder, {})[rest] = binsha
            else:
                entries.append((binsha, _FILE, path))
        twice = folders.keys() & blobs.keys()
        if twice:
            raise Invalid(f"{min(twice)!r} is both a file and a folder", code="path")
        entries += [(self._write_tree(inner), _FOLDER, name) for name, inner in folders.items()]
        # A foreign hand's file may have a name that is no UTF-8: Git knows bytes only.
        raw = [(binsha, mode, name.encode("utf-8", "surrogateescape")) for binsha, mode, name in entries]
        raw.sort(key=lambda entry: entry[2] + b"/" if entry[1] == _FOLDER else entry[2])
        stream = BytesIO()
        tree_to_stream(raw, stream.write)  # type: ignore[arg-type]  # it takes bytes as well
        return self.store.write(b"tree", stream.getvalue())

    def commit(self, tree: str, *, parents: list[str], author: Author, message: str, now: datetime) -> str:
        """Store a commit (no branch moves) and return its sha."""
        stamp = f"{int(now.timestamp())} +0000"
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents), f"author {author} {stamp}", f"committer {PLATFORM} {stamp}"]
        text = "\n".join(lines) + "\n\n" + message.replace("\0", "").strip() + "\n"
        return self.store.write(b"commit", text.encode("utf-8", "replace")).hex()

    def first_parents(self, start: str, *, stop: str | None = None) -> Iterator[Commit]:
        """Commits from `start` along first parents, newest first, before `stop` (which is left out)."""
        commit = None if start == stop else self.commit_object(start)
        while commit is not None and commit.hexsha != stop:
            yield commit
            commit = commit.parents[0] if commit.parents else None

    def is_ancestor(self, ancestor: str, sha: str) -> bool:
        """Whether `ancestor` is `sha` or reachable from it.

        The newest commits are looked at first, from both ends: what the ancestor itself comes from is not searched. Dates only make it quick,
        since a clock may have been wrong.
        """
        queue = {name: self.commit_object(name) for name in (ancestor, sha)}
        behind, seen = {ancestor}, {sha}
        while ancestor != sha and queue.keys() - behind:
            commit = queue.pop(max(queue, key=lambda name: queue[name].committed_date))
            known = behind if commit.hexsha in behind else seen
            for parent in commit.parents:
                if parent.hexsha == ancestor:
                    return True
                if parent.hexsha not in known:
                    queue[parent.hexsha] = parent
                known.add(parent.hexsha)
        return ancestor == sha

    def on_first_parents(self, sha: str, *, start: str) -> bool:
        """Whether `sha` is one of the states that a branch at `start` had."""
        return any(commit.hexsha == sha for commit in self.first_parents(start))

    def find(self, trailer: str, value: str, *, start: str, stop: str | None) -> str | None:
        """The first-parent commit after `stop` whose trailer has this value."""
        return next((commit.hexsha for commit in self.first_parents(start, stop=stop) if trailers(str(commit.message)).get(trailer) == value), None)


def message(title: str, *, body: str = "", **trailer_values: str) -> str:
    """A commit message: one line, a body, and a last paragraph of trailers that no title or body can forge."""
    last = "\n".join(f"{key.replace('_', '-')}: {_line(value)}" for key, value in trailer_values.items() if value)
    return "\n\n".join(part for part in (_line(title) or "Edit", body.strip(), last or "Horizon: edit") if part)


def trailers(text: str) -> dict[str, str]:
    """The `Key: value` lines of a message's last paragraph; empty when that paragraph is the title."""
    paragraphs = text.strip().split("\n\n")
    lines = paragraphs[-1].splitlines() if len(paragraphs) > 1 else []
    pairs = (line.split(": ", 1) for line in lines if ": " in line)
    return {pair[0]: pair[1] for pair in pairs}


def _line(text: str, *, drop: str = "") -> str:
    """`text` as one line of printable characters."""
    words = ("".join(character for character in word if character.isprintable() and character not in drop) for word in text.split())
    return " ".join(word for word in words if word)


def _checked(path: str) -> str:
    parts = path.split("/")
    if any(part in _FORBIDDEN or part.lower() == ".git" or "\0" in part for part in parts):
        raise Invalid(f"{path!r} is no path of a file in a repository", code="path")
    return path


def _flocked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
