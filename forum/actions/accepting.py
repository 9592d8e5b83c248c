"""Coming in by an invitation. To look at the link is not to use it; of those who use it at once one gets in.

It is bound to its address: a new account gets that address, and who has an account comes in signed in to it. It ends
when whoever sent it may no longer invite, and with a removal from the group after it was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tortoise.exceptions import IntegrityError

from forum.actions import action
from forum.actions.groups import is_over, put_member
from forum.actions.inviting import check_invited_name, open_invitations
from forum.actions.passwords import new_hash, put_password
from forum.actions.sessions import begin_session, hash_token
from forum.audit import record
from forum.context import Forum
from forum.database import select
from forum.errors import Invalid, NotAllowed, NotFound
from forum.models import Council, Invitation, Membership, Passkey, Person
from forum.models.ids import new_id
from forum.permissions import User, can_invite, user_now

NO_COUNCIL = "none"
SOMEBODY_ELSE = "This invitation was sent to another address than the one you sign in with."
HAS_ACCOUNT = "There is an account with this address by now. Sign in to it, then open the link again."


@dataclass(frozen=True, slots=True)
class Found:
    """An invitation that works, with its council and group, and whose account has its address: None for nobody's.
    `sets_password`: nobody can sign in yet, there is no account or it has neither password nor passkey."""

    invitation: Invitation
    person: Person | None
    sets_password: bool

    @property
    def chooses_council(self) -> bool:
        """Nobody said which: whoever decided about a sign-up did, even if it is none."""
        return not (self.person or self.invitation.council_id or self.invitation.application_id)


async def find_invitation(forum: Forum, token: str) -> Found | None:
    """The invitation that still works."""
    still_open = open_invitations().filter(token_hash=hash_token(token), expires_at__gt=forum.clock())
    invitation = await still_open.get_or_none().select_related("council", "group")
    if invitation is None:
        return None
    person = await Person.get_or_none(email=invitation.email).select_related("council")
    if person and (person.suspended_at or person.deactivated_at or await _left_since(person, invitation)):
        return None
    if not await may_still_invite(forum, invitation):
        return None
    sets_password = person is None or not (person.password_hash or await Passkey.exists(person_id=person.id))
    return Found(invitation, person, sets_password)


async def _left_since(person: Person, invitation: Invitation) -> bool:
    """A removal is not undone by a letter that was sent before it."""
    ended = Membership.filter(group_id=invitation.group_id or 0, ended_at__gte=invitation.created_at)
    return await ended.filter(person_id=person.id).exists()


async def may_still_invite(forum: Forum, invitation: Invitation) -> bool:
    """Whether who sent it may send it now. A sign-up was decided, whatever becomes of who decided."""
    if invitation.by_id is None or invitation.application_id is not None:
        return True
    try:
        sender = await user_now(User(invitation.by_id, "", rules=forum.rules()))
    except NotFound:
        return False
    return can_invite(sender, invitation.group)


@action
async def accept_with_password(
    forum: Forum, token: str, name: str, chosen: str, password: str, place: str, device: str
) -> tuple[str, str]:
    """Choose a password, and with it make the account if there is none. `chosen` is a council's id, or NO_COUNCIL.
    The token of a new session, and the address of the account. NotFound when the link does not work (any longer)."""
    found = await find_invitation(forum, token)
    if found is None:
        raise NotFound
    if not found.sets_password:
        raise Invalid(HAS_ACCOUNT)
    invitation, problems = found.invitation, dict[str, str]()
    council = invitation.council
    if found.person:
        name, council = found.person.name, found.person.council
    elif found.chooses_council and chosen != NO_COUNCIL:
        council = {str(council.id): council for council in await Council.all()}.get(chosen)
        if council is None:
            problems["council"] = "Choose your council, or say that you are on none."
    try:
        name = check_invited_name(name)
    except Invalid as invalid:
        problems |= invalid.problems
    own = (name, invitation.email, council.name if council else None)
    try:
        password_hash = await new_hash(forum, password, *own, field="new")
    except Invalid as invalid:
        problems |= invalid.problems
    if problems:
        raise Invalid(problems)
    try:
        async with forum.end_right():
            found = await _use(forum, token)
            if not found.sets_password:
                raise Invalid(HAS_ACCOUNT)
            person = found.person
            if person:
                await put_password(forum, person, password_hash)
            else:
                person = await Person.create(
                    id=new_id(),
                    email=invitation.email,
                    name=name,
                    council_id=council.id if council else None,
                    password_hash=password_hash,
                    created_at=forum.clock(),
                )
            await _join(forum, found.invitation, person.id)
            session_id, session_token = await begin_session(forum, person, place, "", device, known_by="device")
            act = "reset_password" if found.person else "create_account"
            rows: list[tuple[str, str, int, dict[str, Any]]] = [
                (act, "person", person.id, {"invitation": invitation.id}),
                ("accept_invitation", "person", person.id, _details(invitation)),
                ("sign_in", "session", session_id, {}),
            ]
            for said, subject, subject_id, details in rows:
                await record(forum, person, said, subject, subject_id, **details)
    except IntegrityError:  # an account was made from the terminal in this moment
        raise Invalid(HAS_ACCOUNT) from None
    return session_token, person.email


@action
async def accept(forum: Forum, user: User, token: str) -> None:
    """Whoever has an account comes into the group. NotAllowed for everybody but whose address it was sent to."""
    async with forum.end_right():
        user = await user_now(user)
        found = await _use(forum, token)
        if found.person is None or found.person.id != user.id or found.invitation.by_id == user.id:
            raise NotAllowed(SOMEBODY_ELSE)
        await _join(forum, found.invitation, user.id)
        await record(forum, user, "accept_invitation", "person", user.id, **_details(found.invitation))


async def _use(forum: Forum, token: str) -> Found:
    """Inside end_right, first: the invitation, used up. What raises after this gives it back."""
    found = await find_invitation(forum, token)
    now = forum.clock()
    used = found and await select(
        """UPDATE invitation SET used_at = $1 WHERE id = $2 AND used_at IS NULL AND withdrawn_at IS NULL
        AND expires_at > $3 RETURNING id""",
        now,
        found.invitation.id,
        now,
    )
    if not found or not used:
        raise NotFound
    return found


async def _join(forum: Forum, invitation: Invitation, person_id: int) -> None:
    """Into the group, unless they are in it by now; then their role stays. A link to the service alone ends too."""
    await open_invitations().filter(email=invitation.email, group_id=None).update(withdrawn_at=forum.clock())
    if invitation.group_id is None:
        return
    membership = await Membership.get_or_none(group_id=invitation.group_id, person_id=person_id)
    if membership is None or is_over(forum, membership):
        await put_member(forum, invitation.group_id, person_id, invitation.role)


def _details(invitation: Invitation) -> dict[str, Any]:
    into = {"group": invitation.group_id, "role": invitation.role} if invitation.group_id else {}
    return {"invitation": invitation.id, **into}
