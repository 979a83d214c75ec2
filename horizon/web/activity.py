"""Activity: who did what, where, when and from where, as far as one may see it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from horizon.access import activity
from horizon.access.permissions import visible_applications, visible_clusters, visible_events, visible_groups
from horizon.errors import HorizonError
from horizon.inventory.models import Event
from horizon.web.base import Page
from horizon.web.errors import status
from horizon.web.listing import Asked, older

_SIZE = 50
_SUGGESTED = 200
"""Names that a field offers as one types."""
_LATELY = 1000
"""The last events, from which people and actions are suggested."""
_QUIET = ("parents", "trailers", "pipelinerun")
"""Details that the page shows otherwise, or that only Git needs."""


@dataclass(frozen=True)
class Line:
    """One event as the page shows it."""

    event: Event
    address: str
    """Where its thing is shown."""
    details: list[tuple[str, str]]


class Activity(Page):
    """`/activity`"""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The events that one asks for; their list alone where htmx asks for it. A filter that cannot be is said above an empty list."""
        asked = Asked(self.actor, request.GET)
        chosen = {name: asked.query(name) for name in activity.FILTERS if asked.query(name)}
        found = _found(asked, chosen)
        template = "web/parts/events.html" if self.partly else "web/activity.html"
        answer = self.show(template, nav="activity", **found, **({} if self.partly else _fields(asked)), status=_status(found["error"]))
        answer.headers["Vary"] = "HX-Request"
        if self.partly:
            answer.headers["HX-Push-Url"] = reverse("activity") + _query(chosen)
        return answer


def _found(asked: Asked, chosen: dict[str, str]) -> dict[str, Any]:
    rows, error = [], None
    try:
        rows = list(older(activity.found(asked), asked.query("before")).select_related("cluster", "application", "group")[: _SIZE + 1])
    except HorizonError as refused:
        error = refused
    return {
        "lines": [_line(event) for event in rows[:_SIZE]],
        "error": error,
        "narrowed": bool(chosen),
        "query": _query(chosen),
        "exports": [(kind, f"{reverse('events-export')}{_query({**chosen, 'as': kind.lower()})}") for kind in ("CSV", "JSON")],
        "older": _query({**chosen, "before": str(rows[_SIZE - 1].pk)}) if len(rows) > _SIZE else "",
        "paged": bool(asked.query("before")),
    }


def _status(error: HorizonError | None) -> int:
    return status(error) if error else 200


def _line(event: Event) -> Line:
    details = [(name, _written(value)) for name, value in event.details.items() if name not in _QUIET and value not in (None, "", {}, [])]
    return Line(event, _address(event), details)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _address(event: Event) -> str:
    if event.cluster:
        return reverse("cluster", args=[event.cluster.name])
    if event.application:
        return reverse("activity") + _query({"application": event.application.name})
    return reverse("activity") + _query({"group": event.group.path}) if event.group else ""


def _query(chosen: dict[str, str]) -> str:
    return "?" + urlencode(chosen) if chosen else ""


def _fields(asked: Asked) -> dict[str, Any]:
    """The fields of the filters, with what each offers as one types."""
    lately = list(visible_events(asked.actor).order_by("-id").values_list("actor", "action")[:_LATELY])
    names = (
        ("actor", _("Person"), sorted({actor for actor, _action in lately})),
        ("action", _("Action"), sorted({action for _actor, action in lately})),
        ("cluster", _("Cluster"), visible_clusters(asked.actor).order_by("name").values_list("name", flat=True)[:_SUGGESTED]),
        ("application", _("Application"), visible_applications(asked.actor).order_by("name").values_list("name", flat=True)[:_SUGGESTED]),
        ("group", _("Group"), visible_groups(asked.actor).order_by("path").values_list("path", flat=True)[:_SUGGESTED]),
    )
    moments = (("since", _("From")), ("until", _("To")))
    return {
        "texts": [_field(asked, name, label, values) for name, label, values in names],
        "days": [{**_field(asked, name, label), "kind": "date" if len(asked.query(name)) in (0, 10) else "text"} for name, label in moments],
    }


def _field(asked: Asked, name: str, label: str, values: Iterable[str] = ()) -> dict[str, Any]:
    return {"name": name, "label": label, "values": list(values), "chosen": asked.query(name)}
