"""An authenticator app as a person has it, what they do with it in a browser, and the service's clock to go with it."""

import itertools
import re
from datetime import timedelta

import httpx2
import pyotp

from forum.actions.codes import make_recovery_codes, new_secret, open_secret
from forum.actions.resets import send_reset
from forum.context import Forum
from forum.models import AuditRow, Person, Totp
from tests.cast import PASSWORD, Browser
from tests.post_office import empty_the_queue, kept_letters, text_of

OWN = "/account/second-factor"


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


# In a browser


async def letters(forum: Forum, about: str) -> list[tuple[str, str]]:
    await empty_the_queue(forum, reset=send_reset)
    return [(letter["To"], text_of(letter)) for letter in kept_letters(forum) if about in letter["Subject"]]


async def sign_in(browser: Browser, name: str = "amina", password: str = PASSWORD, target: str = "") -> httpx2.Response:
    return await browser.send_form("/sign-in", email=f"{name}@demo.example", password=password, next=target)


async def show(browser: Browser, code: str, **fields: str) -> httpx2.Response:
    return await browser.send_form("/second-factor", code=code, **fields)


async def set_up(forum: Forum, browser: Browser) -> tuple[App, list[str]]:
    """By the page: the app, and the recovery codes that were shown."""
    await browser.send_form(f"{OWN}/app/begin")
    page = (await browser.get(f"{OWN}/app")).text
    found = re.search(r'class="letters"><code>([A-Z2-7 ]+)</code>', page).group(1)
    app = App(forum, found.replace(" ", ""))
    answer = await browser.send_form(f"{OWN}/app", code=app.code())
    assert answer.status_code == 200, answer.text
    return app, codes_on(answer.text)


def codes_on(page: str) -> list[str]:
    return re.findall(r"<li><code>([a-z2-7-]+)</code></li>", page)


async def acts(*wanted: str) -> list[str]:
    return await AuditRow.filter(act__in=wanted).order_by("number").values_list("act", flat=True)
