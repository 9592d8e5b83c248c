"""The page that asks for a fresh proof, and leads on to what asked for it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions.codes import factors_of
from forum.actions.proofs import TO_FILL_IN, prove, require_proof
from forum.errors import Invalid
from forum.models import Person
from forum.web.limits import SignInLimits
from forum.web.rendering import page
from forum.web.requests import forum_of, read_form, user_of
from forum.web.sessions import set_session
from forum.web.sign_in import safe_next

TRIED_TOO_OFTEN = "Wait a quarter of an hour, then try again."


async def show(request: Request) -> Response:
    return await prove_page(request, safe_next(request.query_params.get("next", "")))


async def submit(request: Request) -> Response:
    forum, form = forum_of(request), await read_form(request)
    target = safe_next(form.get("next", ""))
    await allow_proof(request)
    try:
        token = await prove(forum, user_of(request), form.get("password", ""), form.get("code", ""))
    except Invalid as invalid:
        return await prove_page(request, target, invalid)
    response = RedirectResponse(target, 303)
    set_session(response, forum, token)
    return response


def ask_proof(request: Request) -> None:
    """Before a form is shown that needs one: nobody fills it in to be asked only then."""
    require_proof(forum_of(request), user_of(request), TO_FILL_IN)


async def allow_proof(request: Request) -> None:
    limits: SignInLimits = request.app.state.sign_in_limits
    if not await limits.allow_proof(user_of(request).session_id):
        raise HTTPException(429, TRIED_TOO_OFTEN, {"retry-after": "900"})


async def prove_page(request: Request, target: str, invalid: Invalid | None = None) -> Response:
    person = await Person.get(id=user_of(request).id)
    return page(
        request,
        "factors/prove.html",
        422 if invalid else 200,
        next=target,
        email=person.email,
        factors=await factors_of(person.id),
        problems=invalid.problems if invalid else {},
    )
