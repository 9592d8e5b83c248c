"""A fresh proof that it is them, before what would let whoever found a browser open keep the account."""

import re
from datetime import timedelta

import pytest

from forum.actions.addresses import ask_address
from forum.actions.proofs import is_proved, prove, require_proof
from forum.actions.releases import PAPER, check_release, draft_release
from forum.actions.sessions import signed_in as user_of
from forum.errors import Invalid, ProofNeeded
from forum.models import AuditRow, Link, Person, Release, Session
from tests.cast import PASSWORD, new_key, user
from tests.conftest import with_settings

AMINA, NEW, BETTER = "amina@demo.example", "new@demo.example", "purple turnips in the attic"
pytestmark = pytest.mark.usefixtures("letters_by_hand")
ASKS = ["/account/password", "/account/address", "/account/second-factor/app"]


def advance(forum, **time: float) -> None:
    clock = forum.clock
    forum.clock = lambda: clock() + timedelta(**time)


async def test_whoever_has_just_signed_in_is_not_asked_and_a_quarter_of_an_hour_later_is(forum, signed_in):
    amina = await signed_in("amina")
    for path in ASKS[:2]:
        assert (await amina.get(path)).status_code == 200
    advance(forum, minutes=16)
    for path in ASKS:
        asked = await amina.get(path)
        assert (asked.status_code, asked.headers["location"]) == (303, f"/prove?next={path}")
        sent = await amina.post(
            path,
            data={"email": NEW, "password": PASSWORD, "new": BETTER, "code": "1"},
            headers={"origin": amina.site, "referer": f"{amina.site}{path}"},
        )
        assert (sent.status_code, sent.headers["location"]) == (303, f"/prove?next={path}")
    assert not await Link.exists()
    assert (await (await signed_in(None)).send_form("/sign-in", email=AMINA, password=PASSWORD)).status_code == 303


async def test_a_form_is_not_shown_when_there_would_be_no_time_left_to_fill_it_in(forum, signed_in):
    amina = await signed_in("amina")
    advance(forum, minutes=9)
    assert (await amina.get("/account/address")).status_code == 200
    advance(forum, minutes=2)
    assert (await amina.get("/account/address")).status_code == 303
    answer = await amina.send_form("/account/address", email=NEW)
    assert answer.headers["location"] == "/account?done=address-asked", "what she began in time still goes"


async def test_with_the_password_she_goes_on_under_a_new_token(forum, signed_in):
    amina, thief = await signed_in("amina"), await signed_in(None)
    advance(forum, minutes=16)
    page = (await amina.get("/prove?next=/account/password")).text
    assert 'value="/account/password"' in page and 'name="code"' not in page
    before = amina.cookies["session"]
    thief.cookies.set("session", before)
    assert (await thief.get("/")).status_code == 200
    answer = await amina.send_form("/prove", password=PASSWORD, next="/account/password")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/password")
    assert amina.cookies["session"] != before
    assert (await amina.get("/account/password")).status_code == 200
    assert (await thief.get("/")).headers["location"] == "/sign-in"
    assert await Session.all().count() == 1
    assert await AuditRow.filter(act="prove", subject="session").count() == 1


@pytest.mark.parametrize("password", ["", "not her password", "x" * 10_000])
async def test_a_wrong_password_proves_nothing_and_is_kept_in_the_log(forum, signed_in, password):
    amina = await signed_in("amina")
    advance(forum, minutes=16)
    answer = await amina.send_form("/prove", password=password, next="/account/password")
    assert answer.status_code == 422 and "is not right" in answer.text and 'value="/account/password"' in answer.text
    assert password[:100] not in answer.text or not password
    assert (await amina.get("/account/password")).status_code == 303
    row = await AuditRow.get(act="refuse_proof")
    assert row.actor_id == (await user("amina")).id


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_it_leads_to_no_other_site(signed_in, target):
    amina = await signed_in("amina")
    assert f'value="{target}"' not in (await amina.get("/prove", params={"next": target})).text
    assert (await amina.send_form("/prove", password=PASSWORD, next=target)).headers["location"] == "/"


@with_settings(sign_in={"tries_per_account": 3})
async def test_who_finds_a_browser_open_does_not_guess_for_long(signed_in):
    amina, gareth = await signed_in("amina"), await signed_in("gareth")
    answers = [await amina.send_form("/prove", password=f"try {n}") for n in range(4)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
    assert answers[-1].headers["retry-after"] == "900"
    assert (await gareth.send_form("/prove", password=PASSWORD)).status_code == 303


async def test_the_action_asks_whatever_the_page_did_and_the_terminal_is_not_asked(forum, signed_in):
    browser = await signed_in("amina")
    advance(forum, minutes=16)
    amina = await user_of(forum, browser.cookies["session"])
    assert not is_proved(forum, amina)
    with pytest.raises(ProofNeeded):
        await ask_address(forum, amina, NEW)
    with pytest.raises(Invalid):
        await prove(forum, amina, "not her password")
    require_proof(forum, await user("amina"))


async def test_no_release_is_signed_off_or_issued_without_one(forum, signed_in):
    tom, paper = await user("tom"), dict.fromkeys(PAPER, "Words of a paper.")
    release_id = await draft_release(forum, tom, "A paper", {}, paper, new_key())
    await check_release(forum, tom, release_id, new_key())
    nadia, page = await signed_in("nadia"), f"/releases/{release_id}"
    for step, column in ("sign-off", "signed_off_at"), ("issue", "issued_at"):
        advance(forum, minutes=16)
        send = {"data": {"key": new_key()}, "headers": {"origin": nadia.site, "referer": f"{nadia.site}{page}"}}
        assert (await nadia.post(f"{page}/{step}", **send)).headers["location"] == f"/prove?next={page}"
        assert getattr(await Release.get(id=release_id), column) is None
        assert (await nadia.send_form("/prove", password=PASSWORD, next=page)).headers["location"] == page
        assert (await nadia.post(f"{page}/{step}", **send)).headers["location"] == page
        assert getattr(await Release.get(id=release_id), column) is not None


async def test_a_password_that_changes_while_it_is_shown_proves_nothing(forum, signed_in, monkeypatch):
    amina, verify = await signed_in("amina"), forum.passwords.verify

    async def verify_slowly(stored, password):
        is_right = await verify(stored, password)
        await Person.filter(email=AMINA).update(password_hash=await forum.passwords.hash(BETTER))
        return is_right

    monkeypatch.setattr(forum.passwords, "verify", verify_slowly)
    assert (await amina.send_form("/prove", password=PASSWORD)).status_code == 422


async def test_nobody_signed_out_is_asked(signed_in):
    stranger = await signed_in(None)
    answer = await stranger.get("/prove?next=/account")
    assert re.fullmatch(r"/sign-in\?next=/prove.*", answer.headers["location"])
