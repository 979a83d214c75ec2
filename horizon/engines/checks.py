"""What schemas do not see in an object: a small table of Kubernetes' own rules, kind by kind."""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from horizon.engines import grammar
from horizon.engines.cron import schedule_problem
from horizon.engines.fields import dig
from horizon.engines.immutable import Kind, kind_of
from horizon.engines.pods import below, duplicates, items, one_of, pod_findings, port_findings, size_findings
from horizon.engines.schemas import Finding

Check = Callable[[Mapping[str, Any]], Iterator[Finding]]

RBAC = "rbac.authorization.k8s.io"
MAX_ANNOTATIONS = 256 * 1024

TEMPLATES: dict[Kind, tuple[str, ...]] = {
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("", "Pod"): (),
}
"""Where each kind keeps its pod."""

_NAMES: dict[Kind, Callable[[str], str | None]] = {
    ("", "Service"): grammar.label_1035_problem,
    ("", "Namespace"): grammar.label_problem,
    ("apps", "StatefulSet"): grammar.label_problem,
    ("batch", "Job"): lambda name: grammar.subdomain_problem(name, longest=grammar.MAX_LABEL),
    ("batch", "CronJob"): lambda name: grammar.subdomain_problem(name, longest=52),
    **{(RBAC, kind): grammar.path_segment_problem for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")},
}
_ONCE = ("OnFailure", "Never")


def check_findings(manifest: Mapping[str, Any], *, namespace: str) -> Iterator[Finding]:
    """What Kubernetes would refuse in an object that is to live in `namespace`, beyond its schema."""
    kind = kind_of(manifest)
    yield from _name(manifest)
    if dig(manifest, "metadata", "namespace") not in (None, "", namespace):
        yield Finding(("metadata", "namespace"), f"must be {namespace}, the cluster's namespace, or left out")
    yield from below(("metadata",), _labels(manifest.get("metadata")))
    if kind in TEMPLATES:
        yield from _pod(manifest)
    for check in CHECKS.get(kind, ()):
        yield from check(manifest)


def _name(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    name = dig(manifest, "metadata", "name")
    if name is None or name == "":
        yield Finding(("metadata", "name"), "is required")
    elif isinstance(name, str) and (reason := _NAMES.get(kind_of(manifest), grammar.subdomain_problem)(name)):
        yield Finding(("metadata", "name"), reason)


def _labels(metadata: Any) -> Iterator[Finding]:
    yield from below(("labels",), _label_map(dig(metadata, "labels")))
    annotations = dig(metadata, "annotations")
    if not isinstance(annotations, Mapping):
        return
    for key in annotations:
        if reason := grammar.label_key_problem(key.lower()):
            yield Finding(("annotations", key), f"as a key: {reason}")
    if sum(len(f"{key}{value}".encode(errors="replace")) for key, value in annotations.items()) > MAX_ANNOTATIONS:
        yield Finding(("annotations",), f"must not be longer than {MAX_ANNOTATIONS // 1024} KiB together")


def _label_map(labels: Any) -> Iterator[Finding]:
    for key, value in labels.items() if isinstance(labels, Mapping) else ():
        if reason := grammar.label_key_problem(key):
            yield Finding((key,), f"as a key: {reason}")
        if isinstance(value, str) and (reason := grammar.label_value_problem(value)):
            yield Finding((key,), reason)


def _pod(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    at = TEMPLATES[kind_of(manifest)]
    pod = dig(manifest, *at)
    if not isinstance(pod, Mapping):
        return
    claims = frozenset(str(dig(claim, "metadata", "name")) for _, claim in items(manifest, "spec", "volumeClaimTemplates"))
    yield from below((*at, "spec"), pod_findings(pod.get("spec"), claims=claims))
    if at:
        yield from below((*at, "metadata"), _labels(pod.get("metadata")))


def _selected(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    selector, template = dig(manifest, "spec", "selector"), dig(manifest, "spec", "template")
    yield from below(("spec", "selector", "matchLabels"), _label_map(dig(selector, "matchLabels")))
    if isinstance(selector, Mapping) and not dig(selector, "matchLabels") and not dig(selector, "matchExpressions"):
        yield Finding(("spec", "selector"), "must not be empty")
    if isinstance(template, Mapping):
        labels = dig(template, "metadata", "labels")
        yield from _unmatched(selector, labels if isinstance(labels, Mapping) else {})


def _unmatched(selector: Any, labels: Mapping[str, Any]) -> Iterator[Finding]:
    wanted = dig(selector, "matchLabels")
    for key, value in wanted.items() if isinstance(wanted, Mapping) else ():
        if labels.get(key) != value:
            yield Finding(("spec", "selector", "matchLabels", key), "must be a label of the pods (spec.template.metadata.labels) with the same value")
    for at, expression in items(selector, "matchExpressions"):
        if not _matches(expression, labels):
            yield Finding(("spec", "selector", *at), "must hold for the labels of the pods (spec.template.metadata.labels)")


def _matches(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    key, values = str(expression.get("key")), expression.get("values")
    values = values if isinstance(values, list) else []
    match expression.get("operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False


def _replicas(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    replicas = dig(manifest, "spec", "replicas")
    if isinstance(replicas, int | float) and replicas < 0:
        yield Finding(("spec", "replicas"), "must not be negative")


def _runs_on(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    yield from below(("spec", "template", "spec"), one_of(dig(manifest, "spec", "template", "spec"), "restartPolicy", ("Always",)))


def _ends(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    at = (*TEMPLATES[kind_of(manifest)], "spec")
    if dig(manifest, *at, "restartPolicy") is None:
        yield Finding((*at, "restartPolicy"), f"must be one of {', '.join(_ONCE)}")
    yield from below(at, one_of(dig(manifest, *at), "restartPolicy", _ONCE))


def _schedule(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    schedule = dig(manifest, "spec", "schedule")
    if isinstance(schedule, str) and (reason := schedule_problem(schedule)):
        yield Finding(("spec", "schedule"), reason)
    yield from below(("spec",), one_of(manifest.get("spec"), "concurrencyPolicy", ("Allow", "Forbid", "Replace")))


def _service(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    spec, ports = manifest.get("spec"), list(items(manifest, "spec", "ports"))
    external = dig(spec, "type") == "ExternalName"
    yield from below(("spec",), one_of(spec, "type", ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")))
    yield from below(("spec", "selector"), _label_map(dig(spec, "selector")))
    if external and not dig(spec, "externalName"):
        yield Finding(("spec", "externalName"), "is required for a service of type ExternalName")
    if not ports and not external and dig(spec, "clusterIP") != "None":
        yield Finding(("spec", "ports"), "must have at least one port")
    yield from duplicates((((*at, "name"), _text(port, "name")) for at, port in ports), "another port has the same name")
    yield from duplicates(((at, _served(port)) for at, port in ports), "another port has the same number and protocol")
    for at, port in ports:
        yield from below(at, _service_port(port, alone=len(ports) == 1))


def _service_port(port: Mapping[str, Any], *, alone: bool) -> Iterator[Finding]:
    name, target = _text(port, "name"), port.get("targetPort")
    yield from port_findings(port, "port")
    yield from port_findings(port, "targetPort")
    yield from port_findings({"nodePort": port.get("nodePort") or None}, "nodePort")
    yield from one_of(port, "protocol", ("TCP", "UDP", "SCTP"))
    if not name and not alone:
        yield Finding(("name",), "is required where there are several ports")
    if name and (reason := grammar.label_problem(name)):
        yield Finding(("name",), reason)
    if isinstance(target, str) and (reason := grammar.port_name_problem(target)):
        yield Finding(("targetPort",), reason)


def _served(port: Mapping[str, Any]) -> tuple[int, str] | None:
    number, protocol = port.get("port"), port.get("protocol") or "TCP"
    return (number, protocol) if isinstance(number, int) and isinstance(protocol, str) else None


def _ingress(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    default = ("spec", "defaultBackend", "service", "port")
    yield from below(default, port_findings(dig(manifest, *default), "number"))
    for at, rule in items(manifest, "spec", "rules"):
        host = rule.get("host")
        if isinstance(host, str) and host and (reason := grammar.subdomain_problem(host.removeprefix("*."))):
            yield Finding((*at, "host"), reason)
        for inner, path in items(rule, "http", "paths"):
            yield from below((*at, *inner), _ingress_path(path))


def _ingress_path(path: Mapping[str, Any]) -> Iterator[Finding]:
    yield from below(("backend", "service", "port"), port_findings(dig(path, "backend", "service", "port"), "number"))
    yield from one_of(path, "pathType", ("Exact", "Prefix", "ImplementationSpecific"))
    if path.get("pathType") in ("Exact", "Prefix") and not str(path.get("path") or "").startswith("/"):
        yield Finding(("path",), "must begin with '/'")


def _claim(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    yield from below(("spec", "resources", "requests"), size_findings(dig(manifest, "spec", "resources", "requests")))


def _claim_templates(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    for at, claim in items(manifest, "spec", "volumeClaimTemplates"):
        yield from below(at, _claim(claim))


def _autoscaler(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    least, most = dig(manifest, "spec", "minReplicas"), dig(manifest, "spec", "maxReplicas")
    if isinstance(most, int) and most < max(least if isinstance(least, int) else 1, 1):
        yield Finding(("spec", "maxReplicas"), "must not be less than minReplicas, nor than 1")


def _secret(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    data = manifest.get("data")
    for key, value in data.items() if isinstance(data, Mapping) else ():
        if isinstance(value, str) and not _is_base64(value):
            yield Finding(("data", key), "must be base64; plain text belongs under stringData")


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.splitlines()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _text(value: Mapping[str, Any], key: str) -> str | None:
    text = value.get(key)
    return text if isinstance(text, str) else None


CHECKS: dict[Kind, tuple[Check, ...]] = {
    ("apps", "Deployment"): (_selected, _replicas, _runs_on),
    ("apps", "ReplicaSet"): (_selected, _replicas, _runs_on),
    ("apps", "StatefulSet"): (_selected, _replicas, _runs_on, _claim_templates),
    ("apps", "DaemonSet"): (_selected, _runs_on),
    ("batch", "Job"): (_ends,),
    ("batch", "CronJob"): (_ends, _schedule),
    ("", "Service"): (_service,),
    ("", "PersistentVolumeClaim"): (_claim,),
    ("", "Secret"): (_secret,),
    ("networking.k8s.io", "Ingress"): (_ingress,),
    ("autoscaling", "HorizontalPodAutoscaler"): (_autoscaler,),
}
