"""The terms with the house rules, and the words on consent: publishing versions of them, and what everybody answers.

A version never changes. Whoever has not answered the highest of each kind gets no further (users.HURDLE). Who does not
consent to the processing of political opinions reads on, posts nothing, and is in nothing that is summarised later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from forum.actions import action, check_key, first_time
from forum.actions.letters import post_letter
from forum.audit import record
from forum.context import Forum
from forum.database import select
from forum.errors import Invalid
from forum.markup import as_text, is_blank, render_now
from forum.models import Acceptance, Person, Terms
from forum.models.ids import new_id
from forum.permissions import User, can_administer, require, user_now

TERMS, CONSENT = "terms", "consent"
KINDS = {TERMS: "Terms and house rules", CONSENT: "Consent to process political opinions"}
LONGEST = 20_000
WHO = "Only administrators may change the terms."
NOTHING_ASKED = "There is nothing to consent to yet: no words on it were published."
HOLD_PERSON = "UPDATE person SET name = name WHERE id = $1 RETURNING consent_withdrawn_at"


@dataclass(frozen=True, slots=True)
class Question:
    """A version in force that somebody has not answered; `before` is the last one that they did, if any."""

    terms: Terms
    before: int | None


async def in_force() -> dict[str, Terms]:
    """The highest version of each kind, with who published it: terms first."""
    rows = await select(
        "SELECT id FROM terms n WHERE version = (SELECT MAX(version) FROM terms o WHERE o.kind = n.kind)"
    )
    found = await Terms.filter(id__in=[row["id"] for row in rows] or [0]).select_related("by")
    return {terms.kind: terms for kind in KINDS for terms in found if terms.kind == kind}


async def open_questions(person_id: int) -> list[Question]:
    """What this person has to answer before anything else."""
    given = await Acceptance.filter(person_id=person_id).select_related("terms")
    answered = {one.terms_id for one in given if one.terms.kind == CONSENT or one.withdrawn_at is None}
    return [
        Question(terms, max((one.terms.version for one in given if one.terms.kind == kind), default=None))
        for kind, terms in (await in_force()).items()
        if terms.id not in answered
    ]


async def last_answers(person_id: int) -> dict[str, Acceptance]:
    """This person's newest answer of each kind, with its version."""
    given = await Acceptance.filter(person_id=person_id).order_by("terms__version").select_related("terms")
    return {one.terms.kind: one for one in given}


async def check_words(body: str) -> str:
    """The words as they will be published, or Invalid."""
    try:
        body = as_text(body).strip()
    except ValueError as fault:
        raise Invalid({"body": f"It {fault}. Take it out and try again."}) from None
    if len(body) > LONGEST:
        raise Invalid({"body": f"It has {len(body):,} characters. Shorten it to {LONGEST:,} or fewer."})
    if is_blank(await asyncio.to_thread(render_now, body)):
        raise Invalid({"body": "Write the words that people are asked about."})
    return body


@action
async def publish_terms(
    forum: Forum, user: User | None, kind: str, body: str, since: int | None = None, key: str = ""
) -> int:
    """Publish these words as the next version of a kind, and return its number: from now on everybody is asked.

    `since` is the version that they were written after, 0 for none: Invalid, with the words that stand, when another
    came meanwhile. `user` is None for the terminal, which replaces whatever stands.
    """
    body, terms_id = await check_words(body), new_id()
    async with forum.end_right():  # the lock: of two at once the second sees what the first did
        if user is not None:
            check_key(key)
            require(can_administer(await user_now(user)), WHO)
        stands = await Terms.filter(kind=kind).order_by("-version").first()
        version = stands.version + 1 if stands else 1
        if user is not None:
            await first_time(forum, user, key, ("publish-terms", kind, body, since), version)
        if user is not None and since != version - 1:
            words = "Somebody published another version since you opened this. Below is what stands now."
            raise Invalid({"body": words}, newer=stands.body if stands else "", since=str(version - 1))
        if stands and stands.body == body:
            raise Invalid({"body": f"These are the words of version {stands.version}, which stands already."})
        by_id = user.id if user else None
        await Terms.create(id=terms_id, kind=kind, version=version, body=body, published_at=forum.clock(), by_id=by_id)
        await record(forum, user, "publish_terms", "terms", terms_id, kind=kind, version=version)
    return version


@action
async def answer_questions(forum: Forum, user: User, said: Mapping[str, str], key: str) -> int:
    """Keep what this person answers to each open question: `terms` is "yes"; `consent` is "yes" or "no"; with each
    goes the version that they read, as `terms_version` and `consent_version`. Returns their id."""
    check_key(key)
    async with forum.end_right() if said.get(CONSENT) == "no" else forum.write():
        user = await user_now(user)
        await select(HOLD_PERSON, user.id)
        await first_time(forum, user, key, ("answer-terms", dict(said)), user.id)
        questions = await open_questions(user.id)
        if problems := _problems(questions, said):
            raise Invalid(problems)
        acts = [(one.terms, await _keep(forum, user, one.terms, said[one.terms.kind] == "yes")) for one in questions]
        for terms, act in acts:
            await record(forum, user, act, "terms", terms.id, kind=terms.kind, version=terms.version)
    return user.id


@action
async def set_consent(forum: Forum, user: User, consents: bool, key: str) -> int:
    """Withdraw one's consent, or give it again; returns one's id. The same again changes nothing."""
    check_key(key)
    async with forum.write() if consents else forum.end_right():
        user = await user_now(user)
        [held] = await select(HOLD_PERSON, user.id)
        await first_time(forum, user, key, ("consent", consents), user.id)
        answer = (await last_answers(user.id)).get(CONSENT)
        if answer is None:
            raise Invalid(NOTHING_ASKED)
        if (held["consent_withdrawn_at"] is None) != consents:
            act = await _keep(forum, user, answer.terms, consents)
            await record(forum, user, act, "terms", answer.terms_id, kind=CONSENT, version=answer.terms.version)
    return user.id


def _problems(questions: list[Question], said: Mapping[str, str]) -> dict[str, str]:
    problems = {}
    for terms in (question.terms for question in questions):
        if said.get(f"{terms.kind}_version") != str(terms.version):
            problems[terms.kind] = "There is a newer version of these words. Read them, then answer."
        elif terms.kind == TERMS and said.get(TERMS) != "yes":
            problems[TERMS] = "Accept the terms and house rules to go on, or sign out."
        elif terms.kind == CONSENT and said.get(CONSENT) not in ("yes", "no"):
            problems[CONSENT] = "Choose yes or no."
    return problems


async def _keep(forum: Forum, user: User, terms: Terms, agrees: bool) -> str:
    """Inside a transaction that holds the person: keep an answer to a version, and tell them by letter when they begin
    or cease to consent. Returns the act to be recorded."""
    now = forum.clock()
    answer = {"accepted_at": now, "withdrawn_at": None} if agrees else {"withdrawn_at": now}
    if not await Acceptance.filter(person_id=user.id, terms_id=terms.id).update(**answer):
        await Acceptance.create(person_id=user.id, terms_id=terms.id, **answer)
    if terms.kind == TERMS:
        return "accept_terms"
    person = await Person.get(id=user.id)
    if (person.consent_withdrawn_at is None) != agrees:
        await Person.filter(id=user.id).update(consent_withdrawn_at=None if agrees else now)
        letter_key = f"{user.id}:{now.timestamp():.6f}"
        await post_letter(forum, "consent", user.id, letter_key, name=person.name, consents=agrees, at=now)
    return "give_consent" if agrees else "withdraw_consent"
