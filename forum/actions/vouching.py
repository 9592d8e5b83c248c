"""Vouching: a member whose address somebody gave when they signed up says whether they know them.

Who signed up never learns whether there is such a member, nor what they answered: only administrators do.
"""

from __future__ import annotations

from tortoise.expressions import Q

from forum.actions import action, check_key, first_time
from forum.actions.applications import matches_domain
from forum.actions.jobs import Claimed
from forum.actions.letters import post_letter
from forum.audit import record
from forum.context import Forum
from forum.database import select
from forum.errors import Invalid
from forum.models import Application, Membership, Person
from forum.permissions import WRITERS, User, application_to_vouch_for, user_now

ANSWERS = {"yes": "I know them and vouch for them", "no": "I do not"}


@action
async def ask_sponsor(forum: Forum, job: Claimed) -> None:
    """Write to whoever has the sponsor's address, if that is a member of some group."""
    async with forum.write():
        application = await Application.get_or_none(id=job.payload["application"], sponsor_id=None, decided_at=None)
        if application is None:
            return
        person = await Person.get_or_none(email=application.sponsor_email, suspended_at=None, deactivated_at=None)
        if person and await _is_member(forum, person.id):
            words = {"name": person.name, "application": application.id}
            await post_letter(forum, "vouch", person.id, str(application.id), **words)


async def judge_again(forum: Forum, application: Application) -> None:
    """What is known of an application at this moment, put into it and not stored: a domain may have been approved, or a
    sponsor left, since it was kept."""
    application.matches_domain = await matches_domain(application)
    if application.sponsored_at:
        sponsor = Person.filter(id=application.sponsor_id or 0, suspended_at=None, deactivated_at=None)
        if not (await sponsor.exists() and await _is_member(forum, application.sponsor_id or 0)):
            application.sponsored_at = None


async def _is_member(forum: Forum, person_id: int) -> bool:
    memberships = Membership.filter(person_id=person_id, ended_at=None, role__in=WRITERS)
    return await memberships.filter(Q(ends_on=None) | Q(ends_on__gte=forum.rules().today)).exists()


@action
async def vouch(forum: Forum, user: User, application_id: int, answer: str, key: str) -> int:
    """The sponsor's one answer, from ANSWERS."""
    async with forum.write():
        user = await user_now(user)
        application = await application_to_vouch_for(user, application_id)
        check_key(key)
        await first_time(forum, user, key, ("vouch", application_id, answer), application_id)
        if answer not in ANSWERS:
            raise Invalid({"answer": "Choose one of the two."})
        answered = await select(
            """UPDATE application SET sponsor_id = $1, sponsored_at = $2
            WHERE id = $3 AND sponsor_id IS NULL AND decided_at IS NULL RETURNING id""",
            user.id,
            forum.clock() if answer == "yes" else None,
            application.id,
        )
        if not answered:
            raise Invalid("You have answered already, or it has been decided meanwhile.")
        act = "vouch" if answer == "yes" else "decline_vouch"
        await record(forum, user, act, "application", application.id)
    return application_id
