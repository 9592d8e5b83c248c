"""People, for administrators: find one, see all that is known of their account, decide about it.

A hidden group does not exist for who is not in it, an administrator too: a membership there is on no page here.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from forum.actions import standing
from forum.actions.codes import factors_of
from forum.actions.people import people_named
from forum.audit import ACTS
from forum.errors import Invalid, NotFound
from forum.models import Council, Decision, Membership, Person, Session
from forum.permissions import User, can_administer, require, visible_groups
from forum.web.applications import count_waiting
from forum.web.groups import place, require_some
from forum.web.rendering import page
from forum.web.requests import forum_of, read_form, user_of, word

PEOPLE_PER_PAGE = 50
MOST_WORDS = 10
ROLES = [("analyst", "Analyst"), ("administrator", "Administrator"), ("none", "No role on the service")]
STATES = {
    "active": Q(suspended_at=None, deactivated_at=None),
    "suspended": Q(suspended_at__isnull=False),
    "deactivated": Q(deactivated_at__isnull=False),
}
DECISIONS = {
    "site_role_analyst": "Made an analyst",
    "site_role_administrator": "Made an administrator",
    "site_role_none": "Took the role on the service away",
    "reset_factors": "Reset the second factor",
    "end_sessions": "Signed them out everywhere",
}
OTHER_STEPS = {"sign-out": standing.sign_out_everywhere, "reset-factors": standing.reset_factors}
CHOICES = {
    "analyst": "Make them an analyst",
    "administrator": "Make them an administrator",
    "none": "Take their role on the service away",
    "sign-out": "Sign them out everywhere",
    "reset-factors": "Reset their second factor: they lost it",
    "suspend": "Suspend them: they are shut out at once",
    "reinstate": "End the suspension",
    "deactivate": "Deactivate the account: they have left",
    "reactivate": "Make the account active again",
}


async def index(request: Request) -> Response:
    require(can_administer(user_of(request)), standing.WHO)
    number_of_page, offset = place(request, PEOPLE_PER_PAGE)
    values, problems = _words(request.query_params)
    councils = await Council.all().order_by("name")
    asked = Person.all()
    if not problems:
        asked, problems = _narrowed(values, {str(council.id) for council in councils})
    people, found = [], 0
    if not problems:
        by_name = asked.order_by("name", "id").select_related("council")
        people = await by_name.offset(offset).limit(PEOPLE_PER_PAGE + 1)
        require_some(people, number_of_page)
        found = await asked.count()
    return page(
        request,
        "people/index.html",
        422 if problems else 200,
        people=people[:PEOPLE_PER_PAGE],
        found=found,
        councils=[(str(council.id), council.name) for council in councils],
        roles=ROLES,
        states=[(state, state.capitalize()) for state in STATES],
        waiting=await count_waiting(),
        values=values,
        problems=problems,
        page=number_of_page,
        has_more=len(people) > PEOPLE_PER_PAGE,
    )


def _words(params: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    values, problems = dict[str, str](), dict[str, str]()
    for name in ("q", "role", "council", "state"):
        try:
            values[name] = word(params, name)
        except Invalid as invalid:
            problems |= invalid.problems
    return values, problems


def _narrowed(values: dict[str, str], councils: set[str]) -> tuple[QuerySet[Person], dict[str, str]]:
    """The people who were asked for, and what cannot be asked for."""
    people, problems = people_named(values["q"].split()[:MOST_WORDS]), dict[str, str]()
    if role := values["role"]:
        people = people.filter(site_role=None if role == "none" else role)
        if role not in dict(ROLES):
            problems["role"] = "Choose a role from the list."
    if council := values["council"]:
        if council in councils:
            people = people.filter(council_id=int(council))
        else:
            problems["council"] = "Choose a council from the list."
    if state := values["state"]:
        if state in STATES:
            people = people.filter(STATES[state])
        else:
            problems["state"] = "Choose a state from the list."
    return people, problems


async def show(request: Request) -> Response:
    """The look itself is kept in the audit log."""
    user = user_of(request)
    person = await _person(request)
    await standing.note_look(forum_of(request), user, person.id)
    return await _show(request, person, Invalid({}), {})


async def decide(request: Request) -> Response:
    forum, user = forum_of(request), user_of(request)
    form = await read_form(request)
    person = await _person(request)
    try:
        decision, reason = form.word("decision"), form.get("reason", "")
        if decision in standing.STEPS:
            await standing.decide(forum, user, person.id, decision, reason, form.key)
        elif decision in OTHER_STEPS:
            await OTHER_STEPS[decision](forum, user, person.id, reason, form.key)
        elif decision in CHOICES:
            role = None if decision == "none" else decision
            await standing.set_site_role(forum, user, person.id, role, reason, form.key)
        else:
            raise Invalid({"decision": "Choose what you decide."})
    except Invalid as invalid:
        return await _show(request, person, invalid, form, 422)
    return RedirectResponse(f"/people/{person.id}", 303)


async def _person(request: Request) -> Person:
    require(can_administer(user_of(request)), standing.WHO)
    person = await Person.get_or_none(id=request.path_params["person_id"]).select_related("council")
    if person is None:
        raise NotFound
    return person


async def _show(
    request: Request, person: Person, invalid: Invalid, values: Mapping[str, str], status: int = 200
) -> Response:
    forum, user = forum_of(request), user_of(request)
    idle_since, begun_since = forum.session_limits()
    held = await factors_of(person.id)
    sessions = Session.filter(person_id=person.id)
    last = await sessions.order_by("-seen_at").first()
    return page(
        request,
        "people/show.html",
        status,
        person=person,
        state=state_of(person),
        sessions=await sessions.filter(ended_at=None, seen_at__gt=idle_since, created_at__gt=begun_since).count(),
        last_seen=last.seen_at if last else None,
        memberships=await _memberships(user, person),
        today=forum.rules().today,
        decisions=await Decision.filter(person_id=person.id).order_by("-created_at", "-id").select_related("by"),
        words_of=lambda act: DECISIONS.get(act) or ACTS.get(act, act),
        factors=held,
        choices=_choices(person, bool(held)),
        problems=invalid.problems,
        values=values,
    )


async def _memberships(user: User, person: Person) -> list[Membership]:
    """Those in groups that this administrator may know of, the open ones first."""
    groups = await visible_groups(user).values_list("id", flat=True)
    found = await Membership.filter(person_id=person.id, group_id__in=list(groups) or [0]).select_related("group")
    return sorted(found, key=lambda membership: (membership.ended_at is not None, membership.group.name))


def state_of(person: Person) -> str:
    if person.deactivated_at:
        return "Deactivated"
    return "Suspended" if person.suspended_at else "Active"


def _choices(person: Person, has_factor: bool) -> list[tuple[str, str]]:
    """What can be decided about somebody as they are now."""
    refused = {
        person.site_role or "none",
        "" if has_factor else "reset-factors",
        "suspend" if person.suspended_at else "reinstate",
        "deactivate" if person.deactivated_at else "reactivate",
    }
    return [(choice, words) for choice, words in CHOICES.items() if choice not in refused]
