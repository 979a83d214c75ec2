"""Clients that speak as people and as CI."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from horizon.access import tokens
from horizon.access.permissions import Actor
from horizon.access.policy import Scope
from horizon.inventory.models import Cluster
from tests.api.conformance import assert_promised

Call = Callable[..., Any]


def caller(secret: str) -> Call:
    """Call the API with a token: `call("get", "clusters")`; the answer has `status_code` and `data`, and is one that the document promises."""

    def call(method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        address = path if path.startswith("/") else f"/api/v1/{path}"
        client = Client(headers={"Authorization": f"Bearer {secret}"})
        answer: Any = client.generic(method.upper(), address, sent, content_type="application/json", headers=headers)
        answer.said = b"".join(answer).decode(errors="replace")
        answer.data = json.loads(answer.said) if answer.said and answer.headers.get("Content-Type") == "application/json" else None
        assert_promised(method, answer.request["PATH_INFO"], answer)
        return answer

    return call


@pytest.fixture
def secret(ann: Actor) -> str:
    """A token of ann's that may do all that she may."""
    return tokens.create(ann.user, name="tests", scope=Scope.WRITE)[1]


@pytest.fixture
def call(secret: str) -> Call:
    """The API as ann."""
    return caller(secret)


@pytest.fixture
def ci(ann: Actor, cluster: Cluster) -> Call:
    """The API as the CI of one cluster."""
    return caller(tokens.create(ann.user, name="ci", scope=Scope.CI, cluster=cluster)[1])
