"""The order of rows on the page. It is made from what may be shown and from nothing else, so it tells nothing more:
hidden rows come last, in the codebook's order.
"""

from __future__ import annotations

from forum.intelligence.summary import ThemeCounts

SORTS = {"posts": "Most posts first", "people": "Most people first", "councils": "Most councils first"}


def in_order(rows: list[ThemeCounts], sort: str) -> list[ThemeCounts]:
    """Rows in the codebook's order, or sorted by a figure: then each theme on top keeps its own themes below it."""
    if not sort:
        return rows
    return [
        row
        for top in most_first([row for row in rows if not row.parent], sort)
        for row in (top, *most_first([row for row in rows if row.parent == top.theme.code], sort))
    ]


def most_first(rows: list[ThemeCounts], sort: str) -> list[ThemeCounts]:
    """The rows of one level; those with the same figure stay in the order they came in."""
    return sorted(rows, key=lambda row: (row.counts.hidden, -(getattr(row.counts, sort) or 0)))
