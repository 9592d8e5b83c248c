"""The second factor: setting up an app, showing it after the password, recovery codes, taking it away.

Whatever is set up or taken away asks for a fresh proof, is told to its owner, and leaves no session open that did not
show the second factor.
"""

from __future__ import annotations

import re

from forum.actions import action
from forum.actions.codes import factors_of, make_recovery_codes, new_secret, open_secret, step_of, use_code
from forum.actions.letters import post_letter
from forum.actions.proofs import note_factor, require_proof
from forum.audit import record
from forum.context import Forum
from forum.database import select
from forum.errors import Invalid
from forum.models import RecoveryCode, Session, Totp
from forum.models.ids import new_id
from forum.permissions import User, user_now

WRONG_CODE = "This code does not work. Wait for the next one, or check that your phone sets its time by itself."
WRONG = "This code does not work. Each works once, and those of an app for a minute. Try another one."
HAS_APP = "You have an app already. Take it away first, then set another one up."
MOVED_ON = "This was done, or begun again, somewhere else. Look at what is set up now."
NONE_SET_UP = "You have no second factor. Set one up first."
MUST_HAVE = "You need a second factor for your role. Set another one up first, then take this one away."
KINDS = {"app": "an app that makes codes", "passkey": "a passkey"}


def must_have_factor(forum: Forum, user: User) -> bool:
    """Whether this person gets no further without one."""
    return forum.settings.sign_in.second_factor and bool(user.site_role or user.facilitated)


# An app


@action
async def begin_app(forum: Forum, user: User) -> None:
    """Make what their app is to make its codes from. It counts once a code of it was shown."""
    require_proof(forum, user)
    secret = new_secret(forum, user.id)
    async with forum.write():
        await user_now(user)
        # The lock: of two who begin at once, the second sees what the first began.
        await select("UPDATE person SET name = name WHERE id = $1 RETURNING id", user.id)
        begun = Totp.filter(person_id=user.id)
        if await begun.filter(confirmed_at__not_isnull=True).exists():
            raise Invalid(HAS_APP)
        await begun.delete()
        await Totp.create(person_id=user.id, secret=secret, created_at=forum.clock())


async def begun_app(forum: Forum, user: User) -> str | None:
    """The letters for an app that waits for its first code."""
    require_proof(forum, user)
    totp = await Totp.get_or_none(person_id=user.id, confirmed_at=None)
    return open_secret(forum, user.id, totp.secret) if totp else None


@action
async def confirm_app(forum: Forum, user: User, typed: str) -> tuple[str, list[str]]:
    """The app shows its first code and counts from now on. The session's new token, and recovery codes if they had
    none."""
    require_proof(forum, user)
    async with forum.end_right():  # other sessions show it now, too
        user = await user_now(user)
        totp = await Totp.get_or_none(person_id=user.id, confirmed_at=None)
        if totp is None:
            raise Invalid(MOVED_ON)
        step = step_of(forum, totp, re.sub(r"\s", "", typed))
        if step is None:
            raise Invalid({"code": WRONG_CODE})
        confirmed = Totp.filter(id=totp.id, secret=totp.secret, confirmed_at=None)
        if not await confirmed.update(confirmed_at=forum.clock(), last_step=step):
            raise Invalid(MOVED_ON)
        return await note_added(forum, user, "app")


@action
async def remove_app(forum: Forum, user: User) -> None:
    require_proof(forum, user)
    async with forum.end_right():
        user = await user_now(user)
        if not await Totp.filter(person_id=user.id, confirmed_at__not_isnull=True).delete():
            raise Invalid(MOVED_ON)
        await note_removed(forum, user, "app")


async def note_added(forum: Forum, user: User, kind: str) -> tuple[str, list[str]]:
    """Inside end_right, last: a factor of KINDS was added. The session's new token, and recovery codes if they had
    none."""
    had = await factors_of(user.id)
    codes = [] if had.codes else await make_recovery_codes(forum, user.id)
    token = await note_factor(forum, user)
    await _tell(forum, user, "factor-added", what=KINDS[kind])
    await record(forum, user, "add_factor", "person", user.id, kind=kind)
    return token, codes


async def note_removed(forum: Forum, user: User, kind: str) -> None:
    """Inside end_right, last: a factor was taken away. Invalid when they must have one and this was the last."""
    if not await factors_of(user.id):
        if must_have_factor(forum, user):
            raise Invalid(MUST_HAVE)
        await RecoveryCode.filter(person_id=user.id).delete()
    await _end_others(forum, user)  # whoever has what was taken away, or was still to show it, may be in one
    await _tell(forum, user, "factor-removed", what=KINDS[kind])
    await record(forum, user, "remove_factor", "person", user.id, kind=kind)


async def _end_others(forum: Forum, user: User) -> None:
    others = Session.filter(person_id=user.id, ended_at=None).exclude(id=user.session_id)
    await others.update(ended_at=forum.clock())


# Recovery codes


@action
async def renew_codes(forum: Forum, user: User) -> list[str]:
    """Ten new recovery codes. Those of before no longer work."""
    require_proof(forum, user)
    async with forum.end_right():
        user = await user_now(user)
        if not await factors_of(user.id):
            raise Invalid(NONE_SET_UP)
        codes = await make_recovery_codes(forum, user.id)
        await _end_others(forum, user)
        await _tell(forum, user, "recovery-codes-made")
        await record(forum, user, "renew_codes", "person", user.id)
    return codes


# After the password


@action
async def show_factor(forum: Forum, user: User, typed: str) -> str:
    """A code of an app, or a recovery code. The session goes on under a new token, which is returned."""
    async with forum.write():
        user = await user_now(user)
        is_right = await use_code(forum, user.id, typed)
        token = await note_factor(forum, user) if is_right else None
        await record(forum, user, "show_factor" if token else "refuse_factor", "session", user.session_id)
    if token is None:
        raise Invalid({"code": WRONG})
    return token


async def known_by(user: User, place: str, is_own_device: bool) -> str:
    """What shows that somebody got past the second factor from here before: "device", the place, or ""."""
    if is_own_device:
        return "device"
    was_here = Session.filter(person_id=user.id, place=place, factor_at__not_isnull=True)
    return place if await was_here.exclude(id=user.session_id).exists() else ""


@action
async def note_guessing(forum: Forum, user: User) -> None:
    """Somebody tried so many codes that they have to wait, and they know the password: its owner is told, once a
    day."""
    async with forum.write():
        await post_letter(forum, "factor-guessed", user.id, f"{user.id}:{forum.rules().today}", name=user.name)


async def _tell(forum: Forum, user: User, letter: str, **words: str) -> None:
    await post_letter(forum, letter, user.id, str(new_id()), name=user.name, at=forum.clock(), **words)
