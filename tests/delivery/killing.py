"""Do something in a child process that is killed before its n-th effect: a change of the disk or a statement to the database."""

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from django.db import connection, connections

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = frozenset(("os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"))


def killed_before(effect: int, work: Callable[[], Any]) -> bool:
    """Do `work` in a child that dies before its n-th effect; false when it had fewer and ended by itself."""
    return _ended(_child(lambda: _count_down(effect), work)) == -signal.SIGKILL


def killed_after(seconds: float, work: Callable[[], Any]) -> None:
    """Do `work` in a child and kill it after a while."""
    child = _child(lambda: None, work)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _ended(child)


def _child(before: Callable[[], None], work: Callable[[], Any]) -> int:
    connections.close_all()
    child = os.fork()
    if child:
        return child
    try:
        before()
        random.seed()
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a forked child must not go on as the test
        traceback.print_exc()
        os._exit(1)


def _ended(child: int) -> int:
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL), f"the child failed by itself: {code}"
    return code


def _count_down(effect: int) -> None:
    left = effect

    def count() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(event: str, args: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and isinstance(args[2], int) and args[2] & WRITING):
            count()

    def execute(run: Callable[..., Any], *args: Any) -> Any:
        count()
        return run(*args)

    sys.addaudithook(audit)
    connection.execute_wrappers.append(execute)
