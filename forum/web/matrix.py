"""The framework matrix: themes by groups, or by the discussions of one; and the page where a cell is written."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions.matrix import LONGEST, group_of_cell, newest, write_cell
from forum.errors import Invalid, NotFound
from forum.intelligence.cells import Tree
from forum.intelligence.disclosure import SIGN, printed
from forum.intelligence.exports import NOT_FOR_CIRCULATION
from forum.intelligence.filters import NAMES, choices_for, read_filters
from forum.intelligence.matrix import Place, matrix_of, raised
from forum.models import Group, MatrixCell, Theme
from forum.permissions import can_see_codebook, require, visible_thread
from forum.web import intelligence
from forum.web.rendering import page
from forum.web.requests import Form, forum_of, read_form, user_of

ROWS_PER_PAGE = 20
HERE = "/intelligence/matrix"


async def show(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    require(can_see_codebook(user), intelligence.WHO_SUMMARISES)
    choices = await choices_for(user)
    words, problems = intelligence.words_of(request, NAMES)
    words.pop("theme", None)
    here = intelligence.page_number(request)
    common: dict[str, Any] = {"options": intelligence.options_of(choices), "labels": intelligence.LABELS, "place": HERE}
    try:
        filters = read_filters(words, choices)
    except Invalid as invalid:
        problems = invalid.problems | problems
    if problems:
        return page(
            request, "intelligence/matrix.html", 422, problems=problems, values=words, matrix=None, chosen=[], **common
        )
    async with forum.database.reader() as select:
        matrix = await matrix_of(select, choices, filters, intelligence.rule_of(forum))
    shown = matrix.places[(here - 1) * ROWS_PER_PAGE : here * ROWS_PER_PAGE]
    if here > 1 and not shown:
        raise NotFound
    written = await _written(shown, with_threads=filters.group is not None)
    address = partial(_address, words)
    return page(
        request,
        "intelligence/matrix.html",
        values=words,
        matrix=matrix,
        filters=filters,
        shown=shown,
        themes=raised(matrix, {theme_id for _, theme_id in written}),
        written=written,
        chosen=intelligence.chosen_words(filters, choices, address),
        address=address,
        cell_address=_cell_address,
        page=here,
        has_more=len(matrix.places) > here * ROWS_PER_PAGE,
        least=forum.settings.intelligence,
        sign=SIGN,
        printed=printed,
        note=NOT_FOR_CIRCULATION,
        **common,
    )


async def edit(request: Request) -> Response:
    return await _cell_page(request)


async def save(request: Request) -> Response:
    user, params = user_of(request), request.path_params
    form = await read_form(request)
    place, theme = await _place_and_theme(request)
    try:
        seen, words = form.number("seen") or 0, form.get("words", "")
        await write_cell(
            forum_of(request), user, place.group.slug, params.get("thread_id"), theme.id, words, seen, form.key
        )
    except Invalid as invalid:
        return await _cell_page(request, 422, invalid, form)
    return RedirectResponse(f"{_matrix_address(place)}#row-{place.id}", 303)


async def _cell_page(
    request: Request, status: int = 200, invalid: Invalid | None = None, form: Form | None = None
) -> Response:
    place, theme = await _place_and_theme(request)
    there = await newest(place.group.id, place.thread_id, theme.id)
    values = form or Form(words=there.words if there else "")
    problems = invalid.problems if invalid else {}
    values["seen"] = str(there.id if there else 0)
    return page(
        request,
        "intelligence/cell.html",
        status,
        theme=theme,
        where=place,
        there=there,
        longest=LONGEST,
        back=_matrix_address(place),
        action=_cell_address(place, theme),
        problems=problems,
        values=values,
    )


async def _place_and_theme(request: Request) -> tuple[Place, Theme]:
    """What the address is about, for who may write there. The theme is one on top that is in use."""
    user, params = user_of(request), request.path_params
    require(can_see_codebook(user), intelligence.WHO_SUMMARISES)
    group_id = await group_of_cell(user, params.get("slug", ""), params.get("thread_id"))
    group = await Group.get(id=group_id)
    choices = await choices_for(user)
    theme = next((theme for theme in Tree(choices.themes).tops if theme.code == params["code"]), None)
    if theme is None:
        raise NotFound
    if "thread_id" not in params:
        return Place(group, group.name), theme
    thread = await visible_thread(user, params["thread_id"])
    return Place(group, thread.title, thread.id), theme


async def _written(places: list[Place], with_threads: bool) -> dict[tuple[int, int], MatrixCell]:
    """What is written in these rows, by the ids of place and theme; what came last where there are two."""
    about = {"thread_id__in": [place.id for place in places]} if with_threads else {"thread_id": None}
    cells = MatrixCell.filter(group_id__in=[place.group.id for place in places] or [0], **about)
    found = await cells.order_by("written_at", "id").select_related("by")
    return {(cell.thread_id or cell.group_id, cell.theme_id): cell for cell in found}


def _cell_address(place: Place, theme: Theme) -> str:
    row = f"groups/{place.group.slug}" if place.thread_id is None else f"threads/{place.thread_id}"
    return f"{HERE}/{row}/{quote(theme.code, safe='')}"


def _matrix_address(place: Place) -> str:
    return HERE if place.thread_id is None else f"{HERE}?group={place.group.slug}"


def _address(words: dict[str, str], **changed: str) -> str:
    """The page's own address, but for what changes; an empty word is taken off."""
    kept = {name: word for name, word in (words | changed).items() if word}
    return f"{HERE}{'?' if kept else ''}{urlencode(kept)}"
