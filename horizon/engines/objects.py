"""Objects by name, and what would happen to each of them: drift, and the impact of a deploy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from horizon.engines.contract import FieldDrift
from horizon.engines.fields import Difference, differences, dig, inside
from horizon.engines.immutable import immutable_changes, kind_of
from horizon.engines.written import SECRET_FIELDS, hide, is_secret, unified

_RESTARTED = frozenset((("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet")))
_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")
_NO_HOOK = "crd-install"


class Impact(StrEnum):
    """What a deploy does to an object."""

    NEW = "new"
    CHANGED = "changed"
    RESTART = "pods restart"
    IMMUTABLE = "immutable field"
    REMOVED = "removed"


@dataclass(frozen=True)
class FieldChange:
    """One field before and after; None where it is absent."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class ObjectChange:
    """What a deploy does to one object, such as `Deployment/web`. A new object's fields are all it has; a removed one's are not listed.

    `text` is the unified diff of its YAML, empty for an object too long to compare.
    """

    object: str
    impact: Impact
    fields: tuple[FieldChange, ...]
    text: str


def identity(manifest: Mapping[str, Any], *, namespace: str = "") -> str:
    """An object's key in its region, `group/kind/namespace/name`: the same for every version of its API.

    `namespace` is where objects go that name none.
    """
    parts = (*kind_of(manifest), namespace_of(manifest) or namespace, name_of(manifest))
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)


def label(manifest: Mapping[str, Any]) -> str:
    """What people call an object: `Deployment/web`."""
    return f"{kind_of(manifest)[1] or '?'}/{name_of(manifest) or '?'}"


def name_of(manifest: Mapping[str, Any]) -> str:
    """The object's name, empty where it has none."""
    name = dig(manifest, "metadata", "name")
    return name if isinstance(name, str) else ""


def namespace_of(manifest: Mapping[str, Any]) -> str:
    """The namespace that the object itself names, or empty."""
    namespace = dig(manifest, "metadata", "namespace")
    return namespace if isinstance(namespace, str) else ""


def is_hook(manifest: Mapping[str, Any]) -> bool:
    """Whether the object is run at a moment of a release (a test, a migration) instead of being kept."""
    annotations = dig(manifest, "metadata", "annotations")
    return isinstance(annotations, Mapping) and any(key in annotations and annotations[key] != _NO_HOOK for key in _HOOKS)


def compare_fields(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> list[FieldDrift]:
    """The fields in which a live object is not as wanted. What a Secret holds is hidden."""
    return [FieldDrift(*change) for change in _visible(wanted, live)]


def compare_manifests(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], *, namespace: str = "") -> list[ObjectChange]:
    """What a deploy does, object by object: in the order of `after`, then what is removed.

    `namespace` is where objects go that name none. What a Secret holds is hidden.
    """
    old = {identity(manifest, namespace=namespace): manifest for manifest in before}
    new = {identity(manifest, namespace=namespace): manifest for manifest in after}
    kept = [_change(old.get(key), manifest) for key, manifest in new.items()]
    removed = [ObjectChange(label(manifest), Impact.REMOVED, (), unified(manifest, {})) for key, manifest in old.items() if key not in new]
    return [change for change in kept if change] + removed


def _change(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> ObjectChange | None:
    fields = tuple(FieldChange(*change) for change in _visible(before or {}, after))
    if not fields:
        return None
    return ObjectChange(label(after), Impact.NEW if before is None else _impact(before, after), fields, unified(before or {}, after))


def _impact(before: Mapping[str, Any], after: Mapping[str, Any]) -> Impact:
    if immutable_changes(before, after):
        return Impact.IMMUTABLE
    return Impact.RESTART if _restarts(before, after) else Impact.CHANGED


def _restarts(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    if kind_of(after) not in _RESTARTED or dig(after, "spec", "paused") is True or dig(after, "spec", "updateStrategy", "type") == "OnDelete":
        return False
    return any(inside(change.path, "spec.template") for change in differences(before, after))


def _visible(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    changes = differences(before, after)
    return [_hidden(change) for change in changes] if is_secret(before) or is_secret(after) else changes


def _hidden(change: Difference) -> Difference:
    if not any(inside(change.path, field) for field in SECRET_FIELDS):
        return change
    return Difference(change.path, hide(change.before), hide(change.after))
