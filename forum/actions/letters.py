"""Letters to people, through the jobs table: what sends them delays nobody, and a right that ended drops them."""

from __future__ import annotations

from typing import Any

from tortoise.expressions import Q

from forum.actions.jobs import Claimed, Hopeless, put_job
from forum.context import Forum
from forum.mail import Refused
from forum.models import Membership, Person


async def post_letter(
    forum: Forum, template: str, to: int | str, key: str, in_group: int | None = None, /, **words: Any
) -> None:
    """Inside a transaction: send the letter templates/mail/NAME.txt once that is committed. `to` is a person's id,
    whose address is looked up when it is sent, or an address. The same key again sends nothing.

    With `in_group` it tells of what goes on in that group: who has no role there by then does not get it.
    """
    payload: dict[str, Any] = {"template": template, "to": to, "words": words}
    if in_group is not None:
        payload["group"] = in_group
    await put_job(forum, "letter", f"letter:{template}:{key}"[:120], payload)


async def send_letter(forum: Forum, job: Claimed) -> None:
    """Send it, unless the person is shut out by now, or out of the group that it is about."""
    to = job.payload["to"]
    if isinstance(to, int):
        person = await Person.get_or_none(id=to, suspended_at=None, deactivated_at=None)
        if person is None:
            return
        if (group_id := job.payload.get("group")) and not await is_in_group(forum, person.id, group_id):
            return
        to = person.email
    letter = forum.mail.letter(job.payload["template"], to, job.key, job.payload["words"])
    try:
        await forum.mail.send(letter)
    except Refused as fault:
        raise Hopeless from fault


async def is_in_group(forum: Forum, person_id: int, group_id: int) -> bool:
    """Whether this person has a role of their own in the group at this moment."""
    held = Membership.filter(Q(ends_on=None) | Q(ends_on__gte=forum.rules().closed_before), ended_at=None)
    return await held.filter(person_id=person_id, group_id=group_id).exists()
