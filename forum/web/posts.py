"""Posts: replying, editing one's own, hiding and restoring."""

from __future__ import annotations

import math

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import posts as actions
from forum.actions.posts import HIDE_REASONS, render_body
from forum.context import Forum
from forum.errors import Invalid
from forum.models import Hiding, Person
from forum.permissions import can_facilitate, require, require_editing, visible_post, visible_thread
from forum.reading import place_of_post
from forum.web.rendering import page
from forum.web.requests import Form, forum_of, read_form, user_of
from forum.web.threads import thread_page


async def create(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    thread_id = request.path_params["thread_id"]
    form = await read_form(request)
    try:
        if "preview" in form:
            form["body"], preview = await render_body(forum, form.get("body", ""))
            return await thread_page(request, await visible_thread(user, thread_id), form=form, preview=preview)
        post_id = await actions.write_post(forum, user, thread_id, form.get("body", ""), form.quotable, form.key)
    except Invalid as invalid:
        return await thread_page(request, await visible_thread(user, thread_id), 422, invalid, form)
    return await _to_post(forum, post_id)


async def edit(request: Request) -> Response:
    user = user_of(request)
    post = await visible_post(user, request.path_params["post_id"])
    require_editing(user, post)
    values = Form(body=post.body, revision=str(post.revision), quotable="yes" if post.quotable else "")
    return page(request, "posts/edit.html", post=post, values=values, preview=None, newer=None)


async def save(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    post = await visible_post(user, request.path_params["post_id"])
    form = await read_form(request)
    try:
        revision = form.number("revision")
        if revision is None:
            raise Invalid({"revision": "This form does not say which text it edits. Open the page again."})
        if "preview" in form:
            require_editing(user, post)
            form["body"], preview = await render_body(forum, form.get("body", ""))
            return page(request, "posts/edit.html", post=post, values=form, preview=preview, newer=None)
        await actions.edit_post(forum, user, post.id, form.get("body", ""), form.quotable, revision, form.key)
    except Invalid as invalid:
        newer = invalid.values.get("newer")
        values = Form(form | {"revision": invalid.values["revision"]}) if newer is not None else form
        return page(
            request,
            "posts/edit.html",
            422,
            post=post,
            values=values,
            preview=None,
            newer=newer,
            problems=invalid.problems,
        )
    return await _to_post(forum, post.id)


async def moderate(request: Request) -> Response:
    return await _moderation_page(request, Form())


async def hide(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    form = await read_form(request)
    post_id = request.path_params["post_id"]
    try:
        await actions.hide_post(forum, user, post_id, form.word("reason"), form.get("note", ""), form.key)
    except Invalid as invalid:
        return await _moderation_page(request, form, 422, invalid)
    return await _to_post(forum, post_id)


async def restore(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    form = await read_form(request)
    post_id = request.path_params["post_id"]
    try:
        await actions.restore_post(forum, user, post_id, form.get("reason", ""), form.key)
    except Invalid as invalid:
        return await _moderation_page(request, form, 422, invalid)
    return await _to_post(forum, post_id)


async def _moderation_page(request: Request, form: Form, status: int = 200, invalid: Invalid | None = None) -> Response:
    user = user_of(request)
    post = await visible_post(user, request.path_params["post_id"])
    require(can_facilitate(user, post.thread.group), "Only facilitators of this group may hide posts in it.")
    await post.fetch_related("author")
    hidings = await Hiding.filter(post_id=post.id).order_by("created_at").select_related("by")
    restorers = await Person.filter(id__in=[hiding.restored_by_id or 0 for hiding in hidings] or [0])
    return page(
        request,
        "posts/hide.html",
        status,
        post=post,
        reasons=HIDE_REASONS,
        hidings=hidings,
        restorers={person.id: person.name for person in restorers},
        problems=invalid.problems if invalid else {},
        values=form,
    )


async def _to_post(forum: Forum, post_id: int) -> Response:
    """To the post, on the page of its thread where it stands."""
    thread_id, number, posts = await place_of_post(post_id)
    size = forum.settings.limits.posts_per_page
    page_of_post = f"?page={math.ceil(number / size)}" if posts > size else ""
    return RedirectResponse(f"/threads/{thread_id}{page_of_post}#post-{post_id}", 303)
