"""One child process of the renderer, and the talk with it: limits of time on both ways, and nothing left over when it goes wrong."""

import base64
import json
import os
import select
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from horizon.errors import Invalid, Unavailable

LIFETIME = 10_000
"""Renders after which a child is replaced."""
START_TIMEOUT = 30.0
"""Seconds within which a child must say that it is ready."""
MAX_HELD = 64 * 1024 * 1024
"""Bytes of charts that a child keeps, so that an archive is sent to it once."""
MAX_ANSWER = 8 * 1024 * 1024
LAST_WORDS = 256 * 1024
"""Bytes at the end of a child's log that are read when it died: Go prints its whole stack."""

_LENGTH = struct.Struct(">I")
_ROOT = Path(__file__).parents[2]
_PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "TMPDIR")
"""A child sees no more of the environment: a chart's author must not come near what else is there."""
_GO = {"GOMAXPROCS": "2", "MALLOC_ARENA_MAX": "2", "GOGC": "400"}
"""Few threads: on a machine with many processors each would take its share of the memory limit. A render is short and a child lives long:
with Go's own pace of collection a third of a render is spent on it."""
_EXHAUSTED = {
    "frames elided": "it calls itself without end",
    "stack overflow": "it calls itself without end",
    "out of memory": "it needs too much memory",
    "cannot allocate memory": "it needs too much memory",
    "MemoryError": "it needs too much memory",
}


class Process:
    """One process and the way to talk with it; used by one thread at a time."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._asked = 0
        self._held: dict[str, int] = {}

    def ask(self, request: dict[str, Any], contents: Mapping[str, bytes], timeout: float) -> dict[str, Any]:
        """Send a request and wait for its answer. Whatever interrupts it, no half-read answer is left for the next caller."""
        stdin, stdout = self._ready()
        message = json.dumps({**request, **self._news(contents)}).encode()
        deadline = time.monotonic() + timeout
        answered = False
        try:
            _send(stdin, _LENGTH.pack(len(message)) + message, deadline)
            answer = _receive(stdout, deadline)
            answered = True
        except TimeoutError as error:
            raise Invalid(f"The chart takes longer than {timeout:g} seconds to render.", code="render_timeout") from error
        except (EOFError, OSError) as error:
            raise Invalid(f"The chart cannot be rendered: {self._cause()}.", code="render_crashed") from error
        finally:
            if not answered:
                self.stop()
        return answer

    def stop(self) -> None:
        """Kill the process, if there is one, and leave nothing of it."""
        if self._process:
            self._process.kill()
            self._process.wait()
        self.forget()

    def forget(self) -> None:
        """Close our ends without touching the process."""
        if self._process:
            for pipe in (self._process.stdin, self._process.stdout, self._log):
                if pipe:
                    pipe.close()
        self._process = None
        self._log = None
        self._held = {}

    def _ready(self) -> tuple[int, int]:
        if self._process is None or self._process.poll() is not None or self._asked >= LIFETIME:
            self.stop()
            self._start()
        self._asked += 1
        return self._pipes()

    def _start(self) -> None:
        command = [sys.executable, "-m", "horizon.catalog.child", str(self._memory)]
        environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ} | _GO
        self._asked = 0
        started = False
        try:
            self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process that writes to it
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                bufsize=0,
                cwd=_ROOT,
                env=environment,
                start_new_session=True,
            )
            for pipe in self._pipes():
                os.set_blocking(pipe, False)
            _receive(self._pipes()[1], time.monotonic() + START_TIMEOUT)
            started = True
        except (OSError, EOFError) as error:
            raise Unavailable(f"The renderer does not start: {self._last_words()[-400:] or error}", code="render_unavailable") from error
        finally:
            if not started:
                self.stop()

    def _pipes(self) -> tuple[int, int]:
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            raise EOFError
        return self._process.stdin.fileno(), self._process.stdout.fileno()

    def _news(self, contents: Mapping[str, bytes]) -> dict[str, Any]:
        """The contents that the child does not hold yet; once it would hold too much, everything anew."""
        new = {digest: content for digest, content in contents.items() if digest not in self._held}
        forget = sum(self._held.values()) + sum(map(len, new.values())) > MAX_HELD
        if forget:
            self._held, new = {}, dict(contents)
        self._held |= {digest: len(content) for digest, content in new.items()}
        return {"new": {digest: base64.b64encode(content).decode() for digest, content in new.items()}, "forget": forget}

    def _cause(self) -> str:
        """Say in a few words why the process ended."""
        if self._process:
            self._process.kill()
            self._process.wait()
        words = self._last_words()
        return next((cause for sign, cause in _EXHAUSTED.items() if sign in words), "its renderer crashed")

    def _last_words(self) -> str:
        if self._log is None:
            return ""
        end = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, end - LAST_WORDS))
        return self._log.read().decode(errors="replace").strip()


def _send(pipe: int, data: bytes, deadline: float) -> None:
    rest = memoryview(data)
    while rest:
        _wait(pipe, select.POLLOUT, deadline)
        rest = rest[os.write(pipe, rest) :]


def _receive(pipe: int, deadline: float) -> dict[str, Any]:
    (size,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size, deadline))
    if size > MAX_ANSWER:
        raise EOFError
    answer: dict[str, Any] = json.loads(_exactly(pipe, size, deadline))
    return answer


def _exactly(pipe: int, size: int, deadline: float) -> bytes:
    data = bytearray()
    while len(data) < size:
        _wait(pipe, select.POLLIN, deadline)
        part = os.read(pipe, size - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def _wait(pipe: int, event: int, deadline: float) -> None:
    """Wait until the pipe moves; `select` could not take the high numbers of a busy server's files."""
    poll = select.poll()
    poll.register(pipe, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError
