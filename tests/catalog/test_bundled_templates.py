"""The bundled templates, value set by value set: Helm's own rendering, kept in view, and accepted by Kubernetes."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from kubernetes_validate.utils import all_versions, schema_contents
from referencing import Registry, Resource

from horizon.catalog import release, schema
from horizon.catalog.renderer import Renderer
from horizon.engines.contract import Target
from horizon.engines.objects import identity
from horizon.engines.preflight import examine
from horizon.gitops import layout
from tests.catalog.cases import GOLDEN, NAMES, Case, Objects, cases, every_case, load, shown
from tests.catalog.charts import TEMPLATES

VERSIONS = list(dict.fromkeys(all_versions()))[-3:]
OLDEST = "1.30.0"
"""The oldest Kubernetes that the templates' pages promise."""

each_case = pytest.mark.parametrize("case", every_case(), ids=str)
each_template = pytest.mark.parametrize("name", NAMES)


def case_of(template: str, name: str) -> Case:
    return next(case for case in cases(template) if case.name == name)


def by_name(objects: Objects) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["kind"], one["metadata"]["name"]): one for one in objects}


def refusals(case: Case, objects: Objects, live: Objects = ()) -> list[str]:
    """What the local engine refuses, over objects that are live already."""
    target = Target(case.cluster, 12, case.namespace, case.cluster, "local")
    held = {identity(one, namespace=case.namespace): one for one in live}
    return [f"{refusal.object} {refusal.field}: {refusal.reason}" for refusal in examine(target, objects, live=held).refusals]


@cache
def kubernetes(version: str, kind: str, group: str) -> Draft202012Validator:
    """The strict schema of one kind in one version of Kubernetes."""
    folder = f"kubernetes-json-schema/v{version}-local-strict"
    definitions: Any = Resource.from_contents(schema_contents(f"{folder}/_definitions.json", version))
    found = schema_contents(f"{folder}/{kind.lower()}-{group}.json", version)
    return Draft202012Validator(found, registry=definitions @ Registry())


def schema_errors(version: str, one: dict[str, Any]) -> Iterator[str]:
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", one["apiVersion"])
    for error in kubernetes(version, one["kind"], group).iter_errors(one):
        yield f"{one['kind']} in {version}: {error.json_path}: {error.message}"


def test_every_template_in_the_folder_is_looked_at() -> None:
    assert sorted(path.name for path in TEMPLATES.iterdir()) == list(NAMES)
    assert sorted(path.name for path in GOLDEN.iterdir()) == list(NAMES)


@each_template
def test_a_template_has_every_part(name: str) -> None:
    loaded = load(name)

    assert (loaded.name, loaded.version) == (name, "v0.0.1")
    assert all((loaded.description, loaded.readme, loaded.ui_schema, loaded.pipeline_schema, loaded.output_schema, loaded.values))


@each_template
def test_a_template_may_be_imported(renderer: Renderer, name: str) -> None:
    release.check(load(name), renderer)


@each_template
def test_a_template_has_the_value_sets_that_every_one_needs(name: str) -> None:
    assert {case.name for case in cases(name)} >= {"minimal", "full", "sre", "restart"}


@pytest.mark.parametrize("path", ["templates/_shared.tpl", "schema/pipeline.schema.json", "schema/output.schema.json"])
def test_what_templates_share_is_the_same_in_each(path: str) -> None:
    """A release's archive stands alone in a cluster's repository and links are refused in it: so each template has a copy, and all are one text."""
    assert len({(TEMPLATES / name / path).read_bytes() for name in NAMES}) == 1


@pytest.mark.parametrize("file", ["autoscaler", "budget", "deployment", "files", "service", "serviceaccount"])
def test_an_object_of_several_templates_is_the_same_in_each(file: str) -> None:
    copies = {path.read_bytes() for path in TEMPLATES.glob(f"*/templates/{file}.yaml")}

    assert len(copies) == 1


@each_case
def test_a_value_set_is_what_a_cluster_may_hold(case: Case) -> None:
    assert set(case.files) <= set(layout.VALUE_FILES)
    assert schema.problems(case.release.schema, case.form) == []
    assert schema.problems(case.release.output_schema or {}, case.files[layout.OUTPUT]) == []


@each_case
def test_the_objects_are_those_that_were_reviewed(renderer: Renderer, case: Case) -> None:
    """After a wanted change: `python -m tests.catalog.cases`, and look at the diff."""
    assert shown(case, case.render(renderer)) == case.golden.read_text()


def test_no_objects_are_kept_of_a_value_set_that_is_gone() -> None:
    assert sorted(GOLDEN.glob("*/*.objects.yaml")) == sorted(case.golden for case in every_case())


@each_case
def test_the_stock_program_renders_the_same(renderer: Renderer, helm: str, tmp_path: Path, case: Case) -> None:
    for path, content in case.chart.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    options = ["--namespace", case.namespace]
    for number, text in enumerate(case.texts):
        (tmp_path / f"{number}.yaml").write_text(text)
        options += ["--values", str(tmp_path / f"{number}.yaml")]

    done = subprocess.run([helm, "template", case.cluster, str(tmp_path), *options], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    stock = [one for one in yaml.safe_load_all(done.stdout) if one]
    ours = case.render(renderer)
    assert len(stock) == len(ours)
    assert by_name(stock) == by_name(ours)


@each_case
@pytest.mark.parametrize("version", [OLDEST, *VERSIONS])
def test_the_schemas_of_kubernetes_accept_every_object(renderer: Renderer, case: Case, version: str) -> None:
    assert [error for one in case.render(renderer) for error in schema_errors(version, one)] == []


def test_the_schemas_of_kubernetes_do_refuse() -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": "80"}], "portz": []}}

    assert len(VERSIONS) == len({version.rpartition(".")[0] for version in VERSIONS}) == 3
    assert all(len(list(schema_errors(version, wrong))) == 2 for version in VERSIONS)


@each_case
def test_a_region_without_kubernetes_accepts_every_object(renderer: Renderer, case: Case) -> None:
    assert refusals(case, case.render(renderer)) == []


@each_template
def test_what_an_sre_sets_may_come_later(renderer: Renderer, name: str) -> None:
    """A cluster that runs takes every override, but for those that Kubernetes keeps for the life of a volume."""
    case = case_of(name, "sre")
    later = case.with_values({"storage": load(name).values.get("storage", {})})
    before = Case(name, "before", {**case.files, layout.SRE: {}})

    assert refusals(case, later.render(renderer), before.render(renderer)) == []


@each_template
def test_a_restart_changes_one_annotation(renderer: Renderer, name: str) -> None:
    before, after = (case_of(name, wanted).render(renderer) for wanted in ("minimal", "restart"))

    assert before != after
    assert before == [without_restart(one) for one in after]


def without_restart(value: Any) -> Any:
    """An object without the time of a restart, and without the map of annotations that only it had filled."""
    if isinstance(value, list):
        return [without_restart(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: without_restart(item) for key, item in value.items() if key != "horizon/restart-time"}
    return {key: item for key, item in kept.items() if key != "annotations" or item}


@each_template
def test_pods_keep_to_the_restricted_standard(renderer: Renderer, name: str) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    for wanted in ("minimal", "full"):
        pod = pod_of(case_of(name, wanted).render(renderer))
        container = pod["containers"][0]["securityContext"]

        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert (container["allowPrivilegeEscalation"], container["capabilities"]) == (False, {"drop": ["ALL"]})
        assert {key for volume in pod.get("volumes", []) for key in volume} <= {"name", "configMap", "emptyDir"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)


def pod_of(objects: Objects) -> dict[str, Any]:
    workload = next(one for one in objects if one["kind"] in ("Deployment", "StatefulSet", "CronJob"))
    spec: dict[str, Any] = workload["spec"].get("jobTemplate", {}).get("spec", workload["spec"])["template"]["spec"]
    return spec


@each_template
def test_no_object_lies_outside_the_namespace(renderer: Renderer, name: str) -> None:
    for case in cases(name):
        assert {one["metadata"]["namespace"] for one in case.render(renderer)} == {case.namespace}
