"""Lists: the filters and sorts that one has, and the rows that they leave. The same for programs and people."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from django.db.models import Model, Q, QuerySet

from horizon.access.permissions import Actor
from horizon.errors import Invalid


class Asked(Protocol):
    """Who asks, and what the query of the address says."""

    @property
    def actor(self) -> Actor:
        """Who asks."""
        ...

    def query(self, name: str) -> str:
        """What is said of this, empty if nothing."""
        ...

    def queries(self, name: str) -> list[str]:
        """All that is said of this."""
        ...


Filter = Callable[["Asked", str], Q]
Filters = Mapping[str, Filter]
Sorts = Mapping[str, tuple[str, ...]]
"""What can be sorted by, and the columns that this means; the last one is of its own in each row, so that pages do not overlap."""


def filtered(asked: Asked, rows: "QuerySet[Any]", filters: Filters) -> "QuerySet[Any]":
    """The rows for which all holds that the query says. Raises `Invalid`."""
    for name, condition in filters.items():
        for value in filter(None, asked.queries(name)):
            rows = rows.filter(condition(asked, value))
    return rows


def alive(asked: Asked, rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """The rows that were not deleted; with `?archived=true` those that were. Raises `Invalid`."""
    archived = asked.query("archived")
    return rows.filter(archived_at__isnull=not archived or _chosen("archived", archived, ["true", "false"]) != "true")


def sort(asked: Asked, rows: "QuerySet[Any]", sorts: Sorts, *, unless: str) -> "QuerySet[Any]":
    """The rows by `?sort=name`, backwards by `?sort=-name`. Raises `Invalid` naming what can be sorted by."""
    asked = asked.query("sort") or unless
    name = asked.removeprefix("-")
    if name not in sorts:
        raise Invalid(f"sort must be one of {', '.join(sorts)}, with - before it to turn it round", code="query", details={"field": "sort"})
    before = "-" if asked.startswith("-") else ""
    return rows.order_by(*(f"{before}{column}" for column in sorts[name]))


def equal(column: str) -> Filter:
    """The column is exactly what was said."""
    return lambda asked, value: Q(**{column: value})


def named(column: str, kind: type[Model]) -> Filter:
    """What the column refers to has this name. Compared by id, found once: the database then reads the rows in the index's order."""
    return lambda asked, value: Q(**{column: kind._default_manager.order_by().filter(name=value).values("pk")[:1]})


def part(column: str) -> Filter:
    """The column has this in it; names and paths are in lower case."""
    return lambda asked, value: Q(**{f"{column}__contains": value.lower()})


def one_of(name: str, column: str, choices: Iterable[str]) -> Filter:
    """The column is this one of the choices; another is `Invalid`."""
    words = [str(choice) for choice in choices]
    return lambda asked, value: Q(**{column: _chosen(name, value, words)})


def whether(name: str, holds: Callable[[Actor], Q]) -> Filter:
    """What holds, or what does not: `true` or `false`."""
    return lambda asked, value: holds(asked.actor) if _chosen(name, value, ["true", "false"]) == "true" else ~holds(asked.actor)


def _chosen(name: str, value: str, choices: list[str]) -> str:
    if value not in choices:
        raise Invalid(f"{name} must be one of {', '.join(choices)}", code="query", details={"field": name})
    return value
