"""Children that run side by side or are made to die: forked from a process that has everything loaded, so that each takes a millisecond.

`python -m tests.gitops.nursery` reads one JSON list of children a line and answers with their exit codes (-9 for one that was killed).
"""

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.gitops import flows

_ROOT = Path(__file__).resolve().parents[2]
_EFFECTS = frozenset(("os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "subprocess.Popen"))
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class Child:
    """What a child does: a `child_*` function of `flows`; which effect it does not live to see, or after how many seconds it dies."""

    do: str
    args: tuple[str, ...]
    kill_at: int = 0
    kill_after: float = 0.0


class Nursery:
    """The process that forks the children."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.gitops.nursery"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT, text=True)

    def run(self, *children: Child) -> list[int]:
        """Run children side by side until all have ended; their exit codes."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([asdict(child) for child in children]) + "\n")
        self._process.stdin.flush()
        codes: list[int] = json.loads(self._process.stdout.readline())
        return codes

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def _serve() -> None:
    for line in sys.stdin:
        children = [Child(**spec) for spec in json.loads(line)]
        pids = [_fork(child) for child in children]
        timers = [threading.Timer(child.kill_after, _kill, (pid,)) for child, pid in zip(children, pids, strict=True) if child.kill_after]
        for timer in timers:
            timer.start()
        for timer in timers:
            timer.join()
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
        print(json.dumps(codes), flush=True)


def _fork(child: Child) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setpgid(0, 0)
        if child.kill_at:
            _die_at(child.kill_at)
        getattr(flows, f"child_{child.do}")(*child.args)
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it was, the child must not go on as a second server
        traceback.print_exc()
    os._exit(code)


def _kill(group: int) -> None:
    """Kill a child with everything that it started. It is still there: nobody else waits for it before its timer has run."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _die_at(effect: int) -> None:
    """Be killed right before the given effect on the file system: a change of a folder, a write, a flush."""
    seen = 0

    def step() -> None:
        nonlocal seen
        seen += 1
        if seen == effect:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _EFFECTS or (event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES):
            step()

    def before(call: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any) -> Any:
            step()
            return call(*arguments)

        return stepped

    os.fsync, os.fdatasync = before(os.fsync), before(os.fdatasync)
    sys.addaudithook(hook)


if __name__ == "__main__":
    _serve()
