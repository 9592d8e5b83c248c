"""A fresh proof that it is them: asked before what would let whoever found a browser open keep the account, or send out
in somebody's name. It holds for a quarter of an hour. What shows who somebody is gives the session a new token.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from forum.actions import action
from forum.actions.codes import factors_of, use_code
from forum.actions.sessions import hash_token
from forum.audit import record
from forum.context import Forum
from forum.errors import Invalid, NotFound, ProofNeeded
from forum.models import Person, Session
from forum.permissions import User, user_now

PROOF_LASTS = timedelta(minutes=15)
TO_FILL_IN = timedelta(minutes=5)  # what is left when a form is shown, so that nobody types for nothing
WRONG = "What you typed is not right. Check it and try again."


def is_proved(forum: Forum, user: User, left: timedelta = timedelta(0)) -> bool:
    """Whether they showed lately that it is them, and it holds for `left` still. The terminal has nothing to show."""
    if not user.session_id:
        return True
    return user.proved_at is not None and forum.clock() + left < user.proved_at + PROOF_LASTS


def require_proof(forum: Forum, user: User, left: timedelta = timedelta(0)) -> None:
    """ProofNeeded unless it is fresh. A form says `left=TO_FILL_IN` before it is shown, its action only asks."""
    if not is_proved(forum, user, left):
        raise ProofNeeded


@action
async def prove(forum: Forum, user: User, password: str, code: str = "") -> str:
    """Show that it is them: with the password, and a code where they have a second factor. The session goes on under a
    new token, which is returned. Whatever was wrong, Invalid says the same."""
    stored = (await Person.get(id=user.id)).password_hash
    is_right = await forum.passwords.verify(stored, password)
    async with forum.write():
        user = await user_now(user)
        is_right = is_right and await Person.exists(id=user.id, password_hash=stored)
        is_right = is_right and (not await factors_of(user.id) or await use_code(forum, user.id, code))
        token = await note_proof(forum, user) if is_right else None
        await record(forum, user, "prove" if token else "refuse_proof", "session", user.session_id)
    if token is None:
        raise Invalid({"password": WRONG})
    return token


async def note_proof(forum: Forum, user: User) -> str:
    """Inside a transaction: they have just shown that it is them. The session's new token."""
    return await _renew(user, proved_at=forum.clock())


async def note_factor(forum: Forum, user: User) -> str:
    """Inside a transaction: they have just shown a second factor, which is a proof too. The session's new token."""
    now = forum.clock()
    return await _renew(user, proved_at=now, factor_at=now)


async def _renew(user: User, **times: datetime) -> str:
    token = secrets.token_urlsafe(32)
    session = Session.filter(id=user.session_id, person_id=user.id, ended_at=None)
    if not await session.update(token_hash=hash_token(token), **times):
        raise NotFound  # it was ended in this moment
    return token
