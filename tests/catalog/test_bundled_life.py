"""A cluster of each bundled template lives through the platform's own flows in a region without Kubernetes."""

from collections.abc import Callable
from typing import Any

import pytest

from horizon.access import groups
from horizon.access.permissions import Actor
from horizon.delivery import create, edit, launch, templates
from horizon.delivery.models import Pipelinerun, State
from horizon.delivery.status import status
from horizon.inventory.models import Cluster, Environment, Region
from tests.catalog.cases import NAMES, load
from tests.catalog.fields import Path, values_at, without
from tests.catalog.test_bundled_templates import case_of
from tests.fixtures import carry, deploy, roll_back

pytestmark = pytest.mark.django_db(transaction=True)

KEPT = (("app", "volumes"), ("app", "strategy", "podManagement"))
"""What Kubernetes never changes in a running stateful set."""

Make = Callable[[str], Cluster]


@pytest.fixture
def make(ann: Actor) -> Make:
    """A cluster of a bundled template with an empty form, deployed."""

    def make(name: str) -> Cluster:
        release = templates.import_release(load(name))
        group = groups.create("shops", parent=None, description="", private=False, actor=ann)
        application = create.application(create.NewApplication("shop", group, release.template), actor=ann)
        environment, region = Environment.objects.create(name="test"), Region.objects.create(name="local")
        cluster = create.cluster(create.NewCluster("shop-test", application, environment, region, image="library/shop:v1"), actor=ann)
        assert deploy(cluster, ann).state == State.OK
        return cluster

    return make


def filled_in(cluster: Cluster, form: dict[str, Any], ann: Actor) -> Pipelinerun:
    """The run that ships a form."""
    edit.patch_config(cluster, form, actor=ann, title="all fields", seen=None)
    return deploy(cluster, ann)


@pytest.mark.parametrize("name", NAMES)
def test_a_cluster_is_filled_in_restarted_and_rolled_back(name: str, make: Make, ann: Actor) -> None:
    cluster, form = make(name), case_of(name, "full").form
    for path in KEPT if name == "statefulset" else ():
        form = without(form, path)

    shipped = filled_in(cluster, form, ann)
    restarted = launch.restart(cluster, launch.Order(ann)).run
    carry(cluster)
    restarted.refresh_from_db()
    back = roll_back(cluster, ann, cluster.pipelineruns.earliest("pk"))

    assert (shipped.state, restarted.state, back.state) == (State.OK, State.OK, State.OK)
    assert {key: status(cluster)[key] for key in ("sync", "health")} == {"sync": "Synced", "health": "Healthy"}


@pytest.mark.parametrize(("kept", "changed", "field"), [(*KEPT, "spec.podManagementPolicy"), (*reversed(KEPT), "spec.volumeClaimTemplates")])
def test_a_stateful_set_is_told_what_it_cannot_change(kept: Path, changed: Path, field: str, make: Make, ann: Actor) -> None:
    cluster = make("statefulset")
    before, form = cluster.master, without(case_of("statefulset", "full").form, kept)

    refused = filled_in(cluster, form, ann)

    assert values_at(form, changed)
    assert refused.state == State.FAILED
    assert field in refused.message
    assert cluster.master == before
