"""Tagging with a theme that the codebook does not have yet: the candidate and its first tagging, both or neither."""

from __future__ import annotations

from forum.actions import action, check_key
from forum.actions.codebook import WHO_PROPOSES, add_candidate, check_candidate
from forum.actions.codebook_changes import begin
from forum.actions.taggings import post_to_tag, problems_of, put_theme
from forum.context import Forum
from forum.errors import Invalid
from forum.models.ids import new_id
from forum.permissions import User, can_see_codebook


@action
async def tag_with_candidate(
    forum: Forum,
    user: User,
    post_id: int,
    name: str,
    note: str,
    kind: str,
    passage: tuple[int, int] | None,
    revision: int,
    key: str,
) -> int:
    """Propose a theme and put it on a post or a passage, as tag_post does; returns the tagging's id.

    The theme is on the top level: its place is for who keeps the codebook.
    """
    check_key(key)
    words = check_candidate(name, note)
    sent = ("tag with candidate", post_id, name, kind, passage, revision)
    async with forum.write():
        may = (can_see_codebook, WHO_PROPOSES)
        change = await begin(forum, user, key, words["definition"], *sent, may=may)
        user, post = await post_to_tag(change.by, post_id)
        if problems := problems_of(post, kind, passage, revision):
            raise Invalid(problems)
        theme_id = await add_candidate(change, words, "")
        tagging_id = new_id()
        await put_theme(forum, user, post, theme_id, kind, passage, tagging_id)
        return await change.answers(tagging_id)
