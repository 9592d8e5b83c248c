"""The second factor: shown after the password, and set up or taken away in one's account."""

from __future__ import annotations

import pyotp
import segno
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import factors, sessions
from forum.actions.codes import factors_of, in_groups
from forum.context import Forum
from forum.errors import Invalid
from forum.models import Person, Totp
from forum.web.limits import SignInLimits, network_of
from forum.web.middleware import client_address
from forum.web.proofs import TRIED_TOO_OFTEN, ask_proof
from forum.web.rendering import page
from forum.web.requests import forum_of, read_form, user_of
from forum.web.sessions import knows_device, set_device, set_session
from forum.web.sign_in import safe_next

OWN = "/account/second-factor"


# After the password


async def ask(request: Request) -> Response:
    target = safe_next(request.query_params.get("next", ""))
    if user_of(request).hurdle != "second-factor":
        return RedirectResponse(target, 303)
    return await ask_page(request, target)


async def submit(request: Request) -> Response:
    forum, user = forum_of(request), user_of(request)
    form = await read_form(request)
    target = safe_next(form.get("next", ""))
    if user.hurdle != "second-factor":
        return RedirectResponse(target, 303)
    person, known_by = await Person.get(id=user.id), await allow_factor(request)
    field = "recovery" if form.get("recovery") else "code"
    try:
        token = await factors.show_factor(forum, user, form.get(field, ""))
    except Invalid as invalid:
        return await ask_page(request, target, {field: invalid.problems["code"]})
    return await let_in(request, person, known_by, token, target)


async def allow_factor(request: Request) -> str:
    """Count that somebody who gave the right password shows a second factor; 429 when that was too often. What they
    are known by here."""
    forum, user = forum_of(request), user_of(request)
    person = await Person.get(id=user.id)
    place = sessions.place_of(forum, network_of(client_address(request)))
    known_by = await factors.known_by(user, place, await knows_device(request, forum, person.email))
    limits: SignInLimits = request.app.state.sign_in_limits
    if not await limits.allow_factor(user.id, known_by):
        await factors.note_guessing(forum, user)
        raise HTTPException(429, TRIED_TOO_OFTEN, {"retry-after": "900"})
    return known_by


async def let_in(request: Request, person: Person, known_by: str, token: str, target: str) -> Response:
    """They showed a second factor: on to where they wanted to go."""
    forum = forum_of(request)
    limits: SignInLimits = request.app.state.sign_in_limits
    await limits.forget_factor(person.id, known_by)
    response = RedirectResponse(target, 303)
    set_session(response, forum, token)
    await set_device(response, forum, person.email)
    return response


async def ask_page(request: Request, target: str, problems: dict[str, str] | None = None) -> Response:
    held = await factors_of(user_of(request).id)
    status = 422 if problems else 200
    return page(request, "factors/ask.html", status, next=target, factors=held, problems=problems or {})


# In one's account


async def show(request: Request) -> Response:
    return await show_own(request, Invalid({}))


async def show_own(request: Request, invalid: Invalid, status: int = 200) -> Response:
    """All that is set up, and what cannot be done with it."""
    forum, user = forum_of(request), user_of(request)
    return page(
        request,
        "factors/show.html",
        status,
        factors=await factors_of(user.id),
        app=await Totp.get_or_none(person_id=user.id, confirmed_at__not_isnull=True),
        must_have=factors.must_have_factor(forum, user),
        problems=invalid.problems,
    )


async def begin_app(request: Request) -> Response:
    await read_form(request)
    try:
        await factors.begin_app(forum_of(request), user_of(request))
    except Invalid as invalid:
        return await show_own(request, invalid, 422)
    return RedirectResponse(f"{OWN}/app", 303)


async def app(request: Request) -> Response:
    ask_proof(request)
    return await _app_page(request)


async def confirm_app(request: Request) -> Response:
    form = await read_form(request)
    try:
        token, codes = await factors.confirm_app(forum_of(request), user_of(request), form.get("code", ""))
    except Invalid as invalid:
        if "code" in invalid.problems:
            return await _app_page(request, invalid)
        return await show_own(request, invalid, 422)
    return await show_added(request, token, codes)


async def show_added(request: Request, token: str, codes: list[str]) -> Response:
    """A factor was added. Recovery codes stand in this answer and nowhere else."""
    forum = forum_of(request)
    request.scope["user"] = await sessions.signed_in(forum, token)  # nothing may stand in their way now
    response = page(request, "factors/codes.html", codes=codes, is_added=True)
    set_session(response, forum, token)
    return response


async def remove_app(request: Request) -> Response:
    await read_form(request)
    try:
        await factors.remove_app(forum_of(request), user_of(request))
    except Invalid as invalid:
        return await show_own(request, invalid, 422)
    return RedirectResponse(OWN, 303)


async def renew_codes(request: Request) -> Response:
    await read_form(request)
    try:
        codes = await factors.renew_codes(forum_of(request), user_of(request))
    except Invalid as invalid:
        return await show_own(request, invalid, 422)
    return page(request, "factors/codes.html", codes=codes, is_added=False)


async def _app_page(request: Request, invalid: Invalid | None = None) -> Response:
    forum, user = forum_of(request), user_of(request)
    secret = await factors.begun_app(forum, user)
    if secret is None:
        return RedirectResponse(OWN, 303)
    person = await Person.get(id=user.id)
    address = _app_address(forum, person.email, secret)
    return page(
        request,
        "factors/app.html",
        422 if invalid else 200,
        address=address,
        drawing=_drawn(address),
        letters=in_groups(secret).replace("-", " ").upper(),
        problems=invalid.problems if invalid else {},
    )


def _app_address(forum: Forum, email: str, secret: str) -> str:
    """What an app reads from the drawing; on the phone itself it opens the app."""
    return pyotp.TOTP(secret, name=email, issuer=forum.settings.site.name).provisioning_uri()


def _drawn(address: str) -> Markup:
    """A QR code as SVG, dark on light in any scheme, or no camera reads it."""
    drawing = segno.make(address, error="m", micro=False)
    return Markup(  # of numbers alone: what it says is in its squares
        drawing.svg_inline(omitsize=True, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None)
    )
