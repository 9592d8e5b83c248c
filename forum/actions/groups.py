"""Joining and leaving groups. Whatever ends a membership raises the rights number, so open pages feel it at once."""

from __future__ import annotations

from forum.actions import action
from forum.actions.people import check_name
from forum.actions.posts import check_note
from forum.actions.visits import end_visits_of
from forum.audit import record
from forum.context import Forum
from forum.errors import Invalid, NotFound
from forum.models import Group, Membership, Person
from forum.permissions import User, can_facilitate, readable_group, require, user_now

ROLES = ("member", "facilitator", "observer")


@action
async def leave_group(forum: Forum, user: User, slug: str) -> None:
    async with forum.end_right():
        user = await user_now(user)
        group = await readable_group(user, slug)
        require(user.roles.get(group.id) in ROLES, "You are not a member of this group.")
        await _end_membership(forum, group.id, user.id, by=user.id, reason="left")
        await record(forum, user, "leave_group", "group", group.id)


@action
async def remove_member(forum: Forum, user: User, slug: str, person_id: int, reason: str) -> None:
    """A facilitator takes somebody out of the group, with a reason that is kept."""
    async with forum.end_right():
        user = await user_now(user)
        group = await readable_group(user, slug)
        require(can_facilitate(user, group), "Only facilitators of this group may remove people from it.")
        if not (reason := check_note(reason, "reason")):
            raise Invalid({"reason": "Say why you remove this person. Other facilitators can read it."})
        if person_id == user.id:
            raise Invalid("You cannot remove yourself. You can leave the group.")
        await _end_membership(forum, group.id, person_id, by=user.id, reason=reason)
        await record(forum, user, "remove_member", "person", person_id, group=group.id)


@action
async def create_group(forum: Forum, slug: str, name: str, purpose: str, visibility: str) -> None:
    """From the terminal: a new group."""
    name, purpose = check_name(name), check_note(purpose, "purpose")
    async with forum.write():
        if await Group.exists(slug=slug):
            raise Invalid(f"There is a group {slug} already.")
        group = await Group.create(
            slug=slug, name=name, purpose=purpose, visibility=visibility, created_at=forum.clock()
        )
        await record(forum, None, "create_group", "group", group.id, visibility=visibility)


@action
async def add_member(forum: Forum, slug: str, email: str, role: str) -> None:
    """From the terminal: put a person into a group, or give them another role in it."""
    async with forum.end_right():
        group, person = await _group_and_person(slug, email)
        await put_member(forum, group.id, person.id, role)
        await record(forum, None, "add_member", "person", person.id, group=group.id, role=role)


async def put_member(forum: Forum, group_id: int, person_id: int, role: str) -> None:
    """Inside end_right: they have this role in the group from now on, and again when they were in it before."""
    membership = await Membership.get_or_none(group_id=group_id, person_id=person_id)
    if membership is None:
        await Membership.create(group_id=group_id, person_id=person_id, role=role, created_at=forum.clock())
        return
    afresh = {"ends_on": None, "reminded": 0} if is_over(forum, membership) else {}
    await Membership.filter(id=membership.id).update(
        role=role, ended_at=None, ended_by_id=None, ended_reason="", **afresh
    )


def is_over(forum: Forum, membership: Membership) -> bool:
    """Whether it was ended, or its last day has passed."""
    has_passed = membership.ends_on is not None and membership.ends_on < forum.rules().today
    return membership.ended_at is not None or has_passed


@action
async def remove_member_by_email(forum: Forum, slug: str, email: str, reason: str) -> None:
    """From the terminal: take a person out of a group."""
    reason = check_note(reason, "reason")
    async with forum.end_right():
        group, person = await _group_and_person(slug, email)
        await _end_membership(forum, group.id, person.id, by=None, reason=reason)
        await record(forum, None, "remove_member", "person", person.id, group=group.id)


async def _group_and_person(slug: str, email: str) -> tuple[Group, Person]:
    group, person = await Group.get_or_none(slug=slug), await Person.get_or_none(email=email)
    if group is None:
        raise Invalid(f"There is no group {slug}.")
    if person is None:
        raise Invalid(f"There is no account {email}.")
    return group, person


async def _end_membership(forum: Forum, group_id: int, person_id: int, *, by: int | None, reason: str) -> None:
    ended = await Membership.filter(group_id=group_id, person_id=person_id, ended_at=None).update(
        ended_at=forum.clock(), ended_by_id=by, ended_reason=reason
    )
    if not ended:
        raise NotFound
    await end_visits_of(forum, person_id, group_id=group_id)
