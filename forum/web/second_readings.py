"""Second readings: drawing a sample, reading it blind, and seeing where two people agree."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from tortoise.expressions import Q

from forum.actions.second_readings import (
    MOST_POSTS,
    TO_READ,
    WHO_READS,
    answer_sampled,
    draw_sample,
    posts_left,
    stop_reading,
)
from forum.database import select
from forum.errors import Invalid, NotFound
from forum.intelligence.second_readings import compare_reading
from forum.markup import excerpt
from forum.models import Membership, Person, SampledPost, SecondReading, SecondTheme, Theme
from forum.models.themes import IN_USE
from forum.permissions import (
    User,
    can_facilitate,
    can_see_codebook,
    require,
    summarised_groups,
    visible_second_reading,
    visible_second_readings,
)
from forum.users import CONSENTED
from forum.web.rendering import page
from forum.web.requests import Form, forum_of, number, read_form, user_of

LISTED = 50
APART = 20  # disagreements on a page
WORDS = 700  # letters of a post beside its two answers


async def index(request: Request) -> Response:
    require(can_see_codebook(user_of(request)), WHO_READS)
    return await _index(request)


async def draw(request: Request) -> Response:
    user = user_of(request)
    require(can_see_codebook(user), WHO_READS)
    form = await read_form(request)
    try:
        size, reader = form.number("size"), form.number("reader")
        reading_id = await draw_sample(forum_of(request), user, form.word("group"), size, reader, form.key)
    except Invalid as invalid:
        return await _index(request, 422, invalid, form)
    return RedirectResponse(f"/second-readings/{reading_id}", 303)


async def show(request: Request) -> Response:
    """What came out, once the reading is done; until then how far it is, so that nobody tells the reader."""
    user = user_of(request)
    require(can_see_codebook(user), WHO_READS)
    reading = await visible_second_reading(user, request.path_params["reading_id"])
    left = await posts_left(reading.id)
    comparison = await compare_reading(reading) if not left else None
    apart = comparison.apart if comparison else []
    pages = max(-(-len(apart) // APART), 1)
    page_number = number(request.query_params, "page") or 1
    if page_number > pages:
        raise NotFound
    return page(
        request,
        "second_readings/show.html",
        reading=reading,
        left=left,
        size=await SampledPost.filter(second_reading_id=reading.id).count(),
        comparison=comparison,
        apart=[
            (pair, excerpt(pair.post.html, WORDS) if _reads(user, reading, pair.post.hidden_at is not None) else "")
            for pair in apart[(page_number - 1) * APART : page_number * APART]
        ],
        page=page_number,
        pages=pages,
    )


async def read_next(request: Request) -> Response:
    require(can_see_codebook(user_of(request)), WHO_READS)
    return await _post(request, number(request.query_params, "number"))


async def answer(request: Request) -> Response:
    """`theme` may come several times; the button "No theme fits" sends `none`, and no theme counts then."""
    user, reading_id = user_of(request), request.path_params["reading_id"]
    require(can_see_codebook(user), WHO_READS)
    form = await read_form(request, ticks="theme")
    place = None
    try:
        place = form.number("number")
        if "none" in form and form.ticked:
            raise Invalid({"theme": "You ticked themes and said that none fits. Take the ticks off, or save them."})
        if "none" not in form and not form.ticked:
            raise Invalid({"theme": "Tick the themes that fit, or say that none fits."})
        await answer_sampled(forum_of(request), user, reading_id, place, form.ticked, form.key)
    except Invalid as invalid:
        return await _post(request, place, 422, invalid, form)
    return RedirectResponse(f"/second-readings/{reading_id}/next?saved={place}", 303)


async def stop(request: Request) -> Response:
    user = user_of(request)
    require(can_see_codebook(user), WHO_READS)
    form = await read_form(request)
    await stop_reading(forum_of(request), user, request.path_params["reading_id"], form.key)
    return RedirectResponse("/second-readings", 303)


async def _index(
    request: Request, status: int = 200, invalid: Invalid | None = None, form: Form | None = None
) -> Response:
    user = user_of(request)
    groups = await summarised_groups(user).order_by("name")
    readings = (
        await visible_second_readings(user)
        .order_by("-created_at")
        .limit(LISTED)
        .select_related("group", "by", "reader")
    )
    return page(
        request,
        "second_readings/index.html",
        status,
        groups=[(group.slug, group.name) for group in groups],
        readers=await _readers(user, [group.id for group in groups]),
        readings=readings,
        progress=await _progress(readings),
        most=MOST_POSTS,
        problems=invalid.problems if invalid else {},
        values=form or Form(size="20"),
    )


async def _readers(user: User, group_ids: list[int]) -> list[tuple[str, str]]:
    """Who may read a second time in one of these groups: oneself first."""
    facilitators = Membership.filter(group_id__in=group_ids or [0], role="facilitator", ended_at=None)
    ids = await facilitators.values_list("person_id", flat=True)
    people = await Person.filter(
        Q(site_role="analyst") | Q(id__in=list(ids) or [0]), suspended_at=None, deactivated_at=None
    ).order_by("name")
    people.sort(key=lambda person: person.id != user.id)
    return [
        (
            str(person.id),
            f"{person.name}{' (you)' if person.id == user.id else ''}, "
            f"{'analyst' if person.site_role == 'analyst' else 'facilitator'}",
        )
        for person in people
    ]


async def _progress(readings: list[SecondReading]) -> dict[int, tuple[int, int]]:
    """For each reading how many posts wait for an answer, and how many there are."""
    if not readings:
        return {}
    places = ", ".join(f"${place}" for place in range(1, len(readings) + 1))
    rows = await select(
        f"""SELECT s.second_reading_id AS id, COUNT(*) AS size,
            COUNT(CASE WHEN s.answered_at IS NULL AND p.hidden_at IS NULL AND {CONSENTED} THEN 1 END) AS waiting
        FROM sampled_post s JOIN post p ON p.id = s.post_id
        WHERE s.second_reading_id IN ({places}) GROUP BY s.second_reading_id""",
        *(reading.id for reading in readings),
    )
    return {row["id"]: (row["waiting"], row["size"]) for row in rows}


async def _post(
    request: Request, place: int | None, status: int = 200, invalid: Invalid | None = None, form: Form | None = None
) -> Response:
    """A post of the sample with the themes to tick: the one at this place, or the next without an answer."""
    user = user_of(request)
    reading = await visible_second_reading(user, request.path_params["reading_id"])
    require(reading.reader_id == user.id, f"Only {reading.reader.name} reads this sample.")
    left = await posts_left(reading.id)
    sample = SampledPost.filter(second_reading_id=reading.id, **TO_READ).order_by("number")
    if not left:
        return RedirectResponse(f"/second-readings/{reading.id}", 303)
    if place is None:
        sampled = await sample.filter(answered_at=None).first().select_related("post__thread")
    else:
        sampled = await sample.filter(number=min(place, MOST_POSTS + 1)).first().select_related("post__thread")
    if sampled is None:
        raise NotFound
    themes = await Theme.filter(status__in=IN_USE).order_by("position")
    found = {one.theme_id for one in await SecondTheme.filter(sampled_post_id=sampled.id)}
    ticked = form.ticked if form else [theme.code for theme in themes if theme.id in found]
    in_use = {theme.id for theme in themes}
    tops = [theme for theme in themes if theme.parent_id not in in_use]
    return page(
        request,
        "second_readings/read.html",
        status,
        reading=reading,
        sampled=sampled,
        post=sampled.post,
        left=left,
        size=await SampledPost.filter(second_reading_id=reading.id).count(),
        levels=[(top, [theme for theme in themes if theme.parent_id == top.id]) for top in tops],
        ticked=ticked,
        saved=number(request.query_params, "saved") if request.method == "GET" else None,
        problems=invalid.problems if invalid else {},
        values=form or Form(),
    )


def _reads(user: User, reading: SecondReading, is_hidden: bool) -> bool:
    return not is_hidden or can_facilitate(user, reading.group)
