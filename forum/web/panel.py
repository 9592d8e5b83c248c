"""What the tagging panel shows: a post's stored source, and the themes and memos that people put on it and its thread.

Positions count in the stored source, so that is what it shows, as plain text. Who reads a post for the second time sees
nothing there that others put on it, until they have finished.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from forum.actions.taggings import WHO_TAGS, is_for_review
from forum.database import select
from forum.errors import Invalid
from forum.markup import sentences
from forum.models import Memo, NoTheme, Post, Tagging, Theme
from forum.models.taggings import KINDS
from forum.models.themes import IN_USE
from forum.permissions import User, blind_posts, can_tag, can_tag_post, require, visible_post
from forum.web.rendering import page
from forum.web.requests import Form, forum_of, number, user_of

LISTED = 50  # taggings of the thread, newest first
USED_LAST = 5  # themes to have again with one press
TO_REVIEW = 10  # posts with taggings to look at again
DONE = {
    "taken-off": "Taken off.",
    "no-theme": "Saved: no theme fits.",
    "taken-back": "Taken back.",
    "still-fits": "It still fits.",
    "memo": "Memo saved.",
    "memo-off": "Memo taken off.",
}


async def panel(
    request: Request,
    post_id: int,
    status: int = 200,
    invalid: Invalid | None = None,
    form: Form | None = None,
    memo: str = "",
) -> Response:
    """The panel at a post. `form` is what somebody sent in vain; with `memo` it is the memo form of this id."""
    user, forum = user_of(request), forum_of(request)
    post = await visible_post(user, post_id)
    require(can_tag(user, post.thread.group), WHO_TAGS)
    await post.fetch_related("author", "council")
    in_thread = Post.filter(thread_id=post.thread_id)
    unanswered = unanswered_posts(post.thread_id)
    blind = await blind_posts(user, post.thread_id)
    is_mine = Q(by_id=user.id) if post.id in blind else Q()
    others = await _newest_taggings(user, post.thread_id, blind)
    taggings = await Tagging.filter(is_mine, post_id=post.id).order_by("created_at").select_related("theme", "by")
    tagged = await _tagged_now(request, post.id)
    no_themes = await NoTheme.filter(is_mine, post_id=post.id).order_by("created_at").select_related("by")
    problems = invalid.problems if invalid else {}
    # Ids stand once in a page: each memo has a form, and the dialog that hides a post has a field called note.
    fields = {"memo": memo, "note": "definition"}
    return page(
        request,
        "taggings/panel.html",
        status,
        post=post,
        thread=post.thread,
        thread_page=math.ceil(post.number / forum.settings.limits.posts_per_page),
        before=await in_thread.filter(number=post.number - 1).first(),
        after=await in_thread.filter(number=post.number + 1).first(),
        next_untagged=await unanswered.filter(number__gt=post.number).first()
        or await unanswered.filter(number__lt=post.number).first(),
        coverage=await coverage_of(post.thread_id),
        sentences=[(start, end, post.body[start:end]) for start, end in sentences(post.body)],
        reads_words=can_tag_post(user, post),
        ticked=form.ticked if form else [],
        tagged=tagged,
        said=_said(request, tagged),
        taggings=taggings,
        to_review={tagging.id for tagging in taggings if is_for_review(tagging, post)},
        no_themes=no_themes,
        says_no_theme=any(answer.by_id == user.id for answer in no_themes),
        reviews=await _posts_to_review(user, post.thread_id),
        memos=await _memos(user, post, taggings, blind),
        memo=memo,
        is_blind=post.id in blind,
        others=others,
        listed=LISTED,
        used_last=_used_last(others),
        themes=await Theme.filter(status__in=IN_USE).order_by("position"),
        kinds=KINDS,
        problems={fields.get(name, name): words for name, words in problems.items()},
        values=form or Form(),
    )


def unanswered_posts(thread_id: int) -> QuerySet[Post]:
    """The visible posts of a thread that nobody tagged and of which nobody said that no theme fits, in their order."""
    tagged = Tagging.filter(post__thread_id=thread_id).values("post_id")
    without = NoTheme.filter(post__thread_id=thread_id).values("post_id")
    posts = Post.filter(thread_id=thread_id, hidden_at=None)
    return posts.exclude(id__in=Subquery(tagged)).exclude(id__in=Subquery(without)).order_by("number")


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of a thread's visible posts, how many have an answer: a theme, or that none fits."""

    visible: int
    tagged: int
    without: int

    @property
    def answered(self) -> int:
        return self.tagged + self.without


async def coverage_of(thread_id: int) -> Coverage:
    [row] = await select(
        """SELECT COUNT(*) AS visible, COUNT(CASE WHEN tagged THEN 1 END) AS tagged,
            COUNT(CASE WHEN without AND NOT tagged THEN 1 END) AS without
        FROM (SELECT EXISTS (SELECT 1 FROM tagging g WHERE g.post_id = p.id) AS tagged,
            EXISTS (SELECT 1 FROM no_theme n WHERE n.post_id = p.id) AS without
            FROM post p WHERE p.thread_id = $1 AND p.hidden_at IS NULL) a""",
        thread_id,
    )
    return Coverage(row["visible"], row["tagged"], row["without"])


def shown_taggings(user: User, thread_id: int, blind: Collection[int]) -> QuerySet[Tagging]:
    """The taggings of a thread that this person sees."""
    taggings = Tagging.filter(post__thread_id=thread_id)
    return taggings.filter(Q(by_id=user.id) | ~Q(post_id__in=list(blind))) if blind else taggings


async def _newest_taggings(user: User, thread_id: int, blind: Collection[int]) -> list[Tagging]:
    newest = shown_taggings(user, thread_id, blind).order_by("-created_at", "-id")
    return await newest.select_related("theme", "post").limit(LISTED)


def _used_last(taggings: list[Tagging]) -> list[Theme]:
    themes = {tagging.theme_id: tagging.theme for tagging in taggings if tagging.theme.status in IN_USE}
    return list(themes.values())[:USED_LAST]


async def _posts_to_review(user: User, thread_id: int) -> list[Post]:
    """Posts that were edited under one's own taggings."""
    mine = Tagging.filter(by_id=user.id, review_at__isnull=False).values("post_id")
    posts = Post.filter(thread_id=thread_id, hidden_at=None, id__in=Subquery(mine))
    return await posts.order_by("number").limit(TO_REVIEW)


async def _memos(user: User, post: Post, taggings: list[Tagging], blind: Collection[int]) -> dict[int, list[Memo]]:
    """Memos by the tagging that they are about; those about the discussion are at 0. A memo may tell what somebody
    tagged, so that who reads for the second time sees their own only."""
    about = Q(thread_id=post.thread_id) | Q(tagging_id__in=[tagging.id for tagging in taggings] or [0])
    whose = Q(by_id=user.id) if blind else Q()
    found: dict[int, list[Memo]] = {0: [], **{tagging.id: [] for tagging in taggings}}
    for memo in await Memo.filter(whose, about).order_by("created_at").select_related("by"):
        found[memo.tagging_id or 0].append(memo)
    return found


async def _tagged_now(request: Request, post_id: int) -> Tagging | None:
    """The tagging that this person has just put here, which one press takes off again."""
    tagging_id = number(request.query_params, "tagged")
    mine = Tagging.filter(id=tagging_id, post_id=post_id, by_id=user_of(request).id)
    return await mine.select_related("theme").first() if tagging_id is not None else None


def _said(request: Request, tagged: Tagging | None) -> str:
    """What was just done, in words."""
    if tagged:
        return f"Tagged {tagged.theme.code} as {KINDS[tagged.kind].split(' (')[0]}."
    query: dict[str, Any] = dict(request.query_params)
    return next((words for name, words in DONE.items() if name in query), "")
