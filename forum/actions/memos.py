"""Memos: notes of staff on a tagging, a theme or a discussion. Only who wrote one takes it off."""

from __future__ import annotations

from typing import Any

from forum.actions import action, check_key, first_time
from forum.context import Forum
from forum.errors import Invalid, NotFound
from forum.markup import as_text
from forum.models import Memo, Theme
from forum.models.ids import new_id
from forum.permissions import (
    User,
    can_see_codebook,
    can_tag,
    require,
    user_now,
    visible_memo,
    visible_tagging,
    visible_thread,
)

LONGEST = 2000
WHO_NOTES = "Only facilitators and analysts may write and read memos."


@action
async def write_memo(forum: Forum, user: User, about: str, thing_id: int, body: str, key: str) -> int:
    """Note something about a "tagging", a "theme" or a "thread"; returns the memo's id."""
    check_key(key)
    memo_id = new_id()
    async with forum.write():
        user = await user_now(user)
        await check_may_note(user, about, thing_id)
        body = check_memo(body)
        await first_time(forum, user, key, ("memo", about, thing_id, body), memo_id)
        said: dict[str, Any] = {"body": body, f"{about}_id": thing_id}
        await Memo.create(id=memo_id, by_id=user.id, created_at=forum.clock(), **said)
    return memo_id


@action
async def remove_memo(forum: Forum, user: User, memo_id: int, key: str) -> int:
    """Take off a memo of one's own. Returns its id; to take it off twice with one key is no fault."""
    check_key(key)
    async with forum.write():
        user = await user_now(user)
        require(can_see_codebook(user), WHO_NOTES)
        await first_time(forum, user, key, ("no memo", memo_id), memo_id)
        memo = await visible_memo(user, memo_id)
        require(memo.by_id == user.id, "Only who wrote a memo may take it off.")
        await Memo.filter(id=memo_id).delete()
    return memo_id


async def check_may_note(user: User, about: str, thing_id: int) -> None:
    """NotFound or NotAllowed unless this person may read and write memos on it."""
    if about == "tagging":
        await visible_tagging(user, thing_id)
    elif about == "thread":
        thread = await visible_thread(user, thing_id)
        require(can_tag(user, thread.group), WHO_NOTES)
    else:
        require(can_see_codebook(user), WHO_NOTES)
        if thing_id > 2**31 - 1 or not await Theme.exists(id=thing_id):
            raise NotFound


def check_memo(body: str) -> str:
    """The memo as it will be stored, or Invalid."""
    try:
        body = as_text(body).strip()
    except ValueError as fault:
        raise Invalid({"memo": f"Your memo {fault}. Take it out and save again."}) from None
    if not body:
        raise Invalid({"memo": "Write something before you save the memo."})
    if len(body) > LONGEST:
        raise Invalid({"memo": f"Your memo has {len(body):,} characters. Shorten it to {LONGEST:,} or fewer."})
    return body
