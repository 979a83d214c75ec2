"""The whole job on real Git, real Helm and the local engine: what ships, what stays, what comes back."""

import pytest

from horizon.access.permissions import Actor
from horizon.delivery import ci, discard, edit, launch, status
from horizon.delivery.models import Pipelinerun, State
from horizon.errors import Conflict, Invalid, NotFound, StaleRevision
from horizon.gitops import layout
from horizon.inventory.models import Cluster, Event
from horizon.inventory.repositories import cluster_repository
from tests.fixtures import MakeCluster, carry, deploy, pending, released, replicas, roll_back, tree


def test_nothing_is_released_before_a_run(cluster: Cluster) -> None:
    assert released(cluster) == {}
    assert pending(cluster)["app"]["spec"]["replicas"] == 1
    assert status.status(cluster)["sync"] == "NotDeployed"


def test_a_deploy_reaches_the_region(cluster: Cluster, ann: Actor) -> None:
    run = deploy(cluster, ann)

    seen = status.status(cluster)
    assert (run.state, run.healthy_at is not None) == (State.OK, True)
    assert (seen["sync"], seen["health"], seen["revision"]) == ("Synced", "Healthy", run.revision)
    assert [step.state for step in run.steps.all()] == [State.OK] * 4


def test_what_was_reviewed_is_what_ships(deployed: Cluster, ann: Actor) -> None:
    replicas(deployed, 2, ann)
    run = launch.deploy(deployed, launch.Order(ann)).run
    replicas(deployed, 9, ann)

    carry(deployed)

    run.refresh_from_db()
    assert run.state == State.OK
    assert released(deployed)["app"]["spec"]["replicas"] == 2
    assert pending(deployed)["app"]["spec"]["replicas"] == 9


def test_an_image_ships_alone(deployed: Cluster, ann: Actor) -> None:
    replicas(deployed, 9, ann)

    answer = ci.post(deployed, ci.Post({"image": "library/shop:v2"}, whole=False, deploy=True), actor=ann)
    carry(deployed)

    assert released(deployed, layout.OUTPUT)["image"] == "library/shop:v2"
    assert released(deployed)["app"]["spec"]["replicas"] == 1
    assert pending(deployed)["app"]["spec"]["replicas"] == 9
    assert answer["pending"] == ["application.yaml: deployment.app.spec.replicas"]


def test_an_image_posted_before_ships_when_it_is_posted_again_to_be_deployed(deployed: Cluster, ann: Actor) -> None:
    ci.post(deployed, ci.Post({"image": "library/shop:v2", "git": {"commitID": "a"}}, whole=False), actor=ann)
    ci.post(deployed, ci.Post({"git": {"commitID": "b"}}, whole=False), actor=ann)
    replicas(deployed, 9, ann)

    ci.post(deployed, ci.Post({"image": "library/shop:v2"}, whole=False, deploy=True), actor=ann)
    carry(deployed)

    assert released(deployed, layout.OUTPUT) == {"image": "library/shop:v2"}
    assert released(deployed)["app"]["spec"]["replicas"] == 1


def test_images_posted_one_after_another_ship_in_their_order(deployed: Cluster, ann: Actor) -> None:
    runs = [ci.post(deployed, ci.Post({"image": f"library/shop:v{n}"}, whole=False, deploy=True), actor=ann)["pipelinerun"] for n in (2, 3, 4)]

    carry(deployed)

    assert [Pipelinerun.objects.get(pk=pk).state for pk in runs] == [State.OK] * 3
    assert released(deployed, layout.OUTPUT)["image"] == "library/shop:v4"


def test_the_same_request_is_answered_once(deployed: Cluster, ann: Actor) -> None:
    sent = ci.Post({"image": "library/shop:v2"}, whole=False, deploy=True)

    first = ci.post(deployed, sent, actor=ann, key="build-7")
    carry(deployed)
    again = ci.post(deployed, sent, actor=ann, key="build-7")

    assert again == first
    assert Pipelinerun.objects.filter(cluster=deployed).count() == 2


def test_a_key_used_with_another_body_is_refused(deployed: Cluster, ann: Actor) -> None:
    ci.post(deployed, ci.Post({"image": "library/shop:v2"}, whole=False, deploy=True), actor=ann, key="build-7")

    with pytest.raises(Conflict) as raised:
        ci.post(deployed, ci.Post({"image": "library/shop:v3"}, whole=False, deploy=True), actor=ann, key="build-7")

    assert raised.value.code == "idempotency_key_reused"


def test_an_interrupted_request_does_not_take_a_later_image_back(deployed: Cluster, ann: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = ci.Post({"image": "library/shop:v2"}, whole=False, deploy=True)
    with monkeypatch.context() as patched:
        patched.setattr(launch, "ship_edit", _die)
        with pytest.raises(KeyboardInterrupt):
            ci.post(deployed, sent, actor=ann, key="build-7")
    ci.post(deployed, ci.Post({"image": "library/shop:v3"}, whole=False, deploy=True), actor=ann, key="build-8")
    carry(deployed)

    answer = ci.post(deployed, sent, actor=ann, key="build-7")
    carry(deployed)

    assert Pipelinerun.objects.get(pk=answer["pipelinerun"]).state == State.CANCELLED
    assert released(deployed, layout.OUTPUT)["image"] == "library/shop:v3"


def _die(*args: object, **kwargs: object) -> None:
    raise KeyboardInterrupt


def test_a_restart_takes_nobodys_half_done_edit_along(deployed: Cluster, ann: Actor) -> None:
    replicas(deployed, 9, ann)

    launched = launch.restart(deployed, launch.Order(ann))
    carry(deployed)

    assert "restartTime" in released(deployed, layout.RESTART)
    assert released(deployed)["app"]["spec"]["replicas"] == 1
    assert launched.stays_pending == ("application.yaml: deployment.app.spec.replicas",)


def test_nothing_can_be_restarted_before_the_first_deploy(cluster: Cluster, ann: Actor) -> None:
    with pytest.raises(Conflict) as raised:
        launch.restart(cluster, launch.Order(ann))

    assert raised.value.code == "not_released"


def test_a_rollback_gives_the_very_tree_of_the_earlier_run(deployed: Cluster, ann: Actor) -> None:
    first = Pipelinerun.objects.get()
    replicas(deployed, 2, ann)
    deploy(deployed, ann)

    run = roll_back(deployed, ann, first)

    repository = cluster_repository(deployed)
    assert run.state == State.OK
    assert tree(repository, run.revision) == tree(repository, first.revision)
    assert status.status(deployed)["sync"] == "Synced"


def test_a_rollback_without_a_target_takes_the_last_healthy_run_before(deployed: Cluster, ann: Actor) -> None:
    replicas(deployed, 2, ann)
    deploy(deployed, ann)

    roll_back(deployed, ann)

    assert released(deployed)["app"]["spec"]["replicas"] == 1


def test_pending_edits_stay_pending_over_a_rollback(deployed: Cluster, ann: Actor) -> None:
    first = Pipelinerun.objects.get()
    replicas(deployed, 2, ann)
    deploy(deployed, ann)
    edit.patch_config(deployed, {"app": {"envs": [{"name": "A", "value": "half done"}]}}, actor=ann, title="", seen=None)

    run = roll_back(deployed, ann, first)

    assert "envs" not in released(deployed)["app"]
    assert pending(deployed)["app"] == {"spec": {"replicas": 1}, "envs": [{"name": "A", "value": "half done"}]}
    assert run.outcome["lost"] == []


def test_where_both_touched_a_key_the_restored_value_wins_and_the_other_is_told(deployed: Cluster, ann: Actor) -> None:
    first = Pipelinerun.objects.get()
    replicas(deployed, 2, ann)
    deploy(deployed, ann)
    replicas(deployed, 3, ann)

    run = roll_back(deployed, ann, first)

    assert pending(deployed)["app"]["spec"]["replicas"] == 1
    assert run.outcome["lost"] == [{"key": "application.yaml: deployment.app.spec.replicas", "pending": 3, "restored": 1}]
    assert run.outcome["parked"]


def test_a_rolled_back_value_does_not_return_with_a_later_deploy(deployed: Cluster, ann: Actor) -> None:
    first = Pipelinerun.objects.get()
    replicas(deployed, 2, ann)
    deploy(deployed, ann)
    roll_back(deployed, ann, first)

    edit.patch_config(deployed, {"app": {"port": 9090}}, actor=ann, title="", seen=None)
    deploy(deployed, ann)

    assert released(deployed)["app"] == {"spec": {"replicas": 1}, "port": 9090}


def _override(cluster: Cluster, label: str, actor: Actor) -> None:
    edit.edit(
        cluster, edit.put_section(layout.SRE, "deployment", {"hostAliases": [{"ip": "10.0.0.1", "hostnames": [label]}]}), actor=actor, title=label
    )


def test_an_override_is_not_rolled_back_unseen(deployed: Cluster, ann: Actor) -> None:
    first = Pipelinerun.objects.get()
    _override(deployed, "approved", ann)
    replicas(deployed, 2, ann)
    deploy(deployed, ann)

    roll_back(deployed, ann, first)

    assert released(deployed, layout.SRE)["hostAliases"][0]["hostnames"] == ["approved"]
    assert released(deployed)["app"]["spec"]["replicas"] == 1


def test_restoring_overrides_takes_a_reason(deployed: Cluster, ann: Actor) -> None:
    first = Pipelinerun.objects.get()
    _override(deployed, "wrong", ann)
    deploy(deployed, ann)

    with pytest.raises(Invalid):
        roll_back(deployed, ann, first, restore_overrides=True)
    roll_back(deployed, ann, first, restore_overrides=True, reason="it points nowhere")

    assert released(deployed, layout.SRE) == {}


def test_a_file_to_keep_stays_as_it_is_released(deployed: Cluster, ann: Actor) -> None:
    first = Pipelinerun.objects.get()
    ci.post(deployed, ci.Post({"image": "library/shop:v2"}, whole=False), actor=ann)
    replicas(deployed, 2, ann)
    deploy(deployed, ann)

    roll_back(deployed, ann, first, keep=[layout.OUTPUT])

    assert released(deployed, layout.OUTPUT)["image"] == "library/shop:v2"
    assert released(deployed)["app"]["spec"]["replicas"] == 1


def test_rolling_forward_is_a_rollback_to_a_newer_run(deployed: Cluster, ann: Actor) -> None:
    first = Pipelinerun.objects.get()
    replicas(deployed, 2, ann)
    second = deploy(deployed, ann)
    roll_back(deployed, ann, first)

    forward = roll_back(deployed, ann, second)

    assert forward.state == State.OK
    assert released(deployed)["app"]["spec"]["replicas"] == 2


def test_a_rollback_cancels_what_is_queued(deployed: Cluster, ann: Actor) -> None:
    first = Pipelinerun.objects.get()
    replicas(deployed, 2, ann)
    deploy(deployed, ann)
    replicas(deployed, 3, ann)
    queued = launch.deploy(deployed, launch.Order(ann)).run

    run = roll_back(deployed, ann, first)

    queued.refresh_from_db()
    assert (queued.state, queued.superseded_by_id) == (State.CANCELLED, run.pk)
    assert released(deployed)["app"]["spec"]["replicas"] == 1


@pytest.mark.parametrize("keep", [["../x"], ["no-such-file.yaml"], ["Chart.yaml"]])
def test_a_file_that_cannot_be_kept_is_refused(deployed: Cluster, ann: Actor, keep: list[str]) -> None:
    first = Pipelinerun.objects.get()

    with pytest.raises(Invalid):
        launch.rollback(deployed, launch.Order(ann), target=first, options=launch.Rollback(keep=keep))


def test_a_run_without_a_revision_is_no_target(deployed: Cluster, ann: Actor) -> None:
    replicas(deployed, 2, ann)
    queued = launch.deploy(deployed, launch.Order(ann)).run

    with pytest.raises(Conflict) as raised:
        launch.rollback(deployed, launch.Order(ann), target=queued, options=launch.Rollback())

    assert raised.value.code == "no_revision"


def test_a_run_of_another_cluster_is_no_target(deployed: Cluster, make_cluster: MakeCluster, ann: Actor) -> None:
    other = make_cluster("other")
    run = deploy(other, ann)

    with pytest.raises(NotFound):
        launch.rollback(deployed, launch.Order(ann), target=run, options=launch.Rollback())


def test_a_deploy_of_what_is_released_already_makes_no_commit(deployed: Cluster, ann: Actor) -> None:
    before = deployed.master

    run = deploy(deployed, ann)

    assert (run.state, run.revision, deployed.master) == (State.OK, before, before)


def test_a_base_that_is_no_longer_master_is_refused_with_the_new_diff(deployed: Cluster, ann: Actor) -> None:
    seen = deployed.master
    replicas(deployed, 2, ann)
    deploy(deployed, ann)
    edited = replicas(deployed, 3, ann)

    with pytest.raises(StaleRevision) as raised:
        launch.deploy(deployed, launch.Order(ann), source=edited.sha, base=seen)

    assert raised.value.details["base"] == deployed.master
    assert "replicas: 3" in raised.value.details["files"][0]["text"]


def test_a_source_older_than_what_is_released_is_refused(deployed: Cluster, ann: Actor) -> None:
    old = deployed.gitops
    replicas(deployed, 2, ann)
    deploy(deployed, ann)

    with pytest.raises(StaleRevision):
        launch.deploy(deployed, launch.Order(ann), source=old, base=deployed.master)


def test_a_later_deploy_supersedes_a_queued_one_that_it_ships(deployed: Cluster, ann: Actor) -> None:
    replicas(deployed, 2, ann)
    first = launch.deploy(deployed, launch.Order(ann)).run
    replicas(deployed, 3, ann)
    second = launch.deploy(deployed, launch.Order(ann)).run

    carry(deployed)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.superseded_by_id, second.state) == (State.CANCELLED, second.pk, State.OK)


def test_a_deploy_that_would_take_an_image_back_is_cancelled(deployed: Cluster, ann: Actor) -> None:
    replicas(deployed, 2, ann)
    ci.post(deployed, ci.Post({"image": "library/shop:v2"}, whole=False, deploy=True), actor=ann)
    gitops = cluster_repository(deployed).commit_object(deployed.gitops).parents[0].hexsha
    stale = launch.deploy(deployed, launch.Order(ann), source=gitops, base=deployed.master).run

    carry(deployed)

    stale.refresh_from_db()
    assert (stale.state, "master moved" in stale.message) == (State.CANCELLED, True)
    assert released(deployed, layout.OUTPUT)["image"] == "library/shop:v2"


def test_a_queued_run_is_cancelled_at_once(deployed: Cluster, ann: Actor) -> None:
    replicas(deployed, 2, ann)
    run = launch.deploy(deployed, launch.Order(ann)).run

    launch.cancel(run, ann)
    carry(deployed)

    assert run.state == State.CANCELLED
    assert released(deployed)["app"]["spec"]["replicas"] == 1
    with pytest.raises(Conflict):
        launch.cancel(run, ann)


def test_a_refusal_of_the_region_leaves_git_untouched(deployed: Cluster, ann: Actor) -> None:
    before = deployed.master
    edited = edit.edit(deployed, edit.put_section(layout.SRE, "deployment", {"affinity": {"nodeAffinity": 5}}), actor=ann, title="")

    run = deploy(deployed, ann)

    assert (run.state, run.revision, deployed.master) == (State.FAILED, "", before)
    assert run.outcome["refusals"][0]["object"] == "Deployment/shop-test"
    assert deployed.gitops == edited.sha


def test_a_failed_run_runs_again_by_one_call(deployed: Cluster, ann: Actor) -> None:
    edit.edit(deployed, edit.put_section(layout.SRE, "deployment", {"affinity": {"nodeAffinity": 5}}), actor=ann, title="")
    failed = deploy(deployed, ann)

    again = launch.again(failed, launch.Order(ann)).run
    carry(deployed)

    again.refresh_from_db()
    assert (again.state, again.source, again.base) == (State.FAILED, failed.source, failed.base)


def test_discarding_takes_pending_edits_back_as_a_new_edit(deployed: Cluster, ann: Actor) -> None:
    replicas(deployed, 9, ann)
    edit.patch_config(deployed, {"app": {"port": 9090}}, actor=ann, title="", seen=None)

    discard.discard(deployed, frozenset({(layout.APPLICATION, ("deployment", "app", "port"))}), actor=ann, title="", seen=None)
    assert pending(deployed)["app"] == {"spec": {"replicas": 9}}

    discard.discard(deployed, None, actor=ann, title="", seen=None)
    assert pending(deployed) == released(deployed)


def test_what_a_run_is_about_to_ship_is_not_discarded(deployed: Cluster, ann: Actor) -> None:
    answer = ci.post(deployed, ci.Post({"image": "library/shop:v2"}, whole=False, deploy=True), actor=ann)
    replicas(deployed, 9, ann)

    with pytest.raises(Conflict) as refused:
        discard.discard(deployed, None, actor=ann, title="", seen=None)
    discard.discard(deployed, frozenset({(layout.APPLICATION, ("deployment", "app", "spec", "replicas"))}), actor=ann, title="", seen=None)
    carry(deployed)

    assert (refused.value.code, refused.value.details["pipelinerun"]) == ("about_to_ship", answer["pipelinerun"])
    assert released(deployed, layout.OUTPUT)["image"] == pending(deployed, layout.OUTPUT)["image"] == "library/shop:v2"
    assert pending(deployed) == released(deployed)


def test_a_rollback_that_discards_drops_what_was_pending_when_it_was_asked_for(deployed: Cluster, ann: Actor) -> None:
    replicas(deployed, 9, ann)
    run = launch.rollback(deployed, launch.Order(ann), target=deployed.pipelineruns.get(), options=launch.Rollback(discard_pending=True)).run
    ci.post(deployed, ci.Post({"image": "library/shop:v2"}, whole=False, deploy=True), actor=ann)

    carry(deployed)

    run.refresh_from_db()
    assert [item["key"] for item in run.outcome["lost"]] == ["application.yaml: deployment.app.spec.replicas"]
    assert pending(deployed) == released(deployed)
    assert released(deployed, layout.OUTPUT)["image"] == pending(deployed, layout.OUTPUT)["image"] == "library/shop:v2"


def test_every_commit_leaves_one_event(deployed: Cluster, ann: Actor) -> None:
    replicas(deployed, 2, ann)
    deploy(deployed, ann)

    shas = list(Event.objects.filter(cluster=deployed).exclude(sha="").values_list("sha", flat=True))

    assert len(shas) == len(set(shas))
    assert {deployed.master, deployed.gitops} <= set(shas)
    assert set(Event.objects.filter(sha__in=shas).values_list("actor", flat=True)) == {"ann"}
