"""Environments and regions, as administrators manage them."""

from typing import Any

import pytest

from horizon.inventory.models import Cluster, Environment, Event, Region
from tests.api.conftest import Call


def test_a_region_is_added_changed_and_removed(call: Call) -> None:
    made = call("post", "regions", {"name": "north", "baseRegistry": "registry.test:5000"})
    changed = call("patch", "regions/north", {"ingressDomain": "north.test"})

    assert (made.status_code, made.data["engine"]) == (201, "local")
    assert changed.data == {"name": "north", "engine": "local", "baseRegistry": "registry.test:5000", "ingressDomain": "north.test"}
    assert call("delete", "regions/north").status_code == 204
    assert [event.action for event in Event.objects.order_by("pk")] == ["create region", "edit region", "delete region"]


def test_an_environment_is_put_in_another_place(call: Call) -> None:
    for name in ("first", "second"):
        call("post", "environments", {"name": name, "position": 5})

    call("patch", "environments/second", {"position": 1})

    assert [item["name"] for item in call("get", "environments").data["items"]] == ["second", "first"]


@pytest.mark.parametrize("place", ["environments/test", "regions/local"])
def test_what_clusters_are_in_is_not_removed_and_says_which(cluster: Cluster, call: Call, place: str) -> None:
    refused = call("delete", place)

    assert (refused.status_code, refused.data["details"]) == (409, {"clusters": ["shop-test"]})
    assert (Environment.objects.count(), Region.objects.count()) == (1, 1)
    assert not Event.objects.filter(action__startswith="delete").exists()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("regions", {"name": "../x"}, 400),
        ("regions", {"name": "north", "engine": "magic"}, 400),
        ("regions", {"name": "north", "baseRegistry": "not a host"}, 400),
        ("regions", {"name": "local"}, 409),
        ("environments", {"name": "test"}, 409),
        ("environments", {"name": "default"}, 400),
        ("environments", {"name": "x", "position": -1}, 400),
    ],
)
def test_bad_places_are_refused(cluster: Cluster, call: Call, path: str, body: Any, status: int) -> None:
    assert call("post", path, body).status_code == status
