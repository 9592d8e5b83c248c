"""Light or dark: kept in a cookie of this browser, chosen by a form that needs neither script nor sign-in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.web.rendering import page
from forum.web.requests import forum_of, read_form
from forum.web.sessions import APPEARANCES, appearance_of, recognise, set_appearance
from forum.web.sign_in import safe_next


async def show(request: Request) -> Response:
    await recognise(request)
    values = {"appearance": appearance_of(request, forum_of(request))}
    return page(request, "appearance.html", next=safe_next(request.query_params.get("next", "")), values=values)


async def choose(request: Request) -> Response:
    await recognise(request)
    form = await read_form(request)
    chosen, target = form.get("appearance"), safe_next(form.get("next", ""))
    if chosen is None or chosen not in ("", *APPEARANCES):
        problems = {"appearance": "Choose how pages look: as on your device, light or dark."}
        return page(request, "appearance.html", 422, next=target, problems=problems)
    response = RedirectResponse(target, 303)
    set_appearance(response, forum_of(request), chosen)
    return response
