"""Second readings: drawing a sample of posts that have a first answer, and answering for each without seeing it.

The first answer is that of everybody but the reader, as it was when the sample was drawn.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from random import SystemRandom

from forum.actions import action, check_key, first_time
from forum.context import Forum
from forum.database import select
from forum.errors import Invalid, NotFound
from forum.models import Person, SampledPost, SecondReading, SecondTheme, Theme
from forum.models.ids import new_id
from forum.models.themes import IN_USE
from forum.permissions import (
    User,
    can_see_codebook,
    can_tag,
    require,
    summarised_groups,
    user_now,
    visible_second_reading,
)
from forum.users import CONSENTED

MOST_POSTS = 200
TO_READ = {"post__hidden_at": None, "post__author__consent_withdrawn_at": None}  # of the posts of a sample
WHO_READS = "Only facilitators for their own groups, and analysts, may read a second time."
DONE = "This second reading is done. Its answers stay as they are."


@action
async def draw_sample(
    forum: Forum, user: User, group_slug: str, size: int | None, reader_id: int | None, key: str
) -> int:
    """Draw so many posts of a group at random for a second reader, or all there are; returns the reading's id.

    Only posts that are shown, whose authors consent, that somebody else has answered for, and that the reader has not.
    """
    check_key(key)
    reading_id = new_id()
    async with forum.write():
        user = await user_now(user)
        require(can_see_codebook(user), WHO_READS)
        await first_time(forum, user, key, ("second reading", group_slug, size, reader_id), reading_id)
        group = await summarised_groups(user).get_or_none(slug=group_slug)
        reader = await _reader(reader_id)
        problems = {}
        if group is None:
            problems["group"] = "Choose a group."
        if size is None or not 1 <= size <= MOST_POSTS:
            problems["size"] = f"Write how many posts, from 1 to {MOST_POSTS}."
        if reader is None or (group is not None and not can_tag(reader, group)):
            problems["reader"] = "Choose an analyst, or a facilitator of this group."
        if problems or group is None or reader is None or size is None:
            raise Invalid(problems)
        ids = await _answered_for(group.id, reader.id)
        if not ids:
            raise Invalid({"group": f"No post of this group is left for {reader.name} to read a second time."})
        drawn = SystemRandom().sample(ids, min(size, len(ids)))
        first_themes = await _first_themes(drawn, reader.id)
        await SecondReading.create(
            id=reading_id, group_id=group.id, by_id=user.id, reader_id=reader.id, created_at=forum.clock()
        )
        await SampledPost.bulk_create(
            [
                SampledPost(
                    second_reading_id=reading_id,
                    post_id=post_id,
                    number=number,
                    first_themes=json.dumps(sorted(first_themes[post_id])),
                )
                for number, post_id in enumerate(drawn, 1)
            ]
        )
    return reading_id


@action
async def answer_sampled(
    forum: Forum, user: User, reading_id: int, number: int | None, codes: Collection[str], key: str
) -> int:
    """Say which themes a post of the sample carries, none of them for "No theme fits". Returns the reading's id.

    Until the reading is done, a later answer for a post takes the place of the one before.
    """
    check_key(key)
    async with forum.write():
        user = await user_now(user)
        reading = await visible_second_reading(user, reading_id)
        require(reading.reader_id == user.id, f"Only {reading.reader.name} reads this sample.")
        await first_time(forum, user, key, ("answer", reading_id, number, sorted(codes)), reading_id)
        sampled = None
        if number is not None and number <= MOST_POSTS:
            sampled = await SampledPost.get_or_none(second_reading_id=reading_id, number=number, **TO_READ)
        if sampled is None:
            raise Invalid("This post is not in the sample, or no longer to be read. Open the page again.")
        if not await posts_left(reading_id):
            raise Invalid(DONE)
        ids = {theme.code: theme.id for theme in await Theme.filter(status__in=IN_USE)}
        if not set(codes) <= ids.keys():
            raise Invalid({"theme": "Choose themes of the codebook."})
        await SecondTheme.filter(sampled_post_id=sampled.id).delete()
        await SecondTheme.bulk_create(
            [SecondTheme(sampled_post_id=sampled.id, theme_id=ids[code]) for code in sorted(set(codes))]
        )
        await SampledPost.filter(id=sampled.id).update(answered_at=forum.clock())
    return reading_id


@action
async def stop_reading(forum: Forum, user: User, reading_id: int, key: str) -> int:
    """Give up a second reading that is not done, with the answers so far. Returns its id."""
    check_key(key)
    async with forum.write():
        user = await user_now(user)
        require(can_see_codebook(user), WHO_READS)
        await first_time(forum, user, key, ("stop reading", reading_id), reading_id)
        reading = await visible_second_reading(user, reading_id)
        require(user.id in (reading.reader_id, reading.by_id), "Only its reader and who drew the sample may stop it.")
        if not await posts_left(reading_id):
            raise Invalid(DONE)
        await SecondReading.filter(id=reading_id).delete()
    return reading_id


async def posts_left(reading_id: int) -> int:
    """How many posts wait for an answer. One that is hidden meanwhile, or whose author withdrew, waits for none."""
    return await SampledPost.filter(second_reading_id=reading_id, answered_at=None, **TO_READ).count()


async def _reader(reader_id: int | None) -> User | None:
    """The person as permissions see them; None for nobody."""
    if reader_id is None or not await Person.exists(id=reader_id):
        return None
    try:
        return await user_now(User(reader_id, ""))
    except NotFound:
        return None


async def _answered_for(group_id: int, reader_id: int) -> list[int]:
    """The ids of the posts that can be drawn for this reader."""
    rows = await select(
        f"""SELECT p.id FROM post p JOIN thread t ON t.id = p.thread_id
        WHERE t.group_id = $1 AND p.hidden_at IS NULL AND {CONSENTED}
        AND (EXISTS (SELECT 1 FROM tagging g WHERE g.post_id = p.id AND g.by_id <> $2)
            OR EXISTS (SELECT 1 FROM no_theme n WHERE n.post_id = p.id AND n.by_id <> $2))
        AND NOT EXISTS (SELECT 1 FROM tagging g WHERE g.post_id = p.id AND g.by_id = $2)
        AND NOT EXISTS (SELECT 1 FROM no_theme n WHERE n.post_id = p.id AND n.by_id = $2)
        AND NOT EXISTS (SELECT 1 FROM sampled_post s JOIN second_reading r ON r.id = s.second_reading_id
            WHERE s.post_id = p.id AND r.reader_id = $2)
        ORDER BY p.id""",
        group_id,
        reader_id,
    )
    return [row["id"] for row in rows]


async def _first_themes(post_ids: list[int], reader_id: int) -> dict[int, set[int]]:
    """The ids of the themes that each post carries now, put there by anybody but the reader. Not their codes: those
    may change before the reading is compared."""
    places = ", ".join(f"${number}" for number in range(2, 2 + len(post_ids)))
    rows = await select(
        f"SELECT DISTINCT post_id, theme_id FROM tagging WHERE by_id <> $1 AND post_id IN ({places})",
        reader_id,
        *post_ids,
    )
    themes: dict[int, set[int]] = {post_id: set() for post_id in post_ids}
    for row in rows:
        themes[row["post_id"]].add(row["theme_id"])
    return themes
