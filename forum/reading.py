"""A thread as everybody who may see it sees it: a page of posts, or what changed since a revision.

Plain SQL, because these two reads are what the service does all day. No row holds anything that differs by viewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forum.database import as_time, select
from forum.markup import excerpt

EXCERPT = 160  # characters of a last post: two lines on a desk, four on a phone

POST = """p.id, p.thread_id, p.number, p.revision, p.author_id, a.name AS author, c.name AS council,
    p.role, p.created_at, p.edited_at, p.hidden_at, p.html"""
POST_TABLES = "JOIN person a ON a.id = p.author_id LEFT JOIN council c ON c.id = p.council_id"


@dataclass(frozen=True, slots=True)
class ShownPost:
    """What `_post.html` takes. A hidden post brings no words."""

    id: int
    thread_id: int
    number: int
    revision: int
    author_id: int
    author: str
    council: str | None
    role: str | None
    created_at: datetime
    edited_at: datetime | None
    hidden_at: datetime | None
    html: str


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """The group of a thread."""

    id: int
    slug: str
    name: str
    visibility: str


@dataclass(frozen=True, slots=True)
class ShownThread:
    """A thread's own row and its group."""

    id: int
    title: str
    revision: int
    posts: int
    group: ShownGroup


@dataclass(frozen=True, slots=True)
class Latest:
    """A thread in a list, with its last post. The words of a hidden post are not in it."""

    id: int
    title: str
    posts: int
    last_post_at: datetime
    group_slug: str
    group_name: str
    author_id: int
    author: str
    is_hidden: bool
    excerpt: str


@dataclass(frozen=True, slots=True)
class News:
    """One snapshot: the service's `rights` number, the thread's last revision and the posts changed since."""

    rights: int
    head: int
    posts: list[ShownPost]


async def thread_by_id(thread_id: int) -> ShownThread | None:
    rows = await select(
        """SELECT t.id, t.title, t.revision, t.posts, g.id AS group_id, g.slug, g.name, g.visibility
        FROM thread t JOIN "group" g ON g.id = t.group_id WHERE t.id = $1""",
        thread_id,
    )
    if not rows:
        return None
    row = rows[0]
    group = ShownGroup(row["group_id"], row["slug"], row["name"], row["visibility"])
    return ShownThread(row["id"], row["title"], row["revision"], row["posts"], group)


async def place_of_post(post_id: int) -> tuple[int, int, int]:
    """Where a post stands: its thread's id, its number in it, and how many posts the thread has."""
    [row] = await select(
        "SELECT p.thread_id, p.number, t.posts FROM post p JOIN thread t ON t.id = p.thread_id WHERE p.id = $1", post_id
    )
    return row["thread_id"], row["number"], row["posts"]


async def page_of_posts(thread_id: int, first: int, last: int) -> list[ShownPost]:
    """The posts with these numbers, both included, in order."""
    rows = await select(
        f"""SELECT {POST} FROM post p {POST_TABLES}
        WHERE p.thread_id = $1 AND p.number BETWEEN $2 AND $3 ORDER BY p.number""",
        thread_id,
        first,
        last,
    )
    return [_shown(row) for row in rows]


async def latest_threads(group_ids: Sequence[int], most: int, offset: int = 0) -> list[Latest]:
    """The threads of these groups, those first in which something was said last."""
    if not group_ids:
        return []
    places = ", ".join(f"${number}" for number in range(3, 3 + len(group_ids)))
    rows = await select(
        f"""SELECT t.id, t.title, t.posts, t.last_post_at, g.slug, g.name AS group_name,
            p.author_id, a.name AS author, p.hidden_at, p.html
        FROM thread t JOIN "group" g ON g.id = t.group_id
        JOIN post p ON p.thread_id = t.id AND p.number = t.posts JOIN person a ON a.id = p.author_id
        WHERE t.group_id IN ({places}) ORDER BY t.last_post_at DESC, t.id LIMIT $1 OFFSET $2""",
        most,
        offset,
        *group_ids,
    )
    return [
        Latest(
            id=row["id"],
            title=row["title"],
            posts=row["posts"],
            last_post_at=as_time(row["last_post_at"]),
            group_slug=row["slug"],
            group_name=row["group_name"],
            author_id=row["author_id"],
            author=row["author"],
            is_hidden=row["hidden_at"] is not None,
            excerpt="" if row["hidden_at"] else excerpt(row["html"], EXCERPT),
        )
        for row in rows
    ]


async def news_since(thread_id: int, revision: int, at_most: int) -> News | None:
    """What is newer than `revision`, in the order of revisions, but nothing older than the last `at_most` changes.

    None when there is no such thread. One statement, hence one snapshot: rights that ended before a post was written
    are in the number that comes with the post.
    """
    rows = await select(
        f"""SELECT s.rights, t.revision AS head, {POST}
        FROM thread t JOIN service s ON s.id = 1
        LEFT JOIN post p ON p.thread_id = t.id AND p.revision > $2 AND p.revision > t.revision - $3
        LEFT JOIN person a ON a.id = p.author_id LEFT JOIN council c ON c.id = p.council_id
        WHERE t.id = $1 ORDER BY p.revision, p.number""",
        thread_id,
        revision,
        at_most,
    )
    if not rows:
        return None
    posts = [_shown(row) for row in rows if row["id"] is not None]
    return News(rows[0]["rights"], rows[0]["head"], posts)


def _shown(row: dict[str, Any]) -> ShownPost:
    return ShownPost(
        id=row["id"],
        thread_id=row["thread_id"],
        number=row["number"],
        revision=row["revision"],
        author_id=row["author_id"],
        author=row["author"],
        council=row["council"],
        role=row["role"],
        created_at=as_time(row["created_at"]),
        edited_at=as_time(row["edited_at"]) if row["edited_at"] else None,
        hidden_at=as_time(row["hidden_at"]) if row["hidden_at"] else None,
        html="" if row["hidden_at"] else row["html"],
    )
