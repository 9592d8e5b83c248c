"""Letters: each once, to whom it is meant for, and no mail server holds up anybody."""

import asyncio
from collections import Counter
from datetime import timedelta

import msgspec
import pytest
from jinja2 import DictLoader

from forum.actions import action
from forum.actions.jobs import MOST_ATTEMPTS, do_one
from forum.actions.letters import post_letter
from forum.context import Forum
from forum.errors import Misconfigured
from forum.mail import Mail
from forum.models import Job, Person
from tests.cast import user
from tests.conftest import settings_for
from tests.post_office import HANDLERS, PostOffice, empty_the_queue, kept_letters, open_post_office, text_of

SAMPLE = "Hello {{ name }}\n\nDear {{ name }},\n\nlook at {{ url }}/groups.\n\n{{ site }}\n"
AMINA = "amina@demo.example"


@action
async def post(forum: Forum, to: int | str, key: str, name: str = "Amina") -> None:
    async with forum.write():
        await post_letter(forum, "sample", to, key, name=name)


def connect(forum: Forum, office: PostOffice | None = None) -> None:
    """Let the service send through this office, or keep letters in its folder; it knows a letter for tests."""
    settings = forum.settings
    if office:
        mail = msgspec.structs.replace(settings.mail, **office.settings)
        settings = msgspec.structs.replace(settings, mail=mail)
    forum.mail = Mail(settings)
    forum.mail._templates.loader = DictLoader({"sample.txt": SAMPLE})


@pytest.fixture
async def office(forum, letters_by_hand):
    async with open_post_office() as opened:
        connect(forum, opened)
        yield opened


def advance(forum, **time: float) -> None:
    clock = forum.clock
    forum.clock = lambda: clock() + timedelta(**time)


async def test_a_letter_to_a_person_goes_to_the_address_they_have_when_it_is_sent(forum, office):
    amina = await user("amina")
    await post(forum, amina.id, "1")
    await Person.filter(id=amina.id).update(email="new@demo.example")
    assert await empty_the_queue(forum) == 1
    [letter] = office.letters
    assert (letter["Subject"], letter["To"]) == ("Hello Amina", "new@demo.example")
    assert letter["From"] == "Councillors' hub <hub@example.org>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert text_of(letter) == "Dear Amina,\n\nlook at http://127.0.0.1:8000/groups.\n\nCouncillors' hub\n"


async def test_the_same_letter_is_sent_once(forum, office):
    for _ in range(3):
        await post(forum, AMINA, "1")
    await post(forum, AMINA, "2")
    await empty_the_queue(forum)
    assert len(office.letters) == 2
    assert len({letter["Message-ID"] for letter in office.letters}) == 2


async def test_workers_at_the_same_moment_send_each_letter_once(forum, office):
    for number in range(20):
        await post(forum, f"person{number}@demo.example", str(number))

    async def work():
        misses = 0
        while misses < 3:
            misses = 0 if await do_one(forum, HANDLERS) else misses + 1

    await asyncio.gather(*(work() for _ in range(10)))
    assert set(Counter(letter["To"] for letter in office.letters).values()) == {1}
    assert len(office.letters) == 20


@pytest.mark.parametrize("column", ["suspended_at", "deactivated_at"])
async def test_who_is_shut_out_meanwhile_gets_no_letter(forum, office, column):
    amina = await user("amina")
    await post(forum, amina.id, "1")
    await Person.filter(id=amina.id).update(**{column: forum.clock()})
    assert await empty_the_queue(forum) == 1
    assert office.letters == []
    assert (await Job.get()).done_at is not None


async def test_an_address_that_is_refused_for_good_is_given_up_at_once(forum, office):
    office.answers = ["550 No such mailbox"]
    await post(forum, AMINA, "1")
    assert await empty_the_queue(forum) == 1
    job = await Job.get()
    assert (job.attempts, job.failed_at is None, job.payload) == (1, False, "{}")
    advance(forum, days=1)
    assert await empty_the_queue(forum) == 0
    assert office.letters == []


async def test_an_address_that_is_refused_for_now_gets_its_letter_later(forum, office):
    office.answers = ["450 Greylisted", "450 Greylisted"]
    await post(forum, AMINA, "1")
    for minutes in 0, 3, 5:
        advance(forum, minutes=minutes)
        assert await empty_the_queue(forum) == 1
    assert len(office.letters) == 1
    assert (await Job.get()).attempts == 3


async def test_a_server_that_is_away_loses_nothing_until_it_is_given_up(forum, office):
    port, office.port = office.port, 1  # nobody listens there
    connect(forum, office)
    await post(forum, AMINA, "1")
    await post(forum, AMINA, "2")
    for attempt in range(1, 4):
        assert await empty_the_queue(forum) == 2
        advance(forum, minutes=2**attempt, seconds=1)
    office.port = port
    connect(forum, office)
    assert await empty_the_queue(forum) == 2
    assert len(office.letters) == 2
    office.port = 1
    connect(forum, office)
    await post(forum, AMINA, "3")
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert await empty_the_queue(forum) == 1
        advance(forum, minutes=2**attempt, seconds=1)
    assert await empty_the_queue(forum) == 0
    assert await Job.filter(failed_at=None, done_at=None).count() == 0


async def test_a_server_that_refuses_us_altogether_loses_nothing(forum, office):
    """A wrong password in the settings, or a sender it does not take: somebody will mend it."""
    mail = msgspec.structs.replace(forum.settings.mail, **office.settings, username="hub", password="wrong")
    forum.mail = Mail(msgspec.structs.replace(forum.settings, mail=mail))
    forum.mail._templates.loader = DictLoader({"sample.txt": SAMPLE})
    await post(forum, AMINA, "1")
    assert await empty_the_queue(forum) == 1
    assert (await Job.get()).failed_at is None
    connect(forum, office)
    advance(forum, minutes=3)
    await empty_the_queue(forum)
    assert len(office.letters) == 1


async def test_a_server_that_hangs_is_hung_up_on_and_delays_no_page(forum, office, signed_in):
    amina = await signed_in("amina")
    await empty_the_queue(forum)  # what signing in has to tell
    office.letters.clear()
    office.hangs, office.patience = True, 0.5
    connect(forum, office)
    await post(forum, AMINA, "1")
    sending = asyncio.create_task(empty_the_queue(forum))
    while not (await Job.get(key="letter:sample:1")).claimed_at:
        await asyncio.sleep(0.005)
    assert (await amina.get("/groups")).status_code == 200
    assert (await amina.act("/groups/adult-social-care/threads", title="A title", body="Words")).status_code == 303
    assert not sending.done(), "pages were answered while the letter hung"
    await asyncio.wait_for(sending, 10)
    office.hangs, office.patience = False, 20
    connect(forum, office)
    advance(forum, minutes=3)
    await empty_the_queue(forum)
    assert [letter["To"] for letter in office.letters] == [AMINA]


async def test_a_server_that_keeps_somebody_waiting_with_each_word_is_hung_up_on_too(forum, office):
    office.slowness, office.patience = 0.3, 0.5
    connect(forum, office)
    await post(forum, AMINA, "1")
    assert await empty_the_queue(forum) == 1
    assert office.letters == []
    assert (await Job.get()).done_at is None


HOSTILE = "Amina\r\nBcc: everybody@demo.example\r\n\r\nYour password was stolen\u2028\x85\x0bhere"


async def test_a_name_makes_no_header_and_no_paragraph(forum, office):
    await post(forum, AMINA, "1", name=HOSTILE)
    await empty_the_queue(forum)
    [letter] = office.letters
    assert letter["Bcc"] is None and letter["To"] == AMINA
    one_line = "Amina Bcc: everybody@demo.example Your password was stolen here"
    assert letter["Subject"] == f"Hello {one_line}"
    assert f"Dear {one_line}," in text_of(letter).splitlines()


async def test_a_name_is_no_template(forum, office):
    await post(forum, AMINA, "1", name="{{ 7 * 7 }} {% include 'x' %} Łódź <b>&amp;")
    await empty_the_queue(forum)
    assert office.letters[0]["Subject"] == "Hello {{ 7 * 7 }} {% include 'x' %} Łódź <b>&amp;"


async def test_without_a_server_letters_are_put_into_a_folder_for_nobody_else(forum):
    connect(forum)
    await post(forum, AMINA, "1", name="Siân")
    await post(forum, AMINA, "2")
    await empty_the_queue(forum)
    assert {letter["Subject"] for letter in kept_letters(forum)} == {"Hello Siân", "Hello Amina"}
    folder = forum.settings.data / "mail"
    assert folder.stat().st_mode & 0o77 == 0
    assert all(path.stat().st_mode & 0o77 == 0 for path in folder.iterdir())


async def test_a_word_that_is_missing_sends_no_half_letter(forum, office):
    @action
    async def post_half(forum):
        async with forum.write():
            await post_letter(forum, "sample", AMINA, "1")

    await post_half(forum)
    await empty_the_queue(forum)
    assert office.letters == []


@pytest.mark.parametrize(
    ("mail", "name"),
    [
        ({"port": 0}, "mail.port"),
        ({"security": "tsl"}, "mail.security"),
        ({"security": "none", "host": "mail.example.org"}, "mail.security"),
        ({"sender": "hub"}, "mail.sender"),
        ({"timeout_seconds": 0}, "mail.timeout_seconds"),
        ({"timeout_seconds": 301}, "mail.timeout_seconds"),
    ],
)
def test_settings_that_cannot_send_are_named(tmp_path, mail, name):
    with pytest.raises(Misconfigured, match=name):
        settings_for("", tmp_path, mail=mail)


async def test_the_running_service_sends_what_is_due_by_itself(forum, signed_in):
    await (await signed_in(None)).send_form("/reset", email=AMINA)
    async with asyncio.timeout(20):
        while not (letters := kept_letters(forum)):
            await asyncio.sleep(0.05)
    assert "/reset/" in text_of(letters[0])
