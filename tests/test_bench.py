"""Every benchmark runs; its speed is no subject of a test."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.skipif(not os.environ.get("HELM_BIN"), reason="the helm program is not here")
def test_all_benchmarks_run_at_tiny_sizes() -> None:
    done = subprocess.run([sys.executable, "-m", "bench", "--quick"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in ("edit + deploy", "rendered preview", "rollback over", "new repository", "counts of"))
