"""Threads: starting one, and reading one a page at a time."""

from __future__ import annotations

import math

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions.posts import render_body
from forum.actions.threads import start_thread
from forum.errors import Invalid, NotFound
from forum.permissions import (
    can_facilitate,
    can_post,
    can_tag,
    lacks_consent,
    require_posting,
    visible_group,
    visible_thread,
)
from forum.readers import require_reader
from forum.reading import ShownThread
from forum.web.rendering import Pages, page
from forum.web.requests import Form, forum_of, number, read_form, user_of


async def show(request: Request) -> Response:
    thread = await visible_thread(user_of(request), request.path_params["thread_id"])
    return await thread_page(request, thread)


async def thread_page(
    request: Request,
    thread: ShownThread,
    status: int = 200,
    invalid: Invalid | None = None,
    form: Form | None = None,
    preview: str | None = None,
) -> Response:
    """A page of the thread, by default its last, with what somebody typed when a reply went wrong or is previewed."""
    user, forum = user_of(request), forum_of(request)
    pages = max(math.ceil(thread.posts / forum.settings.limits.posts_per_page), 1)
    try:
        number_of_page = number(request.query_params, "page") if request.method == "GET" else None
    except Invalid:
        raise NotFound from None
    number_of_page = pages if number_of_page is None else number_of_page
    if not 1 <= number_of_page <= pages:
        raise NotFound
    kept: Pages = request.app.state.pages
    posts = await kept.posts_html(thread, number_of_page)
    await require_reader(forum, user, thread.id)
    form = form or Form()
    return page(
        request,
        "threads/show.html",
        status,
        thread=thread,
        group=thread.group,
        epoch=forum.epoch,
        posts=posts,
        page=number_of_page,
        pages=pages,
        posts_per_page=forum.settings.limits.posts_per_page,
        may_post=can_post(user, thread.group),
        lacks_consent=lacks_consent(user, thread.group),
        may_facilitate=can_facilitate(user, thread.group),
        may_tag=can_tag(user, thread.group),
        problems=invalid.problems if invalid else {},
        values=form,
        preview=preview,
    )


async def new(request: Request) -> Response:
    return await _new_page(request, Form())


async def create(request: Request) -> Response:
    form = await read_form(request)
    try:
        if "preview" in form:
            form["body"], preview = await render_body(forum_of(request), form.get("body", ""))
            return await _new_page(request, form, preview=preview)
        thread_id = await start_thread(
            forum_of(request),
            user_of(request),
            request.path_params["slug"],
            form.get("title", ""),
            form.get("body", ""),
            form.quotable,
            form.key,
        )
    except Invalid as invalid:
        return await _new_page(request, form, 422, invalid)
    return RedirectResponse(f"/threads/{thread_id}", 303)


async def _new_page(
    request: Request, form: Form, status: int = 200, invalid: Invalid | None = None, preview: str | None = None
) -> Response:
    user = user_of(request)
    group = await visible_group(user, request.path_params["slug"])
    require_posting(user, group, "Only members and facilitators of this group may start threads in it.")
    return page(
        request,
        "threads/new.html",
        status,
        group=group,
        problems=invalid.problems if invalid else {},
        values=form,
        preview=preview,
    )
