"""What a codebook needs: themes without a definition, themes that few use, two themes that are put on the same posts.

It tells no more than the summary of the same person: a theme that is hidden there is named here without saying why it
is hidden, and an overlap only where both themes are shown and the posts that carry both could be shown, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from forum.intelligence.counting import Select
from forum.intelligence.disclosure import Rule
from forum.intelligence.filters import Choices, Filters
from forum.intelligence.summary import summarise
from forum.models import Theme
from forum.users import CONSENTED

OVERLAP = 70  # per cent: of the posts that carry either theme, those that carry both


@dataclass(frozen=True, slots=True)
class Health:
    """Themes in use, in the order of the codebook. `few` are those that the summary hides or that nobody raised."""

    undefined: Sequence[Theme]
    few: Sequence[Theme]
    overlapping: Sequence[tuple[Theme, Theme]]

    @property
    def is_good(self) -> bool:
        return not (self.undefined or self.few or self.overlapping)


async def health_of(select: Select, choices: Choices, rule: Rule) -> Health:
    """Of all themes in use, over the groups of `choices`."""
    summary = await summarise(select, choices, Filters(), rule)
    shown = {row.theme.id for row in summary.themes if row.counts.people}
    overlaps = await select(*_overlaps([group.id for group in choices.groups], rule))
    near = [{pair["one"], pair["other"]} for pair in overlaps]
    return Health(
        undefined=[theme for theme in choices.themes if not theme.definition],
        few=[theme for theme in choices.themes if theme.id not in shown],
        overlapping=[
            (one, other)
            for one, other in combinations(choices.themes, 2)
            if {one.id, other.id} <= shown and {one.id, other.id} in near
        ],
    )


def _overlaps(group_ids: Sequence[int], rule: Rule) -> tuple[Any, ...]:
    """The statement with its values. Posts carry what was put on them itself, not what stands below it."""
    places = ", ".join(f"${number}" for number in range(1, max(2, len(group_ids) + 1)))
    return (
        f"""WITH carried AS MATERIALIZED (
            SELECT DISTINCT g.post_id, g.theme_id, p.author_id, p.council_id
            FROM tagging g CROSS JOIN post p CROSS JOIN thread t
            WHERE p.id = g.post_id AND t.id = p.thread_id AND t.group_id IN ({places})
            AND p.hidden_at IS NULL AND {CONSENTED}
        ), size AS MATERIALIZED (SELECT theme_id, COUNT(*) AS posts FROM carried GROUP BY theme_id
        ), pair AS MATERIALIZED (
            SELECT a.theme_id AS one, b.theme_id AS other, COUNT(*) AS posts
            FROM carried a JOIN carried b ON b.post_id = a.post_id AND b.theme_id > a.theme_id
            GROUP BY a.theme_id, b.theme_id
        ), near AS MATERIALIZED (
            SELECT pair.one, pair.other
            FROM pair JOIN size x ON x.theme_id = pair.one JOIN size y ON y.theme_id = pair.other
            WHERE 100 * pair.posts > {OVERLAP} * (x.posts + y.posts - pair.posts)
        )
        SELECT near.one, near.other FROM near
        JOIN carried a ON a.theme_id = near.one
        JOIN carried b ON b.theme_id = near.other AND b.post_id = a.post_id
        GROUP BY near.one, near.other
        HAVING COUNT(DISTINCT a.author_id) >= {rule.people} AND COUNT(DISTINCT a.council_id) >= {rule.councils}""",
        *(group_ids or [0]),
    )
