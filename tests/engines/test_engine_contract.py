"""What every engine promises. Another engine joins by one more `Region` in `REGIONS`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from horizon.engines.contract import Engine, Health, Sync
from horizon.engines.local import LocalEngine
from horizon.errors import Conflict, Invalid, Unavailable
from tests.engines.manifests import config, container, deployment, service, with_value


@dataclass(frozen=True)
class Region:
    """An engine and what a person with access to its region can do behind its back."""

    engine: Engine
    unreachable: Engine
    spoil: Callable[[str, str], None]
    """Change the image of the live Deployment `web` from one to another."""
    lose: Callable[[str], None]
    """Remove a live object, named as `kind-name` in lower case."""


def local_region(path: Path) -> Region:
    (path / "file").write_text("")

    def live(name: str) -> Path:
        (found,) = path.glob(f"regions/*/*/*/{name}.yaml")
        return found

    def spoil(before: str, after: str) -> None:
        file = live("deployment-web")
        file.write_text(file.read_text().replace(before, after))

    return Region(LocalEngine(path / "regions"), LocalEngine(path / "file"), spoil, lambda name: live(name).unlink())


REGIONS = {"local": local_region}


@pytest.fixture(params=sorted(REGIONS))
def region(request, tmp_path):
    return REGIONS[request.param](tmp_path)


@pytest.fixture
def engine(region):
    return region.engine


def objects(observation):
    return {f"{item.kind}/{item.name}": item for item in observation.objects}


def test_a_cluster_that_got_nothing_is_not_deployed(engine, target, now):
    seen = engine.observe(target, now=now)

    assert (seen.sync, seen.revision, seen.operation, seen.objects) == (Sync.NOT_DEPLOYED, None, None, ())


def test_a_synced_revision_is_live_and_healthy(engine, target, now):
    engine.sync(target, "r1", [deployment(), service()], operation="run-1")

    seen = engine.observe(target, now=now)

    assert (seen.sync, seen.health, seen.revision, seen.operation) == (Sync.SYNCED, Health.HEALTHY, "r1", "run-1")


def test_an_observation_lists_the_objects_and_says_how_old_it_is(engine, target, now):
    engine.sync(target, "r1", [deployment(), service()], operation="run-1")

    seen = engine.observe(target, now=now)

    assert set(objects(seen)) == {"Deployment/web", "Service/web"}
    assert seen.observed_at == now


def test_an_object_without_namespace_lives_in_the_targets(engine, target, now):
    engine.sync(target, "r1", [service()], operation="run-1")

    assert objects(engine.observe(target, now=now))["Service/web"].namespace == target.namespace


def test_a_sync_prunes_what_the_revision_no_longer_has(engine, target, now):
    engine.sync(target, "r1", [deployment(), service()], operation="run-1")

    engine.sync(target, "r2", [deployment()], operation="run-2")

    seen = engine.observe(target, now=now)
    assert (seen.sync, seen.revision, set(objects(seen))) == (Sync.SYNCED, "r2", {"Deployment/web"})


def test_an_empty_set_removes_everything(engine, target, now):
    engine.sync(target, "r1", [deployment()], operation="run-1")

    engine.sync(target, "r2", [], operation="run-2")

    seen = engine.observe(target, now=now)
    assert (seen.sync, seen.revision, seen.objects) == (Sync.SYNCED, "r2", ())


def test_the_same_operation_twice_does_nothing_more(region, engine, target, now):
    engine.sync(target, "r1", [deployment()], operation="run-1")
    region.spoil("nginx:1", "nginx:2")

    engine.sync(target, "r1", [deployment()], operation="run-1")

    assert engine.observe(target, now=now).sync == Sync.OUT_OF_SYNC


def test_a_new_operation_with_the_same_revision_heals_drift(region, engine, target, now):
    engine.sync(target, "r1", [deployment()], operation="run-1")
    region.spoil("nginx:1", "nginx:2")

    engine.sync(target, "r1", [deployment()], operation="run-2")

    seen = engine.observe(target, now=now)
    assert (seen.sync, seen.operation) == (Sync.SYNCED, "run-2")


def test_a_field_changed_by_hand_is_drift_by_path(region, engine, target, now):
    engine.sync(target, "r1", [deployment(), service()], operation="run-1")

    region.spoil("nginx:1", "nginx:2")

    seen = engine.observe(target, now=now)
    (drift,) = objects(seen)["Deployment/web"].drift
    assert (drift.path, drift.wanted, drift.live) == ("spec.template.spec.containers[name=web].image", "nginx:1", "nginx:2")


def test_drift_of_one_object_leaves_the_others_synced(region, engine, target, now):
    engine.sync(target, "r1", [deployment(), service()], operation="run-1")

    region.spoil("nginx:1", "nginx:2")

    seen = engine.observe(target, now=now)
    assert (seen.sync, seen.revision, objects(seen)["Service/web"].sync) == (Sync.OUT_OF_SYNC, "r1", Sync.SYNCED)


def test_an_object_removed_by_hand_is_missing(region, engine, target, now):
    engine.sync(target, "r1", [deployment(), service()], operation="run-1")

    region.lose("service-web")

    seen = engine.observe(target, now=now)
    assert (objects(seen)["Service/web"].sync, objects(seen)["Service/web"].health) == (Sync.OUT_OF_SYNC, Health.MISSING)
    assert (seen.sync, seen.health) == (Sync.OUT_OF_SYNC, Health.MISSING)


def test_preflight_accepts_what_can_be_synced(engine, target):
    answer = engine.preflight(target, [deployment(), service(), config()])

    assert answer.refusals == ()


def test_preflight_names_object_field_and_reason(engine, target):
    bad = container(ports=[{"name": "http", "containerPort": 99999}])

    (refusal,) = engine.preflight(target, [bad, service()]).refusals

    assert (refusal.object, refusal.reason) == ("Deployment/web", "must be between 1 and 65535")
    assert refusal.field == "spec.template.spec.containers[name=web].ports[name=http].containerPort"


def test_preflight_refuses_a_new_value_of_a_live_immutable_field(engine, target):
    engine.sync(target, "r1", [deployment()], operation="run-1")

    (refusal,) = engine.preflight(target, [deployment(labels={"app": "other"})]).refusals

    assert (refusal.object, refusal.field) == ("Deployment/web", "spec.selector.matchLabels.app")


def test_preflight_changes_nothing(engine, target, now):
    engine.preflight(target, [deployment()])

    assert engine.observe(target, now=now).sync == Sync.NOT_DEPLOYED


def test_a_terminated_operation_never_begins(engine, target, now):
    engine.terminate(target, operation="run-1")

    with pytest.raises(Conflict):
        engine.sync(target, "r1", [deployment()], operation="run-1")

    assert engine.observe(target, now=now).sync == Sync.NOT_DEPLOYED


def test_an_operation_that_another_followed_does_not_come_back_over_it(engine, target, now):
    engine.sync(target, "r1", [deployment()], operation="run-1")
    engine.sync(target, "r2", [deployment(image="nginx:2")], operation="run-2")

    with pytest.raises(Conflict):
        engine.sync(target, "r1", [deployment()], operation="run-1")

    assert engine.observe(target, now=now).revision == "r2"


def test_terminating_an_operation_that_has_ended_leaves_it_as_it_is(engine, target, now):
    engine.sync(target, "r1", [deployment()], operation="run-1")

    engine.terminate(target, operation="run-1")
    engine.terminate(target, operation="run-1")

    seen = engine.observe(target, now=now)
    assert (seen.sync, seen.health, seen.revision) == (Sync.SYNCED, Health.HEALTHY, "r1")


def test_another_operation_begins_after_one_was_terminated(engine, target, now):
    engine.terminate(target, operation="run-1")

    engine.sync(target, "r1", [deployment()], operation="run-2")

    assert engine.observe(target, now=now).sync == Sync.SYNCED


def test_a_deleted_cluster_is_not_deployed(engine, target, now):
    engine.sync(target, "r1", [deployment()], operation="run-1")

    engine.delete(target)

    seen = engine.observe(target, now=now)
    assert (seen.sync, seen.revision, seen.objects) == (Sync.NOT_DEPLOYED, None, ())


def test_deleting_twice_is_deleting_once(engine, target, now):
    engine.sync(target, "r1", [deployment()], operation="run-1")

    engine.delete(target)
    engine.delete(target)

    assert engine.observe(target, now=now).sync == Sync.NOT_DEPLOYED


def test_an_operation_of_before_a_delete_does_not_come_back_after_it(engine, target, now):
    engine.sync(target, "r1", [deployment()], operation="run-1")
    engine.terminate(target, operation="run-2")
    engine.delete(target)
    engine.delete(target)

    for late in ("run-1", "run-2"):
        with pytest.raises(Conflict):
            engine.sync(target, "r1", [deployment()], operation=late)

    assert engine.observe(target, now=now).sync == Sync.NOT_DEPLOYED


def test_a_forgotten_cluster_is_not_deployed(engine, target, now):
    engine.sync(target, "r1", [deployment()], operation="run-1")
    engine.delete(target)

    engine.forget(target)
    engine.forget(target)

    assert engine.observe(target, now=now).sync == Sync.NOT_DEPLOYED


def test_a_deleted_cluster_comes_back_with_the_next_sync(engine, target, now):
    engine.sync(target, "r1", [deployment()], operation="run-1")
    engine.delete(target)

    engine.sync(target, "r1", [deployment()], operation="run-2")

    assert engine.observe(target, now=now).sync == Sync.SYNCED


def test_clusters_do_not_touch_each_other(engine, target, now):
    other = replace(target, cluster="shop-other", cluster_id=8)
    engine.sync(target, "r1", [config(), service()], operation="run-1")
    engine.sync(other, "r9", [config("others")], operation="run-2")

    engine.delete(other)

    seen = engine.observe(target, now=now)
    assert (seen.sync, seen.revision) == (Sync.SYNCED, "r1")


def test_a_cluster_inherits_nothing_from_an_earlier_one_of_its_name(engine, target, now):
    engine.sync(target, "r1", [deployment()], operation="run-1")

    seen = engine.observe(replace(target, cluster_id=8), now=now)

    assert (seen.sync, seen.revision) == (Sync.NOT_DEPLOYED, None)


def test_the_callers_manifests_stay_as_they_are(engine, target):
    given = deployment()

    engine.preflight(target, [given])
    engine.sync(target, "r1", [given], operation="run-1")

    assert given == deployment()


def test_a_later_change_of_the_callers_manifests_is_no_drift(engine, target, now):
    given = deployment()
    engine.sync(target, "r1", [given], operation="run-1")

    with_value(given, "spec", "replicas", 9)

    assert engine.observe(target, now=now).sync == Sync.SYNCED


def test_objects_that_cannot_be_carried_are_invalid_and_change_nothing(engine, target, now):
    engine.sync(target, "r1", [config()], operation="run-1")

    with pytest.raises(Invalid):
        engine.sync(target, "r2", [config(broken="\0"), service()], operation="run-2")

    seen = engine.observe(target, now=now)
    assert (seen.sync, seen.revision, set(objects(seen))) == (Sync.SYNCED, "r1", {"ConfigMap/settings"})


@pytest.mark.parametrize("call", ["sync", "observe", "terminate", "delete", "forget"])
def test_a_region_out_of_reach_is_unavailable(region, target, now, call):
    engine = region.unreachable
    calls = {
        "sync": lambda: engine.sync(target, "r1", [deployment()], operation="run-1"),
        "observe": lambda: engine.observe(target, now=now),
        "terminate": lambda: engine.terminate(target, operation="run-1"),
        "delete": lambda: engine.delete(target),
        "forget": lambda: engine.forget(target),
    }

    with pytest.raises(Unavailable):
        calls[call]()


def test_preflight_of_a_region_out_of_reach_still_checks_the_objects(region, target):
    answer = region.unreachable.preflight(target, [container(image="")])

    assert [refusal.field for refusal in answer.refusals] == ["spec.template.spec.containers[name=web].image"]
    assert any("Immutable fields were not checked" in notice for notice in answer.notices)
