"""Start a private server and be sure that it ends."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def server(argv: Sequence[str], *, answers: Callable[[], bool], log: Path, user: str | None = None) -> Iterator[None]:
    """Run `argv` until the block ends, entered once `answers` says so. Raises `RuntimeError` with its log when it does not come up."""
    with log.open("wb") as output:
        process = subprocess.Popen(argv, stdout=output, stderr=output, user=user, cwd="/", start_new_session=True)
    try:
        _await(process, answers, log)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def _await(process: "subprocess.Popen[bytes]", answers: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + 30
    while not answers():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{process.args!r} did not come up:\n{log.read_text()}")
        time.sleep(0.05)
