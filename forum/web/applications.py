"""Sign-ups: administrators see who asks to be let in, and decide. Members vouch for whom they know."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from tortoise.expressions import Case, Q, When

from forum.actions import deciding, vouching
from forum.actions.applications import can_be_approved, declined
from forum.errors import Invalid, NotFound
from forum.models import Application, AuditRow, Person
from forum.permissions import application_to_vouch_for, can_administer, require
from forum.web.groups import place, require_some
from forum.web.rendering import page
from forum.web.requests import forum_of, read_form, user_of, word

PER_PAGE = 50
STATES = {
    "waiting": Q(proven_at__isnull=False, decided_at=None),
    "unproven": Q(proven_at=None),
    "approved": Q(decision="approved"),
    "refused": Q(decision="refused"),
}
STATE_WORDS = {
    "waiting": "Waiting",
    "unproven": "Address not confirmed",
    "approved": "Approved",
    "refused": "Refused",
}
CHOICES = [
    ("approve", "Approve: they get an invitation to make their account"),
    ("refuse", "Refuse: they get a letter with the reason"),
]


async def index(request: Request) -> Response:
    """What waits comes first, and of that what came first."""
    require(can_administer(user_of(request)), deciding.WHO)
    number_of_page, offset = place(request, PER_PAGE)
    values, problems = dict[str, str](), dict[str, str]()
    for name in ("q", "state"):
        try:
            values[name] = word(request.query_params, name)
        except Invalid as invalid:
            problems |= invalid.problems
    if values.get("state") and values["state"] not in STATES:
        problems["state"] = "Choose a state from the list."
    applications, found = [], 0
    if not problems:
        asked = Application.filter(STATES[values["state"]]) if values["state"] else Application.all()
        for typed in values["q"].split()[:10]:
            asked = asked.filter(
                Q(name__icontains=typed) | Q(email__icontains=typed) | Q(council__name__icontains=typed)
            )
        rank = Case(When(STATES["waiting"], then="1"), When(STATES["unproven"], then="2"), default="3")
        in_order = asked.annotate(rank=rank).order_by("rank", "-decided_at", "created_at", "id")
        applications = await in_order.offset(offset).limit(PER_PAGE + 1).select_related("council")
        require_some(applications, number_of_page)
        found = await asked.count()
    return page(
        request,
        "applications/index.html",
        422 if problems else 200,
        applications=applications[:PER_PAGE],
        found=found,
        states=STATE_WORDS.items(),
        state_of=state_of_application,
        can_be_approved=can_be_approved,
        waiting=await count_waiting(),
        values=values,
        problems=problems,
        page=number_of_page,
        has_more=len(applications) > PER_PAGE,
    )


async def count_waiting() -> int:
    """For the tabs of the administrators' pages."""
    return await Application.filter(STATES["waiting"]).count()


def state_of_application(application: Application) -> str:
    if application.decision:
        return str(application.decision)
    return "waiting" if application.proven_at else "unproven"


async def show(request: Request) -> Response:
    """The look itself is kept in the audit log."""
    user = user_of(request)
    application = await _application(request)
    await deciding.note_look(forum_of(request), user, application.id)
    return await _show(request, application, Invalid({}), {})


async def decide(request: Request) -> Response:
    form = await read_form(request)
    application = await _application(request)
    try:
        decision, reason = form.word("decision"), form.get("reason", "")
        await deciding.decide_application(
            forum_of(request), user_of(request), application.id, decision, reason, form.key
        )
    except Invalid as invalid:
        return await _show(request, await _application(request), invalid, form, 422)
    return RedirectResponse(f"/applications/{application.id}", 303)


async def _application(request: Request) -> Application:
    require(can_administer(user_of(request)), deciding.WHO)
    found = Application.filter(id=request.path_params["application_id"])
    application = await found.first().select_related("council", "sponsor", "decided_by")
    if application is None:
        raise NotFound
    return application


async def _show(
    request: Request, application: Application, invalid: Invalid, values: Mapping[str, str], status: int = 200
) -> Response:
    others = Application.filter(email=application.email).exclude(id=application.id).exclude(email="")
    account = await Person.get_or_none(email=application.email)
    refusal = AuditRow.filter(act="decline_vouch", subject="application", subject_id=application.id)
    refused_at = await refusal.first() if declined(application) else None
    if application.decided_at is None and application.proven_at is not None:
        await vouching.judge_again(forum_of(request), application)
    return page(
        request,
        "applications/show.html",
        status,
        application=application,
        state=state_of_application(application),
        can_be_approved=can_be_approved(application),
        declined=refused_at,
        others=[(other, state_of_application(other)) for other in await others.order_by("-created_at")],
        account=account,
        states=STATE_WORDS,
        choices=CHOICES,
        problems=invalid.problems,
        values=values,
    )


# For members


async def vouch(request: Request) -> Response:
    return await _vouch(request, Invalid({}))


async def answer(request: Request) -> Response:
    form = await read_form(request)
    application_id = request.path_params["application_id"]
    try:
        said, key = form.word("answer"), form.key
        await vouching.vouch(forum_of(request), user_of(request), application_id, said, key)
    except Invalid as invalid:
        return await _vouch(request, invalid, form, 422)
    return RedirectResponse(f"/vouch/{application_id}", 303)


async def _vouch(
    request: Request, invalid: Invalid, values: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    application = await application_to_vouch_for(user_of(request), request.path_params["application_id"])
    return page(
        request,
        "applications/vouch.html",
        status,
        application=application,
        answers=vouching.ANSWERS.items(),
        problems=invalid.problems,
        values=values or {},
    )
