"""The quotes of a release: chosen from those that may be used, with the words and the attribution they go out with."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from forum.intelligence.proposing import attribution
from forum.intelligence.quotes import usable_quotes
from forum.models import Quote, Release, ReleaseQuote
from forum.models.releases import groups_of


async def quotes_of(release_id: int) -> list[ReleaseQuote]:
    return await ReleaseQuote.filter(release_id=release_id).order_by("id").select_related("quote")


async def still_usable(release: Release) -> list[ReleaseQuote]:
    usable = {quote.id for quote in await _choosable(release)}
    return [quote for quote in await quotes_of(release.id) if quote.quote_id in usable]


async def _choosable(release: Release) -> list[Quote]:
    return await usable_quotes(groups_of(release))


async def set_quotes(release: Release, quote_ids: Sequence[int], least: int) -> list[ReleaseQuote]:
    """Leave these quotes in the release and no others; those that may no longer be used are left out."""
    usable = {quote.id: quote for quote in await _choosable(release) if quote.id in quote_ids}
    there = {quote.quote_id: quote for quote in await quotes_of(release.id)}
    people: dict[str, int] = msgspec.json.decode(release.filters)["people"]
    await ReleaseQuote.filter(release_id=release.id).exclude(quote_id__in=list(usable) or [0]).delete()
    for quote in usable.values():
        if quote.id not in there:
            type = quote.post.council.type if quote.post.council else ""
            by = attribution(type, people.get(type, 0), least)
            await ReleaseQuote.create(release_id=release.id, quote_id=quote.id, words=quote.redacted, attribution=by)
    return await quotes_of(release.id)
