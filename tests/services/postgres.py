"""A private Postgres. `python -m tests.services.postgres <command>` runs a command with DATABASE_URL at one."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.services.debian import Missing, install
from tests.services.ports import free_port
from tests.services.process import server

OWNER = "postgres"
"""Who runs the server when we are root: Postgres refuses to run as root."""


def programs() -> Path:
    """Give the folder of `initdb` and `postgres`; raise `Missing` when there is none."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda program: float(program.parts[-3]))
    if not installed:
        raise Missing("Postgres is not installed")
    return installed[-1].parent


@contextmanager
def postgres() -> Iterator[str]:
    """Give the address of a fresh database server, gone with the block. Nothing is durable: it is for tests."""
    folder = programs()
    user = OWNER if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="horizon-postgres-") as name:
        home = Path(name)
        password = _make(folder, home, user)
        port = free_port()
        address = f"postgres://{OWNER}:{password}@127.0.0.1:{port}/postgres"
        # No socket file, and no waiting for disks.
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "fsync": "off",
            "full_page_writes": "off",
        }
        argv = [str(folder / "postgres"), "-D", str(home / "data"), "-p", str(port), *(f"--{key}={value}" for key, value in options.items())]
        with server(argv, answers=lambda: _answers(address), log=home / "log", user=user):
            yield address


def _make(folder: Path, home: Path, user: str | None) -> str:
    secret = home / "password"
    secret.write_text(secrets.token_hex(16))
    if user:
        shutil.chown(home, user)
        shutil.chown(secret, user)
    argv = [
        str(folder / "initdb"),
        "-D",
        str(home / "data"),
        "-U",
        OWNER,
        f"--pwfile={secret}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-sync",
    ]
    subprocess.run(argv, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)
    return secret.read_text()


def _answers(address: str) -> bool:
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(address, connect_timeout=2):
        return True
    return False


def main(command: Sequence[str]) -> int:
    """Run `command` on a private Postgres and give its exit code. Where there is none: 0 and the reason, or 1 under CI=true."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        _ensure()
    except Missing as error:
        print(f"skipped: {error}")
        return 1 if os.environ.get("CI") == "true" else 0
    with postgres() as address:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": address}, check=False).returncode


def _ensure() -> None:
    try:
        programs()
    except Missing:
        install("postgresql")
        programs()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
