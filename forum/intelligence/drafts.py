"""The figures of a release, frozen: counted with the stricter rule for what leaves, and compared with what left before.

Every figure is about the people of a scope: groups, months, region, type of council, kind. Where the same figure came
out before over more or less than that, or over the same with other posts, and too few people make the difference, it is
hidden.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from forum.database import Database
from forum.errors import Invalid
from forum.intelligence.cells import Cells
from forum.intelligence.counting import Select
from forum.intelligence.disclosure import Counts, Rule, differs
from forum.intelligence.filters import choices_for, read_filters
from forum.intelligence.report import Report
from forum.intelligence.summary import Figures, behind, everything, people_by_type
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
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """`filters` as an address carries them, the ids of the `groups` that were counted, how many `people` of each type
    of council took part, the `report`, and the people behind each figure that it shows, packed."""

    filters: dict[str, str]
    groups: list[int]
    people: dict[str, int]
    report: Report
    cells: bytes
    codebook: int


Cell = tuple[frozenset[int], frozenset[int]]  # the people and the posts of a figure, as keyed numbers


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures of a release as they are, and who wrote each post."""

    scope: Scope
    cells: Mapping[Key, Cell]
    authors: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose words a figure rests on; None for what does not narrow. Months as "2026-04", both included."""

    groups: frozenset[int]
    first: str | None
    last: str | None
    region: str | None
    type: str | None
    kind: str | None
    facilitated: bool

    def is_within(self, other: Scope) -> bool:
        return (
            self.groups <= other.groups
            and (other.first is None or (self.first is not None and self.first >= other.first))
            and (other.last is None or (self.last is not None and self.last <= other.last))
            and other.region in (None, self.region)
            and other.type in (None, self.type)
            and other.kind in (None, self.kind)
            and (self.facilitated or not other.facilitated)
        )


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
    rule = Rule(settings.people_leaving, settings.councils, ROUND_TO)
    groups = [filters.group] if filters.group else choices.groups
    own = scope_of(filters.values, [group.id for group in groups])
    async with database.reader() as select:
        found = await behind(select, choices, filters)
        authors = await _authors(select, own.groups)
        counted = Counted(own, *keyed(secret, found, authors))
        issued = [unpack(release) for release in await Release.filter(issued_at__not_isnull=True)]
        too_close = await asyncio.to_thread(hidden_by, counted, issued, rule.people)
        figures = await everything(select, choices, filters, rule, also=too_close)
        people = await people_by_type(select, choices, filters)
    report = report_of(_with_rounded_councils(figures), now.date(), note="")
    method = [*report.method, ("Rounding", ROUNDED), *([("Earlier releases", BESIDE_EARLIER)] if too_close else [])]
    shown = {key for key, counts in figures.cells.items() if not counts.hidden}
    return Draft(
        filters=filters.values,
        groups=sorted(own.groups),
        people=people,
        report=replace(report, method=method),
        cells=pack(counted, shown),
        codebook=(await Service.get(id=1)).codebook,
    )


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


def comes_too_close(release: Release, issued: Iterable[Release], least: int) -> bool:
    """Whether a figure of this release would, beside one of the `issued`, tell of fewer than `least` people."""
    return bool(hidden_by(unpack(release), [unpack(other) for other in issued], least))


def hidden_by(now: Counted, issued: Iterable[Counted], least: int) -> set[Key]:
    """The figures that must be hidden because of those that were shown before.

    The same figure is compared where the scope of one lies within that of the other, or the posts of one are all among
    those of the other. It is hidden when 1 to `least` - 1 people are in one alone, or have posts in one alone: then the
    difference of the two figures would tell of them.
    """
    hidden = set()
    for earlier in issued:
        shown = {identity: cell for key, cell in earlier.cells.items() for identity in _identities(key, earlier.scope)}
        for key, cell in now.cells.items():
            for before in (shown[identity] for identity in _identities(key, now.scope) if identity in shown):
                if not _are_nested(now.scope, earlier.scope, key) and not _have_nested_posts(cell, before):
                    continue
                with_other_posts = {now.authors.get(post, earlier.authors.get(post)) for post in cell[1] ^ before[1]}
                if differs(cell[0], before[0], least) or 0 < len(with_other_posts) < least:
                    hidden.add(key)
    return hidden


def scope_of(values: Mapping[str, str], groups: Iterable[int]) -> Scope:
    """The scope that filters, as an address carries them, leave of these groups."""
    return Scope(
        frozenset(groups),
        values.get("from"),
        values.get("to"),
        values.get("region"),
        values.get("council_type"),
        values.get("kind"),
        "facilitated" in values,
    )


def keyed(secret: bytes, found: Cells, authors: Mapping[int, int]) -> tuple[dict[Key, Cell], dict[int, int]]:
    """The cells and the authors with numbers that say who and what it is only to whoever has the service's secret."""

    @cache
    def number(kind: str, id: int) -> int:
        return int.from_bytes(hmac.digest(secret, f"release:{kind}:{id}".encode(), "sha256")[:8])

    cells = {
        key: (
            frozenset(number("person", person) for person in people),
            frozenset(number("post", post) for post in found.posts[key]),
        )
        for key, people in found.people.items()
    }
    return cells, {number("post", post): number("person", author) for post, author in authors.items()}


def pack(counted: Counted, shown: Collection[Key]) -> bytes:
    """What has to be kept of the figures that a release shows."""
    cells = [(key, sorted(people), sorted(posts)) for key, (people, posts) in counted.cells.items() if key in shown]
    posts = {post for _, _, some in cells for post in some}
    return msgspec.msgpack.encode([cells, {post: counted.authors[post] for post in sorted(posts)}])


def unpack(release: Release) -> Counted:
    filters = msgspec.json.decode(release.filters)
    cells, authors = msgspec.msgpack.decode(
        release.cells, type=tuple[list[tuple[list[Any], list[int], list[int]]], dict[int, int]]
    )
    scope = scope_of(filters["values"], filters["groups"])
    return Counted(scope, {tuple(key): (frozenset(people), frozenset(posts)) for key, people, posts in cells}, authors)


async def _authors(select: Select, group_ids: Collection[int]) -> dict[int, int]:
    """Who wrote each post of these groups that was read for themes."""
    places = ", ".join(f"${number}" for number in range(1, len(group_ids) + 1)) or "0"
    rows = await select(
        f"""SELECT p.id, p.author_id FROM post p JOIN thread t ON t.id = p.thread_id
        WHERE t.group_id IN ({places}) AND (EXISTS (SELECT 1 FROM tagging g WHERE g.post_id = p.id)
        OR EXISTS (SELECT 1 FROM no_theme n WHERE n.post_id = p.id))""",
        *group_ids,
    )
    return {row["id"]: row["author_id"] for row in rows}


def _identities(key: Key, scope: Scope) -> list[Key]:
    """What a figure is: a theme in a release on one region is also the figure of that region in another release."""
    found = [key]
    if key[0] == "theme" and scope.region:
        found.append(("region", key[1], scope.region))
    if key[0] == "theme" and scope.type:
        found.append(("type", key[1], scope.type))
    return found


def _are_nested(one: Scope, other: Scope, key: Key) -> bool:
    if key in (("base",), ("read",)):  # they count whatever its kind
        one, other = replace(one, kind=None), replace(other, kind=None)
    return one.is_within(other) or other.is_within(one)


def _have_nested_posts(one: Cell, other: Cell) -> bool:
    return bool(one[1] and other[1]) and (one[1] <= other[1] or other[1] <= one[1])
