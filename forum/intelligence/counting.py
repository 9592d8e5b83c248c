"""Counting: which posts carry which theme, who wrote them and on what council these sat. Nothing here is safe to show.

One statement brings all that a summary needs, so a post that comes meanwhile is in every figure or in none. Counts are
of sets, not sums of counts: a theme never counts a post, a person or a council twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from forum.database import as_time
from forum.intelligence.disclosure import Counts
from forum.intelligence.filters import LONDON, Filters
from forum.models import Group, Theme
from forum.users import CONSENTED

NO_THEME, PERSON, BASE = 0, -1, -2  # stand where the id of a theme stands in a row of the statement
Row = dict[str, Any]
Select = Callable[..., Awaitable[list[Row]]]


@dataclass(frozen=True, slots=True)
class Heard:
    """Some posts as sets of ids, and the times of the first and the last: see `month_of`."""

    posts: frozenset[int] = frozenset()
    people: frozenset[int] = frozenset()
    councils: frozenset[int] = frozenset()
    threads: frozenset[int] = frozenset()
    first: Any = None
    last: Any = None

    @property
    def counts(self) -> Counts:
        return Counts(len(self.posts), len(self.people), len(self.councils))


@dataclass(frozen=True, slots=True)
class Base:
    """All posts of a selection: how many, in how many discussions, in which months, and who on what council."""

    posts: int
    discussions: int
    first: date | None
    last: date | None
    seats: frozenset[tuple[int, int | None]]

    @property
    def people(self) -> frozenset[int]:
        return frozenset(person for person, _ in self.seats)

    @property
    def councils(self) -> frozenset[int]:
        return frozenset(council for _, council in self.seats if council)

    @property
    def counts(self) -> Counts:
        return Counts(self.posts, len(self.people), len(self.councils))


@dataclass(frozen=True, slots=True)
class Council:
    """Where a council belongs."""

    region: str
    type: str


@dataclass(frozen=True, slots=True)
class Talk:
    """What the filters select. `by_theme` has a row for each tag of the kind and theme that were asked for, under what
    was put there itself; `others` has one for each other tag, and for each answer that no theme fits."""

    by_theme: dict[int, list[Row]]
    others: list[Row]
    base: Base
    councils: dict[int, Council]


async def talk_of(select: Select, groups: Sequence[Group], filters: Filters, themes: Iterable[Theme]) -> Talk:
    """The talk of these groups that the filters select, with the tags of these themes."""
    sql, values = _statement([group.id for group in groups], filters)
    rows, councils = await select(sql, *values), await select(COUNCILS)
    wanted = {theme.id for theme in themes if filters.covers(theme)}
    return await asyncio.to_thread(_sort, rows, councils, wanted, filters.kind)


def _sort(rows: list[Row], councils: list[Row], wanted: set[int], kind: str | None) -> Talk:
    by_theme: dict[int, list[Row]] = {theme_id: [] for theme_id in wanted}
    others: list[Row] = []
    seats: set[tuple[int, int | None]] = set()
    base: Row = {}
    for row in rows:
        theme_id = row["theme_id"]
        if theme_id in wanted and (kind is None or row["kind"] == kind):
            by_theme[theme_id].append(row)
        elif theme_id >= NO_THEME:
            others.append(row)
        elif theme_id == PERSON:
            seats.add((row["author_id"], row["council_id"]))
        else:
            base = row
    return Talk(
        by_theme,
        others,
        Base(
            posts=base["post_id"],
            discussions=base["thread_id"],
            first=month_of(base["at"]) if base["at"] else None,
            last=month_of(base["until"]) if base["until"] else None,
            seats=frozenset(seats),
        ),
        {row["id"]: Council(row["region"], row["type"]) for row in councils},
    )


def heard(rows: Sequence[Row]) -> Heard:
    """The posts of these rows; a post may come in several."""
    if not rows:
        return Heard()
    times = [row["at"] for row in rows]
    return Heard(
        frozenset([row["post_id"] for row in rows]),
        frozenset([row["author_id"] for row in rows]),
        frozenset([row["council_id"] for row in rows if row["council_id"]]),
        frozenset([row["thread_id"] for row in rows]),
        min(times),
        max(times),
    )


def together(parts: Iterable[Heard]) -> Heard:
    """The posts of all of them."""
    some = [part for part in parts if part.posts]
    if not some:
        return Heard()
    return Heard(
        frozenset().union(*(part.posts for part in some)),
        frozenset().union(*(part.people for part in some)),
        frozenset().union(*(part.councils for part in some)),
        frozenset().union(*(part.threads for part in some)),
        min(part.first for part in some),
        max(part.last for part in some),
    )


def month_of(at: Any) -> date:
    """The first day of the month in which something was said, in the United Kingdom."""
    return _month_of_hour(at[:13]) if isinstance(at, str) else _month_of(at)


@lru_cache(maxsize=100_000)
def _month_of_hour(hour: str) -> date:
    """British clocks differ from UTC by whole hours: "2026-03-31 23" is enough, and far fewer than there are posts."""
    return _month_of(as_time(f"{hour}:00:00+00:00"))


def _month_of(time: datetime) -> date:
    local = time.astimezone(LONDON)
    return date(local.year, local.month, 1)


COUNCILS = "SELECT id, region, type FROM council"


class Values(list[Any]):
    """The values of a statement; `place` keeps some and says how the statement names them."""

    def place(self, *given: Any) -> str:
        self.extend(given)
        return ", ".join(f"${number}" for number in range(len(self) - len(given) + 1, len(self) + 1))


def chosen_posts(group_ids: Sequence[int], filters: Filters, values: Values) -> str:
    """The condition on posts `p` that these filters make in these groups."""
    threads = f"group_id IN ({values.place(*group_ids or [0])})"
    if filters.facilitated:
        threads += " AND id IN (SELECT thread_id FROM post WHERE number = 1 AND role = 'facilitator')"
    posts = [f"p.thread_id IN (SELECT id FROM thread WHERE {threads})", "p.hidden_at IS NULL", CONSENTED]
    for column, value in {"region": filters.region, "type": filters.council_type}.items():
        if value:
            posts.append(f"p.council_id IN (SELECT id FROM council WHERE {column} = {values.place(value)})")
    if filters.begin:
        posts.append(f"p.created_at >= {values.place(filters.begin)}")
    if filters.end:
        posts.append(f"p.created_at < {values.place(filters.end)}")
    return " AND ".join(posts)


def _statement(group_ids: Sequence[int], filters: Filters) -> tuple[str, Values]:
    """The one statement with its values. On SQLite it walks the posts in an index that holds all it asks of them, and
    the tags before their posts: keep `post_summary` wide enough, and CROSS JOIN, which there fixes the order."""
    values = Values()
    chosen = chosen_posts(group_ids, filters, values)
    said = "p.id, p.thread_id, p.author_id, p.council_id, p.created_at, NULL"
    return (
        f"""SELECT {BASE} AS theme_id, NULL AS kind, COUNT(*) AS post_id, COUNT(DISTINCT p.thread_id) AS thread_id,
            NULL AS author_id, NULL AS council_id, MIN(p.created_at) AS at, MAX(p.created_at) AS until
        FROM post p WHERE {chosen}
        UNION ALL SELECT g.theme_id, g.kind, {said}
        FROM tagging g CROSS JOIN post p WHERE p.id = g.post_id AND {chosen}
        UNION ALL SELECT {NO_THEME}, NULL, {said}
        FROM no_theme n CROSS JOIN post p WHERE p.id = n.post_id AND {chosen}
        UNION ALL SELECT {PERSON}, NULL, NULL, NULL, author_id, council_id, NULL, NULL
        FROM (SELECT DISTINCT p.author_id, p.council_id FROM post p WHERE {chosen}) seat""",
        values,
    )
