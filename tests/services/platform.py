"""A real platform: `manage.py up` on a data folder of its own, and its REST interface by the administrator's token."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psycopg
from psycopg.sql import SQL, Identifier

from tests.services.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
_OURS = ("HORIZON_URL", "HORIZON_DATA", "HORIZON_TOKEN", "DATABASE_URL", "REDIS_URL", "BIND", "PORT")


@dataclass(frozen=True)
class Platform:
    """Where it answers, where its files lie, and who may sign in."""

    url: str
    data: Path
    password: str
    token: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One call of the REST interface as the administrator, below `/api/v1`."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        with urlopen(Request(f"{self.url}/api/v1{path}", data=data, method=method, headers=headers), timeout=90) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def run(self, cluster: str, action: str, **given: Any) -> dict[str, Any]:
        """Launch a run and wait for its end."""
        return self.ended(self.call("POST", f"/clusters/{cluster}/pipelineruns", {"action": action, **given})["id"])

    def ended(self, run: int) -> dict[str, Any]:
        """The run once its state is final."""
        found = self.call("GET", f"/pipelineruns/{run}?wait=60")
        assert found["finished_at"], f"run {run} did not end: {found}"
        return dict(found)


@contextmanager
def platform(folder: Path) -> Iterator[Platform]:
    """Run one until the block ends, on the database server that `DATABASE_URL` names, else on SQLite."""
    with _database(os.environ.get("DATABASE_URL", "")) as database:
        port, data = free_port(), folder / "data"
        kept = {key: value for key, value in os.environ.items() if key not in _OURS}
        environment = {**kept, **database, "HORIZON_DATA": str(data), "PORT": str(port), "PYTHONUNBUFFERED": "1"}
        argv = [sys.executable, str(ROOT / "manage.py"), "up"]
        with (folder / "log").open("wb") as log, subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as process:
            assert process.stdout is not None
            said = next((line for line in process.stdout if "Horizon is up" in line), None)
            assert said, (folder / "log").read_text()
            words = dict(line.split("=", 1) for line in (data / "admin").read_text().splitlines())
            yield Platform(f"http://127.0.0.1:{port}", data, words["password"], words["token"])
            process.terminate()
            process.communicate(timeout=60)


@contextmanager
def _database(server: str) -> Iterator[dict[str, str]]:
    """A database of its own on this server, gone with the block."""
    if not server:
        yield {}
        return
    name = f"platform_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        yield {"DATABASE_URL": f"{server.rpartition('/')[0]}/{name}"}
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
