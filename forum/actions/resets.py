"""A new password for who forgot theirs. Whoever asks, for whatever address, sees and waits the same: what differs is
done later, as a job."""

from __future__ import annotations

from forum.actions import action
from forum.actions.jobs import Claimed, put_job
from forum.actions.letters import post_letter
from forum.actions.links import find_link, forget_links, make_link, use_link
from forum.actions.passwords import hash_for, put_password
from forum.audit import record
from forum.context import Forum
from forum.errors import NotFound
from forum.models import Person
from forum.models.ids import new_id


@action
async def ask_reset(forum: Forum, email: str) -> None:
    """Somebody wants a link for this address: kept, not looked up."""
    async with forum.write():
        await put_job(forum, "reset", f"reset:{new_id()}", {"email": email})


@action
async def send_reset(forum: Forum, job: Claimed) -> None:
    """Send the link, if the address is that of an account which has a password."""
    async with forum.write():
        await forget_links(forum)
        person = await Person.get_or_none(email=job.payload["email"], suspended_at=None, deactivated_at=None)
        if person and person.password_hash:
            _, token = await make_link(forum, "reset", person.id, person.email)
            await post_letter(forum, "reset", person.email, str(job.id), name=person.name, token=token)
        await record(forum, None, "ask_reset", "person", person.id if person else None)


@action
async def reset_password(forum: Forum, token: str, password: str) -> None:
    """Set a new password with the link. NotFound when it does not work (any longer); all sessions end."""
    found = await find_link(forum, "reset", token)
    if found is None:
        raise NotFound
    link, person = found
    password_hash = await hash_for(forum, person, password, field="new")
    async with forum.end_right():
        if not await use_link(forum, link.id):
            raise NotFound
        if not await Person.filter(id=person.id, email=link.email, suspended_at=None, deactivated_at=None).exists():
            raise NotFound
        await put_password(forum, person, password_hash)
        await record(forum, person, "reset_password", "person", person.id)
