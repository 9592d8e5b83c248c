"""Letters to people, through the jobs table: what sends them delays nobody, and a right that ended drops them."""

from __future__ import annotations

from typing import Any

from forum.actions.jobs import Claimed, Hopeless, put_job
from forum.context import Forum
from forum.mail import Refused
from forum.models import Person


async def post_letter(forum: Forum, template: str, to: int | str, key: str, **words: Any) -> None:
    """Inside a transaction: send the letter templates/mail/NAME.txt once that is committed. `to` is a person's id,
    whose address is looked up when it is sent, or an address. The same key again sends nothing."""
    await put_job(forum, "letter", f"letter:{template}:{key}"[:120], {"template": template, "to": to, "words": words})


async def send_letter(forum: Forum, job: Claimed) -> None:
    """Send it, unless the person is shut out by now."""
    to = job.payload["to"]
    if isinstance(to, int):
        person = await Person.get_or_none(id=to, suspended_at=None, deactivated_at=None)
        if person is None:
            return
        to = person.email
    letter = forum.mail.letter(job.payload["template"], to, job.key, job.payload["words"])
    try:
        await forum.mail.send(letter)
    except Refused as fault:
        raise Hopeless from fault
