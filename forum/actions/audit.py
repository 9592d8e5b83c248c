"""What is kept in the audit log although nothing else is written: looking, and taking files out of the service."""

from __future__ import annotations

import re
from collections.abc import Mapping

from forum.actions import action
from forum.audit import record
from forum.context import Forum
from forum.models import Group, Theme
from forum.permissions import User


@action
async def note_export(
    forum: Forum,
    user: User | None,
    what: str,
    filters: Mapping[str, str | int] | None = None,
    subject: str = "",
    subject_id: int | None = None,
) -> None:
    """Keep, before a file goes out, that `user` (None: the terminal) takes it. Each time anew: a GET that writes only
    this may be repeated.

    `what` is "figures.csv", "codebook.qdc", "release.docx", "archive.jsonl": a kind that has an act export_… in
    forum.audit.ACTS, and the file's ending. `filters` are words of lists, such as those of a summary; a group's slug
    and a theme's code are kept as their ids.
    """
    kind, _, ending = what.partition(".")
    words = {"format": ending, **(filters or {})}
    async with forum.write():
        if slug := words.pop("group", ""):
            words["group"] = (await Group.get(slug=slug)).id
        if code := words.pop("theme", ""):
            words["theme"] = (await Theme.get(code=code)).id
        details = {name: _as_word(value) for name, value in words.items() if value}
        await record(forum, user, f"export_{kind}", subject, subject_id, **details)


def _as_word(value: str | int) -> str | int:
    return re.sub(r"[^A-Za-z0-9._]+", "-", value).strip("-._") if isinstance(value, str) else value


@action
async def note_reading(forum: Forum, user: User, chosen: Mapping[str, str | int]) -> None:
    """Keep that `user` looked into the audit log, and for what."""
    async with forum.write():
        await record(forum, user, "read_audit", **chosen)
