"""Writing, editing, hiding and restoring posts. Each stamps the post with the thread's next revision."""

from __future__ import annotations

from forum.actions import action, check_key, first_time
from forum.actions.quotes import follow_hiding, follow_post
from forum.actions.taggings import follow_edit
from forum.audit import record
from forum.context import Forum
from forum.database import select
from forum.errors import Invalid
from forum.markup import as_text, is_blank, render
from forum.models import Edition, Hiding, Post
from forum.models.ids import new_id
from forum.permissions import (
    User,
    can_facilitate,
    require,
    require_editing,
    require_posting,
    user_now,
    visible_post,
    visible_thread,
)

HIDE_REASONS = {
    "off-topic": "It is off the topic of this thread",
    "personal": "It tells personal details of somebody",
    "unkind": "It is unkind or breaks the house rules",
    "confidential": "It tells something confidential",
    "other": "Another reason (say which in the note)",
}
NOTHING = "Write something before you post."


def check_body(forum: Forum, body: str) -> str:
    """The post's source as it will be stored, or Invalid."""
    limit = forum.settings.limits.post_characters
    try:
        body = as_text(body).strip()
    except ValueError as fault:
        raise Invalid({"body": f"Your post {fault}. Take it out and send again."}) from None
    if not body:
        raise Invalid({"body": NOTHING})
    if len(body) > limit:
        raise Invalid({"body": f"Your post has {len(body):,} characters. Shorten it to {limit:,} or fewer."})
    return body


async def render_body(forum: Forum, body: str) -> tuple[str, str]:
    """The post's source as it will be stored, and its HTML; or Invalid."""
    body = check_body(forum, body)
    html = await render(body)
    if is_blank(html):
        raise Invalid({"body": NOTHING})
    return body, html


async def add_post(
    forum: Forum, user: User, post_id: int, thread_id: int, revision: int, body: str, html: str, quotable: bool
) -> None:
    """Inside a change: the thread's next post, with its author's council and role in the group as they are now."""
    now = forum.clock()
    [thread] = await select(
        "UPDATE thread SET posts = posts + 1, last_post_at = $2 WHERE id = $1 RETURNING posts, group_id", thread_id, now
    )
    # Plain SQL: a model would cost a busy thread a tenth of each post.
    await select(
        """INSERT INTO post
            (id, thread_id, number, revision, author_id, council_id, role, body, html, quotable, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id""",
        post_id,
        thread_id,
        thread["posts"],
        revision,
        user.id,
        user.council_id,
        user.roles[thread["group_id"]],
        body,
        html,
        quotable,
        now,
    )


@action
async def write_post(forum: Forum, user: User, thread_id: int, body: str, quotable: bool, key: str) -> int:
    """Add a post to a thread and return its id."""
    check_key(key)
    body, html = await render_body(forum, body)
    post_id = new_id()
    async with forum.change(thread_id) as revisions:
        user = await user_now(user)
        thread = await visible_thread(user, thread_id)
        require_posting(user, thread.group, "Only members and facilitators of this group may post in it.")
        await first_time(forum, user, key, ("post", thread_id, body, quotable), post_id)
        await add_post(forum, user, post_id, thread_id, revisions[thread_id], body, html, quotable)
    return post_id


@action
async def edit_post(forum: Forum, user: User, post_id: int, body: str, quotable: bool, revision: int, key: str) -> int:
    """Replace one's own post, as it was at `revision`, and keep what it said before. Returns its id.

    Invalid, with the text that stands, when the post has changed since.
    """
    check_key(key)
    thread_id = (await visible_post(user, post_id)).thread_id
    body, html = await render_body(forum, body)
    async with forum.change(thread_id) as revisions:
        user = await user_now(user)
        post = await visible_post(user, post_id)
        require_editing(user, post)
        await first_time(forum, user, key, ("edit", post_id, body, quotable, revision), post_id)
        if post.revision != revision:
            raise Invalid(
                {"body": "This post has changed since you opened it. Below is what it says now: put both together."},
                newer=post.body,
                revision=str(post.revision),
            )
        await Edition.create(
            post_id=post_id,
            revision=post.revision,
            body=post.body,
            quotable=post.quotable,
            replaced_at=forum.clock(),
        )
        await Post.filter(id=post_id).update(
            body=body, html=html, quotable=quotable, edited_at=forum.clock(), revision=revisions[thread_id]
        )
        await follow_post(post, body, quotable, revisions[thread_id], forum.clock())
        if body != post.body:
            await follow_edit(post, body, revisions[thread_id], forum.clock())
    return post_id


@action
async def hide_post(forum: Forum, user: User, post_id: int, reason: str, note: str, key: str) -> int:
    """Put a neutral trace in a post's place. Hiding a hidden post changes nothing. Returns the post's id."""
    check_key(key)
    thread_id = (await visible_post(user, post_id)).thread_id
    async with forum.change(thread_id) as revisions:
        user = await user_now(user)
        post = await visible_post(user, post_id)
        require(can_facilitate(user, post.thread.group), "Only facilitators of this group may hide posts in it.")
        if reason not in HIDE_REASONS:
            raise Invalid({"reason": "Choose why you hide this post."})
        note = check_note(note)
        await first_time(forum, user, key, ("hide", post_id, reason, note), post_id)
        if post.hidden_at is None:
            now = forum.clock()
            await Hiding.create(post_id=post_id, by_id=user.id, reason=reason, note=note, created_at=now)
            await Post.filter(id=post_id).update(hidden_at=now, revision=revisions[thread_id])
            await follow_hiding(post_id, now)
            await record(forum, user, "hide_post", "post", post_id, group=post.thread.group_id, reason=reason)
    return post_id


@action
async def restore_post(forum: Forum, user: User, post_id: int, reason: str, key: str) -> int:
    """Show a hidden post again. Returns the post's id."""
    check_key(key)
    thread_id = (await visible_post(user, post_id)).thread_id
    async with forum.change(thread_id) as revisions:
        user = await user_now(user)
        post = await visible_post(user, post_id)
        require(can_facilitate(user, post.thread.group), "Only facilitators of this group may restore posts in it.")
        reason = check_note(reason, "reason")
        await first_time(forum, user, key, ("restore", post_id, reason), post_id)
        if post.hidden_at is not None:
            await Hiding.filter(post_id=post_id, restored_at=None).update(
                restored_at=forum.clock(), restored_by_id=user.id, restored_reason=reason
            )
            await Post.filter(id=post_id).update(hidden_at=None, revision=revisions[thread_id])
            await record(forum, user, "restore_post", "post", post_id, group=post.thread.group_id)
    return post_id


def check_note(note: str, field: str = "note") -> str:
    """A short free text as it will be stored, or Invalid."""
    try:
        note = as_text(note).strip()
    except ValueError as fault:
        raise Invalid({field: f"It {fault}. Take it out and send again."}) from None
    if len(note) > 1000:
        raise Invalid({field: "Shorten it to 1,000 characters or fewer."})
    return note
