"""What administrators decide about a person's account: its site role, suspension, deactivation,
the reset of a second factor that is lost. Each has a reason that is kept, is told to the person, and holds at once
everywhere.

Nobody decides about themselves, and the last administrator stays. Of two who decide at once, the second sees what the
first did: ending a right takes the service's one row first.
"""

from __future__ import annotations

from dataclasses import dataclass

from forum.actions import action, check_key, first_time
from forum.actions.codes import factors_of
from forum.actions.letters import post_letter
from forum.actions.links import use_up_links
from forum.actions.people import SITE_ROLES
from forum.actions.posts import check_note
from forum.actions.visits import end_visits_of
from forum.audit import record
from forum.context import Forum
from forum.errors import Invalid, NotFound
from forum.models import Challenge, Decision, Passkey, Person, RecoveryCode, Session, Totp
from forum.models.ids import new_id
from forum.permissions import User, can_administer, require, user_now

WHO = "Only administrators may see and change people's accounts."
FROM_TERMINAL = "From the terminal."


@dataclass(frozen=True, slots=True)
class Step:
    """A decision that sets or clears a time: `told` is what its letter says, `refused` why it cannot be."""

    act: str
    column: str
    is_ending: bool
    refused: str
    told: str


STEPS = {
    "suspend": Step(
        "suspend_account",
        "suspended_at",
        True,
        "This account is suspended already.",
        "Your account was suspended. You cannot sign in until an administrator ends the suspension.",
    ),
    "reinstate": Step(
        "reinstate_account",
        "suspended_at",
        False,
        "This account is not suspended.",
        "Your account is no longer suspended. You can sign in again.",
    ),
    "deactivate": Step(
        "deactivate_account",
        "deactivated_at",
        True,
        "This account is deactivated already.",
        "Your account was deactivated. You can no longer sign in. What you wrote stays.",
    ),
    "reactivate": Step(
        "reactivate_account",
        "deactivated_at",
        False,
        "This account is not deactivated.",
        "Your account is active again. You can sign in, and you are in your groups as before.",
    ),
}
ROLE_TOLD = {
    "administrator": "You are now an administrator. Sign in again to go on.",
    "analyst": "You are now an analyst. Sign in again to go on.",
    None: "You no longer have a role on the service itself. What you are in your groups stays. Sign in again to go on.",
}
SIGNED_OUT_TOLD = "You were signed out in all browsers. Sign in again to go on."
FACTORS_TOLD = (
    "Your second factor and your recovery codes were taken away, because we were told that you lost them. Sign in with "
    "your password, and set up another in your account."
)


@action
async def decide(forum: Forum, user: User | None, who: int | str, step: str, reason: str, key: str = "") -> int:
    """One of STEPS about the person with this id, or address. `user` is None for the terminal."""
    chosen = STEPS[step]
    async with forum.end_right():
        decision = await _begin(forum, user, who, (step,), reason, key)
        person = decision.person
        if (getattr(person, chosen.column) is not None) == chosen.is_ending:
            raise Invalid(chosen.refused)
        now = forum.clock()
        await Person.filter(id=person.id).update(**{chosen.column: now if chosen.is_ending else None})
        if chosen.is_ending:
            await _end_sessions(forum, person)
            await end_visits_of(forum, person.id)
        await _keep(forum, user, decision, chosen.act, chosen.told)
        await record(forum, user, chosen.act, "person", person.id)
    return int(person.id)


@action
async def set_site_role(
    forum: Forum, user: User | None, who: int | str, role: str | None, reason: str, key: str = ""
) -> int:
    """Give this role on the service, or with None take it. Whoever gets another role signs in again to have it."""
    async with forum.end_right():
        decision = await _begin(forum, user, who, ("role", role), reason, key)
        person = decision.person
        if role is not None and role not in SITE_ROLES:
            raise Invalid({"role": "Choose a role from the list."})
        if person.site_role == role:
            raise Invalid({"role": "They have this role already." if role else "They have no role on the service."})
        await Person.filter(id=person.id).update(site_role=role)
        await _end_sessions(forum, person)
        await end_visits_of(forum, person.id)
        await _keep(forum, user, decision, f"site_role_{role or 'none'}", ROLE_TOLD[role])
        await record(forum, user, "set_site_role", "person", person.id, role=role, earlier=person.site_role)
    return int(person.id)


@action
async def sign_out_everywhere(forum: Forum, user: User | None, who: int | str, reason: str, key: str = "") -> int:
    """End all sessions of somebody, whose browser was lost or found open. They may sign in again."""
    async with forum.end_right():
        decision = await _begin(forum, user, who, ("sign-out",), reason, key)
        person = decision.person
        if not await _end_sessions(forum, person):
            raise Invalid({"decision": "They are signed in nowhere."})
        await _keep(forum, user, decision, "end_sessions", SIGNED_OUT_TOLD)
        await record(forum, user, "end_sessions", "person", person.id)
    return int(person.id)


@action
async def reset_factors(forum: Forum, user: User | None, who: int | str, reason: str, key: str = "") -> int:
    """Take all second factors of somebody who lost them. They sign in with the password, and set up another."""
    async with forum.end_right():
        decision = await _begin(forum, user, who, ("reset-factors",), reason, key)
        person = decision.person
        if not await factors_of(person.id):
            raise Invalid({"decision": "They have no second factor."})
        for model in Totp, Passkey, RecoveryCode, Challenge:
            await model.filter(person_id=person.id).delete()
        await _end_sessions(forum, person)
        await _keep(forum, user, decision, "reset_factors", FACTORS_TOLD)
        await record(forum, user, "reset_factors", "person", person.id)
    return int(person.id)


async def _end_sessions(forum: Forum, person: Person) -> int:
    """Inside a transaction: how many there were. What was asked for in one of them, a change of the address above all,
    ends with them: it may not have been its owner who asked."""
    await use_up_links(forum, person.id)
    return await Session.filter(person_id=person.id, ended_at=None).update(ended_at=forum.clock())


@action
async def note_look(forum: Forum, user: User, person_id: int) -> None:
    """Keep that `user` looked at all that is known about a person."""
    async with forum.write():
        await record(forum, user, "read_person", "person", person_id)


@dataclass(frozen=True, slots=True)
class _Decided:
    """A decision on its way, with the person as they were before it."""

    id: int
    person: Person
    reason: str


async def _begin(
    forum: Forum, user: User | None, who: int | str, words: tuple[str | None, ...], reason: str, key: str
) -> _Decided:
    """Inside a transaction: what every decision asks before. `words` are what was decided."""
    if user is not None:
        require(can_administer(await user_now(user)), WHO)
    by_email = {"email": who.lower()} if isinstance(who, str) else {"id": who}
    person = await Person.get_or_none(**by_email)
    if person is None:
        raise Invalid(f"There is no account {who}.") if isinstance(who, str) else NotFound
    reason = check_note(reason, "reason")
    if user is not None:
        check_key(key)
        await first_time(forum, user, key, (*words, person.id, reason), person.id)
        if person.id == user.id:
            raise Invalid("This is your own account. Ask another administrator.")
        if not reason:
            raise Invalid({"reason": "Say why. Other administrators can read it."})
    return _Decided(new_id(), person, reason or FROM_TERMINAL)


async def _keep(forum: Forum, user: User | None, decided: _Decided, act: str, told: str) -> None:
    """Keep why, and tell the person. Invalid when this took the last administrator away."""
    administrators = Person.filter(site_role="administrator", suspended_at=None, deactivated_at=None)
    if decided.person.site_role == "administrator" and not await administrators.exists():
        raise Invalid("This is the last administrator. Make somebody else an administrator first.")
    await Decision.create(
        id=decided.id,
        person_id=decided.person.id,
        by_id=user.id if user else None,
        act=act,
        reason=decided.reason,
        created_at=forum.clock(),
    )
    # To the address, not the person: who was shut out would not get it.
    await post_letter(forum, "standing", decided.person.email, str(decided.id), name=decided.person.name, told=told)
