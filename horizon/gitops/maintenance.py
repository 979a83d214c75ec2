"""Keep a repository small: pack what lies loose, under the repository's lock, and clear what killed processes left."""

import math
import subprocess
import time
from pathlib import Path

from horizon.errors import Unavailable
from horizon.gitops.http import environment
from horizon.gitops.repository import Repository

LOOSE_OBJECTS = 600
"""About a hundred edits and deploys: packing them holds the lock for 0.1 s."""
_DEBRIS_AGE = 3600.0
_REPACK_LIMIT = 300.0


def loose_objects(repository: Repository) -> int:
    """About how many objects lie loose, from 16 of the 256 folders; git itself looks at one, which is enough only for thousands."""
    return 16 * sum(1 for _ in (repository.path / "objects").glob("1?/*"))


def pack(repository: Repository) -> None:
    """Put everything reachable into one pack and keep the rest. Raises `Unavailable` when git fails."""
    command = ["git", "-C", str(repository.path), "repack", "-adqk", "--window=10", "--depth=50"]
    with repository.locked():
        try:
            done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=_REPACK_LIMIT, check=False)
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"git repack took longer than {_REPACK_LIMIT:g} seconds", code="git") from error
        _clear_debris(repository)
    if done.returncode:
        raise Unavailable(f"git repack failed: {done.stderr.strip()[-300:]}", code="git")


def _clear_debris(repository: Repository) -> None:
    oldest = time.time() - _DEBRIS_AGE
    for pattern in ("packed-refs.*", "objects/??/tmp_obj_*", "objects/pack/tmp_*"):
        for path in repository.path.glob(pattern):
            if _written(path) < oldest:
                path.unlink(missing_ok=True)


def _written(path: Path) -> float:
    """When a file was written last; one that its owner has just put in its place is new."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return math.inf
