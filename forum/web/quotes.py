"""Quotes: passages that are proposed for a theme, each to be redacted and approved by a person, and those approved.

Only posts are proposed that this person summarises; what may not be quoted never gets here.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions.quotes import REASONS, WHO_QUOTES, WITHDRAWN, approve_quote, withdraw_quote
from forum.errors import Invalid
from forum.intelligence.known import known_names
from forum.intelligence.proposing import Candidate, propose
from forum.intelligence.quotes import candidates_of, is_usable, quotable_posts
from forum.intelligence.scan import KINDS, Found, Known, redact, scan
from forum.models import Quote, Theme
from forum.models.themes import IN_USE
from forum.permissions import blind_posts, can_see_codebook, require, summarised_groups
from forum.web.rendering import page
from forum.web.requests import Form, forum_of, number, read_form, user_of, word

PROPOSED = 5
LISTED = 100  # quotes, newest first
EVERY_MARK = "[name], [council], [place], [role], […]"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A passage with what the scan found in it, in the order it stands: `parts` are its words, each with its kind."""

    candidate: Candidate
    address: str
    parts: list[tuple[str, str]]
    found: list[Found]
    redacted: str


async def show(request: Request) -> Response:
    require(can_see_codebook(user_of(request)), WHO_QUOTES)
    try:
        code = word(request.query_params, "theme")
    except Invalid as invalid:
        return await _page(request, "", 422, invalid)
    return await _page(request, code)


async def approve(request: Request) -> Response:
    user = user_of(request)
    require(can_see_codebook(user), WHO_QUOTES)
    form = await read_form(request)
    code = ""
    try:
        code = form.word("theme")
        post_id, start, end, revision = (form.number(name) for name in ("post", "start", "end", "revision"))
        if post_id is None or start is None or end is None or revision is None:
            raise Invalid({"revision": "This form does not say which words it is about. Open the page again."})
        redacted = form.get("redacted", "")
        quote_id = await approve_quote(forum_of(request), user, post_id, code, start, end, revision, redacted, form.key)
    except Invalid as invalid:
        return await _page(request, code, 422, invalid, form)
    return RedirectResponse(f"/quotes?theme={code}&approved={quote_id}#approved", 303)


async def withdraw(request: Request) -> Response:
    require(can_see_codebook(user_of(request)), WHO_QUOTES)
    form = await read_form(request)
    quote_id = request.path_params["quote_id"]
    try:
        await withdraw_quote(forum_of(request), user_of(request), quote_id, form.word("reason"), form.key)
    except Invalid as invalid:
        code = request.query_params.get("theme", "")
        return await _page(request, code, 422, invalid, form, withdrawing=quote_id)
    quote = await Quote.get(id=quote_id).select_related("theme")
    return RedirectResponse(f"/quotes?theme={quote.theme.code}&withdrawn={quote_id}#approved", 303)


async def _page(
    request: Request,
    code: str,
    status: int = 200,
    invalid: Invalid | None = None,
    form: Form | None = None,
    withdrawing: int = 0,
) -> Response:
    user, problems = user_of(request), dict(invalid.problems) if invalid else {}
    themes = await Theme.filter(status__in=IN_USE).order_by("position")
    theme = next((theme for theme in themes if theme.code == code), None)
    if code and theme is None:
        problems.setdefault("theme", "Choose a theme of the codebook.")
        status = 422
    group_ids = [group.id for group in await summarised_groups(user)]
    theme_ids = [other.id for other in themes if theme and theme.id in (other.id, other.parent_id)]
    quotes = Quote.filter(post__thread__group_id__in=group_ids or [0]).order_by("-approved_at", "-id")
    if theme:
        quotes = quotes.filter(theme_id__in=theme_ids)
    listed = await quotes.limit(LISTED).select_related("theme", "post__author", "approved_by")
    return page(
        request,
        "quotes/index.html",
        status,
        themes=[(other.code, f"{other.code} {other.name}") for other in themes],
        theme=theme,
        **(await _proposed(request, theme_ids, group_ids, form) if theme else {}),
        quotes=[(quote, _state(quote)) for quote in listed],
        usable=sum(is_usable(quote) for quote in listed),
        most_listed=LISTED,
        withdrawing=withdrawing,
        reasons=REASONS,
        kinds=KINDS,
        every_mark=EVERY_MARK,
        done=_done(request),
        problems=problems,
        values=form or Form(theme=code),
    )


async def _proposed(
    request: Request, theme_ids: Sequence[int], group_ids: Sequence[int], form: Form | None
) -> dict[str, Any]:
    """Proposals for a theme, and how many posts there are to choose from. A passage that was sent and has something to
    mend comes first, as long as it may be quoted."""
    user, forum = user_of(request), forum_of(request)
    blind = await blind_posts(user)  # that a post carries a theme would tell how somebody else tagged it
    async with forum.database.reader() as select:
        quotable = await quotable_posts(select, theme_ids, group_ids, blind)
    standing = await Quote.filter(theme_id__in=theme_ids, withdrawn_at=None).select_related("post__author")
    quoted = {quote.post.author_id for quote in standing if is_usable(quote)}
    known = await known_names()
    sent, size = _sent(form), forum.settings.limits.posts_per_page
    addresses = {
        post.id: f"/threads/{post.thread_id}?page={math.ceil(post.number / size)}#post-{post.id}"
        for post in quotable.posts
    }

    def propose_apart() -> list[Proposal]:
        candidates = candidates_of(quotable.posts)
        to_mend = [one for one in candidates if (one.post_id, one.revision, one.start, one.end) == sent]
        free = [one for one in candidates if one.author_id not in {*quoted, *(one.author_id for one in to_mend)}]
        chosen = [*to_mend, *propose(free, PROPOSED - len(to_mend))]
        return [_proposal(one, addresses[one.post_id], known) for one in chosen]

    proposals = await asyncio.to_thread(propose_apart)
    return {"proposals": proposals, "tagged": quotable.tagged, "allowed": len(quotable.posts), "sent": sent}


def _proposal(candidate: Candidate, address: str, known: Known) -> Proposal:
    words = candidate.words
    found = scan(words, known)
    parts, at = [], 0
    for one in found:
        parts += [(words[at : one.start], ""), (one.words, one.kind)]
        at = one.end
    return Proposal(candidate, address, [*parts, (words[at:], "")], found, redact(words, found))


def _sent(form: Form | None) -> tuple[int, ...] | None:
    """The passage that a form is about; None for one that cannot be read."""
    try:
        numbers = [form.number(name) for name in ("post", "revision", "start", "end")] if form else []
    except Invalid:
        return None
    found = tuple(value for value in numbers if value is not None)
    return found if len(found) == 4 else None


def _state(quote: Quote) -> str:
    """Why a quote may not be used, in words; "" for one that may."""
    if quote.withdrawn_at is not None:
        return WITHDRAWN.get(quote.withdrawn_why, "Another reason")
    if quote.post.author.consent_withdrawn_at is not None:
        return WITHDRAWN["permission"]
    return "" if is_usable(quote) else "Its post has changed"


def _done(request: Request) -> str:
    try:
        approved, withdrawn = (number(request.query_params, name) for name in ("approved", "withdrawn"))
    except Invalid:
        return ""
    return "Quote approved." if approved else "Quote withdrawn." if withdrawn else ""
