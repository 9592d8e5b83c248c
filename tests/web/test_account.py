"""One's own account: its password, its address, and the browsers that are signed in to it."""

import asyncio
import re
from datetime import timedelta

import pytest

from forum.actions.people import set_password
from forum.actions.resets import send_reset
from forum.audit import ACTS
from forum.models import AuditRow, Job, Link, Person, Session
from tests.cast import PASSWORD, Browser, user
from tests.conftest import with_settings
from tests.post_office import empty_the_queue, kept_letters, text_of

AMINA, NEW = "amina@demo.example", "new@demo.example"
BETTER = "purple turnips in the attic"
LINK = re.compile(r"http://127\.0\.0\.1:8000(/(?:address|reset)/\S+)")
pytestmark = pytest.mark.usefixtures("letters_by_hand")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:133.0) Gecko/20100101 Firefox/133.0"


def advance(forum, **time: float) -> None:
    clock = forum.clock
    forum.clock = lambda: clock() + timedelta(**time)


async def letters(forum, about: str = "") -> dict[str, str]:
    """The letters there are by now with these words in their subject: what each address got."""
    await empty_the_queue(forum, reset=send_reset)
    return {letter["To"]: text_of(letter) for letter in kept_letters(forum) if about in letter["Subject"]}


async def sign_in(browser: Browser, email: str = AMINA, password: str = PASSWORD) -> int:
    return (await browser.send_form("/sign-in", email=email, password=password)).status_code


async def acts(*wanted: str) -> list[tuple[str, int | None]]:
    rows = await AuditRow.filter(act__in=wanted).order_by("number")
    return [(row.act, row.actor_id) for row in rows]


# The account


async def test_the_account_shows_what_is_kept_about_one(signed_in):
    ruth = await signed_in("ruth")
    page = (await ruth.get("/account")).text
    for words in "Ruth", "ruth@demo.example", "LGA", "Finance", "Whistleblowing", "Facilitator":
        assert words in page, words
    amina = await signed_in("amina")
    page = (await amina.get("/account")).text
    assert "Leeds" in page and "Adult social care" in page
    for words in "ruth@demo.example", "Finance", "Whistleblowing":
        assert words not in page


# The password


async def test_amina_changes_her_password_and_goes_on_alone(forum, signed_in):
    amina, phone = await signed_in("amina"), await signed_in("amina")
    token = amina.cookies["session"]
    answer = await amina.send_form("/account/password", password=PASSWORD, new=BETTER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?done=password")
    assert (await amina.get("/account?done=password")).status_code == 200
    assert (await phone.get("/groups")).status_code == 303
    stranger = await signed_in(None)
    stranger.cookies.set("session", token)
    assert (await stranger.get("/groups")).status_code == 303, "the token of before lets nobody in"
    assert [await sign_in(stranger), await sign_in(stranger, password=BETTER)] == [422, 303]
    told = await letters(forum, "password was changed")
    assert told.keys() == {AMINA} and BETTER not in told[AMINA] and "/reset" in told[AMINA]
    assert await acts("change_password") == [("change_password", (await user("amina")).id)]


@pytest.mark.parametrize(
    ("present", "new", "words"),
    [
        ("not her password", BETTER, "not your present password"),
        ("", BETTER, "not your present password"),
        (PASSWORD, "turnip", "12 to 128"),
        (PASSWORD, "x" * 129, "12 to 128"),
        (PASSWORD, "amina-leeds-2026", "made of your name"),
        (PASSWORD, "amina@demo.example", "made of your name"),
        (PASSWORD, "Councillors2026", "made of your name"),
        (PASSWORD, "password12345", "common"),
    ],
)
async def test_what_is_no_change_changes_nothing(forum, signed_in, present, new, words):
    amina, phone = await signed_in("amina"), await signed_in("amina")
    answer = await amina.send_form("/account/password", password=present, new=new)
    assert answer.status_code == 422 and words in answer.text
    assert answer.text.count('value=""') == 2, "what was typed is not shown again"
    assert (await phone.get("/groups")).status_code == 200
    assert await sign_in(await signed_in(None)) == 303
    refused = "refuse_password" if words.startswith("not") else ""
    assert await acts("refuse_password") == ([(refused, (await user("amina")).id)] if refused else [])


@with_settings(sign_in={"tries_per_account": 3})
async def test_who_finds_a_browser_open_cannot_try_passwords_for_long(signed_in):
    amina, gareth = await signed_in("amina"), await signed_in("gareth")
    tries = [(await amina.send_form("/account/password", password=f"try {n}", new=BETTER)) for n in range(3)]
    tries.append(await amina.send_form("/prove", password="try 4"))
    assert [answer.status_code for answer in tries] == [422, 422, 422, 429]
    assert tries[-1].headers["retry-after"] == "900"
    assert (await gareth.send_form("/account/password", password=PASSWORD, new=BETTER)).status_code == 303


async def test_two_changes_at_once_are_one(forum, signed_in):
    amina, phone = await signed_in("amina"), await signed_in("amina")
    answers = await asyncio.gather(
        amina.send_form("/account/password", password=PASSWORD, new=BETTER),
        phone.send_form("/account/password", password=PASSWORD, new=f"{BETTER} too"),
    )
    assert sorted(answer.headers.get("location", "") for answer in answers)[-1] == "/account?done=password"
    assert await acts("change_password") == [("change_password", (await user("amina")).id)]
    assert await Session.filter(person__email=AMINA, ended_at=None).count() == 1


@pytest.mark.parametrize("end", ["another password", "suspended"])
async def test_who_signs_in_at_the_moment_that_ends_it_is_not_let_in(forum, signed_in, monkeypatch, end):
    verify = forum.passwords.verify

    async def verify_slowly(stored, password):
        is_right = await verify(stored, password)
        if end == "suspended":
            await Person.filter(email=AMINA).update(suspended_at=forum.clock())
        else:
            await set_password(forum, AMINA, BETTER)
        return is_right

    monkeypatch.setattr(forum.passwords, "verify", verify_slowly)
    assert await sign_in(await signed_in(None)) == 422
    assert not await Session.exists()


async def test_a_password_set_from_the_terminal_is_told_and_ends_links(forum, signed_in):
    stranger = await signed_in(None)
    await stranger.send_form("/reset", email=AMINA)
    link = LINK.search((await letters(forum, "Set a new"))[AMINA]).group(1)
    await set_password(forum, AMINA, BETTER)
    assert (await stranger.get(link)).status_code == 404
    assert (await letters(forum, "password was changed")).keys() == {AMINA}


# The address


async def ask_address(browser: Browser, email: str = NEW):
    return await browser.send_form("/account/address", email=email)


async def link_to(forum, email: str = NEW) -> str:
    return LINK.search((await letters(forum, "Is this your new"))[email]).group(1)


async def test_amina_changes_her_address_by_the_link_that_goes_there(forum, signed_in):
    amina, stranger = await signed_in("amina"), await signed_in(None)
    answer = await ask_address(amina, "New@Demo.example")
    assert answer.headers["location"] == "/account?done=address-asked"
    link = await link_to(forum)
    asked = await letters(forum, "asked to change")
    assert asked.keys() == {AMINA} and NEW not in asked[AMINA] and "/address/" not in asked[AMINA]
    for _ in range(3):  # mail scanners look at links
        assert (await stranger.get(link)).status_code == 200
    assert await sign_in(stranger) == 303
    opened = await signed_in(None)
    assert (await opened.send_form(link)).headers["location"] == "/sign-in?done=address"
    assert [await sign_in(await signed_in(None)), await sign_in(await signed_in(None), NEW)] == [422, 303]
    assert (await amina.get("/account")).text.count(NEW) == 1
    told = await letters(forum, "address was changed")
    assert told.keys() == {AMINA, NEW} and NEW not in told[AMINA]
    again = await opened.send_form(link)
    assert again.status_code == 404 and "does not work" in again.text
    amina_id = (await Person.get(email=NEW)).id
    assert await acts("ask_address", "change_address") == [("ask_address", amina_id), ("change_address", amina_id)]


async def test_in_her_own_browser_she_comes_back_to_her_account_which_knows_the_browser_still(forum, signed_in):
    amina = await signed_in("amina")
    await ask_address(amina)
    before = amina.cookies["device"]
    assert (await amina.send_form(await link_to(forum))).headers["location"] == "/account?done=address"
    assert amina.cookies["device"] != before


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("nobody", "email address"),
        (AMINA, "your address already"),
        ("x@y.example\r\nBcc: z@y.example", "email address"),
    ],
)
async def test_what_is_no_new_address_is_refused(forum, signed_in, email, words):
    amina = await signed_in("amina")
    answer = await ask_address(amina, email)
    assert answer.status_code == 422 and words in answer.text
    assert not await Link.exists()
    assert not await letters(forum, "address")


async def test_a_taken_address_is_answered_like_a_free_one_and_not_given(forum, signed_in, without_chance):
    amina = await signed_in("amina")
    free, taken = [without_chance(await ask_address(amina, email)) for email in (NEW, "gareth@demo.example")]
    assert free == taken
    answer = await amina.send_form(await link_to(forum, "gareth@demo.example"))
    assert answer.status_code == 422 and "another account" in answer.text
    assert await Person.filter(email="gareth@demo.example").count() == 1


async def test_the_same_address_for_two_at_once_goes_to_one(forum, signed_in):
    links = []
    for name in "amina", "gareth":
        await ask_address(await signed_in(name))
        links.append(await link_to(forum))
        for path in (forum.settings.data / "mail").iterdir():
            path.unlink()
    strangers = [await signed_in(None) for _ in range(20)]
    answers = await asyncio.gather(*(stranger.send_form(links[n % 2]) for n, stranger in enumerate(strangers)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(303) == 1 and set(statuses) <= {303, 404, 422}
    assert await Person.filter(email=NEW).count() == 1


async def test_a_link_ends_with_time_with_another_one_and_with_a_new_password(forum, signed_in):
    amina, stranger = await signed_in("amina"), await signed_in(None)
    await ask_address(amina)
    first = await link_to(forum)
    await ask_address(amina, "newer@demo.example")
    second = await link_to(forum, "newer@demo.example")
    assert (await stranger.get(first)).status_code == 404
    assert (await stranger.get(second)).status_code == 200
    await amina.send_form("/account/password", password=PASSWORD, new=BETTER)
    assert (await stranger.send_form(second)).status_code == 404
    await ask_address(amina, "newest@demo.example")
    third = await link_to(forum, "newest@demo.example")
    advance(forum, hours=23)
    assert (await stranger.get(third)).status_code == 200
    advance(forum, hours=2)
    assert (await stranger.get(third)).status_code == 404
    assert (await stranger.send_form(third)).status_code == 404
    assert await Person.exists(email=AMINA)


# Sign-ins


async def test_each_browser_is_listed_in_few_words_and_this_one_is_marked(forum, signed_in):
    phone = await signed_in(None, address="203.0.113.9")
    phone.headers["user-agent"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1"
    await sign_in(phone)
    amina = await signed_in(None)
    amina.headers["user-agent"] = FIREFOX
    await sign_in(amina)
    page = (await amina.get("/account/sessions")).text
    [_, *rows] = re.findall(r"<tr.*?</tr>", page, re.DOTALL)
    assert len(rows) == 2
    assert "Firefox on Windows" in rows[0] and "This browser" in rows[0] and "<form" not in rows[0]
    assert "Safari on iPhone" in rows[1] and "This browser" not in rows[1] and "A place that was new" in rows[1]
    for secret in "203.0.113.9", "133.0", "17_5", "Gecko":
        assert secret not in page
        assert not await Session.filter(device__contains=secret).exists()


async def test_a_place_is_said_to_be_new_or_used_before(forum, signed_in):
    here = await signed_in("amina")
    elsewhere = [await signed_in("amina", address="203.0.113.9") for _ in range(2)]
    rows = re.findall(r"<tr.*?</tr>", (await here.get("/account/sessions")).text, re.DOTALL)[1:]
    places = sorted(re.findall(r"A place [a-z ]+|The place where you are now|Here", " ".join(rows)))
    assert places == ["A place that was new", "A place you had used before", "Here"]
    rows = re.findall(r"<tr.*?</tr>", (await elsewhere[0].get("/account/sessions")).text, re.DOTALL)[1:]
    assert "The place where you are now" in " ".join(rows)


async def test_one_is_ended_or_all_others_and_nobody_elses(forum, signed_in):
    amina, phone, tablet, eve = [await signed_in(name) for name in ("amina", "amina", "amina", "eve")]
    [_, eves] = [await Session.filter(person__email=f"{name}@demo.example").values_list("id", flat=True)
                 for name in ("amina", "eve")]  # fmt: skip
    assert (await amina.send_form(f"/account/sessions/{eves[0]}/end")).status_code == 404
    assert (await eve.get("/groups")).status_code == 200
    page = (await amina.get("/account/sessions")).text
    ends = re.findall(r'action="(/account/sessions/\d+/end)"', page)
    assert len(ends) == 2
    assert (await amina.send_form(ends[0])).headers["location"] == "/account/sessions"
    assert sorted([(await it.get("/groups")).status_code for it in (phone, tablet)]) == [200, 303]
    assert (await amina.send_form(ends[0])).status_code == 404
    await amina.send_form("/account/sessions/end-others")
    assert [(await it.get("/groups")).status_code for it in (amina, phone, tablet, eve)] == [200, 303, 303, 200]
    assert [act for act, _ in await acts("end_session", "end_other_sessions")] == ["end_session", "end_other_sessions"]


async def test_what_ended_or_ran_out_is_not_listed(forum, signed_in):
    phone = await signed_in("amina")
    await phone.send_form("/sign-out")
    await signed_in("amina")
    advance(forum, hours=336, minutes=1)
    amina = await signed_in("amina")
    assert (await amina.get("/account/sessions")).text.count("<tr") == 2


async def test_a_sign_in_with_a_new_device_is_told_once(forum, signed_in):
    amina = await signed_in(None)
    amina.headers["user-agent"] = FIREFOX
    await sign_in(amina)
    told = await letters(forum, "new device")
    assert told.keys() == {AMINA} and "with Firefox on Windows" in told[AMINA] and "/reset" in told[AMINA]
    for _ in range(2):
        await amina.send_form("/sign-out")
        await sign_in(amina)
    moved = await signed_in(None, address="203.0.113.9")  # the same browser, on a train
    moved.cookies.update(amina.cookies)
    await sign_in(moved)
    emptied = await signed_in(None)  # the same kind of browser in the same place, without its cookies
    emptied.headers["user-agent"] = FIREFOX
    await sign_in(emptied)
    assert await Job.filter(key__startswith="letter:new-device").count() == 1
    stranger = await signed_in(None, address="203.0.113.10")
    stranger.headers["user-agent"] = FIREFOX
    await sign_in(stranger)
    assert await Job.filter(key__startswith="letter:new-device").count() == 2


async def test_a_wrong_password_tells_nothing(forum, signed_in):
    stranger = await signed_in(None)
    await sign_in(stranger, password="not her password")
    assert not await Job.exists()


def test_every_act_has_its_words():
    assert {"change_password", "reset_password", "change_address", "end_session"} <= ACTS.keys()
