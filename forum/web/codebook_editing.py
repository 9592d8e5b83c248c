"""Forms about the codebook: a new theme, a theme's words, its place, its status, merging it; for analysts. A candidate
is proposed by facilitators, too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import codebook as actions
from forum.actions.codebook_changes import WHO_EDITS, last_version
from forum.actions.codebook_merging import merge_of, merge_theme, undo_merge
from forum.actions.codebook_rules import WORDS
from forum.errors import Invalid, NotFound
from forum.models import Theme
from forum.models.themes import IN_USE, STATUSES
from forum.permissions import can_edit_codebook, can_see_codebook, require
from forum.web.codebook import LABELS, Difference
from forum.web.rendering import page
from forum.web.requests import Form, forum_of, read_form, user_of, word

PLACES = {"up": "One place up", "down": "One place down"}


async def new(request: Request) -> Response:
    require(can_edit_codebook(user_of(request)), WHO_EDITS)
    return await _words_page(request, None, Form(parent=word(request.query_params, "parent")))


async def create(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    require(can_edit_codebook(user), WHO_EDITS)
    form = await read_form(request)
    try:
        theme_id = await actions.create_theme(forum, user, _words(form), form.get("reason", ""), form.key)
    except Invalid as invalid:
        return await _words_page(request, None, form, invalid)
    return await _to_theme(theme_id)


async def edit(request: Request) -> Response:
    theme, themes = await _theme(request)
    parent = next((other.code for other in themes if other.id == theme.parent_id), "")
    values = Form({name: getattr(theme, name) for name in WORDS} | {"parent": parent})
    values["revision"] = str(await last_version(theme.id))
    return await _words_page(request, theme, values)


async def save(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    theme, _ = await _theme(request)
    form = await read_form(request)
    try:
        revision = form.number("revision")
        if revision is None:
            raise Invalid({"revision": "This form does not say which text it edits. Open the page again."})
        reason = form.get("reason", "")
        await actions.edit_theme(forum, user, theme.id, _words(form), revision, reason, form.key)
    except Invalid as invalid:
        return await _words_page(request, theme, form, invalid)
    return await _to_theme(theme.id)


async def move(request: Request) -> Response:
    return await _place_page(request, "move", Form())


async def move_there(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    theme, _ = await _theme(request)
    form = await read_form(request)
    try:
        await actions.move_theme(forum, user, theme.id, form.word("where"), form.get("reason", ""), form.key)
    except Invalid as invalid:
        return await _place_page(request, "move", form, invalid)
    return await _to_theme(theme.id)


async def merge(request: Request) -> Response:
    return await _place_page(request, "merge", Form(into=word(request.query_params, "into")))


async def merge_them(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    theme, _ = await _theme(request)
    form = await read_form(request)
    try:
        await merge_theme(forum, user, theme.id, form.word("into"), form.get("reason", ""), form.key)
    except Invalid as invalid:
        return await _place_page(request, "merge", form, invalid)
    return await _to_theme(theme.id)


async def status(request: Request) -> Response:
    return await _place_page(request, "status", Form())


async def change_status(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    theme, _ = await _theme(request)
    form = await read_form(request)
    try:
        act, reason = form.word("act"), form.get("reason", "")
        if act == "undo":
            await undo_merge(forum, user, theme.id, reason, form.key)
        else:
            await actions.change_status(forum, user, theme.id, act, reason, form.key)
    except Invalid as invalid:
        return await _place_page(request, "status", form, invalid)
    return await _to_theme(theme.id)


async def propose(request: Request) -> Response:
    require(can_see_codebook(user_of(request)), actions.WHO_PROPOSES)
    return await _proposal_page(request, Form())


async def send_proposal(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    require(can_see_codebook(user), actions.WHO_PROPOSES)
    form = await read_form(request)
    try:
        name, note, parent = form.get("name", ""), form.get("note", ""), form.word("parent")
        theme_id = await actions.propose_theme(forum, user, name, note, parent, form.key)
    except Invalid as invalid:
        return await _proposal_page(request, form, invalid)
    return await _to_theme(theme_id)


async def _theme(request: Request) -> tuple[Theme, list[Theme]]:
    """The theme that an analyst changes, and all themes. NotFound when there is none."""
    require(can_edit_codebook(user_of(request)), WHO_EDITS)
    themes = await Theme.all().order_by("position")
    theme = next((theme for theme in themes if theme.id == request.path_params["theme_id"]), None)
    if theme is None:
        raise NotFound
    return theme, themes


def _words(form: Form) -> dict[str, str]:
    """The fields of a theme; what is absent is empty."""
    return {name: form.get(name, "") for name in (*WORDS, "parent")}


async def _words_page(request: Request, theme: Theme | None, form: Form, invalid: Invalid | None = None) -> Response:
    newer: list[Difference] = []
    if invalid and "newer" in invalid.values:
        now, typed = json.loads(invalid.values["newer"]), _words(form)
        newer = [
            Difference(LABELS[name], typed[name], now[name])
            for name in LABELS
            if typed.get(name, now[name]) != now[name]
        ]
        form = Form(form | {"revision": invalid.values["revision"]})
    themes = await Theme.all().order_by("position")
    return page(
        request,
        "codebook/edit.html",
        422 if invalid else 200,
        theme=theme,
        tops=_choices([other for other in themes if other.parent_id is None and other.status in IN_USE], theme),
        newer=newer,
        problems=invalid.problems if invalid else {},
        values=form,
    )


async def _place_page(request: Request, name: str, form: Form, invalid: Invalid | None = None) -> Response:
    """The page of one of the short forms: move, merge, status."""
    theme, themes = await _theme(request)
    in_use = [other for other in themes if other.status in IN_USE and other.id != theme.id]
    tops = [other for other in in_use if other.parent_id is None and other.id != theme.parent_id]
    peers = [other for other in in_use if (other.parent_id is None) == (theme.parent_id is None)]
    below = [other for other in themes if other.parent_id == theme.id]
    to_top = [("top", "To the top level")] if theme.parent_id else []
    more: dict[str, Any] = {
        "places": [*PLACES.items(), *to_top]
        + ([] if below else [(f"below {code}", f"Below {words}") for code, words in _choices(tops)]),
        "peers": _choices(sorted(peers, key=lambda other: other.parent_id != theme.parent_id)),
        "below": [other for other in below if other.status in IN_USE],
        "target": next((other for other in themes if other.id == theme.merged_into_id), None),
        "merge": await merge_of(theme),
    }
    return page(
        request,
        f"codebook/{name}.html",
        422 if invalid else 200,
        theme=theme,
        statuses=STATUSES,
        in_use=theme.status in IN_USE,
        problems=invalid.problems if invalid else {},
        values=form,
        **more,
    )


async def _proposal_page(request: Request, form: Form, invalid: Invalid | None = None) -> Response:
    return page(
        request,
        "codebook/propose.html",
        422 if invalid else 200,
        tops=_choices(await Theme.filter(parent_id=None, status__in=IN_USE).order_by("position")),
        problems=invalid.problems if invalid else {},
        values=form,
    )


def _choices(themes: Sequence[Theme], but: Theme | None = None) -> list[tuple[str, str]]:
    return [(theme.code, f"{theme.code} {theme.name}") for theme in themes if theme != but]


async def _to_theme(theme_id: int) -> Response:
    """To the theme in the codebook, in the list where it is shown now."""
    theme = await Theme.get(id=theme_id)
    listed = "" if theme.status in IN_USE else f"?status={theme.status}"
    return RedirectResponse(f"/codebook{listed}#{theme.code}", 303)
