"""The summary: what the themes of some talk add up to, safe to show.

The counts as they are stay behind it: `summarise` and `everything` answer with what `disclosure` lets through, and with
nothing that is not worked out from that. A release compares what it finds with others before it tells it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from forum.intelligence.cells import Cells, Key, Tree, cells_of, pair_key
from forum.intelligence.counting import Select, Talk, month_of, talk_of
from forum.intelligence.disclosure import HIDDEN, Counts, Rule, protect
from forum.intelligence.filters import Choices, Filters
from forum.models import Theme


@dataclass(frozen=True, slots=True)
class ThemeCounts:
    """A theme's row: when its counts are hidden, all else is. `parent` is a code, or ""; `before` counts the equal
    period before, None when there is none."""

    theme: Theme
    parent: str
    counts: Counts
    discussions: int | None = None
    first: date | None = None
    last: date | None = None
    before: Counts | None = None

    @property
    def change(self) -> int | None:
        """How many more people than in the equal period before; None unless both are shown."""
        if self.before is None or self.before.people is None or self.counts.people is None:
            return None
        return self.counts.people - self.before.people


@dataclass(frozen=True, slots=True)
class Summary:
    """`base` counts all posts that the filters on group, council, months and facilitation leave; `read` those of them
    that carry any tag or the answer that no theme fits; `tagged` those with a theme and kind that was asked for;
    `themes` has a row for each theme in use, in the order of the codebook."""

    filters: Filters
    base: Counts
    tagged: Counts
    themes: list[ThemeCounts]
    read: Counts = HIDDEN
    discussions: int | None = None
    first: date | None = None
    last: date | None = None

    @property
    def coverage(self) -> int | None:
        """How much of the selection was read for themes, in per cent of its posts."""
        return percent(self.read.posts, self.base.posts)

    def prominence(self, row: ThemeCounts) -> int | None:
        """How much of the talk it is: its part of the posts, in per cent."""
        return percent(row.counts.posts, self.base.posts)

    def spread(self, row: ThemeCounts) -> int | None:
        """How many raise it: its part of the people who take part, in per cent."""
        return percent(row.counts.people, self.base.people)

    def council_share(self, row: ThemeCounts) -> int | None:
        """From how many councils of those that take part, in per cent."""
        return percent(row.counts.councils, self.base.councils)

    def is_loud_but_narrow(self, row: ThemeCounts) -> bool:
        """Whether few people keep it going: it has a larger part of the posts than of the people."""
        mine, all = row.counts, self.base
        if mine.posts is None or mine.people is None or all.posts is None or all.people is None:
            return False
        return mine.posts * all.people > mine.people * all.posts


@dataclass(frozen=True, slots=True)
class Detail:
    """One theme in depth: by month, from the first month of the selection to its last; by the region and the type of
    council of those who take part, "" for people without a council (both empty when the filters narrow by either); and
    with which other themes of its level it comes together in posts, most posts first. Hidden counts stand in place."""

    row: ThemeCounts
    months: list[tuple[date, Counts]]
    regions: list[tuple[str, Counts]]
    types: list[tuple[str, Counts]]
    pairs: list[tuple[Theme, Counts]]

    @property
    def not_heard_in(self) -> tuple[list[str], list[str]]:
        """Regions and types whose councils take part and do not raise it."""
        return _silent(self.regions), _silent(self.types)


@dataclass(frozen=True, slots=True)
class Figures:
    """A summary with the details of some themes, all protected as one table. `details` leaves out themes that nobody
    raised or that are hidden. `cells` has each figure that is shown or stands hidden, by its key: see cells.py."""

    summary: Summary
    details: list[Detail] = field(default_factory=list)
    cells: dict[Key, Counts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What was counted, with the cells to protect. Never to be shown."""

    talk: Talk
    before: Talk | None
    filters: Filters
    themes: Sequence[Theme]
    detailed: Sequence[Theme]
    cells: Cells

    @property
    def people_by_type(self) -> dict[str, int]:
        """How many people of each type of council take part."""
        people: dict[str, set[int]] = {}
        for author, council in self.talk.base.seats:
            if council:
                people.setdefault(self.talk.councils[council].type, set()).add(author)
        return {type: len(authors) for type, authors in people.items()}


async def summarise(select: Select, choices: Choices, filters: Filters, rule: Rule) -> Summary:
    """The summary of what these filters select in the groups of `choices`."""
    return (await figures_of(select, choices, filters, rule, [])).summary


async def everything(select: Select, choices: Choices, filters: Filters, rule: Rule) -> Figures:
    """The summary, and the details of each theme on top."""
    return await figures_of(select, choices, filters, rule, Tree(choices.themes).tops)


async def figures_of(
    select: Select, choices: Choices, filters: Filters, rule: Rule, detailed: Sequence[Theme]
) -> Figures:
    """The summary, and the details of the themes in `detailed`."""
    found = await find(select, choices, filters, detailed)
    return await asyncio.to_thread(lambda: tell(found, protect(found.cells.counts, found.cells.relations, rule)))


async def find(select: Select, choices: Choices, filters: Filters, detailed: Sequence[Theme]) -> Found:
    """What figures are made of, with the ids of the people and posts behind each cell."""
    groups = [filters.group] if filters.group else choices.groups
    now = await talk_of(select, groups, filters, choices.themes)
    before = await talk_of(select, groups, filters.before, choices.themes) if filters.before else None
    cells = await asyncio.to_thread(cells_of, now, before, filters, choices.themes, detailed)
    return Found(now, before, filters, choices.themes, detailed, cells)


def percent(part: int | None, whole: int | None) -> int | None:
    """Worked out from figures that are shown, so that it tells no more than they do."""
    if part is None or whole is None:
        return None
    return min(100, round(100 * part / whole)) if whole else 0


def tell(found: Found, safe: Mapping[Key, Counts]) -> Figures:
    """Safe counts, protected as one table, put in their places: nothing else is taken from what was found but what
    belongs to a row that is shown."""
    talk, cells, themes = found.talk, found.cells, found.themes
    rows = {row.theme.id: row for row in _rows(cells, safe, themes, found.filters)}
    base = safe["base",]
    summary = Summary(
        found.filters,
        base=base,
        tagged=safe["tagged",],
        themes=list(rows.values()),
        read=safe["read",],
        discussions=None if base.hidden else talk.base.discussions,
        first=None if base.hidden else talk.base.first,
        last=None if base.hidden else talk.base.last,
    )
    told = [theme for theme in found.detailed if rows[theme.id].counts.people]
    details = [_detail(rows[theme.id], safe, Tree(themes)) for theme in told]
    return Figures(summary, details, _shown_or_hidden(safe, {theme.id for theme in told}))


def _rows(cells: Cells, safe: Mapping[Key, Counts], themes: Sequence[Theme], filters: Filters) -> list[ThemeCounts]:
    codes = {theme.id: theme.code for theme in themes}
    earlier = filters.before
    when = (f"{earlier.first:%Y-%m}", f"{earlier.last:%Y-%m}") if earlier else ()
    rows = []
    for theme in themes:
        counts, said = safe["theme", theme.id], cells.themes[theme.id]
        row = ThemeCounts(theme, codes.get(theme.parent_id or 0, ""), counts)
        if not counts.hidden:
            row = replace(
                row,
                discussions=len(said.threads),
                first=month_of(said.first) if said.posts else None,
                last=month_of(said.last) if said.posts else None,
                before=safe["before", theme.id, *when] if when else None,
            )
        rows.append(row)
    return rows


def _detail(row: ThemeCounts, safe: Mapping[Key, Counts], tree: Tree) -> Detail:
    own = {key: counts for key, counts in safe.items() if key[1:2] == (row.theme.id,)}
    pairs = [(peer, safe[key]) for peer in tree.peers(row.theme) if (key := pair_key(row.theme, peer)) in safe]
    return Detail(
        row,
        months=[(date.fromisoformat(f"{key[2]}-01"), counts) for key, counts in own.items() if key[0] == "month"],
        regions=[(str(key[2]), counts) for key, counts in own.items() if key[0] == "region"],
        types=[(str(key[2]), counts) for key, counts in own.items() if key[0] == "type"],
        pairs=sorted(pairs, key=lambda pair: -(pair[1].posts or 0)),
    )


def _shown_or_hidden(safe: Mapping[Key, Counts], told: set[int]) -> dict[Key, Counts]:
    """The cells that have a place: those of details only where there are details, of the period before only beside
    what is shown."""

    def has_place(key: Key) -> bool:
        name, *about = key
        if name in ("month", "region", "type"):
            return about[0] in told
        if name == "before":
            return not safe["theme", about[0]].hidden
        return name != "pair" or not told.isdisjoint(about)

    return {key: counts for key, counts in safe.items() if has_place(key)}


def _silent(places: list[tuple[str, Counts]]) -> list[str]:
    return [place for place, counts in places if place and counts.posts == 0]
