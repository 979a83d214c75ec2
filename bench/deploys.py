"""One edit and its deploy, durable on Git: against libgit2, against a clone, and late in a long history against early."""

from collections.abc import Sequence
from pathlib import Path

from bench import cluster, peers
from bench.lab import Lab
from bench.measure import Contender, medians
from bench.table import Row

_SWEEP = 10


def against_peers(lab: Lab) -> list[Row]:
    """The same two commits and both branches, in repositories that begin alike. The clone is not durable, and slow all the same."""
    ours, libgit2, cloned = (lab.cluster(name) for name in ("ours", "libgit2", "cloned"))
    peers.durable(libgit2)
    contenders = [
        Contender("ours", lambda turn: cluster.edit_and_deploy(ours, turn + 1)),
        Contender("pygit2", lambda turn: peers.by_pygit2(libgit2, turn + 1)),
        Contender("clone", lambda turn: peers.by_clone(cloned, turn + 1, folder=lab.folder / "clone")),
    ]
    found = medians(contenders, rounds=lab.sizes.rounds)
    _refuse_other_results([ours, libgit2, cloned])
    return [
        Row("edit + deploy", found["ours"], "pygit2, flushing", found["pygit2"], bound=1.5),
        Row("edit + deploy", found["ours"], "clone and push by GitPython", found["clone"], bound=0.1),
    ]


def late_against_early(lab: Lab) -> list[Row]:
    """The long history beside the short one, both packed as the platform does it. The short one grows by one deploy a round."""
    paths = {"late": lab.grown("late"), "early": lab.cluster("early", deploys=lab.sizes.few)}
    found = medians([_deploying(lab, name, path) for name, path in paths.items()], rounds=2 * lab.sizes.rounds)
    return [Row(f"edit + deploy at {lab.sizes.deploys:,} deploys", found["late"], f"at {lab.sizes.few}", found["early"], bound=1.3)]


def _deploying(lab: Lab, name: str, path: Path) -> Contender:
    def run(turn: int) -> None:
        cluster.edit_and_deploy(path, lab.sizes.deploys + turn + 1)

    def prepare(turn: int) -> None:
        if turn % _SWEEP == 0:
            cluster.maintain(path)

    return Contender(name, run, prepare)


def _refuse_other_results(paths: Sequence[Path]) -> None:
    if len({cluster.released(path) for path in paths}) != 1:
        raise AssertionError("the peers did not do the same work: their trees differ")
