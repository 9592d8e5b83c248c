"""The posts behind a theme, for people who may read them: whoever asks passes the groups that they may read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from forum.database import as_time
from forum.intelligence.counting import Select, Values, chosen_posts
from forum.intelligence.filters import Filters
from forum.markup import excerpt
from forum.models import Group, Theme

EXCERPT = 240  # characters: enough to see what it is about


@dataclass(frozen=True, slots=True)
class Behind:
    """A post that carries the theme, without its author: what is said counts here, not who says it."""

    id: int
    thread_id: int
    number: int
    title: str
    group_name: str
    created_at: datetime
    excerpt: str


async def posts_behind(
    select: Select,
    groups: Sequence[Group],
    filters: Filters,
    themes: Sequence[Theme],
    most: int,
    offset: int = 0,
    without: Collection[int] = (),
) -> list[Behind]:
    """The posts that the filters select and that carry one of these themes, newest first, save those in `without`."""
    values = Values()
    chosen = chosen_posts([group.id for group in groups], filters, values)
    tagged = f"g.theme_id IN ({values.place(*[theme.id for theme in themes])})"
    if filters.kind:
        tagged += f" AND g.kind = {values.place(filters.kind)}"
    if without:
        chosen += f" AND p.id NOT IN ({values.place(*without)})"
    rows = await select(
        f"""SELECT p.id, p.thread_id, p.number, t.title, n.name AS group_name, p.created_at, p.html
        FROM post p JOIN thread t ON t.id = p.thread_id JOIN "group" n ON n.id = t.group_id
        WHERE {chosen} AND p.id IN (SELECT g.post_id FROM tagging g WHERE {tagged})
        ORDER BY p.created_at DESC, p.id LIMIT {values.place(most)} OFFSET {values.place(offset)}""",
        *values,
    )
    return [
        Behind(
            row["id"],
            row["thread_id"],
            row["number"],
            row["title"],
            row["group_name"],
            as_time(row["created_at"]),
            excerpt(row["html"], EXCERPT),
        )
        for row in rows
    ]
