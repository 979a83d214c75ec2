"""What lists of things have in common: what the address says, its pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict

from horizon.access.permissions import Actor


@dataclass(frozen=True)
class Asked:
    """Who asks, and what the address says; a filter that is unknown or empty is none."""

    actor: Actor
    given: QueryDict
    names: Iterable[str] = ()
    """What the address may say beside the page."""

    def query(self, name: str) -> str:
        """What is said of this, empty if nothing."""
        return self.given.get(name, "").strip()

    def queries(self, name: str) -> list[str]:
        """All that is said of this."""
        return [value.strip() for value in self.given.getlist(name)]

    def address(self, **other: str) -> str:
        """The same list with something else said, and from its first page unless that is said."""
        kept = [(name, value) for name in self.names for value in self.queries(name) if value and name not in other]
        return "?" + urlencode([*kept, *((name, value) for name, value in other.items() if value)])


def number(text: str) -> int:
    """The page that was asked for; one that is none is the first."""
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def older(rows: "QuerySet[Any]", before: str) -> "QuerySet[Any]":
    """The rows older than the one of this number; all where it is none."""
    return rows.filter(pk__lt=int(before)) if before.isascii() and before.isdigit() and len(before) < 18 else rows
