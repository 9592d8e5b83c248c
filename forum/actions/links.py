"""Links that work once, for a person and a purpose. Only the hash of what is in them is kept."""

from __future__ import annotations

import secrets
from datetime import timedelta

from forum.actions.sessions import hash_token
from forum.context import Forum
from forum.database import select
from forum.models import Link, Person

KEPT = timedelta(days=7)
LASTS = {"reset": timedelta(minutes=30), "address": timedelta(hours=24)}


async def make_link(forum: Forum, purpose: str, person_id: int, email: str) -> tuple[int, str]:
    """Inside a transaction: a new link's id, and the token that stands in its address."""
    token, now = secrets.token_urlsafe(32), forum.clock()
    link = await Link.create(
        purpose=purpose,
        person_id=person_id,
        email=email,
        token_hash=hash_token(token),
        created_at=now,
        expires_at=now + LASTS[purpose],
    )
    return link.id, token


async def find_link(forum: Forum, purpose: str, token: str) -> tuple[Link, Person] | None:
    """The link that still works, and whose it is, with their council. To look is not to use it."""
    link = await Link.get_or_none(
        token_hash=hash_token(token), purpose=purpose, used_at=None, expires_at__gt=forum.clock()
    )
    if link is None:
        return None
    person = await Person.get_or_none(id=link.person_id, suspended_at=None, deactivated_at=None)
    if person is None or (purpose == "reset" and person.email != link.email):
        return None
    await person.fetch_related("council")
    return link, person


async def use_link(forum: Forum, link_id: int) -> bool:
    """Inside a transaction, first: whether the link was still good. Of two who send it at once one gets it."""
    now = forum.clock()
    return bool(
        await select(
            "UPDATE link SET used_at = $1 WHERE id = $2 AND used_at IS NULL AND expires_at > $3 RETURNING id",
            now,
            link_id,
            now,
        )
    )


async def use_up_links(forum: Forum, person_id: int, purpose: str = "") -> None:
    """Inside a transaction: no link of this person works any longer, or none for this purpose."""
    links = Link.filter(person_id=person_id, used_at=None)
    await (links.filter(purpose=purpose) if purpose else links).update(used_at=forum.clock())


async def forget_links(forum: Forum) -> None:
    """Inside a transaction: those that ended a while ago, with the addresses in them."""
    await Link.filter(expires_at__lt=forum.clock() - KEPT).delete()
