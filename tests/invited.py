"""Invitations in every state, as if they had come by letter: the token of each is its name."""

from datetime import timedelta

from forum.actions.sessions import hash_token
from forum.context import Forum
from forum.models import Council, Group, Invitation
from tests.cast import user
from tests.hard_words import LONG

STATES = ("open", "used", "expired", "withdrawn")


async def build_invitations(forum: Forum) -> None:
    """Into the group of hard words one of each state; besides one of Eve's, and one to the service alone."""
    hard = await Group.get(slug="hard-words")
    for number, state in enumerate(STATES):
        name = f"{LONG} of <b>somebody</b>" if number % 2 else "Dilys Rhys"
        await _build(forum, state, f"{state}@{'long-' * 10}council.example", name, hard.id, state)
    await _build(forum, "eve", "eve@demo.example", "Eve", (await Group.get(slug="finance")).id)
    await _build(forum, "nobody", "newcomer@demo.example", "Ann Newcomer", None)


async def _build(forum: Forum, token: str, email: str, name: str, group_id: int | None, state: str = "open") -> None:
    now, leeds = forum.clock(), await Council.get(name="Leeds")
    await Invitation.create(
        email=email,
        name=name,
        council_id=leeds.id if state in ("open", "expired") and group_id else None,
        group_id=group_id,
        role="observer" if state == "withdrawn" else "member",
        by_id=(await user("sian" if group_id and token in STATES else "priya")).id,
        token_hash=hash_token(token),
        created_at=now - timedelta(days=2),
        expires_at=now + timedelta(days=-1 if state == "expired" else 12),
        used_at=now if state == "used" else None,
        withdrawn_at=now if state == "withdrawn" else None,
    )
