"""The theme summary: for analysts over what they may read, for facilitators over their own groups.

Page and files say the same, because all of them are made from one Summary.
"""

from __future__ import annotations

from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from forum.errors import Invalid
from forum.intelligence.chart import draw
from forum.intelligence.disclosure import SIGN, printed
from forum.intelligence.exports import FILE_NAME, NOT_FOR_CIRCULATION, csv, json
from forum.intelligence.filters import NAMES, Choices, choices_for, read_filters
from forum.intelligence.summary import Summary, summarise
from forum.models.taggings import KINDS
from forum.permissions import can_see_codebook, require
from forum.web.rendering import page
from forum.web.requests import forum_of, user_of, word

WHO_SUMMARISES = "Only analysts, and facilitators for their own groups, may see what the themes add up to."


class Format(Protocol):
    MEDIA_TYPE: str
    ENDING: str

    def render(self, summary: Summary) -> bytes: ...


async def show(request: Request) -> Response:
    return await _answer(request, None)


async def as_csv(request: Request) -> Response:
    return await _answer(request, csv)


async def as_json(request: Request) -> Response:
    return await _answer(request, json)


async def _answer(request: Request, format: Format | None) -> Response:
    """The page, or the file in this format. Filters that cannot be read are always answered with the page."""
    user, forum = user_of(request), forum_of(request)
    require(can_see_codebook(user), WHO_SUMMARISES)
    choices = await choices_for(user)
    words, problems = _words(request)
    try:
        filters = read_filters(words, choices)
    except Invalid as invalid:
        problems = invalid.problems | problems
    if problems:
        return _page(request, 422, choices, words, problems=problems, summary=None, chart=None)
    async with forum.database.reader() as select:
        summary = await summarise(select, choices, filters, forum.settings.intelligence)
    if format:
        headers = {"content-disposition": f'attachment; filename="{FILE_NAME}.{format.ENDING}"'}
        return Response(format.render(summary), headers=headers, media_type=format.MEDIA_TYPE)
    return _page(request, 200, choices, words, summary=summary, chart=draw(summary), **_split(summary))


def _words(request: Request) -> tuple[dict[str, str], dict[str, str]]:
    """The words of the filters, and what is wrong with those that cannot be read at all."""
    words, problems = {}, {}
    for name in NAMES:
        if len(request.query_params.getlist(name)) > 1:
            problems[name] = "This came more than once. Send it once."
            continue
        try:
            words[name] = word(request.query_params, name)
        except Invalid as invalid:
            problems |= invalid.problems
    return words, problems


def _split(summary: Summary) -> dict[str, Any]:
    """The rows around the chosen theme, its parent among them, and the rest, which such a filter leaves at zero."""
    chosen = summary.filters.theme
    around = [
        row
        for row in summary.themes
        if chosen is None or summary.filters.covers(row.theme) or row.theme.id == chosen.parent_id
    ]
    return {"around": around, "rest": [row for row in summary.themes if row not in around]}


def _options(choices: Choices) -> dict[str, list[tuple[str, str]]]:
    """What the form offers for each filter: values with their words."""
    return {
        "group": [(group.slug, group.name) for group in choices.groups],
        "region": [(region, region) for region in choices.regions],
        "council_type": [(type, type[:1].upper() + type[1:]) for type in choices.council_types],
        "kind": list(KINDS.items()),
        "theme": [(theme.code, f"{theme.code} {theme.name}") for theme in choices.themes],
    }


def _page(request: Request, status: int, choices: Choices, words: dict[str, str], **context: Any) -> Response:
    least = forum_of(request).settings.intelligence
    return page(
        request,
        "intelligence/show.html",
        status,
        options=_options(choices),
        values=words,
        kinds=KINDS,
        least=least,
        sign=SIGN,
        note=NOT_FOR_CIRCULATION,
        printed=printed,
        is_analyst=user_of(request).is_analyst,
        **context,
    )
