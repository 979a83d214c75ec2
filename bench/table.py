"""What a benchmark says: a figure, its peer's, and whether the bound holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_HEAD = ("name", "figure", "peer", "ratio", "bound", "holds")


@dataclass(frozen=True)
class Row:
    """One figure and its peer's, both in `unit`. The bound is on their ratio, or with `absolute` on the figure alone."""

    name: str
    figure: float
    peer: str
    against: float
    bound: float
    unit: str = "ms"
    absolute: bool = False

    @property
    def ratio(self) -> float:
        """How much of the peer's figure ours is."""
        return self.figure / self.against

    @property
    def holds(self) -> bool:
        """Whether the figure keeps its bound."""
        return (self.figure if self.absolute else self.ratio) <= self.bound

    def cells(self, *, judged: bool) -> tuple[str, ...]:
        """The row as texts; small sizes are not `judged`."""
        bound = f"≤ {self.bound:g} {self.unit}" if self.absolute else f"≤ {self.bound:g}x"
        verdict = ("yes" if self.holds else "NO") if judged else "-"
        peer = f"{self.peer}: {_number(self.against)} {self.unit}"
        return self.name, f"{_number(self.figure)} {self.unit}", peer, f"{_number(self.ratio)}x", bound, verdict


def text(rows: Iterable[Row], *, judged: bool) -> str:
    """The table with its columns in line."""
    lines = [_HEAD, *(row.cells(judged=judged) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    return "\n".join(_padded(line, widths) for line in lines)


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
