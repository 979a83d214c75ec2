"""How a cluster is, what it consists of, and what happened to it."""

from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access.policy import Verb
from horizon.api import events
from horizon.api.base import View
from horizon.delivery import status
from horizon.inventory.ledger import refresh
from horizon.inventory.models import Event


class Status(View):
    """`/clusters/{name}/status`"""

    def get(self, request: Request, name: str) -> Response:
        """What the region shows now, how old that is, and whether it is what `master` holds."""
        return Response(status.status(self.cluster(name, Verb.VIEW)))


class Resources(View):
    """`/clusters/{name}/resources`"""

    def get(self, request: Request, name: str) -> Response:
        """Every object with its sync, health and drift."""
        return Response(status.resources(self.cluster(name, Verb.VIEW)))


class History(View):
    """`/clusters/{name}/history`"""

    def get(self, request: Request, name: str) -> Response:
        """Edits, releases and everything else that happened to the cluster, newest first."""
        cluster = refresh(self.cluster(name, Verb.VIEW))
        return self.page(Event.objects.filter(cluster=cluster).order_by("-id"), events.shown)
