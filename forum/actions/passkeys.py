"""Passkeys: adding and removing them, and what they are good for. With one alone somebody signs in, because their
device asked who they are before it signed: it is both factors. Whatever was wrong with a passkey, the refusal is one.
"""

from __future__ import annotations

from webauthn import generate_authentication_options, generate_registration_options, options_to_json
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from forum.actions import action
from forum.actions.challenges import (
    LASTS,
    Answer,
    Checked,
    Party,
    check_new,
    check_use,
    make_challenge,
    named_party,
    party_of,
    read_answer,
    take_challenge,
)
from forum.actions.factors import note_added, note_removed
from forum.actions.proofs import note_factor, require_proof
from forum.actions.sessions import begin_session
from forum.audit import record
from forum.context import Forum
from forum.database import select
from forum.errors import Invalid, NotFound
from forum.markup import as_text
from forum.models import Passkey, Person
from forum.permissions import User, user_now

MOST = 10
LONGEST_NAME = 80
WRONG = "That passkey did not work. Try again, or choose another way."
ENOUGH = f"You have {MOST} passkeys, which is the most. Remove one first."
ACTS = {"second-factor": "show_factor", "prove": "prove"}  # by what it was asked for
TIMEOUT = int(LASTS.total_seconds() * 1000)


# One's own passkeys


async def passkeys_of(user: User) -> list[Passkey]:
    """The oldest first."""
    return await Passkey.filter(person_id=user.id).order_by("created_at", "id")


async def own_passkey(user: User, passkey_id: int) -> Passkey:
    passkey = await Passkey.get_or_none(id=passkey_id, person_id=user.id)
    if passkey is None:
        raise NotFound
    return passkey


@action
async def begin_adding(forum: Forum, user: User) -> str:
    """What the browser is told, as JSON, to make a passkey for this person."""
    require_proof(forum, user)
    party = named_party(forum.settings)
    async with forum.write():
        await user_now(user)
        person, own = await Person.get(id=user.id), await passkeys_of(user)
        if len(own) >= MOST:
            raise Invalid(ENOUGH)
        challenge = await make_challenge(forum, "register", user.id)
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=forum.settings.site.name,
        user_id=_handle(user.id),
        user_name=person.email,
        user_display_name=person.name,
        challenge=challenge,
        timeout=TIMEOUT,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(own),
    )
    return options_to_json(options)


@action
async def add_passkey(forum: Forum, user: User, name: str, sent: str) -> tuple[str, list[str]]:
    """Keep the passkey that a browser made. To make it was to show it. The session's new token, and recovery codes if
    they had none."""
    require_proof(forum, user)
    name = _check_name(name)
    answer = read_answer(sent)
    new = check_new(party_of(forum.settings), answer)
    async with forum.end_right():  # other sessions show it now, too
        user = await user_now(user)
        is_open = await take_challenge(forum, answer, "register", user.id)
        if is_open and new and not await Passkey.exists(credential_id=new.credential_id):
            if await Passkey.filter(person_id=user.id).count() >= MOST:
                raise Invalid(ENOUGH)
            await Passkey.create(
                person_id=user.id,
                credential_id=new.credential_id,
                public_key=new.public_key,
                sign_count=new.sign_count,
                name=name,
                created_at=forum.clock(),
            )
            return await note_added(forum, user, "passkey")
        await record(forum, user, "refuse_passkey", "person", user.id, purpose="register")
    raise Invalid(WRONG)


@action
async def remove_passkey(forum: Forum, user: User, passkey_id: int) -> None:
    """NotFound when it is not one's own, or gone already."""
    require_proof(forum, user)
    async with forum.end_right():
        user = await user_now(user)
        await (await own_passkey(user, passkey_id)).delete()
        await note_removed(forum, user, "passkey")


# Showing one: as the second factor, or to prove afresh who one is


@action
async def begin_showing(forum: Forum, user: User, purpose: str) -> str:
    """What the browser is told, as JSON, to ask for one of this person's passkeys."""
    party = named_party(forum.settings)
    async with forum.write():
        await user_now(user)
        own = await passkeys_of(user)
        challenge = await make_challenge(forum, purpose, user.id)
    return _asking(party, challenge, own)


@action
async def show_passkey(forum: Forum, user: User, purpose: str, sent: str) -> str:
    """The session has its second factor, and a new token, which is returned."""
    answer = read_answer(sent)
    passkey = await _by_credential(answer)
    if passkey and passkey.person_id != user.id:
        passkey = None
    checked = check_use(party_of(forum.settings), answer, passkey)
    async with forum.write():
        user = await user_now(user)
        is_open = await take_challenge(forum, answer, purpose, user.id)
        if is_open and passkey and checked.is_right and await _note_use(forum, passkey, checked):
            token = await note_factor(forum, user)
            await record(forum, user, ACTS[purpose], "session", user.session_id, by="passkey")
        else:
            token = ""
            await _refuse(forum, user, passkey, checked, purpose)
    if not token:
        raise Invalid(WRONG)
    return token


# Signing in with nothing else


@action
async def begin_sign_in(forum: Forum) -> str:
    """What the browser is told, as JSON, to ask for whatever passkey of this service its owner chooses."""
    party = named_party(forum.settings)
    async with forum.write():
        challenge = await make_challenge(forum, "sign-in", None)
    return _asking(party, challenge, [])


async def owner_of(sent: str) -> str:
    """The address of whose passkey this would be; "" when there is none. Nothing in it is checked yet."""
    answer = read_answer(sent)
    passkey = await _by_credential(answer)
    return passkey.person.email if passkey else ""


@action
async def sign_in_with_passkey(
    forum: Forum, sent: str, place: str, old_token: str, device: str = "", known_by: str = ""
) -> tuple[str, str]:
    """A new session's token, and whose address it is; else as in actions/sessions.py."""
    answer = read_answer(sent)
    passkey = await _by_credential(answer)
    if passkey and answer and answer.user_handle.encode() != _handle(passkey.person_id):
        passkey = None
    checked = check_use(party_of(forum.settings), answer, passkey)
    async with forum.end_right() if old_token else forum.write():
        is_open = await take_challenge(forum, answer, "sign-in", None)
        # It locks the person: who is shut out in this moment has no session left over.
        is_right = passkey and is_open and checked.is_right and await _hold(passkey.person_id)
        if passkey and is_right and await _note_use(forum, passkey, checked):
            person = passkey.person
            session_id, token = await begin_session(forum, person, place, old_token, device, known_by, has_factor=True)
            await record(forum, person, "sign_in", "session", session_id, by="passkey")
        else:
            token = ""
            await _refuse(forum, None, passkey, checked, "sign-in")
    if not token or passkey is None:
        raise Invalid(WRONG)
    return token, passkey.person.email


async def _by_credential(answer: Answer | None) -> Passkey | None:
    """The passkey that the answer names, with its person."""
    if answer is None:
        return None
    return await Passkey.get_or_none(credential_id=answer.credential_id).select_related("person")


def _asking(party: Party, challenge: bytes, allowed: list[Passkey]) -> str:
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=TIMEOUT,
        allow_credentials=_descriptors(allowed),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def _descriptors(passkeys: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.credential_id)) for passkey in passkeys]


def _handle(person_id: int) -> bytes:
    """By what a passkey knows whose it is: a random number, and nothing that says who."""
    return str(person_id).encode()


def _check_name(name: str) -> str:
    try:
        name = " ".join(as_text(name).split())
    except ValueError as fault:
        raise Invalid({"name": f"This {fault}."}) from None
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid({"name": f"Give it a name of 1 to {LONGEST_NAME} characters, such as “My phone”."})
    return name


async def _hold(person_id: int) -> bool:
    """Inside a transaction: lock the person. False when they are shut out."""
    return bool(
        await select(
            """UPDATE person SET name = name WHERE id = $1 AND suspended_at IS NULL AND deactivated_at IS NULL
            RETURNING id""",
            person_id,
        )
    )


async def _note_use(forum: Forum, passkey: Passkey, checked: Checked) -> bool:
    """False when it was removed in this moment, or used by somebody else who has counted as far."""
    return bool(
        await select(
            """UPDATE passkey SET sign_count = $1, last_used_at = $2 WHERE id = $3
            AND (sign_count < $1 OR (sign_count = 0 AND $1 = 0)) RETURNING id""",
            checked.sign_count,
            forum.clock(),
            passkey.id,
        )
    )


async def _refuse(forum: Forum, user: User | None, passkey: Passkey | None, checked: Checked, purpose: str) -> None:
    why = {"why": "count_went_back"} if checked.is_copy else {}
    await record(forum, user, "refuse_passkey", "passkey", passkey.id if passkey else None, purpose=purpose, **why)
