"""One's own account: what it holds, its password and its address, and where one is signed in."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import addresses, passwords, sessions
from forum.actions.links import find_link
from forum.errors import Invalid, NotFound
from forum.models import Group, Person
from forum.web.limits import SignInLimits
from forum.web.proofs import TRIED_TOO_OFTEN, allow_proof, ask_proof
from forum.web.rendering import page
from forum.web.requests import forum_of, read_form, user_of
from forum.web.sessions import recognise, set_device, set_session


async def show(request: Request) -> Response:
    user = user_of(request)
    person = await Person.get(id=user.id).select_related("council")
    groups = await Group.filter(id__in=list(user.roles)).order_by("name")
    return page(
        request,
        "account/show.html",
        person=person,
        groups=[(group, user.roles[group.id]) for group in groups],
        done=request.query_params.get("done", ""),
    )


async def password(request: Request) -> Response:
    ask_proof(request)
    return await _password_page(request)


async def change_password(request: Request) -> Response:
    forum, user = forum_of(request), user_of(request)
    form = await read_form(request)
    await allow_proof(request)
    try:
        token = await passwords.change_password(forum, user, form.get("password", ""), form.get("new", ""))
    except Invalid as invalid:
        return await _password_page(request, invalid)
    response = RedirectResponse("/account?done=password", 303)
    set_session(response, forum, token)
    await set_device(response, forum, (await Person.get(id=user.id)).email)
    return response


async def address(request: Request) -> Response:
    ask_proof(request)
    return page(request, "account/address.html")


async def ask_address(request: Request) -> Response:
    form = await read_form(request)
    limits: SignInLimits = request.app.state.sign_in_limits
    if not await limits.allow_letter(user_of(request).id):
        raise HTTPException(429, TRIED_TOO_OFTEN, {"retry-after": "900"})
    try:
        await addresses.ask_address(forum_of(request), user_of(request), form.word("email"))
    except Invalid as invalid:
        values = {"email": form.get("email", "")}
        return page(request, "account/address.html", 422, problems=invalid.problems, values=values)
    return RedirectResponse("/account?done=address-asked", 303)


async def sign_ins(request: Request) -> Response:
    listed = await sessions.sessions_of(forum_of(request), user_of(request))
    return page(request, "account/sign_ins.html", sessions=listed)


async def end_session(request: Request) -> Response:
    await read_form(request)
    await sessions.end_session(forum_of(request), user_of(request), request.path_params["session_id"])
    return RedirectResponse("/account/sessions", 303)


async def end_other_sessions(request: Request) -> Response:
    await read_form(request)
    await sessions.end_other_sessions(forum_of(request), user_of(request))
    return RedirectResponse("/account/sessions", 303)


# The link to a new address: it may be opened in a browser that nobody is signed in to.


async def confirm_address(request: Request) -> Response:
    await recognise(request)
    if await find_link(forum_of(request), "address", request.path_params["token"]) is None:
        return link_ended(request)
    return page(request, "account/confirm_address.html", next="/")


async def change_address(request: Request) -> Response:
    await recognise(request)
    await read_form(request)
    forum = forum_of(request)
    try:
        person_id, email = await addresses.change_address(forum, request.path_params["token"])
    except NotFound:
        return link_ended(request)
    user = request.scope["user"]
    is_theirs = user is not None and user.id == person_id
    response = RedirectResponse("/account?done=address" if is_theirs else "/sign-in?done=address", 303)
    if is_theirs:
        await set_device(response, forum, email)
    return response


def link_ended(request: Request) -> Response:
    """The same for a link that was used, ran out, was cut short, or never was."""
    return page(request, "account/link_ended.html", 404, next="/")


async def _password_page(request: Request, invalid: Invalid | None = None) -> Response:
    person = await Person.get(id=user_of(request).id)
    problems = invalid.problems if invalid else {}
    return page(request, "account/password.html", 422 if invalid else 200, email=person.email, problems=problems)
