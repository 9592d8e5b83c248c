"""The bar chart of a summary: the people of each theme, and how long each bar is. Its template draws.

Nothing of a hidden row is in it: no bar, and no part in the scale.
"""

from __future__ import annotations

from dataclasses import dataclass

from forum.intelligence.order import most_first
from forum.intelligence.summary import Summary, ThemeCounts
from forum.models import Theme

LONGEST = 80.0  # per cent of the width; the rest is for the figure beside the bar
MOST_BARS = 12


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
