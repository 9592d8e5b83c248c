"""Groups: the list, one group with its threads, its people, leaving and removing."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import groups as actions
from forum.errors import Invalid, NotFound
from forum.models import Membership, Thread
from forum.permissions import (
    can_facilitate,
    can_post,
    can_read_group,
    readable_group,
    require,
    visible_group,
    visible_groups,
)
from forum.web.rendering import page
from forum.web.requests import forum_of, number, read_form, user_of

THREADS_PER_PAGE = 30


async def index(request: Request) -> Response:
    user = user_of(request)
    groups = await visible_groups(user).order_by("name")
    return page(request, "groups/index.html", groups=groups, roles=user.roles)


async def show(request: Request) -> Response:
    user = user_of(request)
    group = await visible_group(user, request.path_params["slug"])
    facilitators = await Membership.filter(group_id=group.id, ended_at=None, role="facilitator").select_related(
        "person"
    )
    may_read = can_read_group(user, group)
    number_of_page = max(number(request.query_params, "page") or 1, 1)
    threads = []
    if may_read:
        offset = (number_of_page - 1) * THREADS_PER_PAGE
        latest = Thread.filter(group_id=group.id).order_by("-last_post_at").select_related("author")
        threads = await latest.offset(offset).limit(THREADS_PER_PAGE + 1)
    return page(
        request,
        "groups/show.html",
        group=group,
        facilitators=sorted(membership.person.name for membership in facilitators),
        role=user.roles.get(group.id),
        may_read=may_read,
        may_post=can_post(user, group),
        threads=threads[:THREADS_PER_PAGE],
        page=number_of_page,
        has_more=len(threads) > THREADS_PER_PAGE,
    )


async def members(request: Request) -> Response:
    user = user_of(request)
    group = await readable_group(user, request.path_params["slug"])
    memberships = await Membership.filter(group_id=group.id, ended_at=None).select_related("person__council")
    return page(
        request,
        "groups/members.html",
        group=group,
        memberships=sorted(memberships, key=lambda membership: membership.person.name.casefold()),
        may_remove=can_facilitate(user, group),
    )


async def leave(request: Request) -> Response:
    await read_form(request)
    await actions.leave_group(forum_of(request), user_of(request), request.path_params["slug"])
    return RedirectResponse("/groups", 303)


async def confirm_removal(request: Request) -> Response:
    return await _removal_page(request, Invalid({}))


async def remove(request: Request) -> Response:
    slug, person_id = request.path_params["slug"], request.path_params["person_id"]
    form = await read_form(request)
    try:
        await actions.remove_member(forum_of(request), user_of(request), slug, person_id, form.get("reason", ""))
    except Invalid as invalid:
        return await _removal_page(request, invalid, form.get("reason", ""), 422)
    return RedirectResponse(f"/groups/{slug}/members", 303)


async def _removal_page(request: Request, invalid: Invalid, reason: str = "", status: int = 200) -> Response:
    user = user_of(request)
    group = await readable_group(user, request.path_params["slug"])
    require(can_facilitate(user, group), "Only facilitators of this group may remove people from it.")
    membership = await Membership.get_or_none(
        group_id=group.id, person_id=request.path_params["person_id"], ended_at=None
    ).select_related("person")
    if membership is None:
        raise NotFound
    return page(
        request,
        "groups/remove.html",
        status,
        group=group,
        person=membership.person,
        problems=invalid.problems,
        values={"reason": reason},
    )
