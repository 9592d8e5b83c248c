"""One theme in depth: what it means, when and where it was heard, with what, and the posts behind it.

Its figures are protected together, as one page; its posts are those that this person may read anyway.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from forum.errors import Invalid, NotFound
from forum.intelligence.behind import posts_behind
from forum.intelligence.cells import Tree
from forum.intelligence.chart import trend, widths
from forum.intelligence.disclosure import SIGN, Counts, printed
from forum.intelligence.exports import NOT_FOR_CIRCULATION
from forum.intelligence.filters import NAMES, Choices, Filters, choices_for, read_filters
from forum.intelligence.quotes import usable_quotes
from forum.intelligence.summary import Figures, figures_of
from forum.intelligence.tables import LOUD_BUT_NARROW, NO_COUNCIL, month_words, words_of
from forum.models import Commitment, Theme
from forum.models.commitments import STATES
from forum.models.taggings import KINDS
from forum.permissions import blind_posts, can_see_codebook, require
from forum.web import intelligence
from forum.web.rendering import page
from forum.web.requests import forum_of, user_of

POSTS_PER_PAGE = 20
Part = tuple[str, Counts, float | None]


async def show(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    require(can_see_codebook(user), intelligence.WHO_SUMMARISES)
    choices = await choices_for(user)
    theme = next((theme for theme in choices.themes if theme.code == request.path_params["code"]), None)
    if theme is None:
        raise NotFound
    number_of_page = intelligence.page_number(request)
    words, problems = intelligence.words_of(request, NAMES)
    words.pop("theme", None)
    address = partial(_address, theme, words)
    common: dict[str, Any] = {
        "theme": theme,
        "parent": Tree(choices.themes).parent(theme),
        "options": intelligence.options_of(choices),
        "labels": intelligence.LABELS,
        "place": _address(theme, {}),
        "kinds": KINDS,
    }
    try:
        filters = read_filters(words, choices)
    except Invalid as invalid:
        problems = invalid.problems | problems
    if problems:
        return page(
            request, "intelligence/theme.html", 422, problems=problems, values=words, figures=None, chosen=[], **common
        )
    themes = [theme, *Tree(choices.themes).children(theme)]
    groups = [filters.group] if filters.group else choices.groups
    blind = await blind_posts(user)  # whoever reads a second time must not see which theme others found
    async with forum.database.reader() as select:
        figures = await figures_of(select, choices, filters, intelligence.rule_of(forum), [theme])
        behind = await posts_behind(
            select,
            groups,
            filters,
            themes,
            POSTS_PER_PAGE + 1,
            (number_of_page - 1) * POSTS_PER_PAGE,
            without=blind,
        )
    if number_of_page > 1 and not behind:
        raise NotFound
    size = forum.settings.limits.posts_per_page
    return page(
        request,
        "intelligence/theme.html",
        values=words,
        summary=figures.summary,
        chosen=intelligence.chosen_words(filters, choices, address),
        **common,
        **_shown(figures, theme),
        behind=[(post, math.ceil(post.number / size)) for post in behind[:POSTS_PER_PAGE]],
        page=number_of_page,
        has_more=len(behind) > POSTS_PER_PAGE,
        address=address,
        least=forum.settings.intelligence,
        sign=SIGN,
        printed=printed,
        note=NOT_FOR_CIRCULATION,
        is_analyst=user.is_analyst,
        loud_but_narrow=LOUD_BUT_NARROW,
        commitments=await _commitments(themes),
        states=STATES,
        quotes=await usable_quotes([group.id for group in groups], [each.id for each in themes]),
        attribution="a councillor",  # more only in a release, where enough of their kind take part
        theme_of=lambda theme: _theme_of(choices, filters, theme),
        theme_address=partial(intelligence.theme_address, filters),
        table_order=intelligence.CODEBOOK_ORDER,
    )


def _theme_of(choices: Choices, filters: Filters, code: str) -> str:
    """The address of the theme with this code."""
    return next(intelligence.theme_address(filters, theme) for theme in choices.themes if theme.code == code)


def _shown(figures: Figures, theme: Theme) -> dict[str, Any]:
    """The figures of the theme and of those below it; `detail` is None when there is nothing to tell."""
    rows = [row for row in figures.summary.themes if theme.id in (row.theme.id, row.theme.parent_id)]
    detail = next(iter(figures.details), None)
    shown: dict[str, Any] = {"figures": figures, "rows": rows, "detail": detail}
    if detail is None:
        return shown
    return shown | {
        "sentences": words_of(figures.summary, detail),
        "drawings": trend(detail.months),
        "tables": {
            "months": _parts([(month_words(month), counts) for month, counts in detail.months]),
            "regions": _parts([(place or NO_COUNCIL, counts) for place, counts in detail.regions]),
            "types": _parts([(place[:1].upper() + place[1:] or NO_COUNCIL, counts) for place, counts in detail.types]),
        },
        "pairs": list(zip(detail.pairs, widths(detail.pairs), strict=True)),
    }


def _parts(parts: Sequence[tuple[str, Counts]]) -> list[Part]:
    return [(words, counts, width) for (words, counts), width in zip(parts, widths(parts), strict=True)]


async def _commitments(themes: Sequence[Theme]) -> list[Commitment]:
    found = Commitment.filter(theme_id__in=[theme.id for theme in themes]).order_by("-created_at", "id")
    return await found.select_related("theme")


def _address(theme: Theme, words: dict[str, str], **changed: str) -> str:
    """The page's own address, but for what changes; an empty word is taken off."""
    kept = {name: word for name, word in (words | changed).items() if word}
    return f"/intelligence/themes/{quote(theme.code, safe='')}{'?' if kept else ''}{urlencode(kept)}"
