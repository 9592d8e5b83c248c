"""Asking to be let in, for who has no account. Every address is answered alike; to open the link is not to use it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import applications, sessions
from forum.errors import Invalid, NotFound
from forum.models import Application, Council
from forum.web.account import link_ended
from forum.web.limits import SignInLimits, network_of
from forum.web.middleware import client_address
from forum.web.rendering import page
from forum.web.requests import forum_of, read_form

FIELDS = (*applications.FIELDS, "key")


async def show(request: Request) -> Response:
    return await _form(request, Invalid({}), {})


async def ask(request: Request) -> Response:
    forum = forum_of(request)
    form = await read_form(request)
    values = {field: form.get(field, "") for field in FIELDS}
    try:
        asked = await applications.check_asked({field: form.word(field) for field in FIELDS})
        place = sessions.place_of(forum, network_of(client_address(request)))
        limits: SignInLimits = request.app.state.sign_in_limits
        if not await limits.allow_sign_up(asked.email, place):
            raise HTTPException(429, "Look for our letter, or wait a quarter of an hour.", {"retry-after": "900"})
        await applications.ask_to_join(forum, asked, form.key)
    except Invalid as invalid:
        return await _form(request, invalid, values, 422)
    return page(request, "sign_up/asked.html", next="/", email=asked.email)


async def _form(request: Request, invalid: Invalid, values: dict[str, str], status: int = 200) -> Response:
    councils = await Council.all().order_by("name").values_list("id", "name")
    choices = [(applications.NO_COUNCIL, "I work for the LGA, or am not on a council")]
    choices += [(str(council_id), name) for council_id, name in councils]
    return page(
        request,
        "sign_up/ask.html",
        status,
        next="/",
        councils=choices,
        keep_days=forum_of(request).settings.sign_up.keep_days,
        problems=invalid.problems,
        values=values,
    )


async def stands(request: Request) -> Response:
    """Until the address is proven the button that proves it, afterwards where the application stands."""
    application = await applications.find_application(forum_of(request), request.path_params["token"])
    if application is None:
        return link_ended(request)
    if application.proven_at is None:
        return page(request, "sign_up/confirm.html", next="/", application=application)
    return page(request, "sign_up/stands.html", next="/", application=application, where=where(application))


async def prove(request: Request) -> Response:
    await read_form(request)
    try:
        await applications.prove(forum_of(request), request.path_params["token"])
    except NotFound:
        return link_ended(request)
    return RedirectResponse(request.url.path, 303)


def where(application: Application) -> str:
    """What the applicant may know. Whether there is such a sponsor, or what they answered, they may not: it shows only
    once they vouched."""
    if application.decision:
        return str(application.decision)
    if applications.can_be_approved(application):
        return "decision"
    return "sponsor" if application.sponsor_email else "nobody"
