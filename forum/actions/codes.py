"""Codes besides the password: those of an app, and ten for the day when it is gone. Each works once.

What makes the app's codes is kept encrypted, bound to its person, under a key of the service's secret. A recovery code
has 120 bits of chance: nobody finds one by trying, nor from the table, so a keyed hash is enough.
"""

from __future__ import annotations

import base64
import hmac
import logging
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from forum.actions.letters import post_letter
from forum.context import Forum
from forum.database import select
from forum.models import Passkey, Person, RecoveryCode, Totp

CODES, CODE_BYTES, GROUP = 10, 15, 4
STEP = timedelta(seconds=30)
AROUND = (0, -1, 1)  # steps: a clock may be half a minute off, and a code takes a while to type
NONCE_BYTES = 12
logger = logging.getLogger(__name__)
MISREAD = str.maketrans("018", "OIB")  # base32 has letters, and digits from 2 to 7


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody can show besides the password. `codes` are the recovery codes that are left."""

    has_app: bool
    passkeys: int
    codes: int

    def __bool__(self) -> bool:
        return self.has_app or self.passkeys > 0

    @property
    def is_last(self) -> bool:
        """Whether without one of them there is none."""
        return self.has_app + self.passkeys == 1


async def factors_of(person_id: int) -> Factors:
    return Factors(
        await Totp.exists(person_id=person_id, confirmed_at__not_isnull=True),
        await Passkey.filter(person_id=person_id).count(),
        await RecoveryCode.filter(person_id=person_id, used_at=None).count(),
    )


# The app


def new_secret(forum: Forum, person_id: int) -> str:
    """What an app makes codes from, encrypted as it is stored."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(_key(forum, b"app secret")).encrypt(nonce, pyotp.random_base32().encode(), _bound_to(person_id))
    return base64.b64encode(nonce + sealed).decode()


def open_secret(forum: Forum, person_id: int, stored: str) -> str:
    """The letters that an app takes. ValueError when they are another person's, or of another service's secret."""
    sealed = base64.b64decode(stored)
    cipher = AESGCM(_key(forum, b"app secret"))
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(person_id)).decode()
    except InvalidTag:
        raise ValueError("This secret was not stored for this person with this service's secret.") from None


def step_of(forum: Forum, totp: Totp, code: str) -> int | None:
    """The time step whose code this is, now or just before or after."""
    now = int(forum.clock().timestamp() // STEP.total_seconds())
    app = pyotp.TOTP(open_secret(forum, totp.person_id, totp.secret))
    steps = [step for step in AROUND if hmac.compare_digest(app.generate_otp(now + step).encode(), code.encode())]
    return now + steps[0] if steps else None


# Any code


async def use_code(forum: Forum, person_id: int, typed: str) -> bool:
    """Inside a transaction: whether this is a code of theirs that still works. From now on it does not."""
    code = re.sub(r"[\s-]", "", typed)[:100].upper()
    if re.fullmatch(r"[0-9]{6}", code):
        return await _use_app_code(forum, person_id, code)
    return await _use_recovery_code(forum, person_id, code.translate(MISREAD))


async def _use_app_code(forum: Forum, person_id: int, code: str) -> bool:
    totp = await Totp.get_or_none(person_id=person_id, confirmed_at__not_isnull=True)
    if totp is None:
        return False
    try:
        step = step_of(forum, totp, code)
    except ValueError as fault:
        logger.error("A second factor cannot be read: %s", fault)
        return False
    if step is None:
        return False
    # Of two who send it at once one moves the step on. Codes of earlier steps are void from then on, too.
    moved = "UPDATE totp SET last_step = $1 WHERE id = $2 AND last_step < $3 AND confirmed_at IS NOT NULL RETURNING id"
    return bool(await select(moved, step, totp.id, step))


async def _use_recovery_code(forum: Forum, person_id: int, code: str) -> bool:
    used = await select(
        """UPDATE recovery_code SET used_at = $1
        WHERE person_id = $2 AND code_hash = $3 AND used_at IS NULL RETURNING id""",
        forum.clock(),
        person_id,
        _hash(forum, person_id, code),
    )
    if used:
        person, left = await Person.get(id=person_id), (await factors_of(person_id)).codes
        words = {"name": person.name, "at": forum.clock(), "left": left}
        await post_letter(forum, "recovery-code-used", person_id, str(used[0]["id"]), **words)
    return bool(used)


async def make_recovery_codes(forum: Forum, person_id: int) -> list[str]:
    """Inside a transaction: ten new codes, to be shown once. Those of before no longer work."""
    await RecoveryCode.filter(person_id=person_id).delete()
    codes = [base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode() for _ in range(CODES)]
    await RecoveryCode.bulk_create(
        [RecoveryCode(person_id=person_id, code_hash=_hash(forum, person_id, code)) for code in codes]
    )
    return [in_groups(code) for code in codes]


def in_groups(letters: str) -> str:
    """Letters as one reads them from a screen and types them."""
    return "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP)).lower()


def _hash(forum: Forum, person_id: int, code: str) -> str:
    return hmac.digest(_key(forum, b"recovery codes"), f"{person_id} {code}".encode(), "sha256").hex()


def _key(forum: Forum, purpose: bytes) -> bytes:
    """A key of its own for each purpose: what was made for one never fits another."""
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(forum.secret)


def _bound_to(person_id: int) -> bytes:
    return str(person_id).encode()
