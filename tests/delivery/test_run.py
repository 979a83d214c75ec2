"""The steps of a run against a region that refuses, is away, takes its time, or answers while others act (DESIGN sections 4 and 5)."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as platform
from django.db import connection
from django.db.models import F

from horizon.access.permissions import Actor
from horizon.catalog.renderer import Renderer
from horizon.delivery import ci, launch, lease, regions, run, status, sweeping, tasks
from horizon.delivery.models import ACTIVE, Pipelinerun, State, Step, StepName
from horizon.engines.contract import Health, Refusal
from horizon.engines.local import LocalEngine
from horizon.errors import Conflict
from horizon.gitops import layout, repository
from horizon.gitops.repository import Repository, trailers
from horizon.gitops.store import Store
from horizon.inventory.models import Cluster, Event
from horizon.inventory.repositories import cluster_repository
from tests.delivery.engines import Region, wilful_region
from tests.fixtures import MakeCluster, carry, deploy, released, replicas, roll_back

UNHEALTHY = Health.PROGRESSING


@pytest.fixture
def region(deployed: Cluster, monkeypatch: pytest.MonkeyPatch) -> Region:
    """The region of a cluster whose first run is healthy."""
    return wilful_region(deployed, monkeypatch)


def launched(cluster: Cluster, actor: Actor, count: int = 2, **given: Any) -> Pipelinerun:
    """A queued deploy of a number of replicas."""
    replicas(cluster, count, actor)
    return launch.deploy(cluster, launch.Order(actor, **given)).run


def carried(pipelinerun: Pipelinerun) -> Pipelinerun:
    """The run after a worker has looked at its cluster's runs once."""
    carry(pipelinerun.cluster)
    pipelinerun.refresh_from_db()
    return pipelinerun


def later(pipelinerun: Pipelinerun) -> Pipelinerun:
    """The run after its backoff is over and a worker has looked again."""
    Pipelinerun.objects.filter(pk=pipelinerun.pk).update(lease_until=None)
    return carried(pipelinerun)


def watched(cluster: Cluster, actor: Actor, region: Region, count: int = 2) -> Pipelinerun:
    """A run that waits for its region to become healthy."""
    region.health = UNHEALTHY
    pipelinerun = carried(launched(cluster, actor, count))
    assert (pipelinerun.state, pipelinerun.step) == (State.RUNNING, StepName.WATCH)
    return pipelinerun


def steps(pipelinerun: Pipelinerun) -> dict[str, str]:
    return dict(pipelinerun.steps.values_list("name", "state"))


def backoff(pipelinerun: Pipelinerun) -> float:
    assert pipelinerun.lease_until is not None
    return (pipelinerun.lease_until - lease.database_now()).total_seconds()


def notice(cluster: Cluster) -> str:
    return " ".join(status.status(cluster)["notices"])


# Preflight


def test_a_refusal_ends_the_run_with_field_and_reason(deployed: Cluster, region: Region, ann: Actor) -> None:
    region.refusals = (Refusal("Service/shop-test", "spec.clusterIP", "is immutable"),)
    before = cluster_repository(deployed).refs.read()[layout.MASTER]

    pipelinerun = carried(launched(deployed, ann))

    assert (pipelinerun.state, pipelinerun.message) == (State.FAILED, "the region would refuse Service/shop-test spec.clusterIP: is immutable")
    assert pipelinerun.outcome["refusals"] == [{"object": "Service/shop-test", "field": "spec.clusterIP", "reason": "is immutable"}]
    assert steps(pipelinerun) == {"preflight": State.FAILED}
    assert (cluster_repository(deployed).refs.read()[layout.MASTER], region.effects()) == (before, [])


def test_a_rollback_is_only_warned(deployed: Cluster, region: Region, ann: Actor) -> None:
    first = Pipelinerun.objects.get()
    replicas(deployed, 2, ann)
    deploy(deployed, ann)
    region.refusals = (Refusal("Service/shop-test", "spec.clusterIP", "is immutable"),)

    pipelinerun = roll_back(deployed, ann, first)

    assert pipelinerun.state == State.OK
    assert pipelinerun.steps.get(name=StepName.PREFLIGHT).message == "warned: Service/shop-test spec.clusterIP: is immutable"


# A region out of reach


def test_a_region_out_of_reach_is_tried_again_after_longer_and_longer_pauses(deployed: Cluster, region: Region, ann: Actor) -> None:
    region.leave("sync")
    pipelinerun = carried(launched(deployed, ann))

    pauses = [backoff(pipelinerun)]
    for _ in range(run.MOST_TRIES - 2):
        pauses.append(backoff(later(pipelinerun)))

    assert [round(pause) for pause in pauses] == [2, 4, 8, 16]
    assert (pipelinerun.state, pipelinerun.message, pipelinerun.step) == (State.RUNNING, "nobody answers", StepName.SYNC)


def test_a_region_that_stays_out_of_reach_fails_the_run(deployed: Cluster, region: Region, ann: Actor) -> None:
    region.leave("sync")
    pipelinerun = carried(launched(deployed, ann))

    for _ in range(run.MOST_TRIES - 1):
        later(pipelinerun)

    assert (pipelinerun.state, pipelinerun.message) == (State.FAILED, "gave up at sync after 5 attempts: nobody answers")
    assert region.effects() == ["sync"] * run.MOST_TRIES + ["terminate"]


def test_a_region_that_comes_back_gets_the_run(deployed: Cluster, region: Region, ann: Actor) -> None:
    region.leave("sync")
    pipelinerun = carried(launched(deployed, ann))

    region.leave()
    later(pipelinerun)

    assert pipelinerun.state == State.OK
    assert region.asked.count("preflight") == 1


def test_tries_begin_anew_with_every_step(deployed: Cluster, region: Region, ann: Actor) -> None:
    region.leave("sync")
    pipelinerun = launched(deployed, ann)
    with busy(deployed):
        carried(pipelinerun)
        for _ in range(run.MOST_TRIES - 2):
            later(pipelinerun)
    assert (pipelinerun.state, pipelinerun.step, pipelinerun.tries) == (State.RUNNING, StepName.MERGE, run.MOST_TRIES - 1)

    later(pipelinerun)

    assert (pipelinerun.step, pipelinerun.tries, round(backoff(pipelinerun))) == (StepName.SYNC, 1, 2)


@contextmanager
def busy(cluster: Cluster) -> Iterator[None]:
    """Somebody else writes to the repository, and nobody is patient."""
    with cluster_repository(cluster).locked(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(repository, "_PATIENCE", 0.0)
        yield


def test_a_run_that_gave_up_leaves_no_operation_behind(deployed: Cluster, ann: Actor, settings: Any) -> None:
    (file,) = (settings.HORIZON_DATA / "regions").rglob("service-*.yaml")
    file.unlink()
    (file / "in the way").mkdir(parents=True)
    pipelinerun = carried(launched(deployed, ann))

    for _ in range(run.MOST_TRIES - 1):
        later(pipelinerun)

    assert (pipelinerun.state, pipelinerun.step) == (State.FAILED, StepName.SYNC)
    assert status.status(deployed)["health"] == "Degraded"
    assert f"{pipelinerun.uuid} for revision {pipelinerun.revision} was withdrawn" in status.status(deployed)["message"]


def test_a_run_fails_even_where_its_operation_cannot_be_withdrawn(deployed: Cluster, region: Region, ann: Actor) -> None:
    region.leave("sync", "terminate")
    pipelinerun = carried(launched(deployed, ann))

    for _ in range(run.MOST_TRIES - 1):
        later(pipelinerun)

    assert pipelinerun.state == State.FAILED
    assert pipelinerun.message == "gave up at sync after 5 attempts: nobody answers; its operation could not be withdrawn: nobody answers"


def test_a_fault_of_ours_is_tried_again_and_ends_with_its_kind(deployed: Cluster, region: Region, ann: Actor) -> None:
    pipelinerun = launched(deployed, ann)

    for _ in range(run.MOST_TRIES):
        region.hooks["sync"] = lambda: {}["missing"]
        tasks.advance(deployed.pk)
        Pipelinerun.objects.filter(pk=pipelinerun.pk).update(lease_until=None)
    tasks.advance(deployed.pk)

    pipelinerun.refresh_from_db()
    assert (pipelinerun.state, pipelinerun.message) == (
        State.FAILED,
        "gave up at sync after 5 attempts: KeyError in the worker, whose log says more",
    )


# Merge


def test_a_foreign_push_in_the_midst_of_a_merge_is_waited_for(deployed: Cluster, ann: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    pipelinerun = launched(deployed, ann)
    _at("plan", None, monkeypatch, lambda: push(deployed))

    carried(pipelinerun)
    later(pipelinerun)

    assert pipelinerun.state == State.OK
    assert released(deployed)["app"]["spec"]["replicas"] == 2
    assert commits_of(deployed, pipelinerun) == 1


def push(cluster: Cluster) -> None:
    """A commit of somebody else's on `gitops`, as a push leaves it."""
    identity = ["-c", "user.name=eve", "-c", "user.email=eve@example.test"]
    sha = git(cluster, *identity, "commit-tree", "-p", "gitops", "-m", "By hand", "gitops^{tree}")
    git(cluster, "update-ref", layout.GITOPS, sha)


def git(cluster: Cluster, *arguments: str) -> str:
    path = cluster_repository(cluster).path
    return subprocess.run(["git", *arguments], cwd=path, check=True, capture_output=True, text=True).stdout.strip()


def commits_of(cluster: Cluster, pipelinerun: Pipelinerun) -> int:
    repository = cluster_repository(cluster)
    commits = repository.first_parents(repository.refs.read()[layout.MASTER])
    return sum(trailers(str(commit.message)).get(layout.PIPELINERUN_TRAILER) == str(pipelinerun.uuid) for commit in commits)


# Watch


def test_a_watch_holds_no_worker(deployed: Cluster, region: Region, ann: Actor) -> None:
    pipelinerun = watched(deployed, ann, region)

    assert (pipelinerun.lease_until, lease.waiting_clusters()) == (None, [deployed.pk])
    assert region.asked.count("observe") == 1
    assert steps(pipelinerun) == {"preflight": State.OK, "merge": State.OK, "sync": State.OK, "watch": State.RUNNING}


def test_a_later_look_finds_the_region_healthy(deployed: Cluster, region: Region, ann: Actor) -> None:
    pipelinerun = watched(deployed, ann, region)
    for _ in range(2 * run.MOST_TRIES):
        assert carried(pipelinerun).state == State.RUNNING

    region.health = None
    carried(pipelinerun)

    assert (pipelinerun.state, pipelinerun.healthy_at is not None) == (State.OK, True)
    assert region.effects() == ["sync"]


def test_a_region_that_is_lost_from_sight_is_waited_for(deployed: Cluster, region: Region, ann: Actor) -> None:
    region.leave("observe")
    pipelinerun = carried(launched(deployed, ann))
    for _ in range(2 * run.MOST_TRIES):
        assert carried(pipelinerun).state == State.RUNNING

    region.leave()
    carried(pipelinerun)

    assert pipelinerun.state == State.OK


def test_a_region_that_is_not_healthy_in_time_fails_the_run(deployed: Cluster, region: Region, ann: Actor, settings: Any) -> None:
    pipelinerun = watched(deployed, ann, region)
    overdue(pipelinerun, settings)

    carried(pipelinerun)

    assert (pipelinerun.state, pipelinerun.step) == (State.FAILED, StepName.WATCH)
    assert pipelinerun.message.startswith(f"not healthy within {settings.HORIZON_WATCH_LIMIT} s: Synced, Progressing.")
    assert (pipelinerun.revision, region.effects()) == (deployed.master, ["sync", "terminate"])


def overdue(pipelinerun: Pipelinerun, settings: Any) -> None:
    """The run has been watched for as long as it may."""
    Step.objects.filter(pipelinerun=pipelinerun, name=StepName.WATCH).update(
        started_at=F("started_at") - timedelta(seconds=settings.HORIZON_WATCH_LIMIT + 1)
    )


def test_what_is_released_and_not_healthy_is_said(deployed: Cluster, region: Region, ann: Actor, settings: Any) -> None:
    pipelinerun = watched(deployed, ann, region)
    assert notice(deployed) == ""

    overdue(pipelinerun, settings)
    carried(pipelinerun)

    assert notice(deployed) == f"master holds run {pipelinerun.pk}, which did not become healthy: roll back or deploy again"


@pytest.mark.parametrize("look", [status.status, lambda cluster: sweeping.sweep()])
def test_health_that_comes_after_the_end_is_written(
    deployed: Cluster, region: Region, ann: Actor, settings: Any, look: Callable[[Cluster], object]
) -> None:
    pipelinerun = watched(deployed, ann, region)
    overdue(pipelinerun, settings)
    ended = carried(pipelinerun).finished_at
    assert pipelinerun.healthy_at is None

    region.health = None
    look(deployed)

    pipelinerun.refresh_from_db()
    assert pipelinerun.healthy_at is not None
    assert (pipelinerun.state, pipelinerun.finished_at, notice(deployed)) == (State.FAILED, ended, "")


# Order


def test_a_deploy_waits_for_the_running_one(deployed: Cluster, region: Region, ann: Actor) -> None:
    first = watched(deployed, ann, region)
    second = carried(launched(deployed, ann, 3))

    assert (carried(first).state, second.state) == (State.RUNNING, State.QUEUED)
    region.health = None
    assert (carried(first).state, carried(second).state) == (State.OK, State.OK)
    assert first.superseded_by is None


def test_a_deploy_with_overtake_ends_the_watch(deployed: Cluster, region: Region, ann: Actor) -> None:
    first = watched(deployed, ann, region)

    second = launched(deployed, ann, 3, overtake=True)
    carried(first)

    assert (first.state, first.superseded_by, first.message) == (State.CANCELLED, second, f"overtaken by run {second.pk}")
    assert first.revision
    second.refresh_from_db()
    assert (second.state, second.step) == (State.RUNNING, StepName.WATCH)


@pytest.mark.parametrize("call", ["preflight", "sync"])
def test_a_deploy_with_overtake_lets_the_running_one_come_to_its_watch(deployed: Cluster, region: Region, ann: Actor, call: str) -> None:
    region.hooks[call] = lambda: launched(deployed, ann, 3, overtake=True)

    first = carried(launched(deployed, ann))

    second = Pipelinerun.objects.exclude(pk=first.pk).latest("pk")
    assert (first.state, first.superseded_by, second.state) == (State.OK, None, State.OK)
    assert [commits_of(deployed, item) for item in (first, second)] == [1, 1]


def test_a_run_is_not_overtaken_by_one_that_was_cancelled(deployed: Cluster, region: Region, ann: Actor) -> None:
    first = watched(deployed, ann, region)
    launch.cancel(launched(deployed, ann, 3, overtake=True), ann)

    carried(first)
    assert first.state == State.RUNNING

    region.health = None
    assert (carried(first).state, first.superseded_by) == (State.OK, None)


def test_a_rollback_ends_the_running_one_wherever_it_is(deployed: Cluster, region: Region, ann: Actor) -> None:
    target = Pipelinerun.objects.get()
    back: list[Pipelinerun] = []
    options = launch.Rollback()
    region.hooks["preflight"] = lambda: back.append(launch.rollback(deployed, launch.Order(ann), target=target, options=options).run)

    first = carried(launched(deployed, ann))

    back[0].refresh_from_db()
    assert (first.state, first.superseded_by, commits_of(deployed, first)) == (State.CANCELLED, back[0], 0)
    assert (back[0].state, released(deployed)["app"]["spec"]["replicas"]) == (State.OK, 1)


@pytest.mark.parametrize("first_ends", [State.OK, State.FAILED])
def test_the_end_of_a_run_starts_the_next_one(deployed: Cluster, region: Region, ann: Actor, first_ends: State) -> None:
    runs = [ci.post(deployed, ci.Post({"image": f"library/shop:v{n}"}, whole=False, deploy=True), actor=ann)["pipelinerun"] for n in (2, 3)]
    if first_ends == State.FAILED:
        region.hooks["sync"] = refuse

    carry(deployed)

    assert [Pipelinerun.objects.get(pk=pk).state for pk in runs] == [first_ends, State.OK]


def refuse() -> None:
    raise Conflict("another operation holds it")


# Cancel


@pytest.mark.parametrize(
    ("moment", "released_by_then", "afterwards"),
    [
        ("preflight", False, []),
        ("plan", False, []),
        ("move", True, ["terminate"]),
        ("sync", True, ["terminate"]),
        ("watch", True, ["terminate"]),
    ],
)
def test_a_cancelled_run_ends_before_its_next_effect(
    deployed: Cluster, region: Region, ann: Actor, monkeypatch: pytest.MonkeyPatch, moment: str, released_by_then: bool, afterwards: list[str]
) -> None:
    pipelinerun, before = launched(deployed, ann), deployed.master
    region.health = UNHEALTHY
    _log_moves(region, monkeypatch)
    _at(moment, region, monkeypatch, lambda: (launch.cancel(pipelinerun, ann), region.asked.clear()))

    carried(pipelinerun)
    carried(pipelinerun)

    assert (pipelinerun.state, pipelinerun.message) == (State.CANCELLED, "cancelled by ann")
    assert region.effects() == afterwards
    assert commits_of(deployed, pipelinerun) == released_by_then
    assert (deployed.master != before, pipelinerun.revision) == (released_by_then, deployed.master if released_by_then else "")
    assert State.RUNNING not in steps(pipelinerun).values()


def _log_moves(region: Region, patch: pytest.MonkeyPatch) -> None:
    move = Repository.move

    def logged(repository: Repository, moves: Any) -> None:
        region.asked.append("move")
        move(repository, moves)

    patch.setattr(Repository, "move", logged)


def _at(moment: str, region: Region | None, patch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Act in the midst of a step: while the region works, when the merge is planned, or as soon as the branches moved."""
    if moment not in ("plan", "move"):
        region.hooks[{"watch": "observe"}.get(moment, moment)] = act
        return
    owner, name = (run, "_plan") if moment == "plan" else (Repository, "move")
    real = getattr(owner, name)

    def then_act(*args: Any) -> Any:
        done = real(*args)
        patch.setattr(owner, name, real)
        act()
        return done

    patch.setattr(owner, name, then_act)


def test_the_operation_is_withdrawn_before_the_run_ends(deployed: Cluster, region: Region, ann: Actor) -> None:
    pipelinerun = watched(deployed, ann, region)
    launch.cancel(pipelinerun, ann)
    states = []
    region.hooks["terminate"] = lambda: states.append(Pipelinerun.objects.get(pk=pipelinerun.pk).state)

    carried(pipelinerun)

    assert (states, pipelinerun.state) == ([State.RUNNING], State.CANCELLED)


def test_an_operation_of_a_cancelled_run_cannot_begin_any_more(
    deployed: Cluster, region: Region, ann: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipelinerun = launched(deployed, ann)
    _at("move", region, monkeypatch, lambda: launch.cancel(pipelinerun, ann))

    carried(pipelinerun)

    with pytest.raises(Conflict):
        region.real.sync(regions.target(deployed), pipelinerun.revision, [], operation=str(pipelinerun.uuid))


def test_an_operation_that_cannot_be_withdrawn_stays_owed(deployed: Cluster, region: Region, ann: Actor) -> None:
    pipelinerun = watched(deployed, ann, region)
    launch.cancel(pipelinerun, ann)
    region.leave("terminate")

    for _ in range(2 * run.MOST_TRIES):
        later(pipelinerun)
        assert pipelinerun.state == State.RUNNING
        assert backoff(pipelinerun) > 1
    assert pipelinerun.message == "cancelling: the region's operation could not be withdrawn yet: nobody answers"

    region.leave()
    later(pipelinerun)
    assert (pipelinerun.state, region.asked.count("terminate")) == (State.CANCELLED, 2 * run.MOST_TRIES + 1)


def test_a_cancelled_run_lets_the_next_one_start(deployed: Cluster, region: Region, ann: Actor) -> None:
    first = watched(deployed, ann, region)
    second = launched(deployed, ann, 3)
    region.health = None

    launch.cancel(first, ann)
    carried(first)

    second.refresh_from_db()
    assert (first.state, second.state, released(deployed)["app"]["spec"]["replicas"]) == (State.CANCELLED, State.OK, 3)


# A worker that was stopped and goes on later


@pytest.mark.parametrize("call", ["preflight", "sync", "observe"])
def test_a_worker_that_lost_its_run_leaves_no_trace(deployed: Cluster, region: Region, ann: Actor, call: str) -> None:
    pipelinerun = launched(deployed, ann)
    then: list[Any] = []
    region.hooks[call] = lambda: (later(pipelinerun), time.sleep(0.02), then.append(everything_about(pipelinerun)))

    carry(deployed)

    assert then[0] == everything_about(pipelinerun)
    assert (pipelinerun.state, commits_of(deployed, pipelinerun)) == (State.OK, 1)


def everything_about(pipelinerun: Pipelinerun) -> list[Any]:
    """All rows that tell of a run."""
    runs, rows = Pipelinerun.objects.filter(pk=pipelinerun.pk), Step.objects.filter(pipelinerun=pipelinerun)
    return [*runs.values(), *rows.order_by("pk").values(), Event.objects.count()]


def test_a_worker_that_lost_its_run_does_not_bring_its_revision_back(deployed: Cluster, region: Region, ann: Actor) -> None:
    pipelinerun = launched(deployed, ann)
    region.hooks["sync"] = lambda: (later(pipelinerun), deploy_of(deployed, ann, 3))

    carry(deployed)

    seen = status.status(deployed)
    assert (seen["sync"], seen["behind"], seen["revision"]) == ("Synced", False, Pipelinerun.objects.latest("pk").revision)
    assert released(deployed)["app"]["spec"]["replicas"] == 3


def deploy_of(cluster: Cluster, actor: Actor, count: int) -> Pipelinerun:
    """A deploy of a number of replicas, carried to its end."""
    replicas(cluster, count, actor)
    return deploy(cluster, actor)


def test_a_worker_that_lost_its_run_fails_it_for_nobody(deployed: Cluster, region: Region, ann: Actor) -> None:
    pipelinerun = launched(deployed, ann)

    def lose_it_and_fall() -> None:
        Pipelinerun.objects.filter(pk=pipelinerun.pk).update(lease_until=None)
        assert lease.claim(deployed.pk)
        refuse()

    region.hooks["sync"] = lose_it_and_fall
    carried(pipelinerun)

    assert (pipelinerun.state, region.effects()) == (State.RUNNING, ["sync"])
    assert later(pipelinerun).state == State.OK


# Drift


def test_a_run_that_ships_nothing_new_heals_drift(deployed: Cluster, region: Region, ann: Actor, settings: Any) -> None:
    (file,) = (settings.HORIZON_DATA / "regions").rglob("deployment-*.yaml")
    before, master = file.read_text(), deployed.master
    file.write_text(before.replace("replicas: 1", "replicas: 7"))
    assert status.status(deployed)["sync"] == "OutOfSync"

    pipelinerun = deploy(deployed, ann)

    assert (pipelinerun.state, pipelinerun.revision, deployed.master) == (State.OK, master, master)
    assert (status.status(deployed)["sync"], file.read_text()) == ("Synced", before)


# Transactions


@pytest.mark.django_db(transaction=True)
def test_no_transaction_encloses_git_helm_or_the_region(make_cluster: MakeCluster, ann: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    effects = [(Store, "read"), (Store, "write"), (Repository, "move"), (Renderer, "render")]
    effects += [(LocalEngine, name) for name in ("preflight", "sync", "observe", "terminate")]
    seen = [_outside_transactions(owner, name, monkeypatch) for owner, name in effects]
    region, cluster = Region(LocalEngine(platform.HORIZON_DATA / "regions")), make_cluster("watched")
    monkeypatch.setattr(regions, "engine", lambda cluster: region)

    deploy(cluster, ann)
    deploy_of(cluster, ann, 2)
    launch.restart(cluster, launch.Order(ann))
    launch.cancel(watched(cluster, ann, region, 3), ann)
    region.health = None
    roll_back(cluster, ann)
    ci.post(cluster, ci.Post({"image": "library/shop:v2"}, whole=False, deploy=True), actor=ann, key="build-7")
    carry(cluster)
    sweeping.sweep()

    assert not Pipelinerun.objects.filter(state__in=(*ACTIVE, State.FAILED)).exists()
    assert all(calls for calls in seen)


def _outside_transactions(owner: type, name: str, patch: pytest.MonkeyPatch) -> list[str]:
    """From now on the method is called outside transactions only; the calls, as they come."""
    real, calls = getattr(owner, name), []

    def guarded(*args: Any, **kwargs: Any) -> Any:
        assert not connection.in_atomic_block, f"{owner.__name__}.{name} in a transaction"
        calls.append(name)
        return real(*args, **kwargs)

    patch.setattr(owner, name, guarded)
    return calls
