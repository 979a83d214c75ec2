"""Every operation is called as its document allows and as it does not: no fault of ours, no answer that the document does not promise.

Bounded, and the same calls at every run. Half of the names are those of rows that exist, else nearly every answer would be 404.
"""

import re
import shutil
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
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

from horizon.api import pipelineruns
from horizon.catalog.release import Release
from horizon.delivery import templates
from horizon.inventory.models import Cluster
from horizon.wsgi import application as platform
from tests.api.conformance import assert_promised
from tests.api.rows import Rows, make_rows
from tests.fixtures import carry
from tests.test_docs import api_examples

CALLS = 10
"""Of each operation by each person."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance]
OPERATIONS = [found.ok() for found in schemathesis.openapi.from_wsgi("/api/schema", platform).get_all_operations()]


@pytest.fixture(scope="module")
def rows(bundled: Release, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    """Rows and repositories as the platform's own flows make them, once for all calls."""
    folder = tmp_path_factory.mktemp("rows")
    with django_db_blocker.unblock(), override_settings(HORIZON_DATA=folder):
        made = make_rows(folder, templates.import_release(bundled))
    yield made
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def own_rows(rows: Rows, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rows]:
    """The rows and the repositories as they were made, whatever the calls before did to them; nobody waits for a run."""
    shutil.copytree(rows.folder, settings.HORIZON_DATA, dirs_exist_ok=True)
    monkeypatch.setattr(pipelineruns, "_LONGEST_WAIT", 0)
    settings.HORIZON_TEMPLATE_SOURCES = ["https://nowhere.invalid/"]
    cache.clear()
    # As Django's own test client does: the transaction of a test is not to be closed at the end of a request.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield rows
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


# -- calls


def documented(operation: Any, rows: Rows) -> list[Case]:
    """The documentation's own calls, on the first rows; what is made has a name that is free."""
    path, method = operation.path, operation.method.upper()
    given = {
        "path_parameters": {name: known[0] for name, known in _parts(path, rows)},
        "query": {item.name: rows.fields[item.name][0] for item in operation.query if item.name in ("group", "source", "service", "release")},
        "headers": {"If-Match": f'"{rows.seen[path.split("/")[3]]}"'} if method == "PUT" and path.endswith(("/config", "/pipeline")) else {},
    }
    bodies = [{**body, **({"name": rows.free[path]} if path in rows.free else {})} for *key, body in api_examples() if key == [method, path]]
    return [operation.Case(**given, body=body, media_type="application/json") for body in bodies] or [operation.Case(**given)]


@st.composite
def made_up(draw: st.DrawFn, operation: Any, rows: Rows) -> Case:
    """A call that the document allows, or does not; half of its names are those of rows."""
    case: Case = draw(operation.as_strategy(generation_mode=draw(st.sampled_from(_modes(operation)))))
    for name, known in _parts(operation.path, rows):
        case.path_parameters = {**case.path_parameters, name: _known(draw, known, case.path_parameters[name])}
    case.query = {name: _known(draw, rows.fields.get(name, []), value) for name, value in case.query.items()}
    for name in case.headers.keys() & rows.fields.keys():
        case.headers[name] = _known(draw, rows.fields[name], case.headers[name])
    if isinstance(case.body, dict):
        case.body = {name: _known(draw, rows.fields.get(name, []), value) for name, value in case.body.items()}
    return case


def _parts(path: str, rows: Rows) -> Iterator[tuple[str, list[Any]]]:
    """The variable parts of a path, each with values of rows that exist."""
    for place, name in re.findall(r"([^/{}]+)/\{(\w+)\}", path):
        kind = {("clusters", "key"): "git", ("tokens", "key"): "tokens of robots" if "/robots/" in path else "tokens"}.get((place, name), place)
        yield name, rows.parts[kind]


def _modes(operation: Any) -> list[GenerationMode]:
    """What is a wrong call where everything is allowed?"""
    narrow = operation.query or operation.body or any(item.definition["schema"]["type"] == "integer" for item in operation.path_parameters)
    return list(GenerationMode) if narrow else [GenerationMode.POSITIVE]


def _known(draw: st.DrawFn, known: list[Any], value: Any) -> Any:
    return draw(st.sampled_from(known)) if known and draw(st.booleans()) else value


REFUSED = {
    "PUT /api/v1/me/password": "not by a token",
    "POST /api/v1/pipelineruns/{key}/cancel": "the run has ended",
    "POST /git/clusters/{key}.git/git-upload-pack": "git speaks no JSON",
    "DELETE /api/v1/groups/{path}": "the group is not empty",
    "DELETE /api/v1/applications/{name}": "it has clusters",
    **{f"POST /api/v1/{kind}/{{name}}/{verb}": "it was not deleted" for kind in ("applications", "clusters") for verb in ("restore", "purge")},
    "POST /api/v1/templates": "no server outside is asked",
}
"""What even the administrator is refused, called as documented; the rest is accepted, else these calls would not reach far."""


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_calls_as_documented_are_accepted(operation: Any, own_rows: Rows) -> None:
    statuses = [called(case, "administrator", own_rows) for case in documented(operation, own_rows)]

    assert all(status < 300 for status in statuses) == (operation.label not in REFUSED), statuses


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
    @hypothesis.given(made_up(operation, own_rows), st.integers(0, 9))
    def call(case: Case, chance: int) -> None:
        called(case, "stranger" if chance == 9 else who, own_rows)

    for case in documented(operation, own_rows):
        called(case, who, own_rows)
    call()


def called(case: Case, who: str, rows: Rows) -> int:
    """The status of an answer that the document promises; runs that it launched are carried to their end."""
    headers = {"Authorization": f"Bearer {rows.tokens[who]}"} if who in rows.tokens else {}
    answer = case.call_and_validate(headers=headers, checks=CHECKS)
    for cluster in Cluster.objects.filter(pipelineruns__state="queued").distinct():
        carry(cluster)
    return int(answer.status_code)


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
