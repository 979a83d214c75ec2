"""Who did what, to which thing, when and from where: listed, filtered, exported."""

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, TypedDict

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet
from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access.permissions import visible_events
from horizon.access.policy import Verb
from horizon.api.answers import Page, Parameter, answers
from horizon.api.base import OneFormat, View
from horizon.inventory.ledger import refresh
from horizon.inventory.models import Event

_FILTERS = ("group", "application", "cluster", "actor", "action", "since", "until")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would carry out instead of show."""


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
    """An event as the API shows it."""
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


class _Filtered(View):
    def rows(self) -> "QuerySet[Event]":
        """The events that one may see and asks for, newest first. Raises `Invalid`, `NotFound`."""
        rows = visible_events(self.actor).order_by("-id")
        for name in ("actor", "action"):
            if value := self.query(name):
                rows = rows.filter(**{name: value})
        if since := self.moment("since"):
            rows = rows.filter(at__gte=since)
        if until := self.moment("until"):
            rows = rows.filter(at__lt=until)
        return rows.filter(self._place())

    def _place(self) -> Q:
        """What happened to a thing and below it."""
        if name := self.query("cluster"):
            return Q(cluster=refresh(self.cluster(name, Verb.VIEW)))
        if name := self.query("application"):
            return Q(application=self.application(name, Verb.VIEW))
        if path := self.query("group"):
            path = self.group(path, Verb.VIEW).path
            below = Q(application__group__path__startswith=f"{path}/") | Q(group__path__startswith=f"{path}/")
            return below | Q(application__group__path=path) | Q(group__path=path)
        return Q()


_FILTERS = ("group", "application", "cluster", "actor", "action", "since", "until")
_AS = Parameter("as", "The kind of file, csv unless said.", Literal["csv", "json"])


class Events(_Filtered):
    """`/events`"""

    @answers(Page(Shown), query=_FILTERS, errors=(404,))
    def get(self, request: Request) -> Response:
        """`?group=`, `?application=` or `?cluster=` and all below; `?actor=`, `?action=`, `?since=`, `?until=`."""
        return self.page(self.rows(), shown)


class Export(_Filtered):
    """`/events/export`"""

    content_negotiation_class = OneFormat

    @answers({"text/csv": str, "application/json": list[Shown]}, query=(*_FILTERS, _AS), errors=(404,))
    def get(self, request: Request) -> StreamingHttpResponse:
        """All of them, with the same filters, as a file: `?as=csv` (unless said) or `json`."""
        kind = self.choice("as", ("csv", "json")) or "csv"
        lines = {"csv": _csv, "json": _json}[kind](self.rows())
        headers = {"Content-Disposition": f'attachment; filename="events.{kind}"'}
        return StreamingHttpResponse(lines, content_type={"csv": "text/csv; charset=utf-8", "json": "application/json"}[kind], headers=headers)


class _Line:
    """What `csv` writes to: gives each line back."""

    def write(self, line: str) -> str:
        """The line."""
        return line


def _csv(rows: "QuerySet[Event]") -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(("at", "actor", "action", "thing", "title", "sha", "details", "address"))
    for event in rows.iterator(chunk_size=500):
        line = {**shown(event), "at": event.at.isoformat(), "details": _written(event.details)}
        yield writer.writerow([_harmless(str(value or "")) for value in line.values()])


def _json(rows: "QuerySet[Event]") -> Iterator[str]:
    separator = "[\n"
    for event in rows.iterator(chunk_size=500):
        yield separator + _written(shown(event))
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def _written(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
