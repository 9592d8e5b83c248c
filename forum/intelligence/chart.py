"""The bar chart of a summary: where each bar of the drawing goes, in its own units. Its template draws it.

Nothing of a hidden row is in it: no bar, and no part in the scale.
"""

from __future__ import annotations

from dataclasses import dataclass

from forum.intelligence.disclosure import SIGN
from forum.intelligence.summary import Summary, ThemeCounts

WIDTH, ROW, BAR = 360, 44, 15
ROOM_FOR_FIGURE = 60
LONGEST_LABEL = 44


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    figure: str
    top: int
    width: float


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    words: str
    width: int = WIDTH
    row: int = ROW
    bar: int = BAR

    @property
    def height(self) -> int:
        return self.row * len(self.bars)


def draw(summary: Summary) -> Chart | None:
    """People for each top theme, or for the children of the theme chosen; most first, and the hidden ones last in the
    codebook's order. None when there is no bar to draw."""
    rows = sorted(_charted(summary), key=lambda row: (row.counts.hidden, -(row.counts.people or 0)))
    most = max((row.counts.people or 0 for row in rows), default=0)
    if not most:
        return None
    bars = [
        Bar(
            label=_shorten(f"{row.theme.code} {row.theme.name}"),
            figure=_figure(row),
            top=ROW * place,
            width=round((WIDTH - ROOM_FOR_FIGURE) * (row.counts.people or 0) / most, 1),
        )
        for place, row in enumerate(rows)
    ]
    words = "; ".join(f"{row.theme.name} {_figure(row)}" for row in rows)
    return Chart(bars, f"People who raised each theme, most first. {words}.")


def _charted(summary: Summary) -> list[ThemeCounts]:
    chosen = summary.filters.theme
    if chosen is None:
        return [row for row in summary.themes if not row.parent]
    children = [row for row in summary.themes if row.parent == chosen.code]
    return children or [row for row in summary.themes if row.theme.id == chosen.id]


def _figure(row: ThemeCounts) -> str:
    return SIGN if row.counts.people is None else f"{row.counts.people:,}"


def _shorten(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1].rstrip() + "…"
