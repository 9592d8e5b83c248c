"""You said, we did: what the LGA does about a theme, and telling those who raised it.

Whoever is told learns what is done, and neither who else raised it nor who tagged what.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forum.actions import action, check_key, first_time
from forum.audit import record
from forum.context import Forum
from forum.database import select
from forum.errors import Invalid, NotFound
from forum.intelligence.known import known_names
from forum.intelligence.scan import Known, scan
from forum.markup import as_text
from forum.models import Commitment, Notice, Release, Theme
from forum.models.commitments import STATES
from forum.models.ids import new_id
from forum.models.releases import groups_of
from forum.permissions import User, can_commit, require, summarised_ids, user_now, visible_release
from forum.users import CONSENTED

LONGEST_WORDS, LONGEST_OWNER = 500, 120
WHO_COMMITS = "Only analysts may say what the LGA does about a theme."


@action
async def commit(
    forum: Forum, user: User, theme_code: str, release_id: int | None, words: str, owner: str, state: str, key: str
) -> int:
    """Write down what is done about a theme. With a release, those who raised it are told when that is issued."""
    check_key(key)
    known, commitment_id = await known_names(), new_id()
    async with forum.write():
        user = await user_now(user)
        require(can_commit(user), WHO_COMMITS)
        said = (theme_code, release_id, words, owner, state)
        await first_time(forum, user, key, ("commit", *said), commitment_id)
        theme = await Theme.get_or_none(code=theme_code[:20])
        problems = {} if theme else {"theme": "Choose a theme of the codebook."}
        fields = _read(words, owner, state, known, problems)
        if release_id is not None and (await visible_release(user, release_id)).issued_at:
            problems["release"] = "This release is out already. Leave it empty and tell people yourself."
        if problems or theme is None:
            raise Invalid(problems)
        about: dict[str, Any] = {"theme_id": theme.id, "release_id": release_id, "created_by_id": user.id, **fields}
        await Commitment.create(id=commitment_id, created_at=forum.clock(), **about)
        await record(forum, user, "commit", "commitment", commitment_id)
    return commitment_id


@action
async def change_commitment(
    forum: Forum, user: User, commitment_id: int, words: str, owner: str, state: str, key: str
) -> int:
    """Say anew what is done, by whom, or how far it is. People who were told read the new words."""
    check_key(key)
    known = await known_names()
    async with forum.write():
        user = await user_now(user)
        require(can_commit(user), WHO_COMMITS)
        await first_time(forum, user, key, ("change-commitment", commitment_id, words, owner, state), commitment_id)
        problems: dict[str, str] = {}
        fields = _read(words, owner, state, known, problems)
        if problems:
            raise Invalid(problems)
        if not await Commitment.filter(id=commitment_id).update(**fields):
            raise NotFound
        await record(forum, user, "change_commitment", "commitment", commitment_id)
    return commitment_id


@action
async def tell(forum: Forum, user: User, commitment_id: int, key: str) -> int:
    """Tell those who raised the theme, on their home page. Telling twice tells nobody twice."""
    check_key(key)
    async with forum.write():
        user = await user_now(user)
        require(can_commit(user), WHO_COMMITS)
        commitment = await Commitment.get_or_none(id=commitment_id)
        if commitment is None:
            raise NotFound
        await first_time(forum, user, key, ("tell", commitment_id), commitment_id)
        await tell_of(forum, [commitment], await summarised_ids(user))
        await record(forum, user, "tell", "commitment", commitment_id)
    return commitment_id


@action
async def put_away(forum: Forum, user: User, notice_id: int, key: str) -> int:
    """Take a notice off one's own home page."""
    check_key(key)
    async with forum.write():
        user = await user_now(user)
        await first_time(forum, user, key, ("put-away", notice_id), notice_id)
        if not await Notice.filter(id=notice_id, person_id=user.id).update(put_away_at=forum.clock()):
            raise NotFound
    return notice_id


async def tell_of(forum: Forum, commitments: Sequence[Commitment], group_ids: Sequence[int]) -> None:
    """Inside a transaction: a notice for each person who raised a commitment's theme, or one below it, in one of these
    groups, and may still read there."""
    now = forum.clock()
    for commitment in commitments:
        places = ", ".join(f"${number}" for number in range(3, 3 + len(group_ids))) or "0"
        people = await select(
            f"""SELECT DISTINCT p.author_id FROM post p JOIN thread t ON t.id = p.thread_id
            JOIN tagging g ON g.post_id = p.id JOIN theme h ON h.id = g.theme_id
            JOIN membership m ON m.group_id = t.group_id AND m.person_id = p.author_id AND m.ended_at IS NULL
            WHERE (h.id = $1 OR h.parent_id = $1) AND p.hidden_at IS NULL AND {CONSENTED} AND t.group_id IN ({places})
            AND p.author_id NOT IN (SELECT person_id FROM notice WHERE commitment_id = $2)""",
            commitment.theme_id,
            commitment.id,
            *group_ids,
        )
        rows: list[dict[str, Any]] = [{"person_id": row["author_id"]} for row in people]
        await Notice.bulk_create([Notice(commitment_id=commitment.id, created_at=now, **row) for row in rows])
        await Commitment.filter(id=commitment.id).update(told_at=now)


async def tell_of_release(forum: Forum, release: Release) -> None:
    """Inside the transaction that issues a release: those who raised what its commitments answer are told."""
    await tell_of(forum, await Commitment.filter(release_id=release.id, told_at=None), groups_of(release))


def _read(words: str, owner: str, state: str, known: Known, problems: dict[str, str]) -> dict[str, str]:
    """The fields as they will be stored; what is wrong goes into `problems`."""
    read = {}
    for name, text, most in (("words", words, LONGEST_WORDS), ("owner", owner, LONGEST_OWNER)):
        try:
            read[name] = as_text(text).strip()
        except ValueError as fault:
            problems[name] = f"It {fault}. Take it out and send again."
            continue
        if not read[name]:
            problems[name] = "Say what is done." if name == "words" else "Say which team does it."
        elif len(read[name]) > most:
            problems[name] = f"Shorten it to {most} characters or fewer."
        elif found := scan(read[name], known):
            problems[name] = f"Members read this. Take out “{found[0].words}”: it may say who somebody is."
    if state not in STATES:
        problems["state"] = "Choose how far it is."
    return read | {"state": state}
