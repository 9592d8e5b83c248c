"""Counting: for every theme the posts that carry it, the people who wrote them and the councils these sat on.

One statement counts all, so a post that comes meanwhile is in every figure or in none. The counts as they are never
leave this module: `summarise` answers with what `disclosure` lets through.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from forum.intelligence.disclosure import ZERO, Counts, protect
from forum.intelligence.filters import Choices, Filters
from forum.models import Group, Theme
from forum.settings import Intelligence

BASE, TAGGED = 0, -1  # stand where the id of a theme stands: all posts of the selection, and those with a tag of it
Select = Callable[..., Awaitable[list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class ThemeCounts:
    theme: Theme
    parent: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Summary:
    """`base` counts all posts that the filters on group, council and months leave; `tagged` those of them that carry a
    theme and kind that was asked for; `themes` has a row for each theme, in the order of the codebook."""

    filters: Filters
    base: Counts
    tagged: Counts
    themes: list[ThemeCounts]


async def summarise(select: Select, choices: Choices, filters: Filters, least: Intelligence) -> Summary:
    """The summary of what these filters select in the groups of `choices`, safe to show."""
    groups = [filters.group] if filters.group else choices.groups
    covered = [theme for theme in choices.themes if filters.covers(theme)]
    sql, values = _statement(groups, filters, covered if filters.theme else None)
    counts = {row["theme"]: Counts(row["posts"], row["people"], row["councils"]) for row in await select(sql, *values)}
    table = {theme.id: counts.get(theme.id, ZERO) for theme in choices.themes}
    safe = protect({BASE: counts[BASE], TAGGED: counts[TAGGED], **table}, least.people, least.councils)
    codes = {theme.id: theme.code for theme in choices.themes}
    return Summary(
        filters,
        base=safe[BASE],
        tagged=safe[TAGGED],
        themes=[
            ThemeCounts(theme, codes[theme.parent_id] if theme.parent_id else "", safe[theme.id])
            for theme in choices.themes
        ],
    )


def _statement(groups: Sequence[Group], filters: Filters, themes: Sequence[Theme] | None) -> tuple[str, list[Any]]:
    """The one statement with its values. It walks the posts once, in an index that holds all it asks of them: keep
    `post_summary` and `tagging_post` wide enough, and keep MATERIALIZED, or it reads every post's words."""
    values: list[Any] = []

    def place(*given: Any) -> str:
        values.extend(given)
        return ", ".join(f"${number}" for number in range(len(values) - len(given) + 1, len(values) + 1))

    posts = [f"t.group_id IN ({place(*[group.id for group in groups] or [0])})", "p.hidden_at IS NULL"]
    for column, value in {"region": filters.region, "type": filters.council_type}.items():
        if value:
            posts.append(f"p.council_id IN (SELECT id FROM council WHERE {column} = {place(value)})")
    if filters.begin:
        posts.append(f"p.created_at >= {place(filters.begin)}")
    if filters.end:
        posts.append(f"p.created_at < {place(filters.end)}")
    taggings = ["1 = 1"]
    if filters.kind:
        taggings.append(f"g.kind = {place(filters.kind)}")
    if themes is not None:
        taggings.append(f"g.theme_id IN ({place(*[theme.id for theme in themes])})")
    counts = (
        "COUNT(DISTINCT post_id) AS posts, COUNT(DISTINCT author_id) AS people, COUNT(DISTINCT council_id) AS councils"
    )
    return (
        f"""WITH selected AS MATERIALIZED (
            SELECT p.id AS post_id, p.author_id, p.council_id FROM post p JOIN thread t ON t.id = p.thread_id
            WHERE {" AND ".join(posts)}
        ), tagged AS MATERIALIZED (
            SELECT g.theme_id, COALESCE(h.parent_id, h.id) AS parent_id, s.post_id, s.author_id, s.council_id
            FROM selected s JOIN tagging g ON g.post_id = s.post_id JOIN theme h ON h.id = g.theme_id
            WHERE {" AND ".join(taggings)}
        )
        SELECT {BASE} AS theme, COUNT(*) AS posts, COUNT(DISTINCT author_id) AS people,
            COUNT(DISTINCT council_id) AS councils FROM selected
        UNION ALL SELECT {TAGGED}, {counts} FROM tagged
        UNION ALL SELECT parent_id, {counts} FROM tagged GROUP BY parent_id
        UNION ALL SELECT theme_id, {counts} FROM tagged WHERE theme_id <> parent_id GROUP BY theme_id""",
        values,
    )
