"""A private Redis."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis as client

from tests.services.ports import free_port
from tests.services.process import server


@contextmanager
def redis() -> Iterator[str]:
    """Give the address of an empty Redis, gone with the block; skip the test where `redis-server` is not installed."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    with tempfile.TemporaryDirectory(prefix="horizon-redis-") as name:
        port = free_port()
        address = f"redis://127.0.0.1:{port}/0"
        argv = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", name, "--save", ""]
        with server(argv, answers=lambda: _answers(address), log=Path(name) / "log"):
            yield address


def _answers(address: str) -> bool:
    with contextlib.suppress(client.ConnectionError), contextlib.closing(client.Redis.from_url(address)) as connection:
        return bool(connection.ping())
    return False
