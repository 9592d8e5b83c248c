"""The terms and the words on consent: for everybody to read, for each person to answer, for administrators to publish.

/terms is public. Whoever has something to answer finds the questions there, and nothing else answers until they did:
the gate of web/sessions.py sees to that.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions import terms as actions
from forum.actions.terms import CONSENT, KINDS, TERMS, in_force, open_questions
from forum.errors import Invalid, NotFound
from forum.markup import render_now
from forum.models import Acceptance, Terms
from forum.permissions import User, can_administer, require
from forum.web.applications import count_waiting
from forum.web.rendering import page
from forum.web.requests import Form, forum_of, number, read_form, user_of
from forum.web.sessions import recognise
from forum.web.sign_in import safe_next


async def show(request: Request) -> Response:
    await recognise(request)
    return await _questions(request, Form(next=request.query_params.get("next", "")))


async def answer(request: Request) -> Response:
    """What somebody answers to the questions that are open for them."""
    await recognise(request)
    form = await read_form(request)
    target, user = safe_next(form.get("next", "")), request.scope["user"]
    if user is None:
        return RedirectResponse(f"/sign-in?next={quote(target, safe='/')}", 303)
    if user.hurdle == "terms":
        said = {name: form.get(name, "") for kind in KINDS for name in (kind, f"{kind}_version")}
        try:
            await actions.answer_questions(forum_of(request), user, said, form.key)
        except Invalid as invalid:
            return await _questions(request, form, invalid)
    return RedirectResponse(target, 303)


async def consent(request: Request) -> Response:
    """One's own consent, as it stands."""
    return await _consent(request)


async def change_consent(request: Request) -> Response:
    form = await read_form(request)
    try:
        if form.word("consent") not in ("yes", "no"):
            raise Invalid("Open the page again and send it from there.")
        await actions.set_consent(forum_of(request), user_of(request), form["consent"] == "yes", form.key)
    except Invalid as invalid:
        return await _consent(request, invalid)
    return RedirectResponse(f"/account/consent?done={form['consent']}", 303)


async def index(request: Request) -> Response:
    """For administrators: what is in force, how many have answered, and every version."""
    require(can_administer(user_of(request)), actions.WHO)
    versions = await Terms.all().order_by("-version").only("id", "kind", "version", "published_at", "by_id")
    standing = await in_force()
    return page(
        request,
        "terms/index.html",
        kinds=KINDS,
        standing=standing,
        answers={kind: await _answers(terms) for kind, terms in standing.items()},
        earlier={kind: [one for one in versions if one.kind == kind][1:] for kind in KINDS},
        published=request.query_params.get("published", ""),
        waiting=await count_waiting(),
    )


async def edit(request: Request) -> Response:
    """The words that stand, or those of an earlier version, to be changed."""
    kind = _kind(request)
    latest = await Terms.filter(kind=kind).order_by("-version").first()
    shown = latest
    try:
        asked = number(request.query_params, "version")
    except Invalid:
        raise NotFound from None
    if asked is not None:
        shown = await Terms.get_or_none(kind=kind, version=min(asked, 10**6))
        if shown is None:
            raise NotFound
    values = Form(body=shown.body if shown else "", since=str(latest.version if latest else 0))
    is_older = shown and latest and shown.version < latest.version
    return await _edit(request, kind, values, older=shown if is_older else None)


async def publish(request: Request) -> Response:
    kind = _kind(request)
    form = await read_form(request)
    try:
        if "preview" in form:
            form["body"] = await actions.check_words(form.get("body", ""))
            return await _edit(request, kind, form, preview=await _html(form["body"]))
        since = form.number("since")
        await actions.publish_terms(forum_of(request), user_of(request), kind, form.get("body", ""), since, form.key)
    except Invalid as invalid:
        if "newer" in invalid.values:
            form["since"] = invalid.values["since"]
        return await _edit(request, kind, form, invalid=invalid)
    return RedirectResponse(f"/terms/edit?published={kind}", 303)


async def privacy(request: Request) -> Response:
    """What is kept of people, in plain words: for everybody."""
    await recognise(request)
    settings = forum_of(request).settings
    return page(
        request,
        "privacy.html",
        contact=settings.site.contact,
        days=round(settings.sessions.absolute_hours / 24),
        rules=settings.intelligence,
    )


def _kind(request: Request) -> str:
    require(can_administer(user_of(request)), actions.WHO)
    kind = request.path_params["kind"]
    if kind not in KINDS:
        raise NotFound
    return str(kind)


async def _questions(request: Request, form: Form, invalid: Invalid | None = None) -> Response:
    user: User | None = request.scope["user"]
    questions = await open_questions(user.id) if user and user.hurdle == "terms" else []
    asked = [(question.terms, question.before) for question in questions]
    shown = asked or [(terms, None) for terms in (await in_force()).values()]
    return page(
        request,
        "terms/show.html",
        422 if invalid else 200,
        kinds=KINDS,
        shown=[(terms, before, await _html(terms.body)) for terms, before in shown],
        asks=bool(asked),
        next=safe_next(form.get("next", "")),
        problems=invalid.problems if invalid else {},
        values=form,
    )


async def _consent(request: Request, invalid: Invalid | None = None) -> Response:
    user = user_of(request)
    answers = await actions.last_answers(user.id)
    return page(
        request,
        "terms/consent.html",
        422 if invalid else 200,
        kinds=KINDS,
        accepted=answers.get(TERMS),
        consented=answers.get(CONSENT),
        consents=user.consents,
        done=request.query_params.get("done", ""),
        problems=invalid.problems if invalid else {},
    )


async def _edit(
    request: Request,
    kind: str,
    form: Form,
    *,
    older: Terms | None = None,
    preview: Markup | None = None,
    invalid: Invalid | None = None,
) -> Response:
    return page(
        request,
        "terms/edit.html",
        422 if invalid else 200,
        kind=kind,
        title=KINDS[kind],
        older=older,
        preview=preview,
        newer=invalid.values.get("newer") if invalid else None,
        problems=invalid.problems if invalid else {},
        values=form,
    )


async def _answers(terms: Terms) -> tuple[int, int]:
    """How many people accepted this version, and how many did not or no longer do."""
    given = Acceptance.filter(terms_id=terms.id)
    no = await given.exclude(withdrawn_at=None).count()
    return await given.count() - no, no


async def _html(body: str) -> Markup:
    """Words as they are shown: rendered off the loop, once for each version."""
    return Markup(await asyncio.to_thread(_rendered, body))


@lru_cache(maxsize=16)
def _rendered(body: str) -> str:
    return render_now(body)
