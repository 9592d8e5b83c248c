"""The page behind the link of an invitation: what it tells whom, and who comes in by it."""

import asyncio
import re

import pytest

from forum.actions.people import create_account
from forum.models import AuditRow, Group, Invitation, Membership, Person
from forum.models.terms import Terms
from tests.cast import user
from tests.post_office import empty_the_queue, kept_letters, text_of
from tests.web.test_account import advance
from tests.web.test_invitations import BETTER, CARE, DILYS, EVE, link_for

pytestmark = pytest.mark.usefixtures("letters_by_hand")


async def test_dilys_comes_in_by_her_link(forum, signed_in):
    link = await link_for(forum, await signed_in("ruth"), base=CARE)
    stranger = await signed_in(None)
    for _ in range(3):  # mail scanners look at links
        page = await stranger.get(link)
        assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
        assert link not in page.text.replace(f'action="{link}"', "")
        assert "Adult social care" in page.text and 'value="Dilys Rhys"' in page.text and DILYS in page.text
    for fields, words in (
        ({"name": "Dilys", "new": "turnip"}, "12 to 128"),
        ({"name": "Dilys", "new": "dilys-gwynedd-2026"}, "made of your name"),
        ({"name": "", "new": BETTER}, "Give a name"),
        ({"name": "Dilys", "new": BETTER, "council": "9999"}, "Choose your council, or"),
        ({"name": "Dilys", "new": BETTER, "council": ""}, "Choose your council, or"),
    ):
        answer = await stranger.send_form(link, **fields)
        assert answer.status_code == 422 and words in answer.text, fields
        assert fields["new"] not in answer.text
    answer = await stranger.send_form(link, name="Dilys Rhys", new=BETTER, council="none")
    assert (answer.status_code, answer.headers["location"]) == (303, CARE)
    assert (await stranger.get(f"{CARE}/members")).status_code == 200
    assert "Dilys Rhys" in (await stranger.get("/account")).text
    for browser in stranger, await signed_in(None):
        for answer in await browser.get(link), await browser.send_form(link, name="D", new=BETTER):
            assert answer.status_code == 404 and "This link does not work" in answer.text
    other = await signed_in(None)
    assert (await other.send_form("/sign-in", email=DILYS, password=BETTER)).status_code == 303


async def test_eve_joins_with_one_button_once_she_is_signed_in(forum, signed_in):
    link = await link_for(forum, await signed_in("ruth"), EVE, CARE)
    stranger, gareth, eve = await signed_in(None), await signed_in("gareth"), await signed_in("eve")
    for answer in await stranger.get(link), await stranger.send_form(link, name="Eve", new=BETTER):
        assert answer.status_code == 200 and f"/sign-in?next={link}" in answer.text and 'name="new"' not in answer.text
    for answer in await gareth.get(link), await gareth.send_form(link, name="Eve", new=BETTER):
        assert answer.status_code == 403 and "gareth@demo.example" in answer.text
        assert EVE not in answer.text and "Adult social care" not in answer.text
    assert "Join Adult social care" in (await eve.get(link)).text
    answer = await eve.send_form(link)
    assert (answer.status_code, answer.headers["location"]) == (303, CARE)
    assert (await eve.get(f"{CARE}/members")).status_code == 200
    assert (await eve.get(link)).status_code == 404
    assert await Person.filter(email=EVE).count() == 1


async def test_a_link_for_nobody_yet_is_not_for_who_is_signed_in(forum, signed_in):
    link, gareth = await link_for(forum, await signed_in("ruth"), base=CARE), await signed_in("gareth")
    for answer in await gareth.get(link), await gareth.send_form(link, name="Gareth", new=BETTER):
        assert answer.status_code == 403 and DILYS not in answer.text
    assert not await Person.exists(email=DILYS) and await Invitation.filter(used_at=None).count() == 1


async def test_twenty_browsers_at_once(forum, signed_in):
    link = await link_for(forum, await signed_in("ruth"), base=CARE)
    strangers = [await signed_in(None) for _ in range(20)]
    answers = await asyncio.gather(*(it.send_form(link, name="Dilys", new=BETTER, council="none") for it in strangers))
    assert [answer.status_code for answer in answers].count(303) == 1
    assert {answer.status_code for answer in answers} <= {303, 404, 200}
    assert [len(answer.headers.get_list("set-cookie")) for answer in answers].count(2) == 1
    assert await Person.filter(email=DILYS).count() == 1
    assert await AuditRow.filter(act="accept_invitation").count() == 1


@pytest.mark.parametrize("who", ["eve", "new"])
async def test_an_address_that_changed_takes_its_invitations_with_it(forum, signed_in, who):
    ruth, eve = await signed_in("ruth"), await signed_in("eve")
    old = await link_for(forum, ruth, EVE, CARE)
    new = await link_for(forum, ruth, "new@demo.example", CARE)
    assert (await eve.send_form("/account/address", email="new@demo.example", password="")).status_code == 303
    await empty_the_queue(forum)
    letters = [text_of(letter) for letter in kept_letters(forum) if letter["To"] == "new@demo.example"]
    [change] = [found.group(0) for text in letters if (found := re.search(r"/address/\S+", text))]
    assert (await eve.send_form(change)).status_code == 303
    stranger = await signed_in(None)
    for browser in stranger, eve:
        assert (await browser.get(old)).status_code == 404
        assert (await browser.send_form(old, name="Somebody", new=BETTER)).status_code == 404
    if who == "eve":
        assert (await eve.send_form(new)).status_code == 303
        assert await Membership.filter(person__email="new@demo.example", ended_at=None).count() == 2
    else:
        assert "You have an account already" in (await stranger.get(new)).text
    assert not await Person.exists(email=EVE)


async def test_whatever_is_wrong_with_a_link_looks_the_same(forum, signed_in, without_chance):
    ruth, stranger = await signed_in("ruth"), await signed_in(None)
    names = ["used", "withdrawn", "expired", "suspended", "deactivated", "good"]
    found = {}
    for name in names:
        found[name] = (await link_for(forum, ruth, f"{name}@demo.example", CARE)).rsplit("/", 1)[1]
    for name in "suspended", "deactivated":
        await create_account(forum, f"{name}@demo.example", "Somebody", None, None, BETTER)
        await Person.filter(email=f"{name}@demo.example").update(**{f"{name}_at": forum.clock()})
    using = await signed_in(None)
    assert (
        await using.send_form(f"/invitations/{found['used']}", name="U", new=BETTER, council="none")
    ).status_code == 303
    await Invitation.filter(email="withdrawn@demo.example").update(withdrawn_at=forum.clock())
    await Invitation.filter(email="expired@demo.example").update(expires_at=forum.clock())
    good = found.pop("good")
    wrong = [*found.values(), good[:-1], good + "x", good.swapcase(), "x", "%00", "%F0%9F%A6%94", "x" * 10_000]
    pages = set()
    for token in wrong:
        for way in f"/invitations/{token}", f"/invitations/{token}?x={good}":
            answers = await stranger.get(way), await stranger.send_form(way, name="Dilys", new=BETTER)
            assert [answer.status_code for answer in answers] == [404, 404], token
            pages |= {without_chance(answer) for answer in answers}
    for other in f"/reset/{good}", f"/address/{good}":
        pages.add(without_chance(await stranger.get(other)))
    assert len(pages) == 1
    assert (await stranger.get(f"/invitations/{good}")).status_code == 200
    before = await Person.all().count()
    advance(forum, days=15)
    assert (await stranger.send_form(f"/invitations/{good}", name="D", new=BETTER)).status_code == 404
    assert await Person.all().count() == before


async def test_nobody_comes_in_past_what_stands_in_their_way(forum, signed_in):
    """Terms not accepted, or a second factor not shown, come before the group."""
    link, eve = await link_for(forum, await signed_in("ruth"), EVE, CARE), await signed_in("eve")
    await Terms.create(kind="terms", version=1, body="Be kind.", published_at=forum.clock())
    for answer in await eve.get(link), await eve.send_form(link):
        assert (answer.status_code, answer.headers["location"]) == (303, f"/terms?next={link}")
    care = await Group.get(slug="adult-social-care")
    assert not await Membership.exists(person_id=(await user("eve")).id, group_id=care.id)
    assert await Invitation.filter(used_at=None).count() == 1
