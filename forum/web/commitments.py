"""You said, we did: what is done about themes, for staff; and a person's own notices of it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import commitments as actions
from forum.errors import Invalid, NotFound
from forum.models import Commitment, Theme
from forum.models.commitments import STATES
from forum.models.releases import state_of
from forum.models.themes import IN_USE
from forum.permissions import can_commit, can_see_codebook, require, visible_releases
from forum.web.rendering import page
from forum.web.requests import Form, forum_of, read_form, user_of, word

WHO_READS = "Only facilitators and analysts may read what the LGA does about themes."


async def index(request: Request) -> Response:
    user = user_of(request)
    require(can_see_codebook(user), WHO_READS)
    commitments = await Commitment.all().order_by("-created_at").select_related("theme")
    return page(request, "commitments/index.html", commitments=commitments, states=STATES, may_commit=can_commit(user))


async def new(request: Request) -> Response:
    require(can_commit(user_of(request)), actions.WHO_COMMITS)
    given = {name: word(request.query_params, name) for name in ("theme", "release")}
    return await _form(request, None, Form(given))


async def create(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    require(can_commit(user), actions.WHO_COMMITS)
    form = await read_form(request)
    try:
        theme, release = form.word("theme"), form.number("release")
        said = (form.get("words", ""), form.get("owner", ""), form.word("state"))
        await actions.commit(forum, user, theme, release, *said, form.key)
    except Invalid as invalid:
        return await _form(request, None, form, 422, invalid)
    return RedirectResponse("/commitments", 303)


async def edit(request: Request) -> Response:
    require(can_commit(user_of(request)), actions.WHO_COMMITS)
    commitment = await _commitment(request)
    values = Form(words=commitment.words, owner=commitment.owner, state=commitment.state)
    return await _form(request, commitment, values)


async def save(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    require(can_commit(user), actions.WHO_COMMITS)
    commitment = await _commitment(request)
    form = await read_form(request)
    try:
        said = (form.get("words", ""), form.get("owner", ""), form.word("state"))
        await actions.change_commitment(forum, user, commitment.id, *said, form.key)
    except Invalid as invalid:
        return await _form(request, commitment, form, 422, invalid)
    return RedirectResponse("/commitments", 303)


async def tell(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    require(can_commit(user), actions.WHO_COMMITS)
    form = await read_form(request)
    await actions.tell(forum, user, request.path_params["commitment_id"], form.key)
    return RedirectResponse("/commitments", 303)


async def put_away(request: Request) -> Response:
    form = await read_form(request)
    await actions.put_away(forum_of(request), user_of(request), request.path_params["notice_id"], form.key)
    return RedirectResponse("/", 303)


async def _commitment(request: Request) -> Commitment:
    commitment = await Commitment.get_or_none(id=request.path_params["commitment_id"]).select_related("theme")
    if commitment is None:
        raise NotFound
    return commitment


async def _form(
    request: Request, commitment: Commitment | None, values: Form, status: int = 200, invalid: Invalid | None = None
) -> Response:
    releases = [release for release in await visible_releases(user_of(request)) if state_of(release) != "issued"]
    themes = await Theme.filter(status__in=IN_USE).order_by("position")
    return page(
        request,
        "commitments/edit.html",
        status,
        commitment=commitment,
        themes=[(theme.code, f"{theme.code} {theme.name}") for theme in themes],
        releases=[(str(release.id), release.title) for release in releases],
        states=list(STATES.items()),
        problems=invalid.problems if invalid else {},
        values=values,
    )
