"""Who may see and do what, asked here and nowhere else.

Each `can_*(user, thing)` that is about seeing has a list twin `visible_*(user)`; a test asserts that they agree for
everyone and everything in the demo world. What a person may not see raises NotFound, exactly like what is not there;
what they see and may not do raises NotAllowed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from forum.database import Rows, as_time, select
from forum.errors import NotAllowed, NotFound
from forum.models import Group, Post, Thread
from forum.reading import ShownThread, thread_by_id


@dataclass(frozen=True, slots=True)
class User:
    """A person as permissions see them: `roles` maps the ids of their groups to member, facilitator or observer."""

    id: int
    name: str
    council_id: int | None = None
    site_role: str | None = None
    roles: Mapping[int, str] = field(default_factory=dict)
    session_id: int = 0
    begun_at: datetime | None = None
    seen_at: datetime | None = None

    @property
    def is_analyst(self) -> bool:
        return self.site_role == "analyst"

    @property
    def facilitated(self) -> list[int]:
        """Ids of the groups that this person facilitates."""
        return [group_id for group_id, role in self.roles.items() if role == "facilitator"]


ROLES_IN_GROUP = ("member", "facilitator", "observer")
OUTSIDERS = {
    "LGA analysts": User(0, "", site_role="analyst"),
    "administrators": User(0, "", site_role="administrator"),
    "everyone else who is signed in": User(0, ""),
}

# Seeing: groups (their name and purpose), and the talk in them.


class AnyGroup(Protocol):
    """A group as a model or as a row that was read with its thread."""

    @property
    def id(self) -> int: ...

    @property
    def name(self) -> str: ...

    @property
    def visibility(self) -> str: ...


def can_see_group(user: User, group: AnyGroup) -> bool:
    return group.visibility == "listed" or group.id in user.roles


def visible_groups(user: User) -> QuerySet[Group]:
    return Group.filter(Q(visibility="listed") | Q(id__in=list(user.roles)))


def can_read_group(user: User, group: AnyGroup) -> bool:
    return group.id in user.roles or (user.is_analyst and group.visibility == "listed")


def readable_groups(user: User) -> QuerySet[Group]:
    mine = Q(id__in=list(user.roles))
    return Group.filter(mine | Q(visibility="listed") if user.is_analyst else mine)


def audience(group: AnyGroup) -> str:
    """Who reads what is written in a group, as the subject of a sentence: each kind of person is put to can_read_group,
    so that the words change with the rule."""
    inside = [f"{role}s" for role in ROLES_IN_GROUP if can_read_group(User(0, "", roles={group.id: role}), group)]
    outside = [words for words, someone in OUTSIDERS.items() if can_read_group(someone, group)]
    people = f"{', '.join(inside[:-1])} and {inside[-1]} of {group.name}"
    if not outside:
        return f"Only {people}"
    return f"{people[0].upper()}{people[1:]}, and {' and '.join(outside)},"


def can_read_thread(user: User, thread: Thread | ShownThread) -> bool:
    return can_read_group(user, thread.group)


def visible_threads(user: User) -> QuerySet[Thread]:
    mine = Q(group_id__in=list(user.roles))
    return Thread.filter(mine | Q(group__visibility="listed") if user.is_analyst else mine)


async def visible_group(user: User, slug: str) -> Group:
    """The group whose name and purpose this person may see, or NotFound."""
    group = await visible_groups(user).get_or_none(slug=slug)
    if group is None:
        raise NotFound
    return group


async def readable_group(user: User, slug: str) -> Group:
    """The group whose talk and people this person may see, or NotFound."""
    group = await readable_groups(user).get_or_none(slug=slug)
    if group is None:
        raise NotFound
    return group


async def visible_thread(user: User, thread_id: int) -> ShownThread:
    """The thread with its group, or NotFound."""
    thread = await thread_by_id(thread_id)
    if thread is None or not can_read_thread(user, thread):
        raise NotFound
    return thread


async def visible_post(user: User, post_id: int) -> Post:
    """The post with its thread and group, or NotFound."""
    post = await Post.get_or_none(id=post_id).select_related("thread__group")
    if post is None or not can_read_thread(user, post.thread):
        raise NotFound
    return post


# Doing: each answers for a thing that the person can see.


def can_post(user: User, group: AnyGroup) -> bool:
    return user.roles.get(group.id) in ("member", "facilitator")


def can_facilitate(user: User, group: AnyGroup) -> bool:
    return user.roles.get(group.id) == "facilitator"


def can_edit(user: User, post: Post) -> bool:
    return post.author_id == user.id and post.hidden_at is None and can_post(user, post.thread.group)


def can_tag(user: User, group: AnyGroup) -> bool:
    return can_facilitate(user, group) or (user.is_analyst and can_read_group(user, group))


def can_tag_post(user: User, post: Post) -> bool:
    """As can_tag, and for reading the words that one tags: those of a hidden post are for facilitators only."""
    return can_tag(user, post.thread.group) and (post.hidden_at is None or can_facilitate(user, post.thread.group))


def can_see_codebook(user: User) -> bool:
    return user.is_analyst or bool(user.facilitated)


def can_summarise(user: User, group: AnyGroup) -> bool:
    return can_tag(user, group)


def summarised_groups(user: User) -> QuerySet[Group]:
    """The groups whose talk this person's summaries count."""
    return readable_groups(user) if user.is_analyst else Group.filter(id__in=user.facilitated)


def require(allowed: bool, who: str) -> None:
    """Raise NotAllowed, with words that say who may, unless `allowed`."""
    if not allowed:
        raise NotAllowed(who)


# Knowing who is there.


async def user_of_session(token_hash: str, idle_since: datetime, begun_since: datetime) -> User | None:
    """Who is signed in with this session, with their roles at this moment; None once it ended or ran out."""
    rows = await select(
        f"""SELECT s.id AS session_id, s.created_at, s.seen_at, {USER}
        FROM session s JOIN person p ON p.id = s.person_id {ROLES}
        WHERE s.token_hash = $1 AND s.ended_at IS NULL AND s.seen_at > $2 AND s.created_at > $3
        AND p.suspended_at IS NULL""",
        token_hash,
        idle_since,
        begun_since,
    )
    if not rows:
        return None
    [first, *_] = rows
    return _user(rows, first["session_id"], as_time(first["created_at"]), as_time(first["seen_at"]))


async def user_now(user: User) -> User:
    """The same person with the roles of this moment: an action asks once its transaction is open."""
    rows = await select(f"SELECT {USER} FROM person p {ROLES} WHERE p.id = $1 AND p.suspended_at IS NULL", user.id)
    if not rows:
        raise NotFound
    return _user(rows, user.session_id, user.begun_at, user.seen_at)


USER = "p.id, p.name, p.council_id, p.site_role, m.group_id, m.role"
ROLES = "LEFT JOIN membership m ON m.person_id = p.id AND m.ended_at IS NULL"


def _user(rows: Rows, session_id: int, begun_at: datetime | None, seen_at: datetime | None) -> User:
    """A person from one row for each of their roles."""
    first = rows[0]
    roles = {row["group_id"]: row["role"] for row in rows if row["role"]}
    return User(
        first["id"], first["name"], first["council_id"], first["site_role"], roles, session_id, begun_at, seen_at
    )


async def readers(
    thread_id: int, session_ids: Collection[int], idle_since: datetime, begun_since: datetime
) -> dict[int, bool]:
    """Of these sessions those that are still signed in, each with whether it may read the thread: can_read_thread in
    one query, for a room full of people."""
    places = ", ".join(f"${number}" for number in range(4, 4 + len(session_ids)))
    rows = await select(
        f"""SELECT s.id, CASE WHEN m.id IS NOT NULL OR (p.site_role = 'analyst' AND g.visibility = 'listed')
        THEN 1 ELSE 0 END AS may_read
        FROM session s JOIN person p ON p.id = s.person_id
        LEFT JOIN thread t ON t.id = $1 LEFT JOIN "group" g ON g.id = t.group_id
        LEFT JOIN membership m ON m.person_id = p.id AND m.group_id = t.group_id AND m.ended_at IS NULL
        WHERE s.ended_at IS NULL AND s.seen_at > $2 AND s.created_at > $3 AND p.suspended_at IS NULL
        AND s.id IN ({places})""",
        thread_id,
        idle_since,
        begun_since,
        *session_ids,
    )
    return {row["id"]: bool(row["may_read"]) for row in rows}
