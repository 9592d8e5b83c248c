"""The last day of a membership: set by facilitators on the group's page, by administrators on the person's."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import memberships as actions
from forum.errors import Invalid
from forum.permissions import can_administer, can_facilitate, readable_group, require, visible_group
from forum.web.rendering import page
from forum.web.requests import forum_of, read_form, user_of


async def in_group(request: Request) -> Response:
    return await _in_group(request, Invalid({}))


async def save_in_group(request: Request) -> Response:
    slug, person_id = request.path_params["slug"], request.path_params["person_id"]
    form = await read_form(request)
    try:
        day, key = form.word("ends_on"), form.key
        await actions.set_last_day(forum_of(request), user_of(request), slug, person_id, day, key)
    except Invalid as invalid:
        return await _in_group(request, invalid, form, 422)
    return RedirectResponse(f"/groups/{slug}/members", 303)


async def _in_group(
    request: Request, invalid: Invalid, values: dict[str, str] | None = None, status: int = 200
) -> Response:
    user = user_of(request)
    group = await readable_group(user, request.path_params["slug"])
    require(can_facilitate(user, group), actions.WHO)
    trail = [(f"/groups/{group.slug}", group.name), (f"/groups/{group.slug}/members", "People")]
    return await _page(request, group.id, group.name, trail, invalid, values, status)


async def of_person(request: Request) -> Response:
    return await _of_person(request, Invalid({}))


async def save_of_person(request: Request) -> Response:
    slug, person_id = request.path_params["slug"], request.path_params["person_id"]
    form = await read_form(request)
    try:
        day, key = form.word("ends_on"), form.key
        await actions.set_last_day_as_administrator(forum_of(request), user_of(request), slug, person_id, day, key)
    except Invalid as invalid:
        return await _of_person(request, invalid, form, 422)
    return RedirectResponse(f"/people/{person_id}", 303)


async def _of_person(
    request: Request, invalid: Invalid, values: dict[str, str] | None = None, status: int = 200
) -> Response:
    user, person_id = user_of(request), request.path_params["person_id"]
    require(can_administer(user), actions.WHO_ADMINISTERS)
    group = await visible_group(user, request.path_params["slug"])
    trail = [("/people", "People"), (f"/people/{person_id}", "The account")]
    return await _page(request, group.id, group.name, trail, invalid, values, status)


async def _page(
    request: Request,
    group_id: int,
    name: str,
    trail: list[tuple[str, str]],
    invalid: Invalid,
    values: dict[str, str] | None,
    status: int,
) -> Response:
    forum = forum_of(request)
    membership = await actions.open_membership(forum, group_id, request.path_params["person_id"])
    return page(
        request,
        "people/last_day.html",
        status,
        group_name=name,
        person=membership.person,
        trail=trail,
        read_only_days=forum.settings.groups.read_only_days,
        problems=invalid.problems,
        values={"ends_on": str(membership.ends_on or "")} if values is None else values,
    )
