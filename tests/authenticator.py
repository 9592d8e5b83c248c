"""An authenticator in software: what a phone or a security key does when a browser asks it for a passkey.

Each answer is what static/passkeys.js puts into the form. Words that are given replace what is right, to make it wrong.
"""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from forum.actions.passkeys import add_passkey, begin_adding, sign_in_with_passkey
from forum.actions.sessions import sign_in, signed_in
from forum.context import Forum
from forum.errors import Invalid
from forum.models import AuditRow
from forum.permissions import User
from tests.cast import PASSWORD

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
ORIGIN = "http://localhost:8000"


@dataclass
class Authenticator:
    """One passkey, as its device has it. `count` goes up with each use; where it is 0 the device does not count, as
    those do not whose passkeys are kept in step between devices."""

    origin: str = ORIGIN
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    handle: str = ""

    def make(self, options: str, **wrong: Any) -> str:
        """The answer to navigator.credentials.create()."""
        told = json.loads(options)
        self.handle = told["user"]["id"]
        wrong.setdefault("flags", PRESENT | VERIFIED | ATTESTED)
        numbers = self.key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        made = wrong.get("aaguid", bytes(16)) + struct.pack(">H", len(self.credential_id)) + self.credential_id
        data = self._data(told["rp"]["id"], wrong) + made + wrong.get("public_key", cbor2.dumps(key))
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", told, wrong)
        return self._answer({"clientDataJSON": client, "attestationObject": attestation}, wrong)

    def get(self, options: str, **wrong: Any) -> str:
        """The answer to navigator.credentials.get()."""
        told = json.loads(options)
        if self.count:
            self.count += 1
        data, client = self._data(told["rpId"], wrong), self._client("webauthn.get", told, wrong)
        key = wrong.get("key", self.key)
        signature = key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self._answer(response | {"userHandle": base64url_to_bytes(wrong.get("handle", self.handle))}, wrong)

    def _data(self, rp_id: str, wrong: dict[str, Any]) -> bytes:
        rp_hash = hashlib.sha256(wrong.get("rp_id", rp_id).encode()).digest()
        return rp_hash + struct.pack(">BI", wrong.get("flags", PRESENT | VERIFIED), wrong.get("count", self.count))

    def _client(self, kind: str, told: dict[str, Any], wrong: dict[str, Any]) -> bytes:
        client = {"type": kind, "challenge": told["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(client | wrong.get("client", {})).encode()

    def _answer(self, response: dict[str, bytes], wrong: dict[str, Any]) -> str:
        credential_id = bytes_to_base64url(self.credential_id)
        encoded = {name: bytes_to_base64url(value) for name, value in response.items()}
        answer = {"id": credential_id, "rawId": credential_id, "type": "public-key", "response": encoded}
        return json.dumps(answer | wrong.get("answer", {}))


# People who use one


async def at(forum: Forum, name: str) -> User:
    """The person, in a session that has just begun."""
    token = await sign_in(forum, f"{name}@demo.example", PASSWORD, "home", "")
    assert token
    return await of(forum, token)


async def of(forum: Forum, token: str) -> User:
    user = await signed_in(forum, token)
    assert user
    return user


async def add(forum: Forum, user: User, name: str = "Phone", **device: Any) -> tuple[Authenticator, User]:
    phone = Authenticator(**device)
    token, _ = await add_passkey(forum, user, name, phone.make(await begin_adding(forum, user)))
    return phone, await of(forum, token)


async def come_in(forum: Forum, sent: str, old_token: str = "", place: str = "home", known: str = "") -> str:
    token, _ = await sign_in_with_passkey(forum, sent, place, old_token, "Firefox on Windows", known)
    return token


async def acts(*wanted: str) -> list[tuple[str, int | None, dict[str, Any]]]:
    rows = await AuditRow.filter(act__in=wanted).order_by("number")
    return [(row.act, row.actor_id, json.loads(row.details)) for row in rows]


async def refusal(doing: Any) -> str:
    with pytest.raises(Invalid) as refused:
        await doing
    return str(refused.value)


def advance(forum: Forum, **time: float) -> None:
    clock = forum.clock
    forum.clock = lambda: clock() + timedelta(**time)
