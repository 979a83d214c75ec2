"""A preview of manifests as a person types, against the stock Helm program that renders the same."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from bench import cluster
from bench.lab import Lab
from bench.measure import Contender, medians
from bench.table import Row
from horizon import helmyaml
from horizon.catalog.renderer import Renderer
from horizon.gitops import layout, values
from horizon.gitops.repository import Files

NAME, NAMESPACE = "demo", "local-1"
_UNPACKED = cluster.ROOT / ".venv" / "test-bin" / "helm"


class NoProgram(Exception):
    """There is no Helm program to compare with."""


def program() -> str:
    """The stock Helm program. Raises `NoProgram`."""
    found = os.environ.get("HELM_BIN") or (str(_UNPACKED) if _UNPACKED.exists() else shutil.which("helm"))
    if not found:
        raise NoProgram("no helm program to compare with: run make helm, or set HELM_BIN")
    return found


def against_the_program(lab: Lab) -> list[Row]:
    """The bundled template with the published values; ours parses the objects as well, the program only prints them."""
    files, renderer = cluster.tree(), Renderer()
    command = _command(files, lab.folder / "chart")
    chart, texts = {path: content for path, content in files.items() if layout.is_chart(path)}, values.value_texts(files)
    try:
        _refuse_other_results(renderer.render(chart, texts, name=NAME, namespace=NAMESPACE), _print(command))
        contenders = [
            Contender("ours", lambda turn: renderer.render(chart, _typed(texts, turn), name=NAME, namespace=NAMESPACE)),
            Contender("helm", lambda turn: _print(command)),
        ]
        found = medians(contenders, rounds=lab.sizes.rounds)
    finally:
        renderer.close()
    return [Row("rendered preview", found["ours"], "helm template, a process", found["helm"], bound=0.1)]


def _typed(texts: list[str], turn: int) -> list[str]:
    """The value files after one more change to the form: the first of them is new each time."""
    return [f"# {turn}\n{texts[0]}", *texts[1:]]


def _command(files: Files, folder: Path) -> list[str]:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    chosen = [argument for file in layout.VALUE_FILES if file in files for argument in ("--values", str(folder / file))]
    return [program(), "template", NAME, str(folder), "--namespace", NAMESPACE, *chosen]


def _print(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _refuse_other_results(ours: list[dict[str, Any]], printed: str) -> None:
    stock = [helmyaml.read(text) for text in printed.split("\n---\n")]
    if sorted(ours, key=_identity) != sorted(stock, key=_identity):
        raise AssertionError("the program renders other objects than we do")


def _identity(manifest: dict[str, Any]) -> tuple[str, str]:
    return manifest["kind"], manifest["metadata"]["name"]
