"""The codebook: read by those who tag and summarise, with its history and what it needs. See codebook_editing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from forum.actions.audit import note_export
from forum.errors import NotFound
from forum.intelligence import codebook_csv, codebook_qdc
from forum.intelligence.codebook_health import health_of
from forum.intelligence.disclosure import Rule
from forum.intelligence.exports import csv, qdc
from forum.intelligence.filters import choices_for
from forum.models import CodebookRevision, Service, Theme
from forum.models.themes import IN_USE, STATUSES
from forum.permissions import can_edit_codebook, can_see_codebook, require
from forum.web.rendering import page
from forum.web.requests import forum_of, number, user_of, word

WHO_READS = "Only facilitators and analysts may read the codebook."
CHOICES = {"": "In use", **STATUSES, "all": "All"}
REVISIONS_PER_PAGE = 50
ACTS = {
    "propose": "Proposed",
    "create": "Added",
    "import": "Brought in from a file",
    "edit": "Edited",
    "move": "Moved",
    "merge": "Merged",
    "undo": "Merge taken back",
    "accept": "Accepted",
    "retire": "Retired",
    "revive": "Brought back",
}
LABELS = {
    "code": "Code",
    "parent": "Below",
    "name": "Name",
    "definition": "Definition",
    "includes": "Include",
    "excludes": "Exclude",
    "example": "Example",
    "aliases": "Other words",
    "colour": "Colour",
    "status": "Status",
    "merged_into": "Merged into",
    "place": "Place among its neighbours",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a revision changed: its name, what it was and what it became."""

    label: str
    before: str
    after: str


async def show(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    require(can_see_codebook(user), WHO_READS)
    status = word(request.query_params, "status")
    if status not in CHOICES:
        raise NotFound
    themes = await Theme.all().order_by("position")
    shown = {theme.id for theme in themes if status in (theme.status, "all") or (not status and theme.status in IN_USE)}
    least = forum.settings.intelligence
    async with forum.database.reader() as select:
        health = await health_of(select, await choices_for(user), Rule(least.people, least.councils))
    return page(
        request,
        "codebook/show.html",
        levels=[
            (top, [theme for theme in themes if theme.parent_id == top.id and theme.id in shown])
            for top in themes
            if top.parent_id is None
            and (top.id in shown or any(t.parent_id == top.id and t.id in shown for t in themes))
        ],
        shown=shown,
        themes=themes,
        codes={theme.id: theme.code for theme in themes},
        listed=status,
        choices=CHOICES,
        statuses=STATUSES,
        version=(await Service.get()).codebook,
        health=health,
        least=least,
        may_edit=can_edit_codebook(user),
    )


async def as_csv(request: Request) -> Response:
    return await _file(request, codebook_csv.render, csv.MEDIA_TYPE, csv.ENDING)


async def as_qdc(request: Request) -> Response:
    return await _file(request, codebook_qdc.render, qdc.MEDIA_TYPE, qdc.ENDING)


async def _file(request: Request, render: Callable[[list[Theme]], bytes], media_type: str, ending: str) -> Response:
    user = user_of(request)
    require(can_see_codebook(user), WHO_READS)
    content = await asyncio.to_thread(render, await Theme.all().order_by("position"))
    await note_export(forum_of(request), user, f"codebook.{ending}")
    headers = {"content-disposition": f'attachment; filename="codebook.{ending}"'}
    return Response(content, headers=headers, media_type=media_type)


async def history(request: Request) -> Response:
    require(can_see_codebook(user_of(request)), WHO_READS)
    return await _history(request, None)


async def theme_history(request: Request) -> Response:
    require(can_see_codebook(user_of(request)), WHO_READS)
    theme = await Theme.get_or_none(id=request.path_params["theme_id"])
    if theme is None:
        raise NotFound
    return await _history(request, theme)


async def _history(request: Request, theme: Theme | None) -> Response:
    number_of_page = number(request.query_params, "page") or 1
    if number_of_page > 10**6:
        raise NotFound
    revisions = CodebookRevision.filter(theme_id=theme.id) if theme else CodebookRevision.all()
    newest = revisions.order_by("-version", "theme__position").select_related("theme", "by")
    found = await newest.offset((number_of_page - 1) * REVISIONS_PER_PAGE).limit(REVISIONS_PER_PAGE + 1)
    if number_of_page > 1 and not found:
        raise NotFound
    return page(
        request,
        "codebook/history.html",
        theme=theme,
        revisions=[(revision, differences(revision)) for revision in found[:REVISIONS_PER_PAGE]],
        acts=ACTS,
        page=number_of_page,
        has_more=len(found) > REVISIONS_PER_PAGE,
        version=(await Service.get()).codebook,
        may_edit=can_edit_codebook(user_of(request)),
    )


def differences(revision: CodebookRevision) -> list[Difference]:
    """What a revision changed, in the order of the form; of a new theme all that it has."""
    before: dict[str, str] = json.loads(revision.before or "{}")
    after: dict[str, str] = json.loads(revision.after)
    return [
        Difference(label, _in_words(name, before), _in_words(name, after))
        for name, label in LABELS.items()
        if before.get(name, "") != after.get(name, "") and (before or name != "place")
    ]


def _in_words(name: str, state: dict[str, str]) -> str:
    value = state.get(name, "")
    return STATUSES.get(value, value) if name == "status" else value
