"""`manage.py template check`: what an import would say, without a database."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.catalog.charts import ROOT, documented

Write = Callable[[dict[str, bytes]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """The template of the documentation with other files in it."""

    def write(changed: dict[str, bytes]) -> Path:
        for path, content in {**documented(), **changed}.items():
            (tmp_path / "page" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "page" / path).write_bytes(content)
        return tmp_path / "page"

    return write


def refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(CommandError):
        call_command("template", "check", str(folder))
    return capsys.readouterr().out.splitlines()


def test_every_wrong_file_is_named_with_its_code(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write({"Chart.yaml": b"apiVersion: v2\nname: page\nversion: '0.1'\n", "schema/application.schema.json": b"{,}", "values.yaml": b"- a\n"})

    said = refused(folder, capsys)

    assert [line.split(": ")[:2] for line in said] == [
        ["Chart.yaml", "chart_version"],
        ["schema/application.schema.json", "schema"],
        ["values.yaml", "chart_format"],
    ]


@pytest.mark.parametrize(
    ("path", "content", "where", "code"),
    [
        ("templates/page.yaml", b"a: 1\nb: {{ .Values.no.such }}\n", "templates/page.yaml:2:13", "render_failed"),
        ("templates/page.yaml", b"a: {{ end }}\n", "templates/page.yaml:1", "render_failed"),
        ("templates/page.yaml", b"just: a map\n", "templates/page.yaml", "render_failed"),
        ("templates/page.yaml", b"kind: A\napiVersion: v1\nmetadata: {name: {{ randAlpha 9 }}}\n", "templates/", "release_varies"),
        ("schema/application.schema.json", b'{"properties": {"a": {"x-secret": true}}}', "schema/application.schema.json", "schema_secret"),
        ("charts/sub/values.schema.json", b'{"$ref": "http://x"}', "charts/sub/values.schema.json", "schema_reference"),
        ("templates/a\\b", b"", "templates/a\\b", "archive_path"),
    ],
)
def test_a_problem_is_named_with_its_place(
    write: Write, capsys: pytest.CaptureFixture[str], path: str, content: bytes, where: str, code: str
) -> None:
    said = refused(write({path: content}), capsys)

    assert [line.rsplit(f": {code}: ", 1)[0] for line in said] == [where]


def test_a_link_and_a_missing_folder_are_named(write: Write, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (write({}) / "templates" / "link").symlink_to("/etc/passwd")

    assert refused(tmp_path / "page", capsys)[0].startswith("templates/link: archive_link: ")
    assert refused(tmp_path / "nothing", capsys)[0].startswith("nothing: archive_format: ")


@pytest.mark.parametrize(("changed", "code"), [({}, 0), ({"values.yaml": b"- a\n"}, 1)])
def test_it_runs_where_no_platform_ever_ran(write: Write, tmp_path: Path, changed: dict[str, bytes], code: int) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "template", "check", str(write(changed))]
    known = {"PATH": os.environ["PATH"], "HORIZON_DATA": str(tmp_path / "data"), "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}

    done = subprocess.run(command, capture_output=True, text=True, env=known, check=False)

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
