"""Tagging while the author edits: whichever comes first, no tagging stands on words that it was not put on."""

import asyncio

import pytest

from forum.actions.posts import edit_post
from forum.actions.taggings import is_for_review, say_no_theme, tag_post
from forum.errors import Invalid
from forum.models import NoTheme, Post, Tagging
from tests.cast import new_key, posts_in, user


@pytest.mark.parametrize("turn", range(6))
async def test_a_tagging_and_an_edit_at_once(forum, turn):
    amina, ruth, tom = [await user(name) for name in ("amina", "ruth", "tom")]
    [post, _] = await posts_in("adult-social-care")
    acts = [
        edit_post(forum, amina, post.id, "Please do tell us. Well?", False, post.revision, new_key()),
        tag_post(forum, ruth, post.id, "CARE-1", "issue", (0, len(post.body)), post.revision, new_key()),
        tag_post(forum, tom, post.id, "CARE-2", "issue", None, post.revision, new_key()),
        say_no_theme(forum, await user("nadia"), post.id, post.revision, new_key()),
    ]
    answers = await asyncio.gather(*(acts[turn % 4 :] + acts[: turn % 4]), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert all(isinstance(fault, Invalid) and "revision" in fault.problems for fault in refused)
    now = await Post.get(id=post.id)
    taggings = await Tagging.filter(post_id=post.id)
    assert now.body == "Please do tell us. Well?"
    assert all(is_for_review(tagging, now) for tagging in taggings)
    assert not await NoTheme.exists()


async def test_of_two_forms_at_once_one_puts_the_theme_there(forum):
    ruth = await user("ruth")
    [post, _] = await posts_in("adult-social-care")
    answers = await asyncio.gather(
        *(tag_post(forum, ruth, post.id, "CARE-1", "issue", None, post.revision, new_key()) for _ in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, int) for answer in answers) == 1
    assert await Tagging.all().count() == 1
