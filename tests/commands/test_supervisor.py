"""The supervisor, with small real programs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = """
import os, sys
from pathlib import Path
from horizon.commands.supervisor import Program, Supervisor
from horizon.errors import Unavailable
programs = [Program(name, (sys.executable, "-c", source)) for name, source in zip(sys.argv[1::2], sys.argv[2::2])]
supervisor = Supervisor(programs, environment=os.environ, say=lambda line: print(line, flush=True))
try:
    supervisor.run(ready=lambda: True, greeting="up")
except Unavailable as error:
    print(error.message, flush=True)
    sys.exit(1)
"""
SLEEPS = "import time; time.sleep(60)"
WRITES = "import os, time; open('{file}', 'a').write(f'{{os.getpid()}} '); time.sleep(60)"
LEAVES = "import os, subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', {child!r}]); {then}"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('{file}', 'w').write('x'); time.sleep(60)"
# One write a line: what two programs print by halves runs together on the one pipe.
TELLS = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b'{name} stops\\n'), sys.exit()))
os.write(1, b'{name} on\\n')
time.sleep(60)
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def begin(**programs: str) -> "subprocess.Popen[str]":
        argv = [text for pair in programs.items() for text in pair]
        process = subprocess.Popen([sys.executable, "-c", RUN, *argv], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.terminate()
        process.communicate(timeout=30)


def until(holds: Callable[[], object], *, seconds: float = 15) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, "it did not come about"
        time.sleep(0.02)


def pids(file: Path) -> list[int]:
    return [int(word) for word in file.read_text().split()] if file.exists() else []


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def line(process: "subprocess.Popen[str]", wanted: str) -> str:
    assert process.stdout is not None
    for text in process.stdout:
        if wanted in text:
            return text
    raise AssertionError(f"{wanted!r} was not said")


def test_killed_program_is_started_again(start: Start, tmp_path: Path) -> None:
    supervisor = start(web=SLEEPS, worker=WRITES.format(file=tmp_path / "pids"))
    until(lambda: pids(tmp_path / "pids"))

    os.kill(pids(tmp_path / "pids")[0], signal.SIGKILL)

    assert "worker ended with signal 9" in line(supervisor, "worker")
    until(lambda: len(pids(tmp_path / "pids")) == 2)


def test_what_a_dead_program_left_is_killed(start: Start, tmp_path: Path) -> None:
    child = WRITES.format(file=tmp_path / "pids")
    then = f"\nwhile not os.path.exists({str(tmp_path / 'pids')!r}): time.sleep(0.01)\nos.kill(os.getpid(), 9)"

    start(worker=LEAVES.format(child=child, then=then))

    until(lambda: pids(tmp_path / "pids"))
    until(lambda: not alive(pids(tmp_path / "pids")[0]))


def test_program_that_cannot_run_stops_all_with_the_reason(start: Start, tmp_path: Path) -> None:
    supervisor = start(web=WRITES.format(file=tmp_path / "pids"), worker="import sys; sys.exit(3)")

    said = line(supervisor, "times in a row")

    assert said == "worker ended 5 times in a row, the last time with exit code 3; its own lines above say why\n"
    assert supervisor.wait(timeout=15) == 1
    assert not any(alive(pid) for pid in pids(tmp_path / "pids"))


def test_stop_goes_in_reverse_order(start: Start) -> None:
    supervisor = start(worker=TELLS.format(name="worker"), web=TELLS.format(name="web"))
    assert {line(supervisor, " on"), line(supervisor, " on")} == {"worker on\n", "web on\n"}

    supervisor.send_signal(signal.SIGINT)

    assert [line(supervisor, "stops"), line(supervisor, "stops")] == ["web stops\n", "worker stops\n"]
    assert supervisor.wait(timeout=15) == 0


def test_second_ctrl_c_kills_at_once(start: Start, tmp_path: Path) -> None:
    supervisor = start(worker=STUBBORN.format(file=tmp_path / "up"))
    until((tmp_path / "up").exists)
    supervisor.send_signal(signal.SIGINT)
    time.sleep(1)

    supervisor.send_signal(signal.SIGINT)

    assert "worker did not stop: killed" in line(supervisor, "killed")
    assert supervisor.wait(timeout=5) == 0


def test_signal_sent_twice_within_a_moment_is_one_stop(start: Start, tmp_path: Path) -> None:
    supervisor = start(worker=STUBBORN.format(file=tmp_path / "up"))
    until((tmp_path / "up").exists)

    supervisor.send_signal(signal.SIGTERM)
    time.sleep(0.1)
    supervisor.send_signal(signal.SIGTERM)

    with pytest.raises(subprocess.TimeoutExpired):
        supervisor.wait(timeout=2)
    supervisor.send_signal(signal.SIGTERM)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_killed_supervisor_leaves_nothing(start: Start, tmp_path: Path) -> None:
    supervisor = start(web=WRITES.format(file=tmp_path / "web"), worker=WRITES.format(file=tmp_path / "worker"))
    until(lambda: pids(tmp_path / "web") and pids(tmp_path / "worker"))

    supervisor.kill()

    until(lambda: not any(alive(pid) for name in ("web", "worker") for pid in pids(tmp_path / name)))
