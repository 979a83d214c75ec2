"""Promote: an edit that brings what runs in one cluster to another."""

import pytest

from horizon.access.permissions import Actor
from horizon.delivery import ci, edit, promote
from horizon.errors import Conflict, Invalid
from horizon.gitops import layout
from horizon.inventory.models import Cluster
from tests.fixtures import MakeCluster, deploy, pending, released, replicas


@pytest.fixture
def online(make_cluster: MakeCluster) -> Cluster:
    """Where it is promoted to."""
    return make_cluster("shop-online", image="library/shop:v0", config={"app": {"spec": {"replicas": 5}}})


def test_the_image_that_runs_is_promoted_and_nothing_else(deployed: Cluster, online: Cluster, ann: Actor) -> None:
    ci.post(deployed, ci.Post({"image": "library/shop:v9"}, whole=False), actor=ann)

    edited = promote.promote(online, deployed, None, actor=ann, title="")

    assert edited.changed
    assert pending(online, layout.OUTPUT) == {"image": "library/shop:v1"}
    assert pending(online)["app"]["spec"]["replicas"] == 5
    assert released(online) == {}


def test_chosen_keys_are_promoted(deployed: Cluster, online: Cluster, ann: Actor) -> None:
    offered = promote.offer(online, deployed)["offered"]

    promote.promote(online, deployed, ["application.yaml: deployment.app.spec.replicas"], actor=ann, title="")

    assert offered == ["application.yaml: deployment.app.spec.replicas", "pipeline-output.yaml: deployment.image"]
    assert pending(online)["app"]["spec"]["replicas"] == 1
    assert pending(online, layout.OUTPUT) == {"image": "library/shop:v0"}


def test_the_offer_shows_what_would_happen_and_changes_nothing(deployed: Cluster, online: Cluster) -> None:
    before = online.gitops

    offered = promote.offer(online, deployed)

    assert "+  image: library/shop:v1" in offered["files"][0]["text"]
    assert [item["impact"] for item in offered["objects"]] == ["pods restart"]
    assert edit.cluster_repository(online).head(layout.GITOPS) == before


def test_promoting_twice_is_promoting_once(deployed: Cluster, online: Cluster, ann: Actor) -> None:
    first = promote.promote(online, deployed, None, actor=ann, title="")

    again = promote.promote(online, deployed, None, actor=ann, title="")

    assert (again.sha, again.changed) == (first.sha, False)


def test_nothing_is_promoted_from_where_nothing_runs(cluster: Cluster, online: Cluster, ann: Actor) -> None:
    with pytest.raises(Conflict):
        promote.promote(cluster, online, None, actor=ann, title="")


def test_a_key_that_does_not_differ_is_refused(deployed: Cluster, online: Cluster, ann: Actor) -> None:
    replicas(online, 1, ann)
    deploy(online, ann)

    with pytest.raises(Invalid):
        promote.promote(online, deployed, ["application.yaml: deployment.app.spec.replicas"], actor=ann, title="")
