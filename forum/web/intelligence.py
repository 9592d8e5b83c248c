"""The theme summary: for analysts over what they may read, for facilitators over their own groups.

Page and files say the same, because all of them are made from one Summary. Each file that goes out is in the audit log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from forum.actions.audit import note_export
from forum.context import Forum
from forum.errors import Invalid, NotFound
from forum.intelligence.chart import draw
from forum.intelligence.disclosure import SIGN, Rule, printed
from forum.intelligence.exports import FILE_NAME, NOT_FOR_CIRCULATION, csv, json, ods, xlsx
from forum.intelligence.filters import NAMES, Choices, Filters, choices_for, read_filters
from forum.intelligence.order import SORTS, in_order
from forum.intelligence.summary import Summary, summarise
from forum.intelligence.tables import LOUD_BUT_NARROW, report_of
from forum.models import Theme
from forum.models.taggings import KINDS
from forum.permissions import can_see_codebook, require
from forum.web.rendering import page
from forum.web.requests import forum_of, number, user_of, word

WHO_SUMMARISES = "Only analysts, and facilitators for their own groups, may see what the themes add up to."
MOST_PAGES = 10**6  # a number that no database minds
CODEBOOK_ORDER = "In the order of the codebook"
LABELS = {
    "group": "Group",
    "region": "Region",
    "council_type": "Council type",
    "kind": "Kind",
    "theme": "Theme",
    "facilitated": "Discussions",
    "from": "First month",
    "to": "Last month",
    "sort": "Sort",
}


LISTS = {csv.ENDING: csv, json.ENDING: json}  # a row for each theme: made in no time
BOOKS = {xlsx.ENDING: xlsx, ods.ENDING: ods}


async def show(request: Request) -> Response:
    return await _answer(request, None)


async def as_csv(request: Request) -> Response:
    return await _answer(request, csv.ENDING)


async def as_json(request: Request) -> Response:
    return await _answer(request, json.ENDING)


async def as_xlsx(request: Request) -> Response:
    return await _answer(request, xlsx.ENDING)


async def as_ods(request: Request) -> Response:
    return await _answer(request, ods.ENDING)


def rule_of(forum: Forum) -> Rule:
    """What is hidden inside the house."""
    return Rule(forum.settings.intelligence.people, forum.settings.intelligence.councils)


async def _answer(request: Request, ending: str | None) -> Response:
    """The page, or the file in this format. Filters that cannot be read are always answered with the page."""
    user, forum = user_of(request), forum_of(request)
    require(can_see_codebook(user), WHO_SUMMARISES)
    choices = await choices_for(user)
    words, problems = words_of(request, (*NAMES, "sort"))
    try:
        filters = read_filters(words, choices)
    except Invalid as invalid:
        problems = invalid.problems | problems
    sort = words.get("sort", "")
    if sort and sort not in SORTS and not ending:  # files keep the codebook's order
        problems = problems | {"sort": "Choose a sort from the list."}
    if problems:
        return _page(request, 422, choices, words, problems=problems, summary=None)
    async with forum.database.reader() as select:
        summary = await summarise(select, choices, filters, rule_of(forum))
    if ending:
        if ending in LISTS:
            content, media_type = LISTS[ending].render(summary), LISTS[ending].MEDIA_TYPE
        else:
            report = report_of(summary, forum.clock().date(), NOT_FOR_CIRCULATION)
            content, media_type = await forum.aside.run(BOOKS[ending].render, report), BOOKS[ending].MEDIA_TYPE
        await note_export(forum, user, f"figures.{ending}", filters.values)
        headers = {"content-disposition": f'attachment; filename="{FILE_NAME}.{ending}"'}
        return Response(content, headers=headers, media_type=media_type)
    return _page(request, 200, choices, words, **_shown(summary, choices, sort))


def words_of(request: Request, names: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The words of the address with these names, and what is wrong with those that cannot be read at all."""
    words, problems = {}, {}
    for name in names:
        if len(request.query_params.getlist(name)) > 1:
            problems[name] = "This came more than once. Send it once."
            continue
        try:
            words[name] = word(request.query_params, name)
        except Invalid as invalid:
            problems |= invalid.problems
    return words, problems


def page_number(request: Request) -> int:
    """The page of a list that was asked for, from 1. NotFound for other words."""
    try:
        found = number(request.query_params, "page")
    except Invalid:
        raise NotFound from None
    if found is not None and not 1 <= found <= MOST_PAGES:
        raise NotFound
    return found or 1


def _shown(summary: Summary, choices: Choices, sort: str) -> dict[str, Any]:
    """What the page shows: the rows around the chosen theme, its parent among them, and the rest, which count 0."""
    filters, nothing = summary.filters, _nothing(summary)
    chosen = filters.theme
    around = [
        row for row in summary.themes if chosen is None or filters.covers(row.theme) or row.theme.id == chosen.parent_id
    ]
    if nothing in ("posts", "tags"):
        around = []
    address = partial(_address, filters.values | {"sort": sort})
    return {
        "summary": summary,
        "chart": draw(summary),
        "nothing": nothing,
        "around": in_order(around, sort),
        "rest": [row for row in summary.themes if row not in around],
        "parent": next((row.theme for row in summary.themes if chosen and row.theme.id == chosen.parent_id), None),
        "sort": sort,
        "order": SORTS.get(sort, CODEBOOK_ORDER),
        "address": address,
        "theme_address": theme_address(filters, chosen) if chosen else "",
        "loud_but_narrow": LOUD_BUT_NARROW,
        "chosen": chosen_words(filters, choices, address),
    }


def _nothing(summary: Summary) -> str:
    """Why there is no figure to show: no posts, no tags, or all of them hidden; "" when there is one."""
    if summary.base.posts == 0:
        return "posts"
    if summary.tagged.posts == 0:
        return "tags"
    return "" if any(row.counts.people for row in summary.themes) else "hidden"


def _address(values: dict[str, str], **changed: str) -> str:
    """The page's own address, but for what changes; an empty word is taken off."""
    words = values | changed
    kept = {name: words[name] for name in LABELS if words.get(name)}
    return f"/intelligence?{urlencode(kept)}" if kept else "/intelligence"


def theme_address(filters: Filters, theme: Theme) -> str:
    """Where one looks into a theme, with the same filters."""
    words = {name: value for name, value in filters.values.items() if name != "theme"}
    return f"/intelligence/themes/{quote(theme.code, safe='')}{'?' if words else ''}{urlencode(words)}"


def chosen_words(filters: Filters, choices: Choices, address: Callable[..., str]) -> list[tuple[str, str]]:
    """Each filter that narrows, in the words of the form, with the address of the page without it."""
    options = {name: dict(offered) for name, offered in options_of(choices).items()}

    def words(name: str, value: str) -> str:
        return options[name][value] if name in options else f"{date.fromisoformat(f'{value}-01'):%B %Y}"

    return [(f"{LABELS[name]}: {words(name, value)}", address(**{name: ""})) for name, value in filters.values.items()]


def options_of(choices: Choices) -> dict[str, list[tuple[str, str]]]:
    """What the form offers for each filter: values with their words."""
    return {
        "group": [(group.slug, group.name) for group in choices.groups],
        "region": [(region, region) for region in choices.regions],
        "council_type": [(type, type[:1].upper() + type[1:]) for type in choices.council_types],
        "kind": list(KINDS.items()),
        "theme": [(theme.code, f"{theme.code} {theme.name}") for theme in choices.themes],
        "facilitated": [("yes", "Opened by a facilitator")],
        "sort": list(SORTS.items()),
    }


def _page(request: Request, status: int, choices: Choices, words: dict[str, str], **context: Any) -> Response:
    least = forum_of(request).settings.intelligence
    return page(
        request,
        "intelligence/show.html",
        status,
        options=options_of(choices),
        labels=LABELS,
        place="/intelligence",
        values=words,
        kinds=KINDS,
        least=least,
        sign=SIGN,
        codebook_order=CODEBOOK_ORDER,
        note=NOT_FOR_CIRCULATION,
        printed=printed,
        is_analyst=user_of(request).is_analyst,
        **context,
    )
