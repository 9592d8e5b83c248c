"""Tagging: addresses of the panel, and the forms on it. Members never get here."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from forum.actions.candidates import tag_with_candidate
from forum.actions.taggings import (
    WHO_TAGS,
    confirm_tagging,
    remove_tagging,
    say_no_theme,
    tag_post,
    take_back_no_theme,
)
from forum.errors import Invalid, NotFound
from forum.models import Post, Tagging
from forum.permissions import blind_posts, can_facilitate, can_tag, require, visible_tagging, visible_thread
from forum.web.panel import panel, shown_taggings, unanswered_posts
from forum.web.rendering import machine
from forum.web.requests import Form, forum_of, number, read_form, user_of


async def show(request: Request) -> Response:
    user = user_of(request)
    thread = await visible_thread(user, request.path_params["thread_id"])
    require(can_tag(user, thread.group), WHO_TAGS)
    if "application/json" in request.headers.get("accept", ""):
        taggings = shown_taggings(user, thread.id, await blind_posts(user, thread.id))
        found = await taggings.order_by("post__number", "created_at").select_related("theme", "post")
        return JSONResponse([_as_json(tagging, can_facilitate(user, thread.group)) for tagging in found])
    post_id = number(request.query_params, "post")
    if post_id is None:
        in_thread = Post.filter(thread_id=thread.id).order_by("number")
        post = await unanswered_posts(thread.id).first() or await in_thread.first()
    else:
        post = await Post.get_or_none(id=post_id, thread_id=thread.id)
    if post is None:
        raise NotFound
    return await panel(request, post.id)


async def create(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    post_id = request.path_params["post_id"]
    form = await read_form(request, ticks="sentence")
    try:
        revision = _revision(form)
        passage = _passage(form)
        theme, kind, name = form.word("theme"), form.word("kind"), form.get("name", "")
        if theme and name.strip():
            raise Invalid({"name": "Choose a theme or propose one, not both. Empty this, or choose no theme."})
        if name.strip():
            note = form.get("definition", "")
            tagging_id = await tag_with_candidate(forum, user, post_id, name, note, kind, passage, revision, form.key)
        else:
            tagging_id = await tag_post(forum, user, post_id, theme, kind, passage, revision, form.key)
    except Invalid as invalid:
        return await panel(request, post_id, 422, invalid, form)
    return await to_panel(post_id, f"tagged={tagging_id}")


async def remove(request: Request) -> Response:
    form = await read_form(request)
    post_id = await remove_tagging(forum_of(request), user_of(request), request.path_params["tagging_id"], form.key)
    return await to_panel(post_id, "taken-off")


async def confirm(request: Request) -> Response:
    user, tagging_id = user_of(request), request.path_params["tagging_id"]
    tagging = await visible_tagging(user, tagging_id)

    async def act(form: Form) -> int:
        return await confirm_tagging(forum_of(request), user, tagging_id, _revision(form), form.key)

    return await _answer(request, tagging.post_id, act, "still-fits")


async def no_theme(request: Request) -> Response:
    post_id = request.path_params["post_id"]

    async def act(form: Form) -> int:
        return await say_no_theme(forum_of(request), user_of(request), post_id, _revision(form), form.key)

    return await _answer(request, post_id, act, "no-theme")


async def take_back(request: Request) -> Response:
    post_id = request.path_params["post_id"]

    async def act(form: Form) -> int:
        return await take_back_no_theme(forum_of(request), user_of(request), post_id, form.key)

    return await _answer(request, post_id, act, "taken-back")


async def to_panel(post_id: int, done: str) -> Response:
    post = await Post.get(id=post_id)
    return RedirectResponse(f"/threads/{post.thread_id}/taggings?post={post.id}&{done}", 303)


async def _answer(request: Request, post_id: int, act: Callable[[Form], Awaitable[int]], done: str) -> Response:
    """Do it, and lead to the panel at the post; or show there why not."""
    form = await read_form(request)
    try:
        await act(form)
    except Invalid as invalid:
        return await panel(request, post_id, 422, invalid)
    return await to_panel(post_id, done)


def _revision(form: Form) -> int:
    revision = form.number("revision")
    if revision is None:
        raise Invalid({"revision": "This form does not say which text it is about. Open the page again."})
    return revision


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
