"""A new password by a link. Every address is answered alike; to open the link is not to use it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import resets, sessions
from forum.actions.links import find_link
from forum.actions.people import check_email
from forum.errors import Invalid, NotFound
from forum.web.account import link_ended
from forum.web.limits import SignInLimits, network_of
from forum.web.middleware import client_address
from forum.web.rendering import page
from forum.web.requests import forum_of, read_form


async def show(request: Request) -> Response:
    return page(request, "reset/ask.html", next="/")


async def ask(request: Request) -> Response:
    forum = forum_of(request)
    form = await read_form(request)
    try:
        email = check_email(form.word("email"))
    except Invalid as invalid:
        values = {"email": form.get("email", "")}
        return page(request, "reset/ask.html", 422, next="/", problems=invalid.problems, values=values)
    place = sessions.place_of(forum, network_of(client_address(request)))
    limits: SignInLimits = request.app.state.sign_in_limits
    if not await limits.allow_reset(email, place):
        raise HTTPException(429, "Look for our letter, or wait a quarter of an hour.", {"retry-after": "900"})
    await resets.ask_reset(forum, email)
    return page(request, "reset/asked.html", next="/", email=email)


async def choose(request: Request) -> Response:
    return await _password_page(request)


async def save(request: Request) -> Response:
    forum = forum_of(request)
    form = await read_form(request)
    try:
        await resets.reset_password(forum, request.path_params["token"], form.get("new", ""))
    except Invalid as invalid:
        return await _password_page(request, invalid)
    except NotFound:
        return link_ended(request)
    return RedirectResponse("/sign-in?done=password", 303)


async def _password_page(request: Request, invalid: Invalid | None = None) -> Response:
    found = await find_link(forum_of(request), "reset", request.path_params["token"])
    if found is None:
        return link_ended(request)
    _, person = found
    problems = invalid.problems if invalid else {}
    status = 422 if invalid else 200
    return page(request, "reset/choose.html", status, next="/", email=person.email, problems=problems)
