"""Home: what is found, counted and shown, and that it costs the same however much there is."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from horizon.access.permissions import Actor
from horizon.delivery.models import Pipelinerun
from horizon.inventory.models import Application, Cluster, Environment, Group, Region, TemplateRelease
from tests.api.world import World, made
from tests.web.conftest import HTMX, signed_in, text


@pytest.fixture
def world(ann: Actor, deployment: TemplateRelease) -> World:
    world = made(ann, deployment)
    Cluster.objects.filter(name="shop-online").update(sync="Synced", health="Healthy", pending=False)
    Cluster.objects.filter(name="till-online").update(sync="OutOfSync", health="Degraded", pending=False)
    return world


def listed(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"/?{query}", headers=HTMX)
    assert answer.status_code == 200
    return [cluster.name for cluster in answer.context["clusters"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=OP-o", "shop-online"),
        ("environment=online&group=open", "shop-online till-online"),
        ("region=south&application=shop", "shop-online"),
        ("health=Degraded", "till-online"),
        ("pending=true&group=open", "shop-test till-test"),
        ("search=&environment=&region=&health=Healthy", "shop-online"),
        ("search=nothing", ""),
    ],
)
def test_the_address_says_what_is_listed(world: World, admin: Client, query: str, found: str) -> None:
    assert " ".join(listed(admin, query)) == found


def test_who_holds_no_role_sees_public_clusters_only(world: World) -> None:
    stranger = signed_in(world.person("stranger").user)

    assert listed(stranger) == ["shop-online", "shop-test", "till-online", "till-test"]


def test_a_part_is_the_list_alone_and_puts_what_was_asked_into_the_address(world: World, admin: Client) -> None:
    answer = admin.get("/?search=shop&environment=&region=south", headers=HTMX)

    assert "<html" not in answer.content.decode()
    assert answer.headers["HX-Push-Url"] == "/?region=south&search=shop"
    assert "HX-Request" in answer.headers["Vary"]


def test_going_back_in_history_shows_the_whole_page(world: World, admin: Client) -> None:
    answer = admin.get("/?search=shop", headers={**HTMX, "HX-History-Restore-Request": "true"})

    assert "<html" in answer.content.decode()
    assert 'value="shop"' in answer.content.decode()


def test_status_is_counted_over_what_the_other_filters_leave(world: World, admin: Client) -> None:
    answer = admin.get("/?group=open&health=Healthy")

    counts = {str(chip["label"]): (chip["count"], chip["current"]) for chip in answer.context["chips"]}
    expected = {"All": (4, False), "Healthy": (1, True), "Degraded": (1, False), "Out of sync": (1, False), "Not deployed": (2, False)}
    assert counts == {**expected, "Pending edits": (2, False)}


def test_every_count_leads_to_as_many_rows(world: World, admin: Client) -> None:
    for chip in admin.get("/").context["chips"]:
        assert len(listed(admin, str(chip["address"]).removeprefix("?"))) == chip["count"], chip


def test_pages_follow_one_another_without_overlap(world: World, admin: Client) -> None:
    shop, place, region = Application.objects.get(name="shop"), Environment.objects.get(name="test"), Region.objects.get(name="north")
    for number in range(60):
        world.cluster(f"more-{number:02}", shop, place, region)

    first = admin.get("/?search=more")
    second = admin.get("/" + first.context["after"])

    names = [cluster.name for answer in (first, second) for cluster in answer.context["clusters"]]
    assert names == [f"more-{number:02}" for number in range(60)]
    assert (first.context["before"], second.context["after"]) == ("", "")
    assert "51 to 60" in text(second)


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999", "٣"])
def test_a_page_that_is_none_is_the_first(world: World, admin: Client, page: str) -> None:
    assert listed(admin, f"page={page}&search=shop") == ["shop-online", "shop-test"]


def test_a_filter_that_cannot_be_is_refused_with_the_choices(world: World, admin: Client) -> None:
    answer = admin.get("/?sync=Purple")

    assert (answer.status_code, "Sync must be one of Synced" in text(answer)) == (400, True)


def test_nothing_found_and_nothing_there_say_different_things(ann: Actor, admin: Client) -> None:
    assert "No clusters yet" in text(admin.get("/"))
    assert "Nothing is like that" in text(admin.get("/?search=x"))


def test_a_running_deploy_is_shown(world: World, admin: Client) -> None:
    shop = Cluster.objects.get(name="shop-online")
    Pipelinerun.objects.create(cluster=shop, action="deploy", title="Deploy", created_by="ann", source="", base="", state="running")

    row = text(admin.get("/?search=shop-online")).split("Seen")[1]

    assert "shop-online Deploy online" in row


def test_favourites_are_kept_dropped_and_listed(world: World, admin: Client) -> None:
    kept = admin.post("/clusters/shop-test/favourite", {"wanted": "true"}, headers=HTMX)
    assert ('aria-pressed="true"' in kept.content.decode(), listed(admin, "favourite=true")) == (True, ["shop-test"])

    without_scripts = admin.post("/clusters/shop-test/favourite", {"wanted": "false"})
    assert (without_scripts.status_code, without_scripts.headers["Location"]) == (302, "/clusters/shop-test")
    assert listed(admin, "favourite=true") == []


def test_queries_do_not_grow_with_the_clusters(world: World, admin: Client) -> None:
    shop, place, region = Application.objects.get(name="shop"), Environment.objects.get(name="test"), Region.objects.get(name="north")
    admin.get("/")

    with CaptureQueriesContext(
        connection,
    ) as few:
        admin.get("/")
    for number in range(30):
        world.cluster(f"more-{number:02}", shop, place, region)
    Group.objects.create(name="g", path="g")
    with CaptureQueriesContext(connection) as many:
        admin.get("/")

    assert len(many) == len(few) <= 16
