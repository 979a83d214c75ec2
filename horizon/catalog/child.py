"""The process in which Helm lives: `python -m horizon.catalog.child <bytes of memory>`, started and killed by `renderer.py`.

Helm's library must not be loaded where a process forks later, and a chart can overflow its stack, eat all memory or run without end. Here it
takes nothing down with it. Requests and answers are JSON, each with its length in four bytes before it, on standard input and output.
"""

import base64
import gc
import json
import os
import re
import resource
import select
import struct
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO

import helm_python as helm

from horizon.catalog import archive, manifests
from horizon.errors import Invalid

LENGTH = struct.Struct(">I")
_MOST_CHARTS = 32
_SHORT = 16_384
"""Characters of a value file that is remembered."""
_LOCATED = re.compile(r"(?:execution|parse) error at \([^)]*\): (?P<reason>.*)", re.DOTALL)
_ONE_LINE = re.compile(r"template: .* at <.*>: (?P<reason>[^\n]*)")
_YAML_PREFIX = re.compile(r".*(?:converting YAML to JSON|while decoding JSON): (?:yaml: |json: )?", re.DOTALL)
_CAPABILITIES = {
    "Chart.yaml": b"apiVersion: v2\nname: capabilities\nversion: 1.0.0\n",
    "templates/version": b"{{ .Capabilities.KubeVersion.Version }}",
}


def main() -> None:
    """Answer until the parent closes its end, and not a moment longer."""
    memory = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # A child lives for so many renders only, and what a render leaves holds no cycles.
    gc.disable()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    held: dict[str, bytes] = {}
    _write(answers, json.dumps({"ok": "ready"}).encode())
    while True:
        _write(answers, _answer(_read(sys.stdin.buffer), held))
        for chart in _charts.values():
            chart.load_ahead()


def _end_with_parent() -> None:
    """Wait for the parent to be gone, even in the middle of a render: then nobody writes to our standard input any more."""
    poll = select.poll()
    poll.register(sys.stdin.fileno(), 0)
    poll.poll()
    os._exit(0)


def _read(source: BinaryIO) -> dict[str, Any]:
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        os._exit(0)
    request: dict[str, Any] = json.loads(source.read(*LENGTH.unpack(head)))
    return request


def _write(target: BinaryIO, data: bytes) -> None:
    target.write(LENGTH.pack(len(data)) + data)
    target.flush()


def _answer(request: Mapping[str, Any], held: dict[str, bytes]) -> bytes:
    """The answer as it is sent."""
    try:
        return _bounded(json.dumps({"ok": _OPERATIONS[request["do"]](request, held)}).encode())
    except (Invalid, helm.HelmError, ValueError, RecursionError) as error:
        return json.dumps(_failure(error)).encode()


def _failure(error: Exception) -> dict[str, Any]:
    if isinstance(error, Invalid):
        return {"failed": error.message, **error.details}
    if isinstance(error, helm.HelmError):
        return {"failed": _reason(str(error)), "helm": str(error)}
    return {"failed": f"The YAML or a value in it cannot be carried: {error}."}


def _bounded(answer: bytes) -> bytes:
    if len(answer) > manifests.MAX_OUTPUT:
        raise Invalid(f"The result is larger than {manifests.MAX_OUTPUT // 1024 // 1024} MiB.")
    return answer


def _render(request: Mapping[str, Any], held: dict[str, bytes]) -> list[dict[str, Any]]:
    if request["forget"]:
        held.clear()
        _charts.clear()
    held.update({digest: base64.b64decode(content) for digest, content in request["new"].items()})
    texts = _chart(request["chart"], held).render(_merged(request["values"]), name=request["name"], namespace=request["namespace"])
    return manifests.objects(texts, _values, request["namespace"])


@dataclass
class _Chart:
    """An umbrella as Helm loads it, and its definitions of kinds, which no value changes.

    Each render takes a handle of its own, since a handle with dependencies remembers the conditions of the render before. The next one is loaded
    while nobody waits for it.
    """

    packed: bytes
    definitions: dict[str, str]
    ahead: helm.Chart | None = None

    def render(self, values: dict[str, Any], *, name: str, namespace: str) -> dict[str, str]:
        """The text of each template, by its path."""
        loaded, self.ahead = self.ahead or helm.Chart.load_archive(self.packed), None
        with loaded:
            return {**self.definitions, **loaded.render(values, name=name, namespace=namespace)}

    def load_ahead(self) -> None:
        self.ahead = self.ahead or helm.Chart.load_archive(self.packed)


_charts: dict[frozenset[tuple[str, str]], _Chart] = {}
"""What was rendered before, by paths and digests."""


def _chart(digests: Mapping[str, str], held: dict[str, bytes]) -> _Chart:
    known = frozenset(digests.items())
    if known not in _charts:
        packed = archive.pack({path: held[digest] for path, digest in digests.items()}, "chart", level=0)
        with helm.Chart.load_archive(packed) as chart:
            _refuse_missing_dependencies(chart)
            definitions = {crd["filename"]: crd["data"] for crd in chart.crds}
        if len(_charts) >= _MOST_CHARTS:
            _charts.clear()
        _charts[known] = _Chart(packed, definitions)
    return _charts[known]


def _refuse_missing_dependencies(chart: helm.Chart) -> None:
    """Do what Helm's commands do and its renderer does not."""
    present = {dependency["name"] for dependency in chart.dependencies}
    for dependency in chart.metadata.get("dependencies") or ():
        if dependency["name"] not in present:
            name, version = dependency["name"], dependency.get("version", "")
            raise Invalid(f"Chart.yaml depends on {name} {version}, which is not in charts/.")


def _merged(texts: list[str]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for number, text in enumerate(texts, 1):
        try:
            merged = _merge(merged, _known_values(text) if len(text) <= _SHORT else _values(text))
        except Invalid as error:
            raise Invalid(f"Value file {number}: {error.message}", details=error.details) from error
    return merged


def _merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Maps key by key, anything else replaced. A null stays: it takes a chart's default away."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


@lru_cache(maxsize=256)
def _known_values(text: str) -> dict[str, Any]:
    """Values that were read before: while a person types, one file of six changes. Nobody changes what is read."""
    return _values(text)


def _values(text: str) -> dict[str, Any]:
    """Helm's own reading of one YAML text. A NUL is refused: the library would stop reading there."""
    if "\0" in text:
        raise Invalid("YAML must not hold the character NUL.")
    try:
        return helm.values_from_yaml(text)
    except helm.HelmValuesError as error:
        raise Invalid(_yaml_reason(str(error)), details={"helm": str(error)}) from error


def _yaml_reason(full: str) -> str:
    reason = _YAML_PREFIX.sub("", full, count=1)
    return "This YAML is no map." if "cannot unmarshal" in reason else f"This is not valid YAML: {reason}"


def _reason(full: str) -> str:
    """The last clause of what Helm says, which is what the chart's author or the template itself had to say."""
    lines = [line.strip() for line in full.splitlines() if line.strip()] or ["Helm gives no reason"]
    refused = [line.removeprefix("- ") for line in lines if line.startswith("- at ")]
    if refused:
        return "; ".join(refused)
    located = _LOCATED.search(full) or _ONE_LINE.search(full)
    return located["reason"].strip() if located else lines[-1]


def _read_values(request: Mapping[str, Any], held: dict[str, bytes]) -> dict[str, Any]:
    return _values(request["text"])


def _versions(request: Mapping[str, Any], held: dict[str, bytes]) -> dict[str, str]:
    with helm.Chart.load_archive(archive.pack(_CAPABILITIES, "chart", level=0)) as chart:
        kubernetes = chart.render({})["capabilities/templates/version"]
    return {"helm": helm.helm_sdk_version(), "kubernetes": kubernetes}


_OPERATIONS = {"render": _render, "read": _read_values, "versions": _versions}

if __name__ == "__main__":
    main()
