"""Which engine a region's kind names."""

from collections.abc import Callable
from pathlib import Path

from horizon.engines.contract import Engine
from horizon.engines.local import LocalEngine
from horizon.errors import Invalid

ENGINES: dict[str, Callable[[Path], Engine]] = {"local": LocalEngine}


def engine_for(kind: str, *, root: Path) -> Engine:
    """The engine of a kind of region; `root` is the folder where an engine keeps its files. Raises `Invalid` for an unknown kind."""
    if kind not in ENGINES:
        raise Invalid(f"There is no engine {kind!r}; there are: {', '.join(sorted(ENGINES))}.", code="unknown_engine")
    return ENGINES[kind](root)
