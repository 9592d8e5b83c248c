"""What a summary may be narrowed by, and reading it.

A value that is not among the person's choices is refused in the same words whether it exists or not: a hidden group is
no choice, so naming it tells nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from forum.database import select
from forum.errors import Invalid
from forum.models import Group, Theme
from forum.models.taggings import KINDS
from forum.models.themes import IN_USE
from forum.permissions import User, summarised_groups

NAMES = ("group", "region", "council_type", "kind", "theme", "facilitated", "from", "to")
LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class Choices:
    """What this person may choose from; `groups` are also all that their summaries count, and `themes`, those that are
    in use, all that have a row."""

    groups: list[Group]
    regions: list[str]
    council_types: list[str]
    themes: list[Theme]


@dataclass(frozen=True, slots=True)
class Filters:
    """Read filters; None for each that does not narrow. `first` and `last` are first days of months, both included.
    `facilitated`: only discussions that a facilitator opened."""

    group: Group | None = None
    region: str | None = None
    council_type: str | None = None
    kind: str | None = None
    theme: Theme | None = None
    first: date | None = None
    last: date | None = None
    facilitated: bool = False

    @property
    def begin(self) -> datetime | None:
        """When the first month begins in the United Kingdom."""
        return _begin(self.first) if self.first else None

    @property
    def end(self) -> datetime | None:
        """When the last month has ended."""
        return _begin(months_later(self.last, 1)) if self.last else None

    @property
    def before(self) -> Filters | None:
        """The same for as many months right before, when both ends were given."""
        if self.first is None or self.last is None:
            return None
        months = 12 * (self.last.year - self.first.year) + self.last.month - self.first.month + 1
        return replace(self, first=months_later(self.first, -months), last=months_later(self.first, -1))

    @property
    def may_spread(self) -> bool:
        """Whether figures may be told apart by region or by type: never by both at once, nor within one of them."""
        return self.region is None and self.council_type is None

    def covers(self, theme: Theme) -> bool:
        """Whether taggings with this theme are counted: a parent includes its children."""
        return self.theme is None or self.theme.id in (theme.id, theme.parent_id)

    @property
    def values(self) -> dict[str, str]:
        """These filters as an address carries them."""
        found = {
            "group": self.group and self.group.slug,
            "region": self.region,
            "council_type": self.council_type,
            "kind": self.kind,
            "theme": self.theme and self.theme.code,
            "facilitated": "yes" if self.facilitated else None,
            "from": self.first and f"{self.first:%Y-%m}",
            "to": self.last and f"{self.last:%Y-%m}",
        }
        return {name: value for name, value in found.items() if value}

    @property
    def query(self) -> str:
        return f"?{urlencode(self.values)}" if self.values else ""


async def choices_for(user: User) -> Choices:
    councils = await select("SELECT DISTINCT region, type FROM council")
    return Choices(
        groups=await summarised_groups(user).order_by("name"),
        regions=sorted({council["region"] for council in councils}),
        council_types=sorted({council["type"] for council in councils}, key=str.casefold),
        themes=await Theme.filter(status__in=IN_USE).order_by("position"),
    )


def read_filters(values: Mapping[str, str], choices: Choices) -> Filters:
    """The filters that these words name; an empty word is no filter. Invalid, with all that is wrong."""
    groups = {group.slug: group for group in choices.groups}
    themes = {theme.code: theme for theme in choices.themes}
    given = {name: value for name in NAMES if (value := values.get(name))}
    problems = {}
    for name, known in {
        "group": groups,
        "region": choices.regions,
        "council_type": choices.council_types,
        "kind": KINDS,
        "theme": themes,
    }.items():
        if name in given and given[name] not in known:
            problems[name] = f"Choose a {name.replace('_', ' ')} from the list."
    if given.get("facilitated", "yes") != "yes":
        problems["facilitated"] = "Choose facilitated discussions only, or leave it out."
    if "region" in given and "council_type" in given and not {"region", "council_type"} & problems.keys():
        problems["council_type"] = (
            "Choose a region or a council type, not both: together they could tell which council it is."
        )
    months = {}
    for name in ("from", "to"):
        if name in given:
            month = _month(given[name])
            if month is None:
                problems[name] = "Enter a month as year and month, such as 2026-04."
            else:
                months[name] = month
    if len(months) == 2 and months["to"] < months["from"]:
        problems["to"] = "Choose a last month that is not before the first."
    if problems:
        raise Invalid(problems)
    return Filters(
        group=groups.get(given.get("group", "")),
        region=given.get("region"),
        council_type=given.get("council_type"),
        kind=given.get("kind"),
        theme=themes.get(given.get("theme", "")),
        first=months.get("from"),
        last=months.get("to"),
        facilitated="facilitated" in given,
    )


def _month(word: str) -> date | None:
    found = re.fullmatch(r"((?:19|2[0-9])[0-9]{2})-(0[1-9]|1[0-2])", word, re.ASCII)
    return date(int(found[1]), int(found[2]), 1) if found else None


def months_later(month: date, number: int) -> date:
    """The first day of the month that comes this many after (or before) this one."""
    years, months = divmod(month.month - 1 + number, 12)
    return date(month.year + years, months + 1, 1)


def _begin(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=LONDON).astimezone(UTC)
