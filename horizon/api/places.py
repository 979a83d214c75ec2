"""Environments and regions: seen by everybody, managed by administrators."""

from typing import TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access.permissions import require_admin
from horizon.api.answers import Page, answers
from horizon.api.base import View
from horizon.api.bodies import Body
from horizon.delivery import places
from horizon.engines.registry import ENGINES
from horizon.errors import NotFound
from horizon.inventory.models import Environment, Region


class Order(Body):
    """The place of an environment among the others."""

    position = serializers.IntegerField(min_value=0, max_value=32_000)


class NewEnvironment(Body):
    """An environment to add."""

    name = serializers.CharField()
    position = serializers.IntegerField(required=False, default=100, min_value=0, max_value=32_000)


class EnvironmentShown(TypedDict):
    """An environment."""

    name: str
    position: int


class Environments(View):
    """`/environments`"""

    @answers(Page(EnvironmentShown))
    def get(self, request: Request) -> Response:
        """All environments, in their order."""
        return self.page(Environment.objects.all(), _environment)

    @answers(EnvironmentShown, 201, body=NewEnvironment)
    def post(self, request: Request) -> Response:
        """Add one; admins only."""
        require_admin(self.actor)
        return Response(_environment(places.add_environment(actor=self.actor, **self.sent(NewEnvironment))), status=201)


class OneEnvironment(View):
    """`/environments/{name}`"""

    @answers(EnvironmentShown)
    def get(self, request: Request, name: str) -> Response:
        """The environment."""
        return Response(_environment(_environment_named(name)))

    @answers(EnvironmentShown, body=Order)
    def patch(self, request: Request, name: str) -> Response:
        """Put it in another place; admins only. Its name never changes."""
        require_admin(self.actor)
        row = _environment_named(name)
        return Response(_environment(places.order_environment(row, self.sent(Order)["position"], actor=self.actor)))

    @answers(None, 204)
    def delete(self, request: Request, name: str) -> Response:
        """Remove it, if no cluster is in it; admins only."""
        require_admin(self.actor)
        places.remove(_environment_named(name), actor=self.actor)
        return Response(status=204)


class RegionLook(Body):
    """What clusters learn of a region; what is not sent stays."""

    baseRegistry = serializers.CharField(required=False, allow_blank=True, max_length=255)
    ingressDomain = serializers.CharField(required=False, allow_blank=True, max_length=255)


class NewRegion(RegionLook):
    """A region to add, and the engine that delivers to it."""

    name = serializers.CharField()
    engine = serializers.ChoiceField(choices=sorted(ENGINES), required=False, default="local")


class RegionShown(TypedDict):
    """A region."""

    name: str
    engine: str
    baseRegistry: str
    ingressDomain: str


class Regions(View):
    """`/regions`"""

    @answers(Page(RegionShown))
    def get(self, request: Request) -> Response:
        """All regions."""
        return self.page(Region.objects.all(), _region)

    @answers(RegionShown, 201, body=NewRegion)
    def post(self, request: Request) -> Response:
        """Add one; admins only."""
        require_admin(self.actor)
        sent = self.sent(NewRegion)
        look = places.Look(sent.get("baseRegistry", ""), sent.get("ingressDomain", ""))
        return Response(_region(places.add_region(sent["name"], sent["engine"], look, actor=self.actor)), status=201)


class OneRegion(View):
    """`/regions/{name}`"""

    @answers(RegionShown)
    def get(self, request: Request, name: str) -> Response:
        """The region."""
        return Response(_region(_region_named(name)))

    @answers(RegionShown, body=RegionLook)
    def patch(self, request: Request, name: str) -> Response:
        """Change what clusters learn of it; admins only. Existing ones learn it when somebody brings them their records."""
        require_admin(self.actor)
        row, sent = _region_named(name), self.sent(RegionLook)
        look = places.Look(sent.get("baseRegistry", row.base_registry), sent.get("ingressDomain", row.ingress_domain))
        return Response(_region(places.change_region(row, look, actor=self.actor)))

    @answers(None, 204)
    def delete(self, request: Request, name: str) -> Response:
        """Remove it, if no cluster is in it; admins only."""
        require_admin(self.actor)
        places.remove(_region_named(name), actor=self.actor)
        return Response(status=204)


def _environment_named(name: str) -> Environment:
    row = Environment.objects.filter(name=name).first()
    if row is None:
        raise NotFound(f"there is no environment {name}")
    return row


def _region_named(name: str) -> Region:
    row = Region.objects.filter(name=name).first()
    if row is None:
        raise NotFound(f"there is no region {name}")
    return row


def _environment(row: Environment) -> EnvironmentShown:
    return {"name": row.name, "position": row.position}


def _region(row: Region) -> RegionShown:
    return {"name": row.name, "engine": row.engine, "baseRegistry": row.base_registry, "ingressDomain": row.ingress_domain}
