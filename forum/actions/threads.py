"""Starting a thread."""

from __future__ import annotations

from forum.actions import action, check_key, first_time
from forum.actions.posts import add_post, render_body
from forum.context import Forum
from forum.errors import Invalid
from forum.markup import as_text
from forum.models import Thread
from forum.models.ids import new_id
from forum.permissions import User, require_posting, user_now, visible_group

TITLE = (3, 200)


def check_title(title: str) -> str:
    """The title as it will be stored, on one line, or Invalid."""
    try:
        title = " ".join(as_text(title).split())
    except ValueError as fault:
        raise Invalid({"title": f"The title {fault}. Take it out and send again."}) from None
    if not TITLE[0] <= len(title) <= TITLE[1]:
        raise Invalid({"title": f"Give a title of {TITLE[0]} to {TITLE[1]} characters. This one has {len(title)}."})
    return title


@action
async def start_thread(forum: Forum, user: User, slug: str, title: str, body: str, quotable: bool, key: str) -> int:
    """Open a thread with its first post and return the thread's id."""
    check_key(key)
    await visible_group(user, slug)
    problems: dict[str, str] = {}
    try:
        title = check_title(title)
    except Invalid as invalid:
        problems |= invalid.problems
    try:
        body, html = await render_body(forum, body)
    except Invalid as invalid:
        problems |= invalid.problems
    if problems:
        raise Invalid(problems)
    thread_id, now = new_id(), forum.clock()
    async with forum.write():
        user = await user_now(user)
        group = await visible_group(user, slug)
        require_posting(user, group, "Only members and facilitators of this group may start threads in it.")
        await first_time(forum, user, key, ("thread", slug, title, body, quotable), thread_id)
        await Thread.create(
            id=thread_id,
            group_id=group.id,
            author_id=user.id,
            title=title,
            revision=1,
            created_at=now,
            last_post_at=now,
        )
        await add_post(forum, user, new_id(), thread_id, 1, body, html, quotable)
    return thread_id
