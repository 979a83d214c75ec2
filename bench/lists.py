"""Lists and counts of clusters, each one request: an installation of a hundred thousand beside one of ten thousand, rows alone."""

import importlib
import os
import time
from functools import lru_cache, partial
from typing import Any

import django

from bench.lab import Lab
from bench.measure import Contender, late
from bench.table import Row

LISTS = (
    "",
    "page=20",
    "sort=-created_at",
    "sort=health",
    "environment=test&region=north",
    "health=Degraded",
    "sync=OutOfSync&environment=online",
    "pending=true",
    "group=group-4",
    "group=group-9/group-19&health=Degraded",
    "application=app-7",
    "template=deployment&release=v0.3.0",
    "owner=bob",
    "tag=critical",
    "tag=team=team-7&environment=test",
    "favourite=true",
)
COUNTS = ("", "environment=test", "health=Degraded", "group=group-4", "application=app-7", "owner=bob", "tag=team=team-7")
SEARCHES = ("search=app-7", "search=app-77-pre", "search=online-99", "search=nothing")
ASKED = {"list": ("clusters", LISTS), "search": ("clusters", SEARCHES), "counts": ("cluster-counts", COUNTS)}
PEOPLE = {"ann": "an administrator", "bob": "somebody with five roles"}
_LONGEST = 150


def at_two_sizes(lab: Lab) -> list[Row]:
    """All of a request but the network, in turn with another question each round; what 95 of 100 stay below.

    A page must cost the same at both sizes. A part of a name that is rare and the exact counts are looked for in all rows of an index: they
    must stay below the limit.
    """
    small, large = installations(lab)
    contenders = [_asking(size, person, what) for size in (small, large) for person in PEOPLE for what in ASKED]
    found = late(contenders, rounds=lab.sizes.rounds, clock=clock())
    return [row for person in PEOPLE for what in ASKED for row in _rows(lab, found, person, what)]


@lru_cache(maxsize=1)
def installations(lab: Lab) -> list[Any]:
    """The small one and the large one, made once."""
    os.environ.update(HORIZON_DATA=str(lab.folder / "data"), DJANGO_SETTINGS_MODULE="horizon.settings", LOG_LEVEL="ERROR", DATABASE_POOL="1")
    django.setup()
    # Records can be imported only now: the settings read the folder.
    installation = importlib.import_module("bench.installation").Installation
    return [installation(lab.folder, size, applications=lab.sizes.applications, groups=lab.sizes.groups) for size in lab.sizes.clusters]


def clock() -> Any:
    """SQLite works in our own thread, whose time others do not take; a server's work is only seen by the clock on the wall."""
    return time.perf_counter if os.environ.get("DATABASE_URL") else time.thread_time


def _asking(size: Any, person: str, what: str) -> Contender:
    path, questions = ASKED[what]

    def run(turn: int) -> None:
        size.ask(person, f"{path}?{questions[turn % len(questions)]}")

    return Contender(_name(size.clusters, person, what), run, prepare=lambda turn: size.choose())


def _rows(lab: Lab, found: dict[str, float], person: str, what: str) -> list[Row]:
    few, many = lab.sizes.clusters
    figure, peer = found[_name(many, person, what)], found[_name(few, person, what)]
    row = partial(Row, f"{what} of {many:,} clusters for {PEOPLE[person]}, p95", figure, f"of {few:,}", peer)
    flat = [row(bound=1.5)] if what == "list" else []
    return [*flat, row(bound=_LONGEST, absolute=True)]


def _name(clusters: int, person: str, what: str) -> str:
    return f"{what} {person} {clusters}"
