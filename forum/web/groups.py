"""Groups: the list, one group with its threads, its people, leaving and removing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from tortoise.expressions import Q

from forum.actions import groups as actions
from forum.actions.visits import own_visit, visits_to
from forum.context import Forum
from forum.errors import Invalid, NotFound
from forum.models import Membership
from forum.permissions import (
    User,
    can_facilitate,
    can_post,
    can_read_group,
    can_visit,
    lacks_consent,
    readable_group,
    require,
    visible_group,
    visible_groups,
)
from forum.reading import latest_threads
from forum.web.rendering import page
from forum.web.requests import forum_of, number, read_form, user_of

GROUPS_PER_PAGE = 50
THREADS_PER_PAGE = 30
PEOPLE_PER_PAGE = 100
OPEN_ENDED = Q(ends_on=None)
MOST_PAGES = 10**6  # a number that no database minds


async def index(request: Request) -> Response:
    user = user_of(request)
    number_of_page, offset = place(request, GROUPS_PER_PAGE)
    groups = await visible_groups(user).order_by("name").offset(offset).limit(GROUPS_PER_PAGE + 1)
    require_some(groups, number_of_page)
    facilitators = await _facilitators(forum_of(request), [group.id for group in groups])
    return page(
        request,
        "groups/index.html",
        groups=groups[:GROUPS_PER_PAGE],
        facilitators=facilitators,
        roles=user.roles,
        page=number_of_page,
        has_more=len(groups) > GROUPS_PER_PAGE,
    )


async def show(request: Request) -> Response:
    user = user_of(request)
    group = await visible_group(user, request.path_params["slug"])
    may_read, role = can_read_group(user, group), user.roles.get(group.id)
    number_of_page, offset = place(request, THREADS_PER_PAGE)
    threads = await latest_threads([group.id] if may_read else [], THREADS_PER_PAGE + 1, offset)
    require_some(threads, number_of_page)
    return page(
        request,
        "groups/show.html",
        group=group,
        facilitators=(await _facilitators(forum_of(request), [group.id])).get(group.id, []),
        role=role,
        last_day=await _last_day(user, group.id),
        today=forum_of(request).rules().today,
        may_read=may_read,
        may_visit=can_visit(user, group),
        visit=await own_visit(forum_of(request), user, group) if role == "visitor" else None,
        may_post=can_post(user, group),
        lacks_consent=lacks_consent(user, group),
        threads=threads[:THREADS_PER_PAGE],
        page=number_of_page,
        has_more=len(threads) > THREADS_PER_PAGE,
    )


async def members(request: Request) -> Response:
    user = user_of(request)
    group = await readable_group(user, request.path_params["slug"])
    number_of_page, offset = place(request, PEOPLE_PER_PAGE)
    in_it = Membership.filter(OPEN_ENDED | Q(ends_on__gte=forum_of(request).rules().closed_before))
    in_it = in_it.filter(group_id=group.id, ended_at=None)
    by_name = in_it.order_by("person__name", "id").select_related("person__council")
    memberships = await by_name.offset(offset).limit(PEOPLE_PER_PAGE + 1)
    require_some(memberships, number_of_page)
    return page(
        request,
        "groups/members.html",
        group=group,
        people=await in_it.count(),
        visits=await visits_to(forum_of(request), group.id) if number_of_page == 1 else [],
        memberships=memberships[:PEOPLE_PER_PAGE],
        may_remove=can_facilitate(user, group),
        today=forum_of(request).rules().today,
        page=number_of_page,
        has_more=len(memberships) > PEOPLE_PER_PAGE,
    )


def place(request: Request, size: int) -> tuple[int, int]:
    """The page of a list that was asked for, from 1, and how many entries stand before it. NotFound for other words."""
    try:
        number_of_page = number(request.query_params, "page")
    except Invalid:
        raise NotFound from None
    if number_of_page is None:
        return 1, 0
    if not 1 <= number_of_page <= MOST_PAGES:
        raise NotFound
    return number_of_page, (number_of_page - 1) * size


def require_some(found: Sequence[object], number_of_page: int) -> None:
    """NotFound for a page behind the last; the first of an empty list is there."""
    if number_of_page > 1 and not found:
        raise NotFound


async def _facilitators(forum: Forum, group_ids: list[int]) -> dict[int, list[str]]:
    """The names of those who facilitate each of these groups."""
    found: dict[int, list[str]] = {}
    roles = Membership.filter(OPEN_ENDED | Q(ends_on__gte=forum.rules().today)).order_by("person__name")
    roles = roles.filter(group_id__in=group_ids or [0], ended_at=None, role="facilitator")
    for membership in await roles.select_related("person"):
        found.setdefault(membership.group_id, []).append(membership.person.name)
    return found


async def _last_day(user: User, group_id: int) -> date | None:
    """Of the reader's own membership."""
    if user.roles.get(group_id, "visitor") == "visitor":
        return None
    mine = await Membership.get(group_id=group_id, person_id=user.id)
    return mine.ends_on


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
