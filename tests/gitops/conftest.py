"""Real repositories in temporary folders, and children for tests of concurrency and of sudden death."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from horizon.gitops.repository import Repository
from tests.gitops.flows import create
from tests.gitops.nursery import Nursery


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A cluster's repository with everything pending and nothing released."""
    path = tmp_path / "shop.git"
    create(path)
    return Repository(path)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """The process that forks children."""
    made = Nursery()
    yield made
    made.close()
