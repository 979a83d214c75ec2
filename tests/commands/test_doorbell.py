"""A ring goes through, by files and by Redis, with the settings as they are."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.redis import redis

ROOT = Path(__file__).resolve().parents[2]
RING = """
from horizon.celery import app
with app.connection_for_write() as connection:
    queue = connection.SimpleQueue("test")
    queue.put({"pipelinerun": 12})
    message = queue.get(timeout=10)
    message.ack()
    print(message.payload)
"""


@pytest.fixture(params=["files", "redis"])
def redis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "files":
        yield ""
        return
    with redis() as address:
        yield address


def test_ring_is_heard(redis_url: str, tmp_path: Path) -> None:
    environment = {**os.environ, "HORIZON_DATA": str(tmp_path), "REDIS_URL": redis_url, "PYTHONPATH": str(ROOT)}

    heard = subprocess.run([sys.executable, "-c", RING], env=environment, check=True, capture_output=True, text=True, timeout=60)

    assert heard.stdout == "{'pipelinerun': 12}\n"
