"""Rendering by Helm itself, in processes of its own that may crash, hang or be killed without harm to this one.

A chart is a program that somebody else wrote. Each render has a time limit and a memory limit; the next one always works. Helm's library is
never loaded here: a process that forks after loading it hangs later.
"""

import hashlib
import os
import queue
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

from horizon.catalog.process import Process
from horizon.errors import Invalid, Unavailable

GIB = 1024**3


class Renderer:
    """A few children, started when first needed, for all threads of this process. Charts and values in, Kubernetes objects out.

    `timeout` is in seconds a render. `memory` is in bytes of address space a child, of which Helm's library takes 1.5 GiB before it does anything.
    """

    def __init__(self, *, timeout: float = 5.0, memory: int = 3 * GIB, children: int = 2) -> None:
        self._timeout = timeout
        self._memory = memory
        self._count = children
        self._begin()
        _renderers.add(self)

    def render(self, chart: Mapping[str, bytes], values: Sequence[str], *, name: str, namespace: str) -> list[dict[str, Any]]:
        """Render the umbrella chart of a cluster's repository with its value files, later ones winning, in Helm's install order.

        `chart` is `Chart.yaml` and what lies under `charts/`. Raises `Invalid` with code `render_failed` (the chart or a value is wrong;
        `details["helm"]` is all that Helm said), `render_timeout` or `render_crashed`, and `Unavailable` when no child is free or can be started.
        """
        digests = {path: hashlib.sha256(content).hexdigest() for path, content in chart.items()}
        request = {"do": "render", "chart": digests, "values": [*values], "name": name, "namespace": namespace}
        rendered: list[dict[str, Any]] = self._ask(request, {digests[path]: content for path, content in chart.items()})
        return rendered

    def read_values(self, text: str) -> Any:
        """Helm's own reading of one YAML text. Raises as `render` does."""
        return self._ask({"do": "read", "text": text}, {})

    def versions(self) -> dict[str, str]:
        """The versions of `helm` and `kubernetes` that charts see here. Raises as `render` does."""
        versions: dict[str, str] = self._ask({"do": "versions"}, {})
        return versions

    def close(self) -> None:
        """End all children once they are free. A later call starts new ones."""
        held = [self._take() for _ in range(self._count)]
        for child in held:
            child.stop()
            self._free.put(child)

    def abandon(self) -> None:
        """Forget children that belong to the process this one was forked from, and everything that its threads were doing."""
        for child in self._children:
            child.forget()
        self._begin()

    def _begin(self) -> None:
        self._children = [Process(self._memory) for _ in range(self._count)]
        self._free: queue.LifoQueue[Process] = queue.LifoQueue()
        for child in self._children:
            self._free.put(child)

    def _take(self) -> Process:
        try:
            return self._free.get(timeout=2 * self._timeout)
        except queue.Empty as error:
            raise Unavailable("Too much is being rendered right now.", code="render_busy") from error

    def _ask(self, request: dict[str, Any], contents: Mapping[str, bytes]) -> Any:
        child = self._take()
        try:
            answer = child.ask(request, contents, self._timeout)
        finally:
            self._free.put(child)
        if "failed" in answer:
            raise Invalid(answer["failed"], code="render_failed", details={"helm": answer.get("helm", answer["failed"])})
        return answer["ok"]


_renderers: "weakref.WeakSet[Renderer]" = weakref.WeakSet()


def _abandon_all() -> None:
    for renderer in list(_renderers):
        renderer.abandon()


os.register_at_fork(after_in_child=_abandon_all)
