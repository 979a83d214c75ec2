"""Whether a region would accept a set of objects: schemas, the table of what they do not see, and immutable fields of live objects."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from horizon.engines.checks import check_findings
from horizon.engines.contract import Preflight, Refusal, Target
from horizon.engines.fields import path_of
from horizon.engines.immutable import immutable_changes, is_replaced
from horizon.engines.live import document
from horizon.engines.objects import identity, is_hook, label
from horizon.engines.schemas import Finding, is_known, schema_findings, version
from horizon.errors import Invalid

MAX_REFUSALS = 100

_IMMUTABLE = "cannot be changed on a live object: remove the object first (or free the cluster), or give it another name"


def examine(target: Target, manifests: Sequence[Mapping[str, Any]], *, live: Mapping[str, Mapping[str, Any]]) -> Preflight:
    """Check objects; `live` are those in the region by identity. At most `MAX_REFUSALS` are listed, in the order of the objects."""
    kept = [manifest for manifest in manifests if not is_hook(manifest)]
    refusals = list(islice(_refusals(target, kept, live), MAX_REFUSALS + 1))
    checked = f"Objects are checked against the schemas of Kubernetes {version()}; there is no Kubernetes in this region and no pods run."
    notices = [checked, *_notices(manifests)]
    if len(refusals) > MAX_REFUSALS:
        notices.append(f"Only the first {MAX_REFUSALS} refusals are listed.")
    return Preflight(tuple(refusals[:MAX_REFUSALS]), tuple(dict.fromkeys(notices)))


def _notices(manifests: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for manifest in manifests:
        if is_hook(manifest):
            yield f"{label(manifest)} is a hook: this region runs none, it was not checked."
        elif not is_known(manifest.get("apiVersion"), manifest.get("kind")):
            yield f"{label(manifest)} is of a kind that is not known here ({manifest.get('apiVersion')}): only its name and labels were checked."
        elif is_replaced(manifest):
            yield f"{label(manifest)} asks to be replaced: its immutable fields were not checked."


def _refusals(target: Target, manifests: Sequence[Mapping[str, Any]], live: Mapping[str, Mapping[str, Any]]) -> Iterator[Refusal]:
    seen = set()
    for manifest in manifests:
        yield from _object_refusals(target, manifest, live)
        key = identity(manifest, namespace=target.namespace)
        if key in seen:
            yield Refusal(label(manifest), "", "stands twice among the objects")
        seen.add(key)


def _object_refusals(target: Target, manifest: Mapping[str, Any], live: Mapping[str, Mapping[str, Any]]) -> Iterator[Refusal]:
    name = label(manifest)
    try:
        data = document(manifest).manifest
    except Invalid as error:
        yield Refusal(name, "", error.message)
        return
    for field in ("apiVersion", "kind"):
        if not isinstance(data.get(field), str) or not data[field]:
            yield Refusal(name, field, "is required")
            return
    for finding in dict.fromkeys((*schema_findings(data), *check_findings(data, namespace=target.namespace))):
        yield _refusal(data, finding)
    for change in immutable_changes(live.get(identity(data, namespace=target.namespace), data), data):
        yield Refusal(name, change.path, _IMMUTABLE)


def _refusal(manifest: Mapping[str, Any], finding: Finding) -> Refusal:
    return Refusal(label(manifest), path_of(manifest, finding.steps), finding.reason)
