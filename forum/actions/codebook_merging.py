"""Merging two themes, and taking a merge back. Taggings move, and a trail says from where.

A merged theme takes no new taggings. It stays in the codebook, so that what was said of it before keeps its meaning.
"""

from __future__ import annotations

from forum.actions import action, check_key
from forum.actions.codebook_changes import begin, state_of, theme_here
from forum.actions.codebook_rules import CODE, check_reason, require_none_below, require_parent_in_use
from forum.context import Forum
from forum.database import Rows, select
from forum.errors import Invalid
from forum.models import CodebookRevision, Move, Tagging, Theme
from forum.models.themes import IN_USE
from forum.permissions import User

AT_ONCE = 500  # rows a statement: both databases limit the values of one


@action
async def merge_theme(forum: Forum, user: User, theme_id: int, into: str, reason: str, key: str) -> int:
    """Merge a theme into the one with this code, on the same level; returns its id. Its taggings move there.

    Where somebody had put both on the same words, both stay: a merge taken back must find each again.
    """
    check_key(key)
    reason = check_reason(reason)
    async with forum.write():
        change = await begin(forum, user, key, reason, "merge", theme_id, into, answer=theme_id)
        theme = await theme_here(theme_id)
        before = await state_of(theme_id)
        target = await Theme.get_or_none(code=into) if CODE.fullmatch(into) else None
        if target is None or target.id == theme_id:
            raise Invalid({"into": "Choose another theme to merge it into."})
        if target.status not in IN_USE:
            raise Invalid({"into": f"{target.code} is {target.status}. Choose a theme that is in use."})
        if (target.parent_id is None) != (theme.parent_id is None):
            raise Invalid({"into": "Choose a theme of the same level: a top theme merges with a top theme."})
        if theme.status not in IN_USE:
            raise Invalid(f"This theme is {theme.status} now. Look at it again.")
        await require_none_below(theme_id)
        # The status comes before the taggings: who tags with this theme at this moment waits for its row, and is told.
        await Theme.filter(id=theme_id).update(status="merged", merged_into_id=target.id)
        moving = await select("SELECT id FROM tagging WHERE theme_id = $1", theme_id)
        await Tagging.filter(theme_id=theme_id).update(theme_id=target.id)
        revision_id = await change.keep("merge", theme_id, before)
        trail = [Move(revision_id=revision_id, tagging_id=row["id"], from_theme_id=theme_id) for row in moving]
        await Move.bulk_create(trail, batch_size=AT_ONCE)
        await change.record("merge_theme", theme_id)
    return theme_id


@action
async def undo_merge(forum: Forum, user: User, theme_id: int, reason: str, key: str) -> int:
    """Take back a theme's merge; returns its id. Those taggings go back that it moved and that are still where it put
    them; what was tagged since stays."""
    check_key(key)
    reason = check_reason(reason)
    async with forum.write():
        change = await begin(forum, user, key, reason, "undo", theme_id, answer=theme_id)
        theme = await theme_here(theme_id)
        before = await state_of(theme_id)
        merge = await merge_of(theme)
        if merge is None:
            raise Invalid("This theme is not merged now. Look at it again.")
        target = await theme_here(theme.merged_into_id or 0)
        if target.status == "merged":
            raise Invalid(f"{target.code} was itself merged since, and the taggings went along. Take that back first.")
        await require_parent_in_use(theme)
        for ids in _batches(await _still_there(merge.id, target.id)):
            await Tagging.filter(id__in=ids).update(theme_id=theme_id)
        was = "candidate" if '"status":"candidate"' in merge.before else "active"
        await Theme.filter(id=theme_id).update(status=was, merged_into_id=None)
        await CodebookRevision.filter(id=merge.id).update(undone_at=forum.clock())
        await change.keep("undo", theme_id, before)
        await change.record("undo_merge", theme_id)
    return theme_id


async def merge_of(theme: Theme) -> CodebookRevision | None:
    """The merge that this theme is in; None when it is in none."""
    if theme.status != "merged":
        return None
    return (
        await CodebookRevision.filter(theme_id=theme.id, act="merge", undone_at=None)
        .order_by("-version")
        .select_related("by")
        .first()
    )


async def _still_there(revision_id: int, target_id: int) -> Rows:
    return await select(
        """SELECT m.tagging_id AS id FROM move m JOIN tagging g ON g.id = m.tagging_id
        WHERE m.revision_id = $1 AND g.theme_id = $2""",
        revision_id,
        target_id,
    )


def _batches(rows: Rows) -> list[list[int]]:
    ids = [row["id"] for row in rows]
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
