"""An application's config brought to its clusters."""

from typing import Any

import pytest

from horizon.access.permissions import Actor
from horizon.delivery import application as applications
from horizon.delivery import bring, edit
from horizon.inventory.models import Application, Cluster, Environment
from tests.fixtures import MakeCluster, pending


def change_application(application: Application, patch: dict[str, Any], actor: Actor, environment: Environment | None = None) -> None:
    mutate = applications.patch_config(patch, application)
    applications.write(application, environment, mutate, actor=actor, title="", seen=None)


def brought(clusters: list[Cluster], actor: Actor, prefer: str = "cluster") -> list[dict[str, Any]]:
    for cluster in clusters:
        cluster.refresh_from_db()
    return bring.bring(clusters, prefer=prefer, actor=actor, title="")


def test_what_changed_reaches_the_chosen_clusters_and_no_more(make_cluster: MakeCluster, ann: Actor) -> None:
    one, two, three = (make_cluster(name) for name in ("one", "two", "three"))
    edit.patch_config(two, {"app": {"spec": {"replicas": 7}}}, actor=ann, title="", seen=None)
    change_application(one.application, {"app": {"port": 9000}}, ann)

    found = brought([one, two], ann)

    assert [(item["cluster"], item["changed"], item["clashes"], item["error"]) for item in found] == [
        ("one", True, [], None),
        ("two", True, [], None),
    ]
    assert (pending(one)["app"]["port"], pending(two)["app"]["port"]) == (9000, 9000)
    assert pending(two)["app"]["spec"]["replicas"] == 7
    assert "port" not in pending(three)["app"]


def test_bringing_twice_is_bringing_once(cluster: Cluster, ann: Actor) -> None:
    change_application(cluster.application, {"app": {"port": 9000}}, ann)
    brought([cluster], ann)

    again = brought([cluster], ann)

    assert (again[0]["changed"], again[0]["keys"]) == (False, [])


@pytest.mark.parametrize(("prefer", "stays"), [("cluster", 8000), ("application", 9000)])
def test_a_key_that_both_changed_is_a_clash_with_both_values(cluster: Cluster, ann: Actor, prefer: str, stays: int) -> None:
    edit.patch_config(cluster, {"app": {"port": 8000}}, actor=ann, title="", seen=None)
    change_application(cluster.application, {"app": {"port": 9000}}, ann)
    cluster.refresh_from_db()

    offered = bring.offer([cluster], prefer=prefer)
    found = brought([cluster], ann, prefer)

    clash = {"key": "application.yaml: deployment.app.port", "application": 9000, "cluster": 8000}
    assert offered[0]["clashes"] == found[0]["clashes"] == [clash]
    assert pending(cluster)["app"]["port"] == stays


def test_the_branch_of_the_clusters_environment_is_what_comes(cluster: Cluster, ann: Actor) -> None:
    change_application(cluster.application, {"app": {"port": 9000}}, ann)
    change_application(cluster.application, {"app": {"port": 9100}}, ann, cluster.environment)

    brought([cluster], ann)

    assert pending(cluster)["app"]["port"] == 9100


def test_one_that_is_refused_stops_no_other(make_cluster: MakeCluster, ann: Actor) -> None:
    one, two = make_cluster("one"), make_cluster("two")
    change_application(one.application, {"app": {"port": 9000}}, ann)
    Cluster.objects.filter(pk=one.pk).update(copied_from="0" * 40)

    found = brought([one, two], ann)

    assert [(item["cluster"], (item["error"] or {}).get("code")) for item in found] == [("one", "unknown_revision"), ("two", None)]
    assert pending(two)["app"]["port"] == 9000
