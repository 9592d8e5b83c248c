"""Tagging. It takes no revision of the thread: a gap in the numbers would tell members that something was tagged.

A tagging belongs to the person who put it there: two people tag a post each for themselves.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from forum.actions import action, check_key, first_time
from forum.anchors import around, find_again
from forum.context import Forum
from forum.database import select
from forum.errors import Invalid
from forum.models import NoTheme, Post, Tagging
from forum.models.ids import new_id
from forum.models.taggings import KINDS
from forum.models.themes import IN_USE
from forum.permissions import User, can_tag, can_tag_post, require, user_now, visible_post, visible_tagging

LONGEST_CODE = 20
# What changes nothing locks the row: no edit comes between reading a post and tagging it.
HOLD_POST = "UPDATE post SET number = number WHERE id = $1 RETURNING id"
HOLD_THEME = "UPDATE theme SET status = status WHERE code = $1 AND status IN ($2, $3) RETURNING id"
WHO_TAGS = "Only facilitators of this group and analysts may tag in it."
WHO_TAGS_HIDDEN = "A facilitator hid this post. Only facilitators of this group may tag it."
CHANGED = "This post has changed since you opened it. Read it again, then tag it."


@action
async def tag_post(
    forum: Forum,
    user: User,
    post_id: int,
    theme_code: str,
    kind: str,
    passage: tuple[int, int] | None,
    revision: int,
    key: str,
) -> int:
    """Put a theme on a post, or on the passage from and to these code points of its source; returns the tagging's id.

    Invalid when the post has changed since `revision`, and for a theme, kind or passage that is not there.
    """
    check_key(key)
    tagging_id = new_id()
    async with forum.write():
        user, post = await post_to_tag(user, post_id)
        await first_time(forum, user, key, ("tag", post_id, theme_code, kind, passage, revision), tagging_id)
        theme_id = await hold_theme(theme_code)
        problems = problems_of(post, kind, passage, revision)
        if theme_id is None:
            raise Invalid({"theme": "Choose a theme of the codebook."} | problems)
        if problems:
            raise Invalid(problems)
        await put_theme(forum, user, post, theme_id, kind, passage, tagging_id)
    return tagging_id


@action
async def remove_tagging(forum: Forum, user: User, tagging_id: int, key: str) -> int:
    """Take one's own tagging off again; returns the id of the post it stood on."""
    check_key(key)
    async with forum.write():
        user = await user_now(user)
        tagging = await Tagging.get_or_none(id=tagging_id)
        await first_time(forum, user, key, ("untag", tagging_id), tagging.post_id if tagging else 0)
        tagging = await own_tagging(user, tagging_id)
        await Tagging.filter(id=tagging_id).delete()
    return tagging.post_id


@action
async def confirm_tagging(forum: Forum, user: User, tagging_id: int, revision: int, key: str) -> int:
    """Say that one's own tagging still fits a post that was edited; returns the post's id.

    Where its words are gone it stands on the whole post from now on.
    """
    check_key(key)
    async with forum.write():
        user = await user_now(user)
        await select(HOLD_POST, (await own_tagging(user, tagging_id)).post_id)
        tagging = await own_tagging(user, tagging_id)
        post = tagging.post
        require(can_tag_post(user, post), WHO_TAGS_HIDDEN)
        await first_time(forum, user, key, ("confirm", tagging_id, revision), post.id)
        if post.revision != revision:
            raise Invalid({"revision": CHANGED})
        if is_for_review(tagging, post):
            whole = {"start": None, "end": None, "quote": "", "before": "", "after": ""}
            others = Tagging.filter(post_id=post.id, theme_id=tagging.theme_id, kind=tagging.kind, by_id=user.id)
            if await others.filter(start=None).exclude(id=tagging_id).exists():
                raise Invalid("You have this theme and kind on the whole post already. Take this one off.")
            await Tagging.filter(id=tagging_id).update(review_at=None, post_revision=post.revision, **whole)
    return tagging.post_id


@action
async def say_no_theme(forum: Forum, user: User, post_id: int, revision: int, key: str) -> int:
    """Answer that no theme fits a post as it was at `revision`; returns the post's id. To say it twice is no fault."""
    check_key(key)
    async with forum.write():
        user, post = await post_to_tag(user, post_id)
        await first_time(forum, user, key, ("no theme", post_id, revision), post_id)
        if post.revision != revision:
            raise Invalid({"revision": CHANGED})
        if await Tagging.filter(post_id=post_id, by_id=user.id).exists():
            raise Invalid("You have put a theme on this post. Take it off first, if no theme fits.")
        await select(
            """INSERT INTO no_theme (id, post_id, post_revision, by_id, created_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (post_id, by_id) DO NOTHING RETURNING id""",
            new_id(),
            post_id,
            revision,
            user.id,
            forum.clock(),
        )
    return post_id


@action
async def take_back_no_theme(forum: Forum, user: User, post_id: int, key: str) -> int:
    """Take back one's own answer that no theme fits; returns the post's id."""
    check_key(key)
    async with forum.write():
        user = await user_now(user)
        post = await visible_post(user, post_id)
        require(can_tag(user, post.thread.group), WHO_TAGS)
        await first_time(forum, user, key, ("not no theme", post_id), post_id)
        await NoTheme.filter(post_id=post_id, by_id=user.id).delete()
    return post_id


async def follow_edit(post: Post, body: str, revision: int, at: datetime) -> None:
    """Inside the edit of a post, when its words become `body`: each passage finds its words again, or is marked for
    review, like what stood on the whole post. That no theme fits was said of other words: it holds no longer."""
    await NoTheme.filter(post_id=post.id).delete()
    for tagging in await Tagging.filter(post_id=post.id):
        stored = Tagging.filter(id=tagging.id)
        if tagging.start is None or tagging.end is None:
            await stored.update(review_at=at)
            continue
        before, after = tagging.before, tagging.after
        if post.body[tagging.start : tagging.end] == tagging.quote:
            before, after = around(post.body, tagging.start, tagging.end)
        if found := find_again(body, tagging.quote, before, after):
            start, end = found
            before, after = around(body, start, end)
            await stored.update(
                start=start, end=end, before=before, after=after, post_revision=revision, review_at=None
            )
        else:
            await stored.update(before=before, after=after, review_at=at)


async def own_tagging(user: User, tagging_id: int) -> Tagging:
    """One's own tagging with its post, thread and group, or NotFound; NotAllowed for another person's."""
    tagging = await visible_tagging(user, tagging_id)
    whose = f"{tagging.by.name} put this theme there. Only they may change it or take it off: add your own beside it."
    require(tagging.by_id == user.id, whose)
    return tagging


def is_for_review(tagging: Tagging, post: Post) -> bool:
    """Whether somebody has to look: the post was edited, and these words are not where the tagging says."""
    return tagging.review_at is not None or post.body[tagging.start or 0 : tagging.end or 0] != tagging.quote


async def post_to_tag(user: User, post_id: int) -> tuple[User, Post]:
    """Inside a transaction: the person as they are now, and the post; NotFound or NotAllowed unless they may tag it."""
    user = await user_now(user)
    await select(HOLD_POST, post_id)
    post = await visible_post(user, post_id)
    require(can_tag(user, post.thread.group), WHO_TAGS)
    require(can_tag_post(user, post), WHO_TAGS_HIDDEN)
    return user, post


def problems_of(post: Post, kind: str, passage: tuple[int, int] | None, revision: int) -> dict[str, str]:
    problems = {}
    if kind not in KINDS:
        problems["kind"] = "Choose a kind."
    if post.revision != revision:
        problems["revision"] = CHANGED
    elif passage and not 0 <= passage[0] < passage[1] <= len(post.body):
        problems["start"] = "The passage is not inside the post. Select it again."
    return problems


async def hold_theme(code: str) -> int | None:
    """The id of a theme in use, which stays so until this transaction ends: a merge waits, and takes the tagging along.

    A longer code than any that can be stored is no theme's.
    """
    rows = await select(HOLD_THEME, code, *IN_USE) if len(code) <= LONGEST_CODE else []
    return rows[0]["id"] if rows else None


async def put_theme(
    forum: Forum, user: User, post: Post, theme_id: int, kind: str, passage: tuple[int, int] | None, tagging_id: int
) -> None:
    """Inside a transaction: the tagging itself. Who tags a post no longer says that no theme fits it."""
    start, end = passage or (None, None)
    said: dict[str, Any] = {
        "post_id": post.id,
        "theme_id": theme_id,
        "kind": kind,
        "start": start,
        "end": end,
        "by_id": user.id,
    }
    if await Tagging.filter(**said).exists():
        raise Invalid({"theme": "You have put this theme and kind there already."})
    await NoTheme.filter(post_id=post.id, by_id=user.id).delete()
    before, after = around(post.body, *passage) if passage else ("", "")
    quote = post.body[start:end] if passage else ""
    await Tagging.create(
        id=tagging_id,
        post_revision=post.revision,
        quote=quote,
        before=before,
        after=after,
        created_at=forum.clock(),
        **said,
    )
