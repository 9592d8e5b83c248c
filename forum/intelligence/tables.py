"""A summary as a report: its tables, a section for each theme that was looked into, and how it was made.

Everything here is taken from figures that are shown, or worked out from them; a hidden figure hides what rests on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from forum.intelligence.disclosure import Counts
from forum.intelligence.filters import Filters
from forum.intelligence.report import Cell, Report, Section, Table
from forum.intelligence.summary import Detail, Figures, Summary, ThemeCounts
from forum.models.taggings import KINDS

COUNTS = ("Posts", "People", "Councils")
HEADINGS = {  # what a file has for each theme beside its three counts
    "discussions": "Discussions",
    "council_share": "Councils, % of those taking part",
    "prominence": "Posts, % of all",
    "spread": "People, % of all",
    "loud_but_narrow": "Loud but narrow",
    "first_month": "First month",
    "last_month": "Last month",
}
BEFORE = {"people_before": "People in the period before", "people_change": "Change in people"}
LOUD_BUT_NARROW = "a larger part of the posts than of the people: few people keep it going"
NO_COUNCIL = "No council"


def report_of(figures: Figures | Summary, made_on: date, note: str) -> Report:
    """The report of these figures; `note` marks it, "" for none."""
    if isinstance(figures, Summary):
        figures = Figures(figures)
    summary = figures.summary
    return Report(
        title="What the themes add up to",
        note=note,
        made_on=made_on,
        tables=[_bases(summary), _tops(summary), _themes(summary)],
        method=_method(summary),
        sections=[_section(summary, detail) for detail in figures.details],
    )


def more_of(summary: Summary, row: ThemeCounts) -> dict[str, Cell]:
    """The figures of a theme beside its counts, by the names of HEADINGS and, where there is a period before, BEFORE.
    None is hidden, "" is what does not apply."""
    if row.counts.hidden:
        return dict.fromkeys([*HEADINGS, *(BEFORE if summary.filters.before else ())])
    loud = None if summary.base.hidden else "yes" if summary.is_loud_but_narrow(row) else "no"
    found: dict[str, Cell] = {
        "discussions": row.discussions,
        "council_share": summary.council_share(row),
        "prominence": summary.prominence(row),
        "spread": summary.spread(row),
        "loud_but_narrow": loud,
        "first_month": f"{row.first:%Y-%m}" if row.first else "",
        "last_month": f"{row.last:%Y-%m}" if row.last else "",
    }
    if summary.filters.before:
        found |= {"people_before": row.before.people if row.before else None, "people_change": row.change}
    return found


def month_words(month: date) -> str:
    return f"{month:%B %Y}"


def _counts(counts: Counts) -> tuple[Cell, Cell, Cell]:
    return counts.posts, counts.people, counts.councils


def _bases(summary: Summary) -> Table:
    rows: list[tuple[Cell, ...]] = [
        ("All posts of the selection", *_counts(summary.base)),
        ("Read for themes: tagged, or found to have none", *_counts(summary.read)),
        ("Tagged with a theme that was asked for", *_counts(summary.tagged)),
    ]
    return Table("Bases", "What the figures rest on", ("Base", *COUNTS), rows)


def _tops(summary: Summary) -> Table:
    rows = [(f"{row.theme.code} {row.theme.name}", *_counts(row.counts)) for row in summary.themes if not row.parent]
    return Table("Themes on top", "Posts, people and councils for each theme on top", ("Theme", *COUNTS), rows, (0, 2))


def _themes(summary: Summary) -> Table:
    more = {**HEADINGS, **(BEFORE if summary.filters.before else {})}
    rows = [
        (row.theme.code, row.theme.name, row.parent, *_counts(row.counts), *more_of(summary, row).values())
        for row in summary.themes
    ]
    return Table("Themes", "Each theme of the codebook", ("Code", "Theme", "Part of", *COUNTS, *more.values()), rows)


def _section(summary: Summary, detail: Detail) -> Section:
    theme = detail.row.theme
    months = [(month_words(month), counts) for month, counts in detail.months]
    tables = [_parts(f"{theme.code} by month", "Month", months)]
    for name, places in (("region", detail.regions), ("council type", detail.types)):
        if places:
            parts = [(place or NO_COUNCIL, counts) for place, counts in places]
            tables.append(_parts(f"{theme.code} by {name}", name.capitalize(), parts))
    if detail.pairs:
        pairs = [(f"{other.code} {other.name}", counts) for other, counts in detail.pairs]
        tables.append(_parts(f"{theme.code} with others", "Together with", pairs))
    return Section(f"{theme.code} {theme.name}", theme.code, words_of(summary, detail), tables)


def _parts(name: str, heading: str, parts: Sequence[tuple[str, Counts]]) -> Table:
    """Parts of a theme, with a bar for the people of each."""
    return Table(name, name, (heading, *COUNTS), [(words, *_counts(counts)) for words, counts in parts], (0, 2))


def words_of(summary: Summary, detail: Detail) -> list[str]:
    """What the figures of a theme say, in a paragraph; where it was not heard, in another."""
    row, counts = detail.row, detail.row.counts
    said = [
        f"{counts.people} people from {counts.councils} councils raised it, in {counts.posts} posts"
        f" and {_number(row.discussions, 'discussion')}."
    ]
    if not summary.base.hidden:
        said.append(
            f"That is {summary.spread(row)}% of the people and {summary.council_share(row)}% of the councils that took"
            f" part, and {summary.prominence(row)}% of the posts."
        )
        if summary.is_loud_but_narrow(row):
            said.append(f"It is loud but narrow: {LOUD_BUT_NARROW}.")
    if row.change is not None and row.before:
        more = "more" if row.change > 0 else "fewer"
        than = f"{abs(row.change)} {more} people than" if row.change else "as many people as"
        said.append(f"That is {than} in the equal period before, when {row.before.people} people raised it.")
    regions, types = detail.not_heard_in
    silence = []
    if regions:
        silence.append(f"It was not heard from councils in {_list(regions)}, where others took part.")
    if types:
        silence.append(f"It was not heard from councils of these types, from which others took part: {_list(types)}.")
    return [" ".join(sentences) for sentences in (said, silence) if sentences]


def filter_words(filters: Filters) -> list[tuple[str, str]]:
    """What narrows the figures, each with its name."""
    found = [
        ("Group", filters.group.name if filters.group else ""),
        ("Region", filters.region or ""),
        ("Council type", filters.council_type or ""),
        ("Kind", KINDS[filters.kind] if filters.kind else ""),
        ("Theme", f"{filters.theme.code} {filters.theme.name}" if filters.theme else ""),
        ("Discussions", "only those that a facilitator opened" if filters.facilitated else ""),
        ("First month", month_words(filters.first) if filters.first else ""),
        ("Last month", month_words(filters.last) if filters.last else ""),
    ]
    return [(name, words) for name, words in found if words]


def _method(summary: Summary) -> list[tuple[str, str]]:
    narrowed = "; ".join(f"{name.lower()}: {words}" for name, words in filter_words(summary.filters))
    coverage = "hidden" if summary.coverage is None else f"{summary.coverage}% of the posts"
    return [
        (
            "What was counted",
            f"Posts in all groups that were open to the analysis{narrowed and ', narrowed to '}{narrowed}.",
        ),
        ("How much was read", f"Read for themes so far: {coverage}. What was not read counts for no theme."),
        (
            "Posts, people, councils",
            "Each is counted once for a theme, however often it was raised. A theme with others below it counts theirs"
            " too, so that themes do not add up. A council is the one that the author sat on when writing; posts that"
            " were hidden by a facilitator are not counted. Months are calendar months in the United Kingdom.",
        ),
        ("Loud but narrow", f"Said of a theme with {LOUD_BUT_NARROW}."),
        (
            "Limits",
            "Those who write are not a sample of all councillors: figures say who raised a theme here, no more.",
        ),
    ]


def _list(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def _number(number: int | None, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
