"""A cluster's page hears of changes as they happen, by server-sent events. It asks for its parts itself; without a stream it polls."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import Error, close_old_connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from horizon.access.permissions import Actor
from horizon.access.policy import Verb
from horizon.errors import HorizonError
from horizon.inventory.models import Cluster
from horizon.web.base import Page
from horizon.web.clusters import cluster

_LASTS = 30
"""Seconds of one stream: the browser comes back by itself, and who was signed out or lost their role is refused then."""
_BEAT = 1
"""Seconds between two looks. Each is told: so a thread notices that the browser is gone, and a browser that the server is."""
_AGAIN = 2
"""Seconds after which a browser comes back."""


class Seats:
    """How many streams this process carries at once. Each holds a thread: some must be left for pages."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.taken = 0

    @property
    def free(self) -> bool:
        """Whether one more may come."""
        return self.taken < settings.HORIZON_STREAMS

    @contextmanager
    def taking(self) -> Iterator[bool]:
        """Take a seat if one is free, which is what this gives, and give it back."""
        with self._lock:
            taken = self.free
            self.taken += taken
        try:
            yield taken
        finally:
            with self._lock:
                self.taken -= taken


seats = Seats()


class Stream(Page):
    """`/clusters/{name}/stream?seen=`"""

    def dispatch(self, request: HttpRequest, *args: object, **given: object) -> HttpResponseBase:
        """Answer; a stream cannot be led to a sign-in, so the browser is told plainly and polls."""
        if not request.user.is_authenticated:
            return HttpResponse(status=401)
        return super().dispatch(request, *args, **given)

    def get(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """Events as long as the stream lasts; 204 where there are enough streams already: the browser polls then, and comes back later."""
        row = self.cluster(name, Verb.VIEW)
        if not seats.free:
            return HttpResponse(status=204, headers={"Retry-After": str(_LASTS)})
        seen = request.headers.get("Last-Event-ID") or request.GET.get("seen", "")
        watch = _Watch(self.actor, row, lambda: self.cluster(name, Verb.VIEW), seen)
        return StreamingHttpResponse(_seated(watch), content_type="text/event-stream", headers=_HEADERS)


_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""No proxy keeps events back until there are enough of them."""


def _seated(watch: "_Watch") -> Iterator[str]:
    with seats.taking() as taken:
        yield f"retry: {_AGAIN * 1000}\n\n"
        ends = time.monotonic() + _LASTS
        while taken and watch.goes_on and time.monotonic() < ends:
            yield watch.news() or _event("beat", "")
            # A connection for each open page would soon be all that the database has.
            close_old_connections()
            time.sleep(_BEAT)


class _Watch:
    """What one browser has of a cluster's page. What costs little is looked at each time, all of it where that moved or is due."""

    def __init__(self, actor: Actor, row: Cluster, find: Callable[[], Cluster], seen: str) -> None:
        self._actor, self._key, self._find, self._seen = actor, row.pk, find, seen
        self._looked, self._due = "", 0.0
        self._moving: object = None
        self.goes_on = True

    def news(self) -> str:
        """`changed` with the new digest where the page is no longer as the browser has it, `looked` with the time of the last look at the region."""
        moving = cluster.moving(self._key)
        if moving == self._moving and time.monotonic() < self._due:
            return ""
        try:
            row = self._find()
            now = cluster.watched(self._actor, row)
        except (HorizonError, OSError, Error):
            # Gone, not for this person any more, or a fault: the page asks, and is told so.
            self.goes_on = False
            return _event("changed", "")
        self._moving, self._due = moving, time.monotonic() + now["look_again"]
        return self._told(now["seen"], row.observed_at.isoformat() if row.observed_at else "")

    def _told(self, seen: str, looked: str) -> str:
        changed, later = seen != self._seen, looked != self._looked
        self._seen, self._looked = seen, looked
        if changed:
            return _event("changed", seen, key=seen)
        return _event("looked", looked) if later else ""


def _event(kind: str, data: str, *, key: str = "") -> str:
    named = f"id: {key}\n" if key else ""
    return f"{named}event: {kind}\ndata: {data}\n\n"
