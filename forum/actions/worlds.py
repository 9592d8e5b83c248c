"""A whole world at once: for the demo, whose people, groups and talk are composed before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tortoise.models import Model

from forum.actions import action
from forum.context import Forum
from forum.errors import Invalid
from forum.models import (
    Acceptance,
    Application,
    CouncilDomain,
    Edition,
    Group,
    Hiding,
    Membership,
    Person,
    Post,
    Session,
    Tagging,
    Terms,
    Thread,
)

BATCH = 5000


@dataclass
class World:
    """Rows that belong together. Councils and themes are there before them."""

    people: list[Person] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    editions: list[Edition] = field(default_factory=list)
    hidings: list[Hiding] = field(default_factory=list)
    taggings: list[Tagging] = field(default_factory=list)
    terms: list[Terms] = field(default_factory=list)
    acceptances: list[Acceptance] = field(default_factory=list)
    domains: list[CouncilDomain] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)

    def tables(self) -> Iterator[tuple[type[Model], list[Model]]]:
        """The rows by table, each behind those that it points to."""
        for rows in vars(self).values():
            if rows:
                yield type(rows[0]), rows


@action
async def fill_world(forum: Forum, world: World) -> None:
    """Write it all, or nothing. Invalid where there are people already."""
    async with forum.write():
        if await Person.exists():
            raise Invalid("There are people in this service already. The demo world needs an empty one.")
        for model, rows in world.tables():
            await model.bulk_create(rows, batch_size=BATCH)


@action
async def set_demo_password(forum: Forum, password_hash: str) -> None:
    """Give everybody in the demo world one password, and sign everybody out."""
    async with forum.end_right():
        await Person.all().update(password_hash=password_hash)
        await Session.filter(ended_at=None).update(ended_at=forum.clock())
