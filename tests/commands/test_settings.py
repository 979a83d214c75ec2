"""What the settings promise about a start with nothing set, and about the few values that are read."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READ = """
import json, sys
from horizon import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def settings(data: Path, *names: str, cwd: Path = ROOT, **environment: str) -> dict[str, object]:
    inherited = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    run = subprocess.run(
        [sys.executable, "-c", READ, *names],
        env={**inherited, "PYTHONPATH": str(ROOT), "HORIZON_DATA": str(data), **environment},
        cwd=cwd,
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(json.loads(run.stdout))


def test_database_is_sqlite_in_the_data_folder(tmp_path: Path) -> None:
    found = settings(tmp_path / "data", "DATABASES")

    database = found["DATABASES"]["default"]

    assert database["NAME"] == str(tmp_path / "data" / "horizon.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_database_url_names_another_database(tmp_path: Path) -> None:
    address = "postgres://ann:secret@db.example:5433/horizon"

    database = settings(tmp_path, "DATABASES", DATABASE_URL=address)["DATABASES"]["default"]

    assert (database["ENGINE"], database["HOST"], database["PORT"]) == ("django.db.backends.postgresql", "db.example", 5433)
    assert "transaction_mode" not in database["OPTIONS"]


def test_connections_to_postgres_are_kept_where_it_is_said(tmp_path: Path) -> None:
    address = "postgres://ann:secret@db.example:5433/horizon"

    kept = settings(tmp_path, "DATABASES", DATABASE_URL=address, DATABASE_POOL="7")["DATABASES"]["default"]
    new = settings(tmp_path, "DATABASES", DATABASE_URL=address)["DATABASES"]["default"]

    assert (kept["OPTIONS"]["pool"]["max_size"], kept["CONN_HEALTH_CHECKS"]) == (7, True)
    assert "pool" not in new["OPTIONS"]


def test_doorbell_is_a_folder_that_exists(tmp_path: Path) -> None:
    found = settings(tmp_path, "CELERY_BROKER_URL", "CELERY_BROKER_TRANSPORT_OPTIONS")

    options = found["CELERY_BROKER_TRANSPORT_OPTIONS"]

    assert found["CELERY_BROKER_URL"] == "filesystem://localhost"
    assert Path(options["data_folder_in"]).is_dir()
    assert Path(options["control_folder"]).is_dir()


def test_redis_url_names_the_doorbell(tmp_path: Path) -> None:
    address = "redis://127.0.0.1:6399/0"

    found = settings(tmp_path, "CELERY_BROKER_URL", REDIS_URL=address)

    assert found["CELERY_BROKER_URL"] == address
    assert not (tmp_path / "doorbell").exists()


def test_secret_key_is_made_once(tmp_path: Path) -> None:
    first = settings(tmp_path, "SECRET_KEY")

    second = settings(tmp_path, "SECRET_KEY")

    assert first == second
    assert len(str(first["SECRET_KEY"])) > 50


def test_secret_key_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings(tmp_path / "data")

    mode = (tmp_path / "data" / "secret-key").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


def test_secret_key_of_the_environment_is_not_written(tmp_path: Path) -> None:
    found = settings(tmp_path, "SECRET_KEY", SECRET_KEY="given")

    assert found["SECRET_KEY"] == "given"
    assert not (tmp_path / "secret-key").exists()


def test_nothing_is_written_outside_the_data_folder(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    settings(tmp_path / "data", cwd=elsewhere)

    assert list(elsewhere.iterdir()) == []


def test_relative_data_folder_is_taken_from_where_the_command_was_called(tmp_path: Path) -> None:
    found = settings(Path("data"), "HORIZON_DATA", cwd=tmp_path)

    assert found["HORIZON_DATA"] == str(tmp_path / "data")


@pytest.mark.parametrize(("url", "secure"), [("http://horizon.example:8000", False), ("https://horizon.example", True)])
def test_public_url_decides_hosts_and_cookies(tmp_path: Path, url: str, secure: bool) -> None:
    found = settings(tmp_path, "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_SECURE", "HORIZON_CHART_REPOSITORY", HORIZON_URL=url + "/")

    assert "horizon.example" in found["ALLOWED_HOSTS"]
    assert found["CSRF_TRUSTED_ORIGINS"] == [url]
    assert found["SESSION_COOKIE_SECURE"] is secure
    assert found["HORIZON_CHART_REPOSITORY"] == f"{url}/charts"


def test_a_ring_that_waited_for_its_period_is_dropped(tmp_path: Path) -> None:
    schedule = settings(tmp_path, "CELERY_BEAT_SCHEDULE")["CELERY_BEAT_SCHEDULE"]

    assert {entry["task"]: (entry["schedule"], entry["options"]["expires"]) for entry in schedule.values()} == {
        "horizon.delivery.tasks.ring": (2.0, 2.0),
        "horizon.delivery.tasks.sweep": (30.0, 30.0),
    }


def test_readme_lists_every_variable_that_is_read() -> None:
    source = (ROOT / "horizon" / "settings.py").read_text()

    read = set(re.findall(r'env\.\w+\("([A-Z_]+)"', source))

    assert read == set(re.findall(r"`([A-Z_]+)`", _table((ROOT / "README.md").read_text(), "## Settings"), flags=re.MULTILINE))


def _table(text: str, heading: str) -> str:
    """The first cells of the table under a heading."""
    rows = text.split(heading)[1].split("\n## ")[0].splitlines()
    return "\n".join(row.split("|")[1] for row in rows if row.startswith("| `"))
