"""Groups as a tree: what lies at or below a path, what lies at or above one, and which groups a private one hides."""

from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat, Left, Length

from horizon.inventory.models import Group


def below(path: str) -> Q:
    """Groups at this path or below it."""
    return Q(path=path) | Q(path__startswith=f"{path}/")


def above(rows: "QuerySet[Any]", path: str = "path") -> "QuerySet[Any]":
    """Of these rows those whose group, with its path at `path`, is the group of the outer query or lies above it."""
    longer, shorter = _closed(OuterRef("path")), _closed(F(path))
    return rows.alias(shorter=shorter).filter(shorter=Left(longer, Length(shorter)))


def hide(path: str) -> None:
    """Let `hidden` of the group at this path and of all below say again whether it or a group above is private.

    Called in the transaction that changed `private` or a path, which holds their rows.
    """
    Group.objects.filter(below(path)).update(hidden=Exists(above(Group.objects.filter(private=True).order_by())))


def _closed(path: Any) -> Concat:
    """With a slash at its end, so that `pay` is not above `payments`."""
    return Concat(path, Value("/"), output_field=CharField())
