"""What a cluster lives through: freed, deleted, restored, purged, copied, upgraded, brought up to its records."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as installed

from horizon.access import groups
from horizon.access.models import Membership
from horizon.access.permissions import Actor
from horizon.catalog.release import Release, load_folder
from horizon.delivery import create, edit, launch, life, records, run, status, templates, upgrade
from horizon.delivery.models import Pipelinerun, State
from horizon.errors import Conflict, Invalid
from horizon.gitops import layout, values
from horizon.gitops.repository import Repository
from horizon.inventory.models import Application, Cluster, Event, Region, ReleaseState, TemplateRelease
from horizon.inventory.repositories import cluster_repository, path_of
from tests.delivery.engines import wilful_region
from tests.fixtures import MakeCluster, carry, deploy, pending, released, replicas


def free(cluster: Cluster, actor: Actor) -> Pipelinerun:
    launched = launch.free(cluster, launch.Order(actor)).run
    carry(cluster)
    launched.refresh_from_db()
    return launched


def delete(cluster: Cluster, actor: Actor, **given: Any) -> Pipelinerun:
    launched = launch.delete(cluster, launch.Order(actor), **given).run
    carry(cluster)
    launched.refresh_from_db()
    return launched


def live(cluster: Cluster, settings: Any) -> list[str]:
    return sorted(path.name for path in (settings.HORIZON_DATA / "regions").rglob("*.yaml"))


# -- free


def test_a_freed_cluster_keeps_everything_but_its_live_objects(deployed: Cluster, ann: Actor, settings: Any) -> None:
    replicas(deployed, 3, ann)
    before = cluster_repository(deployed).refs.read()

    freed = free(deployed, ann)

    assert (freed.state, freed.message, [step.name for step in freed.steps.all()]) == (State.OK, "freed", ["remove"])
    assert live(deployed, settings) == []
    assert cluster_repository(deployed).refs.read() == before
    assert (status.status(deployed)["sync"], status.status(deployed)["behind"]) == ("NotDeployed", False)


def test_the_next_deploy_brings_a_freed_cluster_back(deployed: Cluster, ann: Actor) -> None:
    master = deployed.master
    free(deployed, ann)

    deployed_again = deploy(deployed, ann)

    assert (deployed_again.state, deployed_again.revision) == (State.OK, master)
    assert status.status(deployed)["sync"] == "Synced"


def test_a_worker_stopped_in_a_sync_brings_nothing_back_after_a_free(deployed: Cluster, ann: Actor, settings: Any, monkeypatch: Any) -> None:
    replicas(deployed, 3, ann)
    region = wilful_region(deployed, monkeypatch)
    slow = launch.deploy(deployed, launch.Order(ann)).run

    def stop() -> None:
        # The worker has passed its guard and stands still; its run is ended by another one, and the cluster is freed.
        Pipelinerun.objects.filter(pk=slow.pk).update(attempt=99, lease_until=None, cancel_requested_by="ann")
        run.advance(deployed.pk)
        free(deployed, ann)

    region.hooks["sync"] = stop
    run.advance(deployed.pk)

    assert live(deployed, settings) == []


# -- delete, restore, purge


def test_a_deleted_cluster_is_put_away_with_everything(deployed: Cluster, ann: Actor, settings: Any) -> None:
    deleted = delete(deployed, ann)

    assert (deleted.state, [step.name for step in deleted.steps.all()]) == (State.OK, ["remove", "archive"])
    assert deployed.archived_at is not None
    assert live(deployed, settings) == []
    with pytest.raises(Conflict, match="restore it first"):
        launch.deploy(deployed, launch.Order(ann))


def test_the_name_stays_reserved_until_the_purge(deployed: Cluster, make_cluster: MakeCluster, ann: Actor) -> None:
    key = deployed.pk
    delete(deployed, ann)
    with pytest.raises(Conflict, match="taken"):
        make_cluster(deployed.name)

    life.purge(deployed, actor=ann)

    assert not path_of("clusters", key).exists()
    assert make_cluster("shop-test").pk != key


def test_a_restored_cluster_is_as_it_was_and_not_deployed(deployed: Cluster, ann: Actor) -> None:
    replicas(deployed, 3, ann)
    Membership.objects.create(user=ann.user, cluster=deployed, role="sre")
    refs = cluster_repository(deployed).refs.read()
    delete(deployed, ann)

    life.restore(deployed, actor=ann)

    assert cluster_repository(deployed).refs.read() == refs
    assert deployed.memberships.count() == 1
    assert status.status(deployed)["sync"] == "NotDeployed"
    assert deploy(deployed, ann).state == State.OK
    assert released(deployed)["app"]["spec"]["replicas"] == 3


def test_an_orphan_keeps_its_live_objects(deployed: Cluster, ann: Actor, settings: Any, monkeypatch: Any) -> None:
    before = live(deployed, settings)
    region = wilful_region(deployed, monkeypatch)
    region.leave("delete", "observe", "terminate")

    deleted = delete(deployed, ann, orphan=True)
    life.purge(deployed, actor=ann)

    assert deleted.state == State.OK
    assert live(deployed, settings) == before != []


def test_a_region_that_does_not_remove_ends_the_delete_at_its_limit(deployed: Cluster, ann: Actor, monkeypatch: Any) -> None:
    region = wilful_region(deployed, monkeypatch)
    monkeypatch.setattr(region.real, "delete", lambda target: None)
    launched = launch.delete(deployed, launch.Order(ann), limit=1).run
    carry(deployed)
    launched.refresh_from_db()
    assert launched.state == State.RUNNING

    launched.steps.update(started_at="2001-01-01T00:00:00Z")
    Pipelinerun.objects.filter(pk=launched.pk).update(lease_until=None)
    carry(deployed)

    launched.refresh_from_db()
    assert (launched.state, deployed.archived_at) == (State.FAILED, None)
    assert launched.message.startswith("not removed within 1 s: ")


def test_a_delete_ends_what_runs_and_what_waits(deployed: Cluster, ann: Actor, monkeypatch: Any) -> None:
    region = wilful_region(deployed, monkeypatch)
    replicas(deployed, 3, ann)
    running = launch.deploy(deployed, launch.Order(ann)).run
    region.leave("observe")
    run.advance(deployed.pk)
    waiting = launch.restart(deployed, launch.Order(ann)).run
    region.leave()

    launched = launch.delete(deployed, launch.Order(ann)).run
    behind = launch.restart(deployed, launch.Order(ann)).run
    Pipelinerun.objects.filter(pk=running.pk).update(lease_until=None)
    carry(deployed)

    states = {item.pk: item.state for item in Pipelinerun.objects.filter(cluster=deployed)}
    assert states[running.pk] == states[waiting.pk] == states[behind.pk] == State.CANCELLED
    assert states[launched.pk] == State.OK
    assert deployed.archived_at is not None


@pytest.mark.parametrize("step", ["remove", "archive"])
def test_a_delete_that_died_goes_on(step: str, deployed: Cluster, ann: Actor, monkeypatch: Any) -> None:
    launched = launch.delete(deployed, launch.Order(ann)).run
    real = run._STEP[step]  # type: ignore[index]

    class Died(BaseException):
        """The worker was killed."""

    def dies(pipelinerun: Pipelinerun) -> None:
        real(pipelinerun)
        raise Died

    monkeypatch.setitem(run._STEP, step, dies)
    with pytest.raises(Died):
        run.advance(deployed.pk)
    monkeypatch.setitem(run._STEP, step, real)
    Pipelinerun.objects.filter(pk=launched.pk).update(lease_until=None)
    carry(deployed)

    launched.refresh_from_db()
    assert (launched.state, deployed.archived_at is not None) == (State.OK, True)


def test_events_outlive_a_purge(deployed: Cluster, ann: Actor) -> None:
    name = f"cluster {deployed}"
    count = Event.objects.filter(thing=name).count()
    delete(deployed, ann)

    life.purge(deployed, actor=ann)

    assert Event.objects.filter(thing=name).count() > count
    assert Event.objects.filter(thing=name).first().action == "purge"
    assert not Cluster.objects.exists()


def test_only_what_was_deleted_is_restored_or_purged(deployed: Cluster, ann: Actor) -> None:
    for do in (life.restore, life.purge):
        with pytest.raises(Conflict, match="was not deleted"):
            do(deployed, actor=ann)


# -- applications


def test_an_application_with_clusters_is_not_deleted(deployed: Cluster, ann: Actor) -> None:
    with pytest.raises(Conflict) as refused:
        life.archive(deployed.application, actor=ann)

    assert refused.value.details == {"clusters": ["shop-test"]}


def test_an_application_goes_and_comes_back_and_goes_for_good(deployed: Cluster, ann: Actor) -> None:
    application = deployed.application
    delete(deployed, ann)
    life.archive(application, actor=ann)
    with pytest.raises(Conflict, match="restore it first"):
        life.restore(deployed, actor=ann)
    with pytest.raises(Conflict, match="purge them first: shop-test"):
        life.purge(application, actor=ann)

    life.restore(application, actor=ann)
    deployed.refresh_from_db()
    life.restore(deployed, actor=ann)
    assert deploy(deployed, ann).state == State.OK

    delete(deployed, ann)
    life.purge(deployed, actor=ann)
    life.archive(application, actor=ann)
    life.purge(application, actor=ann)
    assert not Application.objects.exists()


def test_an_application_moves_and_its_clusters_stay_as_they_are(deployed: Cluster, ann: Actor) -> None:
    other = groups.create("other", parent=None, description="", private=False, actor=ann)
    namespace, refs = deployed.namespace, cluster_repository(deployed).refs.read()

    life.move(deployed.application, other, actor=ann)

    deployed.refresh_from_db()
    assert (deployed.application.group, deployed.namespace) == (other, namespace)
    assert cluster_repository(deployed).refs.read() == refs
    assert deploy(deployed, ann).state == State.OK


# -- records


def test_a_changed_record_reaches_a_cluster_when_it_is_brought(deployed: Cluster, ann: Actor) -> None:
    Region.objects.update(ingress_domain="new.test")
    life.change(deployed.application, life.Look("", "P0"), actor=ann)
    deployed.refresh_from_db()
    assert pending(deployed, layout.ENV)["env"]["ingressDomain"] == ""

    offered = records.offer(deployed)
    records.bring(deployed, actor=ann, title="")

    assert offered["keys"] == ["system/env.yaml: deployment.env.ingressDomain", "system/horizon.yaml: deployment.horizon.priority"]
    assert pending(deployed, layout.ENV)["env"]["ingressDomain"] == "new.test"
    assert pending(deployed, layout.HORIZON)["horizon"]["priority"] == "P0"
    assert records.bring(deployed, actor=ann, title="").changed is False


# -- copy


def test_a_copy_starts_with_what_was_pending_and_stands_alone(deployed: Cluster, ann: Actor) -> None:
    edit.edit(deployed, edit.put_section(layout.SRE, "deployment", {"affinity": {}}), actor=ann, title="")
    replicas(deployed, 4, ann)
    new = create.NewCluster("copy", deployed.application, deployed.environment, deployed.region, config={"app": {"port": 9000}}, like=deployed)

    copy = create.cluster(new, actor=ann)

    assert pending(copy)["app"] == {"spec": {"replicas": 4}, "port": 9000}
    assert pending(copy, layout.OUTPUT) == pending(deployed, layout.OUTPUT)
    assert pending(copy, layout.SRE) == {}
    assert released(copy) == {}
    assert pending(copy, layout.HORIZON)["horizon"]["cluster"] == "copy"
    assert deploy(copy, ann).state == State.OK


# -- upgrade


@pytest.fixture
def next_release(bundled: Release, deployment: TemplateRelease, tmp_path: Path) -> TemplateRelease:
    """A release that no longer knows `port`, wants at most two replicas, and has a default more."""
    folder = tmp_path / "deployment"
    shutil.copytree(installed.HORIZON_TEMPLATES / "deployment", folder)
    chart = folder / "Chart.yaml"
    chart.write_text(chart.read_text().replace("v0.0.1", "v0.0.2"))
    schema = folder / "schema/application.schema.json"
    data = json.loads(schema.read_text())
    del data["properties"]["app"]["properties"]["strategy"]
    data["properties"]["app"]["properties"]["spec"]["properties"]["replicas"]["maximum"] = 2
    schema.write_text(json.dumps(data))
    (folder / "values.yaml").write_text((folder / "values.yaml").read_text() + "\nsurprise: 1\n")
    return templates.import_release(load_folder(folder))


def test_an_upgrade_is_one_edit_of_the_chart_and_the_form(deployed: Cluster, next_release: TemplateRelease, ann: Actor) -> None:
    edit.patch_config(deployed, {"app": {"strategy": {"maxSurge": "50%"}}}, actor=ann, title="", seen=None)
    before = deployed.gitops

    edited, fit = upgrade.upgrade(deployed, upgrade.Upgrade(next_release), actor=ann, title="", seen=None)

    repository = cluster_repository(deployed)
    files = repository.files(edited.sha)
    assert fit == {"dropped": ["/app/strategy"], "added": ["/surprise"]}
    assert repository.commit_object(edited.sha).parents[0].hexsha == before
    assert values.data(files, layout.CHART)["dependencies"][0]["version"] == next_release.chart_version
    assert [file for file in files if file.startswith("charts/")] == [f"charts/deployment-{next_release.chart_version}.tgz"]
    assert pending(deployed, layout.HORIZON)["horizon"]["template"] == {"name": "deployment", "release": "v0.0.2"}
    assert "strategy" not in pending(deployed)["app"]
    assert deploy(deployed, ann).state == State.OK
    deployed.refresh_from_db()
    assert deployed.release == next_release


def test_values_that_the_new_release_refuses_are_named_and_nothing_is_committed(deployed: Cluster, next_release: TemplateRelease, ann: Actor) -> None:
    replicas(deployed, 5, ann)
    head = cluster_repository(deployed).refs.read()

    with pytest.raises(Invalid) as refused:
        upgrade.upgrade(deployed, upgrade.Upgrade(next_release), actor=ann, title="", seen=None)
    assert [item["pointer"] for item in refused.value.details["errors"]] == ["/app/spec/replicas"]
    assert cluster_repository(deployed).refs.read() == head

    better = upgrade.Upgrade(next_release, {"app": {"spec": {"replicas": 2}}})
    upgrade.upgrade(deployed, better, actor=ann, title="", seen=None)
    assert pending(deployed)["app"]["spec"]["replicas"] == 2


def test_an_upgrade_is_rolled_back_like_any_edit(deployed: Cluster, next_release: TemplateRelease, ann: Actor) -> None:
    first = deployed.pipelineruns.get()
    upgrade.upgrade(deployed, upgrade.Upgrade(next_release), actor=ann, title="", seen=None)
    deploy(deployed, ann)

    launch.rollback(deployed, launch.Order(ann), target=first, options=launch.Rollback())
    carry(deployed)

    deployed.refresh_from_db()
    assert deployed.release.version == "v0.0.1"
    assert released(deployed, layout.HORIZON)["horizon"]["template"]["release"] == "v0.0.1"


def test_an_upgrade_to_a_retired_release_is_refused(deployed: Cluster, next_release: TemplateRelease, ann: Actor) -> None:
    TemplateRelease.objects.filter(pk=next_release.pk).update(state=ReleaseState.RETIRED)
    next_release.refresh_from_db()

    with pytest.raises(Conflict, match="retired"):
        upgrade.upgrade(deployed, upgrade.Upgrade(next_release), actor=ann, title="", seen=None)


def test_what_an_upgrade_would_change_is_shown_before(deployed: Cluster, next_release: TemplateRelease) -> None:
    offered = upgrade.offer(deployed, upgrade.Upgrade(next_release))

    assert "Chart.yaml" in {item["file"] for item in offered["files"]}
    assert offered["added"] == ["/surprise"]
    assert offered["config"] == {"app": {"spec": {"replicas": 1}}}


def test_an_upgrade_reads_the_pending_tree_once_and_asks_once_what_the_release_knows(
    deployed: Cluster, next_release: TemplateRelease, ann: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = replicas(deployed, 2, ann).sha
    asked: list[str] = []
    known, files = upgrade.known, Repository.files
    monkeypatch.setattr(upgrade, "known", lambda *given: asked.append("known") or known(*given))
    monkeypatch.setattr(Repository, "files", lambda self, revision: asked.append(revision) or files(self, revision))

    upgrade.offer(deployed, upgrade.Upgrade(next_release))
    offered, asked[:] = asked[:], []
    upgrade.upgrade(deployed, upgrade.Upgrade(next_release), actor=ann, title="", seen=None)

    assert offered == [head, "known"]
    assert asked[:2] == [head, "known"]
    assert (asked.count("known"), asked.count(head)) == (1, 1)


def test_a_new_release_is_the_one_that_new_clusters_get(make_cluster: MakeCluster, cluster: Cluster, next_release: TemplateRelease) -> None:
    assert make_cluster("other").release == next_release
    assert cluster.release.version == "v0.0.1"
