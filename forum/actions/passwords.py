"""Passwords of accounts. However one is set, it meets the same rules, ends other sessions and is told to its owner."""

from __future__ import annotations

import asyncio
import secrets

from forum.actions import action
from forum.actions.letters import post_letter
from forum.actions.links import use_up_links
from forum.actions.proofs import require_proof
from forum.actions.sessions import hash_token
from forum.audit import record
from forum.context import Forum
from forum.errors import Invalid
from forum.models import Person, Session
from forum.models.ids import new_id
from forum.password_rules import fault_in
from forum.permissions import User, user_now

WRONG = "This is not your present password."


async def new_hash(forum: Forum, password: str, *own: str | None, field: str = "password") -> str:
    """The hash of a new password, or Invalid. `own` are words that others know of whose it is. Outside transactions."""
    known = [forum.settings.site.name, *(words for words in own if words)]
    if fault := await asyncio.to_thread(fault_in, password, known):
        raise Invalid({field: fault})
    return await forum.passwords.hash(password)


async def hash_for(forum: Forum, person: Person, password: str, field: str = "password") -> str:
    """As new_hash, for somebody who has an account; `person` comes with the council."""
    council = person.council.name if person.council else None
    return await new_hash(forum, password, person.name, person.email, council, field=field)


async def require_password(forum: Forum, user: User, password: str) -> Person:
    """The person, with their council, if this is their password; else Invalid. Outside transactions."""
    person = await Person.get(id=user.id).select_related("council")
    if not await forum.passwords.verify(person.password_hash, password):
        await _note_refusal(forum, user)
        raise Invalid({"password": WRONG})
    return person


async def put_password(forum: Forum, person: Person, password_hash: str, besides: int = 0) -> None:
    """Inside end_right: this is the password now. All sessions end, but one; no link sent before works any longer."""
    now = forum.clock()
    await Person.filter(id=person.id).update(password_hash=password_hash)
    await Session.filter(person_id=person.id, ended_at=None).exclude(id=besides).update(ended_at=now)
    await use_up_links(forum, person.id)
    await post_letter(forum, "password-changed", person.id, str(new_id()), name=person.name, at=now)


@action
async def change_password(forum: Forum, user: User, present: str, password: str) -> str:
    """One's own password. This session goes on under a new token, which is returned; all others end."""
    require_proof(forum, user)
    person = await require_password(forum, user, present)
    password_hash = await hash_for(forum, person, password, field="new")
    token = secrets.token_urlsafe(32)
    async with forum.end_right():
        await user_now(user)
        if not await Person.filter(id=user.id, password_hash=person.password_hash).exists():
            raise Invalid({"password": WRONG})  # it was changed elsewhere in this moment
        await put_password(forum, person, password_hash, besides=user.session_id)
        await Session.filter(id=user.session_id).update(token_hash=hash_token(token))
        await record(forum, user, "change_password", "person", user.id)
    return token


@action
async def _note_refusal(forum: Forum, user: User) -> None:
    async with forum.write():
        await record(forum, user, "refuse_password", "person", user.id)
