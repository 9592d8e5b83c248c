"""A thread as everybody who may see it sees it: a page of posts, or what changed since a revision.

Plain SQL, because these two reads are what the service does all day. No row holds anything that differs by viewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forum.database import as_time, select

POST = """p.id, p.thread_id, p.number, p.revision, p.author_id, a.name AS author, c.name AS council,
    p.created_at, p.edited_at, p.hidden_at, p.html"""
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
        created_at=as_time(row["created_at"]),
        edited_at=as_time(row["edited_at"]) if row["edited_at"] else None,
        hidden_at=as_time(row["hidden_at"]) if row["hidden_at"] else None,
        html="" if row["hidden_at"] else row["html"],
    )
