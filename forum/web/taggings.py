"""The tagging panel: the stored source of a thread's posts, and the themes that were put on it.

Positions count in the stored source, so that is what it shows, as plain text. Members never get here.
"""

from __future__ import annotations

import math
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from forum.actions.taggings import WHO_TAGS, remove_tagging, tag_post
from forum.errors import Invalid, NotFound
from forum.markup import sentences
from forum.models import Post, Tagging, Theme
from forum.models.taggings import KINDS
from forum.permissions import can_facilitate, can_tag, can_tag_post, require, visible_post, visible_thread
from forum.web.rendering import machine, page
from forum.web.requests import Form, forum_of, number, read_form, user_of

LISTED = 50  # taggings of the thread, newest first
USED_LAST = 5  # themes to have again with one press


async def show(request: Request) -> Response:
    user = user_of(request)
    thread = await visible_thread(user, request.path_params["thread_id"])
    require(can_tag(user, thread.group), WHO_TAGS)
    if "application/json" in request.headers.get("accept", ""):
        taggings = Tagging.filter(post__thread_id=thread.id).order_by("post__number", "created_at")
        found = await taggings.select_related("theme", "post")
        return JSONResponse([_as_json(tagging, can_facilitate(user, thread.group)) for tagging in found])
    post_id = number(request.query_params, "post")
    if post_id is None:
        post = await _untagged(thread.id).first() or await Post.filter(thread_id=thread.id).order_by("number").first()
    else:
        post = await Post.get_or_none(id=post_id, thread_id=thread.id)
    if post is None:
        raise NotFound
    return await _panel(request, post.id)


async def create(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    post_id = request.path_params["post_id"]
    form = await read_form(request, ticks="sentence")
    try:
        revision = form.number("revision")
        if revision is None:
            raise Invalid({"revision": "This form does not say which text it tags. Open the page again."})
        passage = _passage(form)
        theme, kind = form.word("theme"), form.word("kind")
        tagging_id = await tag_post(forum, user, post_id, theme, kind, passage, revision, form.key)
    except Invalid as invalid:
        return await _panel(request, post_id, 422, invalid, form)
    return await _to_panel(post_id, f"tagged={tagging_id}")


async def remove(request: Request) -> Response:
    form = await read_form(request)
    post_id = await remove_tagging(forum_of(request), user_of(request), request.path_params["tagging_id"], form.key)
    return await _to_panel(post_id, "taken-off")


async def _panel(
    request: Request, post_id: int, status: int = 200, invalid: Invalid | None = None, form: Form | None = None
) -> Response:
    user, forum = user_of(request), forum_of(request)
    post = await visible_post(user, post_id)
    require(can_tag(user, post.thread.group), WHO_TAGS)
    await post.fetch_related("author", "council")
    size = forum.settings.limits.posts_per_page
    in_thread = Post.filter(thread_id=post.thread_id)
    untagged = _untagged(post.thread_id)
    others = await _newest_taggings(post.thread_id)
    return page(
        request,
        "taggings/panel.html",
        status,
        post=post,
        thread=post.thread,
        thread_page=math.ceil(post.number / size),
        before=await in_thread.filter(number=post.number - 1).first(),
        after=await in_thread.filter(number=post.number + 1).first(),
        next_untagged=await untagged.filter(number__gt=post.number).first()
        or await untagged.filter(number__lt=post.number).first(),
        untagged=await untagged.count(),
        visible=await in_thread.filter(hidden_at=None).count(),
        sentences=[(start, end, post.body[start:end]) for start, end in sentences(post.body)],
        reads_words=can_tag_post(user, post),
        ticked=form.ticked if form else [],
        tagged=await _tagged_now(request, post.id),
        taken_off="taken-off" in request.query_params,
        taggings=await Tagging.filter(post_id=post.id).order_by("created_at").select_related("theme", "by"),
        others=others,
        listed=LISTED,
        used_last=list({tagging.theme_id: tagging.theme for tagging in others}.values())[:USED_LAST],
        themes=await Theme.all().order_by("position"),
        kinds=KINDS,
        problems=invalid.problems if invalid else {},
        values=form or Form(),
    )


def _untagged(thread_id: int) -> QuerySet[Post]:
    """The visible posts of a thread that carry no tagging, in their order."""
    tagged = Tagging.filter(post__thread_id=thread_id).values("post_id")
    return Post.filter(thread_id=thread_id, hidden_at=None).exclude(id__in=Subquery(tagged)).order_by("number")


async def _newest_taggings(thread_id: int) -> list[Tagging]:
    return (
        await Tagging.filter(post__thread_id=thread_id)
        .order_by("-created_at", "-id")
        .select_related("theme", "post")
        .limit(LISTED)
    )


async def _tagged_now(request: Request, post_id: int) -> Tagging | None:
    """The tagging that this person has just put here, which one press takes off again."""
    tagging_id = number(request.query_params, "tagged")
    mine = Tagging.filter(id=tagging_id, post_id=post_id, by_id=user_of(request).id)
    return await mine.select_related("theme").first() if tagging_id is not None else None


async def _to_panel(post_id: int, done: str) -> Response:
    post = await Post.get(id=post_id)
    return RedirectResponse(f"/threads/{post.thread_id}/taggings?post={post.id}&{done}", 303)


def _passage(form: Form) -> tuple[int, int] | None:
    """The passage that a form names: by code points, or by neighbouring sentences that were ticked; None: the whole."""
    start, end = form.number("start"), form.number("end")
    if start is not None and end is not None:
        return start, end
    if start is not None or end is not None:
        raise Invalid({"start": "A passage needs both a start and an end."})
    if not form.ticked:
        return None
    ticks = [re.fullmatch("([0-9]{1,6})-([0-9]{1,6})", tick) for tick in form.ticked]
    if not all(ticks):
        raise Invalid({"start": "Tick the sentences on the page."})
    spans = sorted((int(tick[1]), int(tick[2])) for tick in ticks if tick)
    return spans[0][0], spans[-1][1]


def _as_json(tagging: Tagging, reads_hidden: bool) -> dict[str, object]:
    return {
        "id": tagging.id,
        "post": tagging.post_id,
        "theme": tagging.theme.code,
        "kind": tagging.kind,
        "start": tagging.start,
        "end": tagging.end,
        "quote": tagging.quote if reads_hidden or tagging.post.hidden_at is None else "",
        "by": tagging.by_id,
        "at": machine(tagging.created_at),
    }
