"""Objects by name, fields by path, and what a deploy does to each."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horizon.engines.contract import FieldDrift
from horizon.engines.fields import differences, path_of, same
from horizon.engines.objects import Impact, compare_fields, compare_manifests, identity, label
from tests.engines.manifests import claim, config, cron_job, deployment, job, secret, service, with_value, workload

KEYS = st.sampled_from(["a", "b", "name", "a.b", "x/y"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(allow_nan=False) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
MAPS = st.dictionaries(KEYS, JSON, max_size=4)


def drift(wanted, live):
    return [(item.path, item.wanted, item.live) for item in compare_fields(wanted, live)]


def impact(before, after):
    (change,) = compare_manifests([before], [after])
    return change.impact


def deep(levels, bottom):
    value = bottom
    for _ in range(levels):
        value = {"a": [value]}
    return value


def test_identity_is_group_kind_namespace_and_name():
    manifest = {**deployment(), "metadata": {"name": "web", "namespace": "shop"}}

    assert identity(manifest) == "apps/Deployment/shop/web"


def test_identity_of_the_core_group_begins_with_a_slash():
    assert identity(service(), namespace="shop") == "/Service/shop/web"


def test_identity_is_the_same_for_every_version():
    assert identity({**deployment(), "apiVersion": "apps/v1beta1"}) == identity(deployment())


def test_identity_of_names_with_slashes_is_not_ambiguous():
    one = {"apiVersion": "v1", "kind": "K", "metadata": {"namespace": "a", "name": "b/c"}}
    other = {"apiVersion": "v1", "kind": "K", "metadata": {"namespace": "a/b", "name": "c"}}

    assert identity(one) != identity(other)


def test_label_is_kind_and_name():
    assert label(deployment()) == "Deployment/web"


@pytest.mark.parametrize("manifest", [{}, {"kind": 3}, {"metadata": []}, {"metadata": {"name": None}}, {"apiVersion": ["v1"]}])
def test_an_object_without_a_name_has_an_identity_and_a_label(manifest):
    assert identity(manifest).count("/") == 3
    assert "?" in label(manifest)


def test_a_list_item_with_a_name_is_found_by_it():
    live = with_value(deployment(), "spec", "template", "spec", "containers", 0, "image", "nginx:2")

    assert drift(deployment(), live) == [("spec.template.spec.containers[name=web].image", "nginx:1", "nginx:2")]


def test_a_named_item_that_is_missing_is_one_drift():
    items = [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]

    assert drift({"env": items}, {"env": items[1:]}) == [("env[name=a]", {"name": "a", "value": "1"}, None)]


def test_another_order_of_named_items_is_drift_of_the_names():
    items = [{"name": "a"}, {"name": "b"}]

    assert drift({"env": items}, {"env": items[::-1]}) == [("env", ["a", "b"], ["b", "a"])]


def test_items_with_the_same_name_are_compared_by_place():
    wanted = {"env": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]}
    live = {"env": [{"name": "a", "value": "1"}, {"name": "a", "value": "3"}]}

    assert drift(wanted, live) == [("env[1].value", "2", "3")]


def test_as_many_maps_without_names_are_compared_by_place():
    assert drift({"ports": [{"port": 80}]}, {"ports": [{"port": 81}]}) == [("ports[0].port", 80, 81)]


def test_any_other_list_is_one_value():
    assert drift({"args": ["a", "b"]}, {"args": ["a"]}) == [("args", ["a", "b"], ["a"])]


def test_a_key_that_is_no_plain_word_stands_in_brackets():
    assert drift({"metadata": {"labels": {"a.io/b": "1"}}}, {"metadata": {"labels": {"a.io/b": "2"}}}) == [("metadata.labels[a.io/b]", "1", "2")]


@pytest.mark.parametrize(("wanted", "live"), [(True, 1), (0, False), (1, 1.0), ("1", 1), ({}, []), ("", None), ({}, None), ([None], [])])
def test_equality_is_strict(wanted, live):
    assert len(drift({"a": wanted}, {"a": live})) == 1


def test_null_is_absent():
    assert drift({"a": None, "b": {"c": None}}, {"b": {}}) == []


@given(MAPS)
def test_a_map_does_not_differ_from_its_copy(value):
    assert differences(value, copy.deepcopy(value)) == []


@given(MAPS, MAPS)
def test_there_are_differences_just_where_maps_are_not_the_same(one, other):
    assert bool(differences(one, other)) == (not same(one, other))


@given(MAPS, MAPS)
def test_differences_back_are_differences_forth(one, other):
    forth = {(change.path, repr(change.before), repr(change.after)) for change in differences(one, other)}
    back = {(change.path, repr(change.after), repr(change.before)) for change in differences(other, one)}

    assert forth == back


def test_depth_without_end_is_compared():
    one, other = deep(50_000, 1), deep(50_000, 2)

    (found,) = compare_fields(one, other)
    assert len(found.path) < 1000
    assert compare_fields(one, deep(50_000, 1)) == []


def test_ten_thousand_items_are_compared():
    items = [{"name": f"v{number}", "value": "x"} for number in range(10_000)]
    changed = [*items[:5000], {"name": "v5000", "value": "y"}, *items[5001:]]

    assert drift({"env": items}, {"env": changed}) == [("env[name=v5000].value", "x", "y")]


def test_a_path_may_end_at_a_field_that_is_not_there():
    steps = ("spec", "template", "spec", "containers", 0, "ports", 7, "port")

    assert path_of(deployment(), steps) == "spec.template.spec.containers[name=web].ports[7].port"


def test_a_secret_shows_that_it_differs_and_not_how():
    (change,) = drift(secret(password="hunter2"), secret(password="hunter3"))

    assert change[0] == "stringData.password"
    assert change[1] != change[2]
    assert "hunter" not in str(change)


def test_a_new_secret_shows_its_keys_and_not_its_values():
    (change,) = compare_manifests([], [secret()])

    assert "password" in str(change)
    assert "hunter" not in str(change)


def test_the_same_objects_are_no_change():
    assert compare_manifests([deployment(), service()], [service(), deployment()]) == []


def test_a_new_object_comes_with_its_fields():
    (change,) = compare_manifests([], [service()])

    assert (change.object, change.impact) == ("Service/web", Impact.NEW)
    assert {field.path for field in change.fields} == {"apiVersion", "kind", "metadata", "spec"}


def test_a_removed_object_is_removed():
    (change,) = compare_manifests([deployment(), service()], [deployment()])

    assert (change.object, change.impact) == ("Service/web", Impact.REMOVED)


def test_another_name_is_one_object_removed_and_one_new():
    changes = compare_manifests([service("a")], [service("b")])

    assert [(change.object, change.impact) for change in changes] == [("Service/b", Impact.NEW), ("Service/a", Impact.REMOVED)]


def test_naming_the_namespace_is_a_change_of_the_same_object():
    after = {**service(), "metadata": {"name": "web", "namespace": "shop"}}

    (change,) = compare_manifests([service()], [after], namespace="shop")

    assert change.impact == Impact.CHANGED


def test_another_version_of_the_api_is_a_change_of_a_field():
    (change,) = compare_manifests([{**cron_job(), "apiVersion": "batch/v1beta1"}], [cron_job()])

    assert [field.path for field in change.fields] == ["apiVersion"]


def test_a_change_has_path_before_and_after():
    (change,) = compare_manifests([deployment(replicas=1)], [deployment(replicas=3)])

    (field,) = change.fields
    assert (field.path, field.before, field.after) == ("spec.replicas", 1, 3)


def test_replicas_alone_restart_nothing():
    assert impact(deployment(replicas=1), deployment(replicas=3)) == Impact.CHANGED


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_a_new_pod_template_restarts_the_pods_of_other_workloads(kind):
    after = with_value(workload(kind), "spec", "template", "spec", "containers", 0, "image", "nginx:2")

    assert impact(workload(kind), after) == Impact.RESTART


@pytest.mark.parametrize("steps", [("metadata", "annotations", {"restarted": "now"}), ("spec", "terminationGracePeriodSeconds", 5)])
def test_a_new_pod_template_restarts_the_pods(steps):
    assert impact(deployment(), with_value(deployment(), "spec", "template", *steps)) == Impact.RESTART


def test_a_paused_deployment_restarts_nothing():
    after = with_value(deployment(image="nginx:2"), "spec", "paused", True)

    assert impact(deployment(), after) == Impact.CHANGED


def test_a_workload_updated_on_delete_restarts_nothing():
    before = workload("DaemonSet", updateStrategy={"type": "OnDelete"})
    after = with_value(copy.deepcopy(before), "spec", "template", "spec", "containers", 0, "image", "nginx:2")

    assert impact(before, after) == Impact.CHANGED


def test_a_cron_jobs_next_pods_are_no_restart():
    after = with_value(cron_job(), "spec", "jobTemplate", "spec", "template", "spec", "containers", 0, "image", "nginx:2")

    assert impact(cron_job(), after) == Impact.CHANGED


def service_at(address):
    return with_value(service(), "spec", "clusterIP", address)


def frozen(manifest):
    return {**manifest, "immutable": True}


def binding(role):
    role_ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "b"}, "roleRef": role_ref}


IMMUTABLE = {
    "Deployment selector": (deployment(), deployment(labels={"app": "other"})),
    "DaemonSet selector": (workload("DaemonSet"), with_value(workload("DaemonSet"), "spec", "selector", "matchLabels", {"a": "b"})),
    "StatefulSet service": (workload("StatefulSet", serviceName="a"), workload("StatefulSet", serviceName="b")),
    "StatefulSet service removed": (workload("StatefulSet", serviceName="a"), workload("StatefulSet")),
    "StatefulSet claims": (
        workload("StatefulSet", volumeClaimTemplates=[claim("1Gi")]),
        workload("StatefulSet", volumeClaimTemplates=[claim("2Gi")]),
    ),
    "Job template": (job(), job(image="nginx:2")),
    "Service address": (service_at("10.0.0.1"), service_at("None")),
    "claim smaller": (claim("2Gi"), claim("1Gi")),
    "claim mode": (claim(), claim(accessModes=["ReadWriteMany"])),
    "claim class": (claim(), claim(storageClassName="fast")),
    "ConfigMap data": (frozen(config(a="1")), frozen(config(a="2"))),
    "ConfigMap key": (frozen(config(a="1")), frozen(config(a="1", b="2"))),
    "ConfigMap thawed": (frozen(config(a="1")), config(a="1")),
    "Secret data": (frozen(secret(a="1")), frozen(secret(a="2"))),
    "Secret type": (secret(), {**secret(), "type": "kubernetes.io/tls"}),
    "role of a binding": (binding("a"), binding("b")),
}
MUTABLE = {
    "Service address given": (service(), service_at("10.0.0.1")),
    "Service address left out": (service_at("10.0.0.1"), service()),
    "claim larger": (claim("1Gi"), claim("1.5Gi")),
    "claim label": (claim(), with_value(claim(), "metadata", "labels", {"a": "b"})),
    "ConfigMap data": (config(a="1"), config(a="2")),
    "ConfigMap frozen with new data": (config(a="1"), frozen(config(a="2"))),
    "immutable ConfigMap's label": (frozen(config()), with_value(frozen(config()), "metadata", "labels", {"a": "b"})),
    "Job of another size": (job(), with_value(job(), "spec", "parallelism", 2)),
}


@pytest.mark.parametrize("case", sorted(IMMUTABLE))
def test_an_immutable_field_is_said_so(case):
    assert impact(*IMMUTABLE[case]) == Impact.IMMUTABLE


@pytest.mark.parametrize("case", sorted(MUTABLE))
def test_what_a_region_would_take_is_no_immutable_field(case):
    assert impact(*MUTABLE[case]) == Impact.CHANGED


def test_an_object_that_is_made_anew_has_no_immutable_fields():
    after = with_value(job(image="nginx:2"), "metadata", "annotations", {"argocd.argoproj.io/sync-options": "Force=true,Replace=true"})

    assert impact(job(), after) == Impact.CHANGED


def test_drift_is_made_of_field_drifts():
    assert compare_fields({"a": 1}, {"a": 2}) == [FieldDrift("a", 1, 2)]
