"""A world on the way: people, groups, threads and taggings as rows that agree with each other, not yet written.

All chance comes from one seeded generator, ids included: the same seed gives the same world.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from forum.actions.worlds import World
from forum.demo.people import Named
from forum.demo.times import DAY, MOMENT, office_time
from forum.demo.words import DemoGroup, Hidden, Theme
from forum.models import Council, Edition, Group, Hiding, Membership, Person, Post, Tagging, Thread

BEGAN = 290  # days ago: before the first thread


@dataclass(frozen=True)
class Places:
    """What stands in the database before the world does: councils by name, the ids of themes by code."""

    councils: Mapping[str, Council]
    themes: Mapping[str, int]


@dataclass
class Message:
    """A post that somebody will have written."""

    by: Person
    at: datetime
    body: str
    html: str
    quotable: bool = False
    themes: Sequence[Theme] = ()
    earlier: str = ""
    hidden: Hidden | None = None


@dataclass
class _Fate:
    """What became of a post: when it was tagged, edited and hidden, and with which revisions."""

    tagged_at: datetime
    edited_at: datetime | None
    hidden_at: datetime | None
    first: int = 0
    last: int = 0


class Composer:
    def __init__(self, now: datetime, seed: int, places: Places, password_hash: str) -> None:
        self.now = now.replace(microsecond=0)
        self.rng = random.Random(seed)
        self.places = places
        self.password_hash = password_hash
        self.world = World()
        self.facilitators: dict[int, list[Person]] = {}

    def new_id(self) -> int:
        return self.rng.getrandbits(52) or 1

    def add_person(self, named: Named) -> Person:
        council = self.places.councils[named.council] if named.council else None
        person = Person(
            id=self.new_id(),
            email=named.email,
            name=named.name,
            council_id=council.id if council else None,
            site_role=named.site_role,
            password_hash=self.password_hash,
            created_at=office_time(self.rng, self.now, BEGAN + self.rng.randrange(3, 30)),
        )
        self.world.people.append(person)
        return person

    def add_group(self, written: DemoGroup) -> Group:
        group = Group(
            id=self.new_id(),
            slug=written.slug,
            name=written.name,
            purpose=written.purpose,
            visibility=written.visibility,
            created_at=office_time(self.rng, self.now, BEGAN + 2),
        )
        self.world.groups.append(group)
        self.facilitators[group.id] = []
        return group

    def join(self, group: Group, person: Person, role: str) -> Membership:
        membership = Membership(
            id=self.new_id(),
            group_id=group.id,
            person_id=person.id,
            role=role,
            created_at=office_time(self.rng, self.now, BEGAN - self.rng.randrange(6)),
        )
        self.world.memberships.append(membership)
        if role == "facilitator":
            self.facilitators[group.id].append(person)
        return membership

    def add_thread(self, group: Group, title: str, messages: Sequence[Message]) -> Thread:
        """A thread of these messages, the first of which opens it."""
        thread = Thread(
            id=self.new_id(),
            group_id=group.id,
            author_id=messages[0].by.id,
            title=title,
            posts=len(messages),
            created_at=messages[0].at,
            last_post_at=messages[-1].at,
        )
        fates = [self._fate(message) for message in messages]
        thread.revision = _number_changes(messages, fates)
        self.world.threads.append(thread)
        for number, (message, fate) in enumerate(zip(messages, fates, strict=True), 1):
            post = Post(
                id=self.new_id(),
                thread_id=thread.id,
                number=number,
                revision=fate.last,
                author_id=message.by.id,
                council_id=message.by.council_id,
                role="facilitator" if message.by in self.facilitators[group.id] else "member",
                body=message.body,
                html=message.html,
                quotable=message.quotable,
                created_at=message.at,
                edited_at=fate.edited_at,
                hidden_at=fate.hidden_at,
            )
            self.world.posts.append(post)
            for theme in message.themes:
                self.tag(group, post, theme, fate.first, message.earlier or message.body, fate.tagged_at)
            self._keep_history(group, post, message, fate)
        return thread

    def tag(self, group: Group, post: Post, theme: Theme, revision: int, source: str, at: datetime) -> None:
        """A facilitator's tagging of the post as its source was at that revision."""
        start = source.index(theme.passage) if theme.passage else None
        tagging = Tagging(
            id=self.new_id(),
            post_id=post.id,
            post_revision=revision,
            theme_id=self.places.themes[theme.code],
            kind=theme.kind,
            start=start,
            end=None if start is None else start + len(theme.passage),
            quote=theme.passage,
            by_id=self.rng.choice(self.facilitators[group.id]).id,
            created_at=at,
        )
        self.world.taggings.append(tagging)

    def tagged_at(self, posted_at: datetime) -> datetime:
        """Some days after the post, in office hours, and not in the future."""
        days_ago = (self.now - posted_at).days - self.rng.randrange(1, 6)
        at = office_time(self.rng, self.now, max(days_ago, 0))
        latest = self.now - MOMENT / 2
        return min(max(at, posted_at + timedelta(minutes=30)), latest) if at < latest else latest

    def _fate(self, message: Message) -> _Fate:
        tagged_at = self.tagged_at(message.at)
        edited_at = tagged_at + DAY if message.earlier else None
        return _Fate(tagged_at, edited_at, tagged_at + MOMENT if message.hidden else None)

    def _keep_history(self, group: Group, post: Post, message: Message, fate: _Fate) -> None:
        if message.earlier:
            edition = Edition(
                id=self.new_id(),
                post_id=post.id,
                revision=fate.first,
                body=message.earlier,
                quotable=message.quotable,
                replaced_at=fate.edited_at,
            )
            self.world.editions.append(edition)
        if message.hidden:
            hiding = Hiding(
                id=self.new_id(),
                post_id=post.id,
                by_id=self.facilitators[group.id][0].id,
                reason=message.hidden.reason,
                note=message.hidden.note,
                created_at=fate.hidden_at,
            )
            self.world.hidings.append(hiding)


def _number_changes(messages: Sequence[Message], fates: Sequence[_Fate]) -> int:
    """Give each change of a thread its revision, in the order in which they happened; how many there were."""
    changes = [(message.at, number, fate) for number, (message, fate) in enumerate(zip(messages, fates, strict=True))]
    for number, fate in enumerate(fates):
        changes += [(at, number, fate) for at in (fate.edited_at, fate.hidden_at) if at]
    for revision, (_, _, fate) in enumerate(sorted(changes, key=lambda change: change[:2]), 1):
        fate.first = fate.first or revision
        fate.last = revision
    return len(changes)
