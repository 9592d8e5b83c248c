"""Who may invite whom: where somebody stands who invites, and what inviting an address would do.

An administrator invites into any group or none, a facilitator into theirs. A facilitator is never told whether an
address has an account elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from forum.actions.groups import ROLES, is_over
from forum.actions.people import check_name
from forum.context import Forum
from forum.database import select
from forum.errors import Invalid
from forum.models import Group, Invitation, Membership, Passkey, Person
from forum.moments import LONDON
from forum.permissions import (
    User,
    can_administer,
    can_facilitate,
    readable_group,
    require,
    user_now,
    visible_groups,
)

WHO = "Only administrators may invite people to the service."
WHO_IN_GROUP = "Only facilitators of this group may invite people into it."
ROLES_OF_FACILITATORS = ("member", "observer")


@dataclass(frozen=True, slots=True)
class Door:
    """Where somebody lets others in: into `group`, or none, as one of `roles`. `user` is None for the terminal.
    Staff of the service may know who has an account."""

    user: User | None
    group: Group | None
    roles: tuple[str, ...]
    knows_accounts: bool

    @property
    def group_id(self) -> int | None:
        return self.group.id if self.group else None

    @property
    def by_id(self) -> int | None:
        return self.user.id if self.user else None


async def door_of_service(user: User | None, slug: str) -> Door:
    """An administrator's, or the terminal's, into the group with this slug, or with "" into none."""
    require(user is None or can_administer(user), WHO)
    groups = visible_groups(user) if user else Group.all()
    group = await groups.get_or_none(slug=slug) if slug else None
    if slug and group is None:
        raise Invalid({"group": f"There is no group {slug}."})
    return Door(user, group, ROLES, knows_accounts=True)


async def door_of_group(user: User, slug: str) -> Door:
    """A facilitator's, into their group. NotFound and NotAllowed as for whatever else facilitators do there."""
    group = await readable_group(user, slug)
    require(can_facilitate(user, group), WHO_IN_GROUP)
    return Door(user, group, ROLES_OF_FACILITATORS, knows_accounts=False)


async def open_door(user: User | None, slug: str, by_facilitator: bool) -> Door:
    """Inside a transaction: the door as it stands at this moment, with nobody else inviting or coming in meanwhile."""
    await one_at_a_time()
    user = await user_now(user) if user else None
    return await door_of_group(user, slug) if by_facilitator and user else await door_of_service(user, slug)


async def one_at_a_time() -> None:
    """Inside a transaction: wait until all who invited, came in or lost a right before are done."""
    await select("UPDATE service SET rights = rights RETURNING rights")


def invitations_at(door: Door) -> QuerySet[Invitation]:
    """Those that whoever stands at this door may see: the group's, or an administrator's all. An invitation into a
    hidden group is for who knows the group."""
    if not door.knows_accounts:
        return Invitation.filter(group_id=door.group_id)
    if door.user is None:
        return Invitation.all()
    return Invitation.filter(Q(group_id=None) | Q(group_id__in=Subquery(visible_groups(door.user).values("id"))))


def open_invitations() -> QuerySet[Invitation]:
    """Neither used nor withdrawn; they may have run out."""
    return Invitation.filter(used_at=None, withdrawn_at=None)


def check_role(door: Door, role: str) -> None:
    if role not in door.roles:
        raise Invalid({"role": "Choose a role from the list."})


def check_invited_name(name: str) -> str:
    """As check_name, for a name that goes into a letter to a stranger: it brings no address of a page."""
    name = check_name(name)
    if re.search(r"[@<>/\\]|\w\.\w{2}", name):
        raise Invalid({"name": "Give a name without @, /, \\, < and >, and with a space after a full stop."})
    return name


@dataclass(frozen=True, slots=True)
class Standing:
    """What would happen to an address: `outcome` in a word, `words` say it."""

    outcome: str
    words: str

    @property
    def is_invited(self) -> bool:
        return self.outcome in ("new", "again", "back")


async def standings(forum: Forum, door: Door, emails: Sequence[str]) -> dict[str, Standing]:
    """What inviting would do for each address: the same statements whatever is known of them."""
    people = {person.email: person for person in await Person.filter(email__in=[*emails, ""])}
    in_group = await Membership.filter(group_id=door.group_id or 0, person__email__in=[*emails, ""])
    memberships = {membership.person_id: membership for membership in in_group}
    with_passkey = {passkey.person_id for passkey in await Passkey.filter(person__email__in=[*emails, ""])}
    can_sign_in = {person.id for person in people.values() if person.password_hash} | with_passkey
    still_open = open_invitations().filter(email__in=[*emails, ""], group_id=door.group_id)
    invited = {invitation.email: invitation for invitation in await still_open}
    found = {}
    for email in emails:
        person = people.get(email)
        membership = memberships.get(person.id) if person else None
        if person and door.user and person.id == door.user.id:
            found[email] = Standing("own", "This is your own address: somebody else has to invite you")
        elif membership and not is_over(forum, membership):
            found[email] = Standing("here", "They are in the group already")
        elif person and door.knows_accounts and (person.suspended_at or person.deactivated_at):
            state = "deactivated" if person.deactivated_at else "suspended"
            found[email] = Standing("shut", f"Their account is {state}")
        elif person and door.group is None and person.id in can_sign_in:
            found[email] = Standing("account", "They have an account already")
        elif email in invited:
            since = day_of(invited[email].created_at)
            found[email] = Standing("again", f"Invited before, on {since}: sent again, and the earlier link ends")
        elif membership:
            ended = membership.ended_at or membership.ends_on
            assert ended is not None, "it is over"
            found[email] = Standing("back", f"Was in the group until {day_of(ended)}: invited back")
        else:
            found[email] = Standing("new", "Invited")
    return found


def day_of(time: datetime | date) -> str:
    day = time.astimezone(LONDON) if isinstance(time, datetime) else time
    return f"{day.day} {day:%B %Y}"
