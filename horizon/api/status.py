"""How a cluster is, what it consists of, and what happened to it."""

from datetime import datetime
from typing import TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access import activity
from horizon.access.policy import Verb
from horizon.api.answers import Page, answers
from horizon.api.base import View
from horizon.delivery import status
from horizon.engines.contract import FieldDrift, Health, LiveObject, Sync
from horizon.inventory.ledger import refresh
from horizon.inventory.models import Event


class Drift(TypedDict):
    """A live object that is not as the release wants it; `text` is the unified diff of its YAML, wanted against live."""

    object: str
    message: str
    fields: list[FieldDrift]
    text: str


class Shown(TypedDict):
    """How a cluster is: what its region showed at `observed_at`, and what that means."""

    sync: Sync
    health: Health
    behind: bool
    drift: list[Drift]
    revision: str | None
    master: str
    gitops: str
    pending: bool
    image: str
    message: str
    notices: list[str]
    observed_at: datetime | None
    age_seconds: float | None
    region: str
    engine: str
    running: list[int]


class Objects(TypedDict):
    """Every object of a cluster as its region showed it."""

    observed_at: datetime | None
    objects: list[LiveObject]
    notices: list[str]


class Status(View):
    """`/clusters/{name}/status`"""

    @answers(Shown)
    def get(self, request: Request, name: str) -> Response:
        """What the region shows now, how old that is, and whether it is what `master` holds."""
        return Response(status.status(self.cluster(name, Verb.VIEW)))


class Resources(View):
    """`/clusters/{name}/resources`"""

    @answers(Objects)
    def get(self, request: Request, name: str) -> Response:
        """Every object with its sync, health and drift."""
        return Response(status.resources(self.cluster(name, Verb.VIEW)))


class History(View):
    """`/clusters/{name}/history`"""

    @answers(Page(activity.Shown))
    def get(self, request: Request, name: str) -> Response:
        """Edits, releases and everything else that happened to the cluster, newest first."""
        cluster = refresh(self.cluster(name, Verb.VIEW))
        return self.page(Event.objects.filter(cluster=cluster).order_by("-id"), activity.shown)
