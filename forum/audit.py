"""The audit log: every act of policy is one row, sealed with a keyed hash over itself and the row before it.

Rows hold ids and fixed words, never a name, an address or a free text: what a person wrote stays where it is stored and
can be erased there. Who alters the database without the service's secret cannot seal a row so that it fits; rows taken
off the end show against a head that was exported before.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import msgspec

from forum.context import Forum
from forum.database import as_time, is_in_transaction, select
from forum.models import AuditHead, AuditRow, Person
from forum.permissions import User

ACTS = {
    "sign_in": "Signed in",
    "refuse_sign_in": "Refused a sign-in",
    "sign_out": "Signed out",
    "create_account": "Made an account",
    "set_password": "Set a password",
    "change_password": "Changed their password",
    "refuse_password": "Refused a wrong present password",
    "prove": "Showed that it is them",
    "refuse_proof": "Refused a proof that it is them",
    "refuse_passkey": "Refused a passkey",
    "show_factor": "Showed a second factor",
    "refuse_factor": "Refused a second factor",
    "add_factor": "Added a second factor",
    "remove_factor": "Took a second factor away",
    "renew_codes": "Made new recovery codes",
    "reset_factors": "Took all second factors of an account away",
    "ask_reset": "Asked for a new password",
    "reset_password": "Set a new password by a link",
    "ask_address": "Asked for another address",
    "change_address": "Changed their address",
    "end_session": "Ended a sign-in",
    "end_other_sessions": "Ended all other sign-ins",
    "end_sessions": "Signed somebody out everywhere",
    "suspend_account": "Suspended an account",
    "reinstate_account": "Ended a suspension",
    "deactivate_account": "Deactivated an account",
    "reactivate_account": "Made an account active again",
    "set_site_role": "Gave or took a role on the service",
    "read_person": "Looked at a person’s account",
    "publish_terms": "Published a version of the terms or of the words on consent",
    "accept_terms": "Accepted the terms and house rules",
    "give_consent": "Consented to the processing of political opinions",
    "withdraw_consent": "Did not, or no longer, consent to the processing of political opinions",
    "ask_to_join": "Asked to join",
    "prove_application": "Confirmed the address of a sign-up",
    "vouch": "Vouched for a sign-up",
    "decline_vouch": "Did not vouch for a sign-up",
    "read_application": "Looked at a sign-up",
    "approve_application": "Approved a sign-up",
    "refuse_application": "Refused a sign-up",
    "clear_applications": "Deleted what old sign-ups said",
    "add_council": "Added a council",
    "add_domain": "Approved a council’s domain",
    "remove_domain": "Took a council’s domain away",
    "invite": "Invited somebody",
    "withdraw_invitation": "Withdrew an invitation",
    "accept_invitation": "Accepted an invitation",
    "create_group": "Made a group",
    "add_member": "Put a person into a group",
    "remove_member": "Took a person out of a group",
    "leave_group": "Left a group",
    "set_term": "Set the last day of a membership",
    "close_membership": "Closed a membership whose time was over",
    "visit_group": "Opened a group they do not belong to",
    "end_visit": "Ended their visit to a group",
    "hide_post": "Hid a post",
    "restore_post": "Restored a post",
    "create_theme": "Made a theme",
    "propose_theme": "Proposed a theme",
    "accept_theme": "Accepted a proposed theme",
    "edit_theme": "Edited a theme",
    "move_theme": "Moved a theme",
    "merge_theme": "Merged a theme into another",
    "undo_merge": "Undid a merge of themes",
    "retire_theme": "Retired a theme",
    "revive_theme": "Brought a theme back",
    "import_codebook": "Brought in a codebook",
    "export_codebook": "Downloaded the codebook",
    "export_figures": "Downloaded working figures",
    "approve_quote": "Approved a quote",
    "withdraw_quote": "Withdrew a quote",
    "draft_release": "Drafted a release",
    "clear_finding": "Cleared a finding in a release",
    "check_release": "Checked a release",
    "return_release": "Sent a release back",
    "sign_off_release": "Signed off a release",
    "issue_release": "Issued a release",
    "discard_release": "Discarded a release",
    "export_release": "Downloaded a file of a release",
    "commit": "Wrote down what is done about a theme",
    "change_commitment": "Changed what is done about a theme",
    "tell": "Told those who raised a theme",
    "import_archive": "Brought in an archive",
    "export_archive": "Wrote everything into an archive",
    "read_audit": "Read the audit log",
}
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # no space and no @: neither a name nor an address fits
BATCH = 2000
COLUMNS = "number, at, actor_id, act, subject, subject_id, details, previous, mac"


# Writing


async def record(
    forum: Forum,
    user: User | Person | None,
    act: str,
    subject: str = "",
    subject_id: int | None = None,
    /,
    **details: Any,
) -> None:
    """Inside an open transaction, and last in it: keep that `user` (None: the terminal, or the service) did this.

    The first statement takes the log's one lock until the commit. Nothing may be locked after it: of two writers, one
    would hold what the other waits for.
    """
    if not is_in_transaction():
        raise RuntimeError("An act is recorded in the transaction that does it.")
    if act not in ACTS or not all(map(is_fixed, (subject or "x", *details.values()))):
        raise ValueError(f"{act} cannot be recorded: it is unknown, or brings more than ids and fixed words.")
    [head] = await select("UPDATE audit_head SET number = number + 1 WHERE id = 1 RETURNING number, mac")
    number, previous = int(head["number"]), str(head["mac"])
    actor_id, at = user.id if user else None, forum.clock()
    told = msgspec.json.encode(details, order="sorted").decode()
    mac = seal(key_of(forum.secret), canonical(number, at, actor_id, act, subject, subject_id, told, previous))
    await AuditRow.create(
        number=number,
        at=at,
        actor_id=actor_id,
        act=act,
        subject=subject,
        subject_id=subject_id,
        details=told,
        previous=previous,
        mac=mac,
    )
    await AuditHead.filter(id=1).update(mac=mac)


def is_fixed(value: object) -> bool:
    """Whether it is an id, a number, a yes or no, nothing, or one word as programs choose them."""
    return value is None or isinstance(value, int) or (isinstance(value, str) and bool(WORD.fullmatch(value)))


# Sealing


def key_of(secret: bytes) -> bytes:
    """The log's own key: what is sealed for another purpose with the same secret never fits here."""
    return hmac.digest(secret, b"audit log", "sha256")


def canonical(
    number: int,
    at: datetime,
    actor_id: int | None,
    act: str,
    subject: str,
    subject_id: int | None,
    details: str,
    previous: str,
) -> bytes:
    """The one form in which a row is sealed: a JSON list, the time in UTC as RFC 3339 has it. It can never change."""
    return msgspec.json.encode([number, at.astimezone(UTC), actor_id, act, subject, subject_id, details, previous])


def seal(key: bytes, row: bytes) -> str:
    return hmac.digest(key, row, "sha256").hex()


# Verifying


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the log stood: the number and seal of its last row."""

    number: int
    mac: str

    @classmethod
    async def read(cls, select: Callable[..., Any]) -> Self:
        [row] = await select("SELECT number, mac FROM audit_head")
        return cls(row["number"], row["mac"])


@dataclass(frozen=True, slots=True)
class Verified:
    """How many rows fit together, and what is wrong with the next one; "" when nothing is."""

    rows: int
    mac: str
    wrong: str = ""


async def verify(select: Callable[..., Any], secret: bytes, exported: Head | None = None) -> Verified:
    """Walk the whole log, a batch at a time, up to the first row that does not fit: with the rows before it, with its
    seal, with the `exported` head, or with where the service says that the log ends. Others may write meanwhile."""
    key, last, previous = key_of(secret), 0, ""
    head = await Head.read(select)
    rows = await _batch(select, -(2**63))
    while rows:
        for row in rows:
            if wrong := _wrong(key, row, last, previous):
                return Verified(last, previous, wrong)
            last, previous = row["number"], row["mac"]
            if exported and last == exported.number and previous != exported.mac:
                return Verified(last - 1, row["previous"], f"Row {last} is not the one that the head was exported of.")
        rows = await _batch(select, last)
    for name, least in ("the exported head", exported), ("the service", head):
        if least and last < least.number:
            words = f"Row {last + 1} is missing: by {name} there are {least.number:,} rows."
            return Verified(last, previous, words)
    head = await Head.read(select)
    if last > head.number or (last == head.number and previous != head.mac):
        return Verified(last, previous, f"Row {last} is not the one at which the service says that the log ends.")
    return Verified(last, previous)


async def _batch(select: Callable[..., Any], after: int) -> list[dict[str, Any]]:
    return await select(  # type: ignore[no-any-return]
        f"SELECT {COLUMNS} FROM audit_row WHERE number > $1 ORDER BY number LIMIT {BATCH}", after
    )


def _wrong(key: bytes, row: dict[str, Any], last: int, previous: str) -> str:
    """Why this row cannot come after row `last` with the seal `previous`, or ""."""
    number, *values, mac = row.values()
    if number != last + 1:
        if number < 1:
            return f"Row {number} was put in: rows count from 1."
        return f"Row {last + 1} is missing: after row {last} comes row {number}."
    if row["previous"] != previous:
        return f"Row {number} was changed: it does not follow on row {last}."
    try:
        at, *others = values
        fits = seal(key, canonical(number, as_time(at), *others)) == mac
    except (TypeError, ValueError, AttributeError):
        fits = False
    if fits:
        return ""
    return f"Row {number} was changed, or written with another secret than that of these settings."
