"""A process killed between any two effects, and started again, makes nothing twice and loses nothing (DESIGN 3.4, section 4)."""

import random
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from horizon.access.permissions import Actor
from horizon.delivery import ci, create, discard, edit, launch
from horizon.delivery.models import ACTIVE, Pipelinerun, State
from horizon.delivery.run import advance
from horizon.gitops import layout
from horizon.gitops.repository import trailers
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository
from tests.delivery.killing import killed_after, killed_before
from tests.fixtures import MakeCluster, carry, deploy, pending, released, replicas

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MOST_EFFECTS = 500


def _at_every_effect(work: Callable[[int], Callable[[], Any]], afterwards: Callable[[int], None]) -> None:
    """Kill `work` before its first, second, … effect, and check each time."""
    for effect in range(1, MOST_EFFECTS):
        again = killed_before(effect, work(effect))
        afterwards(effect)
        if not again:
            return
    raise AssertionError("it never came to an end")


def _lease_runs_out(cluster: Cluster) -> None:
    Pipelinerun.objects.filter(cluster=cluster, state=State.RUNNING).update(lease_until=None, tries=0)


def _check(cluster: Cluster) -> None:
    """What must hold after anything: nothing unfinished, each run's commit once, master in gitops, a clean repository."""
    repository = cluster_repository(cluster)
    refs = repository.refs.read()
    landed = [trailers(str(commit.message)).get("Pipelinerun") for commit in repository.first_parents(refs[layout.MASTER])]
    landed = [uuid for uuid in landed if uuid]
    assert len(landed) == len(set(landed))
    assert repository.is_ancestor(refs[layout.MASTER], refs[layout.GITOPS])
    assert not Pipelinerun.objects.filter(cluster=cluster, state__in=ACTIVE).exists()
    assert (cluster.master, cluster.gitops) == (refs[layout.MASTER], refs[layout.GITOPS])


def _fsck(cluster: Cluster) -> None:
    done = subprocess.run(["git", "-C", cluster_repository(cluster).path, "fsck", "--strict"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_edit(deployed: Cluster, ann: Actor) -> None:
    def work(count: int) -> Callable[[], Any]:
        return lambda: replicas(deployed, 1 + count, ann)

    def afterwards(count: int) -> None:
        work(count)()
        assert pending(deployed)["app"]["spec"]["replicas"] == 1 + count
        assert _pending_titles(deployed) == [f"{1 + number} replicas" for number in range(count, 0, -1)]

    _at_every_effect(work, afterwards)

    _fsck(deployed)


def _pending_titles(cluster: Cluster) -> list[str]:
    cluster.refresh_from_db()
    commits = cluster_repository(cluster).first_parents(cluster.gitops, stop=cluster.master)
    return [str(commit.message).splitlines()[0] for commit in commits]


def test_a_deploy(deployed: Cluster, ann: Actor) -> None:
    def work(count: int) -> Callable[[], Any]:
        replicas(deployed, count, ann)
        launch.deploy(deployed, launch.Order(ann))
        return lambda: advance(deployed.pk)

    def afterwards(count: int) -> None:
        _lease_runs_out(deployed)
        carry(deployed)
        assert Pipelinerun.objects.first().state == State.OK  # type: ignore[union-attr]
        assert released(deployed)["app"]["spec"]["replicas"] == count
        _check(deployed)

    _at_every_effect(work, afterwards)

    _fsck(deployed)


def test_a_rollback_with_pending_edits(deployed: Cluster, ann: Actor) -> None:
    first = Pipelinerun.objects.get()

    def work(count: int) -> Callable[[], Any]:
        discard.discard(deployed, None, actor=ann, title="", seen=None)
        edit.patch_config(deployed, {"app": {"spec": {"replicas": 2 + count % 90}, "port": None}}, actor=ann, title="", seen=None)
        deploy(deployed, ann)
        edit.patch_config(deployed, {"app": {"port": 9000 + count}}, actor=ann, title="", seen=None)
        launch.rollback(deployed, launch.Order(ann), target=first, options=launch.Rollback())
        return lambda: advance(deployed.pk)

    def afterwards(count: int) -> None:
        _lease_runs_out(deployed)
        carry(deployed)
        repository = cluster_repository(deployed)
        assert Pipelinerun.objects.first().state == State.OK  # type: ignore[union-attr]
        assert repository.tree(deployed.master) == repository.tree(first.revision)
        assert pending(deployed)["app"] == {"spec": {"replicas": 1}, "port": 9000 + count}
        _check(deployed)

    _at_every_effect(work, afterwards)

    _fsck(deployed)


def test_an_image_under_a_key(deployed: Cluster, ann: Actor) -> None:
    def post(count: int) -> dict[str, Any]:
        return ci.post(deployed, ci.Post({"image": f"library/shop:v{count}"}, whole=False, deploy=True), actor=ann, key=f"build-{count}")

    def afterwards(count: int) -> None:
        runs = Pipelinerun.objects.filter(cluster=deployed).count()
        answer = post(count)
        assert Pipelinerun.objects.filter(cluster=deployed).count() == max(runs, count + 1)
        assert post(count) == answer
        carry(deployed)
        assert released(deployed, layout.OUTPUT)["image"] == f"library/shop:v{count}"
        _check(deployed)

    _at_every_effect(lambda count: lambda: post(count), afterwards)

    _fsck(deployed)


def test_the_making_of_a_cluster(make_cluster: MakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create, "_HALF_MADE_AGE", create.timedelta(0))

    def afterwards(count: int) -> None:
        name = f"shop-{count}"
        create.clear_half_made()
        cluster = Cluster.objects.filter(name=name).first() or make_cluster(name)
        assert pending(cluster)["app"]["spec"]["replicas"] == 1
        _fsck(cluster)

    _at_every_effect(lambda count: lambda: make_cluster(f"shop-{count}"), afterwards)

    assert not Cluster.objects.filter(ready=False).exists()


def test_two_hundred_kills_at_any_moment(deployed: Cluster, ann: Actor) -> None:
    def work() -> None:
        while True:
            cluster = Cluster.objects.get(pk=deployed.pk)
            _something(cluster, ann)

    for _ in range(200):
        killed_after(random.uniform(0.0, 0.3), work)  # noqa: S311 - no secret
        _lease_runs_out(deployed)

    carry(deployed)
    _check(deployed)
    _fsck(deployed)
    assert Pipelinerun.objects.filter(cluster=deployed, state=State.OK).count() > 3


def _something(cluster: Cluster, actor: Actor) -> None:
    dice = random.random()  # noqa: S311 - no secret
    if dice < 0.4:
        replicas(cluster, random.randint(1, 90), actor)  # noqa: S311 - no secret
    elif dice < 0.6:
        launch.deploy(cluster, launch.Order(actor))
    elif dice < 0.7:
        ci.post(cluster, ci.Post({"image": f"library/shop:{dice}"}, whole=False, deploy=True), actor=actor)
    elif dice < 0.75:
        target = random.choice(Pipelinerun.objects.exclude(revision="").filter(healthy_at__isnull=False))  # noqa: S311 - no secret
        launch.rollback(cluster, launch.Order(actor), target=target, options=launch.Rollback())
    else:
        advance(cluster.pk)
