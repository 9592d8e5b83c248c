"""The framework matrix: what staff write about a theme in a group or in a discussion. A cell holds one text."""

from __future__ import annotations

from forum.actions import action, check_key, first_time
from forum.context import Forum
from forum.errors import Invalid, NotFound
from forum.markup import as_text
from forum.models import MatrixCell, Theme
from forum.models.ids import new_id
from forum.models.themes import IN_USE
from forum.permissions import User, can_summarise, readable_group, require, user_now, visible_thread

LONGEST = 400
WHO_WRITES = "Only facilitators of this group and analysts may write in its framework."


@action
async def write_cell(
    forum: Forum, user: User, slug: str, thread_id: int | None, theme_id: int, words: str, seen: int, key: str
) -> int:
    """Put these words into a cell, in place of what stands there; no words empty it. Returns the cell's new id.

    `seen` is the id of what stood there when it was opened, 0 for nothing. Invalid when something else does by now.
    """
    check_key(key)
    cell_id = new_id()
    words = _checked(words)
    async with forum.write():
        user = await user_now(user)
        group_id = await group_of_cell(user, slug, thread_id)
        await first_time(forum, user, key, ("matrix", group_id, thread_id, theme_id, words, seen), cell_id)
        if not await Theme.filter(id=theme_id, status__in=IN_USE).exists():
            raise NotFound
        there = await newest(group_id, thread_id, theme_id)
        if (there.id if there else 0) != seen:
            raise Invalid({"seen": "Somebody has written here since you opened this. Read it below, then save yours."})
        await MatrixCell.filter(group_id=group_id, thread_id=thread_id, theme_id=theme_id).delete()
        if words:
            await MatrixCell.create(
                id=cell_id,
                group_id=group_id,
                thread_id=thread_id,
                theme_id=theme_id,
                words=words,
                by_id=user.id,
                written_at=forum.clock(),
            )
    return cell_id


async def group_of_cell(user: User, slug: str, thread_id: int | None) -> int:
    """The group that a cell is about, once this person may write there."""
    group = await readable_group(user, slug) if thread_id is None else (await visible_thread(user, thread_id)).group
    require(can_summarise(user, group), WHO_WRITES)
    return group.id


async def newest(group_id: int, thread_id: int | None, theme_id: int) -> MatrixCell | None:
    """What stands in a cell. Where two people wrote at once, it is what came last."""
    cells = MatrixCell.filter(group_id=group_id, thread_id=thread_id, theme_id=theme_id)
    return await cells.order_by("-written_at", "-id").select_related("by").first()


def _checked(words: str) -> str:
    try:
        words = as_text(words).strip()
    except ValueError as fault:
        raise Invalid({"words": f"This {fault}."}) from None
    if len(words) > LONGEST:
        raise Invalid({"words": f"Write at most {LONGEST} characters: two sentences. These are {len(words)}."})
    return words
