"""Template folders, one renderer for all tests that do not break it, and the stock Helm program where there is one."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from horizon.catalog.renderer import Renderer
from tests.catalog.charts import SCHEMA


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    shared = Renderer(timeout=20)
    yield shared
    shared.close()


@pytest.fixture(scope="session")
def helm() -> str:
    """The stock Helm program."""
    program = os.environ.get("HELM_BIN") or shutil.which("helm")
    if not program:
        pytest.skip("no helm program: set HELM_BIN")
    return program


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Write a small template's folder; keyword `files` adds or (None) takes away files by path."""

    def write(files: dict[str, bytes | None] | None = None, *, version: str = "v0.0.1", name: str = "shop") -> Path:
        wanted: dict[str, bytes | None] = {
            "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}  # set by hand\ndescription: A shop\n".encode(),
            "values.yaml": b"size: 1\n",
            "README.md": b"# Shop\n",
            "schema/application.schema.json": SCHEMA,
            "templates/map.yaml": b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop\ndata:\n  size: {{ .Values.size | quote }}\n",
            **(files or {}),
        }
        top = tmp_path / "template"
        for path, content in wanted.items():
            if content is not None:
                (top / path).parent.mkdir(parents=True, exist_ok=True)
                (top / path).write_bytes(content)
        return top

    return write
