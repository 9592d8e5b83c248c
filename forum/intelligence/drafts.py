"""The figures of a release, frozen: counted with the stricter rule for what leaves, and protected in one table with
those of every release before (see beside.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from forum.database import Database
from forum.errors import Invalid
from forum.intelligence.beside import safe_beside
from forum.intelligence.cells import Tree
from forum.intelligence.disclosure import Counts, Rule, protect
from forum.intelligence.filters import choices_for, read_filters
from forum.intelligence.kept import Scope, kept_of, pack, scope_of, unpack
from forum.intelligence.report import Report
from forum.intelligence.summary import Figures, Found, find, tell
from forum.intelligence.tables import report_of
from forum.models import Release, Service
from forum.permissions import User
from forum.settings import Intelligence

ROUND_TO = 5
ROUNDED = (
    f"Where a row is the whole of others, its people and councils are rounded to {ROUND_TO}, and percentages are worked"
    " out from that."
)
BESIDE_EARLIER = (
    "Some figures are hidden although enough people raised them: beside those of an earlier release they would tell of"
    " few people."
)


@dataclass(frozen=True, slots=True)
class Draft:
    """`filters` as an address carries them, the ids of the `groups` that were counted, how many `people` of each type
    of council took part, the `report`, and what is kept of its figures, packed."""

    filters: dict[str, str]
    groups: list[int]
    people: dict[str, int]
    report: Report
    cells: bytes
    codebook: int


async def draft_figures(
    database: Database, user: User, values: Mapping[str, str], settings: Intelligence, secret: bytes, now: datetime
) -> Draft:
    """Count what these filters select for this person, safe to leave beside what left before. Invalid for others."""
    choices = await choices_for(user)
    active = [theme for theme in choices.themes if theme.status == "active"]  # a candidate is one person's word so far
    choices = replace(choices, themes=active)
    filters = read_filters(values, choices)
    if filters.theme:  # a parent would count one of its children only, and stand beside releases where it counts all
        raise Invalid({"theme": "A release is about all themes. Take this filter off."})
    groups = [filters.group] if filters.group else choices.groups
    own = scope_of(filters.values, [group.id for group in groups])
    async with database.reader() as select:
        found = await find(select, choices, filters, Tree(choices.themes).tops)
        issued = await Release.filter(issued_at__not_isnull=True).order_by("issued_at", "id")
    figures, cells, is_beside = await asyncio.to_thread(_protected, found, own, issued, rule_of(settings), secret)
    report = report_of(_with_rounded_councils(figures), now.date(), note="")
    method = [*report.method, ("Rounding", ROUNDED), *([("Earlier releases", BESIDE_EARLIER)] if is_beside else [])]
    return Draft(
        filters=filters.values,
        groups=sorted(own.groups),
        people=found.people_by_type,
        report=replace(report, method=method),
        cells=cells,
        codebook=(await Service.get(id=1)).codebook,
    )


def comes_too_close(release: Release, issued: Sequence[Release], rule: Rule) -> bool:
    """Whether a figure of this release would have to be hidden beside those `issued` since it was counted."""
    now = unpack(release)
    if now.beside.issuperset(other.id for other in issued):
        return False
    safe = safe_beside(now, [unpack(other) for other in issued], rule)
    return any(safe[key].hidden for key in now.shown)


def rule_of(settings: Intelligence) -> Rule:
    """The rule for what leaves."""
    return Rule(settings.people_leaving, settings.councils, ROUND_TO)


def _protected(
    found: Found, scope: Scope, issued: Sequence[Release], rule: Rule, secret: bytes
) -> tuple[Figures, bytes, bool]:
    """The figures as they may leave beside those issued, what to keep of them, and whether any is hidden for that."""
    kept = kept_of(secret, scope, found.cells, [talk for talk in (found.talk, found.before) if talk])
    alone = protect(found.cells.counts, found.cells.relations, rule)
    hidden = [key for key, counts in alone.items() if counts.hidden]
    safe = alone | safe_beside(kept, [unpack(release) for release in issued], rule, hidden) if issued else alone
    figures = tell(found, safe)
    is_beside = any(counts.hidden and not alone[key].hidden for key, counts in safe.items())
    return figures, pack(kept.printed(figures.cells, [release.id for release in issued])), is_beside


def _with_rounded_councils(figures: Figures) -> Figures:
    """The councils of wholes rounded as their people are, and never more than those: else a paper would say that 20
    people sit on 22 councils. It tells less than what was protected, so it gives nothing away."""

    def rounded(counts: Counts) -> Counts:
        if not counts.people or counts.councils is None:
            return counts
        nearest = (counts.councils + ROUND_TO // 2) // ROUND_TO * ROUND_TO
        return replace(counts, councils=min(counts.people, max(nearest, ROUND_TO)))

    summary = figures.summary
    rows = {
        row.theme.id: row
        if row.parent
        else replace(row, counts=rounded(row.counts), before=rounded(row.before) if row.before else None)
        for row in summary.themes
    }
    return replace(
        figures,
        summary=replace(
            summary,
            base=rounded(summary.base),
            read=rounded(summary.read),
            tagged=rounded(summary.tagged),
            themes=list(rows.values()),
        ),
        details=[replace(detail, row=rows[detail.row.theme.id]) for detail in figures.details],
    )
