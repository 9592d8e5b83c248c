"""Passkeys: one's own, and signing in with one. A script asks for what the browser is to be told, as JSON, at an
address that ends in /options; what the browser answers comes back in a form."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import passkeys, sessions
from forum.errors import Invalid
from forum.models import Person
from forum.web.devices import device_words
from forum.web.factors import OWN, ask_page, let_in, show_added
from forum.web.limits import SignInLimits, network_of
from forum.web.middleware import client_address
from forum.web.proofs import TRIED_TOO_OFTEN, ask_proof, prove_page
from forum.web.rendering import page
from forum.web.requests import forum_of, read_form, user_of
from forum.web.sessions import device_cookie, set_device, set_session, token_of
from forum.web.sign_in import safe_next

HERE = f"{OWN}/passkeys"


# One's own


async def index(request: Request) -> Response:
    ask_proof(request)
    return await _index_page(request)


async def add_options(request: Request) -> Response:
    await read_form(request)
    await _allow(request, str(user_of(request).session_id))
    return _as_json(await passkeys.begin_adding(forum_of(request), user_of(request)))


async def add(request: Request) -> Response:
    form = await read_form(request)
    await _allow(request, str(user_of(request).session_id))
    name = form.get("name", "")
    try:
        token, codes = await passkeys.add_passkey(forum_of(request), user_of(request), name, form.get("credential", ""))
    except Invalid as invalid:
        return await _index_page(request, invalid, name)
    return await show_added(request, token, codes)


async def confirm_removal(request: Request) -> Response:
    ask_proof(request)
    return await _removal_page(request)


async def remove(request: Request) -> Response:
    await read_form(request)
    try:
        await passkeys.remove_passkey(forum_of(request), user_of(request), request.path_params["passkey_id"])
    except Invalid as invalid:
        return await _removal_page(request, invalid)
    return RedirectResponse(HERE, 303)


# After the password, and as a fresh proof


async def factor_options(request: Request) -> Response:
    return await _showing_options(request, "second-factor")


async def show_factor(request: Request) -> Response:
    form = await read_form(request)
    target, user = safe_next(form.get("next", "")), user_of(request)
    if user.hurdle != "second-factor":
        return RedirectResponse(target, 303)
    await _allow(request, str(user.session_id))
    try:
        token = await passkeys.show_passkey(forum_of(request), user, "second-factor", form.get("credential", ""))
    except Invalid as invalid:
        return await ask_page(request, target, invalid.problems)
    return await let_in(request, await Person.get(id=user.id), "", token, target)


async def proof_options(request: Request) -> Response:
    return await _showing_options(request, "prove")


async def prove(request: Request) -> Response:
    forum, form = forum_of(request), await read_form(request)
    target, user = safe_next(form.get("next", "")), user_of(request)
    await _allow(request, str(user.session_id))
    try:
        token = await passkeys.show_passkey(forum, user, "prove", form.get("credential", ""))
    except Invalid as invalid:
        return await prove_page(request, target, invalid)
    response = RedirectResponse(target, 303)
    set_session(response, forum, token)
    return response


# Instead of the password


async def sign_in_options(request: Request) -> Response:
    forum = forum_of(request)
    await read_form(request)
    limits: SignInLimits = request.app.state.sign_in_limits
    if not await limits.allow_asking_passkey(_place(request)):
        raise HTTPException(429, TRIED_TOO_OFTEN, {"retry-after": "900"})
    return _as_json(await passkeys.begin_sign_in(forum))


async def sign_in(request: Request) -> Response:
    forum, form = forum_of(request), await read_form(request)
    target, sent, place = safe_next(form.get("next", "")), form.get("credential", ""), _place(request)
    email = await passkeys.owner_of(sent)
    known_by = await sessions.known_by(forum, email, place, device_cookie(request, forum)) if email else ""
    await _allow(request, *((email, known_by) if known_by else (place,)))
    old_token, device = token_of(request, forum), device_words(request.headers.get("user-agent", ""))
    try:
        token, email = await passkeys.sign_in_with_passkey(forum, sent, place, old_token, device, known_by)
    except Invalid as invalid:
        return page(request, "sign_in.html", 422, next=target, done="", problems=invalid.problems)
    response = RedirectResponse(target, 303)
    set_session(response, forum, token)
    await set_device(response, forum, email)
    return response


async def _showing_options(request: Request, purpose: str) -> Response:
    await read_form(request)
    await _allow(request, str(user_of(request).session_id))
    return _as_json(await passkeys.begin_showing(forum_of(request), user_of(request), purpose))


async def _allow(request: Request, *whose: str) -> None:
    limits: SignInLimits = request.app.state.sign_in_limits
    if not await limits.allow_passkey(*whose):
        raise HTTPException(429, TRIED_TOO_OFTEN, {"retry-after": "900"})


def _place(request: Request) -> str:
    return sessions.place_of(forum_of(request), network_of(client_address(request)))


def _as_json(options: str) -> Response:
    return Response(options, media_type="application/json")


async def _index_page(request: Request, invalid: Invalid | None = None, name: str = "") -> Response:
    return page(
        request,
        "passkeys/index.html",
        422 if invalid else 200,
        passkeys=await passkeys.passkeys_of(user_of(request)),
        most=passkeys.MOST,
        problems=invalid.problems if invalid else {},
        values={"name": name},
    )


async def _removal_page(request: Request, invalid: Invalid | None = None) -> Response:
    passkey = await passkeys.own_passkey(user_of(request), request.path_params["passkey_id"])
    problems = invalid.problems if invalid else {}
    return page(request, "passkeys/remove.html", 422 if invalid else 200, passkey=passkey, problems=problems)
