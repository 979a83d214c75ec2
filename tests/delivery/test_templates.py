"""Bundled templates at the start and at a second one; two imports at once."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from horizon.access.permissions import Actor
from horizon.catalog import archive, release
from horizon.delivery import create, templates
from horizon.inventory.models import Event, ReleaseState, Template, TemplateRelease
from tests.catalog.charts import documented
from tests.fixtures import MakeCluster, deploy


@pytest.fixture
def bundle(tmp_path: Path, settings: Any, ann: Actor) -> Path:
    """A folder of bundled templates with one in it, in an installation that has its administrator."""
    settings.HORIZON_TEMPLATES = tmp_path / "bundle"
    write(settings.HORIZON_TEMPLATES / "page", documented())
    return settings.HORIZON_TEMPLATES


def write(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def seed(capsys: pytest.CaptureFixture[str]) -> str:
    call_command("seed")
    return capsys.readouterr().out


def test_a_bundled_chart_that_changed_is_reported_each_time_and_the_old_one_stays(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert seed(capsys) == ""
    before = TemplateRelease.objects.values().get()

    write(bundle / "page", {"templates/more.yaml": b"# more\n"})
    said = [seed(capsys) for _ in range(2)]

    assert said == ["template page: release v0.1.0 exists with other content: a release never changes, give the changed chart a new version\n"] * 2
    assert TemplateRelease.objects.values().get() == before


def test_a_changed_one_stops_no_other_and_clusters_go_on(
    bundle: Path, make_cluster: MakeCluster, ann: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = make_cluster()
    seed(capsys)

    write(bundle / "page", {"templates/more.yaml": b"# more\n"})
    write(bundle / "zone", {**documented(), "Chart.yaml": b"apiVersion: v2\nname: zone\nversion: v1.0.0\n"})
    seed(capsys)

    assert Template.objects.filter(name="zone").exists()
    assert deploy(cluster, ann).state == "ok"


def test_a_changed_one_with_a_new_version_is_the_recommended_one(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed(capsys)

    write(bundle / "page", {"Chart.yaml": documented()["Chart.yaml"].replace(b"v0.1.0", b"v0.2.0")})
    said = seed(capsys)

    assert said == ""
    assert create.recommended(Template.objects.get()).version == "v0.2.0"
    assert Event.objects.filter(action="import release", actor="Horizon").count() == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "page" / "Chart.yaml").write_bytes(b"\xff"),
        lambda folder: (folder / "page" / "link").symlink_to("/etc/passwd"),
        lambda folder: (folder / "page" / "templates" / "page.yaml").write_bytes(b"{{ end }}"),
        lambda folder: (folder / "page").rename(folder.parent / "away") and (folder / "page").symlink_to(folder.parent / "away"),
    ],
)
def test_a_bad_bundled_template_is_reported_and_the_start_goes_on(
    bundle: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Path], Any]
) -> None:
    spoil(bundle)

    assert seed(capsys).startswith("template page: ")
    assert not Template.objects.exists()


def test_a_folder_of_templates_that_is_not_there_is_reported(settings: Any, tmp_path: Path, ann: Actor, capsys: pytest.CaptureFixture[str]) -> None:
    settings.HORIZON_TEMPLATES = tmp_path / "nowhere"

    assert seed(capsys) == f"templates: there is no folder {tmp_path}/nowhere\n"


def test_hidden_folders_and_single_files_are_no_templates(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(bundle, {".git/HEAD": b"x", "README.md": b"x"})

    assert seed(capsys) == ""


def version(number: int) -> release.Release:
    files = documented()
    return release.load({**files, "Chart.yaml": files["Chart.yaml"].replace(b"v0.1.0", b"v0.1.%d" % number)})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("numbers", [(1, 1, 1), (1, 2, 3)], ids=["same", "different"])
def test_imports_at_once_store_each_release_once_and_recommend_one(ann: Actor, numbers: tuple[int, ...]) -> None:
    found = [archive.pack(archive.unpack(version(number).archive), "page") for number in numbers]
    made: list[bool] = []

    at_once([lambda data=data: made.append(templates.import_archive(data, actor=ann).made) for data in found])

    states = list(TemplateRelease.objects.values_list("state", flat=True))
    assert (len(made), sum(made), len(states)) == (3, len(set(numbers)), len(set(numbers)))
    assert states.count(ReleaseState.RECOMMENDED) == 1


def at_once(calls: list[Callable[[], Any]]) -> None:
    """Each in a thread of its own, begun together."""
    gate = threading.Barrier(len(calls))

    def carry_out(call: Callable[[], Any]) -> None:
        gate.wait()
        try:
            call()
        finally:
            connection.close()

    threads = [threading.Thread(target=carry_out, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_database_holds_one_recommended_release(db: None) -> None:
    template = Template.objects.create(name="page")
    template.releases.create(version="v1", state=ReleaseState.RECOMMENDED)

    with pytest.raises(IntegrityError), transaction.atomic():
        template.releases.create(version="v2", state=ReleaseState.RECOMMENDED)
