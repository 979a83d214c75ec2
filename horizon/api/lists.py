"""Lists as the document describes them; what their filters and sorts do is `access.lists`."""

from typing import Literal

from horizon.access.lists import Filter, Filters, Sorts, alive, equal, filtered, named, one_of, part, sort, whether
from horizon.api.answers import Parameter

__all__ = ["Filter", "Filters", "Sorts", "alive", "equal", "filtered", "named", "one_of", "part", "sort", "sorting", "whether"]


def sorting(sorts: Sorts) -> Parameter:
    """`?sort=` as the document describes it."""
    words = tuple(before + name for name in sorts for before in ("", "-"))
    return Parameter("sort", "What to sort by; with - before it backwards.", Literal[words])
