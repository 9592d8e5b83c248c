"""An authenticator app as a person has it, and the service's clock to go with it."""

import itertools
from datetime import timedelta

import pyotp

from forum.actions.codes import make_recovery_codes, new_secret, open_secret
from forum.context import Forum
from forum.models import Person, Totp


class App:
    """Codes as the phone shows them, `off` seconds from the service's time."""

    def __init__(self, forum: Forum, secret: str) -> None:
        self._forum = forum
        self._codes = pyotp.TOTP(secret)
        self.secret = secret

    def code(self, off: float = 0) -> str:
        return self._codes.at(self._forum.clock() + timedelta(seconds=off))


async def give_app(forum: Forum, name: str) -> App:
    """They have an app from now on, and had before all of this story."""
    person = await Person.get(email=f"{name}@demo.example")
    stored = new_secret(forum, person.id)
    await Totp.create(
        person_id=person.id, secret=stored, created_at=forum.clock(), confirmed_at=forum.clock(), last_step=0
    )
    return App(forum, open_secret(forum, person.id, stored))


async def give_codes(forum: Forum, name: str) -> list[str]:
    async with forum.write():
        return await make_recovery_codes(forum, (await Person.get(email=f"{name}@demo.example")).id)


def advance(forum: Forum, **time: float) -> None:
    clock = forum.clock
    forum.clock = lambda: clock() + timedelta(**time)


def stand_still(forum: Forum, into: float = 15) -> None:
    """The clock stops `into` seconds of a code's thirty, so that a story knows which code is which."""
    now = forum.clock()
    still = now - timedelta(seconds=now.timestamp() % 30 - into)
    ticks = itertools.count()  # a moment passes all the same: what is read back must have an order
    forum.clock = lambda: still + timedelta(microseconds=next(ticks))
