"""The processes of an installation on one machine (DESIGN.md section 13). In production each runs alone, started by the same words."""

import sys

from horizon.commands.supervisor import Program

WEB_THREADS = 128
"""Requests at once: a person who waits for a run holds one for up to a minute."""
WORKERS = 2


def web(*, bind: str, port: int) -> Program:
    """One web process with many threads."""
    host = f"[{bind}]" if ":" in bind else bind
    options = f"--bind {host}:{port} --worker-class gthread --workers 1 --threads {WEB_THREADS} --graceful-timeout 3 --no-control-socket"
    return Program("web", (sys.executable, "-m", "gunicorn", "horizon.wsgi", *options.split(), "--log-level", "warning"))


def worker() -> Program:
    """Carries runs; finishes the one in hand when told to stop."""
    options = f"--pool prefork --concurrency {WORKERS} --without-gossip --without-mingle --without-heartbeat"
    return Program("worker", (sys.executable, "-m", "celery", "-A", "horizon", "--quiet", "worker", *options.split()))


def scheduler() -> Program:
    """Rings for what is due. Writes no pid file: one left by a crash would stop the next start."""
    return Program("scheduler", (sys.executable, "-m", "celery", "-A", "horizon", "--quiet", "beat", "--pidfile="))
