"""Server-sent events of a cluster's page: what is told, when, to whom; that a waiting stream holds no connection and no more than its seat."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import close_old_connections, connection
from django.test import Client

from horizon.access.models import Membership
from horizon.access.permissions import Actor
from horizon.commands.programs import WEB_THREADS
from horizon.delivery import launch
from horizon.delivery.models import Pipelinerun
from horizon.inventory.models import Cluster
from horizon.web.clusters import stream
from tests.fixtures import carry, replicas
from tests.web.conftest import HTMX, Browser

PAGE = "/clusters/shop-test"


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept = 0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += 1


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(stream, "time", clock)
    monkeypatch.setattr(stream, "seats", stream.Seats())
    # Most tests run within a transaction, whose connection must not be closed.
    monkeypatch.setattr(stream, "close_old_connections", lambda: None)
    return clock


def opened(client: Client, **given: Any) -> Iterator[str]:
    """The stream's events, one at a time; without `seen` of a page that was opened just now."""
    seen = given.pop("seen", None) or client.get(PAGE).context["seen"]
    answer = client.get(f"{PAGE}/stream", {"seen": seen}, **given)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream")
    return (part.decode() for part in answer.streaming_content)


def kinds(events: Iterator[str], count: int) -> list[str]:
    return [kind(next(events)) for _ in range(count)]


def kind(event: str) -> str:
    return next((line.removeprefix("event: ") for line in event.splitlines() if line.startswith("event: ")), event.strip())


def test_a_page_that_is_up_to_date_hears_when_the_region_was_looked_at_and_then_only_beats(deployed: Cluster, admin: Client) -> None:
    events = opened(admin)

    assert kinds(events, 4) == ["retry: 2000", "looked", "beat", "beat"]


def test_a_page_that_is_old_hears_at_once_with_the_digest_as_id(deployed: Cluster, admin: Client) -> None:
    events = opened(admin, seen="old")
    next(events)

    told = next(events)

    now = admin.get(PAGE).context["seen"]
    assert told == f"id: {now}\nevent: changed\ndata: {now}\n\n"


def test_a_browser_that_comes_back_says_what_it_has(deployed: Cluster, admin: Client) -> None:
    now = admin.get(PAGE).context["seen"]

    events = opened(admin, seen="old", headers={"Last-Event-ID": now})

    assert "changed" not in kinds(events, 3)


def test_every_step_of_a_run_is_told_in_the_second_in_which_it_happens(deployed: Cluster, admin: Client, ann: Actor) -> None:
    events = opened(admin)
    kinds(events, 3)
    replicas(deployed, 2, ann)
    edited = kind(next(events))
    launch.deploy(deployed, launch.Order(ann))
    queued = kind(next(events))

    carry(deployed)

    assert (edited, queued, kind(next(events))) == ("changed", "changed", "changed")
    assert kinds(events, 2) == ["beat", "beat"]


def test_drift_that_no_row_tells_is_told_after_the_time_in_which_the_page_would_have_asked(deployed: Cluster, admin: Client, clock: Clock) -> None:
    events = opened(admin)
    kinds(events, 3)
    for path in Path(settings.HORIZON_DATA).rglob("regions/**/deployment-*.yaml"):
        path.unlink()
    begun = clock.now

    next(event for event in events if kind(event) == "changed")

    assert 15 < clock.now - begun <= 20


def test_a_stream_ends_and_the_browser_comes_back(deployed: Cluster, admin: Client, clock: Clock) -> None:
    begun = clock.now

    list(opened(admin))

    assert 25 <= clock.now - begun <= 60
    assert stream.seats.taken == 0


def test_the_policy_of_proxies_and_caches_is_said(deployed: Cluster, admin: Client) -> None:
    answer = admin.get(f"{PAGE}/stream")

    assert (answer.headers["X-Accel-Buffering"], answer.headers["Cache-Control"]) == ("no", "no-store")


def test_who_loses_the_right_to_look_is_told_to_ask_and_no_more(deployed: Cluster, browser: Browser, ann: Actor) -> None:
    guest = browser("guest")
    events = opened(guest)
    kinds(events, 3)
    deployed.application.group.private = deployed.application.group.hidden = True
    deployed.application.group.save()
    Membership.objects.all().delete()
    replicas(deployed, 2, ann)

    assert next(events) == "event: changed\ndata: \n\n"
    assert list(events) == []
    assert guest.get(f"{PAGE}/overview", headers=HTMX).status_code == 404


def test_a_cluster_that_is_purged_ends_its_streams(deployed: Cluster, admin: Client) -> None:
    events = opened(admin)
    kinds(events, 3)
    Cluster.objects.filter(pk=deployed.pk).update(name="other")
    Cluster.objects.filter(pk=deployed.pk).update(gitops="0" * 40)

    assert (kind(next(events)), list(events)) == ("changed", [])


# -- who may listen, and how many


def test_who_has_not_signed_in_is_told_plainly(deployed: Cluster, client: Client) -> None:
    assert client.get(f"{PAGE}/stream").status_code == 401


def test_a_stranger_hears_nothing_of_what_is_private(deployed: Cluster, browser: Browser) -> None:
    deployed.application.group.private = deployed.application.group.hidden = True
    deployed.application.group.save()

    assert browser("").get(f"{PAGE}/stream").status_code == 404


def test_beyond_the_bound_a_browser_is_told_to_poll(deployed: Cluster, admin: Client, settings: Any) -> None:
    settings.HORIZON_STREAMS = 1
    first = opened(admin)
    next(first)

    refused = admin.get(f"{PAGE}/stream")
    first.close()  # type: ignore[attr-defined]  # a generator
    answer = admin.get(f"{PAGE}/stream")

    assert (refused.status_code, refused.headers["Retry-After"]) == (204, "30")
    assert answer.status_code == 204 or answer.streaming


def test_two_that_come_for_the_last_seat_do_not_both_get_it(deployed: Cluster, admin: Client, settings: Any) -> None:
    settings.HORIZON_STREAMS = 1
    both = [opened(admin), opened(admin)]

    told = [kinds(events, 1) for events in both]

    assert told == [["retry: 2000"], ["retry: 2000"]]
    assert (list(both[1]), stream.seats.taken) == ([], 1)
    list(both[0])
    assert stream.seats.taken == 0


def test_some_threads_are_left_for_pages() -> None:
    assert settings.HORIZON_STREAMS <= WEB_THREADS * 3 // 4


@pytest.mark.django_db(transaction=True)
def test_a_stream_that_waits_holds_no_connection(deployed: Cluster, admin: Client, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(stream, "close_old_connections", close_old_connections)
    events = opened(admin)
    held = []
    slept = clock.sleep
    monkeypatch.setattr(clock, "sleep", lambda seconds: (held.append(connection.connection), slept(seconds)))

    kinds(events, 5)

    assert held == [None, None, None]
    assert Pipelinerun.objects.exists()
