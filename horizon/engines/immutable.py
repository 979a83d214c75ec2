"""Fields that a live object never changes: the one table, for preflight and for what a deploy would do."""

from collections.abc import Mapping
from typing import Any

from horizon.engines.fields import Difference, differences, dig, inside
from horizon.engines.grammar import quantity

Kind = tuple[str, str]
"""An object's API group and kind."""

FIELDS: dict[Kind, tuple[str, ...]] = {
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "ReplicaSet"): ("spec.selector",),
    ("apps", "StatefulSet"): ("spec.selector", "spec.serviceName", "spec.volumeClaimTemplates", "spec.podManagementPolicy"),
    ("batch", "Job"): ("spec.template", "spec.selector", "spec.completionMode"),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("", "Service"): ("spec.clusterIP",),
    ("", "PersistentVolumeClaim"): ("spec",),
    ("", "ConfigMap"): ("data", "binaryData", "immutable"),
    ("", "Secret"): ("data", "stringData", "immutable", "type"),
}

_STORAGE = "spec.resources.requests.storage"
_OPTIONS = "argocd.argoproj.io/sync-options"


def kind_of(manifest: Mapping[str, Any]) -> Kind:
    """The object's API group (empty for the core group) and kind."""
    version, kind = manifest.get("apiVersion"), manifest.get("kind")
    return version.rpartition("/")[0] if isinstance(version, str) else "", kind if isinstance(kind, str) else ""


def is_replaced(manifest: Mapping[str, Any]) -> bool:
    """Whether the object asks to be deleted and made anew, so that nothing of it is immutable."""
    options = dig(manifest, "metadata", "annotations", _OPTIONS)
    return isinstance(options, str) and {"Force=true", "Replace=true"} <= {option.strip() for option in options.split(",")}


def immutable_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The changes between two forms of an object that a region refuses."""
    kind = kind_of(after)
    if kind not in FIELDS or is_replaced(after):
        return []
    return [change for change in differences(before, after) if _touches(kind, change.path) and not _allowed(kind, before, change)]


def _touches(kind: Kind, path: str) -> bool:
    return any(inside(path, field) or inside(field, path) for field in FIELDS[kind])


def _allowed(kind: Kind, before: Mapping[str, Any], change: Difference) -> bool:
    if kind == ("", "Service"):
        return not (change.before and change.after)
    if kind == ("", "PersistentVolumeClaim"):
        return change.path == "spec.volumeAttributesClassName" or (change.path == _STORAGE and _grows(change))
    if kind in (("", "ConfigMap"), ("", "Secret")):
        return change.path != "type" and before.get("immutable") is not True
    return False


def _grows(change: Difference) -> bool:
    smaller, larger = quantity(change.before), quantity(change.after)
    return smaller is not None and larger is not None and smaller <= larger
