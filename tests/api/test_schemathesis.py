"""Every operation is called as its document allows and as it does not: no fault of ours, no answer that the document does not promise.

Bounded, and the same calls at every run. Half of the names are those of rows that exist, else nearly every answer would be 404.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client, override_settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from horizon.access import groups, links, members, people, robots, tokens
from horizon.access.permissions import Actor
from horizon.access.policy import Role, Scope
from horizon.api import pipelineruns
from horizon.catalog.release import Release
from horizon.delivery import create, templates
from horizon.inventory.models import Application, Cluster, Environment, Region, TemplateRelease
from horizon.wsgi import application as platform
from tests.api.conformance import assert_promised
from tests.fixtures import carry, deploy, replicas
from tests.test_docs import api_examples

CALLS = 12
"""Of each operation by each person."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance]
OPERATIONS = [found.ok() for found in schemathesis.openapi.from_wsgi("/api/schema", platform).get_all_operations()]


@dataclass
class Rows:
    """What exists: the data folder, a token of each person, and values by what paths, queries and bodies call them."""

    folder: Path
    tokens: dict[str, str]
    parts: dict[str, list[Any]]
    fields: dict[str, list[Any]]


@pytest.fixture(scope="module")
def rows(bundled: Release, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    """Rows and repositories as the platform's own flows make them, once for all calls."""
    folder = tmp_path_factory.mktemp("rows")
    with django_db_blocker.unblock(), override_settings(HORIZON_DATA=folder):
        made = _made(folder, templates.import_release(bundled))
    yield made
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def own_rows(rows: Rows, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rows]:
    """The rows and the repositories as they were made, whatever the calls before did to them; nobody waits for a run."""
    shutil.copytree(rows.folder, settings.HORIZON_DATA, dirs_exist_ok=True)
    monkeypatch.setattr(pipelineruns, "_LONGEST_WAIT", 0)
    cache.clear()
    # As Django's own test client does: the transaction of a test is not to be closed at the end of a request.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield rows
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def _made(folder: Path, release: TemplateRelease) -> Rows:
    ann = Actor(get_user_model().objects.create_superuser("ann", "ann@example.test", "correct horse battery"))
    payments = groups.create("payments", parent=None, description="", private=False, actor=ann)
    groups.create("refunds", parent=payments, description="", private=False, actor=ann)
    groups.create("board", parent=None, description="", private=True, actor=ann)
    carol, invitation = people.create("carol", people.Standing("carol@example.test"), actor=ann)
    bob, _ = people.create("bob", people.Standing(""), actor=ann)
    robot = robots.create("payments-ci", payments, role=Role.DEVELOPER, description="", actor=ann)
    members.add(payments, carol, Role.DEVELOPER, actor=ann)
    application = create.application(create.NewApplication("checkout", payments, release.template), actor=ann)
    clusters = [_released(name, application, ann) for name in ("checkout-test", "checkout-dev")]
    pending = replicas(clusters[0], 2, ann)
    callers = {"administrator": ann.user, "developer": carol}
    made = [tokens.create(user, name="made", scope=Scope.WRITE)[0].pk for user in (ann.user, carol, robot.user)]
    shas = [pending.sha, *(cluster.master for cluster in clusters)]
    named = {
        "groups": ["payments", "payments/refunds", "board"],
        "applications": ["checkout"],
        "clusters": ["checkout-test", "checkout-dev"],
        "people": ["carol", "bob", "ann"],
        "templates": [release.template.name],
        "releases": [release.version],
        "pipelineruns": [run.pk for cluster in clusters for run in cluster.pipelineruns.all()],
    }
    others = {
        "members": ["carol", "payments-ci", "bob"],
        "robots": ["payments-ci"],
        "tokens": made,
        "links": [invitation.secret, links.issue(bob, actor=ann).secret],
        "charts": [f"{release.template.name}-{release.chart_version}"],
        "git": [cluster.pk for cluster in clusters],
    }
    fields = {
        "group": named["groups"],
        "parent": named["groups"],
        "application": named["applications"],
        "cluster": named["clusters"],
        "template": named["templates"],
        "release": named["releases"],
        "pipelinerun": named["pipelineruns"],
        "actor": named["people"],
        "environment": ["test"],
        "region": ["local"],
        "source": [*named["clusters"], *shas],
        "base": shas,
        "before": shas,
        "after": shas,
        "name": ["made-by-hand", "carol", "bob"],
        "If-Match": [f'"{sha}"' for sha in shas],
        "search": ["check"],
        "service": ["git-upload-pack"],
        "since": ["2020-01-01T00:00:00Z"],
        "until": ["2099-01-01T00:00:00Z"],
        "password": ["correct horse battery"],
        "config": [{"app": {"spec": {"replicas": 3}}}],
        "patch": [{"app": {"port": 9000}}],
        "image": ["a:v2"],
    }
    secrets = {who: tokens.create(user, name="calls", scope=Scope.WRITE)[1] for who, user in callers.items()}
    return Rows(folder, secrets, {**named, **others}, fields)


def _released(name: str, application: Application, ann: Actor) -> Cluster:
    test, _ = Environment.objects.get_or_create(name="test")
    local, _ = Region.objects.get_or_create(name="local")
    given = {"image": "a:v1", "config": {"app": {"spec": {"replicas": 1}}}}
    cluster = create.cluster(create.NewCluster(name, application, test, local, **given), actor=ann)
    deploy(cluster, ann)
    return cluster


# -- calls


@st.composite
def calls(draw: st.DrawFn, operation: Any, rows: Rows) -> Case:
    """A call of an operation, half of its names those of rows, every third body one that the documentation shows."""
    case: Case = draw(operation.as_strategy(generation_mode=draw(st.sampled_from(_modes(operation)))))
    for name, known in _parts(operation.path, rows):
        case.path_parameters = {**case.path_parameters, name: _known(draw, known, case.path_parameters[name])}
    case.query = {name: _known(draw, rows.fields.get(name, []), value) for name, value in case.query.items()}
    for name in case.headers.keys() & rows.fields.keys():
        case.headers[name] = _known(draw, rows.fields[name], case.headers[name])
    examples = [body for method, path, body in api_examples() if (method, path) == (case.method, operation.path)]
    if examples and draw(st.integers(0, 2)) == 0:
        case.body = draw(st.sampled_from(examples))
    elif isinstance(case.body, dict):
        case.body = {name: _known(draw, rows.fields.get(name, []), value) for name, value in case.body.items()}
    return case


def _parts(path: str, rows: Rows) -> Iterator[tuple[str, list[Any]]]:
    """The variable parts of a path, each with values of rows that exist."""
    for place, name in re.findall(r"([^/{}]+)/\{(\w+)\}", path):
        yield name, rows.parts["git" if (place, name) == ("clusters", "key") else place]


def _modes(operation: Any) -> list[GenerationMode]:
    """What is a wrong call where everything is allowed?"""
    narrow = operation.query or operation.body or any(item.definition["schema"]["type"] == "integer" for item in operation.path_parameters)
    return list(GenerationMode) if narrow else [GenerationMode.POSITIVE]


def _known(draw: st.DrawFn, known: list[Any], value: Any) -> Any:
    return draw(st.sampled_from(known)) if known and draw(st.booleans()) else value


@pytest.mark.parametrize("who", ["administrator", "developer"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_answer_is_promised(operation: Any, who: str, own_rows: Rows) -> None:
    @hypothesis.settings(
        max_examples=CALLS,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(calls(operation, own_rows), st.integers(0, 9))
    def call(case: Case, stranger: int) -> None:
        headers = {} if stranger == 9 else {"Authorization": f"Bearer {own_rows.tokens[who]}"}
        case.call_and_validate(headers=headers, checks=CHECKS)
        for cluster in Cluster.objects.filter(pipelineruns__state="queued").distinct():
            carry(cluster)

    call()


# -- odd requests

ANY: list[tuple[dict[str, str], bytes]] = [
    ({"accept": "image/png"}, b""),
    ({"content-type": "application/json"}, b""),
    ({"content-type": "text/csv"}, b"a,b"),
    ({"content-type": "application/json"}, b'"' + b"x" * 1_100_000 + b'"'),
]
"""What every operation meets."""
ODD: list[tuple[dict[str, str], bytes]] = [
    ({}, b"{}"),
    ({"content-type": "application/x-www-form-urlencoded"}, b"name=a"),
    ({"content-type": "multipart/form-data; boundary=a"}, b"--a--"),
    ({"content-type": "application/json"}, b'{"name": "\xff\xfe"}'),
    ({"content-type": "application/json; charset=utf-16"}, "{}".encode("utf-16")),
    ({"content-type": "application/json"}, b'{"name": ' + b"9" * 5_000 + b"}"),
    ({"content-type": "application/json"}, b'{"name": 1e999}'),
    ({"content-type": "application/json"}, b'{"name": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
    ({"content-type": "application/json", "content-encoding": "gzip"}, b"{}"),
    ({"content-type": "application/json", "if-match": "\xff, W/*", "idempotency-key": "\xff\x00"}, b"{}"),
    ({"authorization": "Basic \xff"}, b""),
    ({"authorization": "Basic /w=="}, b""),
    ({"authorization": "Bearer \xff\x00"}, b""),
]
"""What is read before or beside a body's fields, the same for all: tried on a few."""
FEW = {("post", "/api/v1/groups"), ("patch", "/api/v1/clusters/{name}/config"), ("post", "/git/clusters/{key}.git/git-upload-pack")}


def _address(path: str, rows: Rows) -> str:
    return path.format(**{name: known[0] for name, known in _parts(path, rows)})


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_odd_requests_get_answers_that_are_promised(operation: Any, own_rows: Rows) -> None:
    path = _address(operation.path, own_rows)

    for headers, body in ANY + (ODD if (operation.method, operation.path) in FEW else []):
        given = {"content-type": "", "authorization": f"Bearer {own_rows.tokens['administrator']}", **headers}
        kind = given.pop("content-type")
        answer = Client(raise_request_exception=False).generic(operation.method, path, body, content_type=kind, headers=given)
        assert_promised(operation.method, path, answer)


def test_a_method_that_an_address_does_not_have_is_405(own_rows: Rows) -> None:
    headers = {"authorization": f"Bearer {own_rows.tokens['administrator']}"}

    for path in sorted({operation.path for operation in OPERATIONS}):
        described = {operation.method.upper() for operation in OPERATIONS if operation.path == path}
        for method in {"GET", "PUT", "POST", "PATCH", "DELETE"} - described:
            answer = Client().generic(method, _address(path, own_rows), headers=headers)
            assert answer.status_code == 405, f"{method} {path}"
            assert described <= set(answer.headers["Allow"].split(", "))
            assert path.startswith("/git/") or answer.json()["code"] == "method_not_allowed"
