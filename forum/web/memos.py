"""Memos: in the tagging panel on taggings and discussions, and on a page of each theme."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions.memos import WHO_NOTES, check_may_note, remove_memo, write_memo
from forum.errors import Invalid, NotFound
from forum.models import Memo, Post, Theme
from forum.permissions import (
    can_edit_codebook,
    can_see_codebook,
    require,
    visible_post,
    visible_tagging,
    visible_thread,
)
from forum.web.panel import panel
from forum.web.rendering import page
from forum.web.requests import Form, forum_of, read_form, user_of
from forum.web.taggings import to_panel


async def on_tagging(request: Request) -> Response:
    tagging_id = request.path_params["tagging_id"]
    tagging = await visible_tagging(user_of(request), tagging_id)
    return await _save_in_panel(request, "tagging", tagging_id, tagging.post_id, await read_form(request))


async def on_thread(request: Request) -> Response:
    """`post` is where the panel stood."""
    thread_id = request.path_params["thread_id"]
    await visible_thread(user_of(request), thread_id)
    form = await read_form(request)
    posts = Post.filter(thread_id=thread_id).order_by("number")
    post = await posts.filter(id=form.number("post") or 0).first() or await posts.first()
    if post is None:
        raise NotFound
    return await _save_in_panel(request, "thread", thread_id, post.id, form)


async def show(request: Request) -> Response:
    return await _theme_page(request)


async def on_theme(request: Request) -> Response:
    user, theme_id = user_of(request), request.path_params["theme_id"]
    form = await read_form(request)
    try:
        await write_memo(forum_of(request), user, "theme", theme_id, form.get("memo", ""), form.key)
    except Invalid as invalid:
        return await _theme_page(request, 422, invalid, form)
    return RedirectResponse(f"/codebook/{theme_id}/memos", 303)


async def remove(request: Request) -> Response:
    """Back to where the memo stood: the form says at which `post` or theme."""
    user = user_of(request)
    require(can_see_codebook(user), WHO_NOTES)
    form = await read_form(request)
    post_id, theme_id = form.number("post"), form.number("theme_id")
    await remove_memo(forum_of(request), user, request.path_params["memo_id"], form.key)
    if post_id:
        return await to_panel((await visible_post(user, post_id)).id, "memo-off")
    return RedirectResponse(f"/codebook/{theme_id}/memos" if theme_id else "/codebook", 303)


async def _save_in_panel(request: Request, about: str, thing_id: int, post_id: int, form: Form) -> Response:
    try:
        await write_memo(forum_of(request), user_of(request), about, thing_id, form.get("memo", ""), form.key)
    except Invalid as invalid:
        return await panel(request, post_id, 422, invalid, form, memo=f"memo-{about}-{thing_id}")
    return await to_panel(post_id, "memo")


async def _theme_page(
    request: Request, status: int = 200, invalid: Invalid | None = None, form: Form | None = None
) -> Response:
    theme_id = request.path_params["theme_id"]
    await check_may_note(user_of(request), "theme", theme_id)
    return page(
        request,
        "memos/theme.html",
        status,
        theme=await Theme.get(id=theme_id),
        may_edit=can_edit_codebook(user_of(request)),
        memos=await Memo.filter(theme_id=theme_id).order_by("created_at").select_related("by"),
        problems=invalid.problems if invalid else {},
        values=form or Form(),
    )
