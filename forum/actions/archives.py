"""Bringing an archive in: all of it or nothing. Reading, checking and rendering come before the one transaction."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import BinaryIO

from forum.actions import action
from forum.actions.archive_additions import Additions, append, find_additions
from forum.actions.archive_checks import read_archive, read_lists
from forum.archive_lines import ThemeLine
from forum.archiving import Report
from forum.audit import record
from forum.context import Forum
from forum.markup import render_now
from forum.models import Group, Membership, Person, Post, Reference, Tagging, Theme, Thread


async def import_archive(forum: Forum, file: BinaryIO, report: Report) -> Counter[str]:
    """Add what is new in the archive and return how much that was; a Fault names the first line and field in the way.

    `report` hears how many of the new posts are ready.
    """
    lists = await read_lists()
    archive = await asyncio.to_thread(read_archive, forum, file, lists)
    additions = await find_additions(forum, archive, lists)
    await _render(additions.posts, report)
    if additions.count().total():
        await add_archived(forum, additions)
    return additions.count()


async def _render(posts: list[Post], report: Report) -> None:
    """Make the HTML of the posts, off the event loop."""
    at_once = max(200, len(posts) // 20)
    for first in range(0, len(posts), at_once):
        some = posts[first : first + at_once]
        await asyncio.to_thread(_render_now, some)
        report(first + len(some), len(posts))


def _render_now(posts: list[Post]) -> None:
    for post in posts:
        post.html = render_now(post.body)


@action
async def add_archived(forum: Forum, new: Additions) -> None:
    """Write it all. Threads that were here get their new posts behind the others, each with a revision of its own.

    IntegrityError, with nothing written, when somebody added some of the same since the additions were found.
    """
    async with forum.change(*new.grown) as revisions:
        await Group.bulk_create(new.groups)
        await Person.bulk_create(new.people)
        await Membership.bulk_create(new.memberships)
        await Thread.bulk_create(new.threads)
        for thread_id, posts in new.grown.items():
            thread = await Thread.get(id=thread_id)
            for revision, post in enumerate(posts, revisions[thread_id]):
                append(thread, post, revision)
            await thread.save(update_fields=["posts", "revision", "last_post_at"])
        await Post.bulk_create(new.posts, batch_size=1000)
        await _add_themes(new.themes)
        theme_ids = dict(await Theme.all().values_list("code", "id")) if new.taggings else {}
        for tagging, code, post in new.taggings:
            tagging.theme_id = theme_ids[code]
            tagging.post_revision = post.revision
        await Tagging.bulk_create([tagging for tagging, _, _ in new.taggings], batch_size=1000)
        await Reference.bulk_create(new.references, batch_size=1000)
        await record(forum, None, "import_archive", **new.count())


async def _add_themes(lines: list[ThemeLine]) -> None:
    last = await Theme.all().order_by("-position").first()
    for position, line in enumerate(lines, last.position + 1 if last else 1):
        parent = await Theme.get(code=line.parent) if line.parent else None
        await Theme.create(
            code=line.code,
            parent_id=parent.id if parent else None,
            name=line.name,
            definition=line.definition,
            includes=line.include,
            excludes=line.exclude,
            example=line.example,
            position=position,
        )
