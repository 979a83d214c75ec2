"""The tour against a real platform: it passes, it can be repeated, and it stops where something is not as it says."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
_OURS = ("HORIZON_URL", "HORIZON_DATA", "HORIZON_TOKEN", "DATABASE_URL", "REDIS_URL", "BIND", "PORT")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="edits files with GNU sed"),
]


@dataclass(frozen=True)
class Platform:
    """A running platform of its own."""

    data: Path
    port: int


def surroundings(**changes: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in _OURS}
    return {**kept, **changes}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("tour")
    running = Platform(folder / "data", free_port())
    environment = surroundings(HORIZON_DATA=str(running.data), PORT=str(running.port), PYTHONUNBUFFERED="1")
    argv = [sys.executable, str(ROOT / "manage.py"), "up"]
    with (folder / "log").open("wb") as log, subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        assert process.stdout is not None
        said = next((line for line in process.stdout if "Horizon is up" in line), None)
        assert said, (folder / "log").read_text()
        yield running
        process.terminate()
        process.communicate(timeout=60)


def walk(**environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([ROOT / "tour.sh"], env=surroundings(**environment), capture_output=True, text=True, timeout=300, check=False)


def test_tour_stops_where_live_objects_cannot_be_reached(platform: Platform, tmp_path: Path) -> None:
    token = (platform.data / "admin").read_text().split("token=")[1].strip()

    done = walk(HORIZON_DATA=str(tmp_path), HORIZON_TOKEN=token, HORIZON_URL=f"http://127.0.0.1:{platform.port}")

    assert done.returncode == 1
    assert f"set HORIZON_DATA to the data folder of http://127.0.0.1:{platform.port}" in done.stderr


def test_tour_refuses_a_token_that_is_none(platform: Platform) -> None:
    done = walk(HORIZON_DATA=str(platform.data), HORIZON_TOKEN="nobody", PORT=str(platform.port))

    assert done.returncode == 1
    assert "POST /groups answered 401, not 201" in done.stderr


def test_tour_does_not_start_a_platform_in_place_of_a_named_one() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"

    done = walk(HORIZON_URL=nowhere)

    assert (done.returncode, done.stdout) == (1, "")
    assert f"no platform answers at {nowhere}" in done.stderr


def test_tour_passes_and_leaves_no_platform_and_no_files_behind(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()

    done = walk(PORT=str(free_port()), TMPDIR=str(temporary))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing answers, so a platform is started" in done.stdout
    assert "The tour is complete" in done.stdout
    assert list(temporary.iterdir()) == []
