"""What the scan finds in the words of a release, kept beside what a person has cleared before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forum.intelligence.scan import MARKS, Known, scan
from forum.models import Finding, ReleaseQuote

AROUND = 40  # characters of what stands around a finding


def place_of(quote: ReleaseQuote) -> str:
    return f"quote-{quote.id}"


def without(words: str, finding: Finding) -> str:
    return words.replace(finding.words, MARKS[finding.kind])


async def rescan(
    release_id: int, words: Mapping[str, str], quotes: Sequence[ReleaseQuote], known: Known
) -> list[Finding]:
    """Keep what the scan finds now beside what was cleared before; returns what is open. Not off the event loop: it
    runs inside the transaction, on words that are as new as it."""
    places = {**words, **{place_of(quote): quote.words for quote in quotes}}
    now = {(place, found.words): (found, text) for place, text in places.items() for found in scan(text, known)}
    before = {(finding.place, finding.words): finding for finding in await Finding.filter(release_id=release_id)}
    for at, finding in before.items():
        replaced = finding.cleared_at is not None and not finding.why
        if (at not in now and finding.cleared_at is None) or (at in now and replaced):
            await finding.delete()
    for (place, text), (found, whole) in now.items():
        earlier = before.get((place, text))
        if earlier is None or (earlier.cleared_at is not None and not earlier.why):
            around = whole[max(0, found.start - AROUND) : found.end + AROUND]
            await Finding.create(release_id=release_id, place=place, kind=found.kind, words=text, around=around)
    return await Finding.filter(release_id=release_id, cleared_at=None)
