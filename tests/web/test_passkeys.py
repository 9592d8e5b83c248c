"""Passkeys on the pages: added in one's account, used to sign in, after the password, and as a fresh proof."""

import json
from datetime import timedelta

import pytest

from forum.models import AuditRow, Challenge, Passkey, Person, Session
from tests.authenticator import PRESENT, Authenticator
from tests.cast import PASSWORD, Browser
from tests.conftest import with_settings
from tests.post_office import empty_the_queue, kept_letters, text_of

HERE = "/account/second-factor/passkeys"
WRONG = "That passkey did not work."
BY_NAME = {"url": "http://localhost:8000"}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:133.0) Gecko/20100101 Firefox/133.0"
pytestmark = pytest.mark.usefixtures("letters_by_hand")


def advance(forum, **time: float) -> None:
    clock = forum.clock
    forum.clock = lambda: clock() + timedelta(**time)


async def ask(browser: Browser, path: str) -> str:
    answer = await browser.send_form(f"{path}/options")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


async def add(browser: Browser, name: str = "My phone", **device) -> Authenticator:
    phone = Authenticator(**device)
    answer = await browser.send_form(HERE, name=name, credential=phone.make(await ask(browser, HERE)))
    assert answer.status_code == 200 and "Your second factor is set up" in answer.text, answer.text
    return phone


async def come_in(browser: Browser, phone: Authenticator, **fields: str):
    sent = phone.get(await ask(browser, "/sign-in/passkey"))
    return await browser.send_form("/sign-in/passkey", credential=sent, **fields)


# The story


@with_settings(site=BY_NAME)
async def test_amina_adds_a_passkey_and_signs_in_with_it_alone(forum, signed_in):
    amina = await signed_in("amina")
    assert f'href="{HERE}"' in (await amina.get("/account/second-factor")).text
    page = await amina.get(HERE)
    assert 'data-passkey="create"' in page.text and "/static/passkeys." in page.text
    token = amina.cookies["session"]
    phone = await add(amina)
    assert amina.cookies["session"] != token
    page = await amina.get(HERE)
    assert "<bdi>My phone</bdi>" in page.text and "Not yet" in page.text

    page = await (stranger := await signed_in(None)).get("/sign-in?next=/groups")
    assert 'data-passkey="get"' in page.text and 'action="/sign-in/passkey"' in page.text
    answer = await come_in(stranger, phone, next="/groups")
    assert (answer.status_code, answer.headers["location"]) == (303, "/groups")
    assert {"session", "device"} <= set(stranger.cookies)
    page = await stranger.get(HERE)
    assert page.status_code == 200 and "Not yet" not in page.text, "it is a fresh proof too"


async def test_after_the_password_comes_the_passkey(signed_in):
    phone = await add(await signed_in("amina"))
    amina = await signed_in("amina")
    assert (await amina.get("/groups")).headers["location"] == "/second-factor?next=/groups"
    assert 'href="http://localhost:8000/second-factor"' in (await amina.get("/second-factor")).text
    sent = phone.get(await ask(amina, "/second-factor/passkey"))
    wrong = await amina.send_form("/second-factor/passkey", credential=sent.replace("signature", "s"), next="/groups")
    assert wrong.status_code == 422 and WRONG in wrong.text and 'value="/groups"' in wrong.text
    assert (await amina.get("/groups")).status_code == 303
    sent = phone.get(await ask(amina, "/second-factor/passkey"))
    answer = await amina.send_form("/second-factor/passkey", credential=sent, next="/groups")
    assert (answer.status_code, answer.headers["location"]) == (303, "/groups")
    assert (await amina.get("/groups")).status_code == 200
    again = await amina.send_form("/second-factor/passkey", credential="", next="//evil.example")
    assert (again.status_code, again.headers["location"]) == (303, "/")


async def test_a_quarter_of_an_hour_later_it_is_asked_again(forum, signed_in):
    amina = await signed_in("amina")
    phone = await add(amina)
    advance(forum, minutes=16)
    for path in HERE, f"{HERE}/{(await Passkey.get()).id}/remove":
        assert (await amina.get(path)).headers["location"] == f"/prove?next={path}"
    assert (await amina.send_form(f"{HERE}/options")).status_code == 303
    assert (await amina.send_form(HERE, name="x", credential="{}")).status_code == 303
    wrong = await amina.send_form("/prove/passkey", credential="{}", next=HERE)
    assert wrong.status_code == 422 and WRONG in wrong.text
    sent = phone.get(await ask(amina, "/prove/passkey"))
    answer = await amina.send_form("/prove/passkey", credential=sent, next=HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, HERE)
    assert (await amina.get(HERE)).status_code == 200


async def test_a_passkey_is_removed_by_its_owner_alone(signed_in):
    amina, gareth = await signed_in("amina"), await signed_in("gareth")
    phone = await add(amina, "Old <phone>")
    path = f"{HERE}/{(await Passkey.get()).id}/remove"
    for answer in await gareth.get(path), await gareth.send_form(path), await gareth.send_form(f"{HERE}/7/remove"):
        assert answer.status_code == 404
    assert "Old &lt;phone&gt;" in (await amina.get(path)).text
    answer = await amina.send_form(path)
    assert (answer.status_code, answer.headers["location"]) == (303, HERE)
    assert (await amina.get(path)).status_code == 404
    assert (await come_in(await signed_in(None), phone)).status_code == 422


@with_settings(sign_in={"second_factor": True})
async def test_staff_set_one_up_before_their_pages_open_and_keep_it(signed_in):
    ruth = await signed_in("ruth")
    assert (await ruth.get("/work")).headers["location"].startswith("/account/second-factor")
    await add(ruth)
    assert (await ruth.get("/groups")).status_code == 200
    path = f"{HERE}/{(await Passkey.get()).id}/remove"
    answer = await ruth.send_form(path)
    assert answer.status_code == 422 and "for your role" in answer.text
    assert await Passkey.all().count() == 1


# What is refused


async def test_all_refusals_look_alike(forum, signed_in, without_chance):
    phone, olu = await add(await signed_in("amina")), await add(await signed_in("olu"))
    gone = await add(await signed_in("eve"))
    await Person.filter(email="olu@demo.example").update(suspended_at=forum.clock())
    await Passkey.filter(person__email="eve@demo.example").delete()
    stranger, pages = await signed_in(None), set()
    sessions = await Session.all().count()
    for sent in [
        "", "{}", "x" * 10_000, "[" * 10_000, "null",
        phone.get(await ask(stranger, "/sign-in/passkey"), flags=PRESENT),
        phone.get(await ask(stranger, "/sign-in/passkey"), client={"origin": "https://evil.example"}),
        olu.get(await ask(stranger, "/sign-in/passkey")),
        gone.get(await ask(stranger, "/sign-in/passkey")),
        Authenticator(handle=phone.handle).get(await ask(stranger, "/sign-in/passkey")),
    ]:  # fmt: skip
        answer = await stranger.send_form("/sign-in/passkey", credential=sent)
        assert (answer.status_code, "set-cookie" in answer.headers) == (422, False)
        pages.add(without_chance(answer))
    assert len(pages) == 1 and WRONG in pages.pop()
    assert await Session.all().count() == sessions
    assert await AuditRow.filter(act="refuse_passkey").count() == 10


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example", "/x\r\nSet-Cookie: a=b"]
)
async def test_it_leads_nowhere_else(signed_in, target):
    phone, stranger = await add(await signed_in("amina")), await signed_in(None)
    assert (await come_in(stranger, phone, next=target)).headers["location"] == "/"


async def test_what_somebody_calls_it_is_kept_when_it_goes_wrong(signed_in):
    amina = await signed_in("amina")
    answer = await amina.send_form(HERE, name='My "key"', credential="{}")
    assert answer.status_code == 422 and WRONG in answer.text
    answer = await amina.send_form(HERE, name="", credential="{}")
    assert answer.status_code == 422 and "Give it a name" in answer.text
    for name in "x\x00y", "\ufffe":
        assert (await amina.send_form(HERE, name=name, credential="{}")).status_code == 422


async def test_a_script_of_another_site_gets_no_challenge(signed_in):
    stranger = await signed_in(None)
    for path in "/sign-in/passkey/options", "/sign-in/passkey":
        answer = await stranger.post(path, headers={"origin": "https://evil.example"})
        assert answer.status_code == 403
    assert await Challenge.all().count() == 0


async def test_to_look_makes_no_challenge(signed_in):
    amina = await signed_in("amina")
    for path in "/sign-in", HERE, "/prove", "/account/second-factor":
        await amina.get(path)
    await (await signed_in(None)).get("/sign-in")
    assert await Challenge.all().count() == 0


@with_settings(sign_in={"tries_per_address": 2})
async def test_who_tries_often_waits_and_keeps_nobody_else_out(signed_in):
    phone = await add(await signed_in("amina"))
    stranger = await signed_in(None, address="192.0.2.1")
    tries = [await stranger.send_form("/sign-in/passkey", credential=f"{n}") for n in range(3)]
    assert [answer.status_code for answer in tries] == [422, 422, 429]
    assert tries[-1].headers["retry-after"] == "900"
    asked = [(await stranger.send_form("/sign-in/passkey/options")).status_code for _ in range(9)]
    assert asked == [200] * 8 + [429]
    assert (await come_in(await signed_in(None, address="192.0.2.2"), phone)).status_code == 303
    known = await signed_in(None)
    assert (await come_in(known, phone)).status_code == 303
    answer = await stranger.send_form("/sign-in", email="amina@demo.example", password=PASSWORD)
    assert answer.status_code == 303, "the password has a count of its own"


async def test_the_letter_names_the_browser_and_a_known_one_gets_none(forum, signed_in):
    phone, stranger = await add(await signed_in("amina")), await signed_in(None, address="192.0.2.1")
    stranger.headers["user-agent"] = FIREFOX
    for _ in range(2):
        assert (await come_in(stranger, phone)).status_code == 303
    await empty_the_queue(forum)
    assert sum("Firefox on Windows" in text_of(letter) for letter in kept_letters(forum)) == 1
    [first, second] = await Session.filter(device="Firefox on Windows").order_by("created_at")
    assert first.ended_at and not second.ended_at, "to sign in again ends the session of before"


# Where passkeys work


@pytest.mark.parametrize(
    ("changed", "host", "words"),
    [
        ({"site": BY_NAME}, "localhost:8000", 'data-passkey="get"'),
        ({"site": BY_NAME}, "127.0.0.1:8000", 'open <a href="http://localhost:8000/sign-in">'),
        ({"site": {"url": "https://hub.example"}}, "hub.example", 'data-passkey="get"'),
        (
            {"site": {"url": "https://hub.example", "hosts": ["old.example"]}},
            "old.example",
            'open <a href="https://hub.example/sign-in">',
        ),
        ({"site": {"url": "https://10.0.0.5"}}, "10.0.0.5", "Passkeys do not work here"),
    ],
)
async def test_a_page_says_where_passkeys_work(signed_in, host, words):
    answer = await (await signed_in(None)).get("/sign-in", headers={"host": host})
    assert answer.status_code == 200 and words in answer.text
    assert answer.text.count("asskeys work") + answer.text.count("data-passkey") <= 1


@with_settings(site={"url": "https://10.0.0.5"})
async def test_without_a_name_it_is_refused_in_words(signed_in):
    answer = await (await signed_in(None)).send_form("/sign-in/passkey/options")
    assert answer.status_code == 422 and "has no name" in answer.text


@with_settings(site=BY_NAME)
async def test_without_scripts_the_page_says_so_and_the_password_remains(signed_in):
    page = (await (await signed_in(None)).get("/sign-in")).text
    form = page[page.index('action="/sign-in/passkey"') :].split("</form>")[0]
    assert "hidden>Sign in with a passkey</button>" in form and "Passkeys need scripts" in form
    assert 'name="password"' in page


async def test_the_browser_is_told_nothing_about_anybody(signed_in):
    stranger = await signed_in(None)
    told = json.loads(await ask(stranger, "/sign-in/passkey"))
    assert told.pop("challenge") != json.loads(await ask(stranger, "/sign-in/passkey"))["challenge"]
    assert told == {"timeout": 300_000, "rpId": "localhost", "allowCredentials": [], "userVerification": "required"}
