"""What becomes of a sign-up: an administrator approves or refuses it, once, with a reason. Nobody gets in without an
address in one of the council's approved domains, or a member who vouches for them.

Approval is an invitation: with it the person makes the account. Words about who signed up are not kept for ever.
"""

from __future__ import annotations

from datetime import timedelta

from forum.actions import action, check_key, first_time
from forum.actions.applications import can_be_approved
from forum.actions.invitations import make_invitation, one_at_a_time
from forum.actions.jobs import Claimed
from forum.actions.letters import post_letter
from forum.actions.posts import check_note
from forum.actions.vouching import judge_again
from forum.audit import record
from forum.context import Forum
from forum.errors import Invalid, NotFound
from forum.models import Application, Person
from forum.permissions import User, can_administer, require, user_now

WHO = "Only administrators may see and decide sign-ups."
FROM_TERMINAL = "From the terminal."
NOBODY_KNOWS_THEM = (
    "Their address is in none of the council’s approved domains, and no member has vouched for them. "
    "Refuse it and ask them for a member’s address, or invite them yourself."
)
DECISIONS = {"approve": "approved", "refuse": "refused"}
WORDS = ("email", "name", "position", "why", "sponsor_email", "reason")


@action
async def decide_application(
    forum: Forum, user: User | None, which: int | str, decision: str, reason: str, key: str = ""
) -> int:
    """Approve or refuse the sign-up with this id, or the one that waits from this address. `user` is None for the
    terminal. Who is refused is told the reason. Of two who decide at once, the second sees what the first did."""
    async with forum.write():
        if user is not None:
            user = await user_now(user)
            require(can_administer(user), WHO)
        await one_at_a_time()
        application = await _find(which)
        reason = check_note(reason, "reason")
        if user is not None:
            check_key(key)
            await first_time(forum, user, key, ("decide", application.id, decision, reason), application.id)
        await judge_again(forum, application)
        await _check(application, decision, reason, user)
        await Application.filter(id=application.id).update(
            decision=DECISIONS[decision],
            reason=reason or FROM_TERMINAL,
            decided_at=forum.clock(),
            decided_by_id=user.id if user else None,
        )
        if decision == "approve":
            person = (application.email, application.name, application.council_id)
            await make_invitation(forum, user, *person, None, "member", application.id)
        else:
            words = {"name": application.name, "reason": reason}
            await post_letter(forum, "sign-up-refused", application.email, str(application.id), **words)
        await record(forum, user, f"{decision}_application", "application", application.id)
    return int(application.id)


async def _find(which: int | str) -> Application:
    if isinstance(which, int):
        application = await Application.get_or_none(id=which)
        if application is None:
            raise NotFound
        return application
    application = await Application.get_or_none(email=which.lower(), proven_at__isnull=False, decided_at=None)
    if application is None:
        raise Invalid(f"No sign-up from {which} waits for a decision.")
    return application


async def _check(application: Application, decision: str, reason: str, user: User | None) -> None:
    if application.decided_at:
        raise Invalid("This was decided already.")
    if application.proven_at is None:
        raise Invalid("They have not confirmed yet that this address is theirs.")
    if decision not in DECISIONS:
        raise Invalid({"decision": "Choose what you decide."})
    if not reason and user is not None:
        raise Invalid({"reason": "Say why."})
    if decision == "refuse":
        if not reason:
            raise Invalid("Say why with --reason: who is refused is told.")
        return
    if not can_be_approved(application):
        raise Invalid({"decision": NOBODY_KNOWS_THEM})
    if user and user.id == application.sponsor_id and not application.matches_domain:
        raise Invalid({"decision": "You vouched for them yourself. Another administrator decides."})
    if await Person.exists(email=application.email):
        raise Invalid({"decision": "There is an account with this address by now. Refuse the sign-up."})


async def waiting_applications() -> list[Application]:
    """What waits for a decision, with the councils, in the order in which it was asked."""
    waiting = Application.filter(proven_at__isnull=False, decided_at=None).order_by("created_at", "id")
    return await waiting.select_related("council")


@action
async def note_look(forum: Forum, user: User, application_id: int) -> None:
    """Keep that `user` looked at all that somebody wrote of themselves."""
    async with forum.write():
        await record(forum, user, "read_application", "application", application_id)


# Each day


@action
async def clear_applications(forum: Forum, job: Claimed) -> None:
    """Forget who never proved the address, and after a while what those said who were decided about: that it was
    decided, when and by whom stays."""
    now = forum.clock()
    unproven = Application.filter(proven_at=None, expires_at__lt=now)
    kept = timedelta(days=forum.settings.sign_up.keep_days)
    decided = Application.filter(decided_at__lt=now - kept).exclude(email="")
    if not (await unproven.exists() or await decided.exists()):
        return
    async with forum.write():
        forgotten = await unproven.delete()
        emptied = await decided.update(**dict.fromkeys(WORDS, ""))
        await record(forum, None, "clear_applications", unproven=int(forgotten), decided=int(emptied))
