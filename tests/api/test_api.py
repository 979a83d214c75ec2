"""The main job by REST, as people and CI do it."""

import hashlib
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client

from horizon.access import tokens
from horizon.access.models import Membership
from horizon.access.permissions import Actor
from horizon.access.policy import Scope
from horizon.delivery import edit
from horizon.delivery.models import Pipelinerun
from horizon.gitops import layout
from horizon.inventory.models import Cluster, Template
from tests.api.conftest import Call, caller
from tests.fixtures import MakeCluster, carry, deploy, replicas, roll_back


def test_a_config_is_saved_with_the_revision_that_was_seen(cluster: Cluster, call: Call) -> None:
    seen = call("get", "clusters/shop-test/config")

    saved = call("put", "clusters/shop-test/config?title=Two", {"app": {"spec": {"replicas": 2}}}, If_Match=seen.headers["ETag"])

    assert (saved.status_code, saved.data["changed"]) == (200, True)
    assert call("get", "clusters/shop-test/config").data["config"]["app"]["spec"]["replicas"] == 2
    assert call("get", "clusters/shop-test/history").data["items"][0]["title"] == "Two"


def test_who_saves_over_another_is_shown_both(cluster: Cluster, call: Call, ann: Actor) -> None:
    seen = call("get", "clusters/shop-test/config").headers["ETag"]
    replicas(cluster, 5, ann)

    answer = call("put", "clusters/shop-test/config", {"app": {"spec": {"replicas": 2}}}, If_Match=seen)

    both = answer.data["details"]["files"]["application.yaml"]
    assert answer.status_code == 412
    assert both["seen"]["deployment"]["app"]["spec"]["replicas"] == 1
    assert both["now"]["deployment"]["app"]["spec"]["replicas"] == 5


def test_an_edit_of_another_file_in_between_refuses_no_form(cluster: Cluster, call: Call) -> None:
    seen = call("get", "clusters/shop-test/config").headers["ETag"]
    call("post", "clusters/shop-test/image", {"image": "library/shop:v2"})

    answer = call("put", "clusters/shop-test/config", {"app": {"spec": {"replicas": 2}}}, If_Match=seen)

    assert answer.status_code == 200


def test_keys_that_a_later_file_decides_are_listed(deployed: Cluster, call: Call, ann: Actor) -> None:
    edit.edit(deployed, edit.put_section(layout.SRE, "deployment", {"app": {"spec": {"replicas": 7}}}), actor=ann, title="")

    answer = call("patch", "clusters/shop-test/config", {"app": {"spec": {"replicas": 2}}})

    assert answer.data["shadowed"] == [{"path": "deployment.app.spec.replicas", "file": "sre.yaml", "owner": "SRE", "value": 7}]


def test_the_diff_says_what_pods_would_do(deployed: Cluster, call: Call) -> None:
    call("patch", "clusters/shop-test/config", {"app": {"spec": {"replicas": 2}}})
    scaled = call("get", "clusters/shop-test/diff").data
    proposed = call("post", "clusters/shop-test/diff", {"patch": {"app": {"envs": [{"name": "A", "value": "1"}]}}}).data

    assert [(item["object"], item["impact"]) for item in scaled["objects"]] == [
        ("PodDisruptionBudget/shop-test", "new"),
        ("Deployment/shop-test", "changed"),
    ]
    assert [(item["object"], item["impact"]) for item in proposed["objects"]] == [("Deployment/shop-test", "pods restart")]
    assert call("get", "clusters/shop-test/diff").data == scaled


def test_a_run_is_launched_with_what_was_shown_and_followed(cluster: Cluster, call: Call) -> None:
    shown = call("get", "clusters/shop-test/diff").data

    run = call("post", "clusters/shop-test/pipelineruns", {"action": "deploy", "source": shown["source"], "base": shown["base"]})
    carry(cluster)
    ended = call("get", f"pipelineruns/{run.data['id']}?wait=5").data

    assert run.status_code == 202
    assert (ended["state"], [step["name"] for step in ended["steps"]]) == ("ok", ["preflight", "merge", "sync", "watch"])


def test_ci_posts_an_image_once(deployed: Cluster, ci: Call) -> None:
    body = {"image": "library/shop:v2", "git": {"url": "https://git.test/shop.git", "commitID": "28992e35", "branch": "main"}, "deploy": True}

    first = ci("post", "clusters/shop-test/image", body, Idempotency_Key="build-7")
    again = ci("post", "clusters/shop-test/image", body, Idempotency_Key="build-7")

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.data == again.data
    assert Pipelinerun.objects.filter(cluster=deployed).count() == 2
    assert ci("get", "clusters/shop-test/output").data["output"]["git"]["commitID"] == "28992e35"


def test_ci_reads_the_pipeline_and_posts_but_edits_nothing(deployed: Cluster, ci: Call) -> None:
    assert ci("get", "clusters/shop-test/pipeline").status_code == 200
    assert ci("post", "clusters/shop-test/output", {"image": "x", "anything": {"a": [1]}}).status_code == 200
    assert ci("patch", "clusters/shop-test/config", {}).status_code == 403
    assert ci("post", "clusters/shop-test/pipelineruns", {"action": "restart"}).status_code == 403
    assert ci("post", "tokens", {"name": "more", "scope": "write"}).status_code == 403
    assert ci("post", "groups", {"name": "more"}).status_code == 403


def test_a_token_of_one_cluster_sees_no_other(make_cluster: MakeCluster, cluster: Cluster, ci: Call) -> None:
    make_cluster("other")

    assert ci("get", "clusters/other").status_code == 404
    assert [item["name"] for item in ci("get", "clusters").data["items"]] == ["shop-test"]


def test_a_token_of_scope_read_changes_nothing(cluster: Cluster, ann: Actor) -> None:
    call = caller(tokens.create(ann.user, name="r", scope=Scope.READ)[1])

    assert call("get", "clusters/shop-test/status").status_code == 200
    assert call("patch", "clusters/shop-test/config", {}).status_code == 403


def test_a_revoked_token_is_refused(cluster: Cluster, call: Call) -> None:
    made = call("post", "tokens", {"name": "short", "scope": "read"}).data
    other = caller(made["token"])
    assert other("get", "clusters").status_code == 200

    call("delete", f"tokens/{made['id']}")

    assert other("get", "clusters").status_code == 401


def test_a_token_revokes_no_other_than_itself_unless_it_may_make_them(cluster: Cluster, call: Call, ann: Actor) -> None:
    token, secret = tokens.create(ann.user, name="r", scope=Scope.READ)
    other, _ = tokens.create(ann.user, name="w", scope=Scope.WRITE)
    reader = caller(secret)

    assert reader("delete", f"tokens/{other.pk}").status_code == 403
    assert reader("delete", f"tokens/{token.pk}").status_code == 204
    assert call("delete", f"tokens/{other.pk}").status_code == 204


def test_an_image_cannot_be_the_first_deploy_alone(cluster: Cluster, ci: Call) -> None:
    answer = ci("post", "clusters/shop-test/image", {"image": "library/shop:v2", "deploy": True})

    assert (answer.status_code, answer.data["code"]) == (409, "not_released")
    assert ci("get", "clusters/shop-test/output").data["output"]["image"] == "library/shop:v2"
    assert ci("post", "clusters/shop-test/image", {"image": "library/shop:v2", "deploy": "all"}).status_code == 202


def test_running_again_what_restored_overrides_takes_the_same_role(deployed: Cluster, ann: Actor, call: Call) -> None:
    replicas(deployed, 2, ann)
    deploy(deployed, ann)
    run = roll_back(deployed, ann, Pipelinerun.objects.earliest("pk"), restore_overrides=True, reason="the affinity was wrong")
    bob = get_user_model().objects.create_user("bob")
    Membership.objects.create(user=bob, role="developer", application=deployed.application)
    developer = caller(tokens.create(bob, name="bob", scope=Scope.WRITE)[1])

    assert developer("post", f"pipelineruns/{run.pk}/again").status_code == 403
    assert call("post", f"pipelineruns/{run.pk}/again").data["reason"] == "the affinity was wrong"


def test_an_application_keeps_a_config_for_each_environment(deployed: Cluster, call: Call, make_cluster: MakeCluster) -> None:
    call("patch", "applications/shop/config?environment=test", {"app": {"port": 9000}})

    default, test = (call("get", f"applications/shop/config{query}").data for query in ("", "?environment=test"))
    other = make_cluster("other")

    assert (default["branch"], test["branch"], test["config"]["app"]["port"]) == ("default", "test", 9000)
    assert other.copied_from == test["revision"]
    assert call("get", "clusters/other/config").data["config"]["app"] == {"port": 9000, "spec": {"replicas": 1}}
    assert "port" not in call("get", "clusters/shop-test/config").data["config"]["app"]


def test_a_preview_needs_nothing_saved(cluster: Cluster, call: Call) -> None:
    answer = call("post", "templates/deployment/releases/v0.0.1/render", {"config": {"app": {"spec": {"replicas": 3}}}, "name": "new"})

    objects = {item["kind"]: item for item in answer.data["objects"]}
    assert objects["Deployment"]["spec"]["replicas"] == 3
    assert objects["Deployment"]["metadata"]["name"] == "new"


def test_a_hand_made_change_is_shown_field_by_field_and_healed(deployed: Cluster, call: Call, settings: Any) -> None:
    folder = settings.HORIZON_DATA / "regions"
    file = next(path for path in folder.rglob("*.yaml") if "deployment" in path.name)
    file.write_text(file.read_text().replace("replicas: 1", "replicas: 7"))

    drifted = call("get", "clusters/shop-test/status").data
    call("post", "clusters/shop-test/pipelineruns", {"action": "deploy"})
    carry(deployed)
    healed = call("get", "clusters/shop-test/status").data

    assert (drifted["sync"], drifted["behind"]) == ("OutOfSync", False)
    assert drifted["drift"][0]["fields"] == [{"path": "spec.replicas", "wanted": 1, "live": 7}]
    assert (healed["sync"], healed["drift"]) == ("Synced", [])


def test_the_charts_are_a_helm_repository_for_everybody(cluster: Cluster, client: Client) -> None:
    index = client.get("/charts/index.yaml")
    archive = client.get(f"/charts/deployment-{cluster.release.chart_version}.tgz")

    assert cluster.release.chart_version in index.content.decode()
    assert archive.content == bytes(cluster.release.archive)
    assert client.get("/charts/index.yaml", headers={"If-None-Match": index.headers["ETag"]}).status_code == 304
    assert client.get("/charts/nothing-1.tgz").status_code == 404


def test_a_chart_is_found_by_one_question_whatever_dashes_are_in_it(db: None, client: Client, django_assert_num_queries: Any) -> None:
    for name, version in (("shop", "v1.0.0"), ("shop-1", "1.0.0-a-b"), ("shop-1-1", "1.0.0-a")):
        digest = hashlib.sha256(name.encode()).hexdigest()
        template = Template.objects.create(name=name)
        template.releases.create(version=version, chart_version=f"{version}-0a1b2c3d", digest=digest, archive=name.encode(), archive_digest=digest)

    for file, content in (("shop-v1.0.0", b"shop"), ("shop-1-1.0.0-a-b", b"shop-1"), ("shop-1-1-1.0.0-a", b"shop-1-1")):
        with django_assert_num_queries(1):
            assert client.get(f"/charts/{file}-0a1b2c3d.tgz").content == content
    for file in ("shop-v1.0.0", "shop-v1.0.0-0a1b2c3e", "shop", "-", "...", "shop-1-1.0.0-a-b-c-0a1b2c3d"):
        assert client.get(f"/charts/{file}.tgz").status_code == 404
