"""Every page: those of the table that `tests/web` keeps, so that a new one is here by itself, and states that are worth a look of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.browser import world
from tests.services.platform import Platform
from tests.web.test_pages import PAGES

PARTS = ("/clusters/shop-test/overview",)
"""Addresses that answer with a part of a page: it is seen where its page is."""


@dataclass(frozen=True)
class Address:
    """A page, who looks at it, and with which status it answers."""

    path: str
    person: str = "admin"
    status: int = 200

    def __str__(self) -> str:
        return f"{self.path} {self.person or 'nobody'}"

    def of(self, platform: Platform) -> str:
        """The path on this platform."""
        return self.path.format_map(_Names(platform))


ADDRESSES = (
    *(Address(path) for path in PAGES if path not in PARTS),
    Address("/new/application"),
    Address("/new/cluster/shop"),
    Address("/clusters/shop-dev"),
    Address("/clusters/shop-pre"),
    Address("/clusters/shop-online"),
    Address("/clusters/shop-online/deploy"),
    Address("/runs/{failed}"),
    Address("/?search=nothing+is+called+so"),
    Address("/?favourite=true"),
    Address("/runs?cluster=shop-online"),
    Address("/sign-in", person=""),
    Address("/links/{link}", person=""),
    Address("/nothing", status=404),
    Address("/", person="cas"),
    Address("/clusters/shop-test", person="cas"),
    Address("/clusters/shop-test/form", person="cas"),
    Address("/clusters/shop-test/deploy", person="cas", status=403),
    Address("/new/application", person="cas"),
    *(Address(f"/clusters/shop-test/{dialog}") for dialog in ("about", "copy", "delete", "discard", "history/{old}/restore")),
    *(Address(f"/clusters/shop-gone{page}") for page in ("", "/restore", "/purge")),
    Address("/clusters/shop-online/ci"),
    Address("/clusters/shop-online/rollback"),
    Address("/applications/till"),
    Address("/applications?archived=true"),
    Address("/applications?search=nothing+is+called+so"),
    Address("/activity?who=nobody"),
    Address("/groups?search=nothing+is+called+so"),
    Address("/groups/tills"),
    Address("/groups/shops", person="cas"),
    Address("/applications/shop", person="cas"),
    Address("/me", person="cas"),
    Address("/new/group"),
    Address("/people"),
    Address("/people/new"),
    *(Address(f"/people/bea/{dialog}") for dialog in ("change", "disable", "reset")),
    Address("/people/eve/enable"),
    Address("/people", person="cas", status=403),
    Address("/new/robot"),
    *(Address(f"/robots/builder{page}") for page in ("", "/delete", "/tokens/new", "/tokens/{secret}/revoke")),
    Address("/me/tokens/{token}/revoke"),
    *(Address(f"/templates/deployment/v0.0.1{page}") for page in ("?show=about", "?show=files", "/state")),
    Address("/new/template"),
)


class _Names(dict[str, str]):
    """What is found on a platform only once it runs."""

    def __init__(self, platform: Platform) -> None:
        super().__init__()
        self._platform = platform

    def __missing__(self, name: str) -> str:
        return str(_FOUND[name](self._platform))


_FOUND: dict[str, Callable[[Platform], object]] = {
    "run": lambda platform: _run(platform, "shop-test"),
    "failed": lambda platform: _run(platform, "shop-pre"),
    "sha": lambda platform: platform.call("GET", "/clusters/shop-test")["gitops"],
    "old": lambda platform: _edits(platform)[1],
    "link": lambda platform: world.invite(platform, "dora").rpartition("/")[2],
    "token": lambda platform: _first(platform, "/tokens")["id"],
    "secret": lambda platform: _first(platform, "/robots/builder/tokens")["id"],
}


def _first(platform: Platform, path: str) -> dict[str, Any]:
    return dict(platform.call("GET", path)["items"][0])


def _run(platform: Platform, cluster: str) -> object:
    return _first(platform, f"/clusters/{cluster}/pipelineruns")["id"]


def _edits(platform: Platform) -> list[str]:
    """The commits that edited the config, newest first."""
    items = platform.call("GET", "/clusters/shop-test/history")["items"]
    return [item["sha"] for item in items if item["action"] == "edit" and item["sha"]]
