"""What schemas do not see in a pod: names that must be unique or refer to one another, ports, quantities."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from horizon.engines import grammar
from horizon.engines.fields import Steps, dig
from horizon.engines.schemas import Finding

MAX_PORT = 65535

_CONTAINER_LISTS = ("initContainers", "containers")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_RESOURCES = ("cpu", "memory", "ephemeral-storage")


def items(value: Any, *keys: str) -> Iterator[tuple[Steps, Mapping[str, Any]]]:
    """The maps in a list under `keys`, each with its steps; nothing where there is no such list."""
    found = dig(value, *keys)
    for place, item in enumerate(found if isinstance(found, list) else ()):
        if isinstance(item, Mapping):
            yield (*keys, place), item


def below(at: Steps, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings inside the value that `at` leads to, named from the whole object."""
    return (Finding((*at, *finding.steps), finding.reason) for finding in findings)


def duplicates(values: Iterable[tuple[Steps, Any]], reason: str) -> Iterator[Finding]:
    """A finding for every value that came before; absent values do not count."""
    seen = set()
    for at, value in values:
        if value in seen:
            yield Finding(at, reason)
        elif value is not None:
            seen.add(value)


def one_of(value: Any, key: str, allowed: tuple[str, ...]) -> Iterator[Finding]:
    """A finding if a text under `key` is none of those allowed."""
    text = dig(value, key)
    if isinstance(text, str) and text not in allowed:
        yield Finding((key,), f"must be one of {', '.join(allowed)}")


def port_findings(value: Any, key: str) -> Iterator[Finding]:
    """A number under `key` must be a port."""
    number = dig(value, key)
    if isinstance(number, int | float) and not isinstance(number, bool) and not 1 <= number <= MAX_PORT:
        yield Finding((key,), f"must be between 1 and {MAX_PORT}")


def size_findings(sizes: Any) -> Iterator[Finding]:
    """Every value of a map must be a quantity that is not negative."""
    for name, value in sizes.items() if isinstance(sizes, Mapping) else ():
        number = None if value is None else grammar.quantity(value)
        if value is not None and number is None:
            yield Finding((name,), "must be a quantity such as 500m, 2 or 1.5Gi")
        elif number is not None and number < 0:
            yield Finding((name,), "must not be negative")


def resource_findings(resources: Any) -> Iterator[Finding]:
    """Requests and limits: known names, quantities, and no request above its limit."""
    for field in ("requests", "limits"):
        sizes = dig(resources, field)
        yield from below((field,), size_findings(sizes))
        for name in sizes if isinstance(sizes, Mapping) else ():
            if name not in _RESOURCES and not name.startswith("hugepages-") and "/" not in name:
                yield Finding((field, name), f"must be one of {', '.join(_RESOURCES)}, hugepages-<size> or a name with a domain")
    requests = dig(resources, "requests")
    for name in requests if isinstance(requests, Mapping) else ():
        request, limit = grammar.quantity(requests[name]), grammar.quantity(dig(resources, "limits", name))
        if request is not None and limit is not None and request > limit:
            yield Finding(("requests", name), "must not be more than its limit")


def pod_findings(spec: Any, *, claims: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """Everything about a pod's spec; `claims` are volumes that come with the pod's owner."""
    containers = [pair for field in _CONTAINER_LISTS for pair in items(spec, field)]
    volumes = list(items(spec, "volumes"))
    if not dig(spec, "containers"):
        yield Finding(("containers",), "must have at least one container")
    yield from duplicates((((*at, "name"), _text(item, "name")) for at, item in containers), "another container has the same name")
    yield from duplicates((((*at, "name"), _text(item, "name")) for at, item in volumes), "another volume has the same name")
    for at, volume in volumes:
        yield from below(at, _volume_findings(volume))
    known = claims | {str(volume.get("name")) for _, volume in volumes}
    for at, container in containers:
        yield from below(at, _container_findings(container, known))


def _volume_findings(volume: Mapping[str, Any]) -> Iterator[Finding]:
    yield from _name_findings(volume)
    yield from below(("emptyDir",), size_findings({"sizeLimit": dig(volume, "emptyDir", "sizeLimit")}))
    sources = [key for key, value in volume.items() if key != "name" and value is not None]
    if len(sources) > 1:
        yield Finding((), f"must have one source, it has {', '.join(sources)}")


def _container_findings(container: Mapping[str, Any], volumes: frozenset[str]) -> Iterator[Finding]:
    yield from _name_findings(container)
    yield from _image_findings(container)
    yield from one_of(container, "imagePullPolicy", _PULL_POLICIES)
    yield from _port_list_findings(container)
    yield from _env_findings(container)
    yield from _mount_findings(container, volumes)
    yield from below(("resources",), resource_findings(container.get("resources")))
    for probe in _PROBES:
        for action in ("httpGet", "tcpSocket", "grpc"):
            yield from below((probe, action), port_findings(dig(container, probe, action), "port"))


def _name_findings(value: Mapping[str, Any]) -> Iterator[Finding]:
    name = _text(value, "name")
    if name is not None and (reason := grammar.label_problem(name)):
        yield Finding(("name",), reason)


def _image_findings(container: Mapping[str, Any]) -> Iterator[Finding]:
    image = container.get("image")
    if image is None or image == "":
        yield Finding(("image",), "must not be empty")
    elif isinstance(image, str) and image != image.strip():
        yield Finding(("image",), "must not begin or end with white space")


def _port_list_findings(container: Mapping[str, Any]) -> Iterator[Finding]:
    ports = list(items(container, "ports"))
    yield from duplicates((((*at, "name"), _text(port, "name")) for at, port in ports), "another port has the same name")
    for at, port in ports:
        yield from below(at, port_findings(port, "containerPort"))
        yield from below(at, port_findings({"hostPort": port.get("hostPort") or None}, "hostPort"))
        yield from below(at, one_of(port, "protocol", _PROTOCOLS))
        name = _text(port, "name")
        if name and (reason := grammar.port_name_problem(name)):
            yield Finding((*at, "name"), reason)


def _env_findings(container: Mapping[str, Any]) -> Iterator[Finding]:
    for at, variable in items(container, "env"):
        name = _text(variable, "name")
        if name is not None and (reason := grammar.env_name_problem(name)):
            yield Finding((*at, "name"), reason)
        if variable.get("value") and variable.get("valueFrom") is not None:
            yield Finding((*at, "valueFrom"), "must not stand beside a value")


def _mount_findings(container: Mapping[str, Any], volumes: frozenset[str]) -> Iterator[Finding]:
    mounts = list(items(container, "volumeMounts"))
    yield from duplicates((((*at, "mountPath"), _text(mount, "mountPath")) for at, mount in mounts), "another volume is mounted there")
    for at, mount in (*mounts, *items(container, "volumeDevices")):
        name = _text(mount, "name")
        if name is not None and name not in volumes:
            yield Finding((*at, "name"), "the pod has no such volume")


def _text(value: Mapping[str, Any], key: str) -> str | None:
    text = value.get(key)
    return text if isinstance(text, str) else None
