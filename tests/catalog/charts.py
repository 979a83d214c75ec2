"""Charts and archives made on the spot."""

import gzip
import io
import re
import tarfile
from pathlib import Path

from horizon.catalog import archive

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates_repo"
FORMATS = ROOT / "tests" / "formats"
SCHEMA = b'{"type": "object"}'
_FILE = re.compile(r"^`page/(\S+)`[^\n]*\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def documented() -> dict[str, bytes]:
    """The template `page` as the documentation writes it."""
    return {path: text.encode() for path, text in _FILE.findall((ROOT / "docs" / "templates.md").read_text())}


def chart(templates: dict[str, bytes], *, values: bytes = b"", extra: bytes = b"") -> dict[str, bytes]:
    """A cluster's umbrella chart over a chart `app` with these templates."""
    files = {f"templates/{path}": content for path, content in templates.items()}
    packed = archive.pack({"Chart.yaml": b"apiVersion: v2\nname: app\nversion: 1.0.0\n", "values.yaml": values, **files}, "app")
    dependency = b"dependencies:\n- name: app\n  version: 1.0.0\n  repository: http://charts.test\n" + extra
    return {"Chart.yaml": b"apiVersion: v2\nname: demo\nversion: 1.0.0\n" + dependency, "charts/app-1.0.0.tgz": packed}


def config_map(name: str, **data: str) -> bytes:
    """A config map as a template may write it; the data are template text."""
    lines = [f"  {key}: {value}" for key, value in data.items()]
    return "\n".join(["apiVersion: v1", "kind: ConfigMap", f"metadata: {{name: {name}}}", "data:", *lines, ""]).encode()


def tgz(*members: tarfile.TarInfo | tuple[str, bytes]) -> bytes:
    """An archive as an attacker could make it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            header = tarfile.TarInfo(member[0])
            header.size = len(member[1])
            tar.addfile(header, io.BytesIO(member[1]))
    return gzip.compress(stream.getvalue())
