"""Where benchmarks work: a temporary folder, how much is done, and one long history that several of them share."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from unittest.mock import patch

from bench import cluster
from horizon.gitops import maintenance
from horizon.gitops.repository import Repository

_SWEEP = 10
"""Deploys between two looks at whether there is enough to pack."""


@dataclass(frozen=True)
class Sizes:
    """How much is done: rounds of each comparison, deploys of the long and of the short history, runs that a rollback takes back; clusters of
    the small and of the large installation, which have the same applications and groups.
    """

    rounds: int
    deploys: int
    few: int
    runs: int
    clusters: tuple[int, int]
    applications: int
    groups: int


FULL = Sizes(rounds=100, deploys=10_000, few=10, runs=1_000, clusters=(10_000, 100_000), applications=2_000, groups=300)
QUICK = Sizes(rounds=2, deploys=200, few=3, runs=20, clusters=(200, 400), applications=100, groups=60)


class Lab:
    """One run of the benchmarks."""

    def __init__(self, folder: Path, sizes: Sizes) -> None:
        self.folder = folder
        self.sizes = sizes
        self.notes: list[str] = []
        """What is worth knowing beside the table."""

    def cluster(self, name: str, *, deploys: int = 0) -> Path:
        """A new cluster's repository with so many deploys."""
        path = self.folder / f"{name}.git"
        cluster.create(path)
        for turn in range(1, deploys + 1):
            cluster.edit_and_deploy(path, turn)
        return path

    def grown(self, name: str) -> Path:
        """A copy of the long history, packed."""
        return Path(shutil.copytree(self._history, self.folder / f"{name}.git"))

    @cached_property
    def _history(self) -> Path:
        start, path, packings = time.monotonic(), self.cluster("history"), []
        with _unflushed():
            for turn in range(1, self.sizes.deploys + 1):
                cluster.edit_and_deploy(path, turn)
                if turn % _SWEEP == 0:
                    packings.append(_packing(path))
        maintenance.pack(Repository(path))
        made, done = f"{self.sizes.deploys:,} deploys were made in {time.monotonic() - start:.0f} s", sum(map(bool, packings))
        self.notes.append(f"{made}, packed {done} times on the way; the longest packing held the lock for {max(packings):.2f} s")
        return path


def _packing(path: Path) -> float:
    """Do what the platform's sweep does; the seconds that packing took, 0 where there was too little."""
    start = time.monotonic()
    return time.monotonic() - start if cluster.maintain(path) else 0.0


@contextmanager
def _unflushed() -> Iterator[None]:
    """Write without waiting for the disk: to make a long history is no measurement, and its bytes are the same."""
    with patch.object(os, "fsync"), patch.object(os, "fdatasync"):
        yield
