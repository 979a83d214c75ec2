"""Pages as the server makes them: home of a large installation beside a small one, a cluster's page, and a preview while somebody types."""

import time
from functools import partial
from typing import Any

from bench.lab import Lab
from bench.lists import LISTS, PEOPLE, clock, installations
from bench.measure import Contender, late
from bench.table import Row

_LONGEST, _KEYSTROKE = 150, 50
_FLOOR = "healthz"


def in_the_browser(lab: Lab) -> list[Row]:
    """All of a request but the network, in turn; what 95 of 100 stay below."""
    sizes = installations(lab)
    return [*_home(lab, sizes), *_cluster(lab, sizes[-1])]


def _home(lab: Lab, sizes: list[Any]) -> list[Row]:
    contenders = [_opening(size, person) for size in sizes for person in PEOPLE]
    found = late(contenders, rounds=lab.sizes.rounds, clock=clock())
    few, many = lab.sizes.clusters
    rows = []
    for person, who in PEOPLE.items():
        figure, peer = found[f"{person} {many}"], found[f"{person} {few}"]
        row = partial(Row, f"home with {many:,} clusters for {who}, p95", figure, f"with {few:,}", peer)
        rows += [row(bound=1.5), row(bound=_LONGEST, absolute=True)]
    return rows


def _opening(size: Any, person: str) -> Contender:
    """Home with another question each time."""

    def run(turn: int) -> None:
        size.visit(person, f"/?{LISTS[turn % len(LISTS)]}")

    return Contender(f"{person} {size.clusters}", run, prepare=lambda turn: size.choose())


def _cluster(lab: Lab, size: Any) -> list[Row]:
    """By the clock on the wall: Git, and the process that renders, are a part of it."""
    size.choose()
    page = f"/clusters/{size.deployed()}"
    contenders = [
        Contender(_FLOOR, lambda turn: size.visit("ann", "/healthz")),
        Contender("page", lambda turn: size.visit("ann", page)),
        Contender("typed", lambda turn: size.send("ann", f"{page}/form/preview", _typed(turn))),
    ]
    found = late(contenders, rounds=lab.sizes.rounds, clock=time.perf_counter)
    return [
        Row("a cluster's page with a pending edit, p95", found["page"], _FLOOR, found[_FLOOR], bound=_LONGEST, absolute=True),
        Row("a preview after each key, p95", found["typed"], _FLOOR, found[_FLOOR], bound=_KEYSTROKE, absolute=True),
    ]


def _typed(turn: int) -> dict[str, Any]:
    return {"config": {"app": {"spec": {"replicas": 2}, "envs": [{"name": "GREETING", "value": f"hello {turn}"}]}}}
