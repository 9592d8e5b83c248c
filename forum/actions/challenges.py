"""What a passkey is asked to sign, and whether its answer is right. A challenge is good once, for one purpose and one
person, for five minutes. An answer comes from outside whole: until it is checked, nothing in it is believed.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    generate_challenge,
    parse_client_data_json,
)

from forum.context import Forum
from forum.database import select
from forum.errors import Invalid
from forum.models import Challenge, Passkey
from forum.settings import Settings, is_loopback

LASTS = timedelta(minutes=5)
MOST_ANSWER = 20_000  # characters: one with a chain of certificates has some 8,000
MOST_CREDENTIAL_ID = 1023  # bytes, as the standard has it


@dataclass(frozen=True, slots=True)
class Party:
    """What passkeys belong to: the service by its name, `id`. Browsers know none for a bare IP address, and there it is
    "". `hosts` are the names at which passkeys work, `origins` the same as browsers say them."""

    id: str
    hosts: tuple[str, ...]
    origins: tuple[str, ...]


def party_of(settings: Settings) -> Party:
    """On loopback it is localhost, whatever number the service listens at."""
    site, host = urlsplit(settings.site.url or "http://127.0.0.1"), settings.hosts[0]
    name = "localhost" if is_loopback(host) else "" if _is_number(host) else host
    hosts = dict.fromkeys(it for it in (name, *settings.hosts) if name and (it == name or it.endswith(f".{name}")))
    usual = {"http": 80, "https": 443}[site.scheme]
    port = f":{site.port}" if site.port not in (None, usual) else ""
    return Party(name, tuple(hosts), tuple(f"{site.scheme}://{it}{port}" for it in hosts))


def named_party(settings: Settings) -> Party:
    """Invalid where no passkey can be made or used."""
    party = party_of(settings)
    if not party.id:
        raise Invalid("Passkeys do not work here: the service is reached at a number and has no name.")
    return party


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def make_challenge(forum: Forum, purpose: str, person_id: int | None) -> bytes:
    """Inside a transaction. Of somebody who is known only the newest for a purpose is open."""
    challenge, now = generate_challenge(), forum.clock()
    await Challenge.filter(expires_at__lte=now).delete()
    if person_id is not None:
        await Challenge.filter(person_id=person_id, purpose=purpose).delete()
    await Challenge.create(
        challenge=bytes_to_base64url(challenge), purpose=purpose, person_id=person_id, expires_at=now + LASTS
    )
    return challenge


async def take_challenge(forum: Forum, answer: Answer | None, purpose: str, person_id: int | None) -> bool:
    """Inside a transaction: whether it was open for this. It no longer is, whatever the answer is worth."""
    if answer is None:
        return False
    rows = await select(
        f"""DELETE FROM challenge WHERE challenge = $1 AND purpose = $2 AND expires_at > $3
        AND person_id {"IS NULL" if person_id is None else "= $4"} RETURNING id""",
        bytes_to_base64url(answer.challenge),
        purpose,
        forum.clock(),
        *([] if person_id is None else [person_id]),
    )
    return bool(rows)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser sent: as it came, and which challenge and credential it says it is about."""

    credential: dict[str, Any]
    challenge: bytes
    credential_id: str
    user_handle: str


def read_answer(text: str) -> Answer | None:
    """None for what is no answer at all."""
    if len(text) > MOST_ANSWER:
        return None
    # What is hostile fails in many ways: as text, as base64, as JSON that is wrong or too deep, as CBOR. It is all one.
    try:
        credential = json.loads(text)
        response = credential["response"]
        challenge = parse_client_data_json(base64url_to_bytes(response["clientDataJSON"])).challenge
        handle = base64url_to_bytes(response.get("userHandle") or "").decode()
        credential_id = bytes_to_base64url(base64url_to_bytes(credential["id"]))
    except Exception:
        return None
    return Answer(credential, challenge, credential_id, handle)


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """The public half of a credential that was just made."""

    credential_id: str
    public_key: str
    sign_count: int


def check_new(party: Party, answer: Answer | None) -> NewPasskey | None:
    """What was made for this service, by somebody whom their device knows; else None."""
    if answer is None:
        return None
    try:
        made = verify_registration_response(
            credential=answer.credential,
            expected_challenge=answer.challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
        )
        # The library reads the key only when something is signed with it: one that is none would never work.
        decoded_public_key_to_cryptography(decode_credential_public_key(made.credential_public_key))
    except Exception:
        return None
    if len(made.credential_id) > MOST_CREDENTIAL_ID:
        return None
    public_key = bytes_to_base64url(made.credential_public_key)
    return NewPasskey(bytes_to_base64url(made.credential_id), public_key, made.sign_count)


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether the answer is right, with the passkey's new count. `is_copy`: it is signed by the passkey, but its count
    went back, as that of a copy does."""

    is_right: bool
    sign_count: int = 0
    is_copy: bool = False


def check_use(party: Party, answer: Answer | None, passkey: Passkey | None) -> Checked:
    if answer is None or passkey is None:
        return Checked(False)
    for known in (passkey.sign_count, 0):
        try:
            used = verify_authentication_response(
                credential=answer.credential,
                expected_challenge=answer.challenge,
                expected_rp_id=party.id,
                expected_origin=list(party.origins),
                credential_public_key=base64url_to_bytes(passkey.public_key),
                credential_current_sign_count=known,
                require_user_verification=True,
            )
        except Exception:
            continue
        return Checked(known == passkey.sign_count, used.new_sign_count, known != passkey.sign_count)
    return Checked(False)
