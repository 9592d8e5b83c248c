"""Quotes: approving the redacted words of a post, and withdrawing them. The machine proposes; a person approves each.

Nothing that the scan knows may be left in what is approved, and no word in it that its author did not write.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from forum.actions import action, check_key, first_time
from forum.actions.taggings import HOLD_POST, hold_theme
from forum.audit import record
from forum.context import Forum
from forum.database import select
from forum.errors import Invalid, NotFound
from forum.intelligence.known import known_names
from forum.intelligence.proposing import added_words, plain_words
from forum.intelligence.quotes import FITS
from forum.intelligence.scan import KINDS, MARK, Found, scan
from forum.markup import as_text
from forum.models import Person, Post, Quote
from forum.models.ids import new_id
from forum.permissions import User, can_quote, require, user_now, visible_post

LONGEST = 1000
WHO_QUOTES = "Only analysts, and facilitators for their own groups, may choose quotes."
CHANGED = "This post has changed since you opened the page. Read it again, then choose what to quote."
NOT_ALLOWED = "Its author does not allow this post to be quoted."
REASONS = {
    "identifies": "It could tell who said it",
    "meaning": "It does not say what its author meant",
    "author": "Its author asked for it",
    "other": "Another reason",
}
WITHDRAWN = {
    "permission": "Its author no longer allows it",
    "edited": "Its author edited the post",
    "hidden": "A facilitator hid the post",
    **REASONS,
}


@action
async def approve_quote(
    forum: Forum,
    user: User,
    post_id: int,
    theme_code: str,
    start: int,
    end: int,
    revision: int,
    redacted: str,
    key: str,
) -> int:
    """Approve the passage from and to these code points of a post's source, as `redacted`; returns the quote's id.

    Invalid when the post has changed since `revision` or may not be quoted, when `redacted` still holds something that
    the scan finds, and when it has a word that the passage has not.
    """
    check_key(key)
    await _quotable_group(user, post_id)  # who may not quote here learns nothing from the scan
    redacted = _tidy(redacted)
    known, quote_id = await known_names(), new_id()
    found = await asyncio.to_thread(scan, redacted, known)
    async with forum.write():
        user = await user_now(user)
        await select(HOLD_POST, post_id)  # no edit comes between reading the post and approving its words
        post = await _quotable_group(user, post_id)
        said = (post_id, theme_code, start, end, revision, redacted)
        await first_time(forum, user, key, ("quote", *said), quote_id)
        theme_id = await hold_theme(theme_code)
        problems = _problems(post, start, end, revision) or _words_problems(post.body[start:end], redacted, found)
        if theme_id is None:
            problems["theme"] = "Choose a theme of the codebook."
        elif not problems and not await _carries(post_id, theme_id):
            problems["theme"] = "This post does not carry this theme, or was edited since it was tagged."
        elif not problems and await Person.exists(id=post.author_id, consent_withdrawn_at__isnull=False):
            problems["revision"] = NOT_ALLOWED
        elif await Quote.filter(post_id=post_id, theme_id=theme_id, withdrawn_at=None).exists():
            problems["theme"] = "A quote from this post is approved for this theme already."
        if problems or theme_id is None:
            raise Invalid(problems)
        await Quote.create(
            id=quote_id,
            post_id=post_id,
            post_revision=revision,
            theme_id=theme_id,
            start=start,
            end=end,
            redacted=redacted,
            approved_by_id=user.id,
            approved_at=forum.clock(),
        )
        await record(forum, user, "approve_quote", "quote", quote_id, theme=theme_code, group=post.thread.group_id)
    return quote_id


@action
async def withdraw_quote(forum: Forum, user: User, quote_id: int, reason: str, key: str) -> int:
    """Take a quote out of everything that is not issued yet; returns its id. Withdrawing it twice changes nothing."""
    check_key(key)
    async with forum.write():
        user = await user_now(user)
        quote = await Quote.get_or_none(id=quote_id).select_related("post__thread__group")
        if quote is None or not can_quote(user, quote.post.thread.group):
            raise NotFound  # a member must not learn that there is a quote
        if reason not in REASONS:
            raise Invalid({"reason": "Choose why you withdraw this quote."})
        await first_time(forum, user, key, ("withdraw", quote_id, reason), quote_id)
        if await _withdraw(reason, forum.clock(), id=quote_id):
            group_id = quote.post.thread.group_id
            await record(forum, user, "withdraw_quote", "quote", quote_id, group=group_id, reason=reason)
    return quote_id


async def follow_post(post: Post, body: str, quotable: bool, revision: int, at: datetime) -> None:
    """Inside the edit of a post, which becomes `body` and `quotable` at `revision`: its quotes are withdrawn, or go on
    standing when neither changed."""
    if not quotable:
        await _withdraw("permission", at, post_id=post.id)
    elif body != post.body:
        await _withdraw("edited", at, post_id=post.id)
    else:
        standing = Quote.filter(post_id=post.id, post_revision=post.revision, withdrawn_at=None)
        await standing.update(post_revision=revision)


async def follow_hiding(post_id: int, at: datetime) -> None:
    """Inside the hiding of a post: its quotes are withdrawn, and restoring it brings none back."""
    await _withdraw("hidden", at, post_id=post_id)


async def _withdraw(why: str, at: datetime, **which: int) -> int:
    return await Quote.filter(withdrawn_at=None, **which).update(withdrawn_at=at, withdrawn_why=why)


async def _quotable_group(user: User, post_id: int) -> Post:
    post = await visible_post(user, post_id)
    require(can_quote(user, post.thread.group), WHO_QUOTES)
    return post


def _tidy(redacted: str) -> str:
    try:
        return " ".join(as_text(redacted).split())
    except ValueError as fault:
        raise Invalid({"redacted": f"It {fault}. Take it out and send again."}) from None


def _problems(post: Post, start: int, end: int, revision: int) -> dict[str, str]:
    if post.hidden_at is not None:
        return {"revision": "A facilitator hid this post. It cannot be quoted."}
    if not post.quotable:
        return {"revision": NOT_ALLOWED}
    if post.council_id is None:
        return {"revision": "Only the words of councillors are quoted."}
    if post.revision != revision:
        return {"revision": CHANGED}
    if not 0 <= start < end <= len(post.body):
        return {"revision": "The passage is not inside the post. Open the page again."}
    return {}


def _words_problems(passage: str, redacted: str, found: list[Found]) -> dict[str, str]:
    """What is wrong with the redacted words, named so that it can be mended."""
    if not any(letter.isalnum() for letter in MARK.sub("", redacted)):
        return {"redacted": "Leave some of the words, or choose another passage."}
    if len(redacted) > LONGEST:
        return {"redacted": f"It has {len(redacted):,} characters. Shorten it to {LONGEST:,} or fewer."}
    if found:
        named = ", ".join(dict.fromkeys(f"“{one.words}” ({KINDS[one.kind]})" for one in found))
        return {"redacted": f"Take these out, or put a mark such as [name] in their place: {named}."}
    if added := added_words(redacted, plain_words(passage)):
        named = ", ".join(f"“{word}”" for word in dict.fromkeys(added))
        return {"redacted": f"Its author did not write this there: {named}. You can take words out, not put words in."}
    return {}


async def _carries(post_id: int, theme_id: int) -> bool:
    """Whether the post as it is was tagged with this theme or one below it."""
    rows = await select(
        f"""SELECT g.id FROM tagging g JOIN post p ON p.id = g.post_id JOIN theme h ON h.id = g.theme_id
        WHERE p.id = $1 AND (h.id = $2 OR h.parent_id = $2) AND {FITS} LIMIT 1""",
        post_id,
        theme_id,
    )
    return bool(rows)
