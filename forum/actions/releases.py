"""Releases: drafted, checked, signed off by a second person, issued. What is frozen stays as it was frozen.

Only who drafted a release changes it; whoever signs it off is somebody else. A step is taken by an update that names
the state before it, so that of two people at once one takes it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from forum.actions import action, check_key, first_time
from forum.actions.commitments import tell_of_release
from forum.actions.findings import is_of_codebook, place_of, rescan, without
from forum.actions.proofs import require_proof
from forum.actions.release_quotes import quotes_of, set_quotes, still_usable
from forum.audit import record
from forum.context import Forum
from forum.database import select
from forum.errors import Invalid, NotFound
from forum.intelligence.drafts import Draft, comes_too_close, draft_figures, rule_of
from forum.intelligence.kept import rests_on
from forum.intelligence.known import known_names
from forum.intelligence.release_files import manifest_of, prepare_files
from forum.markup import as_text
from forum.models import Finding, Person, Release, ReleaseFile, ReleaseQuote
from forum.models.ids import new_id
from forum.permissions import User, require, user_now, visible_release

PAPER = ("purpose", "summary", "recommendation", "action", "financial_implications", "next_steps")
LONGEST_TITLE, LONGEST_WORDS = 200, 20_000
WHO_DRAFTS = "Only analysts may draft a release."
MOVED_ON = "This release has moved on since you opened it. Open it again to see where it stands."
WITHDREW = (
    "Somebody withdrew their consent since these figures were counted. Try once more; if it stays so, return this"
    " release and count again."
)
WHO_CHANGES = "Only the person who drafted this release may change it."


@action
async def draft_release(
    forum: Forum, user: User, title: str, filters: Mapping[str, str], paper: Mapping[str, str], key: str
) -> int:
    """Freeze the figures of these filters for a paper with these words. Returns the release's id."""
    check_key(key)
    require(user.is_analyst, WHO_DRAFTS)
    words = _words(title, paper)
    draft = await draft_figures(forum.database, user, filters, forum.settings.intelligence, forum.secret, forum.clock())
    known, release_id = await known_names(), new_id()
    async with forum.write():
        user = await user_now(user)
        require(user.is_analyst, WHO_DRAFTS)
        await first_time(forum, user, key, ("draft-release", words, dict(filters)), release_id)
        await Release.create(
            id=release_id,
            title=words["title"],
            paper=_json(words),
            created_at=forum.clock(),
            created_by_id=user.id,
            **_frozen(draft),
        )
        await rescan(release_id, words, [], known)
        await record(forum, user, "draft_release", "release", release_id)
    return release_id


@action
async def edit_release(
    forum: Forum, user: User, release_id: int, title: str, paper: Mapping[str, str], quote_ids: Sequence[int], key: str
) -> int:
    """Change the words of a draft and the quotes in it. Returns the release's id."""
    check_key(key)
    words = _words(title, paper)
    known = await known_names()
    async with forum.write():
        user = await user_now(user)
        release = await _own_draft(user, release_id)
        await first_time(forum, user, key, ("edit-release", release_id, words, list(quote_ids)), release_id)
        await _step(release_id, {"checked_at": None}, title=words["title"], paper=_json(words))
        quotes = await set_quotes(release, quote_ids, forum.settings.intelligence.people_leaving)
        await rescan(release_id, words, quotes, known)
    return release_id


@action
async def count_again(forum: Forum, user: User, release_id: int, key: str) -> int:
    """Freeze the figures of a draft anew, as they are now. Returns the release's id."""
    check_key(key)
    release = await _own_draft(user, release_id)
    filters = msgspec.json.decode(release.filters)["values"]
    draft = await draft_figures(forum.database, user, filters, forum.settings.intelligence, forum.secret, forum.clock())
    async with forum.write():
        user = await user_now(user)
        await _own_draft(user, release_id)
        await first_time(forum, user, key, ("count-again", release_id), release_id)
        await _step(release_id, {"checked_at": None}, **_frozen(draft))
    return release_id


@action
async def clear_finding(
    forum: Forum, user: User, release_id: int, finding_id: int, how: str, why: str, key: str
) -> int:
    """Clear what the scan found: `replace` puts a neutral mark in its place, `keep` leaves it with a reason. Words in a
    quote can only be replaced: nothing known may be left in one. Returns the release's id."""
    check_key(key)
    known = await known_names()
    async with forum.write():
        user = await user_now(user)
        release = await _own_draft(user, release_id)
        finding = await Finding.get_or_none(id=finding_id, release_id=release_id)
        if finding is None:
            raise NotFound
        await first_time(forum, user, key, ("clear-finding", finding_id, how, why), release_id)
        if how not in ("replace", "keep"):
            raise Invalid({"how": "Choose what to do with these words."})
        words, quotes = msgspec.json.decode(release.paper), await quotes_of(release.id)
        if how == "keep":
            if finding.place.startswith("quote-"):
                raise Invalid({"how": "Words in a quote cannot stay: replace them, or leave the quote out."})
            why = _text("why", why, 1000)
            if not why:
                raise Invalid({"why": "Say why these words may stay."})
        elif is_of_codebook(finding):
            raise Invalid({"how": "Take these words out of the codebook, then count the figures again."})
        elif finding.place in words:
            words[finding.place] = without(words[finding.place], finding)
            await _step(release_id, {"checked_at": None}, title=words["title"], paper=_json(words))
        else:
            for quote in quotes:
                if finding.place == place_of(quote):
                    quote.words = without(quote.words, finding)
                    await ReleaseQuote.filter(id=quote.id).update(words=quote.words)
        await Finding.filter(id=finding_id).update(cleared_at=forum.clock(), cleared_by_id=user.id, why=why)
        await rescan(release.id, words, quotes, known)
        await record(forum, user, "clear_finding", "release", release.id, finding=finding_id, how=how)
    return release_id


@action
async def check_release(forum: Forum, user: User, release_id: int, key: str) -> int:
    """Say that a draft is ready to be signed off: the scan runs once more, and each finding must be cleared."""
    check_key(key)
    known = await known_names()
    async with forum.write():
        user = await user_now(user)
        release = await _own_draft(user, release_id)
        await first_time(forum, user, key, ("check-release", release_id), release_id)
        words = msgspec.json.decode(release.paper)
        missing = {name: "Write this part of the paper." for name in ("title", *PAPER) if not words[name]}
        if missing:
            raise Invalid(missing)
        chosen = [quote.quote_id for quote in await quotes_of(release_id)]
        quotes = await set_quotes(release, chosen, forum.settings.intelligence.people_leaving)
        if await rescan(release_id, words, quotes, known):
            raise Invalid({"findings": "Clear what the scan found, one by one."})
        await _step(release_id, {"checked_at": None}, checked_at=forum.clock(), checked_by_id=user.id)
        await record(forum, user, "check_release", "release", release_id)
    return release_id


@action
async def sign_off_release(forum: Forum, user: User, release_id: int, key: str) -> int:
    """Sign a checked release off: by an analyst who neither drafted nor checked it."""
    check_key(key)
    require_proof(forum, user)
    async with forum.write():
        user = await user_now(user)
        release = await visible_release(user, release_id)
        await first_time(forum, user, key, ("sign-off-release", release_id), release_id)
        require(
            user.id not in (release.created_by_id, release.checked_by_id),
            "Somebody else has to sign this release off: you drafted it.",
        )
        state = {"checked_at__not_isnull": True, "signed_off_at": None}
        await _step(release_id, state, signed_off_at=forum.clock(), signed_off_by_id=user.id)
        await record(forum, user, "sign_off_release", "release", release_id)
    return release_id


@action
async def return_release(forum: Forum, user: User, release_id: int, reason: str, key: str) -> int:
    """Send a release that is not issued back to its draft, saying why."""
    check_key(key)
    async with forum.write():
        user = await user_now(user)
        await visible_release(user, release_id)
        reason = _text("reason", reason, 1000)
        if not reason:
            raise Invalid({"reason": "Say what has to change."})
        await first_time(forum, user, key, ("return-release", release_id, reason), release_id)
        nobody = {f"{step}_{part}": None for step in ("checked", "signed_off") for part in ("at", "by_id")}
        await _step(release_id, {"checked_at__not_isnull": True}, reason=reason, **nobody)
        await record(forum, user, "return_release", "release", release_id)
    return release_id


@action
async def issue_release(forum: Forum, user: User, release_id: int, key: str) -> int:
    """Make the files of a release that was signed off, and keep them byte for byte.

    Invalid when another release that came out meanwhile would tell, set beside this one, of too few people, and when
    somebody who is counted in it has withdrawn their consent since.
    """
    check_key(key)
    release = await visible_release(user, release_id)
    require_proof(forum, user)
    if not release.signed_off_at or release.issued_at:
        raise Invalid(MOVED_ON)
    issued = await Release.filter(issued_at__not_isnull=True).order_by("issued_at")
    now = forum.clock()
    quotes, known = await still_usable(release), await known_names()
    too_close = await asyncio.to_thread(comes_too_close, release, issued, rule_of(forum.settings.intelligence))
    withdrew = await _withdrew()
    rests_on_them = await asyncio.to_thread(rests_on, release, forum.secret, withdrew)
    files = await prepare_files(forum.aside, release, [quote.id for quote in quotes])
    manifest = manifest_of(release, files, forum.settings.intelligence, user.id, now)
    async with forum.write():
        user = await user_now(user)
        release = await visible_release(user, release_id)
        await first_time(forum, user, key, ("issue-release", release_id), release_id)
        # The lock: of two that are issued at once, the second sees the first.
        await select("UPDATE service SET codebook = codebook WHERE id = 1 RETURNING id")
        if too_close or await Release.filter(issued_at__not_isnull=True).count() != len(issued):
            raise Invalid(
                {"issue": "Another release came out since these figures were counted. Return this one and count again."}
            )
        if rests_on_them or await _withdrew() != withdrew:
            raise Invalid({"issue": WITHDREW})
        if [quote.id for quote in await still_usable(release)] != [quote.id for quote in quotes]:
            raise Invalid({"issue": "A quote was withdrawn just now. Issue the release again: it goes out without it."})
        if await rescan(release_id, msgspec.json.decode(release.paper), quotes, known):
            raise Invalid({"issue": "The scan finds more now than when this was checked. Return it and clear that."})
        state = {"signed_off_at__not_isnull": True}
        await _step(release_id, state, issued_at=now, issued_by_id=user.id, manifest=manifest.decode())
        await ReleaseQuote.filter(release_id=release_id).exclude(id__in=[quote.id for quote in quotes] or [0]).delete()
        for file in files:
            digest = hashlib.sha256(file.content).hexdigest()
            await ReleaseFile.create(
                release_id=release_id,
                name=file.name,
                media_type=file.media_type,
                sha256=digest,
                content=file.content,
            )
        await tell_of_release(forum, release)
        await record(forum, user, "issue_release", "release", release_id)
    return release_id


@action
async def discard_release(forum: Forum, user: User, release_id: int, key: str) -> int:
    """Put a draft away for good. What was issued cannot be."""
    check_key(key)
    async with forum.write():
        user = await user_now(user)
        await _own_draft(user, release_id)
        await first_time(forum, user, key, ("discard-release", release_id), release_id)
        await _step(release_id, {"checked_at": None}, discarded_at=forum.clock())
        await record(forum, user, "discard_release", "release", release_id)
    return release_id


async def _own_draft(user: User, release_id: int) -> Release:
    release = await visible_release(user, release_id)
    require(release.created_by_id == user.id, WHO_CHANGES)
    if release.checked_at:
        raise Invalid(MOVED_ON)
    return release


async def _step(release_id: int, state: Mapping[str, Any], **changes: Any) -> None:
    """Change the release if it is in this state. Invalid when it no longer is."""
    if not await Release.filter(id=release_id, discarded_at=None, issued_at=None, **state).update(**changes):
        raise Invalid(MOVED_ON)


def _words(title: str, paper: Mapping[str, str]) -> dict[str, str]:
    """Title and paper as they will be stored. Invalid, with all that is wrong."""
    problems: dict[str, str] = {}
    words: dict[str, str] = {}
    for name, most in {"title": LONGEST_TITLE, **dict.fromkeys(PAPER, LONGEST_WORDS)}.items():
        try:
            words[name] = _text(name, title if name == "title" else paper.get(name, ""), most)
        except Invalid as invalid:
            problems |= invalid.problems
    if not words.get("title") and "title" not in problems:
        problems["title"] = "Give the release a title."
    if problems:
        raise Invalid(problems)
    return words


def _text(name: str, words: str, most: int) -> str:
    try:
        words = as_text(words).strip()
    except ValueError as fault:
        raise Invalid({name: f"It {fault}. Take it out and send again."}) from None
    if len(words) > most:
        raise Invalid({name: f"Shorten it to {most:,} characters or fewer."})
    return words


def _json(words: Mapping[str, str]) -> str:
    return msgspec.json.encode(words).decode()


def _frozen(draft: Draft) -> dict[str, Any]:
    return {
        "filters": msgspec.json.encode(
            {"values": draft.filters, "groups": draft.groups, "people": draft.people}
        ).decode(),
        "figures": msgspec.json.encode(draft.report).decode(),
        "cells": draft.cells,
        "codebook": draft.codebook,
    }


async def _withdrew() -> list[int]:
    """The ids of those who do not consent to being counted."""
    people = await Person.exclude(consent_withdrawn_at=None).order_by("id").values_list("id", flat=True)
    return [int(str(person)) for person in people]
