"""Inviting a list of people: first what would happen, line by line; then, sent once more, exactly that.

What was shown travels in the form as one letter for each line. When it is judged again and has become something else,
nobody is invited and the list is shown afresh.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from forum.actions import action, check_key, first_time
from forum.actions.invitations import put_invitation, record_invitation, require_letters
from forum.actions.invited_lines import Councils, Line, Lines, read_lines
from forum.actions.inviting import Door, Standing, check_role, open_door, standings
from forum.context import Forum
from forum.errors import Invalid
from forum.models import Council
from forum.permissions import User

LETTERS = {"new": "n", "again": "a", "back": "b", "here": "h", "account": "c", "shut": "s", "fault": "f"}
CHANGED = "Something has changed since you looked. Look again: the lines that are different are marked."


@dataclass(frozen=True, slots=True)
class Step:
    """What would happen by one line."""

    line: Line
    standing: Standing


@dataclass(frozen=True, slots=True)
class Plan:
    steps: list[Step]
    left_out: list[str]

    @property
    def shown(self) -> str:
        return "".join(LETTERS[step.standing.outcome] for step in self.steps)

    @property
    def invited(self) -> list[Step]:
        return [step for step in self.steps if step.standing.is_invited]

    def count(self, *outcomes: str) -> int:
        return sum(step.standing.outcome in outcomes for step in self.steps)

    def changed(self, shown: str) -> set[int]:
        """The numbers of the lines that are different from when this was shown."""
        if len(shown) != len(self.steps):
            return set()
        return {step.line.number for step, was, is_ in zip(self.steps, shown, self.shown, strict=True) if was != is_}


async def read_list(text: str) -> Lines:
    """Outside transactions: the lines of a list, or Invalid."""
    councils = {name: council_id for council_id, name in await Council.all().values_list("id", "name")}
    return await asyncio.to_thread(read_lines, text, councils)


async def find_council(typed: str) -> int:
    """The id of the council that somebody named, or Invalid with what they may have meant."""
    councils = {name: council_id for council_id, name in await Council.all().values_list("id", "name")}
    _, council_id, fault = Councils(councils).find(typed)
    if council_id is None:
        raise Invalid({"council": f"{fault}." if not fault.endswith("?") else fault})
    return council_id


async def plan_list(forum: Forum, door: Door, lines: Lines) -> Plan:
    """What inviting them would do at this moment."""
    found = await standings(forum, door, sorted({line.email for line in lines.lines if not line.fault}))
    steps = [Step(line, Standing("fault", line.fault) if line.fault else found[line.email]) for line in lines.lines]
    return Plan(steps, lines.left_out)


@action
async def invite_list(
    forum: Forum,
    user: User | None,
    slug: str,
    by_facilitator: bool,
    text: str,
    role: str,
    shown: str,
    key: str = "",
) -> int:
    """Invite whom the list names, and say how many. Invalid when it is no longer as it was `shown`."""
    lines = await read_list(text)
    async with forum.write():
        door = await open_door(user, slug, by_facilitator)
        check_role(door, role)
        plan = await plan_list(forum, door, lines)
        if user is not None:
            check_key(key)
            await first_time(forum, user, key, ("invite list", slug, role, text, shown), len(plan.invited))
        if plan.shown != shown:
            raise Invalid(CHANGED)
        if not plan.invited:
            raise Invalid("There is nobody in this list to invite.")
        await require_letters(forum, door, len(plan.invited))
        by_address = sorted((step.line for step in plan.invited), key=lambda line: line.email)
        ids = [
            await put_invitation(forum, door.user, line.email, line.name, line.council_id, door.group_id, role)
            for line in by_address
        ]
        for invitation_id in ids:  # last: the audit log is locked from the first of them on
            await record_invitation(forum, door.user, invitation_id, door.group_id, role, None)
    return len(ids)
