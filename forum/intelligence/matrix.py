"""The framework matrix: themes on top by groups, or by the discussions of one group, with the counts of each cell.

All its counts are protected as one table, however many of its rows one page shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from forum.intelligence.cells import Cells, Key, Tree, rows_of
from forum.intelligence.counting import Row, Select, Talk, Values, heard, talk_of
from forum.intelligence.disclosure import Counts, Rule, protect
from forum.intelligence.filters import Choices, Filters
from forum.models import Group, Theme


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the matrix: a group, or a discussion when `thread_id` is not None."""

    group: Group
    name: str
    thread_id: int | None = None

    @property
    def id(self) -> int:
        return self.group.id if self.thread_id is None else self.thread_id


@dataclass(frozen=True, slots=True)
class Matrix:
    """`totals` has each theme over all rows; `cells` the counts by the ids of place and theme, zeros left out."""

    places: list[Place]
    totals: list[tuple[Theme, Counts]]
    cells: dict[tuple[int, int], Counts]


async def matrix_of(select: Select, choices: Choices, filters: Filters, rule: Rule) -> Matrix:
    """The matrix of all groups that may be chosen; of the discussions of one group once that is chosen."""
    groups = [filters.group] if filters.group else choices.groups
    talk = await talk_of(select, groups, filters, choices.themes)
    values = Values()
    ids = values.place(*[group.id for group in groups] or [0])
    threads = await select(
        f"SELECT id, group_id, title FROM thread WHERE group_id IN ({ids}) ORDER BY last_post_at DESC, id", *values
    )
    if filters.group:
        places = [Place(filters.group, thread["title"], thread["id"]) for thread in threads]
        place_of = {thread["id"]: thread["id"] for thread in threads}
    else:
        places = [Place(group, group.name) for group in groups]
        place_of = {thread["id"]: thread["group_id"] for thread in threads}
    return await asyncio.to_thread(_safe, talk, choices.themes, places, place_of, rule)


def _safe(talk: Talk, themes: Sequence[Theme], places: list[Place], place_of: Mapping[int, int], rule: Rule) -> Matrix:
    cells, tree = Cells(), Tree(themes)
    for theme in tree.tops:
        rows = rows_of(talk, tree, theme)
        whole = cells.add(("theme", theme.id), heard(rows))
        parts: dict[int, list[Row]] = {}
        for row in rows:
            if row["thread_id"] in place_of:  # not so where a discussion began after its posts were counted
                parts.setdefault(place_of[row["thread_id"]], []).append(row)
        keys = [cells.add(("cell", place, theme.id), heard(said)) for place, said in parts.items()]
        cells.relate(whole, keys, True, "posts")
    safe = protect(cells.counts, cells.relations, rule)
    return Matrix(
        places,
        totals=[(theme, safe["theme", theme.id]) for theme in tree.tops],
        cells={_place(key): counts for key, counts in safe.items() if key[0] == "cell"},
    )


def _place(key: Key) -> tuple[int, int]:
    _, place, theme = key
    return int(place), int(theme)


def raised(matrix: Matrix, written: Collection[int]) -> list[tuple[Theme, Counts]]:
    """The themes that anybody raised, or that something is written about: ids in `written`."""
    return [(theme, counts) for theme, counts in matrix.totals if counts.posts != 0 or theme.id in written]
