"""Tagging. It takes no revision of the thread: a gap in the numbers would tell members that something was tagged."""

from __future__ import annotations

from typing import Any

from forum.actions import action, check_key, first_time
from forum.context import Forum
from forum.errors import Invalid, NotFound
from forum.models import Tagging, Theme
from forum.models.ids import new_id
from forum.models.taggings import KINDS
from forum.permissions import User, can_tag, can_tag_post, require, user_now, visible_post

LONGEST_CODE = 20
WHO_TAGS = "Only facilitators of this group and analysts may tag in it."


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
        user = await user_now(user)
        post = await visible_post(user, post_id)
        require(can_tag(user, post.thread.group), WHO_TAGS)
        require(can_tag_post(user, post), "A facilitator hid this post. Only facilitators of this group may tag it.")
        await first_time(forum, user, key, ("tag", post_id, theme_code, kind, passage, revision), tagging_id)
        # A longer code than any that can be stored is not asked for: the ORM raises instead of finding nothing.
        theme = await Theme.get_or_none(code=theme_code) if len(theme_code) <= LONGEST_CODE else None
        problems = {}
        if theme is None:
            problems["theme"] = "Choose a theme of the codebook."
        if kind not in KINDS:
            problems["kind"] = "Choose a kind."
        if post.revision != revision:
            problems["revision"] = "This post has changed since you opened it. Read it again, then tag it."
        elif passage and not 0 <= passage[0] < passage[1] <= len(post.body):
            problems["start"] = "The passage is not inside the post. Select it again."
        if problems or theme is None:
            raise Invalid(problems)
        start, end = passage or (None, None)
        said: dict[str, Any] = {
            "post_id": post_id,
            "theme_id": theme.id,
            "kind": kind,
            "start": start,
            "end": end,
            "by_id": user.id,
        }
        if await Tagging.filter(**said).exists():
            raise Invalid({"theme": "You have put this theme and kind there already."})
        quote = post.body[start:end] if passage else ""
        await Tagging.create(id=tagging_id, post_revision=revision, quote=quote, created_at=forum.clock(), **said)
    return tagging_id


@action
async def remove_tagging(forum: Forum, user: User, tagging_id: int, key: str) -> int:
    """Take a tagging off again; returns the id of the post it stood on. Taking it off twice is no fault."""
    check_key(key)
    async with forum.write():
        user = await user_now(user)
        tagging = await Tagging.get_or_none(id=tagging_id)
        await first_time(forum, user, key, ("untag", tagging_id), tagging.post_id if tagging else 0)
        if tagging is None:
            raise NotFound
        post = await visible_post(user, tagging.post_id)
        if not can_tag(user, post.thread.group):
            raise NotFound  # a member must not learn that there is a tagging
        await Tagging.filter(id=tagging_id).delete()
    return tagging.post_id
