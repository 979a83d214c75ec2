from datetime import UTC, datetime
from pathlib import Path

import pytest

from horizon.engines.contract import Target
from horizon.engines.local import LocalEngine

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def target() -> Target:
    return Target(cluster="shop-test", cluster_id=7, namespace="test-1", environment="test", region="hz")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "regions"


@pytest.fixture
def local(root: Path) -> LocalEngine:
    return LocalEngine(root)


@pytest.fixture
def folder(root: Path, target: Target) -> Path:
    """Where the cluster's live objects are."""
    return root / target.region / target.namespace / target.cluster
