"""Every page: those of the table that `tests/web` keeps, so that a new one is here by itself, and states that are worth a look of their own."""

from dataclasses import dataclass

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
)


class _Names(dict[str, str]):
    """What is found on a platform only once it runs."""

    def __init__(self, platform: Platform) -> None:
        super().__init__()
        self._platform = platform

    def __missing__(self, name: str) -> str:
        if name == "link":
            return world.invite(self._platform, "dora").rpartition("/")[2]
        cluster = {"run": "shop-test", "failed": "shop-pre"}[name]
        return str(self._platform.call("GET", f"/clusters/{cluster}/pipelineruns")["items"][0]["id"])
