"""Times that can be compared on a busy machine: everything in one run, taken in turns, each round in an order of its own."""

import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 512
"""Bytes of a block as `stat` counts them."""


def _nothing(turn: int) -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Contender:
    """One way to do the work. `prepare` is not timed; both are given the number of the round."""

    name: str
    run: Callable[[int], object]
    prepare: Callable[[int], object] = _nothing


def medians(contenders: Sequence[Contender], *, rounds: int, seed: int = 1) -> dict[str, float]:
    """Milliseconds of each contender by name, the median over all rounds. A first round that warms caches up is not counted."""
    return {name: 1000 * statistics.median(found) for name, found in _times(contenders, rounds, seed, time.perf_counter).items()}


def late(contenders: Sequence[Contender], *, rounds: int, clock: Callable[[], float], seed: int = 1) -> dict[str, float]:
    """The same by a clock of one's own, and what 95 of 100 rounds stay below (p95)."""
    return {name: 1000 * statistics.quantiles(found, n=20)[-1] for name, found in _times(contenders, rounds, seed, clock).items()}


def _times(contenders: Sequence[Contender], rounds: int, seed: int, clock: Callable[[], float]) -> dict[str, list[float]]:
    order, times = random.Random(seed), {contender.name: list[float]() for contender in contenders}
    for turn in range(rounds + 1):
        for contender in order.sample(contenders, len(contenders)):
            taken = _timed(contender, turn, clock)
            if turn:
                times[contender.name].append(taken)
    return times


def _timed(contender: Contender, turn: int, clock: Callable[[], float]) -> float:
    contender.prepare(turn)
    start = clock()
    contender.run(turn)
    return clock() - start


def disk_usage(folder: Path) -> float:
    """The kB (1,000 bytes) that a folder takes on disk with everything in it, as `du` counts them."""
    blocks = folder.stat().st_blocks
    for parent, folders, files in os.walk(folder):
        blocks += sum(os.lstat(os.path.join(parent, name)).st_blocks for name in (*folders, *files))
    return blocks * _BLOCK / 1000


def flush_time(folder: Path, *, times: int = 50) -> float:
    """Milliseconds that the disk takes to make a small file durable: the floor of everything that is written here."""
    return medians([Contender("flush", lambda turn: _write_durably(folder / f"flush-{turn}"))], rounds=times)["flush"]


def _write_durably(path: Path) -> None:
    with open(path, "xb") as file:
        file.write(b"x" * 100)
        file.flush()
        os.fsync(file.fileno())
