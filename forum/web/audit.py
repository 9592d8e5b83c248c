"""The audit log, for administrators: newest first, narrowed by who, what, about whom and when. Nobody edits it.

The log holds numbers. Who they are is looked up when it is read, so a person who was erased stays a number.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from forum.actions.audit import note_reading
from forum.audit import ACTS
from forum.errors import Invalid, NotFound
from forum.models import AuditRow, Person, Theme
from forum.permissions import User, can_read_audit, require, visible_groups
from forum.web.applications import count_waiting
from forum.web.rendering import LONDON, moment, page
from forum.web.requests import forum_of, number, user_of, word

WHO_READS = "Only administrators may read the audit log."
LABELS = {"act": "What was done", "who": "Who did it", "about": "About", "from": "First day", "to": "Last day"}
TERMINAL = "terminal"
ROWS_PER_PAGE = 50
NAMED = ("person", "group", "theme")  # what has a name to look up


@dataclass(frozen=True, slots=True)
class Thing:
    """What a row points at: its kind, its id and, while there is one that this reader may know, its name."""

    kind: str
    id: int
    name: str

    @property
    def words(self) -> str:
        return self.name or f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as the page shows it."""

    number: int
    at: str
    who: Thing | None
    act: str
    about: Thing | None
    things: list[Thing]
    details: list[tuple[str, Any]]


async def show(request: Request) -> Response:
    """The look itself is in the log: that it was opened, and for what. Older pages of the same look are not."""
    user, forum = user_of(request), forum_of(request)
    require(can_read_audit(user), WHO_READS)
    values, problems = _words(request)
    asked, rows = AuditRow.all(), []
    try:
        before = number(request.query_params, "before")
    except Invalid:
        raise NotFound from None
    if not problems:
        asked, chosen, problems = await _narrowed(values)
    if not problems:
        if before is None:
            await note_reading(forum, user, chosen)
        else:
            asked = asked.filter(number__lt=before)
        rows = await asked.order_by("-number").limit(ROWS_PER_PAGE + 1)
    shown = rows[:ROWS_PER_PAGE]
    return page(
        request,
        "audit/show.html",
        422 if problems else 200,
        rows=await _shown(user, shown),
        acts=ACTS.items(),
        labels=LABELS,
        waiting=await count_waiting(),
        values=values,
        problems=problems,
        is_first=before is None,
        newest=_address(values),
        older=_address(values, before=str(shown[-1].number)) if len(rows) > ROWS_PER_PAGE else "",
        narrowed_to=_address,
    )


def _address(values: dict[str, str], **changed: str) -> str:
    kept = {name: value for name, value in (values | changed).items() if value}
    return f"/audit?{urlencode(kept)}" if kept else "/audit"


def _words(request: Request) -> tuple[dict[str, str], dict[str, str]]:
    """The words of the filters, and what is wrong with those that cannot be read at all."""
    values, problems = {}, {}
    for name in LABELS:
        if len(request.query_params.getlist(name)) > 1:
            problems[name] = "This came more than once. Send it once."
            continue
        try:
            values[name] = word(request.query_params, name)
        except Invalid as invalid:
            problems |= invalid.problems
    return values, problems


async def _narrowed(values: dict[str, str]) -> tuple[QuerySet[AuditRow], dict[str, str | int], dict[str, str]]:
    """The rows that were asked for, what that was as ids and fixed words, and what cannot be asked for."""
    rows, chosen, problems = AuditRow.all(), dict[str, str | int](), dict[str, str]()
    if act := values["act"]:
        if act in ACTS:
            rows, chosen["act"] = rows.filter(act=act), act
        else:
            problems["act"] = "Choose an act from the list."
    for name in ("who", "about"):
        if not (typed := values[name]):
            continue
        if name == "who" and typed == TERMINAL:
            rows, chosen["who"] = rows.filter(actor_id=None), TERMINAL
        elif (found := await _id_of(typed)) is None:
            problems[name] = "There is no account with this address. Write an address or a number."
        else:
            rows, chosen[name] = rows.filter(Q(actor_id=found) if name == "who" else _is_about(found)), found
    days = {name: _day(values[name], name, problems) for name in ("from", "to")}
    if (first := days["from"]) and (last := days["to"]) and first > last:
        problems["to"] = "The last day must not be before the first."
    if first := days["from"]:
        rows, chosen["from"] = rows.filter(at__gte=_midnight(first)), first.isoformat()
    if last := days["to"]:
        rows, chosen["to"] = rows.filter(at__lt=_midnight(last + timedelta(days=1))), last.isoformat()
    return rows, chosen, problems


def _is_about(id: int) -> Q:
    """Rows whose subject it is, or that name it in their details, which are one flat object of JSON."""
    return Q(subject_id=id) | Q(details__contains=f":{id},") | Q(details__contains=f":{id}}}")


async def _id_of(typed: str) -> int | None:
    """An id as it is, or that of the account with this address."""
    if re.fullmatch(r"[1-9][0-9]{0,15}", typed):
        return int(typed)
    person = await Person.get_or_none(email=typed.lower()) if len(typed) <= 254 else None
    return int(person.id) if person else None


def _day(typed: str, name: str, problems: dict[str, str]) -> date | None:
    try:
        day = date.fromisoformat(typed) if typed else None
    except ValueError:
        day = None
    if typed and (day is None or not 2000 <= day.year < 3000):
        problems[name] = "Write a day as 2026-04-30."
        return None
    return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)  # SQLite compares times as they are written


async def _shown(user: User, rows: list[AuditRow]) -> list[Shown]:
    details: list[dict[str, Any]] = [json.loads(row.details) for row in rows]
    told: dict[str, set[int]] = {kind: set() for kind in NAMED}
    for row, more in zip(rows, details, strict=True):
        told["person"] |= {row.actor_id} if row.actor_id else set()
        for kind, id in ((row.subject, row.subject_id), *more.items()):
            if kind in told and isinstance(id, int):
                told[kind].add(id)
    people = Person.filter(id__in=told["person"]).values_list("id", "name")
    groups = visible_groups(user).filter(id__in=told["group"]).values_list("id", "name")
    themes = Theme.filter(id__in=told["theme"]).values_list("id", "code")
    names = {kind: dict(await found) for kind, found in zip(NAMED, (people, groups, themes), strict=True)}

    def thing(kind: str, id: int | None) -> Thing | None:
        return Thing(kind, id, names.get(kind, {}).get(id, "")) if id else None

    return [
        Shown(
            row.number,
            f"{moment(row.at)}:{row.at:%S}",
            thing("person", row.actor_id),
            ACTS.get(row.act, row.act),
            thing(row.subject, row.subject_id),
            [found for kind, id in more.items() if kind in NAMED and (found := thing(kind, id))],
            [
                (name.replace("_", " "), value)
                for name, value in more.items()
                if name not in NAMED and value is not None
            ],
        )
        for row, more in zip(rows, details, strict=True)
    ]
