"""The bundled template `deployment`: the published files validate and render, and what comes out is good Kubernetes."""

import subprocess
from collections.abc import Callable
from typing import Any

import kubernetes_validate
import pytest

from horizon import helmyaml
from horizon.catalog import release, schema
from horizon.errors import Invalid
from tests.catalog.charts import FORMATS, TEMPLATES

HORIZON = "deployment: {horizon: {application: shop, clusterID: 1, cluster: demo, template: {name: deployment, release: v0.0.1}, priority: P1}}"
VALUE_FILES = ("application.yaml", "pipeline-output.yaml", "system/env.yaml", "system/restart.yaml", "sre.yaml")
DEPLOYMENT = release.load_folder(TEMPLATES / "deployment")
KUBERNETES = "1.34"


def published(path: str) -> str:
    return (FORMATS / path).read_text()


def umbrella() -> dict[str, bytes]:
    chart = published("Chart.yaml").replace("v0.0.1-ec06d596", DEPLOYMENT.chart_version)
    return {"Chart.yaml": chart.encode(), f"charts/deployment-{DEPLOYMENT.chart_version}.tgz": DEPLOYMENT.archive}


def golden() -> list[str]:
    texts = [published(path) for path in VALUE_FILES]
    return [*texts[:3], HORIZON, *texts[3:]]


@pytest.fixture(scope="module")
def objects(renderer) -> Callable[..., dict[str, dict[str, Any]]]:
    """Render value files (or one map under `deployment`) to objects by kind, each checked against the schemas of Kubernetes."""

    def render(*texts: str, **values: Any) -> dict[str, dict[str, Any]]:
        last = [helmyaml.write({"deployment": values})] if values else []
        rendered = renderer.render(umbrella(), [*texts, *last], name="demo", namespace="local-1")
        for one in rendered:
            kubernetes_validate.validate(one, KUBERNETES, strict=True)
        return {one["kind"]: one for one in rendered}

    return render


def pod(objects: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return objects["Deployment"]["spec"]["template"]["spec"]


def container(objects: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return pod(objects)["containers"][0]


def envs(objects: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {env["name"]: env.get("value") for env in container(objects)["env"]}


def pointers(app: dict[str, Any]) -> list[str]:
    return [problem.pointer for problem in schema.problems(DEPLOYMENT.schema, {"app": app})]


def test_the_published_application_file_validates():
    config = helmyaml.read(published("application.yaml"))["deployment"]

    assert schema.problems(DEPLOYMENT.schema, config) == []


def test_the_published_pipeline_file_validates():
    assert schema.problems(DEPLOYMENT.pipeline_schema, helmyaml.read(published("pipeline.yaml"))["pipeline"]) == []


def test_the_published_output_file_validates():
    assert schema.problems(DEPLOYMENT.output_schema, helmyaml.read(published("pipeline-output.yaml"))["deployment"]) == []


def test_the_chart_s_own_defaults_validate(objects):
    app = DEPLOYMENT.values["app"]
    shown = {**app, "spec": {key: app["spec"][key] for key in ("replicas", "resource")}}

    assert pointers(shown) == []


def test_the_published_files_render_to_a_deployment_and_a_service(objects):
    assert sorted(objects(*golden())) == ["Deployment", "Service"]


def test_what_the_published_files_say_shows_up_in_the_pod(objects):
    rendered = objects(*golden())

    assert container(rendered)["image"] == "library/demo:v1"
    assert envs(rendered)["test"] == "test"
    assert container(rendered)["resources"]["limits"] == {"cpu": "1000m", "memory": "2048Mi", "ephemeral-storage": "1Gi"}
    terms = pod(rendered)["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert terms == [{"matchExpressions": [{"key": "cloudnative/demo", "operator": "In", "values": ["true"]}]}]
    annotations = rendered["Deployment"]["spec"]["template"]["metadata"]["annotations"]
    assert annotations["horizon/restart-time"] == "2023-01-06 18:28:49"
    assert annotations["horizon/git-commit-id"] == "28992d8f35a6ef38d59181080b3728df9540d8d6"
    assert annotations["horizon/git-branch"] == "master"


def test_our_rendering_is_that_of_the_stock_program(objects, helm, tmp_path):
    for path, content in umbrella().items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    files = []
    for number, text in enumerate(golden()):
        (tmp_path / f"{number}.yaml").write_text(text)
        files += ["--values", str(tmp_path / f"{number}.yaml")]

    command = [helm, "template", "demo", str(tmp_path), "--namespace", "local-1", *files]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    stock = {one["kind"]: one for one in (helmyaml.read(text) for text in printed.split("\n---\n"))}
    assert objects(*golden()) == stock


def test_a_preview_without_an_image_shows_that_it_is_missing(objects):
    assert container(objects())["image"] == "image-not-set"
    assert container(objects(image=""))["image"] == "image-not-set"


@pytest.mark.parametrize("output", [{}, {"image": ""}, {"image": None}, {"image": "a b"}])
def test_a_deploy_needs_an_image(output):
    assert [problem.pointer for problem in schema.problems(DEPLOYMENT.output_schema, output)] == ["/image"]


def test_ci_may_post_more_than_the_template_knows():
    assert schema.problems(DEPLOYMENT.output_schema, {"image": "a", "build": {"number": 7}}) == []


def test_another_restart_time_changes_the_pods_and_nothing_else(objects):
    before, after = objects(restartTime="2026-01-01 00:00:00"), objects(restartTime="2026-01-01 00:00:01")

    before["Deployment"]["spec"]["template"]["metadata"]["annotations"]["horizon/restart-time"] = "2026-01-01 00:00:01"

    assert before == after


def test_the_selector_holds_only_what_never_changes(objects):
    rendered = objects(*golden())

    selector = rendered["Deployment"]["spec"]["selector"]["matchLabels"]

    assert selector == {"app.kubernetes.io/name": "deployment", "app.kubernetes.io/instance": "demo"}
    assert rendered["Service"]["spec"]["selector"] == selector


def test_no_label_of_a_pod_names_the_release(objects):
    rendered = objects(*golden())["Deployment"]

    assert "helm.sh/chart" in rendered["metadata"]["labels"]
    assert "helm.sh/chart" not in rendered["spec"]["template"]["metadata"]["labels"]


def test_objects_are_named_as_the_cluster(objects):
    rendered = objects(horizon={"cluster": "shop-test"})

    assert {one["metadata"]["name"] for one in rendered.values()} == {"shop-test"}


@pytest.mark.parametrize(
    ("size", "cpu", "memory", "requested"),
    [("tiny", 500, 1024, 125), ("x-small", 1000, 2048, 250), ("small", 2000, 4096, 500), ("middle", 4000, 8192, 1000), ("large", 8000, 16384, 2000)],
)
def test_each_size_has_its_limits(objects, size, cpu, memory, requested):
    resources = container(objects(app={"spec": {"resource": size}}))["resources"]

    assert (resources["limits"]["cpu"], resources["limits"]["memory"]) == (f"{cpu}m", f"{memory}Mi")
    assert (resources["requests"]["cpu"], resources["requests"]["memory"]) == (f"{requested}m", f"{memory}Mi")


def test_a_flexible_size_is_what_the_developer_says(objects):
    resources = container(objects(app={"spec": {"resource": "flexible", "cpu": 1500, "memory": 3072}}))["resources"]

    assert (resources["limits"]["cpu"], resources["limits"]["memory"]) == ("1500m", "3072Mi")


@pytest.mark.parametrize(
    ("environment", "priority", "requested"),
    [("online", "P1", "333m"), ("online", "P0", "1000m"), ("test", "P0", "250m"), ("brand-new", "P3", "250m")],
)
def test_the_request_follows_environment_and_priority(objects, environment, priority, requested):
    rendered = objects(env={"environment": environment}, horizon={"priority": priority})

    assert container(rendered)["resources"]["requests"]["cpu"] == requested


def test_an_sre_sets_the_ratio_of_any_environment(objects):
    rendered = objects(env={"environment": "brand-new"}, oversale={"cpu": {"brand-new": 1.5}, "memory": {"brand-new": 2}})

    assert container(rendered)["resources"]["requests"] == {"cpu": "666m", "memory": "1024Mi", "ephemeral-storage": "10Mi"}


def test_an_sre_changes_the_size_table(objects):
    rendered = objects(sizes={"x-small": {"cpu": 1200}})

    assert container(rendered)["resources"]["limits"]["cpu"] == "1200m"


def test_a_size_that_is_not_in_the_table_is_refused(objects):
    with pytest.raises(Invalid, match='there is no size "huge"'):
        objects(app={"spec": {"resource": "huge"}})


def test_no_replicas_means_none(objects):
    assert objects(app={"spec": {"replicas": 0}})["Deployment"]["spec"]["replicas"] == 0


def test_pods_are_careful_by_default(objects):
    rendered = objects()

    assert pod(rendered)["automountServiceAccountToken"] is False
    assert pod(rendered)["dnsPolicy"] == "ClusterFirst"
    assert pod(rendered)["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert container(rendered)["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def test_an_sre_may_let_an_image_run_as_root(objects):
    rendered = objects(podSecurityContext={"runAsNonRoot": False})

    assert pod(rendered)["securityContext"] == {"runAsNonRoot": False, "seccompProfile": {"type": "RuntimeDefault"}}


def test_an_affinity_between_pods_replaces_the_preset_one(objects):
    own = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone", "labelSelector": {}}]}}

    assert "preferredDuringSchedulingIgnoredDuringExecution" in pod(objects())["affinity"]["podAntiAffinity"]
    assert pod(objects(affinity=own))["affinity"] == own


def test_what_has_no_value_of_its_own_can_still_be_set(objects):
    rendered = objects(
        hostAliases=[{"ip": "10.0.0.1", "hostnames": ["db"]}],
        tolerations=[{"key": "gpu", "operator": "Exists"}],
        nodeSelector={"disk": "ssd"},
        imagePullSecrets=[{"name": "registry"}],
        podExtra={"automountServiceAccountToken": True, "volumes": [{"name": "cache", "emptyDir": {}}]},
        containerExtra={"volumeMounts": [{"name": "cache", "mountPath": "/cache"}]},
    )

    assert pod(rendered)["automountServiceAccountToken"] is True
    assert pod(rendered)["hostAliases"] == [{"ip": "10.0.0.1", "hostnames": ["db"]}]
    assert pod(rendered)["imagePullSecrets"] == [{"name": "registry"}]
    assert container(rendered)["volumeMounts"] == [{"name": "cache", "mountPath": "/cache"}]


def test_every_field_of_the_form_reaches_kubernetes(objects):
    app = {
        "spec": {"replicas": 3, "resource": "flexible", "cpu": 700, "memory": 900},
        "port": 9090,
        "envs": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "EMPTY"}],
        "health": {"liveness": "/check", "readiness": "/status?full=1", "port": 9091},
        "strategy": {"maxSurge": "1", "maxUnavailable": "10%"},
        "command": ["/bin/server"],
        "args": ["--level", "3", "yes"],
    }

    rendered = objects(app=app)

    assert pointers(app) == []
    assert (container(rendered)["command"], container(rendered)["args"]) == (["/bin/server"], ["--level", "3", "yes"])
    assert container(rendered)["ports"][0]["containerPort"] == rendered["Service"]["spec"]["ports"][0]["port"] == 9090
    assert container(rendered)["livenessProbe"]["httpGet"] == {"path": "/check", "port": 9091}
    assert container(rendered)["readinessProbe"]["httpGet"] == {"path": "/status?full=1", "port": 9091}
    assert rendered["Deployment"]["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": "10%"}
    assert envs(rendered)["EMPTY"] == ""


@pytest.mark.parametrize("value", ["yes", "012", "1e3", 'a "quoted" \\ one', "two\nlines", "{{ .Values.image }}", "ünïcode", "- a: b", " ", "~"])
def test_a_variable_has_exactly_the_value_that_was_typed(objects, value):
    assert envs(objects(app={"envs": [{"name": "TYPED", "value": value}]}))["TYPED"] == value


def test_an_image_is_written_as_it_was_posted(objects):
    assert container(objects(image="REGISTRY:5000/a/b@sha256:" + "0" * 64))["image"] == "REGISTRY:5000/a/b@sha256:" + "0" * 64


@pytest.mark.parametrize("kind", ["branch", "tag", "commit"])
def test_the_source_is_written_down_as_text(objects, kind):
    rendered = objects(git={"url": "https://git.test/a.git", kind: "1.10", "commitID": "28992e35"})

    annotations = rendered["Deployment"]["metadata"]["annotations"]

    assert annotations == {"horizon/git-url": "https://git.test/a.git", f"horizon/git-{kind}": "1.10", "horizon/git-commit-id": "28992e35"}


def test_a_variable_of_the_developer_wins_over_that_of_the_platform(objects):
    rendered = objects(app={"envs": [{"name": "HORIZON_CLUSTER", "value": "mine"}]})

    names = [env["name"] for env in container(rendered)["env"]]

    assert envs(rendered)["HORIZON_CLUSTER"] == "mine"
    assert len(names) == len(set(names))


def test_a_variable_set_twice_is_refused(objects):
    with pytest.raises(Invalid, match="the environment variable A is set twice"):
        objects(app={"envs": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]})


def test_a_strategy_that_never_replaces_a_pod_is_refused(objects):
    with pytest.raises(Invalid, match="no pod could ever be replaced"):
        objects(app={"strategy": {"maxSurge": "0", "maxUnavailable": "0%"}})


@pytest.mark.parametrize(
    ("app", "pointer"),
    [
        ({"spec": {"replicas": 101}}, "/app/spec/replicas"),
        ({"spec": {"replicas": -1}}, "/app/spec/replicas"),
        ({"spec": {"replicas": "1"}}, "/app/spec/replicas"),
        ({"spec": {"resource": "huge"}}, "/app/spec/resource"),
        ({"spec": {"resource": "small", "cpu": 500}}, "/app/spec/cpu"),
        ({"spec": {"resource": "flexible", "cpu": 1}}, "/app/spec/cpu"),
        ({"port": 0}, "/app/port"),
        ({"port": 65536}, "/app/port"),
        ({"envs": [{"value": "x"}]}, "/app/envs/0/name"),
        ({"envs": [{"name": "1A"}]}, "/app/envs/0/name"),
        ({"envs": [{"name": "A B"}]}, "/app/envs/0/name"),
        ({"envs": [{"name": "A\n"}]}, "/app/envs/0/name"),
        ({"envs": [{"name": "A", "value": 1}]}, "/app/envs/0/value"),
        ({"envs": [{"name": "A"}, {"name": "A"}]}, "/app/envs"),
        ({"health": {"liveness": "check"}}, "/app/health/liveness"),
        ({"strategy": {"maxSurge": "half"}}, "/app/strategy/maxSurge"),
        ({"strategy": {"maxUnavailable": "101%"}}, "/app/strategy/maxUnavailable"),
        ({"unknown": 1}, "/app/unknown"),
    ],
)
def test_what_kubernetes_would_not_take_is_refused_at_its_field(app, pointer):
    assert pointers(app) == [pointer]


@pytest.mark.parametrize(
    ("pipeline", "pointer"),
    [
        ({"buildType": "magic"}, "/buildType"),
        ({"dockerfile": {"path": "/etc"}}, "/dockerfile/path"),
        ({"dockerfile": {"path": "a", "content": "b"}}, "/dockerfile"),
    ],
)
def test_a_build_that_cannot_be_is_refused_at_its_field(pipeline, pointer):
    assert [problem.pointer for problem in schema.problems(DEPLOYMENT.pipeline_schema, pipeline)] == [pointer]


def test_a_developer_cannot_reach_what_belongs_to_sres():
    assert [problem.pointer for problem in schema.problems(DEPLOYMENT.schema, {"podExtra": {}, "image": "x"})] == ["/image", "/podExtra"]


def test_every_field_of_the_form_has_a_title():
    fields = [part for part in schema.subschemas(DEPLOYMENT.schema) if "type" in part]

    assert all(part.get("title") for part in fields)
