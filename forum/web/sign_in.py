"""Signing in, staying and out."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from forum.actions import sessions
from forum.permissions import User
from forum.web.devices import device_words
from forum.web.limits import SignInLimits, network_of
from forum.web.middleware import client_address
from forum.web.rendering import machine, page
from forum.web.requests import forum_of, read_form, user_of
from forum.web.sessions import device_cookie, drop_session, set_device, set_session, token_of


async def show(request: Request) -> Response:
    forum = forum_of(request)
    target = safe_next(request.query_params.get("next", ""))
    user = await sessions.signed_in(forum, token_of(request, forum))
    if user and not sessions.signs_out_at(forum, user):  # else they may sign in again before they are signed out
        return RedirectResponse(target, 303)
    return page(request, "sign_in.html", next=target, done=request.query_params.get("done", ""))


async def submit(request: Request) -> Response:
    forum = forum_of(request)
    form = await read_form(request)
    email, target = form.word("email").lower()[:254], safe_next(form.get("next", ""))
    place = sessions.place_of(forum, network_of(client_address(request)))
    limits: SignInLimits = request.app.state.sign_in_limits
    known_by = await sessions.known_by(forum, email, place, device_cookie(request, forum))
    if not await limits.allow(email, place, known_by):
        raise HTTPException(429, "Wait a quarter of an hour, then try again.", {"retry-after": "900"})
    old_token, device = token_of(request, forum), device_words(request.headers.get("user-agent", ""))
    token = await sessions.sign_in(forum, email, form.get("password", ""), place, old_token, device, known_by)
    if token is None:
        problems = {"email": "The address and the password do not belong together. Check both and try again."}
        return page(request, "sign_in.html", 422, next=target, done="", problems=problems, values={"email": email})
    await limits.forget(email, known_by)
    response = RedirectResponse(target, 303)
    set_session(response, forum, token)
    user = await sessions.signed_in(forum, token)
    if user and user.hurdle != "second-factor":  # whoever knows a password only is still a stranger
        await set_device(response, forum, email)
    return response


async def left(request: Request) -> Response:
    """For a script: how long the session has left. To ask is not to use it."""
    return _time_left(request, user_of(request))


async def stay(request: Request) -> Response:
    """Somebody is there although no page was asked for. Twice is as good as once, so the form needs no key."""
    form = await read_form(request)
    user = await sessions.note_seen(forum_of(request), user_of(request))
    if "application/json" in request.headers.get("accept", ""):
        return _time_left(request, user)
    return RedirectResponse(safe_next(form.get("next", "")), 303)


def _time_left(request: Request, user: User) -> Response:
    forum = forum_of(request)
    ends, last = sessions.session_ends(forum, user)
    seconds = (ends - forum.clock()).total_seconds()  # beside the times: the clock of who asks may be wrong
    return JSONResponse({"ends": machine(ends), "last": machine(last), "left": round(seconds)})


async def sign_out(request: Request) -> Response:
    forum = forum_of(request)
    await sessions.sign_out(forum, user_of(request))
    response = RedirectResponse("/sign-in", 303)
    drop_session(response, forum)
    return response


def safe_next(target: str) -> str:
    """Where to go after signing in: a path of this site, or home."""
    return target if re.fullmatch(r"/(?![/\\])[^\\\x00-\x20\x7f]*", target) else "/"
