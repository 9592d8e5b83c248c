"""Everything that is talked about here as one archive (archive_lines.py): the same bytes while nothing changes.

What it calls things: when every thread and post came from one archive, that archive goes out again, with its id, refs
and order. Otherwise its id is the service's epoch, and the ref of a thread or post is its id, which an import
recognises. So what went out and comes in again here changes nothing, even when a backup was put back in between; and a
service that was empty before it came in has the first case, and writes the same file. People are numbered by address,
for this one file.

What it leaves out: passwords, sessions, roles on the service, memberships that ended, what posts said before an edit
and when that was, who hid a post and why, what its author was in the group when they wrote it, and when accounts and
groups were made. A passage that was tagged before an edit goes out where its words stand now; when they are gone, the
tagging is of the whole post.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from forum.archive_lines import (
    AnyLine,
    ArchiveLine,
    GroupLine,
    PersonLine,
    PostLine,
    TaggingLine,
    ThemeLine,
    ThreadLine,
)
from forum.context import Forum
from forum.database import Rows, as_time

Report = Callable[[int, int], None]
Passage = tuple[int | None, int | None]


@dataclass
class Snapshot:
    """Rows that fit together although people go on writing: who refers is read before what is referred to, and nothing
    that is referred to is ever deleted."""

    taggings: Rows
    posts: Rows
    threads: Rows
    memberships: Rows
    people: Rows
    groups: Rows
    themes: Rows
    references: Rows


async def take_snapshot(forum: Forum) -> Snapshot:
    async with forum.database.reader() as select:
        return Snapshot(
            taggings=await select(
                """SELECT t.post_id, t.kind, t.start, t."end" AS stop, t.quote, t.by_id, t.created_at, h.code
                FROM tagging t JOIN theme h ON h.id = t.theme_id"""
            ),
            posts=await select(
                """SELECT p.id, p.thread_id, p.number, p.author_id, p.body, p.quotable, p.created_at, p.hidden_at,
                c.name AS council FROM post p LEFT JOIN council c ON c.id = p.council_id"""
            ),
            threads=await select("SELECT id, group_id, author_id, title, created_at FROM thread"),
            memberships=await select("SELECT person_id, group_id, role FROM membership WHERE ended_at IS NULL"),
            people=await select(
                """SELECT p.id, p.name, p.email, c.name AS council
                FROM person p LEFT JOIN council c ON c.id = p.council_id"""
            ),
            groups=await select('SELECT id, slug, name, visibility, purpose FROM "group"'),
            themes=await select(
                """SELECT h.code, h.name, h.definition, h.includes, h.excludes, h.example, h.position,
                a.code AS parent, a.position AS parent_position FROM theme h LEFT JOIN theme a ON a.id = h.parent_id"""
            ),
            references=await select(
                "SELECT id, archive, type, ref, thing_id FROM reference WHERE type <> 'tagging' ORDER BY id"
            ),
        )


def passage_now(start: int | None, end: int | None, quote: str, body: str) -> Passage:
    """Where the words of a passage stand in a body that may have been edited since; (None, None): nowhere."""
    if start is None:
        return None, None
    found = start if body[start:end] == quote else body.find(quote)
    return (found, found + len(quote)) if found >= 0 and quote else (None, None)


def lines(forum: Forum, rows: Snapshot, report: Report) -> Iterator[bytes]:
    """The archive's lines, encoded; `report` hears of the posts."""
    return (msgspec.json.encode(line) + b"\n" for line in _lines(forum, rows, report))


def _lines(forum: Forum, rows: Snapshot, report: Report) -> Iterator[AnyLine]:
    archive, refs = _names(forum, rows)
    slugs = {group["id"]: group["slug"] for group in rows.groups}
    people = sorted(rows.people, key=lambda person: person["email"])
    names = {person["id"]: f"p{number}" for number, person in enumerate(people, 1)}
    addresses = {person["id"]: person["email"] for person in people}
    yield ArchiveLine(archive, 1)
    for group in sorted(rows.groups, key=lambda group: group["slug"]):
        yield GroupLine(group["slug"], group["name"], group["visibility"], group["purpose"])
    roles: dict[int, dict[str, Any]] = {}
    for row in sorted(rows.memberships, key=lambda row: slugs[row["group_id"]]):
        roles.setdefault(row["person_id"], {})[slugs[row["group_id"]]] = row["role"]
    for person in people:
        groups = roles.get(person["id"], {})
        yield PersonLine(names[person["id"]], person["name"], person["email"], person["council"], groups)

    place = {name: number for number, name in enumerate(refs)}
    with_posts = {post["thread_id"] for post in rows.posts}
    threads = [thread for thread in rows.threads if thread["id"] in with_posts]
    for thread in sorted(threads, key=lambda thread: place["thread", thread["id"]]):
        group, author, at = slugs[thread["group_id"]], names[thread["author_id"]], as_time(thread["created_at"])
        yield ThreadLine(refs["thread", thread["id"]], group, author, thread["title"], at)
    posts = sorted(rows.posts, key=lambda post: (place["thread", post["thread_id"]], post["number"]))
    for number, post in enumerate(posts, 1):
        yield PostLine(
            ref=refs["post", post["id"]],
            thread=refs["thread", post["thread_id"]],
            author=names[post["author_id"]],
            at=as_time(post["created_at"]),
            body=post["body"],
            quotable=bool(post["quotable"]),
            council=post["council"],
            hidden=post["hidden_at"] is not None,
        )
        if number % 1000 == 0 or number == len(posts):
            report(number, len(posts))

    for theme in sorted(rows.themes, key=_place_in_codebook):
        texts = (theme["definition"], theme["includes"], theme["excludes"], theme["example"])
        yield ThemeLine(theme["code"], theme["parent"], theme["name"], *texts)
    order = {post["id"]: (number, post) for number, post in enumerate(posts)}
    taggings = set()
    for row in rows.taggings:
        number, post = order[row["post_id"]]
        start, end = passage_now(row["start"], row["stop"], row["quote"], post["body"])
        # Nulls do not sort: -1 stands for them. The address makes the order the same wherever the archive goes.
        key = (number, as_time(row["created_at"]), row["code"], row["kind"], -1 if start is None else start)
        taggings.add((*key, -1 if end is None else end, addresses[row["by_id"]], names[row["by_id"]]))
    for number, at, code, kind, start, end, _, by in sorted(taggings):
        passage = (None, None) if start < 0 else (start, end)
        yield TaggingLine(refs["post", posts[number]["id"]], code, kind, by, at, *passage)


def _names(forum: Forum, rows: Snapshot) -> tuple[str, dict[tuple[str, int], str]]:
    """The archive's id, and what it calls threads and posts, in the order of the threads in it."""
    things = {("thread", row["id"]) for row in rows.threads} | {("post", row["id"]) for row in rows.posts}
    known = {(row["type"], row["thing_id"]): row["ref"] for row in rows.references}
    archives = {row["archive"] for row in rows.references}
    if things and len(archives) == 1 and things <= known.keys():
        return archives.pop(), known
    threads = sorted(rows.threads, key=lambda thread: (as_time(thread["created_at"]), thread["id"]))
    own = [("thread", thread["id"]) for thread in threads] + [("post", post["id"]) for post in rows.posts]
    return forum.epoch, {(type_, thing_id): str(thing_id) for type_, thing_id in own}


def _place_in_codebook(theme: dict[str, Any]) -> tuple[int, bool, int]:
    """A theme comes behind the one it is under, as an import wants it."""
    root = theme["position"] if theme["parent"] is None else theme["parent_position"]
    return root, theme["parent"] is not None, theme["position"]
