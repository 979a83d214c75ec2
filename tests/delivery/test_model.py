"""Random days of a cluster against a model of the rules, and against stock git (DESIGN 3.4, sections 4 and 5).

The model knows keys and values only. Every value that is ever set is new, so a value says which edit it came from.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from horizon.access.permissions import Actor
from horizon.delivery import ci, discard, edit, launch
from horizon.delivery.models import FINAL, Action, Pipelinerun, State
from horizon.delivery.run import advance
from horizon.errors import Conflict, StaleRevision
from horizon.gitops import layout, values
from horizon.gitops.repository import Repository
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository
from tests.fixtures import MakeCluster

KEYS = ("port", "A", "B")
Values = dict[str, Any]


@dataclass
class Landed:
    """A commit that a run made on master: when its source was, which keys it touched; a rollback knows no source."""

    source: int | None
    keys: frozenset[str]


@dataclass
class Asked:
    """A run as it was asked for: what the pending values were then, and how much had landed."""

    action: str
    at: int
    pending: Values
    seen: int
    keys: frozenset[str] | None = None
    target: int | None = None
    prefer: bool = False
    discard: bool = False
    given_up: frozenset[str] = frozenset()


@dataclass
class Model:
    """What ought to be on both branches."""

    master: Values = field(default_factory=dict)
    gitops: Values = field(default_factory=dict)
    landed: list[Landed] = field(default_factory=list)
    asked: dict[int, Asked] = field(default_factory=dict)
    shipped: dict[int, Values] = field(default_factory=dict)
    clock: Iterator[int] = field(default_factory=count)
    given_up: frozenset[str] = frozenset()
    """Keys whose pending value somebody discarded: that it falls back was decided."""

    def give_up(self, values: Values) -> None:
        """Make these the pending values, by somebody's decision."""
        self.given_up |= {key for key in self.gitops.keys() | values.keys() if self.gitops.get(key) != values.get(key)}
        self.gitops = dict(values)

    def put(self, key: str, value: Any) -> None:
        """An edit of one key."""
        self.gitops = {**self.gitops, key: value}
        self.given_up -= {key}

    def unknown_to(self, asked: Asked) -> bool:
        """Whether master holds what this run's source does not know."""
        return any(
            (item.source is None or item.source > asked.at) and (asked.keys is None or item.keys & asked.keys) for item in self.landed[asked.seen :]
        )

    def ship(self, pk: int) -> None:
        """The run ends well: what master and gitops hold then."""
        asked, before = self.asked[pk], dict(self.master)
        if asked.action == Action.ROLLBACK:
            self._roll_back(asked)
        elif asked.keys is None:
            kept = before.keys() - asked.given_up - {"restart"}
            assert all(asked.pending.get(key, 0) >= before[key] for key in kept), "a key fell back"
            self.master = dict(asked.pending)
        else:
            self.master.update({key: asked.pending[key] for key in asked.keys})
        self.shipped[pk] = dict(self.master)
        touched = frozenset(key for key in self.master.keys() | before.keys() if self.master.get(key) != before.get(key))
        if touched:
            self.landed.append(Landed(None if asked.action == Action.ROLLBACK else asked.at, touched))

    def _roll_back(self, asked: Asked) -> None:
        assert asked.target is not None
        before, restored = self.master, dict(self.shipped[asked.target])
        kept = dict(restored)
        for key in before.keys() | self.gitops.keys():
            old, new, found = before.get(key), self.gitops.get(key), restored.get(key)
            if old == new or (asked.discard and new == asked.pending.get(key)):
                continue
            if found == old or asked.prefer:
                kept[key] = new
        held = {key: value for key, value in kept.items() if value is not None}
        if asked.discard:
            self.give_up(held)
        self.master, self.gitops = restored, held


class Day:
    """A cluster and its model, driven together."""

    def __init__(self, cluster: Cluster, actor: Actor) -> None:
        self.cluster, self.actor, self.model = cluster, actor, Model()
        self.numbers = count(1000)
        self.model.gitops = self.read(layout.GITOPS)

    @property
    def repository(self) -> Repository:
        return cluster_repository(self.cluster)

    def read(self, ref: str) -> Values:
        files = self.repository.files(self.repository.refs.read()[ref])
        app = values.section(files, layout.APPLICATION, "deployment").get("app", {})
        found = {item["name"]: int(item["value"]) for item in app.get("envs", [])}
        image = values.section(files, layout.OUTPUT, "deployment").get("image", "")
        restart = values.section(files, layout.RESTART, "deployment").get("restartTime")
        found |= {"port": app["port"]} if "port" in app else {}
        found |= {"image": int(image.rpartition(":")[2])} if image else {}
        return found | ({"restart": restart} if restart else {})

    def edit(self, key: str) -> None:
        number = next(self.numbers)
        self.model.put(key, number)
        envs = [{"name": name, "value": str(self.model.gitops[name])} for name in ("A", "B") if name in self.model.gitops]
        app = {"envs": envs, **({"port": self.model.gitops["port"]} if "port" in self.model.gitops else {})}
        edit.patch_config(self.cluster, {"app": app}, actor=self.actor, title="", seen=None)
        next(self.model.clock)

    def discard(self) -> None:
        if self.model.master:
            try:
                discard.discard(self.cluster, None, actor=self.actor, title="", seen=None)
            except Conflict:
                queued = Pipelinerun.objects.filter(cluster=self.cluster, state=State.QUEUED).exclude(action=Action.ROLLBACK)
                assert queued.exists(), "it was refused without a reason"
                return
            self.model.give_up(self.model.master)
            next(self.model.clock)

    def deploy(self, overtake: bool) -> None:
        run = launch.deploy(self.cluster, launch.Order(self.actor, overtake=overtake)).run
        self._ask(run, keys=None)

    def late_click(self, meanwhile: str) -> None:
        """A person opens the dialog, something else happens, and then they press the button: what was shown is pinned."""
        refs = self.repository.refs.read()
        asked = Asked(Action.DEPLOY, next(self.model.clock), dict(self.model.gitops), len(self.model.landed), given_up=self.model.given_up)
        getattr(self, meanwhile)(*{"edit": ["A"], "image": [False], "restart": [], "roll_back": [0, False, False]}[meanwhile])
        source, base = refs[layout.GITOPS], refs[layout.MASTER]
        try:
            run = launch.deploy(self.cluster, launch.Order(self.actor), source=source, base=base).run
        except StaleRevision:
            assert base != self.repository.refs.read()[layout.MASTER]
            return
        self.model.asked[run.pk] = asked

    def image(self, again: bool) -> None:
        if not self.model.master:
            return
        number = self.model.gitops["image"] if again else next(self.numbers)
        answer = ci.post(self.cluster, ci.Post({"image": f"shop:{number}"}, whole=False, deploy=True), actor=self.actor)
        if answer["changed"]:
            next(self.model.clock)
        self.model.put("image", number)
        self._ask(Pipelinerun.objects.get(pk=answer["pipelinerun"]), keys=frozenset({"image"}))

    def restart(self) -> None:
        if not self.model.master:
            return
        run = launch.restart(self.cluster, launch.Order(self.actor)).run
        next(self.model.clock)
        self.model.gitops = self.read(layout.GITOPS)
        self._ask(run, keys=frozenset({"restart"}))

    def roll_back(self, back: int, prefer: bool, discard: bool) -> None:
        targets = sorted(self.model.shipped)
        if not targets:
            return
        target = Pipelinerun.objects.get(pk=targets[-1 - back % len(targets)])
        options = launch.Rollback(prefer_pending=prefer, discard_pending=discard, confirm=True)
        run = launch.rollback(self.cluster, launch.Order(self.actor), target=target, options=options).run
        self._ask(run, keys=None, target=target.pk, prefer=prefer, discard=discard)

    def _ask(self, run: Pipelinerun, **given: Any) -> None:
        self.model.asked[run.pk] = Asked(
            run.action, next(self.model.clock), dict(self.model.gitops), len(self.model.landed), given_up=self.model.given_up, **given
        )

    def cancel(self) -> None:
        run = Pipelinerun.objects.filter(cluster=self.cluster, state=State.QUEUED).first()
        if run:
            launch.cancel(run, self.actor)

    def work(self, crash_at: int | None) -> None:
        """A worker carries the runs; it may die before or after the n-th move of branches or write to the region."""
        try:
            with _dying(crash_at):
                advance(self.cluster.pk)
        except _Died:
            Pipelinerun.objects.filter(cluster=self.cluster, state=State.RUNNING).update(lease_until=None)
            advance(self.cluster.pk)
        self._follow()

    def _follow(self) -> None:
        """Let the model do what the ended runs say they did, in their order, and compare."""
        self.cluster.refresh_from_db()
        ended = Pipelinerun.objects.filter(cluster=self.cluster, state__in=FINAL, pk__in=self.model.asked).order_by("pk")
        for run in ended:
            if run.pk in self.model.shipped or not run.started_at:
                continue
            if run.state == State.OK:
                assert run.action == Action.ROLLBACK or not self.model.unknown_to(self.model.asked[run.pk]), "it shipped over what it did not know"
                self.model.ship(run.pk)
            elif run.state == State.CANCELLED and "master moved" in run.message:
                assert self.model.unknown_to(self.model.asked.pop(run.pk)), "it was refused without a reason"
            else:
                raise AssertionError(f"{run.state}: {run.message}")
        assert not Pipelinerun.objects.filter(cluster=self.cluster).exclude(state__in=FINAL).exists()
        assert self.read(layout.MASTER) == self.model.master
        assert self.read(layout.GITOPS) == self.model.gitops


class _Died(BaseException):
    """The worker was killed."""


def _dying(moment: int | None) -> Any:
    """Die at the n-th outside effect: even before it, odd after it."""
    patch = pytest.MonkeyPatch()
    left = iter(range(moment + 1)) if moment is not None else None

    def counted(real: Any) -> Any:
        def work(*args: Any, **kwargs: Any) -> Any:
            last = left is not None and next(left, None) == (moment or 0) // 2
            if last and moment is not None and moment % 2 == 0:
                raise _Died
            done = real(*args, **kwargs)
            if last:
                raise _Died
            return done

        return work

    from horizon.engines.local import LocalEngine  # noqa: PLC0415

    patch.setattr(Repository, "move", counted(Repository.move))
    patch.setattr(LocalEngine, "sync", counted(LocalEngine.sync))
    return _Undo(patch)


class _Undo:
    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch

    def __enter__(self) -> None:
        return None

    def __exit__(self, *args: object) -> None:
        self.patch.undo()


DEEDS = st.one_of(
    st.tuples(st.just("edit"), st.sampled_from(KEYS)),
    st.tuples(st.just("edit"), st.sampled_from(KEYS)),
    st.tuples(st.just("deploy"), st.booleans()),
    st.tuples(st.just("late_click"), st.sampled_from(["edit", "image", "restart", "roll_back"])),
    st.tuples(st.just("image"), st.booleans()),
    st.tuples(st.just("restart")),
    st.tuples(st.just("roll_back"), st.integers(0, 5), st.booleans(), st.booleans()),
    st.tuples(st.just("discard")),
    st.tuples(st.just("cancel")),
    st.tuples(st.just("work"), st.one_of(st.none(), st.integers(0, 7))),
    st.tuples(st.just("work"), st.none()),
)

_names = count()


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(DEEDS, min_size=5, max_size=25))
def test_any_day_keeps_the_rules(make_cluster: MakeCluster, ann: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deeds: list[Any]) -> None:
    monkeypatch.setattr(launch, "timezone", _Clock())
    name = f"day-{next(_names)}"
    day = Day(make_cluster(name, image="shop:1"), ann)

    for deed, *given_with in [("deploy", False), ("work", None), *deeds, ("work", None)]:
        getattr(day, deed)(*given_with)
        _always(day)

    _judged_by_git(day.repository, tmp_path / name)


class _Clock:
    """A clock that never shows the same second twice."""

    def __init__(self) -> None:
        self.times = count(1)

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=next(self.times))


def _always(day: Day) -> None:
    refs = day.repository.refs.read()
    assert day.repository.is_ancestor(refs[layout.MASTER], refs[layout.GITOPS])
    assert day.read(layout.GITOPS) == day.model.gitops


def _judged_by_git(repository: Repository, folder: Path) -> None:
    """Stock git finds the repository sound, a merge clean, and a revert of each rollback's commits the same tree."""
    assert _git(repository.path, "fsck", "--strict").returncode == 0
    _git(repository.path.parent, "clone", "-q", "-b", "gitops", str(repository.path), str(folder))
    assert "up to date" in _git(folder, "merge", "origin/master").stdout
    for commit in repository.first_parents(repository.refs.read()[layout.MASTER]):
        reverted = [line.split()[-1].rstrip(".") for line in str(commit.message).splitlines() if line.startswith("This reverts commit")]
        if reverted:
            assert _reverted(folder, commit.parents[0].hexsha, reverted) == commit.tree.hexsha


def _reverted(folder: Path, start: str, shas: list[str]) -> str:
    _git(folder, "checkout", "-q", "--detach", start)
    for sha in shas:
        merge = ["-m", "1"] if len(_git(folder, "show", "-s", "--format=%P", sha).stdout.split()) > 1 else []
        done = _git(folder, "-c", "user.name=t", "-c", "user.email=t@t", "revert", "--no-edit", *merge, sha)
        assert done.returncode == 0, done.stderr
    return _git(folder, "rev-parse", "HEAD^{tree}").stdout.strip()


def _git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
