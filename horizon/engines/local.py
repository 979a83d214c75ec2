"""The engine for regions without Kubernetes: live objects are files, checked as Kubernetes would and compared with what was given.

A file that a person adds, and no release ever had, is shown as extra and left alone; one that the engine wrote and no release has any more
is pruned by the next sync.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from horizon.engines import observing
from horizon.engines.contract import Observation, Preflight, Target
from horizon.engines.live import Document, Folder, Given, Record, Unreadable, document, file_name, header
from horizon.engines.objects import identity, is_hook
from horizon.engines.preflight import examine
from horizon.errors import Conflict, Unavailable

MAX_WITHDRAWN = 100
"""Withdrawn operations that are remembered."""


class Withdrawn(Conflict):
    """The operation was terminated, or a later one has begun: start a new one."""

    code = "operation_withdrawn"


class LocalEngine:
    """Keeps the live objects of every cluster as files under `root`. Safe for many processes and threads."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def preflight(self, target: Target, manifests: Sequence[Mapping[str, Any]]) -> Preflight:
        """Check objects as Kubernetes would; see `Engine.preflight`."""
        try:
            live = self._live(target)
        except Unavailable as error:
            found = examine(target, manifests, live={})
            return replace(found, notices=(*found.notices, f"Immutable fields were not checked: {error.message}."))
        return examine(target, manifests, live=live)

    def sync(self, target: Target, revision: str, manifests: Sequence[Mapping[str, Any]], *, operation: str) -> None:
        """Write the objects' files and prune; see `Engine.sync`. The record is written before the first file and after the last one."""
        documents = _documents(target, manifests)
        with self._folder(target).locked() as folder:
            record = _current(folder, target)
            if record.complete and (record.revision, record.operation) == (revision, operation):
                return
            if operation in record.withdrawn:
                raise Withdrawn(f"operation {operation} was withdrawn")
            begun = _begin(record, documents, revision=revision, operation=operation)
            folder.keep(begun)
            _apply(folder, documents, begun.owned)
            folder.keep(replace(begun, complete=True, live=revision, owned=tuple(documents)))

    def observe(self, target: Target, *, now: datetime) -> Observation:
        """Compare the files with what was given; see `Engine.observe`. Takes no lock and writes nothing."""
        return observing.observe(self._folder(target), target, now=now)

    def terminate(self, target: Target, *, operation: str) -> None:
        """Remember that an operation must not begin any more; see `Engine.terminate`."""
        with self._folder(target).locked() as folder:
            if _belongs_to_later(folder, target):
                return
            record = _current(folder, target)
            if operation not in record.withdrawn:
                folder.keep(replace(record, withdrawn=_with(record.withdrawn, operation)))

    def delete(self, target: Target) -> None:
        """Remove the files that the engine wrote; see `Engine.delete`. What a person put beside them stays."""
        if not self._folder(target).exists():
            return
        with self._folder(target).locked() as folder:
            record = _record(folder)
            if record and record.cluster_id != target.cluster_id:
                return
            if record:
                folder.keep(replace(record, complete=False, deleting=True))
            for name in _written(folder, record):
                folder.remove(name)
            if record is None:
                folder.vanish()
                return
            # A worker that was stopped in an operation and goes on later finds here that it must not.
            withdrawn = _with(record.withdrawn, record.operation) if record.operation else record.withdrawn
            folder.settle()
            folder.keep(Record(cluster_id=target.cluster_id, withdrawn=withdrawn))

    def forget(self, target: Target) -> None:
        """Remove the record as well; see `Engine.forget`."""
        if not self._folder(target).exists():
            return
        with self._folder(target).locked() as folder:
            record = _record(folder)
            if record is None or record.cluster_id == target.cluster_id:
                folder.vanish()

    def _folder(self, target: Target) -> Folder:
        return Folder(self._root, target)

    def _live(self, target: Target) -> dict[str, Mapping[str, Any]]:
        """The objects in the region by identity. An object whose file was removed can be made anew, with any fields."""
        folder = self._folder(target)
        record = folder.record()
        if record is None:
            return {}
        names = frozenset(folder.names())
        return {identity(given.manifest, namespace=target.namespace): given.manifest for name, given in record.given.items() if name in names}


def _documents(target: Target, manifests: Sequence[Mapping[str, Any]]) -> dict[str, Document]:
    """The objects to keep by file name. Raises `Invalid`."""
    kept = (manifest for manifest in manifests if not is_hook(manifest))
    return {file_name(manifest, namespace=target.namespace): document(manifest) for manifest in kept}


def _record(folder: Folder) -> Record | None:
    """The record, or None where it is missing or damaged: then the files' first lines say what the engine wrote."""
    try:
        return folder.record()
    except Unreadable:
        return None


def _current(folder: Folder, target: Target) -> Record:
    """The cluster's record, empty at first. One of another cluster that had the same name leaves only its files to be pruned."""
    record = _record(folder)
    owned = tuple(_written(folder, record))
    if record is None or record.cluster_id != target.cluster_id:
        return Record(cluster_id=target.cluster_id, owned=owned)
    return replace(record, owned=owned)


def _belongs_to_later(folder: Folder, target: Target) -> bool:
    """Whether a cluster that was created later has the name now."""
    record = _record(folder)
    return record is not None and record.cluster_id > target.cluster_id


def _written(folder: Folder, record: Record | None) -> list[str]:
    owned = frozenset(record.owned) if record else frozenset()
    return [name for name in folder.names() if name in owned or folder.wrote(name)]


def _begin(record: Record, documents: Mapping[str, Document], *, revision: str, operation: str) -> Record:
    given = {name: Given(item.manifest, sha256(_content(name, item)).hexdigest()) for name, item in documents.items()}
    owned = tuple(sorted({*record.owned, *documents}))
    # The operation before must not come back: a worker that was stopped in it and goes on later would put old objects over new ones.
    withdrawn = record.withdrawn if record.operation in (None, operation) else _with(record.withdrawn, record.operation)
    return replace(record, revision=revision, operation=operation, complete=False, deleting=False, given=given, owned=owned, withdrawn=withdrawn)


def _with(withdrawn: tuple[str, ...], operation: str) -> tuple[str, ...]:
    return withdrawn if operation in withdrawn else (*withdrawn, operation)[-MAX_WITHDRAWN:]


def _apply(folder: Folder, documents: Mapping[str, Document], owned: Sequence[str]) -> None:
    for name, item in documents.items():
        folder.write(name, _content(name, item))
    for name in owned:
        if name not in documents:
            folder.remove(name)
    folder.settle()


def _content(name: str, item: Document) -> bytes:
    return header(name) + item.text.encode()
