"""What the scan finds in the words of a release, kept beside what a person has cleared before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from forum.intelligence.report import Report
from forum.intelligence.scan import MARKS, Known, scan
from forum.models import Finding, Release, ReleaseQuote, Theme

AROUND = 40  # characters of what stands around a finding
OF_CODEBOOK = "theme-"


def place_of(quote: ReleaseQuote) -> str:
    return f"quote-{quote.id}"


def without(words: str, finding: Finding) -> str:
    return words.replace(finding.words, MARKS[finding.kind])


def is_of_codebook(finding: Finding) -> bool:
    return finding.place.startswith(OF_CODEBOOK)


async def _codebook(release_id: int) -> dict[str, str]:
    """The words of the themes that go out: as they are now, and their names as they were frozen."""
    report = msgspec.json.decode((await Release.get(id=release_id)).figures, type=Report)
    themes = next(table for table in report.tables if table.name == "Themes")
    frozen = {str(row[0]): str(row[1]) for row in themes.rows}
    places = {}
    for theme in await Theme.filter(status="active").order_by("position"):
        words = (theme.name, theme.definition, theme.includes, theme.excludes, theme.example, theme.aliases)
        places[f"{OF_CODEBOOK}{theme.code}"] = "\n".join((frozen.get(theme.code, ""), *words))
    return places


async def rescan(
    release_id: int, words: Mapping[str, str], quotes: Sequence[ReleaseQuote], known: Known
) -> list[Finding]:
    """Keep what the scan finds now beside what was cleared before; returns what is open. Not off the event loop: it
    runs inside the transaction, on words that are as new as it."""
    places = {**words, **{place_of(quote): quote.words for quote in quotes}, **await _codebook(release_id)}
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
