"""What the pages show: an application with clusters in every state, under the names that the tests of `tests/web` use."""

import re
from pathlib import Path
from typing import Any

from tests.services.platform import Platform

REPLICAS = re.compile(r"^  replicas: \d+$", re.MULTILINE)


def make(platform: Platform) -> None:
    """A healthy cluster with a pending edit, a drifted one, one whose last run failed, and one that was never deployed."""
    platform.call("POST", "/groups", {"name": "shops", "description": "What customers see"})
    shop = {"name": "shop", "group": "shops", "template": "deployment", "priority": "P1", "description": "The shop window"}
    platform.call("POST", "/applications", shop)
    for name, environment in (("shop-test", "test"), ("shop-dev", "dev"), ("shop-pre", "pre"), ("shop-online", "online")):
        cluster(platform, name, environment)
    _healthy(platform, "shop-test")
    _drifted(platform, "shop-dev")
    _failed(platform, "shop-pre")
    _deleted(platform, shop)
    platform.call("POST", "/robots", {"name": "builder", "group": "shops", "role": "developer", "description": "Builds what is merged"})
    platform.call("POST", "/robots/builder/tokens", {"name": "pipeline", "scope": "ci", "application": "shop"})
    invite(platform, "eve")
    platform.call("PATCH", "/people/eve", {"active": False})


def cluster(platform: Platform, name: str, environment: str = "test", **config: Any) -> None:
    """A cluster of the shop with an image, not deployed."""
    config = config or {"app": {"spec": {"replicas": 2}, "envs": [{"name": "LOG_LEVEL", "value": "info"}]}}
    place = {"application": "shop", "environment": environment, "region": "local"}
    platform.call("POST", "/clusters", {"name": name, **place, "image": "registry.example.com/shops/shop:v1.41.7", "config": config})


def replicas(platform: Platform, name: str, count: int) -> None:
    """An edit that waits for a deploy."""
    platform.call("PATCH", f"/clusters/{name}/config?title={count}%20replicas", {"app": {"spec": {"replicas": count}}})


def invite(platform: Platform, name: str, role: str = "") -> str:
    """A person with a role in the shops, and the address by which they set a password."""
    link = platform.call("POST", "/people", {"name": name, "email": f"{name}@example.test"})["invitation"]["link"]
    if role:
        platform.call("POST", "/members", {"group": "shops", "name": name, "role": role})
    return str(link)


def _healthy(platform: Platform, name: str) -> None:
    platform.run(name, "deploy", title="First deploy")
    replicas(platform, name, 4)
    platform.run(name, "deploy", title="Four replicas", reason="More traffic")
    platform.call("PATCH", f"/clusters/{name}/config?title=More%20logs", {"app": {"envs": [{"name": "LOG_LEVEL", "value": "debug"}], "port": 9090}})


def _drifted(platform: Platform, name: str) -> None:
    """Somebody changed a live object by hand."""
    platform.run(name, "deploy", title="First deploy")
    live = next(Path(platform.data / "regions").glob(f"**/{name}/deployment-{name}.yaml"))
    live.write_text(REPLICAS.sub("  replicas: 9", live.read_text()))
    assert platform.call("GET", f"/clusters/{name}/status")["sync"] == "OutOfSync"


def _failed(platform: Platform, name: str) -> None:
    """What CI posted last is refused by the region; what was deployed before still runs."""
    platform.run(name, "deploy", title="First deploy")
    output = {"image": "registry.example.com/shops/shop:v1.42.0", "service": {"type": "Balanced"}}
    run = platform.call("POST", f"/clusters/{name}/output?deploy=true&title=Build%20812", output)["pipelinerun"]
    assert platform.ended(run)["state"] == "failed"


def _deleted(platform: Platform, shop: dict[str, str]) -> None:
    """A cluster and an application that were put away, and a group with nothing in it."""
    cluster(platform, "shop-gone")
    platform.run("shop-gone", "delete")
    platform.call("POST", "/groups", {"name": "tills"})
    platform.call("POST", "/applications", {**shop, "name": "till", "group": "tills"})
    platform.call("DELETE", "/applications/till")
