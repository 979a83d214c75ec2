"""From the text that templates write to Kubernetes objects, with the checks and in the order of Helm."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from horizon.errors import Invalid

MAX_OUTPUT = 5 * 1024 * 1024
"""Characters of manifests that a chart may write."""

INSTALL_ORDER = (
    "PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy", "PodDisruptionBudget", "ServiceAccount",
    "Secret", "SecretList", "ConfigMap", "StorageClass", "PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole",
    "ClusterRoleList", "ClusterRoleBinding", "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding", "RoleBindingList", "Service", "DaemonSet",
    "Pod", "ReplicationController", "ReplicaSet", "Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress",
    "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
)  # fmt: skip
_RANK = {kind: rank for rank, kind in enumerate(INSTALL_ORDER)}
_SEPARATOR = re.compile(r"(?:^|[\t\n\f\r ]*\n)---[\t\n\f\r ]*")


def objects(texts: Mapping[str, str], read: Callable[[str], Any], namespace: str) -> list[dict[str, Any]]:
    """Read every document of every file by its path. Raises `Invalid`, naming the path, for what is no object and for an object given twice."""
    if sum(map(len, texts.values())) > MAX_OUTPUT:
        raise Invalid(f"The chart writes more than {MAX_OUTPUT // 1024 // 1024} MiB of manifests.")
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for path in sorted(texts):
        for manifest in _documents(path, texts[path], read):
            key = _identity(path, manifest, namespace)
            if key in found:
                raise Invalid(f"{path}: {manifest['kind']} {manifest['metadata']['name']} is rendered twice.")
            found[key] = manifest
    return sorted(found.values(), key=_order)


def _documents(path: str, text: str, read: Callable[[str], Any]) -> Iterator[dict[str, Any]]:
    """Take a file apart as Helm does: blanks around a document are lost, one line break after it is put back."""
    if path.endswith("NOTES.txt"):
        return
    for document in _SEPARATOR.split(text.strip()):
        try:
            data = read(document.strip() + "\n")
        except Invalid as error:
            raise Invalid(f"{path}: {error.message}", details=error.details) from error
        if data:
            yield data


def _identity(path: str, manifest: Mapping[str, Any], namespace: str) -> tuple[str, ...]:
    metadata = manifest.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    for key, value in (("apiVersion", manifest.get("apiVersion")), ("kind", manifest.get("kind")), ("metadata.name", metadata.get("name"))):
        if not isinstance(value, str) or not value:
            raise Invalid(f"{path}: an object has no {key}.")
    return manifest["apiVersion"], manifest["kind"], str(metadata.get("namespace") or namespace), metadata["name"]


def _order(manifest: Mapping[str, Any]) -> tuple[Any, ...]:
    """Helm's order of kinds, kinds that it does not know last and by name."""
    kind, metadata = manifest["kind"], manifest["metadata"]
    return _RANK.get(kind, len(_RANK)), kind, metadata["name"], str(metadata.get("namespace") or ""), manifest["apiVersion"]
