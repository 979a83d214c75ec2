"""Where clusters run: environments and regions, made, changed, and removed where nothing depends on them. Administrators only."""

import re
from dataclasses import asdict, dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from horizon.access.events import record
from horizon.access.permissions import Actor, require_admin
from horizon.engines.registry import ENGINES
from horizon.errors import Conflict, Invalid
from horizon.gitops.layout import DEFAULT, branch
from horizon.inventory import names
from horizon.inventory.models import Environment, Region

Place = Environment | Region

_HOST = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,253}[a-z0-9])?(?::[0-9]{1,5})?")


@dataclass(frozen=True)
class Look:
    """What clusters learn of a region. Existing ones learn a change when somebody brings it to them."""

    base_registry: str = ""
    ingress_domain: str = ""


def add_environment(name: str, position: int, *, actor: Actor) -> Environment:
    """Add an environment. Raises `Invalid`, `Forbidden`, `Conflict`."""
    require_admin(actor)
    if branch(names.checked(name, what="an environment")) == DEFAULT:
        raise Invalid(f"{name!r} is the branch of an application's config that belongs to no environment: take another name", code="name")
    row = Environment(name=name, position=position)
    return _added(row, actor, position=position)


def order_environment(row: Environment, position: int, *, actor: Actor) -> Environment:
    """Put an environment in another place among the others."""
    require_admin(actor)
    before = row.position
    if before != position:
        with transaction.atomic():
            row.position = position
            row.save(update_fields=["position"])
            record(actor, f"edit {_kind(row)}", None, title=f"Edit {_kind(row)} {row}", before=before, after=position)
    return row


def add_region(name: str, engine: str, look: Look, *, actor: Actor) -> Region:
    """Add a region with the engine that delivers to it. Raises as `add_environment` does."""
    require_admin(actor)
    names.checked(name, what="a region")
    if engine not in ENGINES:
        raise Invalid(f"there is no engine {engine[:20]!r}: use {', '.join(sorted(ENGINES))}", code="unknown", details={"field": "engine"})
    row = Region(name=name, engine=engine, **asdict(_checked(look)))
    return _added(row, actor, engine=engine, **asdict(look))


def change_region(row: Region, look: Look, *, actor: Actor) -> Region:
    """Change what new clusters learn of it. Its name and engine stay."""
    require_admin(actor)
    before = look_of(row)
    if _checked(look) != before:
        with transaction.atomic():
            row.base_registry, row.ingress_domain = look.base_registry, look.ingress_domain
            row.save(update_fields=["base_registry", "ingress_domain"])
            record(actor, f"edit {_kind(row)}", None, title=f"Edit {_kind(row)} {row}", before=asdict(before), after=asdict(look))
    return row


def look_of(row: Region) -> Look:
    """How a region is now."""
    return Look(row.base_registry, row.ingress_domain)


def remove(row: Place, *, actor: Actor) -> None:
    """Remove it. Raises `Conflict` naming the clusters that are there, deleted ones included."""
    require_admin(actor)
    try:
        with transaction.atomic():
            record(actor, f"delete {_kind(row)}", None, title=f"Delete {_kind(row)} {row}")
            row.delete()
    except ProtectedError as error:
        found = [cluster.name for cluster in row.clusters.order_by("name")[:100]]
        message = f"{_kind(row)} {row} has clusters, purge them first: {', '.join(found[:10])}"
        raise Conflict(message, code="not_empty", details={"clusters": found}) from error


def _added(row: Any, actor: Actor, **after: Any) -> Any:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            record(actor, f"create {_kind(row)}", None, title=f"Create {_kind(row)} {row}", after=after)
    except IntegrityError as error:
        raise Conflict(f"there is a {_kind(row)} {row} already", code="name_taken", details={"field": "name"}) from error
    return row


def _checked(look: Look) -> Look:
    for name, value in (("baseRegistry", look.base_registry), ("ingressDomain", look.ingress_domain)):
        if value and not _HOST.fullmatch(value):
            raise Invalid(f"{value[:80]!r} is no host name", code="name", details={"field": name})
    return look


def _kind(row: Place) -> str:
    return type(row).__name__.lower()
