"""A change of the codebook under way: nobody else changes it until the transaction ends, and it leaves a revision.

`begin` takes the codebook's next version before anything is read: that UPDATE is the lock, so changes come one after
another, and what each reads is as new as its version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from forum.actions import first_time
from forum.audit import record
from forum.context import Forum
from forum.database import select
from forum.errors import Invalid, NotFound
from forum.models import CodebookRevision, Submission, Theme
from forum.models.ids import new_id
from forum.models.themes import new_guid
from forum.permissions import User, can_edit_codebook, require, user_now

WHO_EDITS = "Only analysts may change the codebook. Facilitators may propose a theme."
State = dict[str, str]
May = tuple[Callable[[User], bool], str]  # who may, and the words for all others

STATE = """SELECT h.guid, h.code, p.code AS parent, h.name, h.definition, h.includes, h.excludes, h.example, h.aliases,
    h.colour, h.status, m.code AS merged_into, (
        SELECT COUNT(*) FROM theme s
        WHERE s.position <= h.position AND COALESCE(s.parent_id, 0) = COALESCE(h.parent_id, 0)
    ) AS place
    FROM theme h LEFT JOIN theme p ON p.id = h.parent_id LEFT JOIN theme m ON m.id = h.merged_into_id WHERE h.id = $1"""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the codebook under way: nobody else changes it until this transaction ends."""

    forum: Forum
    by: User
    key: str
    version: int
    reason: str

    async def keep(self, act: str, theme_id: int, before: State | None) -> int:
        """Write the revision of a theme as it stands now; returns its id. Invalid when nothing is different."""
        after = await state_of(theme_id)
        if after == before:
            raise Invalid("Nothing here is different from what the codebook says.")
        revision_id = new_id()
        await CodebookRevision.create(
            id=revision_id,
            version=self.version,
            theme_id=theme_id,
            act=act,
            before=as_json(before) if before else "",
            after=as_json(after),
            reason=self.reason,
            by_id=self.by.id,
            created_at=self.forum.clock(),
        )
        return revision_id

    async def record(self, act: str, theme_id: int | None = None) -> None:
        """Keep it in the audit log, as the last thing of the transaction."""
        subject = "theme" if theme_id else ""
        await record(self.forum, self.by, act, subject, theme_id, version=self.version)

    async def answers(self, made: int) -> int:
        """What the same form answers when it is sent again: the id of what it made is known only once that is there."""
        await Submission.filter(person_id=self.by.id, key=self.key).update(answer=made)
        return made


async def begin(
    forum: Forum,
    user: User,
    key: str,
    reason: str,
    *words: Any,
    answer: int = 0,
    may: May = (can_edit_codebook, WHO_EDITS),
) -> Change:
    """Open a change, as the first thing in a transaction: lock, then ask who this is and whether the form is new."""
    [service] = await select("UPDATE service SET codebook = codebook + 1 WHERE id = 1 RETURNING codebook")
    user = await user_now(user)
    can, who = may
    require(can(user), who)
    await first_time(forum, user, key, (*words, reason), answer)
    return Change(forum, user, key, service["codebook"], reason)


async def theme_here(theme_id: int) -> Theme:
    theme = await Theme.get_or_none(id=theme_id)
    if theme is None:
        raise NotFound
    return theme


async def state_of(theme_id: int) -> State:
    """A theme as revisions keep it: all of it in words, other themes by their codes."""
    [row] = await select(STATE, theme_id)
    return {name: "" if value is None else str(value) for name, value in row.items()}


async def last_version(theme_id: int) -> int:
    """The version of the codebook in which this theme was last changed; 0 for never."""
    [row] = await select("SELECT MAX(version) AS version FROM codebook_revision WHERE theme_id = $1", theme_id)
    return int(row["version"] or 0)


# The order of the codebook: each top theme, then those below it.


async def add_last(words: Mapping[str, str], parent_id: int | None, guid: str = "") -> Theme:
    """A theme behind all others: `arrange` has to follow."""
    last = await Theme.all().order_by("-position").first()
    position = last.position + 1 if last else 1
    said: dict[str, Any] = {"guid": guid or new_guid(), "parent_id": parent_id, "position": position, **words}
    return await Theme.create(**said)


async def order_now() -> dict[int | None, list[int]]:
    """The ids of each level in order, by parent."""
    order: dict[int | None, list[int]] = {None: []}
    for theme_id, parent_id in await Theme.all().order_by("position", "id").values_list("id", "parent_id"):
        order.setdefault(parent_id, []).append(theme_id)
    return order


async def arrange(order: Mapping[int | None, Sequence[int]]) -> None:
    """Number the themes as they are listed: each top theme, then those below it."""
    listed = [each for top in order[None] for each in (top, *order.get(top, ()))]
    was = dict(await Theme.all().values_list("id", "position"))
    for position, theme_id in enumerate(listed, 1):
        if was[theme_id] != position:
            await Theme.filter(id=theme_id).update(position=position)


def as_json(state: State) -> str:
    return msgspec.json.encode(state).decode()
