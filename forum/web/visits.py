"""Visits of administrators to groups that they do not belong to: where to, why, and the end."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import visits as actions
from forum.database import select
from forum.errors import Invalid
from forum.models import Visit
from forum.permissions import can_administer, can_visit, require, user_now, visible_groups, visitable_group
from forum.web.applications import count_waiting
from forum.web.rendering import page
from forum.web.requests import forum_of, read_form, user_of


async def index(request: Request) -> Response:
    """All groups but those that are hidden from them, on one page: a service has some dozens."""
    forum, user = forum_of(request), user_of(request)
    require(can_administer(user), actions.WHO)
    people = await select(
        """SELECT m.group_id, COUNT(*) AS people FROM membership m
        WHERE m.ended_at IS NULL AND (m.ends_on IS NULL OR m.ends_on >= $1) GROUP BY m.group_id""",
        forum.rules().closed_before,
    )
    groups = await visible_groups(user).order_by("name")
    visits: dict[int, list[Visit]] = {}
    for visit in await actions.open_visits(forum).order_by("created_at", "id").select_related("person"):
        visits.setdefault(visit.group_id, []).append(visit)
    waiting = await count_waiting()
    return page(
        request,
        "visits/index.html",
        groups=groups,
        people={row["group_id"]: row["people"] for row in people},
        visits=visits,
        roles=user.roles,
        waiting=waiting,
    )


async def ask(request: Request) -> Response:
    return await _ask(request, Invalid({}), {})


async def begin(request: Request) -> Response:
    slug = request.path_params["slug"]
    form = await read_form(request)
    try:
        await actions.visit_group(forum_of(request), user_of(request), slug, form.get("reason", ""), form.key)
    except Invalid as invalid:
        return await _ask(request, invalid, form, 422)
    return RedirectResponse(f"/groups/{slug}", 303)


async def end(request: Request) -> Response:
    await read_form(request)
    await actions.end_visit(forum_of(request), user_of(request), request.path_params["slug"])
    return RedirectResponse("/visits", 303)


async def _ask(request: Request, invalid: Invalid, values: Mapping[str, str], status: int = 200) -> Response:
    forum, user = forum_of(request), await user_now(user_of(request))
    group = await visitable_group(user, request.path_params["slug"])
    if not can_visit(user, group) and not invalid.problems:
        return RedirectResponse(f"/groups/{group.slug}", 303)
    return page(
        request,
        "visits/ask.html",
        status,
        group=group,
        hours=forum.settings.groups.visit_hours,
        problems=invalid.problems,
        values=values,
    )
