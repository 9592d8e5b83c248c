"""Signing in, staying and out. The throttle in web/ comes before; here the password and the session."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from forum.actions import action
from forum.context import Forum
from forum.models import Person, Session
from forum.permissions import User, user_of_session

SEEN_EVERY = timedelta(minutes=5)
WARNED_BEFORE = timedelta(hours=1)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def place_of(forum: Forum, address: str) -> str:
    """A keyed hash of a network address: enough to know a place again, not enough to know where it is."""
    return _keyed_hash(forum, f"place {address}")


def device_of(forum: Forum, email: str) -> str:
    """What a browser keeps to show that it was signed in to this account before. It signs nobody in."""
    return _keyed_hash(forum, f"device {email}")


def _keyed_hash(forum: Forum, words: str) -> str:
    return hmac.new(forum.secret, words.encode(), hashlib.sha256).hexdigest()


async def signed_in(forum: Forum, token: str) -> User | None:
    """Who has this token, unless the session ended, sat idle or grew too old."""
    if not token:
        return None
    return await user_of_session(hash_token(token), *forum.session_limits())


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
    if hmac.compare_digest(device.encode(), device_of(forum, email).encode()):
        return "device"
    return place if await Session.filter(person__email=email, place=place).exists() else ""


@action
async def sign_in(forum: Forum, email: str, password: str, place: str, old_token: str) -> str | None:
    """A new session's token, or None. It takes the same time for an unknown address as for a wrong password."""
    person = await Person.get_or_none(email=email, suspended_at=None)
    stored = person.password_hash if person else None
    if not await forum.passwords.verify(stored, password) or person is None or stored is None:
        return None
    stronger = await forum.passwords.hash(password) if forum.passwords.is_outdated(stored) else None
    token, now = secrets.token_urlsafe(32), forum.clock()
    async with forum.end_right() if old_token else forum.write():
        if stronger:
            await Person.filter(id=person.id, password_hash=stored).update(password_hash=stronger)
        await Session.filter(token_hash=hash_token(old_token), ended_at=None).update(ended_at=now)
        await Session.create(
            person_id=person.id, token_hash=hash_token(token), place=place, created_at=now, seen_at=now
        )
    return token


@action
async def sign_out(forum: Forum, user: User) -> None:
    async with forum.end_right():
        await Session.filter(id=user.session_id).update(ended_at=forum.clock())


@action
async def note_seen(forum: Forum, user: User) -> User:
    """Keep that the session is in use."""
    now = forum.clock()
    async with forum.write():
        await Session.filter(id=user.session_id).update(seen_at=now)
    return replace(user, seen_at=now)
