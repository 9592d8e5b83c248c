"""The demo world, whole: `build_world` for looking at and for the tests' stories, `build_large` for measuring.

Councils and themes stand in the database before (load_reference); everything else is composed first and then written in
one go, so that a world is there or is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from forum.actions.worlds import World, fill_world
from forum.context import Forum
from forum.demo.compose import Composer, Message, Places
from forum.demo.desk import do_desk_work
from forum.demo.hellos import add_hellos
from forum.demo.large import Size, enlarge
from forum.demo.people import NAMED, STAFF, members
from forum.demo.sign_ups import add_sign_ups
from forum.demo.terms import add_terms
from forum.demo.times import MOMENT, on_day, thread_times
from forum.demo.words import DemoGroup, WrittenThread, groups, hellos, threads
from forum.markup import render_now
from forum.models import Council, Group, Person, Theme

SEED = 1
ACCOUNTS = [(person.email, person.name, person.what) for person in NAMED]
Report = Callable[[str], None]


def _silence(words: str) -> None:
    pass


async def build_world(forum: Forum, password_hash: str, seed: int = SEED, report: Report = _silence) -> None:
    """Fill a service that nobody is in yet. All accounts get the password that was hashed."""
    places = await find_places()
    report("Composing the demo world …")
    world = await asyncio.to_thread(compose_world, forum.clock(), seed, places, password_hash)
    await write(forum, world, report)
    report("Tagging twice, approving quotes, issuing a paper …")
    await do_desk_work(forum)


async def build_large(
    forum: Forum, password_hash: str, seed: int = SEED, report: Report = _silence, size: Size | None = None
) -> None:
    """The small world and, around it, as much as `size` says."""
    places = await find_places()
    report("Composing the large world …")
    world = await asyncio.to_thread(compose_large, forum.clock(), seed, places, password_hash, size or Size())
    await write(forum, world, report)


async def find_places() -> Places:
    councils = {council.name: council for council in await Council.all()}
    return Places(councils, {theme.code: theme.id for theme in await Theme.all()})


async def write(forum: Forum, world: World, report: Report) -> None:
    counts = (len(world.people), len(world.groups), len(world.threads), len(world.posts), len(world.taggings))
    report("Writing {:,} people, {:,} groups, {:,} threads, {:,} posts, {:,} taggings …".format(*counts))
    await fill_world(forum, world)


def compose_world(now: datetime, seed: int, places: Places, password_hash: str) -> World:
    """The whole of the small world: the same for the same seed, with dates counted back from `now`."""
    composer = Composer(now, seed, places, password_hash)
    compose_small(composer)
    add_terms(composer)
    add_sign_ups(composer)
    return composer.world


def compose_large(now: datetime, seed: int, places: Places, password_hash: str, size: Size) -> World:
    composer = Composer(now, seed, places, password_hash)
    enlarge(composer, compose_small(composer), size)
    add_terms(composer)
    return composer.world


def compose_small(composer: Composer) -> dict[str, tuple[DemoGroup, Group]]:
    """The named people, the groups and what was written in them. Returns the groups by slug."""
    people = {named.handle: composer.add_person(named) for named in (*NAMED, *members())}
    written_groups = {written.slug: (written, composer.add_group(written)) for written in groups()}
    for written, group in written_groups.values():
        _fill_group(composer, written, group, people)
    _remove_mallory(composer, people, written_groups["adult-social-care"][1])
    for written, group in written_groups.values():
        for thread in threads(written.slug):
            _add_thread(composer, written, group, thread, people)
    leaders = {*written_groups["leaders"][0].speakers}
    newcomers = [people[named.handle] for named in members() if named.handle not in leaders]
    composer.rng.shuffle(newcomers)
    welcome = written_groups["new-councillors"][1]
    add_hellos(composer, welcome, hellos(), people["kate"], newcomers, render_now)
    return written_groups


def _fill_group(composer: Composer, written: DemoGroup, group: Group, people: dict[str, Person]) -> None:
    for role, handles in (
        ("facilitator", written.facilitators),
        ("observer", written.observers),
        ("member", [*written.members, *written.speakers, *written.listeners]),
    ):
        for handle in handles:
            composer.join(group, people[handle], role)


def _remove_mallory(composer: Composer, people: dict[str, Person], group: Group) -> None:
    """Taken out of the group this morning, or just now when it is still early."""
    membership = composer.join(group, people["mallory"], "member")
    membership.ended_at = min(on_day(composer.now, 0, 8, 40), composer.now - MOMENT)
    membership.ended_by_id = people["ruth"].id
    membership.ended_reason = "No longer works on adult social care."


def _add_thread(
    composer: Composer, written: DemoGroup, group: Group, thread: WrittenThread, people: dict[str, Person]
) -> None:
    handles = [written.speakers[post.by - 1] if isinstance(post.by, int) else post.by for post in thread.post]
    by_staff = [handle in STAFF for handle in handles]
    times = thread_times(composer.rng, composer.now, thread.age, thread.span, by_staff)
    messages = []
    for handle, at, post in zip(handles, times, thread.post, strict=True):
        body = post.body.strip()
        message = Message(people[handle], at, body, render_now(body), post.quotable, post.tags())
        message.earlier, message.hidden = post.earlier.strip(), post.hidden
        messages.append(message)
    composer.add_thread(group, thread.title, messages)
