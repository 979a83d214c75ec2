"""`manage.py up` for real: web, worker and scheduler on a data folder of their own."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.ports import free_port

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]


@dataclass(frozen=True)
class Up:
    """A running platform."""

    process: "subprocess.Popen[bytes]"
    data: Path
    port: int
    log: Path

    def said(self, words: str) -> bool:
        return words in self.log.read_text()

    def programs(self) -> dict[str, int]:
        """Name to process id, for those that run now."""
        words = {"gunicorn": "web", "worker": "worker", "beat": "scheduler"}
        found = {}
        for pid in _children(self.process.pid):
            arguments = _arguments(pid)
            found.update({name: pid for word, name in words.items() if word in arguments})
        return found

    def everything(self) -> list[int]:
        """Every process below the supervisor."""
        return _below(self.process.pid)


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _below(pid: int) -> list[int]:
    return [found for child in _children(pid) for found in (child, *_below(child))]


def _arguments(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def _alive(pid: int) -> bool:
    return bool(_arguments(pid))


def until(holds: Callable[[], object], *, seconds: float = 40) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, "it did not come about"
        time.sleep(0.05)


def start(folder: Path, *, port: int) -> Up:
    log = folder / f"log-{port}"
    inherited = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    environment = {**inherited, "HORIZON_DATA": str(folder / "data"), "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as output:
        argv = [sys.executable, str(ROOT / "manage.py"), "up"]
        process = subprocess.Popen(argv, env=environment, cwd=folder, stdout=output, stderr=output)
    return Up(process=process, data=folder / "data", port=port, log=log)


def stop(up: Up) -> None:
    up.process.send_signal(signal.SIGTERM)
    up.process.wait(timeout=60)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    up = start(tmp_path_factory.mktemp("up"), port=free_port())
    until(lambda: up.said("Horizon is up") or up.process.poll() is not None)
    yield up
    stop(up)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Up]:
    up = start(tmp_path, port=free_port())
    until(lambda: up.said("Horizon is up") or up.process.poll() is not None)
    yield up
    stop(up)


def test_up_says_where_it_answers(running: Up) -> None:
    assert running.said(f"Horizon is up: http://127.0.0.1:{running.port}\n")

    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    connection.request("GET", "/healthz")
    answer = connection.getresponse()

    assert (answer.status, json.load(answer)) == (200, {"status": "ok"})


def test_killed_worker_is_started_again(running: Up) -> None:
    killed = running.programs()["worker"]

    os.kill(killed, signal.SIGKILL)

    until(lambda: running.programs().get("worker", killed) != killed)
    assert running.said("worker ended with signal 9: starting it again")
    assert set(running.programs()) == {"web", "worker", "scheduler"}


def test_second_up_on_the_same_data_folder_is_refused(running: Up) -> None:
    second = start(running.data.parent, port=free_port())

    code = second.process.wait(timeout=30)

    assert code == 1
    assert second.said(f"Horizon already runs on {running.data}")


def test_up_on_a_taken_port_is_refused(running: Up, tmp_path: Path) -> None:
    second = start(tmp_path, port=running.port)

    code = second.process.wait(timeout=30)

    assert code == 1
    assert second.said(f"port {running.port} is in use: PORT={running.port + 1} make run")


def test_ctrl_c_stops_everything(fresh: Up) -> None:
    until(lambda: len(fresh.everything()) >= 6)
    processes = fresh.everything()

    fresh.process.send_signal(signal.SIGINT)

    assert fresh.process.wait(timeout=60) == 0
    assert fresh.said("Horizon has stopped")
    until(lambda: not [pid for pid in processes if _alive(pid)])


def test_killed_up_leaves_no_process(fresh: Up) -> None:
    until(lambda: len(fresh.everything()) >= 6)
    processes = fresh.everything()

    fresh.process.kill()

    until(lambda: not [pid for pid in processes if _alive(pid)])
