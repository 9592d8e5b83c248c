"""Invitations: a link by letter that lets one address in, and into a group. Whoever invites somebody again ends the
earlier link to the same group: of an address and a group at most one is open. Only the hash of a link is kept.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from forum.actions import action, check_key, first_time
from forum.actions.inviting import (
    Door,
    check_invited_name,
    check_role,
    invitations_at,
    open_door,
    open_invitations,
    standings,
)
from forum.actions.inviting import one_at_a_time as one_at_a_time
from forum.actions.letters import post_letter
from forum.actions.people import check_email
from forum.actions.sessions import hash_token
from forum.audit import record
from forum.context import Forum
from forum.errors import Invalid, NotFound
from forum.models import Council, Group, Invitation
from forum.permissions import User

KEPT = timedelta(days=90)  # after it ended, for the lists
A_DAY = timedelta(days=1)


class TooManyLetters(Exception):
    """This person has sent as many as they may in a day."""


async def make_invitation(
    forum: Forum,
    user: User | None,
    email: str,
    name: str,
    council_id: int | None,
    group_id: int | None,
    role: str,
    application_id: int | None = None,
) -> int:
    """Inside a transaction, with nothing left to lock after it but the audit log: a new invitation's id; its letter is
    on the way. Earlier ones of this address to this group end. `user` is None for the terminal. An address and a name
    come checked."""
    await one_at_a_time()
    invitation_id = await put_invitation(forum, user, email, name, council_id, group_id, role, application_id)
    await record_invitation(forum, user, invitation_id, group_id, role, application_id)
    return invitation_id


async def put_invitation(
    forum: Forum,
    user: User | None,
    email: str,
    name: str,
    council_id: int | None,
    group_id: int | None,
    role: str,
    application_id: int | None = None,
) -> int:
    """As make_invitation, when one_at_a_time was asked for before, and record_invitation comes after."""
    token, now = secrets.token_urlsafe(32), forum.clock()
    await Invitation.filter(expires_at__lt=now - KEPT).delete()
    await open_invitations().filter(email=email, group_id=group_id).update(withdrawn_at=now)
    expires_at = now + timedelta(days=forum.settings.invitations.days)
    invitation = await Invitation.create(
        email=email,
        name=name,
        council_id=council_id,
        group_id=group_id,
        role=role,
        application_id=application_id,
        by_id=user.id if user else None,
        token_hash=hash_token(token),
        created_at=now,
        expires_at=expires_at,
    )
    group = await Group.get(id=group_id) if group_id else None
    words: dict[str, Any] = {
        "name": name,
        "by": user.name if user else "",
        "has_asked": application_id is not None,
        "into_group": group is not None,
        "group": group.name if group and group.visibility == "listed" else "",  # a hidden one is in no mail
        "until": expires_at,
        "token": token,
    }
    await post_letter(forum, "invitation", email, str(invitation.id), **words)
    return int(invitation.id)


async def record_invitation(
    forum: Forum, user: User | None, invitation_id: int, group_id: int | None, role: str, application_id: int | None
) -> None:
    await record(
        forum, user, "invite", "invitation", invitation_id, group=group_id, role=role, application=application_id
    )


async def require_letters(forum: Forum, door: Door, letters: int) -> None:
    """Inside a transaction: TooManyLetters when so many more are too many. Approved sign-ups do not count."""
    if door.user is None:
        return
    today = Invitation.filter(by_id=door.user.id, application_id=None, created_at__gt=forum.clock() - A_DAY)
    if await today.count() + letters > forum.settings.invitations.letters_per_day:
        raise TooManyLetters


# By hand


@action
async def invite(
    forum: Forum,
    user: User | None,
    slug: str,
    by_facilitator: bool,
    email: str,
    name: str,
    council_id: int | None,
    role: str,
    key: str = "",
) -> int:
    """Invite one person; `user` is None for the terminal. Invalid where there is nobody to invite."""
    email, name = check_email(email), check_invited_name(name)
    if council_id is not None and not await Council.exists(id=council_id):
        raise Invalid({"council": "Choose a council from the list."})
    async with forum.write():
        door = await open_door(user, slug, by_facilitator)
        check_role(door, role)
        if user is not None:
            check_key(key)
            await first_time(forum, user, key, ("invite", slug, email, name, council_id, role), door.group_id or 0)
        standing = (await standings(forum, door, [email]))[email]
        if not standing.is_invited:
            raise Invalid({"email": f"{standing.words}."})
        await require_letters(forum, door, 1)
        return await make_invitation(forum, door.user, email, name, council_id, door.group_id, role)


@action
async def withdraw(forum: Forum, user: User, slug: str, by_facilitator: bool, invitation_id: int, key: str) -> int:
    """The link works no longer. NotFound when it is not there, or ended already."""
    async with forum.write():
        door = await open_door(user, slug, by_facilitator)
        check_key(key)
        await first_time(forum, user, key, ("withdraw invitation", invitation_id), invitation_id)
        is_withdrawn = (
            await invitations_at(door)
            .filter(id=invitation_id, used_at=None, withdrawn_at=None)
            .update(withdrawn_at=forum.clock())
        )
        if not is_withdrawn:
            raise NotFound
        await record(forum, user, "withdraw_invitation", "invitation", invitation_id, group=door.group_id)
    return invitation_id


@action
async def send_again(forum: Forum, user: User, slug: str, by_facilitator: bool, invitation_id: int, key: str) -> int:
    """A new letter with a new link, for one that was not used; the earlier link ends."""
    async with forum.write():
        door = await open_door(user, slug, by_facilitator)
        check_key(key)
        await first_time(forum, user, key, ("send invitation again", invitation_id), invitation_id)
        earlier = await invitations_at(door).get_or_none(id=invitation_id, used_at=None).select_related("group")
        if earlier is None:
            raise NotFound
        door = Door(door.user, earlier.group, door.roles, door.knows_accounts)
        check_role(door, earlier.role)
        standing = (await standings(forum, door, [earlier.email]))[earlier.email]
        if not standing.is_invited:
            raise Invalid(f"{earlier.name} was not invited again. {standing.words}.")
        await require_letters(forum, door, 1)
        words = (earlier.email, earlier.name, earlier.council_id, earlier.group_id, earlier.role)
        await make_invitation(forum, door.user, *words, earlier.application_id)
    return invitation_id
