"""A forgotten password: the same answer for every address, and a link that works once, for its owner, for a while."""

import asyncio
import hashlib

import pytest

from forum.database import select
from forum.models import AuditRow, Job, Link, Person
from forum.web.limits import RESETS_PER_ADDRESS
from tests.cast import PASSWORD, user
from tests.conftest import with_settings
from tests.web.test_account import AMINA, BETTER, LINK, advance, letters, sign_in

pytestmark = pytest.mark.usefixtures("letters_by_hand")


async def ask(browser, email=AMINA):
    return await browser.send_form("/reset", email=email)


async def link_for(forum, browser, email=AMINA) -> str:
    for path in (forum.settings.data / "mail").glob("*"):
        path.unlink()
    assert (await ask(browser, email)).status_code == 200
    return LINK.search((await letters(forum, "Set a new password"))[email]).group(1)


async def test_amina_finds_her_way_back(forum, signed_in):
    phone, stranger = await signed_in("amina"), await signed_in(None)
    assert '<a href="/reset">Forgotten your password?</a>' in (await stranger.get("/sign-in")).text
    link = await link_for(forum, stranger)
    for _ in range(3):  # mail scanners look at links
        page = await stranger.get(link)
        assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
        assert link not in page.text.replace(f'action="{link}"', "")
    answer = await stranger.send_form(link, new=BETTER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?done=password")
    assert not answer.headers.get("set-cookie"), "a link signs nobody in"
    assert "Your password is changed" in (await stranger.get("/sign-in?done=password")).text
    assert (await phone.get("/groups")).status_code == 303
    assert [await sign_in(stranger), await sign_in(stranger, password=BETTER)] == [422, 303]
    assert (await letters(forum, "password was changed")).keys() == {AMINA}
    rows = await AuditRow.filter(act__in=("ask_reset", "reset_password")).order_by("number")
    amina = await user("amina")
    assert [(row.act, row.actor_id, row.subject_id) for row in rows] == [
        ("ask_reset", None, amina.id),
        ("reset_password", amina.id, amina.id),
    ]


async def test_every_address_gets_the_same_answer_for_the_same_work(forum, signed_in, without_chance):
    """Known, unknown, suspended, deactivated, without a password: one answer, by the same statements."""
    await Person.filter(email="olu@demo.example").update(suspended_at=forum.clock())
    await Person.filter(email="eve@demo.example").update(password_hash=None)
    await Person.filter(email="sam@demo.example").update(deactivated_at=forum.clock())
    stranger, pages = await signed_in(None), set()
    for name in "amina", "nobody", "olu", "eve", "sam":
        answer = await ask(stranger, f"{name}@demo.example")
        assert answer.status_code == 200
        pages.add(without_chance(answer).replace(f"{name}@", "NAME@"))
    assert len(pages) == 1
    kinds = [(job.kind, len(job.payload) - len(job.payload.split("@")[0])) for job in await Job.all()]
    assert len(kinds) == 5 and len(set(kinds)) == 1, "asking only leaves a note, which is read later"
    assert not await Link.exists()
    assert (await letters(forum, "Set a new password")).keys() == {AMINA}
    assert await Link.all().count() == 1
    assert await AuditRow.filter(act="ask_reset", subject_id=None).count() == 3


async def test_only_the_hash_of_a_link_is_kept_and_its_letter_is_emptied(forum, signed_in):
    link = await link_for(forum, await signed_in(None))
    token = link.rsplit("/", 1)[1]
    assert len(token) >= 43
    assert (await Link.get()).token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert not [row for row in await select("SELECT payload FROM job") if token in row["payload"]]


async def test_a_link_works_once(forum, signed_in):
    stranger = await signed_in(None)
    link = await link_for(forum, stranger)
    strangers = [await signed_in(None) for _ in range(20)]
    answers = await asyncio.gather(*(it.send_form(link, new=f"{BETTER} {n}") for n, it in enumerate(strangers)))
    assert sorted(answer.status_code for answer in answers) == [303] + [404] * 19
    assert (await stranger.get(link)).status_code == 404
    assert await AuditRow.filter(act="reset_password").count() == 1


async def test_a_refused_password_uses_nothing_up(forum, signed_in):
    stranger = await signed_in(None)
    link = await link_for(forum, stranger)
    for new, words in ("turnip", "12 to 128"), ("amina-leeds-2026", "made of your name"), ("password12345", "common"):
        answer = await stranger.send_form(link, new=new)
        assert answer.status_code == 422 and words in answer.text
        assert new not in answer.text
    assert (await stranger.send_form(link, new=BETTER)).status_code == 303


async def test_a_link_ends_after_half_an_hour(forum, signed_in):
    stranger = await signed_in(None)
    link = await link_for(forum, stranger)
    advance(forum, minutes=29)
    assert (await stranger.get(link)).status_code == 200
    advance(forum, minutes=2)
    assert (await stranger.get(link)).status_code == 404
    assert (await stranger.send_form(link, new=BETTER)).status_code == 404
    assert await sign_in(stranger) == 303


@pytest.mark.parametrize("end", ["another link", "new password", "new address", "suspended", "deactivated"])
async def test_a_link_ends_with_what_it_was_for(forum, signed_in, end):
    stranger, amina = await signed_in(None), await signed_in("amina")
    link = await link_for(forum, stranger)
    if end == "another link":
        await stranger.send_form(await link_for(forum, stranger), new=BETTER)
    elif end == "new password":
        await amina.send_form("/account/password", password=PASSWORD, new=BETTER)
    elif end == "new address":
        await Person.filter(email=AMINA).update(email="new@demo.example")
    else:
        await Person.filter(email=AMINA).update(**{f"{end}_at": forum.clock()})
    before = await Person.get(id=(await Link.first()).person_id)
    for answer in await stranger.get(link), await stranger.send_form(link, new=f"{BETTER} again"):
        assert answer.status_code == 404
    assert (await Person.get(id=before.id)).password_hash == before.password_hash


async def test_whatever_is_wrong_with_a_token_looks_the_same(forum, signed_in, without_chance):
    stranger, amina = await signed_in(None), await signed_in("amina")
    used, good = await link_for(forum, stranger), ""
    await stranger.send_form(used, new=BETTER)
    await amina.get("/")
    amina = await signed_in("amina", BETTER)
    await amina.send_form("/account/address", email="new@demo.example")
    good = LINK.search((await letters(forum, "Is this your new"))["new@demo.example"]).group(1).rsplit("/", 1)[1]
    token = used.rsplit("/", 1)[1]
    wrong = [token, token[:-1], "x", "%00", "%F0%9F%A6%94", "x" * 10_000, good]
    pages = set()
    for word in wrong:
        for answer in await stranger.get(f"/reset/{word}"), await stranger.send_form(f"/reset/{word}", new=BETTER):
            assert answer.status_code == 404
            pages.add(without_chance(answer))
    for word in wrong[:-1]:
        pages.add(without_chance(await stranger.get(f"/address/{word}")))
        pages.add(without_chance(await stranger.send_form(f"/address/{word}")))
    assert len(pages) == 1
    assert (await stranger.get(f"/address/{good}")).status_code == 200, "and it was not used up by trying it elsewhere"


async def test_asking_is_slowed_for_an_address_whether_it_has_an_account_or_not(forum, signed_in):
    for email in AMINA, "nobody@demo.example":
        answers = [await ask(await signed_in(None, address=f"192.0.2.{n}"), email) for n in range(4)]
        assert [answer.status_code for answer in answers] == [200] * RESETS_PER_ADDRESS + [429]
        assert answers[-1].headers["retry-after"] == "900"
    assert (await ask(await signed_in(None), "gareth@demo.example")).status_code == 200


@with_settings(sign_in={"tries_per_address": 5})
async def test_asking_is_slowed_for_a_network(forum, signed_in):
    sprayer = await signed_in(None, address="192.0.2.1")
    assert [(await ask(sprayer, f"n{n}@demo.example")).status_code for n in range(6)] == [200] * 5 + [429]
    assert (await ask(await signed_in(None, address="192.0.2.2"))).status_code == 200


@pytest.mark.parametrize("email", ["", "nobody", "a@b.example\r\nBcc: c@d.example", "x" * 400 + "@demo.example"])
async def test_what_is_no_address_is_refused_in_words(signed_in, email):
    answer = await ask(await signed_in(None), email)
    assert answer.status_code == 422 and "Enter an email address" in answer.text
    assert not await Job.exists()


async def test_links_are_forgotten_a_week_after_they_ended(forum, signed_in):
    stranger = await signed_in(None)
    await link_for(forum, stranger)
    advance(forum, days=8)
    await link_for(forum, stranger)
    assert await Link.all().count() == 1
