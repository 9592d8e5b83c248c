"""Memberships that end on a day, as a term of office does: reminders before, then reading only, then closed.

Permissions go by the day itself. What is done here when a day has come makes it felt: open pages ask again, the person
gets a letter, and a membership that is over is closed for good.
"""

from __future__ import annotations

from datetime import date, timedelta

from tortoise.expressions import Q

from forum.actions import action, check_key, first_time
from forum.actions.jobs import Claimed
from forum.actions.letters import post_letter
from forum.audit import record
from forum.context import Forum
from forum.errors import Invalid, NotFound
from forum.models import Group, Membership
from forum.permissions import User, can_administer, can_facilitate, readable_group, require, user_now, visible_group

WHO = "Only facilitators of this group may say when a membership ends."
WHO_ADMINISTERS = "Only administrators may see and change people's accounts."
REMINDERS = (7, 30)  # days before
AT_ONCE = 200  # memberships in one transaction: after an election many end on one day
LAST_YEAR = 2999


@action
async def set_last_day(forum: Forum, user: User, slug: str, person_id: int, day: str, key: str) -> int:
    """A facilitator of the group says on which day, as 2027-05-06, this membership ends; "" for on none."""
    async with forum.end_right():
        user = await user_now(user)
        group = await readable_group(user, slug)
        require(can_facilitate(user, group), WHO)
        return await _set(forum, user, group, person_id, day, key)


@action
async def set_last_day_as_administrator(forum: Forum, user: User, slug: str, person_id: int, day: str, key: str) -> int:
    async with forum.end_right():
        user = await user_now(user)
        require(can_administer(user), WHO_ADMINISTERS)
        return await _set(forum, user, await visible_group(user, slug), person_id, day, key)


async def _set(forum: Forum, user: User, group: Group, person_id: int, day: str, key: str) -> int:
    check_key(key)
    await first_time(forum, user, key, ("last day", group.id, person_id, day), person_id)
    membership = await open_membership(forum, group.id, person_id)
    if person_id == user.id:
        raise Invalid("This is your own membership. Ask another facilitator or an administrator.")
    ends_on = check_day(forum, day)
    if ends_on != membership.ends_on:
        left = (ends_on - forum.rules().today).days if ends_on else REMINDERS[-1] + 1
        reminded = min((days for days in REMINDERS if left <= days), default=0)
        await Membership.filter(id=membership.id).update(ends_on=ends_on, reminded=reminded)
        told = (
            f"The last day of your membership of {group.name} is {words_of(ends_on)}. After that you can read there "
            f"for {forum.settings.groups.read_only_days} more days, but no longer write."
            if ends_on
            else f"Your membership of {group.name} no longer ends on a day."
        )
        words = {
            "group": group.name,
            "slug": group.slug if ends_on else "",
            "name": membership.person.name,
            "told": told,
        }
        await post_letter(forum, "term", person_id, key, **words)
        await record(
            forum, user, "set_term", "person", person_id, group=group.id, ends_on=str(ends_on) if ends_on else None
        )
    return person_id


async def open_membership(forum: Forum, group_id: int, person_id: int) -> Membership:
    """The membership with its person, or NotFound when it was ended or its time is over."""
    open_ones = Membership.filter(Q(ends_on=None) | Q(ends_on__gte=forum.rules().closed_before), ended_at=None)
    membership = await open_ones.get_or_none(group_id=group_id, person_id=person_id).select_related("person")
    if membership is None:
        raise NotFound
    return membership


def check_day(forum: Forum, typed: str) -> date | None:
    """A day from today on, or none for "". Invalid for anything else."""
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise Invalid({"ends_on": "Write a day as 2027-05-06."}) from None
    if not forum.rules().today <= day or day.year > LAST_YEAR:
        raise Invalid({"ends_on": "Choose today or a later day. To end the membership now, remove the person."})
    return day


def words_of(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def last_day(membership: Membership) -> date:
    assert membership.ends_on is not None, "it was asked for by its last day"
    return membership.ends_on


# Each day


async def remind(forum: Forum, job: Claimed) -> None:
    """The job of a day: close what is over, say what has ended, remind of what will end."""
    while await _close_some(forum):
        pass
    await _tell_of_ended(forum)
    while await _remind_some(forum):
        pass


@action
async def _close_some(forum: Forum) -> int:
    over = Membership.filter(ended_at=None, ends_on__lt=forum.rules().closed_before)
    if not await over.exists():
        return 0  # a day on which nothing closes asks nobody again
    async with forum.end_right():
        some = await over.order_by("id").limit(AT_ONCE).select_related("person", "group")
        for membership in some:
            await Membership.filter(id=membership.id).update(
                ended_at=forum.clock(), ended_reason="Its last day has passed."
            )
            told = f"Your membership of {membership.group.name} is over. What you wrote there stays."
            await _tell(forum, membership, f"{membership.id}:closed:{membership.ends_on}", told)
        for membership in some:
            await record(forum, None, "close_membership", "person", membership.person_id, group=membership.group_id)
    return len(some)


@action
async def _tell_of_ended(forum: Forum) -> None:
    """Those of the last days, for a service that was down; a letter's key keeps it from being sent twice."""
    today = forum.rules().today
    ended = Membership.filter(ended_at=None, ends_on__lt=today, ends_on__gte=today - timedelta(days=3))
    if not await ended.exists():
        return
    async with forum.end_right():
        for membership in await ended.select_related("person", "group"):
            closes = words_of(last_day(membership) + timedelta(days=forum.settings.groups.read_only_days))
            told = (
                f"Your membership of {membership.group.name} ended on {words_of(last_day(membership))}. You can read "
                f"there until {closes}, but no longer write."
            )
            await _tell(forum, membership, f"{membership.id}:ended:{membership.ends_on}", told)


@action
async def _remind_some(forum: Forum) -> int:
    today, found = forum.rules().today, 0
    async with forum.write():
        for days in REMINDERS:
            due = Membership.filter(ended_at=None, ends_on__gte=today, ends_on__lte=today + timedelta(days=days))
            due = due.filter(Q(reminded=0) | Q(reminded__gt=days))
            for membership in await due.order_by("id").limit(AT_ONCE).select_related("person", "group"):
                found += 1
                await Membership.filter(id=membership.id).update(reminded=days)
                told = f"Your membership of {membership.group.name} ends on {words_of(last_day(membership))}."
                key = f"{membership.id}:{days}:{membership.ends_on}"
                await _tell(forum, membership, key, told, membership.group.slug)
    return found


async def _tell(forum: Forum, membership: Membership, key: str, told: str, slug: str = "") -> None:
    words = {"group": membership.group.name, "slug": slug, "name": membership.person.name, "told": told}
    await post_letter(forum, "term", membership.person_id, key, **words)
