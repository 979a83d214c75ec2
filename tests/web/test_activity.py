"""The activity page: what one may see of it, filtered, paged, exported."""

import csv
import io
import json
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client

from horizon.access import groups
from horizon.access.permissions import Actor
from horizon.inventory.events import record
from horizon.inventory.models import Cluster, Event, Group
from tests.web.conftest import HTMX, Browser, text


def exported(client: Client, page: Any, kind: str) -> bytes:
    """What the page's own button downloads."""
    href = page.content.decode().split(f"download>Export {kind.upper()}")[0].rsplit('href="', 1)[1].split('"')[0]
    return b"".join(client.get(href.replace("&amp;", "&")).streaming_content)


def test_who_did_what_where_and_from_where(deployed: Cluster, admin: Client) -> None:
    record(actor="bob", action="tag", thing=deployed, title="Tag it", address="192.0.2.7", before={}, after={"team": "checkout"})

    said = unescape(text(admin.get("/activity")))

    assert "bob Tag it tag Details" in said
    assert 'after {"team": "checkout"} cluster shop-test 192.0.2.7' in said


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("actor=bob", ["Tag it"]),
        ("action=free", ["Free it"]),
        ("cluster=shop-test&action=tag", ["Tag it"]),
        ("application=shop&actor=carl", ["Free it"]),
        ("group=shops&actor=carl", ["Free it"]),
        ("since=2031-01-02", ["Free it"]),
        ("since=2031-01-01&until=2031-01-01", ["Tag it"]),
        ("since=2031-01-01T10:00:01Z&until=2031-01-02T10:00:00Z", []),
    ],
)
def test_it_is_filtered(deployed: Cluster, admin: Client, query: str, found: list[str]) -> None:
    for day, who, action, title in ((1, "bob", "tag", "Tag it"), (2, "carl", "free", "Free it")):
        row = record(actor=who, action=action, thing=deployed, title=title)
        Event.objects.filter(pk=row.pk).update(at=datetime(2031, 1, day, 10, tzinfo=UTC))

    answer = admin.get(f"/activity?{query}", headers=HTMX)

    assert [title for title in ("Tag it", "Free it") if title in text(answer)] == found
    assert answer.headers["HX-Push-Url"].startswith("/activity?")
    assert "<html" not in answer.content.decode()


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_the_export_has_the_same_filters(deployed: Cluster, admin: Client, kind: str) -> None:
    record(actor="bob", action="tag", thing=deployed, title="=HYPERLINK(1)")
    page = admin.get("/activity?cluster=shop-test&actor=bob")

    body = exported(admin, page, kind).decode()

    rows = list(csv.DictReader(io.StringIO(body))) if kind == "csv" else json.loads(body)
    assert [(row["actor"], row["title"]) for row in rows] == [("bob", "'=HYPERLINK(1)" if kind == "csv" else "=HYPERLINK(1)")]


def test_older_events_are_on_the_next_page(deployed: Cluster, admin: Client) -> None:
    for number in range(60):
        record(actor="bob", action="tag", thing=deployed, title=f"Tag number-{number:02}.")
    first = admin.get("/activity?actor=bob")
    older = first.content.decode().split('" rel="next"')[0].rsplit('href="', 1)[1].replace("&amp;", "&")

    second = text(admin.get(older))

    shown = [number for number in range(60) if f"number-{number:02}." in text(first)]
    assert shown == list(range(10, 60))
    assert [number for number in range(60) if f"number-{number:02}." in second] == list(range(10))


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("since=yesterday", 400, "since must be a time such as"),
        ("until=9999-12-31", 400, "until must be a time such as"),
        ("cluster=nothing", 404, "there is no cluster nothing"),
        ("before=x", 200, "Create shop-test"),
        ("actor=nobody", 200, "Nothing is like that"),
    ],
)
def test_what_cannot_be_is_said_and_stays_typed(deployed: Cluster, admin: Client, query: str, status: int, said: str) -> None:
    answer = admin.get(f"/activity?{query}")

    assert (answer.status_code, said in text(answer)) == (status, True)
    assert f'value="{query.partition("=")[2]}"' in answer.content.decode() or query == "before=x"


def test_what_is_private_is_not_told_to_others(deployed: Cluster, browser: Browser, ann: Actor) -> None:
    groups.change(Group.objects.get(path="shops"), groups.Look("", True), actor=ann)
    stranger = browser("")

    page, export = stranger.get("/activity"), b"".join(stranger.get("/api/v1/events/export").streaming_content)

    assert "Nothing happened yet" in text(page)
    assert "shop" not in page.content.decode() + export.decode()
    assert stranger.get("/activity?cluster=shop-test").status_code == 404


def test_a_clusters_history_leads_here(deployed: Cluster, admin: Client) -> None:
    assert 'href="/activity?cluster=shop-test"' in admin.get("/clusters/shop-test").content.decode()
