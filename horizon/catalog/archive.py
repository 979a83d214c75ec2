"""Chart archives: read one without trusting it, write one whose bytes depend on nothing but its files."""

import gzip
import io
import os
import stat
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from horizon.errors import Invalid

MAX_PACKED = 10 * 1024 * 1024
"""Bytes of a `.tgz` that whoever sends one may send."""
MAX_UNPACKED = 10 * 1024 * 1024
MAX_FILES = 1000
MAX_STREAM = MAX_UNPACKED + MAX_FILES * 4096
"""Bytes of tar that are unzipped at all: the contents and a generous header for each file."""


def pack(files: Mapping[str, bytes], top: str, *, level: int = 9) -> bytes:
    """Give a `.tgz` with `files` under the folder `top`: sorted, without owners and dates, so that equal files give equal bytes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(files):
            member = tarfile.TarInfo(f"{top}/{path}")
            member.size = len(files[path])
            tar.addfile(member, io.BytesIO(files[path]))
    return gzip.compress(stream.getvalue(), level, mtime=0)


def unpack(data: bytes) -> dict[str, bytes]:
    """Read the files of a `.tgz`, named from below its one top folder. Hidden files are left out.

    Refuses everything that another reader could understand differently: links, special files, paths that lead out, a path twice, a second top folder.
    """
    files: dict[str, bytes] = {}
    tops = set()
    try:
        for name, content in _members(_unzip(data)):
            top, path = _split(name)
            tops.add(top)
            _add(files, path, content)
    except (tarfile.TarError, ValueError, OSError, EOFError) as error:
        raise Invalid("This is not a chart archive: its tar part cannot be read.", code="archive_format") from error
    if len(tops) != 1:
        raise Invalid("A chart archive holds one folder with all files in it.", code="archive_format")
    return _visible(files)


def read_folder(path: Path) -> dict[str, bytes]:
    """Read the files below a folder, hidden ones left out. Refuses links and special files."""
    if path.is_symlink() or not path.is_dir():
        raise Invalid(f"{path.name} is not a folder.", code="archive_format")
    try:
        return plain((found.relative_to(path).as_posix(), _content(found, path)) for found in _walk(path))
    except OSError as error:
        raise Invalid(f"{path.name} cannot be read: {error.strerror}.", code="archive_format") from error


def plain(found: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    """Take in files from wherever they come, hidden ones left out. Refuses tricks in paths, too many files and too large ones."""
    files: dict[str, bytes] = {}
    for path, content in found:
        _refuse_tricks(path)
        _add(files, path, content)
    return _visible(files)


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry)
        else:
            yield entry


def _content(path: Path, top: Path) -> bytes:
    """Read a regular file, never more than the cap and never through a link, even one that appears just now."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise _link(path.relative_to(top).as_posix())
    if status.st_size > MAX_UNPACKED:
        raise _too_large()
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(MAX_UNPACKED + 1)


def _unzip(data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            raw = file.read(MAX_STREAM + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid("This is not a chart archive: it is no complete gzip file.", code="archive_format") from error
    if len(raw) > MAX_STREAM:
        raise _too_large()
    return raw


def _members(raw: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as tar:
        total = 0
        for member in tar:
            if member.isdir():
                continue
            if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
                raise _link(member.name)
            total += member.size
            if total > MAX_UNPACKED:
                raise _too_large()
            source = tar.extractfile(member)
            content = source.read() if source else b""
            if len(content) != member.size:
                raise Invalid("The archive ends in the middle of a file.", code="archive_format")
            yield member.name, content


def _split(name: str) -> tuple[str, str]:
    name = name.removeprefix("./")
    _refuse_tricks(name)
    top, _, path = name.partition("/")
    if not path:
        raise Invalid(f"{top} lies outside the chart's folder.", code="archive_path")
    return top, path


def _refuse_tricks(name: str) -> None:
    parts = name.split("/")
    plain = name.isprintable() and "\\" not in name and ":" not in name and str(PurePosixPath(name)) == name
    if not plain or not all(parts) or ".." in parts or "." in parts or len(name) > 255:
        raise Invalid(f"The path {name[:80]!r} is not a plain relative path.", code="archive_path", details={"file": name[:255]})


def _add(files: dict[str, bytes], path: str, content: bytes) -> None:
    if path in files:
        raise Invalid(f"The path {path} appears twice.", code="archive_path")
    files[path] = content
    if len(files) > MAX_FILES:
        raise Invalid(f"A template has at most {MAX_FILES} files.", code="archive_size")
    if sum(map(len, files.values())) > MAX_UNPACKED:
        raise _too_large()


def _visible(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {path: content for path, content in files.items() if not any(part.startswith(".") for part in path.split("/"))}


def _link(name: str) -> Invalid:
    message = f"{name[:80]} is a link or a special file: only plain files are allowed."
    return Invalid(message, code="archive_link", details={"file": name[:255]})


def _too_large() -> Invalid:
    return Invalid(f"A template is at most {MAX_UNPACKED // 1024 // 1024} MiB unpacked.", code="archive_size")
