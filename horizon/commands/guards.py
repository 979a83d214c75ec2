"""What must hold before the platform starts: a data folder of its own and a free port."""

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from horizon.errors import Conflict


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the data folder. Raises `Conflict` while another `up` holds it; a killed one holds nothing."""
    with (folder / "up.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(f"Horizon already runs on {folder}: HORIZON_DATA=<another folder> PORT=<another port> starts a second one") from error
        yield


def require_free(host: str, port: int) -> None:
    """Raise `Conflict` when nothing could listen there."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise Conflict(f"port {port} is in use: PORT={port + 1} make run") from error
