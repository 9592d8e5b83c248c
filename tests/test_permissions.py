"""`can_*` and its list twin agree for everyone and everything: in the cast's world and in the demo world."""

import inspect
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest

from forum import permissions
from forum.context import Forum, open_forum
from forum.errors import NotAllowed, NotFound
from forum.models import Group, Membership, Person, Post, Release, Session, Thread
from forum.permissions import (
    User,
    can_edit,
    can_facilitate,
    can_post,
    can_read_group,
    can_read_release,
    can_read_thread,
    can_see_codebook,
    can_see_group,
    can_summarise,
    can_tag,
    readable_group,
    readable_groups,
    require,
    summarised_groups,
    user_now,
    visible_group,
    visible_groups,
    visible_post,
    visible_releases,
    visible_thread,
    visible_threads,
)
from forum.readers import readers
from forum.users import Rules, user_of_session
from tests.cast import EVERYONE, group, posts_in, thread_in, user
from tests.conftest import settings_for


async def everybody() -> list[User]:
    """Everyone there is, and somebody who is in nothing."""
    roles: dict[int, dict[int, str]] = {}
    for person_id, group_id, role in await Membership.filter(ended_at=None).values_list(
        "person_id", "group_id", "role"
    ):
        roles.setdefault(person_id, {})[group_id] = role
    people = await Person.all()
    return [User(p.id, p.name, p.council_id, p.site_role, roles.get(p.id, {})) for p in people] + [User(1, "Nobody")]


async def check_twins() -> None:
    groups, threads, people = await Group.all(), await Thread.all().select_related("group"), await everybody()
    for person in people:
        for can, visible, things in (
            (can_see_group, visible_groups, groups),
            (can_read_group, readable_groups, groups),
            (can_read_thread, visible_threads, threads),
            (can_summarise, summarised_groups, groups),
        ):
            listed = set(await visible(person).values_list("id", flat=True))
            assert {thing.id for thing in things if can(person, thing)} == listed, (person.name, can.__name__)


async def check_releases() -> None:
    """Two releases, of a listed group and of the hidden one: who sees which in the list is who may read it."""
    hidden, listed = await Group.get(slug="whistleblowing"), await Group.get(slug="finance")
    author, now = (await user("tom")).id, datetime(2026, 4, 1, tzinfo=UTC)
    for group_id in hidden.id, listed.id:
        filters = f'{{"values": {{}}, "groups": [{group_id}], "people": {{}}}}'
        about = {"title": "T", "filters": filters, "paper": "{}", "figures": "{}", "cells": b"", "codebook": 1}
        await Release.create(created_at=now, created_by_id=author, **about)
    seen = 0
    for person in await everybody():
        readable = [group.id for group in await Group.all() if can_summarise(person, group)]
        may = {release.id for release in await Release.all() if can_read_release(person, release, readable)}
        found = {release.id for release in await visible_releases(person)} if person.is_analyst else set()
        assert may == found, person.name
        seen += len(found)
    assert seen > 0


async def may_read(forum: Forum, thread: Thread, session_ids: Collection[int], *rules: Rules) -> dict[int, bool]:
    found = await readers(thread.id, session_ids, *forum.session_limits(), *rules)
    return {session_id: until is not None for session_id, until in found.items()}


async def check_readers(forum: Forum) -> None:
    """A session for everyone, and for each thread the room's one query beside can_read_thread."""
    now = forum.clock()
    people = await Person.all()
    await Session.bulk_create(
        [Session(id=p.id, person_id=p.id, token_hash=str(p.id), place="", created_at=now, seen_at=now) for p in people]
    )
    users = {person.id: person for person in await everybody()}
    for thread in await Thread.all().select_related("group"):
        found = await may_read(forum, thread, {person.id for person in people})
        expected = {p.id: can_read_thread(users[p.id], thread) for p in people if p.suspended_at is None}
        assert found == expected, thread.title


async def test_twins_agree_in_the_casts_world(forum):
    await check_twins()
    await check_releases()
    await check_readers(forum)


async def test_twins_agree_in_the_demo_world(demo_url, tmp_path):
    async with open_forum(settings_for(demo_url, tmp_path)) as demo:
        assert await Person.all().count() > 100 and await Thread.all().count() > 30
        await check_twins()
        await check_readers(demo)


def test_every_can_about_seeing_has_a_twin_that_is_tested():
    """A new can_see or can_read needs a new line above."""
    cans = {
        name
        for name, _ in inspect.getmembers(permissions, inspect.isfunction)
        if name.startswith(("can_see_", "can_read_"))
    }
    assert cans == {
        "can_read_audit",
        "can_see_group",
        "can_read_group",
        "can_read_release",
        "can_read_thread",
        "can_see_codebook",
    }


@pytest.mark.parametrize("name", EVERYONE)
async def test_fetching_through_the_person_agrees_with_can(forum, name):
    person = await user(name)

    async def found(fetch, key) -> bool:
        try:
            await fetch(person, key)
        except NotFound:
            return False
        return True

    for slug in "adult-social-care", "finance", "housing", "whistleblowing":
        where, thread = await group(slug), await thread_in(slug)
        assert await found(visible_group, slug) == can_see_group(person, where)
        assert await found(readable_group, slug) == can_read_group(person, where)
        assert await found(visible_thread, thread.id) == can_read_thread(person, thread)
        assert await found(visible_post, (await posts_in(slug))[0].id) == can_read_thread(person, thread)
    assert not await found(visible_group, "nowhere")
    assert not await found(visible_thread, 1)
    assert not await found(visible_post, 1)


EXPECTED = {  # who may do what in adult-social-care, finance, housing and whistleblowing
    "amina": ("read post", "see", "see", ""),
    "gareth": ("read post", "read post", "see", ""),
    "bethan": ("see", "read post", "see", "read post"),
    "mohammed": ("see", "see", "read post", ""),
    "eve": ("see", "see", "read post", ""),
    "olu": ("read", "see", "see", ""),
    "ruth": ("read post tag", "read post tag", "see", "read post tag"),
    "sam": ("see", "see", "read post tag", ""),
    "tom": ("read tag", "read tag", "read tag", ""),
    "nadia": ("read tag", "read tag", "read tag", ""),
    "priya": ("see", "see", "see", ""),
}


@pytest.mark.parametrize("name", EVERYONE)
async def test_who_may_do_what_where(forum, name):
    person = await user(name)
    for slug, words in zip(("adult-social-care", "finance", "housing", "whistleblowing"), EXPECTED[name], strict=True):
        where = await group(slug)
        may = {
            "see": can_see_group(person, where),
            "read": can_read_group(person, where),
            "post": can_post(person, where),
            "tag": can_tag(person, where),
        }
        expected = set(words.split()) | ({"see"} if words else set())
        assert {word for word, allowed in may.items() if allowed} == expected, slug
        assert can_facilitate(person, where) == ("post tag" in words)
    assert can_see_codebook(person) == (name in ("ruth", "sam", "tom", "nadia"))


async def test_only_its_author_edits_a_post_while_it_is_shown(forum):
    [post, _] = await posts_in("adult-social-care")
    post = await Post.get(id=post.id).select_related("thread__group")
    assert [name for name in EVERYONE if can_edit(await user(name), post)] == ["amina"]
    post.hidden_at = forum.clock()
    assert not can_edit(await user("amina"), post)


async def test_a_role_that_ended_is_no_role(forum):
    amina = await user("amina")
    await Membership.filter(person_id=amina.id).update(ended_at=forum.clock())
    assert (await user_now(amina)).roles == {}
    await Person.filter(id=amina.id).update(suspended_at=forum.clock())
    with pytest.raises(NotFound):
        await user_now(amina)


async def test_a_session_brings_its_person_with_the_roles_of_this_moment(forum):
    ruth, now = await user("ruth"), forum.clock()
    await Session.create(person_id=ruth.id, token_hash="h", place="", created_at=now, seen_at=now)
    found = await user_of_session("h", *forum.session_limits())
    assert found is not None and (found.id, found.name, dict(found.roles)) == (ruth.id, "Ruth", ruth.roles)
    assert await user_of_session("another", *forum.session_limits()) is None
    assert await user_of_session("h", now, now) is None
    await Session.all().update(ended_at=now)
    assert await user_of_session("h", *forum.session_limits()) is None


def test_require_says_who_may():
    require(True, "Nobody")
    with pytest.raises(NotAllowed, match="Only Ruth may"):
        require(False, "Only Ruth may")


@pytest.mark.parametrize("column", ["suspended_at", "deactivated_at"])
async def test_who_is_shut_out_is_nobody_though_a_session_goes_on(forum, column):
    amina, now, thread = await user("amina"), forum.clock(), await thread_in("adult-social-care")
    times = {"created_at": now, "seen_at": now}
    session = await Session.create(person_id=amina.id, token_hash="h", place="", **times)
    assert await may_read(forum, thread, [session.id], forum.rules()) == {session.id: True}
    await Person.filter(id=amina.id).update(**{column: now})
    assert await user_of_session("h", *forum.session_limits(), forum.rules()) is None
    assert await may_read(forum, thread, [session.id], forum.rules()) == {}
    with pytest.raises(NotFound):
        await user_now(amina)


async def test_a_membership_whose_day_has_passed_is_an_observers_and_then_closed(forum):
    """Alike for pages, actions and rooms; where nobody said for how long it can be read, it is closed at once."""
    amina, now, thread = await user("amina"), forum.clock(), await thread_in("adult-social-care")
    times = {"created_at": now, "seen_at": now}
    session = await Session.create(person_id=amina.id, token_hash="h", place="", **times)
    rules = forum.rules()
    for ends_on, role in (
        (None, "member"),
        (rules.today, "member"),
        (rules.today - timedelta(days=1), "observer"),
        (rules.closed_before, "observer"),
        (rules.closed_before - timedelta(days=1), None),
    ):
        await Membership.filter(person_id=amina.id).update(ends_on=ends_on)
        found = await user_of_session("h", *forum.session_limits(), rules)
        assert found.roles.get(thread.group_id) == role == (await user_now(found)).roles.get(thread.group_id)
        assert await may_read(forum, thread, [session.id], rules) == {session.id: role is not None}
        strict = role if role != "observer" else None
        assert (await user_now(amina)).roles.get(thread.group_id) == strict
