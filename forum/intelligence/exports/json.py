"""JSON: the figures with null where they are hidden, and what they were asked for."""

from __future__ import annotations

from typing import Any

import msgspec

from forum.intelligence.disclosure import Counts
from forum.intelligence.exports import NOT_FOR_CIRCULATION
from forum.intelligence.summary import Summary
from forum.intelligence.tables import more_of

MEDIA_TYPE, ENDING = "application/json", "json"


def render(summary: Summary) -> bytes:
    return msgspec.json.encode(
        {
            "note": NOT_FOR_CIRCULATION,
            "filters": summary.filters.values,
            "base": _figures(summary.base),
            "read": _figures(summary.read) | {"coverage": summary.coverage},
            "tagged": _figures(summary.tagged),
            "themes": [
                {
                    "theme": row.theme.code,
                    "name": row.theme.name,
                    "parent": row.parent or None,
                    **_figures(row.counts),
                    **{name: None if value == "" else value for name, value in more_of(summary, row).items()},
                }
                for row in summary.themes
            ],
        }
    )


def _figures(counts: Counts) -> dict[str, Any]:
    return {"posts": counts.posts, "people": counts.people, "councils": counts.councils, "hidden": counts.hidden}
