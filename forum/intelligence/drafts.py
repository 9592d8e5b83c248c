"""The figures of a release, frozen: counted with the stricter rule for what leaves, and compared with what left before.

Every figure is about the people of a scope: groups, months, region, type of council, kind. Where the scope of one lies
within that of another that came out before, and too few people make the difference, the later one is hidden.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from forum.database import Database
from forum.errors import Invalid
from forum.intelligence.disclosure import Rule, differs
from forum.intelligence.filters import choices_for, read_filters
from forum.intelligence.report import Report
from forum.intelligence.summary import everything, people_behind, people_by_type
from forum.intelligence.tables import report_of
from forum.models import Release, Service
from forum.permissions import User
from forum.settings import Intelligence

ROUND_TO = 5
ROUNDED = (
    f"Where a row is the whole of others, its people are rounded to {ROUND_TO}, and percentages are worked out from"
    " that. Councils are not rounded, so that there may be more of them than people."
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
    filters = read_filters(values, choices)
    if filters.theme:  # a parent would count one of its children only, and stand beside releases where it counts all
        raise Invalid({"theme": "A release is about all themes. Take this filter off."})
    rule = Rule(settings.people_leaving, settings.councils, ROUND_TO)
    groups = [filters.group] if filters.group else choices.groups
    own = scope_of(filters.values, [group.id for group in groups])
    async with database.reader() as select:
        behind = await people_behind(select, choices, filters)
        cells = {key: frozenset(keyed(secret, person) for person in people) for key, people in behind.items()}
        issued = [unpack(release) for release in await Release.filter(issued_at__not_isnull=True)]
        too_close = await asyncio.to_thread(hidden_by, cells, own, issued, rule.people)
        figures = await everything(select, choices, filters, rule, also=too_close)
        people = await people_by_type(select, choices, filters)
    report = report_of(figures, now.date(), note="")
    shown = {key: cells[key] for key, counts in figures.cells.items() if not counts.hidden and key in cells}
    return Draft(
        filters=filters.values,
        groups=sorted(own.groups),
        people=people,
        report=replace(report, method=[*report.method, ("Rounding", ROUNDED)]),
        cells=pack(shown),
        codebook=(await Service.get(id=1)).codebook,
    )


def comes_too_close(release: Release, issued: Iterable[Release], least: int) -> bool:
    """Whether a figure of this release would, beside one of the `issued`, tell of fewer than `least` people."""
    own, cells = unpack(release)
    return bool(hidden_by(cells, own, [unpack(other) for other in issued], least))


def hidden_by(
    cells: Mapping[Key, frozenset[int]],
    own: Scope,
    issued: Sequence[tuple[Scope, Mapping[Key, frozenset[int]]]],
    least: int,
) -> set[Key]:
    """The figures of one release that must be hidden because of those that others have shown."""
    shown: dict[Key, list[tuple[Scope, frozenset[int]]]] = {}
    for scope, others in issued:
        for key, people in others.items():
            shown.setdefault(_subject(key), []).append((_scope_of_cell(key, scope), people))
    hidden = set()
    for key, people in cells.items():
        scope = _scope_of_cell(key, own)
        for other, before in shown.get(_subject(key), ()):
            if (scope.is_within(other) or other.is_within(scope)) and differs(people, before, least):
                hidden.add(key)
                break
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


def keyed(secret: bytes, person_id: int) -> int:
    """A number for a person that says who it is only to whoever has the service's secret."""
    return int.from_bytes(hmac.digest(secret, f"release:{person_id}".encode(), "sha256")[:8])


def pack(cells: Mapping[Key, frozenset[int]]) -> bytes:
    return msgspec.msgpack.encode([(key, sorted(people)) for key, people in cells.items()])


def unpack(release: Release) -> tuple[Scope, dict[Key, frozenset[int]]]:
    filters = msgspec.json.decode(release.filters)
    cells = msgspec.msgpack.decode(release.cells, type=list[tuple[list[Any], list[int]]])
    scope = scope_of(filters["values"], filters["groups"])
    return scope, {tuple(key): frozenset(people) for key, people in cells}


def _subject(key: Key) -> Key:
    """What a figure is about, whatever it is narrowed to: a theme by month or region is about that theme."""
    return ("theme", key[1]) if key[0] in ("month", "before", "region", "type") else key


def _scope_of_cell(key: Key, scope: Scope) -> Scope:
    match key:
        case ("month", _, month):
            return replace(scope, first=month, last=month)
        case ("before", _, first, last):
            return replace(scope, first=first, last=last)
        case ("region", _, region):
            return replace(scope, region=region or "")
        case ("type", _, type):
            return replace(scope, type=type or "")
        case ("base",) | ("read",):
            return replace(scope, kind=None)
    return scope
