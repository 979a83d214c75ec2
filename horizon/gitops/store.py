"""Git objects in process: loose ones written durably, loose and packed ones read, no child process.

GitPython takes the class as its object database. Its own one starts `git hash-object` for every object written and keeps a
`git cat-file` child alive for every open repository.
"""

import os
import secrets
import zlib
from hashlib import sha1
from io import BytesIO
from pathlib import Path

from git import Git, GitCmdObjectDB
from gitdb import OInfo, OStream
from gitdb.base import IStream

from horizon.errors import Unavailable
from horizon.gitops.pack import Pack, packed


class MissingObject(Unavailable):
    """The repository lacks an object that it refers to."""

    code = "missing_object"


class Store(GitCmdObjectDB):
    """One repository's objects. Not for use by two threads at once."""

    def __init__(self, root_path: str, git: Git) -> None:
        super().__init__(root_path, git)
        self._packs: list[Pack] | None = None
        self._gathered: dict[bytes, tuple[bytes, bytes]] | None = None
        self._seen: set[bytes] = set()

    def store(self, istream: IStream) -> IStream:
        """Write what GitPython hands over; part of its object database contract."""
        istream.binsha = self.write(istream.type, istream.read(istream.size))
        return istream

    def stream(self, binsha: bytes) -> OStream:
        """The object as GitPython reads it. Raises `MissingObject`."""
        kind, data = self.read(binsha)
        return OStream(binsha, kind, len(data), BytesIO(data))

    def info(self, binsha: bytes) -> OInfo:
        """Kind and size of an object. Raises `MissingObject`."""
        kind, data = self.read(binsha)
        return OInfo(binsha, kind, len(data))

    def write(self, kind: bytes, data: bytes) -> bytes:
        """Store an object durably and return its id (20 bytes); content that is there already is left alone."""
        content = b"%s %d\0" % (kind, len(data)) + data
        binsha = sha1(content, usedforsecurity=False).digest()
        if self._gathered is not None:
            self._gathered[binsha] = (kind, data)
            return binsha
        path = self._path(binsha)
        if binsha not in self._seen and not os.path.exists(path) and not self._is_packed(binsha):
            _write_durably(path, zlib.compress(content, 1))
        self._seen.add(binsha)
        return binsha

    def read(self, binsha: bytes) -> tuple[bytes, bytes]:
        """Kind and content of an object, loose or packed. Raises `MissingObject`."""
        if self._gathered and binsha in self._gathered:
            return self._gathered[binsha]
        found = self._read_loose(binsha) or self._read_packed(binsha)
        self._seen.add(binsha)
        return found

    def _read_loose(self, binsha: bytes) -> tuple[bytes, bytes] | None:
        try:
            with open(self._path(binsha), "rb", buffering=0) as file:
                content = zlib.decompress(file.read())
        except FileNotFoundError:
            return None
        header, _, data = content.partition(b"\0")
        return header.split(b" ")[0], data

    @property
    def gathering(self) -> bool:
        """Whether writes are kept in memory until `flush`."""
        return self._gathered is not None

    def gather(self) -> None:
        """Keep what is written from now on in memory until `flush`: a new repository is one pack instead of twenty files."""
        self._gathered = {}

    def flush(self) -> None:
        """Write what was gathered as one pack, durably."""
        gathered, self._gathered = self._gathered or {}, None
        folder = os.path.join(self.root_path(), "pack")
        os.makedirs(folder, exist_ok=True)
        name, pack, index = packed(gathered)
        # The index last: a pack without one is not there yet.
        _write_durably(os.path.join(folder, f"{name}.pack"), pack)
        _write_durably(os.path.join(folder, f"{name}.idx"), index)
        sync(folder)
        self._packs = None

    def _path(self, binsha: bytes) -> str:
        name = binsha.hex()
        return os.path.join(self.root_path(), name[:2], name[2:])

    def _read_packed(self, binsha: bytes) -> tuple[bytes, bytes]:
        for _ in range(2):
            try:
                found = self._find_packed(binsha)
                if found:
                    return found[0].read(found[1])
            except FileNotFoundError:
                pass
            # Maintenance may have replaced the packs since they were listed.
            self._packs = None
        raise MissingObject(f"the repository has no object {binsha.hex()}")

    def _is_packed(self, binsha: bytes) -> bool:
        try:
            return self._find_packed(binsha) is not None
        except FileNotFoundError:
            return False

    def _find_packed(self, binsha: bytes) -> tuple[Pack, int] | None:
        """The pack that holds an object, and the object's place in it. A pack without an index is not there yet, as for git."""
        if self._packs is None:
            self._packs = [Pack(str(index)) for index in Path(self.root_path(), "pack").glob("pack-*.idx")]
        places = ((pack, pack.find(binsha)) for pack in self._packs)
        return next(((pack, place) for pack, place in places if place is not None), None)


def sync(path: str | Path) -> None:
    """Flush a file, or a folder's entries, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_durably(path: str, content: bytes) -> None:
    # `tmp_obj_` is git's own prefix, so that its prune removes what a killed process leaves.
    folder = os.path.dirname(path)
    temporary = os.path.join(folder, f"tmp_obj_{secrets.token_hex(8)}")
    if not os.path.isdir(folder):
        os.makedirs(folder, exist_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fdatasync(descriptor)
    os.rename(temporary, path)
