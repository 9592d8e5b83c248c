"""Signing up: somebody asks to be let in and proves their address. What becomes of it is in deciding.py.

Whatever is known of an address, asking leaves the same note, by the same statements: it is read later, as a job. Only a
letter to the address itself says more, and nothing that a stranger typed stands in it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

import msgspec
from email_validator import EmailNotValidError, validate_email

from forum.actions import action, check_key
from forum.actions.invitations import one_at_a_time
from forum.actions.jobs import Claimed, put_job
from forum.actions.letters import post_letter
from forum.actions.people import check_email, check_name
from forum.actions.posts import check_note
from forum.actions.sessions import hash_token
from forum.audit import record
from forum.context import Forum
from forum.errors import Invalid, NotFound
from forum.models import Application, Council, CouncilDomain, Person

TO_PROVE = timedelta(hours=24)
SHOWN_FOR = timedelta(days=60)  # where it stands, from when it was asked for
NO_COUNCIL = "none"
MOST_POSITION = 120
FIELDS = ("name", "email", "council", "position", "why", "sponsor")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody who asks to join says of themselves, checked."""

    name: str
    email: str
    council_id: int | None
    position: str
    why: str
    sponsor: str


async def check_asked(values: Mapping[str, str]) -> Asked:
    """Invalid, with all problems at once, when something is missing or cannot be so."""
    problems, found = dict[str, str](), dict[str, str]()
    checks = {"name": check_name, "email": check_email, "position": _position, "why": _why, "sponsor": _sponsor}
    for field, check in checks.items():
        try:
            found[field] = check(values.get(field, "").strip())
        except Invalid as invalid:
            problems[field] = " ".join(invalid.problems.values())
    councils = {str(council_id) for council_id in await Council.all().values_list("id", flat=True)}
    if (council := values.get("council", "")) not in {*councils, NO_COUNCIL}:
        problems["council"] = "Choose your council, or say that you are not on one."
    if found.get("sponsor") and found["sponsor"] == found.get("email"):
        problems["sponsor"] = "Give the address of somebody else, or leave this empty."
    if problems:
        raise Invalid({field: problems[field] for field in FIELDS if field in problems})
    return Asked(council_id=None if council == NO_COUNCIL else int(council), **found)


def _position(typed: str) -> str:
    words = " ".join(check_note(typed, "position").split())
    if not 1 <= len(words) <= MOST_POSITION:
        raise Invalid({"position": f"Say what your position is, in 1 to {MOST_POSITION} characters."})
    return words


def _why(typed: str) -> str:
    if not (words := check_note(typed, "why")):
        raise Invalid({"why": "Say in a sentence why you would like to join."})
    return words


def _sponsor(typed: str) -> str:
    return check_email(typed) if typed else ""


@action
async def ask_to_join(forum: Forum, asked: Asked, key: str) -> None:
    """Kept, not looked up. The same form again asks once."""
    check_key(key)
    digest = hashlib.sha256(msgspec.msgpack.encode((key, asdict(asked)))).hexdigest()
    async with forum.write():
        await put_job(forum, "sign_up", f"sign-up:{digest}", asdict(asked))


@action
async def take_application(forum: Forum, job: Claimed) -> None:
    """Send the address a link that proves it, or say that it has an account, or an application that waits already.

    One that only lacks a sponsor is no hindrance: who mistyped the sponsor's address asks again. The application has
    the job's id, so that a job done twice makes one.
    """
    asked = msgspec.convert(job.payload, Asked)
    async with forum.write():
        await one_at_a_time()
        if await Application.exists(id=job.id):
            return
        application_id: int | None = None
        if person := await Person.get_or_none(email=asked.email):
            await post_letter(forum, "sign-up-account", asked.email, str(job.id))
        elif any(can_be_approved(waiting) for waiting in await waiting_from(asked.email)):
            await post_letter(forum, "sign-up-waiting", asked.email, str(job.id))
        else:
            application_id, token, now = job.id, secrets.token_urlsafe(32), forum.clock()
            await Application.filter(email=asked.email, proven_at=None).delete()
            await Application.create(
                id=application_id,
                email=asked.email,
                name=asked.name,
                council_id=asked.council_id,
                position=asked.position,
                why=asked.why,
                sponsor_email=asked.sponsor,
                token_hash=hash_token(token),
                created_at=now,
                expires_at=now + TO_PROVE,
            )
            await post_letter(forum, "sign-up", asked.email, str(job.id), token=token)
        subject = ("person", person.id) if person else ("application", application_id)
        await record(forum, None, "ask_to_join", *subject)


async def find_application(forum: Forum, token: str) -> Application | None:
    """The application whose link this is, with its council, while the link works. To look is not to use it."""
    return await Application.get_or_none(token_hash=hash_token(token), expires_at__gt=forum.clock()).select_related(
        "council"
    )


@action
async def prove(forum: Forum, token: str) -> None:
    """Whoever holds the link holds the address. Twice is as good as once. NotFound when it does not work (any longer).

    An earlier application from this address that still waits gives way to this one.
    """
    async with forum.write():
        await one_at_a_time()
        application = await find_application(forum, token)
        if application is None:
            raise NotFound
        if application.proven_at:
            return
        for earlier in await waiting_from(application.email):
            await earlier.delete()
        await Application.filter(id=application.id).update(
            proven_at=forum.clock(),
            expires_at=application.created_at + SHOWN_FOR,
            matches_domain=await matches_domain(application),
        )
        if application.sponsor_email:
            await put_job(forum, "ask_sponsor", f"ask-sponsor:{application.id}", {"application": application.id})
        await _tell_administrators(forum)
        await record(forum, None, "prove_application", "application", application.id)


async def _tell_administrators(forum: Forum) -> None:
    """That somebody waits for a decision: once a day, without who it is."""
    administrators = Person.filter(site_role="administrator", suspended_at=None, deactivated_at=None)
    for administrator in await administrators.order_by("id"):
        day = f"{administrator.id}:{forum.rules().today}"
        await post_letter(forum, "sign-up-waits", administrator.id, day, name=administrator.name)


async def waiting_from(email: str) -> list[Application]:
    """What waits for a decision from this address: one at most."""
    return await Application.filter(email=email, proven_at__isnull=False, decided_at=None)


def can_be_approved(application: Application) -> bool:
    """Its address is one of the council's, or a member vouched."""
    return application.matches_domain or application.sponsored_at is not None


def declined(application: Application) -> bool:
    """The sponsor said that they do not vouch. When, is in the audit log."""
    return application.sponsor_id is not None and application.sponsored_at is None


async def matches_domain(application: Application) -> bool:
    """Whether the address is in a domain that is approved for the council."""
    try:
        found = validate_email(application.email, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    domain = (found.ascii_domain or found.domain).lower()
    return await CouncilDomain.exists(council_id=application.council_id, domain=domain)
