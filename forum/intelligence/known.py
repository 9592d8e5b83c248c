"""What the scan knows: the names of everybody in the service and of all councils, as they are now."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from forum.database import select
from forum.intelligence.names import Known, names_in


async def known_names() -> Known:
    """All names that must not leave. Regions may: figures are given for them."""
    people = names_in(row["name"] for row in await select("SELECT name FROM person"))
    councils = await select("SELECT name, region FROM council")
    names = names_in(row["name"] for row in councils)
    regions = names_in(row["region"] for row in councils)
    return await asyncio.to_thread(_known, people, names, regions)


@lru_cache(maxsize=1)
def _known(people: tuple[str, ...], councils: tuple[str, ...], regions: tuple[str, ...]) -> Known:
    """Built again only when a name has changed."""
    return Known(people=people, councils=councils, allowed=regions)
