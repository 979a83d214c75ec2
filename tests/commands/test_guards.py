"""What `up` refuses before it touches anything."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from horizon.commands.guards import alone, require_free
from horizon.errors import Conflict
from tests.services.ports import free_port

HOLD = """
import sys
from pathlib import Path
from horizon.commands.guards import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_second_up_on_a_data_folder_is_refused(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(Conflict) as refusal, alone(tmp_path):
        pass

    assert str(tmp_path) in refusal.value.message


def test_killed_up_holds_nothing(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.kill()

    with alone(tmp_path):
        held = True

    assert held


def test_taken_port_is_refused_with_the_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(Conflict, match=rf"port {port} is in use: PORT={port + 1} make run"):
            require_free("127.0.0.1", port)


def test_free_port_is_taken_as_it_is() -> None:
    port = free_port()

    require_free("127.0.0.1", port)
