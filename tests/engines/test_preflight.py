"""What a region without Kubernetes refuses, as Kubernetes would."""

from typing import Any

import pytest

from horizon.engines.contract import Refusal
from tests.engines.manifests import claim, config, container, cron_job, deployment, job, secret, service, with_value, workload
from tests.engines.test_objects import IMMUTABLE, MUTABLE

CONTAINER = "spec.template.spec.containers[name=web]"
POD = "spec.template.spec"


def pod(**fields: Any) -> dict[str, Any]:
    manifest = deployment()
    manifest["spec"]["template"]["spec"].update(fields)
    return manifest


def two_containers(name: str) -> list[dict[str, Any]]:
    return [{"name": "web", "image": "a:1"}, {"name": name, "image": "b:1"}]


def labelled(labels: dict[str, Any]) -> dict[str, Any]:
    return with_value(config(), "metadata", "labels", labels)


def called(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    return {**manifest, "metadata": {"name": name}}


def with_ports(*ports: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {**service(), "spec": {"ports": list(ports), **spec}}


def sized(requests: dict[str, Any], limits: dict[str, Any] | None = None) -> dict[str, Any]:
    return container(resources={"requests": requests, "limits": limits or {}})


def selecting(**selector: Any) -> dict[str, Any]:
    return with_value(deployment(), "spec", "selector", selector)


def ingress(**rule: Any) -> dict[str, Any]:
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"}, "spec": {"rules": [rule]}}


def to_service(number: int) -> dict[str, Any]:
    return {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": number}}}}]}


def autoscaler(least: int, most: int) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": spec}


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "no kind": ({"apiVersion": "v1", "metadata": {"name": "a"}}, "kind", "required"),
    "no apiVersion": ({"kind": "Service", "metadata": {"name": "a"}}, "apiVersion", "required"),
    "no name": ({**config(), "metadata": {}}, "metadata.name", "required"),
    "a wrong type": (deployment(replicas="three"), "spec.replicas", "must be a whole number"),  # type: ignore[arg-type]
    "true for a number": (deployment(replicas=True), "spec.replicas", "must be a whole number"),
    "a misspelt field": (with_value(deployment(), "spec", "replica", 1), "spec.replica", "did you mean replicas"),
    "a missing field": ({**deployment(), "spec": {"selector": {"matchLabels": {"a": "b"}}}}, "spec.template", "required"),
    "a name with capitals": (called(config(), "Bad_Name"), "metadata.name", "lower-case"),
    "a long name": (called(config(), "a" * 254), "metadata.name", "254 characters"),
    "a service that begins with a digit": (called(service(), "1web"), "metadata.name", "begin with a letter"),
    "a service with a dot": (called(service(), "a.b"), "metadata.name", "lower-case"),
    "a long service": (called(service(), "a" * 64), "metadata.name", "63 are allowed"),
    "a long cron job": (called(cron_job(), "a" * 53), "metadata.name", "52 are allowed"),
    "another namespace": (with_value(config(), "metadata", "namespace", "other"), "metadata.namespace", "test-1"),
    "a label's key": (labelled({"a b": "c"}), "metadata.labels[a b]", "as a key"),
    "a label's domain": (labelled({"A_b/c": "d"}), "metadata.labels[A_b/c]", "before '/'"),
    "a label's value": (labelled({"a": "no spaces"}), "metadata.labels.a", "letters, digits"),
    "a long label": (labelled({"a": "b" * 64}), "metadata.labels.a", "63 are allowed"),
    "a number as a label": (labelled({"a": 1}), "metadata.labels.a", "must be text"),
    "a line break in a label": (labelled({"a": "b\n"}), "metadata.labels.a", "letters, digits"),
    "an annotation's key": (with_value(config(), "metadata", "annotations", {"a/b/c": "d"}), "metadata.annotations[a/b/c]", "as a key"),
    "a port too high": (container(ports=[{"containerPort": 65536}]), f"{CONTAINER}.ports[0].containerPort", "between 1 and 65535"),
    "port zero": (container(ports=[{"containerPort": 0}]), f"{CONTAINER}.ports[0].containerPort", "between 1 and 65535"),
    "a port's long name": (container(ports=[{"containerPort": 1, "name": "a" * 16}]), f"{CONTAINER}.ports[name={'a' * 16}].name", "15 are allowed"),
    "a protocol": (container(ports=[{"containerPort": 1, "protocol": "HTTP"}]), f"{CONTAINER}.ports[0].protocol", "TCP"),
    "ports of one name": (
        container(ports=[{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}]),
        f"{CONTAINER}.ports[1].name",
        "same name",
    ),
    "a probe's port": (container(livenessProbe={"httpGet": {"port": 70000}}), f"{CONTAINER}.livenessProbe.httpGet.port", "between"),
    "a service's port": (with_ports({"port": 99999}), "spec.ports[0].port", "between"),
    "a target port": (with_ports({"port": 80, "targetPort": 0}), "spec.ports[0].targetPort", "between"),
    "a target port's name": (with_ports({"port": 80, "targetPort": "Web"}), "spec.ports[0].targetPort", "lower-case"),
    "service ports without names": (with_ports({"port": 80, "name": "a"}, {"port": 81}), "spec.ports[1].name", "several ports"),
    "service ports of one name": (with_ports({"port": 80, "name": "a"}, {"port": 81, "name": "a"}), "spec.ports[1].name", "same name"),
    "service ports of one number": (with_ports({"port": 80, "name": "a"}, {"port": 80, "name": "b"}), "spec.ports[name=b]", "same number"),
    "a service without ports": (with_ports(), "spec.ports", "at least one port"),
    "a type of service": (with_ports({"port": 80}, type="Public"), "spec.type", "LoadBalancer"),
    "a quantity": (sized({"cpu": "banana"}), f"{CONTAINER}.resources.requests.cpu", "quantity"),
    "a unit": (sized({"memory": "1GB"}), f"{CONTAINER}.resources.requests.memory", "quantity"),
    "a negative quantity": (sized({"cpu": "-1"}), f"{CONTAINER}.resources.requests.cpu", "negative"),
    "a request above its limit": (sized({"memory": "1Gi"}, {"memory": "1000M"}), f"{CONTAINER}.resources.requests.memory", "limit"),
    "a cpu request above its limit": (sized({"cpu": 1}, {"cpu": "999m"}), f"{CONTAINER}.resources.requests.cpu", "limit"),
    "a resource": (sized({"mem": "1Gi"}), f"{CONTAINER}.resources.requests.mem", "must be one of"),
    "a selector that does not match": (selecting(matchLabels={"app": "x"}), "spec.selector.matchLabels.app", "label of the pods"),
    "an expression that does not match": (
        selecting(matchExpressions=[{"key": "app", "operator": "In", "values": ["x"]}]),
        "spec.selector.matchExpressions[0]",
        "must hold",
    ),
    "an empty selector": (selecting(), "spec.selector", "empty"),
    "a selector of another workload": (workload("DaemonSet", selector={"matchLabels": {"a": "b"}}), "spec.selector.matchLabels.a", "label"),
    "a variable's name": (container(env=[{"name": "A=B", "value": "1"}]), f"{CONTAINER}.env[name=A=B].name", "'='"),
    "a variable without name": (container(env=[{"name": "", "value": "1"}]), f"{CONTAINER}.env[name=].name", "printable"),
    "a variable with two values": (
        container(env=[{"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
        f"{CONTAINER}.env[name=A].valueFrom",
        "beside a value",
    ),
    "containers of one name": (pod(containers=two_containers("web")), f"{POD}.containers[1].name", "same name"),
    "an init container of the same name": (pod(initContainers=[{"name": "web", "image": "a:1"}]), f"{CONTAINER}.name", "same name"),
    "a container's name": (pod(containers=[{"name": "We_b", "image": "a:1"}]), f"{POD}.containers[name=We_b].name", "lower-case"),
    "no containers": (pod(containers=[]), f"{POD}.containers", "at least one"),
    "no image": (pod(containers=[{"name": "web"}]), f"{CONTAINER}.image", "must not be empty"),
    "an empty image": (container(image=""), f"{CONTAINER}.image", "must not be empty"),
    "an image with a space": (container(image="nginx:1 "), f"{CONTAINER}.image", "white space"),
    "a pull policy": (container(imagePullPolicy="Sometimes"), f"{CONTAINER}.imagePullPolicy", "IfNotPresent"),
    "a mount without volume": (
        container(volumeMounts=[{"name": "data", "mountPath": "/a"}]),
        f"{CONTAINER}.volumeMounts[name=data].name",
        "no such volume",
    ),
    "volumes of one name": (pod(volumes=[{"name": "a", "emptyDir": {}}, {"name": "a", "emptyDir": {}}]), f"{POD}.volumes[1].name", "same name"),
    "a volume with two sources": (pod(volumes=[{"name": "a", "emptyDir": {}, "hostPath": {"path": "/"}}]), f"{POD}.volumes[name=a]", "one source"),
    "a restart policy": (pod(restartPolicy="Never"), f"{POD}.restartPolicy", "Always"),
    "negative replicas": (deployment(replicas=-1), "spec.replicas", "negative"),
    "a job that always restarts": (with_value(job(), "spec", "template", "spec", "restartPolicy", "Always"), f"{POD}.restartPolicy", "OnFailure"),
    "a schedule": (cron_job("every day"), "spec.schedule", "five fields"),
    "an hour": (cron_job("0 24 * * *"), "spec.schedule", "the hour must be between 0 and 23"),
    "a claim's size": (claim("much"), "spec.resources.requests.storage", "quantity"),
    "a claim template's size": (
        workload("StatefulSet", volumeClaimTemplates=[claim("much")]),
        "spec.volumeClaimTemplates[0].spec.resources.requests.storage",
        "quantity",
    ),
    "an ingress port": (ingress(http=to_service(0)), "spec.rules[0].http.paths[0].backend.service.port.number", "between"),
    "an ingress host": (ingress(host="Bad_Host", http=to_service(80)), "spec.rules[0].host", "lower-case"),
    "an autoscaler upside down": (autoscaler(3, 2), "spec.maxReplicas", "minReplicas"),
    "plain text in a secret's data": ({**secret(), "data": {"a": "pl@in"}}, "data.a", "base64"),
    "nul in a text": (config(a="\0"), "", "NUL"),
    "an infinite number": (deployment(replicas=float("inf")), "", "cannot be written"),  # type: ignore[arg-type]
    "a large object": (config(a="x" * 2_000_000), "", "characters long"),
}

ACCEPTED: dict[str, dict[str, Any]] = {
    "a DNS subdomain": called(config(), "a.b-c"),
    "a role with colons": {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "system:Reader"}, "rules": []},
    "the target's namespace": with_value(config(), "metadata", "namespace", "test-1"),
    "labels": labelled({"app.kubernetes.io/name": "Web_1.2", "empty": ""}),
    "a null": with_value(deployment(), "spec", "strategy", None),
    "a named target port": with_ports({"port": 80, "targetPort": "http-web"}),
    "the same number of two protocols": with_ports({"port": 53, "name": "a", "protocol": "UDP"}, {"port": 53, "name": "b"}),
    "a headless service without ports": with_ports(clusterIP="None"),
    "an external name": {**service(), "spec": {"type": "ExternalName", "externalName": "example.com"}},
    "a request at its limit": sized({"cpu": "0.5", "memory": "1024Mi"}, {"cpu": "500m", "memory": "1Gi"}),
    "quantities as numbers": sized({"cpu": 0.5, "memory": 1000000}, {"cpu": 1, "memory": "1e6"}),
    "other resources": sized({"nvidia.com/gpu": 1, "hugepages-2Mi": "4Mi"}),
    "a volume's mount": pod(
        containers=[{"name": "web", "image": "a:1", "volumeMounts": [{"name": "d", "mountPath": "/d"}]}],
        volumes=[{"name": "d", "emptyDir": {}}],
    ),
    "a claim template's mount": with_value(
        workload("StatefulSet", volumeClaimTemplates=[claim()]),
        *("spec", "template", "spec", "containers", 0, "volumeMounts", [{"name": "disk", "mountPath": "/d"}]),
    ),
    "a variable with dots": container(env=[{"name": "app.name-1", "value": ""}]),
    "an expression that holds": selecting(matchExpressions=[{"key": "app", "operator": "Exists"}]),
    "a job": job(),
    "a cron job": cron_job(),
    "a wildcard host": ingress(host="*.example.com", http=to_service(80)),
    "an autoscaler": autoscaler(1, 3),
    "a secret": {**secret(), "data": {"a": "aGVsbG8="}},
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_preflight_refuses(local, target, case):
    manifest, field, reason = REFUSED[case]

    refusals = local.preflight(target, [manifest]).refusals

    assert field in [refusal.field for refusal in refusals]
    assert any(reason in refusal.reason for refusal in refusals if refusal.field == field)


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_one_mistake_is_one_refusal(local, target, case):
    assert len(local.preflight(target, [REFUSED[case][0]]).refusals) == 1


@pytest.mark.parametrize("case", sorted(ACCEPTED))
def test_preflight_accepts(local, target, case):
    assert local.preflight(target, [ACCEPTED[case]]).refusals == ()


@pytest.mark.parametrize("case", sorted(set(IMMUTABLE) - {"Deployment selector", "DaemonSet selector"}))
def test_preflight_refuses_what_cannot_change_on_a_live_object(local, target, case):
    before, after = IMMUTABLE[case]
    local.sync(target, "r1", [before], operation="run-1")

    (refusal,) = local.preflight(target, [after]).refusals

    assert "cannot be changed" in refusal.reason
    assert refusal.field


@pytest.mark.parametrize("case", sorted(MUTABLE))
def test_preflight_accepts_what_can_change_on_a_live_object(local, target, case):
    before, after = MUTABLE[case]
    local.sync(target, "r1", [before], operation="run-1")

    assert local.preflight(target, [after]).refusals == ()


def test_an_object_whose_file_was_removed_may_be_made_anew(local, target, folder):
    local.sync(target, "r1", [job()], operation="run-1")

    (folder / "job-work.yaml").unlink()

    assert local.preflight(target, [job(image="nginx:2")]).refusals == ()


def test_an_object_of_a_damaged_record_is_checked_but_for_its_immutable_fields(local, target, folder):
    local.sync(target, "r1", [job()], operation="run-1")
    (folder / ".applied.json").write_text("{")

    answer = local.preflight(target, [job(image="nginx:2")])

    assert answer.refusals == ()
    assert any("not checked" in notice for notice in answer.notices)


def test_an_object_that_is_made_anew_passes_with_a_notice(local, target):
    local.sync(target, "r1", [job()], operation="run-1")
    anew = with_value(job(image="nginx:2"), "metadata", "annotations", {"argocd.argoproj.io/sync-options": "Force=true,Replace=true"})

    answer = local.preflight(target, [anew])

    assert answer.refusals == ()
    assert any("Job/work asks to be replaced" in notice for notice in answer.notices)


def test_an_unknown_kind_passes_with_a_notice(local, target):
    certificate = {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {"name": "web"}, "spec": {"anything": 1}}

    answer = local.preflight(target, [certificate])

    assert answer.refusals == ()
    assert any("Certificate/web" in notice for notice in answer.notices)


def test_a_kind_that_shares_its_name_with_a_known_one_is_unknown(local, target):
    other = {"apiVersion": "networking.internal.knative.dev/v1", "kind": "Ingress", "metadata": {"name": "web"}, "spec": {"anything": 1}}

    assert local.preflight(target, [other]).refusals == ()


@pytest.mark.parametrize("kind", ["../../../../etc/passwd", "_definitions", "Affinity", "Deployment\n", "x" * 5000])
def test_a_kind_that_is_no_kind_passes_with_a_notice(local, target, kind):
    answer = local.preflight(target, [{"apiVersion": "v1", "kind": kind, "metadata": {"name": "web"}}])

    assert answer.refusals == ()
    assert len(answer.notices) == 2


def test_a_hook_is_not_checked_and_said_so(local, target):
    hook = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "t-", "annotations": {"helm.sh/hook": "test"}}}

    answer = local.preflight(target, [hook])

    assert answer.refusals == ()
    assert any("is a hook" in notice for notice in answer.notices)


def test_the_same_object_twice_is_refused(local, target):
    again = with_value(config(), "metadata", "namespace", target.namespace)

    assert local.preflight(target, [config(), again]).refusals == (Refusal("ConfigMap/settings", "", "stands twice among the objects"),)


def test_a_refusal_never_holds_a_secrets_value(local, target):
    refusals = local.preflight(target, [{**secret(), "stringData": {"a": {"hunter2": "hunter2"}}, "data": {"b": "hunter2!"}}]).refusals

    assert len(refusals) == 2
    assert not any("hunter" in refusal.reason for refusal in refusals)


def test_all_objects_are_checked_in_their_order(local, target):
    refusals = local.preflight(target, [container(image=""), service(), called(config(), "B")]).refusals

    assert [refusal.object for refusal in refusals] == ["Deployment/web", "ConfigMap/B"]


def test_the_first_notice_says_that_no_pods_run(local, target):
    assert "no pods run" in local.preflight(target, [deployment()]).notices[0]


def test_a_hundred_refusals_are_enough(local, target):
    answer = local.preflight(target, [called(config(), f"Bad-{number}") for number in range(300)])

    assert len(answer.refusals) == 100
    assert "Only the first 100" in answer.notices[-1]


def test_ten_thousand_items_are_checked(local, target):
    variables = [{"name": f"V{number}", "value": "x"} for number in range(10_000)]

    assert local.preflight(target, [container(env=variables)]).refusals == ()


def test_an_object_nested_without_end_is_refused(local, target):
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]

    (refusal,) = local.preflight(target, [{**config(), "data": deep}]).refusals

    assert refusal.object == "ConfigMap/settings"


def test_a_definition_as_deep_as_yaml_may_be_is_answered(local, target):
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(40):
        schema = {"type": "object", "properties": {"a": schema}}
    versions = [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]
    spec = {"group": "a.io", "names": {"kind": "B", "plural": "bs"}, "scope": "Namespaced", "versions": versions}
    definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "bs.a.io"}, "spec": spec}

    refusals = local.preflight(target, [definition]).refusals

    assert refusals in ((), (Refusal("CustomResourceDefinition/bs.a.io", "", "is nested too deeply to be checked"),))


NOT_MAPS: list[Any] = [None, 1, "text", [], [1], {"a": 1}, [{"name": 1}], [[]], True]


@pytest.mark.parametrize("value", NOT_MAPS)
@pytest.mark.parametrize("make", [deployment, service, cron_job, claim, secret, lambda: autoscaler(1, 2), lambda: ingress(http=to_service(80))])
def test_any_field_may_hold_anything(local, target, make, value):
    for manifest in broken_at_every_field(make, value):
        local.preflight(target, [manifest])


def broken_at_every_field(make, value):
    for steps in every_field(make()):
        yield with_value(make(), *steps, value)


def every_field(value, steps=()):
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (*steps, key)
        yield from every_field(value[key], (*steps, key))
