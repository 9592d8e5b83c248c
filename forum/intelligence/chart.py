"""What is drawn: the people of each theme, of each month, of each place. Where things stand is worked out here, in per
cent of the drawing; templates draw.

Nothing of what is hidden is in it: no bar, and no part in the scale. A hidden month is a gap with the sign, never a 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from forum.intelligence.disclosure import Counts
from forum.intelligence.order import most_first
from forum.intelligence.summary import Summary, ThemeCounts
from forum.models import Theme

LONGEST = 80.0  # per cent of the width; the rest is for the figure beside the bar
MOST_BARS = 12
MONTHS_IN_A_ROW = 12  # in a drawing: as many as a phone has room for
TOP, GROUND = 14.0, 86.0  # where the highest column ends and all of them stand, in per cent from above


@dataclass(frozen=True, slots=True)
class Bar:
    theme: Theme
    people: int
    width: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, and how many themes have none: because they are hidden, nobody raised them, or others have more people."""

    bars: list[Bar]
    hidden: int
    nobody: int
    fewer: int


@dataclass(frozen=True, slots=True)
class Column:
    """A month in the trend: `people` stand in the middle of its place, None when hidden; all else in per cent."""

    month: date
    people: int | None
    left: float
    middle: float
    width: float
    top: float
    height: float


def trend(months: Sequence[tuple[date, Counts]]) -> list[list[Column]]:
    """The people of each month as columns on one scale, in drawings of twelve months."""
    most = max((counts.people or 0 for _, counts in months), default=0)
    if not most:
        return []
    places = min(len(months), MONTHS_IN_A_ROW)
    room = 100 / places
    columns = []
    for number, (month, counts) in enumerate(months):
        left = room * (number % places)
        height = (GROUND - TOP) * (counts.people or 0) / most
        columns.append(
            Column(
                month,
                counts.people,
                left=round(left + room * 0.15, 2),
                middle=round(left + room / 2, 2),
                width=round(room * 0.7, 2),
                top=round(GROUND - height, 2),
                height=round(height, 2),
            )
        )
    return [columns[start : start + places] for start in range(0, len(columns), places)]


def widths(parts: Sequence[tuple[object, Counts]]) -> list[float | None]:
    """How long the bar of each part is, in per cent of its place: None where it is hidden or nothing."""
    most = max((counts.people or 0 for _, counts in parts), default=0)
    return [round(100 * counts.people / most, 1) if counts.people else None for _, counts in parts]


def draw(summary: Summary) -> Chart | None:
    """People for each theme on top, or for those below the one that was chosen; most first. None when there is no bar:
    a theme with none below it has nothing to be compared with."""
    rows = most_first(_charted(summary), "people")
    raised = [(row.theme, row.counts.people) for row in rows if row.counts.people]
    if not raised:
        return None
    most = raised[0][1]
    return Chart(
        [Bar(theme, people, round(LONGEST * people / most, 1)) for theme, people in raised[:MOST_BARS]],
        hidden=sum(row.counts.hidden for row in rows),
        nobody=sum(row.counts.people == 0 for row in rows),
        fewer=len(raised[MOST_BARS:]),
    )


def _charted(summary: Summary) -> list[ThemeCounts]:
    chosen = summary.filters.theme
    return [row for row in summary.themes if row.parent == (chosen.code if chosen else "")]
