"""Lists: the filters and sorts that one has, and the rows that they leave."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from django.db.models import Model, Q, QuerySet

from horizon.access.permissions import Actor
from horizon.api.answers import Parameter
from horizon.api.base import View
from horizon.errors import Invalid

Filter = Callable[[View, str], Q]
Filters = Mapping[str, Filter]
Sorts = Mapping[str, tuple[str, ...]]
"""What can be sorted by, and the columns that this means; the last one is of its own in each row, so that pages do not overlap."""


def filtered(view: View, rows: "QuerySet[Any]", filters: Filters) -> "QuerySet[Any]":
    """The rows for which all holds that the query says. Raises `Invalid`."""
    for name, condition in filters.items():
        for value in filter(None, view.request.query_params.getlist(name)):
            rows = rows.filter(condition(view, value))
    return rows


def alive(view: View, rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """The rows that were not deleted; with `?archived=true` those that were. Raises `Invalid`."""
    return rows.filter(archived_at__isnull=view.choice("archived", ("true", "false")) != "true")


def sort(view: View, rows: "QuerySet[Any]", sorts: Sorts, *, unless: str) -> "QuerySet[Any]":
    """The rows by `?sort=name`, backwards by `?sort=-name`. Raises `Invalid` naming what can be sorted by."""
    asked = view.query("sort") or unless
    name = asked.removeprefix("-")
    if name not in sorts:
        raise Invalid(f"sort must be one of {', '.join(sorts)}, with - before it to turn it round", code="query", details={"field": "sort"})
    before = "-" if asked.startswith("-") else ""
    return rows.order_by(*(f"{before}{column}" for column in sorts[name]))


def sorting(sorts: Sorts) -> Parameter:
    """`?sort=` as the document describes it."""
    words = tuple(before + name for name in sorts for before in ("", "-"))
    return Parameter("sort", "What to sort by; with - before it backwards.", Literal[words])


def equal(column: str) -> Filter:
    """The column is exactly what was said."""
    return lambda view, value: Q(**{column: value})


def named(column: str, kind: type[Model]) -> Filter:
    """What the column refers to has this name. Compared by id, found once: the database then reads the rows in the index's order."""
    return lambda view, value: Q(**{column: kind._default_manager.order_by().filter(name=value).values("pk")[:1]})


def part(column: str) -> Filter:
    """The column has this in it; names and paths are in lower case."""
    return lambda view, value: Q(**{f"{column}__contains": value.lower()})


def one_of(name: str, column: str, choices: Iterable[str]) -> Filter:
    """The column is this one of the choices; another is `Invalid`."""
    words = [str(choice) for choice in choices]
    return lambda view, value: Q(**{column: _chosen(name, value, words)})


def whether(name: str, holds: Callable[[Actor], Q]) -> Filter:
    """What holds, or what does not: `true` or `false`."""
    return lambda view, value: holds(view.actor) if _chosen(name, value, ["true", "false"]) == "true" else ~holds(view.actor)


def _chosen(name: str, value: str, choices: list[str]) -> str:
    if value not in choices:
        raise Invalid(f"{name} must be one of {', '.join(choices)}", code="query", details={"field": name})
    return value
