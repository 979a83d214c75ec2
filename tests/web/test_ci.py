"""CI's pages: the call as it is copied, carried out by a shell; tokens bound to one thing; the last calls, refused ones too."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client

from horizon.access import groups, tokens
from horizon.access.models import Token
from horizon.access.permissions import Actor
from horizon.access.policy import Scope
from horizon.delivery import calls
from horizon.delivery.models import CiCall, Pipelinerun
from horizon.inventory.models import Application, Cluster, Group
from horizon.web.ci import snippets
from tests.fixtures import MakeCluster, carry
from tests.web.conftest import HTMX, Browser, text
from tests.web.test_me import shown_once, works

IMAGE = {"image": "library/shop:v2", "deploy": True}


def post(secret: str, body: Any, *, cluster: str = "shop-test", door: str = "image") -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {secret}"}
    return Client().post(f"/api/v1/clusters/{cluster}/{door}", data, content_type="application/json", headers=headers)


@pytest.fixture
def secret(ann: Actor) -> str:
    """A token of scope `ci`."""
    return tokens.create(ann.user, name="pipeline", scope=Scope.CI)[1]


# -- the call


def script(snippet: snippets.Snippet) -> str:
    """The commands of a snippet."""
    if snippet.key == "curl":
        return snippet.text
    job = yaml.safe_load(snippet.text)
    return str(job["jobs"]["deploy"]["steps"][0]["run"] if snippet.key == "github" else job["deploy"]["script"][0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["curl", "github", "gitlab"])
def test_the_copied_call_deploys(deployed: Cluster, secret: str, live_server: Any, tmp_path: Path, key: str) -> None:
    snippet = next(item for item in snippets.of(deployed, live_server.url) if item.key == key)
    # What GitHub puts in before a shell sees it.
    text = script(snippet).replace("${{ github.run_id }}-${{ github.run_attempt }}", "7-1")
    given = {
        "HORIZON_TOKEN": secret,
        "IMAGE": "library/shop:v2",
        "GIT_URL": "https://git.example.test/shop.git",
        "COMMIT": "28992e35",
        "BRANCH": "main",
    }
    environment = {"PATH": os.environ["PATH"], "BUILD_ID": "7", "CI_JOB_ID": "7", **given}

    job = subprocess.Popen(["sh", "-ec", text], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while job.poll() is None:
        carry(deployed)
    said, errors = job.communicate()

    run = Pipelinerun.objects.filter(cluster=deployed).latest("pk")
    assert (job.returncode, said.splitlines()[-1:]) == (0, [f"run {run.pk}: ok"]), errors
    deployed.refresh_from_db()
    assert deployed.image == "library/shop:v2"


def test_the_token_is_a_variable_and_the_host_is_the_browsers(deployed: Cluster, admin: Client) -> None:
    page = admin.get("/clusters/shop-test/ci", headers={"host": "localhost:9000"}).content.decode()

    assert page.count("http://localhost:9000/api/v1/clusters/shop-test/image") == 3
    assert page.count("Bearer $HORIZON_TOKEN") == 6
    assert "secrets.HORIZON_TOKEN" in page


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("library/shop:v1", "library/shop"),
        ("registry.example.com:5000/shop", "registry.example.com:5000/shop"),
        ("registry.example.com:5000/a/shop:v1@sha256:00", "registry.example.com:5000/a/shop"),
        ("", "registry.example.com/shop"),
    ],
)
def test_images_come_from_where_they_come_from_now(cluster: Cluster, image: str, found: str) -> None:
    cluster.image = image

    assert snippets.repository(cluster) == found


def test_before_the_first_release_the_page_says_what_is_needed(cluster: Cluster, admin: Client) -> None:
    assert "Nothing was released here yet" in text(admin.get("/clusters/shop-test/ci"))


def test_an_application_writes_the_call_for_one_of_its_clusters(deployed: Cluster, make_cluster: MakeCluster, admin: Client) -> None:
    make_cluster("shop-other")

    first, other = (admin.get(f"/applications/shop/ci{query}").content.decode() for query in ("", "?cluster=shop-test"))

    assert ("clusters/shop-other/image" in first, "clusters/shop-test/image" in other) == (True, True)


def test_an_application_without_clusters_says_so(application: Application, admin: Client) -> None:
    assert "This application has no cluster that you may see" in text(admin.get("/applications/shop/ci"))
    assert admin.get("/applications/nothing/ci").status_code == 404


# -- the token


@pytest.mark.parametrize(("page", "elsewhere"), [("/clusters/shop-test/ci/token", 404), ("/applications/shop/ci/token", 200)])
def test_a_token_is_of_use_for_its_thing_alone(cluster: Cluster, make_cluster: MakeCluster, admin: Client, page: str, elsewhere: int) -> None:
    make_cluster("shop-other")

    secret = shown_once(admin.post(page, {"days": "90"}, headers=HTMX))

    assert works(secret, "/api/v1/clusters/shop-test") == 200
    assert works(secret, "/api/v1/clusters/shop-other") == elsewhere
    assert Token.objects.get().scope == "ci"
    assert post(secret, {"replicas": 2}, door="output").status_code in (200, 400)


def test_who_may_only_look_makes_none(cluster: Cluster, browser: Browser) -> None:
    guest = browser("guest")

    assert "you may only look" in text(guest.get("/clusters/shop-test/ci"))
    assert guest.post("/clusters/shop-test/ci/token", {"days": ""}).status_code == 403
    assert not Token.objects.exists()


# -- the last calls


def test_a_call_is_shown_with_its_run(deployed: Cluster, secret: str, admin: Client) -> None:
    post(secret, {**IMAGE, "git": {"url": "https://git.example.test/shop.git", "commitID": "28992e35", "branch": "main"}})
    carry(deployed)

    said = text(admin.get("/clusters/shop-test/ci"))

    run = Pipelinerun.objects.filter(cluster=deployed).latest("pk")
    assert f"202 #{run.pk} Ok library/shop:v2 deploy, git, image · 28992e35 · deploy: true ann pipeline ({secret[:12]}…)" in said
    assert secret not in said


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "json"),
        ({"image": "two words"}, 400, "body"),
        ([], 400, "body"),
        ({"image": "library/shop:v2", "deploy": "now"}, 400, "body"),
        (IMAGE, 409, "not_released"),
    ],
)
def test_a_refused_call_is_shown_with_its_reason(cluster: Cluster, secret: str, admin: Client, body: Any, status: int, code: str) -> None:
    answer = post(secret, body)

    said = text(admin.get("/clusters/shop-test/ci"))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    call = CiCall.objects.get()
    assert (call.status, call.code, call.message) == (status, code, answer.json()["message"])
    assert f"{status} {code}" in said


def test_a_scope_that_may_not_post_is_shown(cluster: Cluster, ann: Actor) -> None:
    _token, reading = tokens.create(ann.user, name="reads", scope=Scope.READ)

    post(reading, IMAGE)

    assert CiCall.objects.values_list("status", "code").get() == (403, "forbidden")


def test_a_token_for_something_else_is_shown_where_it_was_used(cluster: Cluster, make_cluster: MakeCluster, ann: Actor) -> None:
    _token, bound = tokens.create(ann.user, name="other", scope=Scope.CI, cluster=make_cluster("shop-other"))

    post(bound, IMAGE)

    assert CiCall.objects.values_list("cluster__name", "status").get() == ("shop-test", 404)


def test_who_may_not_see_a_cluster_leaves_nothing_there(cluster: Cluster, ann: Actor, browser: Browser) -> None:
    groups.change(Group.objects.get(path="shops"), groups.Look("", True), actor=ann)
    stranger = browser("")
    csrf = {"HTTP_X_CSRFTOKEN": "none"}

    answer = stranger.post("/api/v1/clusters/shop-test/image", IMAGE, content_type="application/json", **csrf)

    assert (answer.status_code, CiCall.objects.count()) == (404, 0)


@pytest.mark.parametrize("name", ["shop-test", "nothing", "a%00b"])
def test_who_is_unknown_leaves_nothing(cluster: Cluster, name: str) -> None:
    answer = post("hzn_nobody", IMAGE, cluster=name)

    assert (answer.status_code, CiCall.objects.count()) == (401, 0)


def test_values_of_an_output_are_not_kept(deployed: Cluster, secret: str) -> None:
    post(secret, {"image": "library/shop:v2", "password": "a secret of ours"}, door="output")

    call = CiCall.objects.values().get()
    assert "a secret of ours" not in str(call)
    assert call["keys"] == ["image", "password"]


def test_a_cluster_keeps_the_last_calls(cluster: Cluster, make_cluster: MakeCluster, ann: Actor) -> None:
    other = make_cluster("shop-other")
    for number in range(calls.KEPT + 3):
        calls.keep(cluster, posted={"image": f"v{number}"}, deploy=False, status=200, answer={}, actor=ann)
    calls.keep(other, posted={}, deploy=False, status=200, answer={}, actor=ann)

    kept = list(calls.of(cluster, ann).values_list("image", flat=True))

    assert (len(kept), kept[0], kept[-1]) == (calls.KEPT, f"v{calls.KEPT + 2}", "v3")
    assert calls.of(cluster.application, ann).count() == calls.KEPT + 1


def test_reading_is_no_call_of_ci(deployed: Cluster, secret: str) -> None:
    assert works(secret, "/api/v1/clusters/shop-test/output") == 200
    assert not CiCall.objects.exists()
