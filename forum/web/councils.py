"""Councils and the domains that are approved for each, for administrators."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import councils as actions
from forum.errors import Invalid, NotFound
from forum.models import Council, CouncilDomain, Person
from forum.permissions import can_administer, require
from forum.web.applications import count_waiting
from forum.web.rendering import page
from forum.web.requests import forum_of, read_form, user_of


async def index(request: Request) -> Response:
    """All of them on one page: there are few hundred councils in the country."""
    require(can_administer(user_of(request)), actions.WHO)
    domains: dict[int, list[str]] = {}
    for domain in await CouncilDomain.all().order_by("domain"):
        domains.setdefault(domain.council_id, []).append(domain.domain)
    councils = await Council.all().order_by("name")
    return page(request, "councils/index.html", councils=councils, domains=domains, waiting=await count_waiting())


async def show(request: Request) -> Response:
    return await _show(request, Invalid({}), {})


async def add_domain(request: Request) -> Response:
    council_id = request.path_params["council_id"]
    form = await read_form(request)
    try:
        domain, key = form.word("domain"), form.key
        await actions.add_domain(forum_of(request), user_of(request), council_id, domain, key)
    except Invalid as invalid:
        return await _show(request, invalid, form, 422)
    return RedirectResponse(f"/councils/{council_id}", 303)


async def remove_domain(request: Request) -> Response:
    council_id, domain_id = request.path_params["council_id"], request.path_params["domain_id"]
    form = await read_form(request)
    try:
        await actions.remove_domain(forum_of(request), user_of(request), council_id, domain_id, form.key)
    except Invalid as invalid:
        return await _show(request, invalid, {}, 422)
    return RedirectResponse(f"/councils/{council_id}", 303)


async def _show(request: Request, invalid: Invalid, values: Mapping[str, str], status: int = 200) -> Response:
    require(can_administer(user_of(request)), actions.WHO)
    council = await Council.get_or_none(id=request.path_params["council_id"])
    if council is None:
        raise NotFound
    return page(
        request,
        "councils/show.html",
        status,
        council=council,
        domains=await CouncilDomain.filter(council_id=council.id).order_by("domain"),
        people=await Person.filter(council_id=council.id).count(),
        problems=invalid.problems,
        values=values,
    )
