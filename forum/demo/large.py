"""The large world, for measuring: the small one, and around it recombined words of the same threads.

What it adds need not be believable post by post, but it weighs what a real service would: people in many groups,
threads of all lengths, one very long, and taggings spread over them.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from forum.demo.compose import BEGAN, Composer, Message
from forum.demo.people import Named, members
from forum.demo.times import DAY, MOMENT
from forum.demo.words import DemoGroup, Theme, threads
from forum.markup import render_now
from forum.models import Group, Person, Post

LIST_OR_QUOTE = re.compile(r"[-*>]|\d+[.)]")
IN_GROUP = (30, 120)


@dataclass(frozen=True)
class Size:
    """How much there is in the end, the small world included. `longest`: posts in one thread of its own."""

    people: int = 2_000
    groups: int = 100
    threads: int = 5_000
    posts: int = 100_000
    taggings: int = 40_000
    longest: int = 20_000


class Paragraph(NamedTuple):
    """Plain words that stand next to any others, rendered once."""

    text: str
    html: str
    themes: list[Theme]


class Pool(NamedTuple):
    """What a group's talk is made of."""

    titles: list[str]
    paragraphs: list[Paragraph]


def enlarge(composer: Composer, small: dict[str, tuple[DemoGroup, Group]], size: Size) -> None:
    """Add people, groups, threads, posts and taggings until there are as many as `size` says."""
    rng, world = composer.rng, composer.world
    pools = {slug: pool for slug, (written, _) in small.items() if (pool := _pool(slug)) and _is_open(written)}
    _add_people(composer, size.people - len(world.people))
    talked_in = [(pools[slug], group) for slug, (_, group) in small.items() if slug in pools]
    talked_in += _add_groups(composer, small, pools, size.groups - len(world.groups))
    crowds = {group.id: _crowd(composer, group) for _, group in talked_in}
    candidates: list[tuple[Group, Post, Theme]] = []
    for length in _lengths(rng, size.threads - len(world.threads), size.posts - len(world.posts), size.longest):
        pool, group = rng.choice(talked_in)
        candidates += _add_thread(composer, group, pool, crowds[group.id], length)
    for group, post, theme in rng.sample(candidates, size.taggings - len(world.taggings)):
        composer.tag(group, post, theme, post.revision, post.body, composer.tagged_at(post.created_at))


def _is_open(written: DemoGroup) -> bool:
    return written.visibility == "listed"


def _pool(slug: str) -> Pool | None:
    written = threads(slug)
    paragraphs = [
        Paragraph(text, render_now(text), post.tags())
        for thread in written
        for post in thread.post
        if not post.hidden
        for text in post.body.strip().split("\n\n")
        if not LIST_OR_QUOTE.match(text) and "\n" not in text
    ]
    return Pool([thread.title for thread in written], paragraphs) if paragraphs else None


def _add_people(composer: Composer, count: int) -> None:
    known = members()
    first = [person.name.split()[0] for person in known]
    last = [person.name.split()[-1] for person in known]
    councils = sorted(composer.places.councils)
    for number in range(count):
        name = f"{composer.rng.choice(first)} {composer.rng.choice(last)}"
        composer.add_person(Named(f"member{number + 1}", name, composer.rng.choice(councils), None, "councillor"))


def _add_groups(
    composer: Composer, small: dict[str, tuple[DemoGroup, Group]], pools: dict[str, Pool], count: int
) -> list[tuple[Pool, Group]]:
    """Groups for one region each, run by those who run the group for everywhere."""
    regions = sorted({council.region for council in composer.places.councils.values()})
    added: list[tuple[Pool, Group]] = []
    for region in regions:
        for slug, pool in pools.items():
            if len(added) == count:
                return added
            written, everywhere = small[slug]
            regional = DemoGroup(
                slug=f"{slug}-{region.lower().replace(' ', '-')}",
                name=f"{written.name}: {region}",
                visibility="listed",
                purpose=f"{written.purpose} For councils in one region: {region}.",
                facilitators=[],
            )
            group = composer.add_group(regional)
            for facilitator in composer.facilitators[everywhere.id]:
                composer.join(group, facilitator, "facilitator")
            added.append((pool, group))
    return added


def _crowd(composer: Composer, group: Group) -> list[Person]:
    """Members in number, beside those who are in the group already."""
    world, rng = composer.world, composer.rng
    there = {membership.person_id for membership in world.memberships if membership.group_id == group.id}
    new = [person for person in world.people if person.email.startswith("member")]
    crowd = [person for person in rng.sample(new, min(rng.randint(*IN_GROUP), len(new))) if person.id not in there]
    for person in crowd:
        composer.join(group, person, "member")
    return crowd


def _lengths(rng: random.Random, count: int, posts: int, longest: int) -> list[int]:
    """How many posts each thread has: most few, some many, one very many; together as many as there are to be."""
    weights = [rng.paretovariate(1.6) for _ in range(count - 1)]
    rest = posts - longest - (count - 1)
    lengths = [1 + int(rest * weight / sum(weights)) for weight in weights]
    for number in range(posts - longest - sum(lengths)):
        lengths[number % len(lengths)] += 1
    return [longest, *lengths]


def _add_thread(
    composer: Composer, group: Group, pool: Pool, crowd: list[Person], length: int
) -> list[tuple[Group, Post, Theme]]:
    """A thread, and the taggings that its posts could have."""
    rng = composer.rng
    began = composer.now - timedelta(days=rng.uniform(3, BEGAN - 10))
    title = f"{rng.choice(pool.titles)} ({began:%B %Y})"
    messages: list[Message] = []
    themes: list[list[Theme]] = []
    for at in _times(rng, began, composer.now, length):
        parts = rng.sample(pool.paragraphs, rng.choice((1, 1, 2)))
        body, html = "\n\n".join(part.text for part in parts), "".join(part.html for part in parts)
        messages.append(Message(rng.choice(crowd), at, body, html, quotable=rng.random() < 0.5))
        themes.append([theme for part in parts for theme in part.themes])
    already = len(composer.world.posts)
    composer.add_thread(group, title, messages)
    posts = composer.world.posts[already:]
    return [
        (group, post, theme if theme.passage in post.body else Theme(theme.code, theme.kind))
        for post, found in zip(posts, themes, strict=True)
        for theme in found
    ]


def _times(rng: random.Random, began: datetime, now: datetime, length: int) -> list[datetime]:
    """The first at once, the others within two months: over all the time there is when they are very many."""
    last = now - MOMENT
    end = last if length > 1_000 else min(began + 60 * DAY, last)
    return [began, *sorted(began + (end - began) * rng.random() for _ in range(length - 1))]
