"""What the files of a cluster say, compared with what the engine was given."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from horizon import helmyaml
from horizon.engines.contract import FieldDrift, Health, LiveObject, Observation, Sync, Target
from horizon.engines.immutable import kind_of
from horizon.engines.live import Folder, Given, Record, Unreadable
from horizon.engines.objects import compare_fields, name_of, namespace_of
from horizon.engines.written import unified
from horizon.errors import Invalid

NO_PODS = "This region has no Kubernetes: objects are kept as files, and no pods run."

_LOOKS = 5
_LONGEST_TEXT = 100_000
"""Characters of a diff that are kept with what was seen."""
_WORST_FIRST = (Health.DEGRADED, Health.MISSING, Health.PROGRESSING, Health.UNKNOWN)
_CLUSTER_WIDE = frozenset(
    ("ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "IngressClass", "Namespace", "PersistentVolume", "StorageClass")
)


def observe(folder: Folder, target: Target, *, now: datetime) -> Observation:
    """Compare without a lock: look again if a sync changed the record meanwhile."""
    try:
        record, objects = _look(folder, target)
    except Unreadable as error:
        return Observation(Sync.UNKNOWN, Health.UNKNOWN, None, (), f"Nothing can be said: {error.message}. {NO_PODS}", now, None)
    if record is None or record.cluster_id != target.cluster_id or record.revision is None:
        return Observation(Sync.NOT_DEPLOYED, Health.MISSING, None, (), f"Nothing was deployed yet. {NO_PODS}", now, None)
    counted = [item for item in objects if item.sync != Sync.UNKNOWN]
    message = f"{_summary(record, counted, extra=len(objects) - len(counted))} {NO_PODS}"
    return Observation(_sync(record, counted), _health(record, counted), record.live, tuple(objects), message, now, record.operation)


def _look(folder: Folder, target: Target) -> tuple[Record | None, list[LiveObject]]:
    for _ in range(_LOOKS):
        stamp = folder.stamp()
        record = folder.record()
        objects = list(_objects(folder, record, target)) if record else []
        if folder.stamp() == stamp:
            break
    return record, objects


def _objects(folder: Folder, record: Record, target: Target) -> Iterator[LiveObject]:
    for name, given in record.given.items():
        yield _given_object(folder, target, name, given)
    for name in folder.names():
        if name not in record.given:
            yield _other_object(folder, target, name, ours=name in record.owned or folder.wrote(name))


def _given_object(folder: Folder, target: Target, name: str, given: Given) -> LiveObject:
    try:
        content = folder.read(name)
        if content is not None and sha256(content).hexdigest() == given.digest:
            return _live_object(given.manifest, target, Sync.SYNCED, Health.HEALTHY, "")
        live = None if content is None else _manifest(content)
    except Invalid as error:
        return _live_object(given.manifest, target, Sync.OUT_OF_SYNC, Health.DEGRADED, f"the file {name} is no object: {error.message}")
    if live is None:
        return _live_object(given.manifest, target, Sync.OUT_OF_SYNC, Health.MISSING, f"the file {name} is missing")
    drift = tuple(compare_fields(given.manifest, live))
    if not drift:
        return _live_object(given.manifest, target, Sync.SYNCED, Health.HEALTHY, "")
    found = _live_object(given.manifest, target, Sync.OUT_OF_SYNC, Health.DEGRADED, f"{_count(len(drift), 'field')} changed by hand", drift)
    text = unified(given.manifest, live)
    return replace(found, text=text if len(text) <= _LONGEST_TEXT else "")


def _other_object(folder: Folder, target: Target, name: str, *, ours: bool) -> LiveObject:
    try:
        live = _manifest(folder.read(name) or b"")
    except Invalid:
        live = {}
    named = live if name_of(live) else {**live, "metadata": {"name": name}}
    if ours:
        return _live_object(named, target, Sync.OUT_OF_SYNC, Health.DEGRADED, f"this revision has no file {name}; the next sync removes it")
    return _live_object(named, target, Sync.UNKNOWN, Health.UNKNOWN, f"extra: no release had the file {name}, it is left alone")


def _manifest(content: bytes) -> dict[str, Any]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise Invalid("it is not UTF-8", code="yaml") from error
    return helmyaml.read_map(text)


def _live_object(
    manifest: Mapping[str, Any], target: Target, sync: Sync, health: Health, message: str, drift: tuple[FieldDrift, ...] = ()
) -> LiveObject:
    group, kind = kind_of(manifest)
    namespace = "" if kind in _CLUSTER_WIDE else namespace_of(manifest) or target.namespace
    return LiveObject(kind, name_of(manifest), namespace, sync, health, message, drift, group)


def _sync(record: Record, objects: list[LiveObject]) -> Sync:
    return Sync.SYNCED if record.complete and all(item.sync == Sync.SYNCED for item in objects) else Sync.OUT_OF_SYNC


def _health(record: Record, objects: list[LiveObject]) -> Health:
    if record.deleting or (not record.complete and record.operation not in record.withdrawn):
        return Health.PROGRESSING
    found = {item.health for item in objects}
    return next((health for health in _WORST_FIRST if health in found), Health.HEALTHY if record.complete else Health.DEGRADED)


def _summary(record: Record, objects: list[LiveObject], *, extra: int) -> str:
    others = f" {_count(extra, 'file')} of no release left alone." if extra else ""
    if record.deleting:
        return f"The objects are being removed.{others}"
    if not record.complete:
        state = "was withdrawn before it had ended" if record.operation in record.withdrawn else "has not ended"
        return f"Operation {record.operation} for revision {record.revision} {state}.{others}"
    wrong = sum(item.sync != Sync.SYNCED for item in objects)
    if wrong:
        return f"{wrong} of {_count(len(objects), 'object')} not as revision {record.revision} wants.{others}"
    return f"{_count(len(objects), 'file')} as revision {record.revision} wants.{others}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
