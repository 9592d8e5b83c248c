"""Releases: from a draft to files that may leave. Analysts only; each step is a form of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import releases as actions
from forum.actions.audit import note_export
from forum.actions.findings import OF_CODEBOOK, is_of_codebook
from forum.errors import Invalid, NotFound
from forum.intelligence.disclosure import SIGN
from forum.intelligence.filters import NAMES, choices_for
from forum.intelligence.quotes import usable_quotes
from forum.intelligence.release_files import placed_quotes, report_of_release
from forum.intelligence.scan import KINDS, MARKS
from forum.models import Commitment, Finding, Person, Release, ReleaseFile
from forum.models.releases import groups_of, state_of
from forum.permissions import WHO_RELEASES, require, visible_release, visible_releases
from forum.web.intelligence import LABELS, options_of
from forum.web.rendering import page
from forum.web.requests import Form, forum_of, read_form, user_of, word

PARTS = {
    "purpose": ("Purpose of report", "What the board is asked to look at, in a sentence or two."),
    "summary": ("Summary", "What councillors say, in a few lines that can be read alone."),
    "recommendation": ("Recommendation", "What the board is asked to agree."),
    "action": ("Action", "What officers will do, and by when."),
    "financial_implications": ("Financial implications", "What it costs, or that it costs nothing."),
    "next_steps": ("Next steps", "What happens after the meeting."),
}
FILE_WORDS = {  # in the order in which people look for them
    "board-paper.docx": "Board paper for Word (DOCX)",
    "board-paper.odt": "Board paper for LibreOffice (ODT)",
    "board-paper.pdf": "Board paper to read anywhere (tagged PDF)",
    "board-paper.html": "Board paper to read and print in a browser (HTML)",
    "figures.xlsx": "Figures for Excel, with charts (XLSX)",
    "figures.ods": "Figures for LibreOffice (ODS)",
    "figures.csv": "Figures of all themes (CSV)",
    "figures.json": "Figures for programs (JSON)",
    "codebook.qdc": "Codebook for other tools (REFI-QDA, QDC)",
    "quotes.qdpx": "Quotes with their themes for other tools (REFI-QDA, QDPX)",
}


async def index(request: Request) -> Response:
    user = user_of(request)
    require(user.is_analyst, WHO_RELEASES)
    releases = await visible_releases(user)
    names = await _names(release.created_by_id for release in releases)
    return page(request, "releases/index.html", releases=releases, names=names, state_of=state_of)


async def new(request: Request) -> Response:
    """The form for a draft, with the filters of the summary that one comes from. A release is about all themes."""
    require(user_of(request).is_analyst, WHO_RELEASES)
    names = [name for name in NAMES if name in request.query_params and name != "theme"]
    values = Form({name: word(request.query_params, name) for name in names})
    return await _new_page(request, values)


async def create(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    require(user.is_analyst, WHO_RELEASES)
    form = await read_form(request)
    try:
        filters = {name: form.word(name) for name in NAMES}
        release_id = await actions.draft_release(forum, user, form.get("title", ""), filters, _paper(form), form.key)
    except Invalid as invalid:
        return await _new_page(request, form, 422, invalid)
    return _to(release_id)


async def show(request: Request) -> Response:
    return await _show(request, await visible_release(user_of(request), request.path_params["release_id"]))


async def edit(request: Request) -> Response:
    user = user_of(request)
    release = await visible_release(user, request.path_params["release_id"])
    require(release.created_by_id == user.id, actions.WHO_CHANGES)
    chosen = [str(quote.quote_id) for quote in await placed_quotes(release.id)]
    return await _edit_page(request, release, Form(msgspec.json.decode(release.paper)), chosen)


async def save(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    release = await visible_release(user, request.path_params["release_id"])
    form = await read_form(request, ticks="quote")
    try:
        quotes = [int(tick) for tick in form.ticked if tick.isascii() and tick.isdigit() and len(tick) <= 16]
        await actions.edit_release(forum, user, release.id, form.get("title", ""), _paper(form), quotes, form.key)
    except Invalid as invalid:
        return await _edit_page(request, release, form, form.ticked, 422, invalid)
    return _to(release.id)


async def act(request: Request) -> Response:
    """One step of a release: what the last part of the address says."""
    user, forum = user_of(request), forum_of(request)
    release = await visible_release(user, request.path_params["release_id"])
    form = await read_form(request)
    try:
        match request.path_params["step"]:
            case "count-again":
                await actions.count_again(forum, user, release.id, form.key)
            case "check":
                await actions.check_release(forum, user, release.id, form.key)
            case "sign-off":
                await actions.sign_off_release(forum, user, release.id, form.key)
            case "return":
                await actions.return_release(forum, user, release.id, form.get("reason", ""), form.key)
            case "issue":
                await actions.issue_release(forum, user, release.id, form.key)
            case "discard":
                await actions.discard_release(forum, user, release.id, form.key)
                return RedirectResponse("/releases", 303)
            case _:
                raise NotFound
    except Invalid as invalid:
        return await _show(request, await visible_release(user, release.id), 422, invalid, form)
    return _to(release.id)


async def clear(request: Request) -> Response:
    user, forum = user_of(request), forum_of(request)
    form = await read_form(request)
    release = await visible_release(user, request.path_params["release_id"])
    finding_id = request.path_params["finding_id"]
    try:
        words = (form.word("how"), form.get("why", ""))
        await actions.clear_finding(forum, user, release.id, finding_id, *words, form.key)
    except Invalid as invalid:
        form["finding"] = str(finding_id)
        return await _show(request, release, 422, invalid, form)
    return _to(release.id, "#findings")


async def file(request: Request) -> Response:
    """A file of an issued release, byte for byte as it was issued."""
    user, forum = user_of(request), forum_of(request)
    release = await visible_release(user, request.path_params["release_id"])
    name = request.path_params["name"]
    found = await ReleaseFile.get_or_none(release_id=release.id, name=name)
    if found is None:
        raise NotFound
    await note_export(forum, user, f"release.{found.name}", subject="release", subject_id=release.id)
    headers = {"content-disposition": f'attachment; filename="{found.name}"'}
    return Response(found.content, headers=headers, media_type=found.media_type)


async def _show(
    request: Request, release: Release, status: int = 200, invalid: Invalid | None = None, form: Form | None = None
) -> Response:
    user = user_of(request)
    quotes = await placed_quotes(release.id)
    report = report_of_release(release, quotes)
    findings = await Finding.filter(release_id=release.id).order_by("place", "id")
    files = await ReleaseFile.filter(release_id=release.id).values_list("name", flat=True)
    people = [release.created_by_id, release.checked_by_id, release.signed_off_by_id, release.issued_by_id]
    names = await _names([*people, *(finding.cleared_by_id for finding in findings)])
    steps = [
        ("Drafted", release.created_at, release.created_by_id),
        ("Checked", release.checked_at, release.checked_by_id),
        ("Signed off", release.signed_off_at, release.signed_off_by_id),
        ("Issued", release.issued_at, release.issued_by_id),
    ]
    return page(
        request,
        "releases/show.html",
        status,
        release=release,
        report=report,
        state=state_of(release),
        steps=steps,
        names=names,
        is_mine=release.created_by_id == user.id,
        filters=await _filter_words(request, release),
        open=[finding for finding in findings if finding.cleared_at is None],
        cleared=[finding for finding in findings if finding.cleared_at],
        place_words=_place_words(findings, quotes),
        quotes=quotes,
        files=files,
        file_words=FILE_WORDS,
        manifest=release.manifest,
        parts=PARTS,
        commitments=await Commitment.filter(release_id=release.id).order_by("created_at").select_related("theme"),
        kinds=KINDS,
        marks=MARKS,
        sign=SIGN,
        problems=invalid.problems if invalid else {},
        values=form or Form(),
    )


async def _new_page(
    request: Request, values: Mapping[str, str], status: int = 200, invalid: Invalid | None = None
) -> Response:
    choices = await choices_for(user_of(request))
    return page(
        request,
        "releases/new.html",
        status,
        options=options_of(choices),
        labels=LABELS,
        parts=PARTS,
        least=forum_of(request).settings.intelligence,
        sign=SIGN,
        problems=invalid.problems if invalid else {},
        values=values,
    )


async def _edit_page(
    request: Request,
    release: Release,
    values: Mapping[str, str],
    chosen: list[str],
    status: int = 200,
    invalid: Invalid | None = None,
) -> Response:
    return page(
        request,
        "releases/edit.html",
        status,
        release=release,
        parts=PARTS,
        usable=await usable_quotes(groups_of(release)),
        chosen=chosen,
        problems=invalid.problems if invalid else {},
        values=values,
    )


async def _filter_words(request: Request, release: Release) -> list[tuple[str, str]]:
    options = {name: dict(offered) for name, offered in options_of(await choices_for(user_of(request))).items()}
    values: dict[str, str] = msgspec.json.decode(release.filters)["values"]
    return [(LABELS[name], options.get(name, {}).get(value, value)) for name, value in values.items()]


def _place_words(findings: list[Finding], quotes: list[Any]) -> dict[str, str]:
    """What each place of a finding is called on the page."""
    places = {"title": "Title", **{name: label for name, (label, _) in PARTS.items()}}
    places |= {each.place: f"theme {each.place.removeprefix(OF_CODEBOOK)}" for each in findings if is_of_codebook(each)}
    return places | {f"quote-{quote.id}": f"A quote on {quote.theme}" for quote in quotes}


async def _names(ids: Any) -> dict[int, str]:
    people = await Person.filter(id__in={person_id for person_id in ids if person_id} or {0})
    return {person.id: person.name for person in people}


def _paper(form: Form) -> dict[str, str]:
    return {name: form.get(name, "") for name in PARTS}


def _to(release_id: int, place: str = "") -> Response:
    return RedirectResponse(f"/releases/{release_id}{place}", 303)
