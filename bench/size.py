"""What a cluster's repository takes on disk: new, and after ten thousand deploys."""

import shutil
import subprocess
from pathlib import Path

from bench import peers
from bench.lab import Lab
from bench.measure import disk_usage
from bench.table import Row
from horizon.gitops.http import environment


def on_disk(lab: Lab) -> list[Row]:
    """A new one beside one that the porcelain made; a long history beside the same packed at once, from nothing, by stock git."""
    fresh, stock, grown = lab.cluster("fresh"), lab.folder / "stock.git", lab.grown("grown")
    peers.create_by_push(stock, folder=lab.folder / "pushed")
    again = Path(shutil.copytree(grown, lab.folder / "again.git"))
    subprocess.run(["git", "-C", str(again), "repack", "-adfq", "--window=10", "--depth=50"], env=environment(), check=True)
    return [
        Row("new repository", disk_usage(fresh), "init and push", disk_usage(stock), bound=100, unit="kB", absolute=True),
        Row(f"after {lab.sizes.deploys:,} deploys", disk_usage(grown), "packed at once", disk_usage(again), bound=8000, unit="kB", absolute=True),
    ]
