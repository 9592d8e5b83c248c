"""Signing in, staying and out. The throttle in web/ comes before; here the password and the session."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from forum.actions import action
from forum.actions.letters import post_letter
from forum.audit import record
from forum.context import Forum
from forum.database import as_time, select
from forum.errors import NotFound
from forum.models import Link, Person, Session
from forum.permissions import User, user_now
from forum.users import user_of_session

SEEN_EVERY = timedelta(minutes=5)
WARNED_BEFORE = timedelta(hours=1)
MOST_LISTED = 100
UNKNOWN_DEVICE = "a browser we do not know"


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def place_of(forum: Forum, address: str) -> str:
    """A keyed hash of a network address: enough to know a place again, not enough to know where it is."""
    return _keyed_hash(forum, f"place {address}")


def device_of(forum: Forum, person: Person) -> str:
    """What a browser keeps to show that it was signed in to this account since it has its password. It signs nobody in;
    with a new password nobody's browser is known any longer, a thief's neither."""
    return _keyed_hash(forum, f"device {person.email} {person.password_hash or ''}")


async def is_device(forum: Forum, email: str, device: str) -> bool:
    person = await Person.get_or_none(email=email) or Person(email=email)
    return hmac.compare_digest(device.encode(), device_of(forum, person).encode())


def _keyed_hash(forum: Forum, words: str) -> str:
    return hmac.new(forum.secret, words.encode(), hashlib.sha256).hexdigest()


async def signed_in(forum: Forum, token: str) -> User | None:
    """Who has this token, unless the session ended, sat idle or grew too old."""
    if not token:
        return None
    return await user_of_session(hash_token(token), *forum.session_limits(), forum.rules())


def is_seen_stale(forum: Forum, user: User) -> bool:
    """Whether the session's last use is to be noted afresh: seldom, but often enough for a session that is short."""
    every = min(SEEN_EVERY, timedelta(hours=forum.settings.sessions.idle_hours) / 10)
    return user.seen_at is not None and forum.clock() - user.seen_at > every


def session_ends(forum: Forum, user: User) -> tuple[datetime, datetime]:
    """When this session ends unless it is used again, and when it ends in any case."""
    assert user.begun_at is not None and user.seen_at is not None, "a person who asked for a page has a session"
    sessions = forum.settings.sessions
    last = user.begun_at + timedelta(hours=sessions.absolute_hours)
    return min(user.seen_at + timedelta(hours=sessions.idle_hours), last), last


def signs_out_at(forum: Forum, user: User) -> datetime | None:
    """When this session ends in any case, if that is soon. Idle it does not end soon for who asks for a page."""
    _, last = session_ends(forum, user)
    before = min(WARNED_BEFORE, timedelta(hours=forum.settings.sessions.absolute_hours) / 10)
    return last if last - forum.clock() < before else None


async def known_by(forum: Forum, email: str, place: str, device: str) -> str:
    """What shows that this account was signed in from here before: "device" for the browser, the place, or ""."""
    if await is_device(forum, email, device):
        return "device"
    return place if await Session.filter(person__email=email, place=place).exists() else ""


@action
async def sign_in(
    forum: Forum, email: str, password: str, place: str, old_token: str, device: str = "", known_by: str = ""
) -> str | None:
    """A new session's token, or None. It takes the same time for an unknown address as for a wrong password.

    `device` is the browser in words; when it is not known by its cookie, nor by having been here before, its owner
    gets a letter."""
    person = await Person.get_or_none(email=email)
    may_come_in = person and not person.suspended_at and not person.deactivated_at
    stored = person.password_hash if person and may_come_in else None
    if not await forum.passwords.verify(stored, password) or person is None or stored is None:
        async with forum.write():
            await record(forum, None, "refuse_sign_in", "person", person.id if person else None)
        return None
    stronger = await forum.passwords.hash(password) if forum.passwords.is_outdated(stored) else None
    async with forum.end_right() if old_token else forum.write():
        # It locks the person: who is shut out, or gets another password, in this moment has no session left over.
        same = Person.filter(id=person.id, password_hash=stored, suspended_at=None, deactivated_at=None)
        if not await same.update(password_hash=stronger or stored):
            return None
        session_id, token = await begin_session(forum, person, place, old_token, device, known_by)
        await record(forum, person, "sign_in", "session", session_id)
    return token


async def begin_session(
    forum: Forum, person: Person, place: str, old_token: str, device: str, known_by: str, has_factor: bool = False
) -> tuple[int, str]:
    """Inside a transaction that has locked the person: a new session's id and token. The one of `old_token` ends."""
    token, now = secrets.token_urlsafe(32), forum.clock()
    was_here = await Session.filter(person_id=person.id, place=place, device=device).exists()
    await Session.filter(token_hash=hash_token(old_token), ended_at=None).update(ended_at=now)
    session = await Session.create(
        person_id=person.id,
        token_hash=hash_token(token),
        place=place,
        created_at=now,
        seen_at=now,
        proved_at=now,
        factor_at=now if has_factor else None,
        device=device,
    )
    if known_by != "device" and not was_here:
        known_as = device or UNKNOWN_DEVICE
        await post_letter(forum, "new-device", person.id, str(session.id), name=person.name, at=now, device=known_as)
    return session.id, token


@action
async def sign_out(forum: Forum, user: User) -> None:
    async with forum.end_right():
        await Session.filter(id=user.session_id).update(ended_at=forum.clock())
        await record(forum, user, "sign_out", "session", user.session_id)


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A browser that is signed in. `was_new_place`: the person had not signed in from there before."""

    id: int
    device: str
    begun_at: datetime
    seen_at: datetime
    is_this: bool
    is_same_place: bool
    was_new_place: bool


async def sessions_of(forum: Forum, user: User) -> list[ListedSession]:
    """Where this person is signed in: this browser first, then the one last in use."""
    idle_since, begun_since = forum.session_limits()
    in_use = Session.filter(person_id=user.id, ended_at=None, seen_at__gt=idle_since, created_at__gt=begun_since)
    sessions = await in_use.order_by("-seen_at", "id").limit(MOST_LISTED)
    by_place = "SELECT place, MIN(created_at) AS at FROM session WHERE person_id = $1 GROUP BY place"
    first_at = {row["place"]: as_time(row["at"]) for row in await select(by_place, user.id)}
    here = {session.place for session in sessions if session.id == user.session_id}
    listed = [
        ListedSession(
            session.id,
            session.device or UNKNOWN_DEVICE,
            session.created_at,
            session.seen_at,
            session.id == user.session_id,
            session.place in here,
            first_at[session.place] >= session.created_at,
        )
        for session in sessions
    ]
    return sorted(listed, key=lambda session: not session.is_this)


@action
async def end_session(forum: Forum, user: User, session_id: int) -> None:
    """Sign one of one's browsers out. NotFound when it is not one's own, or is out already."""
    async with forum.end_right():
        user = await user_now(user)
        own = Session.filter(id=session_id, person_id=user.id, ended_at=None)
        if not await own.update(ended_at=forum.clock()):
            raise NotFound
        await record(forum, user, "end_session", "session", session_id)


@action
async def end_other_sessions(forum: Forum, user: User) -> None:
    """Sign all of one's browsers out but this one. A change of the address that was asked for in one of them is off."""
    async with forum.end_right():
        user = await user_now(user)
        now = forum.clock()
        others = Session.filter(person_id=user.id, ended_at=None).exclude(id=user.session_id)
        await others.update(ended_at=now)
        await Link.filter(person_id=user.id, purpose="address", used_at=None).update(used_at=now)
        await record(forum, user, "end_other_sessions", "person", user.id)


@action
async def note_seen(forum: Forum, user: User) -> User:
    """Keep that the session is in use."""
    now = forum.clock()
    async with forum.write():
        await Session.filter(id=user.session_id).update(seen_at=now)
    return replace(user, seen_at=now)
