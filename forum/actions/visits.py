"""Visits: an administrator reads a group that they do not belong to for some hours. It takes a reason, which everybody
who reads the group can see, for a year; its facilitators get a letter.

A visitor is an observer whose time runs out (users.py): the role ends by itself, whatever happens to this service.
"""

from __future__ import annotations

from datetime import timedelta

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from forum.actions import action, check_key, first_time
from forum.actions.letters import post_letter
from forum.actions.posts import check_note
from forum.audit import record
from forum.context import Forum
from forum.errors import Invalid, NotFound
from forum.models import Group, Membership, Visit
from forum.models.ids import new_id
from forum.permissions import User, user_now, visitable_group

SHOWN = timedelta(days=365)
MOST_SHOWN = 200
WHO = "Only administrators may see where they can visit."


@action
async def visit_group(forum: Forum, user: User, slug: str, reason: str, key: str) -> int:
    """Begin a visit and return its id. Invalid without a reason, or for who can read there already."""
    check_key(key)
    async with forum.end_right():  # of two forms at once the second sees the visit of the first
        user = await user_now(user)
        group = await visitable_group(user, slug)
        reason = check_note(reason, "reason")
        visit_id = new_id()
        await first_time(forum, user, key, ("visit", group.id, reason), visit_id)
        if user.roles.get(group.id) == "visitor":
            raise Invalid("You are visiting this group already.")
        if group.id in user.roles:
            raise Invalid("You are in this group: you can read it without a visit.")
        if not reason:
            raise Invalid({"reason": "Say why you need to read this group. Its members can see it."})
        now = forum.clock()
        ends_at = now + timedelta(hours=forum.settings.groups.visit_hours)
        await Visit.create(
            id=visit_id, group_id=group.id, person_id=user.id, reason=reason, created_at=now, ends_at=ends_at
        )
        for facilitator in await facilitators_of(forum, group.id):
            words = {"name": facilitator.person.name, "visitor": user.name, "group": group.name, "slug": group.slug}
            times = {"at": now, "until": ends_at}
            letter = f"{visit_id}:{facilitator.person_id}"
            await post_letter(forum, "visit", facilitator.person_id, letter, group.id, **words, **times)
        await record(forum, user, "visit_group", "group", group.id, visit=visit_id)
    return visit_id


@action
async def end_visit(forum: Forum, user: User, slug: str) -> None:
    """End one's own visit before its time. NotFound when there is none."""
    async with forum.end_right():
        user = await user_now(user)
        visit = await open_visits(forum).filter(person_id=user.id, group__slug=slug).first()
        if visit is None:
            await visitable_group(user, slug)
            raise NotFound
        await Visit.filter(id=visit.id).update(ended_at=forum.clock())
        await record(forum, user, "end_visit", "group", visit.group_id, visit=visit.id)


async def end_visits_of(forum: Forum, person_id: int, **where: int) -> None:
    """Inside a transaction that takes somebody's place on the service, or in a group: what is given back later comes
    without the visit."""
    await open_visits(forum).filter(person_id=person_id, **where).update(ended_at=forum.clock())


async def own_visit(forum: Forum, user: User, group: Group) -> Visit | None:
    """This person's open visit to the group."""
    return await open_visits(forum).filter(person_id=user.id, group_id=group.id).first()


def open_visits(forum: Forum) -> QuerySet[Visit]:
    return Visit.filter(ended_at=None, ends_at__gt=forum.clock())


async def visits_to(forum: Forum, group_id: int) -> list[Visit]:
    """Who looked in, the last first."""
    lately = Visit.filter(group_id=group_id, created_at__gt=forum.clock() - SHOWN)
    return await lately.order_by("-created_at", "-id").limit(MOST_SHOWN).select_related("person")


async def facilitators_of(forum: Forum, group_id: int) -> list[Membership]:
    held = Membership.filter(Q(ends_on=None) | Q(ends_on__gte=forum.rules().today), ended_at=None, role="facilitator")
    return await held.filter(group_id=group_id).order_by("id").select_related("person")
