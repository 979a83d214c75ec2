"""Packs: many objects in one file beside its index, written and read in process.

gitdb maps packs into memory through one manager for the whole process, which threads (and the garbage collector in any of them) corrupt.
Here each reader holds files of its own. Source: git's `gitformat-pack` document, pack version 2 and index version 2.
"""

import os
import struct
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from hashlib import sha1
from itertools import accumulate
from typing import BinaryIO

from gitdb.fun import apply_delta_data, create_pack_object_header, msb_size, pack_object_header_info

_KINDS = {1: b"commit", 2: b"tree", 3: b"blob", 4: b"tag"}
_NUMBERS = {kind: number for number, kind in _KINDS.items()}
_OFFSET_DELTA, _NAMED_DELTA = 6, 7
_INDEX_MAGIC = b"\xfftOc\0\0\0\x02"
_FAN, _NAMES = len(_INDEX_MAGIC), len(_INDEX_MAGIC) + 256 * 4
_LARGE = 1 << 31
_HEADER, _CHUNK = 64, 4096
"""Bytes read at once: a header with its delta base is at most 42 long, most objects fit a chunk."""


class Pack:
    """One pack on disk, found by its index. Not for use by two threads at once."""

    def __init__(self, index: str) -> None:
        """Open it. Raises `FileNotFoundError` when it was replaced meanwhile."""
        self._index: BinaryIO = open(index, "rb", buffering=0)  # noqa: SIM115 - it closes with the reader
        self._pack: BinaryIO = open(f"{index.removesuffix('.idx')}.pack", "rb", buffering=0)  # noqa: SIM115
        fan = os.pread(self._index.fileno(), 256 * 4, _FAN)
        self._fan = (0, *struct.unpack(">256I", fan))

    def find(self, binsha: bytes) -> int | None:
        """Where in the pack the object begins, None if it is not there."""
        first, last = self._fan[binsha[0]], self._fan[binsha[0] + 1]
        names = os.pread(self._index.fileno(), (last - first) * 20, _NAMES + first * 20)
        place = bisect_left(range(last - first), binsha, key=lambda number: names[number * 20 : number * 20 + 20])
        return self._offset(first + place) if names[place * 20 : place * 20 + 20] == binsha else None

    def _offset(self, number: int) -> int:
        """The entry's 31 bits, or the 64 that they point to in a pack of over 2 GiB. Checksums lie before the offsets."""
        total = self._fan[-1]
        small = _NAMES + total * 24
        (offset,) = struct.unpack(">I", os.pread(self._index.fileno(), 4, small + number * 4))
        if offset < _LARGE:
            return int(offset)
        (large,) = struct.unpack(">Q", os.pread(self._index.fileno(), 8, small + total * 4 + (offset - _LARGE) * 8))
        return int(large)

    def read(self, offset: int) -> tuple[bytes, bytes]:
        """Kind and content of the object that begins at `offset`, its deltas applied."""
        deltas = []
        number, base, content = self._entry(offset)
        while base is not None:
            deltas.append(content)
            number, base, content = self._entry(base)
        for delta in reversed(deltas):
            content = _applied(delta, content)
        return _KINDS[number], content

    def _entry(self, offset: int) -> tuple[int, int | None, bytes]:
        """The number of the kind, where the base of a delta begins, and the unpacked content."""
        header = os.pread(self._pack.fileno(), _HEADER, offset)
        number, _, start = pack_object_header_info(header)
        base: int | None = None
        if number == _OFFSET_DELTA:
            distance, start = _distance(header, start)
            base = offset - distance
        elif number == _NAMED_DELTA:
            base, start = self.find(header[start : start + 20]), start + 20
        return number, base, self._inflated(offset + start)

    def _inflated(self, place: int) -> bytes:
        unpacker, parts, size = zlib.decompressobj(), [], _CHUNK
        while not unpacker.eof:
            chunk = os.pread(self._pack.fileno(), size, place)
            if not chunk:
                raise zlib.error("the pack ends within an object")
            parts.append(unpacker.decompress(chunk))
            place, size = place + len(chunk), size * 4
        return b"".join(parts)


def _distance(header: bytes, place: int) -> tuple[int, int]:
    """How far before a delta its base begins, and where the number ends: seven bits a byte, with one added for each byte more."""
    value = header[place] & 0x7F
    while header[place] & 0x80:
        place += 1
        value = ((value + 1) << 7) | (header[place] & 0x7F)
    return value, place + 1


def _applied(delta: bytes, base: bytes) -> bytes:
    place, _ = msb_size(delta)
    place, _ = msb_size(delta, place)
    parts: list[bytes] = []
    commands = delta[place:]
    apply_delta_data(base, len(base), commands, len(commands), parts.append)
    return b"".join(parts)


def packed(objects: Mapping[bytes, tuple[bytes, bytes]]) -> tuple[str, bytes, bytes]:
    """The name, pack and index of kinds and contents by id."""
    entries = dict(_entries(objects))
    offsets = dict(zip(entries, accumulate((len(entry) for entry in entries.values()), initial=12), strict=False))
    body = b"PACK" + struct.pack(">II", 2, len(entries)) + b"".join(entries.values())
    checksum = _sha(body)
    names = sorted(entries)
    index = _INDEX_MAGIC + _fan(names) + b"".join(names)
    index += b"".join(struct.pack(">I", zlib.crc32(entries[name])) for name in names)
    index += b"".join(struct.pack(">I", offsets[name]) for name in names) + checksum
    return f"pack-{checksum.hex()}", body + checksum, index + _sha(index)


def _entries(objects: Mapping[bytes, tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    for binsha, (kind, content) in objects.items():
        yield binsha, bytes(create_pack_object_header(_NUMBERS[kind], len(content))) + zlib.compress(content, 6)


def _fan(names: list[bytes]) -> bytes:
    """How many names begin with each byte or a smaller one."""
    return b"".join(struct.pack(">I", bisect_left(names, bytes((first + 1,)) if first < 255 else b"\xff" * 21)) for first in range(256))


def _sha(content: bytes) -> bytes:
    return sha1(content, usedforsecurity=False).digest()
