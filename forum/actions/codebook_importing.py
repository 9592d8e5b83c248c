"""Bringing in a codebook: first what would happen, line by line, then all of it or nothing.

A line is about the theme with its guid, else with its code, else (in a file without codes) with its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from forum.actions import action, check_key
from forum.actions.codebook_changes import Change, add_last, arrange, begin, order_now, state_of
from forum.actions.codebook_rules import WORDS, check_reason, new_codes, read_words
from forum.context import Forum
from forum.errors import Invalid
from forum.intelligence.codebook_csv import Line
from forum.models import Service, Theme
from forum.models.themes import IN_USE, STATUSES
from forum.permissions import User

FIELDS = {
    "code": "code",
    "name": "name",
    "definition": "definition",
    "includes": "include",
    "excludes": "exclude",
    "example": "example",
    "aliases": "other words",
    "colour": "colour",
}


@dataclass(slots=True)
class Step:
    """What one line would do: `theme` is the one it changes, None for a new one; `words` what the theme would get."""

    line: Line
    theme: Theme | None = None
    words: dict[str, str] = field(default_factory=dict)
    guid: str = ""
    parent: Place | None = None
    fault: str = ""
    note: str = ""

    @property
    def code(self) -> str:
        return self.words.get("code") or (self.theme.code if self.theme else "")

    @property
    def changed(self) -> list[str]:
        """The names of what would be different from the theme as it is."""
        theme = self.theme
        if theme is None:
            return []
        names = [name for at, name in FIELDS.items() if at in self.words and self.words[at] != getattr(theme, at)]
        below = self.parent.theme.id if self.parent and self.parent.theme else None
        moves = below != theme.parent_id or (self.parent is not None and below is None)
        names += ["parent"] if moves else []
        return names + (["status"] if self.words.get("status", theme.status) != theme.status else [])

    @property
    def outcome(self) -> str:
        if self.fault:
            return "fault"
        return "create" if self.theme is None else "change" if self.changed else "same"


@dataclass(slots=True)
class Place:
    """A theme as it would stand afterwards, whether the file speaks of it (`step`) or not."""

    theme: Theme | None
    step: Step | None
    parent: Place | None = None

    @property
    def code(self) -> str:
        return self._said("code") or ""

    @property
    def name(self) -> str:
        return self._said("name") or ""

    @property
    def status(self) -> str:
        return self._said("status") or "active"

    @property
    def guid(self) -> str:
        return (self.step.guid if self.step else "") or (self.theme.guid if self.theme else "") or ""

    @property
    def line(self) -> int:
        return self.step.line.number if self.step else 0

    def _said(self, name: str) -> str | None:
        if self.step and name in self.step.words:
            return self.step.words[name]
        return getattr(self.theme, name) if self.theme else None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would do to the codebook of this version."""

    steps: list[Step]
    version: int

    def count(self, outcome: str) -> int:
        return sum(step.outcome == outcome for step in self.steps)


async def plan_import(lines: Sequence[Line]) -> Plan:
    """What these lines would do now. Nothing is written."""
    version = (await Service.get()).codebook
    themes = await Theme.all().order_by("position")
    steps = [_step(line, themes) for line in lines]
    nameless = [step for step in steps if not step.fault and step.theme is None and not step.words.get("code")]
    for step, code in zip(nameless, await new_codes(len(nameless)), strict=True):
        step.words["code"] = code
        step.words.setdefault("status", "candidate")
    _refuse_doubles(steps)
    _find_parents(steps, themes)
    return Plan(steps, version)


@action
async def import_codebook(forum: Forum, user: User, lines: Sequence[Line], version: int, reason: str, key: str) -> int:
    """Bring in these lines, all or nothing; returns the codebook's version after it.

    Invalid when the codebook is not what it was at `version`: what was checked may not be what would happen.
    """
    check_key(key)
    reason = check_reason(reason)
    told = [(line.number, sorted(line.words.items())) for line in lines]
    async with forum.write():
        change = await begin(forum, user, key, reason, "import", told, version)
        if change.version - 1 != version:
            raise Invalid("Somebody changed the codebook since you checked this. Look again at what would happen.")
        plan = await plan_import(lines)
        if plan.count("fault"):
            raise Invalid("Mend the faults first: a codebook comes in whole or not at all.")
        steps = [step for step in plan.steps if step.outcome != "same"]
        if not steps:
            raise Invalid("All of this is in the codebook already.")
        await _write(change, steps)
        await change.answers(change.version)
        await change.record("import_codebook")
        return change.version


async def _write(change: Change, steps: list[Step]) -> None:
    before = {step.theme.id: await state_of(step.theme.id) for step in steps if step.theme}
    for step in steps:
        if step.theme and "code" in step.changed:  # two may change codes with each other: neither may be in the way
            await Theme.filter(id=step.theme.id).update(code=f"~{step.theme.id}")
    ids: dict[int, int] = {}  # of what is written, by line
    for step in sorted(steps, key=lambda step: step.parent is not None):  # parents first
        below = None
        if step.parent:
            below = step.parent.theme.id if step.parent.theme else ids[step.parent.line]
        if step.theme is None:
            ids[step.line.number] = (await add_last({"status": "active", **step.words}, below, step.guid)).id
            continue
        ids[step.line.number] = step.theme.id
        values: dict[str, Any] = dict(step.words)
        if below != step.theme.parent_id:
            last = await Theme.all().order_by("-position").first()
            values |= {"parent_id": below, "position": last.position + 1 if last else 1}
        if values:
            await Theme.filter(id=step.theme.id).update(**values)
    await arrange(await order_now())
    for step in steps:
        theme_id = ids[step.line.number]
        await change.keep("import", theme_id, before.get(theme_id))


def _step(line: Line, themes: Sequence[Theme]) -> Step:
    """What a line says of its theme alone, with the first fault that is found in it."""
    step = Step(line, fault=line.fault)
    if step.fault:
        return step
    said = {name: value.strip() for name, value in line.words.items()}
    try:
        step.guid = str(UUID(said["guid"])) if said.get("guid") else ""
    except ValueError:
        step.fault = "Its guid is none: leave it empty, or write it as 8-4-4-4-12 digits from 0 to f."
        return step
    same = _called(themes, said, step.guid)
    if len(same) > 1:
        step.fault = f"More than one theme is called {same[0].name}. Give the code of one."
        return step
    step.theme = same[0] if same else None
    if step.theme and step.guid and step.theme.guid != step.guid:
        step.fault = (
            f"{step.theme.code} is another theme here, with another guid. Take the guid out to change that one."
        )
        return step
    problems: dict[str, str] = {}
    wanted = {name: said[name] for name in WORDS if name in said and not (name == "code" and not said[name])}
    if step.theme is None:
        wanted.setdefault("name", "")
    kept = {name: value for name, value in wanted.items() if step.theme and value == getattr(step.theme, name)}
    step.words = kept | read_words({name: value for name, value in wanted.items() if name not in kept}, problems)
    _read_status(step, said.get("status", "").lower(), problems)
    step.fault = " ".join(problems.values())
    alike = [theme.code for theme in themes if step.theme is None and theme.name == step.words.get("name")]
    if alike and not step.note:
        step.note = f"beside {alike[0]}, which has the same name"
    return step


def _called(themes: Sequence[Theme], said: Mapping[str, str], guid: str) -> list[Theme]:
    """The themes that a line may be about: one, none, or several of the same name."""
    if found := [theme for theme in themes if guid and theme.guid == guid]:
        return found
    if code := said.get("code"):
        return [theme for theme in themes if theme.code == code]
    name = " ".join(said.get("name", "").split()).casefold()
    return [theme for theme in themes if not guid and theme.name.casefold() == name]


def _read_status(step: Step, status: str, problems: dict[str, str]) -> None:
    now = step.theme.status if step.theme else None
    if not status or status == now:
        return
    if status not in STATUSES:
        problems["status"] = f"Its status is none of {', '.join(STATUSES)}."
    elif now is None and status == "merged":
        step.words["status"] = "retired"
        step.note = "as retired: the file does not say what it was merged into"
    elif "merged" in (now, status):
        problems["status"] = "Themes are merged, and merges taken back, on their own pages: leave the status empty."
    else:
        step.words["status"] = status


def _refuse_doubles(steps: list[Step]) -> None:
    first: dict[object, int] = {}
    for step in steps:
        if step.fault:
            continue
        marks: set[object] = {step.theme.id if step.theme else step.code.lower(), step.guid}
        if not step.line.words.get("code") and not step.guid:
            marks.add(("name", step.words["name"].casefold()))
        for mark in marks - {""}:
            if mark in first:
                step.fault = f"The same theme stands at {first[mark]} already."
            first.setdefault(mark, step.line.number)


# Where each theme would stand once all lines are in.


def _find_parents(steps: list[Step], themes: Sequence[Theme]) -> None:
    """Two levels, each code once, nothing in use below what is not."""
    by_theme = {step.theme.id: step for step in steps if step.theme and not step.fault}
    places = [Place(theme, by_theme.get(theme.id)) for theme in themes]
    by_id = {theme.id: place for theme, place in zip(themes, places, strict=True)}
    places += [Place(None, step) for step in steps if step.theme is None and not step.fault]
    for place in places:
        was = by_id.get(place.theme.parent_id or 0) if place.theme else None
        place.parent = _parent_of(place.step, places, was) if place.step else was
        if place.step:
            place.step.parent = place.parent
    codes: dict[str, Place] = {}
    for place in places:
        other, parent = codes.setdefault(place.code.lower(), place), place.parent
        if other is not place:
            _blame(f"There would be two themes {place.code}.", place, other)
        elif parent is place or (parent and parent.parent):
            _blame(f"Themes have two levels: {place.code} cannot stand below {parent.code}.", place, parent)
        elif parent and place.status in IN_USE and parent.status not in IN_USE:
            _blame(
                f"{place.code} would be {place.status} below {parent.code}, which is {parent.status}.", place, parent
            )


def _parent_of(step: Step, places: Sequence[Place], was: Place | None) -> Place | None:
    """The place that a line puts its theme below; None for the top level."""
    for name, told in {"parent": "code", "parent_guid": "guid", "parent_name": "name"}.items():
        if name not in step.line.words:
            continue
        wanted = step.line.words[name].strip()
        found = [place for place in places if wanted and getattr(place, told).casefold() == wanted.casefold()]
        if wanted and len(found) != 1:
            many = "more than one" if found else "no"
            step.fault = step.fault or f"It stands below {wanted[:60]}, and there is {many} theme called that."
        return found[0] if found else None
    return was


def _blame(fault: str, *places: Place) -> None:
    """The first of these that the file speaks of has the fault: what was wrong before is not the file's."""
    for place in places:
        if place.step:
            place.step.fault = place.step.fault or fault
            return
