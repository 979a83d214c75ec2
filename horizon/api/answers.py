"""What a view's method takes and answers, noted on the method itself: one line, from which the OpenAPI document is made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from horizon.delivery.models import State
from horizon.engines.contract import Health, Sync
from horizon.inventory.models import Priority

NOTE = "answers"


@dataclass(frozen=True)
class Parameter:
    """One parameter of the query or the headers: its name, what it means, and the type of its values."""

    name: str
    means: str
    shape: Any = str


@dataclass(frozen=True)
class Page:
    """One page of many items of a shape. Brings `?page=` and `?size=`."""

    item: Any


@dataclass(frozen=True)
class Answers:
    """What `answers` noted."""

    shape: Any
    statuses: tuple[int, ...]
    body: Any
    query: tuple[Parameter, ...]
    headers: tuple[Parameter, ...]
    errors: tuple[int, ...]


def _table(*parameters: Parameter) -> dict[str, Parameter]:
    return {parameter.name: parameter for parameter in parameters}


QUERY: Mapping[str, Parameter] = _table(
    Parameter("page", "Which page, from 1.", int),
    Parameter("size", "How many items a page has, 200 at most.", int),
    Parameter("search", "A part of the name, or of a group's path."),
    Parameter("group", "The path of a group."),
    Parameter("parent", "The path of the group above."),
    Parameter("application", "The name of an application."),
    Parameter("cluster", "The name of a cluster."),
    Parameter("environment", "The name of an environment."),
    Parameter("region", "The name of a region."),
    Parameter("active", "Only those that are not disabled, or only those that are.", Literal["true", "false"]),
    Parameter("archived", "Those that were deleted, instead of those that are there.", Literal["true", "false"]),
    Parameter("actor", "The name of who did it."),
    Parameter("action", "What was done, as events name it."),
    Parameter("since", "From this time on, ISO 8601.", datetime),
    Parameter("until", "Before this time, ISO 8601; a day alone is meant whole.", datetime),
    Parameter("template", "The name of a template."),
    Parameter("release", "A version of a template."),
    Parameter("sync", "As last seen.", Sync),
    Parameter("health", "As last seen.", Health),
    Parameter("pending", "Whether edits wait for a deploy.", Literal["true", "false"]),
    Parameter("favourite", "Whether it is a favourite of yours.", Literal["true", "false"]),
    Parameter("private", "Whether it is private itself.", Literal["true", "false"]),
    Parameter("owner", "The name of who holds the role owner, on it or above."),
    Parameter("tag", "`key=value`, or `key` whatever its value; given twice, both must be there."),
    Parameter("priority", "How much depends on it.", Priority),
    Parameter("state", "Only runs in this state.", State),
    Parameter("person", "The name of who asked for it."),
    Parameter("title", "The title of the edit."),
    Parameter("deploy", "What to ship: this alone (`true`), `all` that is pending, or nothing (`false`).", Literal["true", "false", "all"]),
)
"""The parameters that mean the same everywhere. One that only a single route has is a `Parameter` at that route."""

HEADERS: Mapping[str, Parameter] = _table(
    Parameter("If-Match", "The revision that was seen, as `ETag` showed it."),
    Parameter("Idempotency-Key", "The call happens once under a key: a repeat is answered as the first one was."),
)


def answers(
    shape: Any,
    *statuses: int,
    body: Any = None,
    query: tuple[str | Parameter, ...] = (),
    headers: tuple[str, ...] = (),
    errors: tuple[int, ...] = (),
) -> Callable[[Any], Any]:
    """Note that a view answers this shape with these statuses (200 unless said), and what it takes.

    `shape` is a type as `shapes` reads them, a `Page` of one, None for no content, or a map of media types to shapes. `body` is a `Body`, a
    type or such a map. `errors` are the statuses that `openapi` does not see by itself: 403 and 409 of a route that only reads, 404 of one
    that looks up what its query or body names.
    """
    taken = tuple(QUERY[item] if isinstance(item, str) else item for item in query)
    if isinstance(shape, Page):
        taken += (QUERY["page"], QUERY["size"])
    note = Answers(shape, statuses or (200,), body, taken, tuple(HEADERS[name] for name in headers), errors)

    def noted(view: Any) -> Any:
        setattr(view, NOTE, note)
        return view

    return noted
