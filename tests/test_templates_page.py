"""The page on writing templates, done as it says: its files, its check, each of its ways in, its cluster."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from horizon.access import tokens
from horizon.access.permissions import Actor
from horizon.access.policy import Scope
from horizon.inventory.models import Cluster, Environment, Region, TemplateRelease
from tests.catalog.charts import ROOT, documented
from tests.fixtures import carry
from tests.services.git_server import GitServer, serving

PAGE = (ROOT / "docs" / "templates.md").read_text()
_SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHECK, EXPORT, FOLDER, ARCHIVE, GIT, CLUSTER, STATUS = _SHELL.findall(PAGE)
SAID = re.search(r"^```\n(page v0.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[GitServer]:
    """A Git host that takes pushes."""
    root = tmp_path / "served"
    root.mkdir()
    with serving(root) as served:
        served.git("page", "init", "--quiet", "--bare")
        served.git("page", "config", "http.receivepack", "true")
        settings.HORIZON_TEMPLATE_SOURCES = [served.url]
        yield served


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Path:
    """An author's folder with the files of the page."""
    for path, content in documented().items():
        file = tmp_path / "author" / "page" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    settings.HORIZON_TEMPLATES = tmp_path / "author" / "templates_repo"
    settings.HORIZON_TEMPLATES.mkdir()
    monkeypatch.chdir(tmp_path / "author")
    return tmp_path / "author"


Shell = Callable[[str], str]


@pytest.fixture
def shell(folder: Path, server: GitServer, live_server: Any, ann: Actor) -> Shell:
    """Carry out a block of the page; the Git host of the page is ours, and `manage.py` is called in this process, which has the database."""
    given = {
        "PATH": os.environ["PATH"],
        "HORIZON_URL": live_server.url,
        "HORIZON_TOKEN": tokens.create(ann.user, name="page", scope=Scope.WRITE)[1],
        **{f"GIT_{role}_{part}": "ann@example.test" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")},
    }

    def run(block: str) -> str:
        said = ""
        for line in block.replace("https://git.example.com/team", server.url).splitlines():
            program, _, arguments = line.partition(" manage.py ")
            if arguments:
                assert program == ".venv/bin/python"
                call_command(*arguments.split())
                continue
            done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, cwd=folder, env=given, check=False)
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            said = done.stdout
        return said

    return run


def test_the_check_says_what_the_page_shows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command(*CHECK.split()[2:])

    assert SAID is not None
    assert capsys.readouterr().out == SAID[1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", [FOLDER, ARCHIVE, GIT], ids=["folder", "archive", "git"])
def test_each_way_of_the_page_ends_in_a_cluster(shell: Shell, way: str) -> None:
    Environment.objects.get_or_create(name="test")
    Region.objects.get_or_create(name="local")

    shell(way)
    shell(CLUSTER)
    carry(Cluster.objects.get(name="guide-test"))
    status = json.loads(shell(STATUS))

    assert [str(row) for row in TemplateRelease.objects.all()] == ["page v0.1.0"]
    assert (status["sync"], status["health"]) == ("Synced", "Healthy")


@pytest.mark.django_db(transaction=True)
def test_all_ways_of_the_page_give_one_release(shell: Shell) -> None:
    shell(FOLDER)
    first = TemplateRelease.objects.get()

    answers = [json.loads(shell(way)) for way in (ARCHIVE, GIT)]

    assert TemplateRelease.objects.get() == first
    assert [answer["digest"] for answer in answers] == [first.digest] * 2
