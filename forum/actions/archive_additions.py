"""What an archive has that is not here yet. Whatever is here already is left as it is.

What is here: groups by slug, people by address, themes by code; threads and posts by the archive's id with their ref
(the table of references), or by a ref that is the id of one, which is how an archive of this service calls its own
(archiving.py); taggings by all that they say, remembered by reference too, so that one that was taken off stays off.
A membership that ended stays ended. No line tells what an author was in the group when they wrote a post: that is their
role in the archive or else, ended or not, their role here.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from forum.actions.archive_checks import Archive, Lists
from forum.archive_lines import Fault, PostLine, TaggingLine, ThemeLine
from forum.archiving import passage_now
from forum.context import Forum
from forum.database import as_time, select
from forum.models import Group, Membership, Person, Post, Reference, Tagging, Thread
from forum.models.ids import new_id
from forum.models.posts import role_as_author

Roles = dict[tuple[str, str], str]  # by the person's address and the group's slug
Identity = tuple[int, str, str, int | None, int | None, int, datetime]


@dataclass
class Additions:
    """The rows to write. `grown` has the new posts of threads that are here: they get their numbers under the threads'
    locks. Taggings come with their theme's code and their post."""

    groups: list[Group] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    grown: dict[int, list[Post]] = field(default_factory=dict)
    themes: list[ThemeLine] = field(default_factory=list)
    taggings: list[tuple[Tagging, str, Post]] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)

    def remember(self, archive: Archive, type_: str, ref: str, thing_id: int) -> None:
        self.references.append(Reference(archive=archive.id, type=type_, ref=ref, thing_id=thing_id))

    def count(self) -> Counter[str]:
        kinds = ("groups", "people", "memberships", "threads", "posts", "themes", "taggings")
        return Counter({kind: len(getattr(self, kind)) for kind in kinds})


async def find_additions(forum: Forum, archive: Archive, lists: Lists) -> Additions:
    new = Additions(themes=[line for code, line in archive.themes.items() if code not in lists.themes])
    rows = await select("SELECT type, ref, thing_id FROM reference WHERE archive = $1", archive.id)
    known = {(row["type"], row["ref"]): row["thing_id"] for row in rows}
    group_ids = _find_groups(new, archive, lists, forum.clock())
    memberships = await Membership.all().values_list("person__email", "group__slug", "role")
    roles = {(email, slug): role for email, slug, role in memberships}
    person_ids = await _find_people(new, archive, lists, group_ids, roles, forum.clock())
    thread_ids = await _here("thread", archive.threads, known)
    threads = _find_threads(new, archive, thread_ids, group_ids, person_ids)
    post_ids = await _here("post", archive.posts, known)
    posts = _find_posts(new, archive, lists, post_ids, person_ids, threads, thread_ids)
    _give_roles(archive, posts, roles)
    await _find_taggings(new, archive, known, person_ids, posts, post_ids)
    return new


def _find_groups(new: Additions, archive: Archive, lists: Lists, now: datetime) -> dict[str, int]:
    """The ids of all groups, with the new ones."""
    for line in archive.groups.values():
        if line.slug not in lists.groups:
            texts = {"slug": line.slug, "name": line.name, "purpose": line.purpose, "visibility": line.visibility}
            new.groups.append(Group(id=new_id(), created_at=now, **texts))
    return {**lists.groups, **{group.slug: group.id for group in new.groups}}


async def _find_people(
    new: Additions, archive: Archive, lists: Lists, group_ids: dict[str, int], roles: Roles, now: datetime
) -> dict[str, int]:
    """The ids of the archive's people, by its refs. New ones have no password."""
    addresses = dict(await Person.all().values_list("email", "id"))
    person_ids = {}
    for ref, line in archive.people.items():
        person_ids[ref] = person_id = addresses.get(line.email) or new_id()
        if line.email not in addresses:
            council_id = lists.councils[line.council] if line.council else None
            new.people.append(
                Person(id=person_id, email=line.email, name=line.name, council_id=council_id, created_at=now)
            )
        for slug, role in line.groups.items():
            if (line.email, slug) not in roles:
                ids = {"person_id": person_id, "group_id": group_ids[slug]}
                new.memberships.append(Membership(id=new_id(), role=role, created_at=now, **ids))
    return person_ids


def _find_threads(
    new: Additions, archive: Archive, here: dict[str, int], group_ids: dict[str, int], person_ids: dict[str, int]
) -> dict[str, Thread]:
    """The new threads by their refs, as yet without posts."""
    threads = {}
    for ref, line in archive.threads.items():
        if ref not in here:
            ids = {"id": new_id(), "group_id": group_ids[line.group], "author_id": person_ids[line.author]}
            threads[ref] = Thread(title=line.title, revision=1, created_at=line.at, last_post_at=line.at, **ids)
            new.threads.append(threads[ref])
            new.remember(archive, "thread", ref, ids["id"])
    return threads


def _find_posts(
    new: Additions,
    archive: Archive,
    lists: Lists,
    here: dict[str, int],
    person_ids: dict[str, int],
    threads: dict[str, Thread],
    thread_ids: dict[str, int],
) -> dict[str, Post]:
    """The new posts by their refs: those of new threads in their places, the others in `grown`."""
    posts = {}
    for ref, line in archive.posts.items():
        if ref in here:
            continue
        post = posts[ref] = _post(line, person_ids[line.author], lists)
        if thread := threads.get(line.thread):
            post.thread_id = thread.id
            append(thread, post, revision=thread.posts + 1)
        else:
            post.thread_id = thread_ids[line.thread]
            new.grown.setdefault(post.thread_id, []).append(post)
        new.posts.append(post)
        new.remember(archive, "post", ref, post.id)
    return posts


def _give_roles(archive: Archive, posts: dict[str, Post], roles: Roles) -> None:
    for ref, post in posts.items():
        line = archive.posts[ref]
        slug, author = archive.threads[line.thread].group, archive.people[line.author]
        post.role = role_as_author(author.groups.get(slug) or roles.get((author.email, slug)))


async def _here(table: str, refs: Iterable[str], known: dict[tuple[str, str], int]) -> dict[str, int]:
    """The ids of those threads or posts that are here already, by their refs."""
    found = {ref: known[table, ref] for ref in refs if (table, ref) in known}
    ids = {ref for ref in refs if ref not in found and re.fullmatch("[1-9][0-9]{0,15}", ref)}
    if ids:
        found |= {str(row["id"]): row["id"] for row in await select(f"SELECT id FROM {table}") if str(row["id"]) in ids}
    return found


def _post(line: PostLine, author_id: int, lists: Lists) -> Post:
    council_id = lists.councils[line.council] if isinstance(line.council, str) else None
    ids = {"id": new_id(), "author_id": author_id, "council_id": council_id}
    hidden_at = line.at if line.hidden else None
    return Post(body=line.body, quotable=line.quotable, created_at=line.at, hidden_at=hidden_at, **ids)


def append(thread: Thread, post: Post, revision: int) -> None:
    thread.posts += 1
    thread.revision = post.revision = revision
    post.number = thread.posts
    thread.last_post_at = max(thread.last_post_at, post.created_at)


async def _find_taggings(
    new: Additions,
    archive: Archive,
    known: dict[tuple[str, str], int],
    person_ids: dict[str, int],
    posts: dict[str, Post],
    post_ids: dict[str, int],
) -> None:
    wanted = {}
    for number, line in archive.taggings:
        ref = _tagging_ref(line, archive.people[line.by].email)
        if ("tagging", ref) not in known:
            wanted[ref] = number, line
    stored = await _stored_posts({post_ids[line.post] for _, line in wanted.values() if line.post in post_ids})
    here = await _taggings_of(stored)
    for ref, (number, line) in wanted.items():
        post = posts.get(line.post) or stored[post_ids[line.post]]
        by_id = person_ids[line.by]
        if (post.id, line.theme, line.kind, line.start, line.end, by_id, line.at) in here:
            continue
        quote = "" if line.start is None else archive.posts[line.post].body[line.start : line.end]
        if quote and post.body[line.start : line.end] != quote:
            raise Fault(number, "start", "the post was edited here, and other words stand in this place.")
        passage = {"start": line.start, "end": line.end, "quote": quote}
        tagging = Tagging(id=new_id(), post_id=post.id, kind=line.kind, by_id=by_id, created_at=line.at, **passage)
        new.taggings.append((tagging, line.theme, post))
        new.remember(archive, "tagging", ref, tagging.id)


def _tagging_ref(line: TaggingLine, by: str) -> str:
    """Taggings have no ref of their own in an archive: this stands for all that the line says."""
    content = (line.post, line.theme, line.kind, line.start, line.end, by, line.at)
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


async def _stored_posts(ids: set[int]) -> dict[int, Post]:
    """These posts, a few hundred at a time: a statement takes so many values."""
    wanted = sorted(ids)
    parts = [await Post.filter(id__in=wanted[first : first + 500]) for first in range(0, len(wanted), 500)]
    return {post.id: post for part in parts for post in part}


async def _taggings_of(posts: dict[int, Post]) -> set[Identity]:
    """What is tagged on these posts, each as an archive of this service says it."""
    if not posts:
        return set()
    rows = await select(
        """SELECT t.post_id, t.kind, t.start, t."end" AS stop, t.quote, t.by_id, t.created_at, h.code
        FROM tagging t JOIN theme h ON h.id = t.theme_id"""
    )
    found = set()
    for row in rows:
        if post := posts.get(row["post_id"]):
            start, end = passage_now(row["start"], row["stop"], row["quote"], post.body)
            found.add((post.id, row["code"], row["kind"], start, end, row["by_id"], as_time(row["created_at"])))
    return found
