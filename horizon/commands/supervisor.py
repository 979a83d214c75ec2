"""Keep a few programs running as one: start them, restart what dies, stop them in order and leave nothing behind."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

from horizon.errors import Unavailable

GRACE = 20.0
"""Seconds a program has to stop by itself."""
TRIES = 5
"""Deaths in a row after which a program cannot be helped by starting it again."""
STEADY = 30.0
"""Seconds after which a program counts as started: its next death is the first again."""
LOOK = 0.2
"""Seconds between two looks at the programs."""
SAME_STOP = 0.5
"""Seconds in which a second signal is the first one again: `make` hands on what the whole group has been sent."""

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class Program:
    """What a person calls it, and how it is started."""

    name: str
    argv: tuple[str, ...]


class Child:
    """A program's process, in a session of its own, as it comes and goes."""

    def __init__(self, program: Program, *, environment: Mapping[str, str]) -> None:
        self.name = program.name
        self.deaths = 0
        self.start_at = 0.0
        self._program = program
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0

    @property
    def running(self) -> bool:
        """Whether there is a process, dead or alive, that was not reaped."""
        return self._process is not None

    def start(self) -> None:
        """Start the process. It stops by itself when this one dies, and hears of a Ctrl-C from nobody but us."""
        parent = os.getpid()
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            self._program.argv,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: _follow(parent),
        )

    def reap(self) -> str | None:
        """Give how the process ended, or None while it lives. What it left in its group is killed while the group's number is still ours."""
        if self._process is None or os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        self.signal(signal.SIGKILL)
        code = self._process.wait()
        self._process = None
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def signal(self, number: int) -> None:
        """Send a stop to the process, a kill to everything it started."""
        if self._process is None:
            return
        if number == signal.SIGKILL:
            os.killpg(self._process.pid, number)
        else:
            os.kill(self._process.pid, number)

    def schedule(self) -> float:
        """Count a death and give the seconds until the next start: none after the first, then one, doubling."""
        now = time.monotonic()
        self.deaths = 1 if now - self._started > STEADY else self.deaths + 1
        pause = 0.0 if self.deaths == 1 else 2.0 ** (self.deaths - 2)
        self.start_at = now + pause
        return pause


def _follow(parent: int) -> None:
    """In the new process: be told to stop when the parent dies, even by a kill. Linux only; elsewhere an orphan must be stopped by hand."""
    if sys.platform != "linux":
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


class Supervisor:
    """Run programs until told to stop. They start in the order given and stop in reverse, each before the next is asked."""

    def __init__(self, programs: Sequence[Program], *, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.children = [Child(program, environment=environment) for program in programs]
        self._say = say
        self._stopping: float | None = None
        self._hurry = False
        self._wake = threading.Event()

    def run(self, *, ready: Callable[[], bool], greeting: str) -> None:
        """Supervise; say `greeting` once all run and `ready` says so. Returns after a stop signal; a second one kills at once.

        Raises `Unavailable` when a program cannot be kept running; the others are stopped by then.
        """
        before = {number: signal.signal(number, self._note) for number in _STOP_SIGNALS}
        try:
            self._supervise(ready, greeting)
        finally:
            self._stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._stopping is None:
            self._stopping = now
        elif now - self._stopping > SAME_STOP:
            self._hurry = True
        self._wake.set()

    def _supervise(self, ready: Callable[[], bool], greeting: str) -> None:
        greeted = False
        while self._stopping is None:
            for child in self.children:
                self._keep(child)
            if not greeted and ready() and all(child.running for child in self.children):
                self._say(greeting)
                greeted = True
            self._wake.wait(LOOK)

    def _keep(self, child: Child) -> None:
        end = child.reap()
        if end is not None:
            self._mourn(child, end)
        if not child.running and time.monotonic() >= child.start_at:
            child.start()

    def _mourn(self, child: Child, end: str) -> None:
        pause = child.schedule()
        if child.deaths >= TRIES:
            raise Unavailable(f"{child.name} ended {child.deaths} times in a row, the last time with {end}; its own lines above say why")
        self._say(f"{child.name} ended with {end}: starting it again" + (f" in {pause:.0f} s" if pause else ""))

    def _stop(self) -> None:
        for child in reversed(self.children):
            child.signal(signal.SIGTERM)
            if not self._wait(child):
                self._say(f"{child.name} did not stop: killed")
                child.signal(signal.SIGKILL)
                while child.running:
                    child.reap()
                    time.sleep(0.01)

    def _wait(self, child: Child) -> bool:
        """Whether the child ended within its grace. A second signal ends the patience."""
        until = time.monotonic() + GRACE
        while child.running and time.monotonic() < until and not self._hurry:
            child.reap()
            time.sleep(0.02)
        return not child.running
