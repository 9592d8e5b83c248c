"""Inviting people: administrators from /invitations, facilitators from their group's people. One page each for the
list of invitations, for one person and for many; where they stand is the door that somebody came in by.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from forum.actions import invitations as actions
from forum.actions.accepting import may_still_invite
from forum.actions.invited_lines import MOST_LINES, Lines, decoded
from forum.actions.inviting import Door, check_role, door_of_group, door_of_service, invitations_at
from forum.actions.inviting_lists import invite_list, plan_list, read_list
from forum.context import Forum
from forum.errors import Invalid
from forum.models import Council, Group, Invitation
from forum.permissions import visible_groups
from forum.web.applications import count_waiting
from forum.web.groups import place, require_some
from forum.web.rendering import page
from forum.web.requests import Form, forum_of, number, read_form, read_upload, user_of, word

PER_PAGE = 50
STATES = ("open", "used", "expired", "withdrawn")
TOO_MANY = "You have sent as many invitations as one person may in a day. Send the rest tomorrow."
DONE = {
    "invited": "The letter is on its way.",
    "list": "The letters are on their way.",
    "withdrawn": "The invitation is withdrawn: its link works no longer.",
    "again": "A new letter is on its way. The earlier link works no longer.",
}


def _slug(request: Request) -> str:
    """Of the group on whose pages this is; "" on the administrators'."""
    return str(request.path_params.get("slug", ""))


async def _door(request: Request, into: str = "") -> Door:
    """Where somebody stands; `into` is the slug of the group that an administrator chose."""
    user, slug = user_of(request), _slug(request)
    return await door_of_group(user, slug) if slug else await door_of_service(user, into)


def _base(request: Request) -> str:
    return f"/groups/{_slug(request)}" if _slug(request) else ""


def _back(request: Request, done: str) -> Response:
    return RedirectResponse(f"{_base(request)}/invitations?done={done}", 303)


async def _page(request: Request, template: str, door: Door, invalid: Invalid | None, **context: Any) -> Response:
    status = 422 if invalid else 200
    common = {"group": door.group if _slug(request) else None, "base": _base(request)}
    problems = invalid.problems if invalid else {}
    return page(request, f"invitations/{template}.html", status, problems=problems, **common, **context)


# The list


async def index(request: Request) -> Response:
    return await _index(request, None)


async def _index(request: Request, invalid: Invalid | None) -> Response:
    forum, door = forum_of(request), await _door(request)
    number_of_page, offset = place(request, PER_PAGE)
    groups = [(group.slug, group.name) for group in await _groups(door)]
    values, problems = _asked(request.query_params, groups)
    found = 0
    listed: list[Invitation] = []
    if not problems:
        asked = _narrowed(forum, invitations_at(door), values)
        newest = asked.order_by("-created_at", "-id").select_related("council", "group", "by")
        listed = await newest.offset(offset).limit(PER_PAGE + 1)
        require_some(listed, number_of_page)
        found = await asked.count()
    invalid = invalid or (Invalid(problems) if problems else None)
    return await _page(
        request,
        "index",
        door,
        invalid,
        rows=[(it, _state(forum, it), await _still_works(forum, it)) for it in listed[:PER_PAGE]],
        found=found,
        states=[(state, state.capitalize()) for state in STATES],
        groups=groups,
        roles=door.roles,
        done=DONE.get(request.query_params.get("done", ""), ""),
        waiting=0 if door.group else await count_waiting(),
        values=values,
        page=number_of_page,
        has_more=len(listed) > PER_PAGE,
    )


async def _groups(door: Door) -> list[Group]:
    """Those that an administrator can choose; a facilitator has no choice."""
    return await visible_groups(door.user).order_by("name") if door.user and door.knows_accounts else []


def _asked(params: Mapping[str, str], groups: list[tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    values, problems = {"q": "", "state": "", "group": ""}, dict[str, str]()
    for name in values:
        try:
            values[name] = word(params, name)
        except Invalid as invalid:
            problems |= invalid.problems
    if values["state"] not in ("", *STATES):
        problems["state"] = "Choose a state from the list."
    if values["group"] and values["group"] not in dict(groups):
        problems["group"] = "Choose a group from the list."
    return values, problems


def _narrowed(forum: Forum, invitations: QuerySet[Invitation], values: dict[str, str]) -> QuerySet[Invitation]:
    for typed in values["q"].split()[:10]:
        invitations = invitations.filter(Q(name__icontains=typed) | Q(email__icontains=typed))
    if values["group"]:
        invitations = invitations.filter(group__slug=values["group"])
    now, neither = forum.clock(), Q(used_at=None, withdrawn_at=None)
    states = {
        "": Q(),
        "open": neither & Q(expires_at__gt=now),
        "used": Q(used_at__isnull=False),
        "expired": neither & Q(expires_at__lte=now),
        "withdrawn": Q(used_at=None, withdrawn_at__isnull=False),
    }
    return invitations.filter(states[values["state"]])


def _state(forum: Forum, invitation: Invitation) -> str:
    if invitation.used_at:
        return "used"
    if invitation.withdrawn_at:
        return "withdrawn"
    return "open" if invitation.expires_at > forum.clock() else "expired"


async def _still_works(forum: Forum, invitation: Invitation) -> bool:
    return _state(forum, invitation) != "open" or await may_still_invite(forum, invitation)


async def withdraw(request: Request) -> Response:
    return await _change(request, actions.withdraw, "withdrawn")


async def send_again(request: Request) -> Response:
    return await _change(request, actions.send_again, "again")


async def _change(request: Request, act: Any, done: str) -> Response:
    form, slug = await read_form(request), _slug(request)
    try:
        await act(forum_of(request), user_of(request), slug, bool(slug), request.path_params["invitation_id"], form.key)
    except Invalid as invalid:
        return await _index(request, invalid)
    except actions.TooManyLetters:
        raise _too_many() from None
    return _back(request, done)


def _too_many() -> HTTPException:
    return HTTPException(429, TOO_MANY, {"retry-after": "86400"})


# One person


async def new(request: Request) -> Response:
    return await _one(request, await _door(request), Form(role="member"))


async def create(request: Request) -> Response:
    door, form, slug = await _door(request), await read_form(request), _slug(request)
    try:
        into = slug or form.word("group")
        who = (form.word("email"), form.get("name", ""), number(form, "council"), form.word("role"))
        await actions.invite(forum_of(request), user_of(request), into, bool(slug), *who, form.key)
    except Invalid as invalid:
        return await _one(request, door, form, invalid)
    except actions.TooManyLetters:
        raise _too_many() from None
    return _back(request, "invited")


async def _one(request: Request, door: Door, values: Mapping[str, str], invalid: Invalid | None = None) -> Response:
    councils = [(str(council.id), council.name) for council in await Council.all().order_by("name")]
    return await _page(request, "one", door, invalid, councils=councils, values=values, **await _choices(door))


async def _choices(door: Door) -> dict[str, Any]:
    groups = await _groups(door)
    return {
        "roles": [(role, role.capitalize()) for role in door.roles],
        "groups": [(group.slug, group.name) for group in groups],
    }


# Many


async def several(request: Request) -> Response:
    return await _several(request, await _door(request), Form(role="member"))


async def send_list(request: Request) -> Response:
    """Say what would happen, or with `act` do it."""
    door, slug = await _door(request), _slug(request)
    form, content = await read_upload(request, "file")
    lines: Lines | None = None
    try:
        form["text"] = decoded(content) if content else form.get("text", "")
        into = slug or form.word("group")
        door = await _door(request, into)
        check_role(door, form.word("role"))
        lines = await read_list(form["text"])
        if form.get("act") == "invite":
            words = (into, bool(slug), form["text"], form.word("role"), form.get("shown", ""), form.key)
            await invite_list(forum_of(request), user_of(request), *words)
            return _back(request, "list")
    except Invalid as invalid:
        return await _several(request, door, form, lines, invalid)
    except actions.TooManyLetters:
        raise _too_many() from None
    return await _several(request, door, form, lines)


async def _several(
    request: Request, door: Door, values: Form, lines: Lines | None = None, invalid: Invalid | None = None
) -> Response:
    plan = await plan_list(forum_of(request), door, lines) if lines else None
    changed = plan.changed(values["shown"]) if plan and "shown" in values else set()
    into = door.group.name if door.group else ""
    more = await _choices(door)
    return await _page(
        request, "list", door, invalid, plan=plan, changed=changed, into=into, most=MOST_LINES, values=values, **more
    )
