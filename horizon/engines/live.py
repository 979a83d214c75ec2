"""Live objects where there is no Kubernetes: one YAML file each, which a person may edit, and beside them what the engine was given.

`<root>/<region>/<namespace>/<cluster>/<kind>-<name>.yaml`. A file's first line says that the engine wrote it: only such files, and those in
the record, are ever removed. Files are replaced by rename, so that a reader never sees half of one.
"""

import fcntl
import json
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from horizon import helmyaml
from horizon.engines.contract import Target
from horizon.engines.immutable import kind_of
from horizon.engines.objects import identity, name_of, namespace_of
from horizon.errors import Invalid, Unavailable

RECORD = ".applied.json"
MAX_FILE = 4 * helmyaml.MAX_TEXT + 4096
"""Bytes of a live file that are read: what the longest text takes in UTF-8, and the first line."""
MAX_RECORD = 256 * 1024 * 1024

_WRITING = ".writing"
_PATIENCE = 30.0
_PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,179}")
_PLAIN_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,179}")
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
_KINDS = {
    kind: group
    for group, kinds in {
        "": "ConfigMap Endpoints LimitRange Namespace PersistentVolume PersistentVolumeClaim Pod ResourceQuota Secret Service ServiceAccount",
        "apps": "DaemonSet Deployment ReplicaSet StatefulSet",
        "autoscaling": "HorizontalPodAutoscaler",
        "batch": "CronJob Job",
        "networking.k8s.io": "Ingress NetworkPolicy",
        "policy": "PodDisruptionBudget",
        "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding Role RoleBinding",
    }.items()
    for kind in kinds.split()
}
"""The kinds whose files need no digest in their names, each with its one group."""


class Unreadable(Unavailable):
    """The engine's record of a cluster is damaged; the next sync writes it anew."""

    code = "record_unreadable"


@dataclass(frozen=True)
class Document:
    """An object as JSON data, and its text."""

    manifest: dict[str, Any]
    text: str


@dataclass(frozen=True)
class Given:
    """An object that the engine was given, and the digest of the file that it wrote for it."""

    manifest: dict[str, Any]
    digest: str


@dataclass(frozen=True)
class Record:
    """What the engine was given last.

    `complete` is false from the first effect of a sync or delete to its last one, `deleting` true during a delete. `live` is the last revision
    that was completed, `owned` every file that the engine may have written, `withdrawn` the operations that must not begin any more.
    """

    cluster_id: int
    revision: str | None = None
    operation: str | None = None
    complete: bool = True
    live: str | None = None
    given: Mapping[str, Given] = field(default_factory=dict)
    owned: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    deleting: bool = False


def document(manifest: Mapping[str, Any]) -> Document:
    """An object as data and text that no longer depend on the caller's. Raises `Invalid` for what cannot be written, or not be read again."""
    try:
        data = json.loads(json.dumps(dict(manifest), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid("cannot be written as YAML: it holds values that are no data, or is nested without end", code="yaml") from error
    text = helmyaml.write(data)
    if len(text) > helmyaml.MAX_TEXT:
        raise Invalid(f"is {len(text)} characters long, {helmyaml.MAX_TEXT} are allowed", code="too_large")
    return Document(data, text)


def file_name(manifest: Mapping[str, Any], *, namespace: str) -> str:
    """The file of an object whose cluster lives in `namespace`: another one for every other object, and always a plain name."""
    (group, kind), name = kind_of(manifest), name_of(manifest)
    at_home = namespace_of(manifest) in ("", namespace)
    if at_home and _KINDS.get(kind) == group and _PLAIN_NAME.fullmatch(name):
        return f"{kind.lower()}-{name}.yaml"
    return f"{_legible(f'{kind.lower()}-{name}')}@{_digest(identity(manifest, namespace=namespace))}.yaml"


def header(name: str) -> bytes:
    """The first line of a file that the engine wrote; a copy under another name is a person's."""
    return f"# {name} is a live object, written by Horizon.\n".encode()


class Folder:
    """One cluster's live objects. Methods raise `Unavailable` when the disk does not let them."""

    def __init__(self, root: Path, target: Target) -> None:
        self._parent = root / _folder_name(target.region) / _folder_name(target.namespace)
        self._path = self._parent / _folder_name(target.cluster)
        self._lock = self._parent / f".{self._path.name}.lock"

    @contextmanager
    def locked(self) -> Iterator[Self]:
        """Be the only writer, after making the folder."""
        with _reachable():
            self._path.mkdir(parents=True, exist_ok=True)
            descriptor = self._acquire()
        try:
            yield self
        finally:
            os.close(descriptor)

    def exists(self) -> bool:
        """Whether there is anything to delete: a killed delete may have left the lock alone."""
        with _reachable():
            return any(_status(path) for path in (self._path, self._lock))

    def names(self) -> list[str]:
        """Every file of an object, the engine's and others'."""
        with _reachable():
            names = _entries(self._path)
        return sorted(name for name in names if _is_object_file(name))

    def read(self, name: str) -> bytes | None:
        """A file's bytes; None if it is missing. Raises `Invalid` for what is no plain file, or too long."""
        with _reachable():
            return _read(self._path / name, most=MAX_FILE)

    def wrote(self, name: str) -> bool:
        """Whether the engine wrote the file, as its first line says."""
        try:
            return (self.read(name) or b"").startswith(header(name))
        except Invalid:
            return False

    def write(self, name: str, content: bytes) -> None:
        """Put a file in place, durably once `settle` was called; one that already holds these bytes is left alone."""
        with _reachable(), suppress(Invalid):
            if _read(self._path / name, most=MAX_FILE) == content:
                return
        self._replace(name, content)

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        with _reachable():
            (self._path / name).unlink(missing_ok=True)

    def settle(self) -> None:
        """Make what was put in place and removed survive a power loss."""
        with _reachable():
            _sync(self._path)

    def record(self) -> Record | None:
        """What the engine was given; None if nothing. Raises `Unreadable`."""
        with _reachable():
            try:
                content = _read(self._path / RECORD, most=MAX_RECORD)
                return None if content is None else _parse(content)
            except (Invalid, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                raise Unreadable("the record of what was deployed is damaged: deploy again") from error

    def stamp(self) -> tuple[int, int, int] | None:
        """What tells one state of the record from another."""
        with _reachable():
            status = _status(self._path / RECORD)
        return (status.st_ino, status.st_mtime_ns, status.st_size) if status else None

    def keep(self, record: Record) -> None:
        """Replace the record, durably."""
        self._replace(RECORD, json.dumps(asdict(record)).encode())
        self.settle()

    def vanish(self) -> None:
        """Remove the record, then the folder and its lock unless somebody else's files are in it. The caller holds the lock."""
        self.settle()
        with _reachable():
            (self._path / _WRITING).unlink(missing_ok=True)
            (self._path / RECORD).unlink(missing_ok=True)
            with suppress(OSError):
                self._path.rmdir()
            self._lock.unlink(missing_ok=True)

    def _replace(self, name: str, content: bytes) -> None:
        temporary = self._path / _WRITING
        with _reachable():
            with open(temporary, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.rename(temporary, self._path / name)

    def _acquire(self) -> int:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            if _hold(descriptor) and _is_file(descriptor, self._lock):
                # A `vanish` that held the lock before may have taken the folder with it.
                self._path.mkdir(exist_ok=True)
                return descriptor
            os.close(descriptor)
            time.sleep(0.01)
        raise Unavailable("another process keeps this cluster's live objects locked", code="region_busy")


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        name = Path(os.fsdecode(error.filename)).name if isinstance(error.filename, str | bytes) else "folder"
        raise Unavailable(f"the live objects cannot be reached ({name}: {error.strerror})", code="region_unreachable") from error


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _entries(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def _read(path: Path, *, most: int) -> bytes | None:
    descriptor = _open(path)
    if descriptor is None:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Invalid("it is no plain file", code="no_file")
        content = _read_all(descriptor, most=most + 1)
    finally:
        os.close(descriptor)
    if len(content) > most:
        raise Invalid("it is too long to be an object", code="too_large")
    return content


def _open(path: Path) -> int | None:
    try:
        # A link could lead anywhere, and opening a pipe would wait for ever.
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        if stat.S_ISREG(path.lstat().st_mode):
            raise
        raise Invalid("it is no plain file", code="no_file") from error


def _read_all(descriptor: int, *, most: int) -> bytes:
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return file.read(most)


def _hold(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_file(descriptor: int, path: Path) -> bool:
    """Whether an open file is still the one at its path: a lock on a removed file locks nobody out."""
    status = _status(path)
    return status is not None and os.path.samestat(os.fstat(descriptor), status)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _parse(content: bytes) -> Record:
    data = json.loads(content)
    given = {name: Given(dict(item["manifest"]), item["digest"]) for name, item in data.pop("given").items() if _is_object_file(name)}
    owned = tuple(name for name in data.pop("owned") if _is_object_file(name))
    return Record(**{**data, "withdrawn": tuple(data["withdrawn"])}, given=given, owned=owned)


def _is_object_file(name: str) -> bool:
    return name == os.path.basename(name) and name.endswith(".yaml") and not name.startswith(".")


def _folder_name(name: str) -> str:
    return name if _PLAIN_FOLDER.fullmatch(name) else f"{_legible(name)}@{_digest(name)}"


def _legible(text: str) -> str:
    return _UNSAFE.sub("_", text)[:100].lstrip(".") or "_"


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]
