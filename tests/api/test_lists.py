"""Lists: filtered, sorted and counted by the server, at a fixed number of queries."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from horizon.access import groups
from horizon.access.permissions import Actor
from horizon.api import base, clusters, pipelineruns
from horizon.delivery import finding
from horizon.delivery.models import Pipelinerun
from horizon.inventory.models import Application, Cluster, Environment, Group, Region, Template, TemplateRelease
from tests.api.conftest import Call
from tests.api.world import World, made, names, speaking

API = Path(__file__).resolve().parents[2] / "docs" / "api.md"


@pytest.fixture
def world(ann: Actor, deployment: TemplateRelease) -> World:
    return made(ann, deployment)


@pytest.fixture
def varied(world: World, call: Call) -> World:
    """Every filter has something to find and something to leave."""
    other = Template.objects.create(name="worker")
    release = TemplateRelease.objects.create(template=other, version="v2", chart_version="v2-0", digest="0", archive=b"", archive_digest="0")
    Cluster.objects.filter(name="mint-test").update(release=release)
    Cluster.objects.filter(name="shop-online").update(sync="Synced", health="Healthy", pending=False)
    Cluster.objects.filter(name="till-online").update(sync="OutOfSync", health="Degraded", pending=False)
    Application.objects.filter(name="mint").update(template=other)
    call("put", "clusters/shop-test/tags", {"tags": {"team": "blue", "critical": ""}})
    call("put", "clusters/till-test/tags", {"tags": {"team": "red"}})
    call("put", "applications/vault/tags", {"tags": {"team": "blue"}})
    call("put", "clusters/safe-test/favourite")
    world.person("olga", ("owner", Group.objects.get(path="open")), ("owner", Application.objects.get(name="vault")))
    world.person("omar", ("owner", Cluster.objects.get(name="mint-test")), ("developer", Group.objects.get(path="closed")))
    world.cluster("half-made", Application.objects.get(name="shop"), Environment.objects.get(name="test"), Region.objects.get(name="north"))
    Cluster.objects.filter(name="half-made").update(ready=False)
    return world


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("application=shop", "shop-online shop-test"),
        ("application=nothing", ""),
        ("group=open", "shop-online shop-test till-online till-test"),
        ("group=closed/deep", "mint-online mint-test safe-online safe-test"),
        ("group=clos", ""),
        ("environment=online&group=open", "shop-online till-online"),
        ("environment=online&environment=test", ""),
        ("region=south&search=MINT", "mint-online"),
        ("template=worker", "mint-test"),
        ("release=v2", "mint-test"),
        ("template=deployment&release=v2", ""),
        ("sync=Synced", "shop-online"),
        ("health=Degraded", "till-online"),
        ("pending=false", "shop-online till-online"),
        ("pending=true&group=open", "shop-test till-test"),
        ("owner=olga", "shop-online shop-test till-online till-test vault-online vault-test"),
        ("owner=omar", "mint-test"),
        ("owner=nobody", ""),
        ("tag=team", "shop-test till-test"),
        ("tag=team=blue", "shop-test"),
        ("tag=team%3Dblue&tag=critical", "shop-test"),
        ("tag=team=blue&tag=team=red", ""),
        ("tag=critical=", "shop-test"),
        ("favourite=true", "safe-test"),
        ("favourite=false&application=safe", "safe-online"),
        ("search=op-o", "shop-online"),
        ("search=%25", ""),
        ("search=_", ""),
    ],
)
def test_clusters_are_filtered(varied: World, call: Call, query: str, found: str) -> None:
    listed = names(call, f"clusters?{query}")
    counted = call("get", f"cluster-counts?{query}").data

    assert listed == found.split()
    assert counted["total"] == len(listed)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("applications?group=closed", "mint safe vault"),
        ("applications?template=worker", "mint"),
        ("applications?priority=P0", "mint shop"),
        ("applications?search=ti", "till"),
        ("applications?tag=team=blue", "vault"),
        ("applications?sort=-priority&group=closed", "safe vault mint"),
        ("groups?group=closed/deep", "deep er"),
        ("groups?private=true", "closed"),
        ("groups?parent=open", "inner"),
        ("groups?search=en&sort=-path", "inner open"),
        ("clusters?sort=-name&group=open", "till-test till-online shop-test shop-online"),
        ("clusters?sort=-created_at&application=safe", "safe-online safe-test"),
        ("clusters?sort=health&pending=false", "till-online shop-online"),
        ("clusters?sort=-sync&pending=false", "shop-online till-online"),
    ],
)
def test_other_lists_are_filtered_and_sorted(varied: World, call: Call, path: str, found: str) -> None:
    assert names(call, path) == found.split()


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("clusters?sort=image", "name, created_at, sync, health"),
        ("clusters?sort=--name", "name, created_at, sync, health"),
        ("clusters?enviroment=test", "environment"),
        ("clusters?health=Sick", "Healthy, Progressing, Degraded"),
        ("clusters?pending=yes", "true, false"),
        ("cluster-counts?page=2", "environment"),
        ("applications?priority=P9", "P0, P1, P2, P3"),
        ("pipelineruns?state=done", "queued, running"),
        ("pipelineruns?action=explode", "deploy, restart"),
        ("groups?surprise=1", "search"),
        ("clusters/shop-test?surprise=1", "none is known here"),
        ("me?surprise=1", "none is known here"),
    ],
)
def test_what_a_list_does_not_know_is_refused_with_what_it_knows(world: World, call: Call, path: str, named: str) -> None:
    answer = call("get", path)

    assert (answer.status_code, answer.data["code"]) == (400, "query")
    assert named in answer.data["message"]


def test_states_are_counted(varied: World, call: Call) -> None:
    found = call("get", "cluster-counts").data

    assert found == {
        "total": 10,
        "pending": 8,
        "sync": {"Synced": 1, "OutOfSync": 1, "NotDeployed": 8, "Unknown": 0},
        "health": {"Healthy": 1, "Progressing": 0, "Degraded": 1, "Missing": 0, "Unknown": 8},
    }


def test_counting_stops_and_says_so(world: World, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "COUNTED", 4)

    over, under = (call("get", f"clusters?size=2{more}").data for more in ("", "&group=open"))

    assert (over["total"], over["exact"], len(over["items"])) == (4, False, 2)
    assert (under["total"], under["exact"]) == (4, True)
    assert call("get", "cluster-counts").data["total"] == 10


def test_pages_follow_one_another_without_gap_or_overlap(world: World, call: Call) -> None:
    pages = [call("get", f"clusters?sort=-health&size=3&page={page}").data["items"] for page in (1, 2, 3, 4, 5)]

    assert [len(page) for page in pages] == [3, 3, 3, 1, 0]
    assert len({item["name"] for page in pages for item in page}) == 10


# -- runs of all clusters


def run(cluster: str, **given: Any) -> Pipelinerun:
    row = Cluster.objects.get(name=cluster)
    return Pipelinerun.objects.create(cluster=row, **{"action": "deploy", "created_by": "bob", "source": "", "base": "", "state": "ok", **given})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [4, 3, 2, 1]),
        ("sort=created_at", [1, 2, 3, 4]),
        ("cluster=shop-test", [2, 1]),
        ("application=shop", [3, 2, 1]),
        ("group=closed", [4]),
        ("state=failed", [2]),
        ("action=restart", [3]),
        ("person=carol&group=open", [1]),
    ],
)
def test_runs_across_clusters_are_filtered(world: World, call: Call, query: str, found: list[int]) -> None:
    made = [
        run("shop-test", created_by="carol"),
        run("shop-test", state="failed"),
        run("shop-online", action="restart"),
        run("mint-test", created_by="carol"),
    ]

    answer = call("get", f"pipelineruns?{query}").data

    assert [item["id"] for item in answer["items"]] == [made[place - 1].pk for place in found]
    assert answer["total"] == len(found)


# -- the number of queries


def queries(call: Call, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as caught:
        assert call("get", path).status_code == 200
    return [query["sql"] for query in caught.captured_queries]


@pytest.mark.parametrize(
    "path",
    [
        "clusters?group=open&environment=test&sort=-created_at&size=200",
        "clusters?owner=olga&tag=team&favourite=false",
        "cluster-counts?group=open",
        "applications?group=open",
        "groups?search=e",
        "pipelineruns?group=open",
    ],
)
def test_the_number_of_queries_is_fixed(varied: World, path: str) -> None:
    bob = speaking(varied.person("bob", ("developer", Group.objects.get(path="closed/deep")), ("guest", Application.objects.get(name="vault"))))
    run("shop-test")
    queries(bob, path)  # the first use of a token is written down
    few = queries(bob, path)

    shop, test, north = Application.objects.get(name="shop"), Environment.objects.get(name="test"), Region.objects.get(name="north")
    for number in range(30):
        Group.objects.create(name=f"more-{number}", path=f"open/more-{number}", parent=Group.objects.get(path="open"))
        Application.objects.create(name=f"more-{number}", group=shop.group, template=shop.template, ready=True)
        varied.cluster(f"more-{number}", shop, test, north).tags.create(key="team", value="blue")
        run(f"more-{number}")
    many = queries(bob, path)

    assert len(many) == len(few)
    assert len(many) <= 5


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("clusters", (*clusters.FILTERS, *clusters.SORTS)),
        ("pipelineruns", (*pipelineruns.FILTERS, *pipelineruns.SORTS)),
        ("applications", (*finding.APPLICATION_FILTERS, *finding.APPLICATION_SORTS)),
        ("groups", (*groups.FILTERS, *groups.SORTS)),
    ],
)
def test_every_filter_and_sort_is_documented(path: str, words: tuple[str, ...]) -> None:
    text = API.read_text().split(f"### `GET /api/v1/{path}`")[1].split("\n#")[0]

    assert [word for word in words if f"`{word}`" not in text and f"`?{word}=`" not in text] == []
