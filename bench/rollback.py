"""A rollback over a thousand runs with an edit pending: Git's share of it, without schema and rendering."""

from pathlib import Path

from bench import cluster
from bench.lab import Lab
from bench.measure import Contender, medians
from bench.table import Row
from horizon.gitops import layout


def over_many_runs(lab: Lab) -> list[Row]:
    """The floor is one commit and one move of a branch."""
    path, floor = lab.grown("rollback"), lab.grown("floor")
    found = medians(
        [_rolling_back(lab, path), Contender("floor", lambda turn: cluster.commit_nothing(floor, turn))], rounds=lab.sizes.rounds // 4 + 1
    )
    return [Row(f"rollback over {lab.sizes.runs:,} runs", found["ours"], "one empty commit", found["floor"], bound=500, absolute=True)]


def _rolling_back(lab: Lab, path: Path) -> Contender:
    targets: dict[int, str] = {}

    def prepare(turn: int) -> None:
        cluster.edit(path, lab.sizes.deploys + turn + 1, file=layout.PIPELINE, content=f"pipeline:\n  buildType: type-{turn}\n".encode())
        targets[turn] = cluster.revision(path, back=lab.sizes.runs)

    return Contender("ours", lambda turn: cluster.roll_back(path, lab.sizes.deploys + turn + 1, target=targets[turn]), prepare)
