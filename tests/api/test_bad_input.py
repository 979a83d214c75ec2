"""Bad input is a clear 4xx `{code, message, details}`, and nothing changes."""

from typing import Any

import pytest
from django.db.models import Count

from horizon.delivery.models import Pipelinerun
from horizon.inventory.models import Application, Cluster, Event, Group
from horizon.inventory.repositories import cluster_repository
from tests.api.conftest import Call

DEEP: Any = {}
for _ in range(200):
    DEEP = {"a": DEEP}
ALIAS_BOMB = b'{"app": {"command": ["' + b"x" * 2_000_000 + b'"]}}'


def _state(cluster: Cluster) -> tuple[Any, ...]:
    counts = [model.objects.aggregate(n=Count("pk"))["n"] for model in (Group, Application, Cluster, Event, Pipelinerun)]
    return cluster_repository(cluster).refs.read(), counts


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("post", "groups", {"name": "../etc"}, 400),
        ("post", "groups", {"name": "a/b"}, 400),
        ("post", "groups", {"name": "-rf"}, 400),
        ("post", "groups", {"name": "nul\x00"}, 400),
        ("post", "groups", {"name": "a", "parent": "nowhere"}, 404),
        ("post", "groups", {"name": "a", "surprise": 1}, 400),
        ("post", "groups", {"name": 7}, 400),
        ("post", "groups", {"name": "a", "private": "yes"}, 400),
        ("post", "environments", {"name": "a", "position": "7"}, 400),
        ("post", "environments", {"name": "a", "position": True}, 400),
        ("post", "groups", [], 400),
        ("post", "groups", b"{", 400),
        ("post", "groups", b'{"name": NaN}', 400),
        ("post", "groups", b'{"name": "\\ud800"}', 400),
        ("post", "groups", b"[" * 100_000, 400),
        ("post", "applications", {"name": "x", "group": "shops", "template": "nothing"}, 400),
        ("post", "applications", {"name": "Shop", "group": "shops", "template": "deployment"}, 400),
        ("post", "applications", {"name": "shop", "group": "shops", "template": "deployment"}, 409),
        ("post", "applications", {"name": "x", "group": "shops", "template": "deployment", "config": {"nope": 1}}, 400),
        ("post", "clusters", {"name": "..", "application": "shop", "environment": "test", "region": "local"}, 400),
        ("post", "clusters", {"name": "a" * 60, "application": "shop", "environment": "test", "region": "local"}, 400),
        ("post", "clusters", {"name": "--help", "application": "shop", "environment": "test", "region": "local"}, 400),
        ("post", "clusters", {"name": "shop-test", "application": "shop", "environment": "test", "region": "local"}, 409),
        ("post", "clusters", {"name": "x", "application": "shop", "environment": "test", "region": "moon"}, 400),
        ("post", "clusters", {"name": "x", "application": "shop", "environment": "test", "region": "local", "release": "v9"}, 400),
        ("post", "clusters", {"name": "x", "application": "shop", "environment": "test", "region": "local", "namespace": "../x"}, 400),
        ("patch", "clusters/shop-test/config", {"app": {"spec": {"replicas": "many"}}}, 400),
        ("patch", "clusters/shop-test/config", {"app": {"spec": {"replicas": True}}}, 400),
        ("patch", "clusters/shop-test/config", {"surprise": 1}, 400),
        ("patch", "clusters/shop-test/config", {"app": {"spec": {"replicas": 2**60}}}, 400),
        ("patch", "clusters/shop-test/config", {"app": {"envs": [{"name": "A=B", "value": ""}]}}, 400),
        ("patch", "clusters/shop-test/config", [1], 400),
        ("patch", "clusters/shop-test/config", DEEP, 400),
        ("patch", "clusters/shop-test/config", ALIAS_BOMB, 413),
        ("put", "clusters/shop-test/config", {}, 428),
        ("post", "clusters/shop-test/diff", {"config": {}, "patch": {}}, 400),
        ("post", "clusters/shop-test/diff", {"config": {"nope": 1}}, 400),
        ("get", "clusters/shop-test/diff?before=zzz&after=" + "0" * 40, None, 404),
        ("get", "clusters/shop-test/diff?before=HEAD", None, 400),
        ("get", "clusters?page=x", None, 400),
        ("get", "clusters/nothing/status", None, 404),
        ("get", "clusters/..%2f..%2fetc/status", None, 404),
        ("post", "clusters/shop-test/image", {"image": ""}, 400),
        ("post", "clusters/shop-test/image", {"image": "a b"}, 400),
        ("post", "clusters/shop-test/image", {"image": "x" * 600}, 400),
        ("post", "clusters/shop-test/image", {"image": "x", "git": {"url": "u", "commitID": "c"}}, 400),
        ("post", "clusters/shop-test/image", {"image": "x", "git": {"url": "u", "commitID": "c", "branch": "b", "tag": "t"}}, 400),
        ("post", "clusters/shop-test/image", {"image": "x", "git": {"url": "u", "commitID": 28992e35, "branch": "b"}}, 400),
        ("post", "clusters/shop-test/image", {"image": "x", "deploy": "yes"}, 400),
        ("post", "clusters/shop-test/image", {"image": "x", "deploy": 1}, 400),
        ("post", "clusters/shop-test/output", [1], 400),
        ("post", "clusters/shop-test/output?deploy=perhaps", {"image": "x"}, 400),
        ("post", "clusters/shop-test/discard", {}, 409),
        ("post", "clusters/shop-test/discard", {"keys": ["nothing"]}, 400),
        ("post", "clusters/shop-test/discard", {"keys": [1]}, 400),
        ("post", "clusters/shop-test/pipelineruns", {}, 400),
        ("post", "clusters/shop-test/pipelineruns", {"action": "explode"}, 400),
        ("post", "clusters/shop-test/pipelineruns", {"action": "deploy", "source": "0" * 40}, 400),
        ("post", "clusters/shop-test/pipelineruns", {"action": "deploy", "source": "-x", "base": "--y"}, 400),
        ("post", "clusters/shop-test/pipelineruns", {"action": "deploy", "title": "a\x00b"}, 400),
        ("post", "clusters/shop-test/pipelineruns", {"action": "restart"}, 409),
        ("post", "clusters/shop-test/pipelineruns", {"action": "rollback"}, 404),
        ("post", "clusters/shop-test/pipelineruns", {"action": "rollback", "pipelinerun": 999}, 404),
        ("post", "clusters/shop-test/pipelineruns", {"action": "rollback", "pipelinerun": -1}, 400),
        ("post", "clusters/shop-test/pipelineruns", {"action": "rollback", "pipelinerun": 2**70}, 400),
        ("get", "pipelineruns/999", None, 404),
        ("get", "pipelineruns/99999999999999999999999999", None, 404),
        ("get", "pipelineruns/999?wait=forever", None, 404),
        ("post", "pipelineruns/999/cancel", None, 404),
        ("get", "templates/nothing", None, 404),
        ("get", "templates/deployment/releases/v9/schema", None, 404),
        ("post", "templates/deployment/releases/v0.0.1/render", {"config": {"nope": 1}}, 400),
        ("post", "templates/deployment/releases/v0.0.1/render", {"name": "../x"}, 400),
        ("post", "tokens", {"name": "t", "scope": "root"}, 400),
        ("post", "tokens", {"name": "t", "scope": "ci", "cluster": "nothing"}, 404),
        ("delete", "clusters/shop-test", None, 405),
        ("get", "nothing/at/all", None, 404),
    ],
)
def test_bad_input_is_refused_and_nothing_changes(cluster: Cluster, call: Call, method: str, path: str, body: Any, status: int) -> None:
    before = _state(cluster)

    answer = call(method, path, body)

    assert answer.status_code == status, answer.data
    assert answer.data.keys() == {"code", "message", "details"}
    assert answer.data["message"]
    assert _state(cluster) == before


def test_errors_of_the_schema_point_at_their_fields(cluster: Cluster, call: Call) -> None:
    answer = call("patch", "clusters/shop-test/config", {"app": {"spec": {"replicas": -1}, "port": 0}})

    pointers = {error["pointer"] for error in answer.data["details"]["errors"]}
    assert pointers == {"/app/spec/replicas", "/app/port"}


def test_without_a_token_one_is_asked_for(cluster: Cluster, client: Any) -> None:
    answer = client.get("/api/v1/clusters/shop-test")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert answer.json()["code"] == "not_authenticated"
