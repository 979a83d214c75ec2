"""Who carries a run: one worker at a time, by the database's clock, and one that lost it leaves no trace (DESIGN section 4)."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from horizon.access.permissions import Actor
from horizon.delivery import launch, lease
from horizon.delivery.models import Action, Pipelinerun, State, StepName
from horizon.delivery.run import MOST_TRIES, advance
from horizon.inventory.models import Cluster
from tests.fixtures import carry, replicas

LEASE = 10


def a_run(cluster: Cluster, **given: Any) -> Pipelinerun:
    """A queued run that ships nothing yet, or one as given."""
    return Pipelinerun.objects.create(
        cluster=cluster, action=Action.DEPLOY, title="a run", created_by="ann", created_by_email="ann@example.test", **given
    )


def claimed(cluster: Cluster) -> Pipelinerun:
    run = lease.claim(cluster.pk)
    assert run is not None
    return run


def runs_out(run: Pipelinerun) -> None:
    """The worker fell silent: its lease is over."""
    Pipelinerun.objects.filter(pk=run.pk).update(lease_until=Now() - timedelta(seconds=1))


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """What each of them returns, all started at the same moment in threads with connections of their own."""
    start, found = threading.Barrier(len(work)), [None] * len(work)

    def do(place: int) -> None:
        connection.ensure_connection()
        start.wait()
        try:
            found[place] = work[place]()
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(place,)) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


# Claiming


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_claim_at_once_one_gets_the_run(cluster: Cluster) -> None:
    for _ in range(10):
        run = a_run(cluster)

        taken = at_once(*[lambda: lease.claim(cluster.pk)] * 4)

        assert [item.pk for item in taken if item] == [run.pk]
        Pipelinerun.objects.update(state=State.OK)


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_take_over_at_once_one_gets_the_run(cluster: Cluster) -> None:
    a_run(cluster)
    for attempt in range(2, 12):
        runs_out(claimed(cluster) if attempt == 2 else Pipelinerun.objects.get())

        taken = at_once(*[lambda: lease.claim(cluster.pk)] * 4)

        assert [item.attempt for item in taken if item] == [attempt]


def test_the_database_lets_one_run_of_a_cluster_run(cluster: Cluster) -> None:
    a_run(cluster, state=State.RUNNING)
    second = a_run(cluster)

    with pytest.raises(IntegrityError), transaction.atomic():
        Pipelinerun.objects.filter(pk=second.pk).update(state=State.RUNNING)


@pytest.mark.django_db(transaction=True)
def test_a_claim_gives_way_to_a_run_that_started_in_between(cluster: Cluster) -> None:
    mine, other = a_run(cluster), a_run(cluster)

    def start_the_other(execute: Callable[..., Any], sql: str, params: Any, *args: Any) -> Any:
        found = execute(sql, params, *args)
        if sql.startswith("SELECT") and State.QUEUED in params:
            at_once(lambda: Pipelinerun.objects.filter(pk=other.pk).update(state=State.RUNNING))
        return found

    with connection.execute_wrapper(start_the_other):
        taken = lease.claim(cluster.pk)

    mine.refresh_from_db()
    assert (taken, mine.state, mine.attempt) == (None, State.QUEUED, 0)


def test_the_oldest_queued_run_is_next(cluster: Cluster) -> None:
    runs = [a_run(cluster) for _ in range(3)]

    order = []
    for _ in runs:
        order.append(claimed(cluster))
        lease.save(order[-1], state=State.OK)

    assert [run.pk for run in order] == [run.pk for run in runs]


def test_a_queued_run_waits_for_the_running_one(cluster: Cluster) -> None:
    first, second = a_run(cluster), a_run(cluster)
    claimed(cluster)

    assert lease.claim(cluster.pk) is None
    lease.save(Pipelinerun.objects.get(pk=first.pk), state=State.FAILED)
    assert claimed(cluster).pk == second.pk


def test_a_free_running_run_comes_before_a_queued_one(cluster: Cluster) -> None:
    a_run(cluster)
    lease.release(claimed(cluster))
    a_run(cluster)

    assert claimed(cluster).attempt == 2


# The lease


def test_a_lease_lasts_by_the_clock_of_the_database(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    a_run(cluster)
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    monkeypatch.setattr(time, "time", tomorrow.timestamp)

    run = claimed(cluster)

    assert run.lease_until is not None
    assert abs((run.lease_until - lease.database_now()).total_seconds() - LEASE) < 2
    assert lease.claim(cluster.pk) is None
    assert lease.waiting_clusters() == []


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_as_long_as_the_step_works(cluster: Cluster, settings: Any) -> None:
    settings.HORIZON_LEASE = 1
    a_run(cluster)
    run = claimed(cluster)

    with lease.held(run):
        time.sleep(1.6)
        during = lease.claim(cluster.pk)
    time.sleep(1.2)

    assert during is None
    assert claimed(cluster).attempt == 2


@pytest.mark.django_db(transaction=True)
def test_the_lease_of_a_run_that_was_taken_over_is_renewed_by_its_new_worker_alone(cluster: Cluster, settings: Any) -> None:
    settings.HORIZON_LEASE = 1
    a_run(cluster)
    old = claimed(cluster)

    with lease.held(old):
        runs_out(old)
        new = claimed(cluster)
        time.sleep(0.8)

    new.refresh_from_db()
    assert new.lease_until is not None
    assert (new.lease_until - lease.database_now()).total_seconds() < 0.4


def test_a_run_whose_lease_ran_out_is_taken_over_with_the_next_attempt(cluster: Cluster) -> None:
    a_run(cluster)
    old = claimed(cluster)
    runs_out(old)

    new = claimed(cluster)

    assert (new.pk, new.attempt, new.tries) == (old.pk, old.attempt + 1, old.tries + 1)
    assert new.started_at == old.started_at


def test_a_worker_that_lost_the_run_changes_nothing(cluster: Cluster) -> None:
    a_run(cluster)
    old = claimed(cluster)
    runs_out(old)
    claimed(cluster)
    before = Pipelinerun.objects.values().get()

    with pytest.raises(lease.Lost):
        lease.guard(old)
    with pytest.raises(lease.Lost):
        lease.save(old, step=StepName.WATCH, revision="0" * 40)
    lease.release(old, after=60, message="mine")
    lease.release(old)

    assert Pipelinerun.objects.values().get() == before


def test_an_ended_run_is_lost_to_its_worker(cluster: Cluster) -> None:
    a_run(cluster)
    run = claimed(cluster)
    lease.save(run, state=State.CANCELLED)

    with pytest.raises(lease.Lost):
        lease.guard(run)
    with pytest.raises(lease.Lost):
        lease.save(run, state=State.OK)


def test_a_run_that_should_be_cancelled_is_guarded(cluster: Cluster, ann: Actor) -> None:
    a_run(cluster)
    run = claimed(cluster)
    lease.guard(run)

    launch.cancel(run, ann)

    with pytest.raises(lease.CancelAsked):
        lease.guard(run)


# Letting go, and who may go on


def test_a_released_run_goes_on_at_once_as_if_it_were_its_first_try(cluster: Cluster) -> None:
    a_run(cluster)
    runs_out(claimed(cluster))
    lease.release(claimed(cluster))

    assert lease.waiting_clusters() == [cluster.pk]
    assert claimed(cluster).tries == 1


def test_a_run_that_backs_off_goes_on_later_and_counts_its_tries(cluster: Cluster) -> None:
    a_run(cluster)
    run = claimed(cluster)

    lease.release(run, after=30, message="nobody answers")

    run.refresh_from_db()
    assert (run.state, run.message, lease.waiting_clusters(), lease.claim(cluster.pk)) == (State.RUNNING, "nobody answers", [], None)
    runs_out(run)
    assert lease.waiting_clusters() == [cluster.pk]
    assert claimed(cluster).tries == 2


def test_clusters_whose_runs_can_go_on_are_listed_once_the_longest_waiting_first(cluster: Cluster) -> None:
    soon, past = Now() + timedelta(seconds=60), Now() - timedelta(seconds=1)
    running = {"state": State.RUNNING}
    wanted = {
        "queued": [{}],
        "two queued": [{}, {}],
        "released": [{**running, "lease_until": None}],
        "silent": [{**running, "lease_until": past}],
        "released, one queued": [{**running, "lease_until": None}, {}],
        "ended, one queued": [{"state": State.OK}, {}],
    }
    others = {
        "none": [],
        "ended": [{"state": state} for state in (State.OK, State.FAILED, State.CANCELLED)],
        "carried": [{**running, "lease_until": soon}],
        "carried, one queued": [{**running, "lease_until": soon}, {}],
    }
    made = {name: another(cluster, name) for name in reversed((*wanted, *others))}
    for name, runs in {**wanted, **others}.items():
        for given in runs:
            a_run(made[name], **given)

    waiting = lease.waiting_clusters()

    assert waiting == [made[name].pk for name in wanted]


def another(cluster: Cluster, name: str) -> Cluster:
    """The row of one more cluster, without a repository."""
    same = {field: getattr(cluster, field) for field in ("application", "environment", "region", "release", "namespace")}
    return Cluster.objects.create(name=name, ready=True, **same)


# Tries


def test_a_run_whose_worker_dies_each_time_fails_after_five_attempts(deployed: Cluster, ann: Actor) -> None:
    replicas(deployed, 2, ann)
    run = launch.deploy(deployed, launch.Order(ann)).run
    for _ in range(MOST_TRIES):
        runs_out(claimed(deployed))

    advance(deployed.pk)

    run.refresh_from_db()
    assert (run.state, run.message) == (State.FAILED, "gave up at preflight after 5 attempts: the worker died each time")


def test_a_run_whose_worker_died_four_times_goes_on(deployed: Cluster, ann: Actor) -> None:
    replicas(deployed, 2, ann)
    run = launch.deploy(deployed, launch.Order(ann)).run
    for _ in range(MOST_TRIES - 1):
        runs_out(claimed(deployed))

    carry(deployed)

    run.refresh_from_db()
    assert (run.state, run.attempt) == (State.OK, MOST_TRIES)


def test_why_a_worker_fell_is_kept_for_the_end(deployed: Cluster, ann: Actor) -> None:
    run = launch.deploy(deployed, launch.Order(ann)).run
    for _ in range(MOST_TRIES):
        runs_out(claimed(deployed))
    lease.note(deployed.pk, "out of memory")

    advance(deployed.pk)

    run.refresh_from_db()
    assert (run.state, run.message) == (State.FAILED, "gave up at preflight after 5 attempts: out of memory")
