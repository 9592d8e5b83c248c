"""The link of an invitation. To open it is not to use it; whatever is wrong with it looks the same."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import accepting as actions
from forum.actions.accepting import Found, find_invitation
from forum.actions.sessions import place_of
from forum.errors import Invalid, NotFound
from forum.models import Council, Invitation, Person
from forum.permissions import User
from forum.web.account import link_ended
from forum.web.devices import device_words
from forum.web.limits import network_of
from forum.web.middleware import client_address
from forum.web.rendering import page
from forum.web.requests import Form, forum_of, read_form
from forum.web.sessions import HURDLES, recognise, set_device, set_session

NONE = "None: I am not a councillor"


async def show(request: Request) -> Response:
    await recognise(request)
    return await _show(request, Form())


async def accept(request: Request) -> Response:
    await recognise(request)
    form = await read_form(request)
    forum, token = forum_of(request), request.path_params["token"]
    found, user = await find_invitation(forum, token), request.scope["user"]
    if found is None:
        return link_ended(request)
    if not _can_go_on(found, user):
        return await _show(request, form)
    try:
        if user:
            await actions.accept(forum, user, token)
            return RedirectResponse(_inside(found.invitation), 303)
        place = place_of(forum, network_of(client_address(request)))
        device = device_words(request.headers.get("user-agent", ""))
        words = (form.get("name", ""), form.word("council"), form.get("new", ""))
        session, email = await actions.accept_with_password(forum, token, *words, place, device)
    except Invalid as invalid:
        return await _show(request, form, invalid)
    except NotFound:
        return link_ended(request)
    response = RedirectResponse(_inside(found.invitation), 303)
    set_session(response, forum, session)
    await set_device(response, forum, email)
    return response


def _inside(invitation: Invitation) -> str:
    return f"/groups/{invitation.group.slug}" if invitation.group else "/"


def _can_go_on(found: Found, user: User | None) -> bool:
    """Signed in to its account with nothing else to do first, or signed out where there is none yet."""
    if user is None:
        return found.sets_password
    return not user.hurdle and found.person is not None and found.person.id == user.id


async def _show(request: Request, form: Form, invalid: Invalid | None = None) -> Response:
    found, user = await find_invitation(forum_of(request), request.path_params["token"]), request.scope["user"]
    if found is None:
        return link_ended(request)
    if user and user.hurdle:
        back = quote(request.scope["path"], safe="/")
        return RedirectResponse(f"{HURDLES[user.hurdle][0]}?next={back}", 303)
    if not _can_go_on(found, user):
        if user:
            own = (await Person.get(id=user.id)).email
            return page(request, "invitations/somebody_else.html", 403, next="/", own=own)
        return page(request, "invitations/sign_in.html", next="/", found=found)
    councils = await Council.all().order_by("name") if found.chooses_council else []
    return page(
        request,
        "invitations/accept.html",
        422 if invalid else 200,
        next="/",
        found=found,
        councils=[(actions.NO_COUNCIL, NONE), *((str(council.id), council.name) for council in councils)],
        problems=invalid.problems if invalid else {},
        values={"name": found.invitation.name, **form},
    )
