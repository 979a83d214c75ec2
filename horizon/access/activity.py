"""Who did what, to which thing, when and from where: found, and written as a file. The same for programs and people."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet

from horizon.access import groups, lists
from horizon.access.permissions import require, visible_events
from horizon.access.policy import Verb
from horizon.errors import Invalid, NotFound
from horizon.inventory.ledger import refresh
from horizon.inventory.models import Application, Cluster, Event

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would carry out instead of show."""

_A_DAY = len("2026-11-24")


class Shown(TypedDict):
    """Who did what, to which thing, when and from where."""

    at: datetime
    actor: str
    action: str
    thing: str | None
    title: str
    sha: str | None
    details: dict[str, Any]
    address: str


def shown(event: Event) -> Shown:
    """An event as it is handed out."""
    return {
        "at": event.at,
        "actor": event.actor,
        "action": event.action,
        "thing": event.thing or None,
        "title": event.title,
        "sha": event.sha or None,
        "details": event.details,
        "address": event.address,
    }


def found(asked: lists.Asked) -> "QuerySet[Event]":
    """The events that one may see and asks for, newest first. Raises `Invalid`, `NotFound`."""
    return lists.filtered(asked, visible_events(asked.actor).order_by("-id"), FILTERS)


def _of_cluster(asked: lists.Asked, name: str) -> Q:
    rows = Cluster.objects.select_related("application__group").filter(name=name, ready=True)
    return Q(cluster=refresh(_seen(asked, rows, f"cluster {name}")))


def _of_application(asked: lists.Asked, name: str) -> Q:
    rows = Application.objects.select_related("group").filter(name=name, ready=True)
    return Q(application=_seen(asked, rows, f"application {name}"))


def _in_group(asked: lists.Asked, path: str) -> Q:
    path = groups.found(path, Verb.VIEW, actor=asked.actor).path
    below = Q(application__group__path__startswith=f"{path}/") | Q(group__path__startswith=f"{path}/")
    return below | Q(application__group__path=path) | Q(group__path=path)


def _seen(asked: lists.Asked, rows: "QuerySet[Any]", what: str) -> Any:
    thing = rows.first()
    if thing is None:
        raise NotFound(f"there is no {what}")
    require(asked.actor, Verb.VIEW, thing)
    return thing


def _since(asked: lists.Asked, text: str) -> Q:
    return Q(at__gte=_moment("since", text))


def _until(asked: lists.Asked, text: str) -> Q:
    """Before this time; a day alone is meant whole."""
    return Q(at__lt=_moment("until", text, later=timedelta(days=1 if len(text) <= _A_DAY else 0)))


def _moment(name: str, text: str, *, later: timedelta = timedelta()) -> datetime:
    """A time, ISO 8601; without an offset it is UTC. Raises `Invalid`."""
    try:
        # A plus sign that was not escaped arrives as a space.
        found = datetime.fromisoformat(text.replace(" ", "+")) + later
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{name} must be a time such as 2026-11-24T08:00:00Z", code="query", details={"field": name}) from error


FILTERS: lists.Filters = {
    "group": _in_group,
    "application": _of_application,
    "cluster": _of_cluster,
    "actor": lists.equal("actor"),
    "action": lists.equal("action"),
    "since": _since,
    "until": _until,
}


class _Line:
    """What `csv` writes to: gives each line back."""

    def write(self, line: str) -> str:
        """The line."""
        return line


def as_csv(rows: "QuerySet[Event]") -> Iterator[str]:
    """A line for each event; nothing in it is a formula to a spreadsheet."""
    writer = csv.writer(_Line())
    yield writer.writerow(("at", "actor", "action", "thing", "title", "sha", "details", "address"))
    for event in rows.iterator(chunk_size=500):
        line = {**shown(event), "at": event.at.isoformat(), "details": _written(event.details)}
        yield writer.writerow([_harmless(str(value or "")) for value in line.values()])


def as_json(rows: "QuerySet[Event]") -> Iterator[str]:
    """A list with a line for each event."""
    separator = "[\n"
    for event in rows.iterator(chunk_size=500):
        yield separator + _written(shown(event))
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def _written(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
