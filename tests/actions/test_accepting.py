"""Coming in by an invitation: once, at one address, as long as nobody took back what it rests on."""

import asyncio
from datetime import timedelta

import pytest

from forum.actions.accepting import accept, find_invitation
from forum.actions.groups import add_member, remove_member, remove_member_by_email
from forum.actions.invitations import invite, make_invitation
from forum.actions.people import create_account
from forum.actions.standing import decide, set_site_role
from forum.errors import Invalid, NotAllowed, NotFound
from forum.models import AuditRow, Council, Invitation, Membership, Person, Session
from tests.actions.test_invitations import (
    AMINA,
    BETTER,
    CARE,
    DILYS,
    EVE,
    all_tokens,
    come_in,
    invited,
    roles_of,
    token_for,
)
from tests.cast import new_key, user


@pytest.mark.parametrize("what", ["service", "group"])
async def test_of_twenty_who_come_in_at_once_one_does(forum, what):
    await invited(forum, "priya", DILYS, CARE if what == "group" else "")
    token, barrier = await token_for(forum), asyncio.Barrier(20)

    async def come(number: int) -> bool:
        await barrier.wait()
        try:
            await come_in(forum, token, name=f"Dilys {number}")
        except (NotFound, Invalid):
            return False
        return True

    outcomes = await asyncio.gather(*(come(number) for number in range(20)))
    assert outcomes.count(True) == 1
    [dilys] = await Person.filter(email=DILYS)
    assert dilys.name == f"Dilys {outcomes.index(True)}"
    assert await Session.filter(person_id=dilys.id).count() == 1
    assert await AuditRow.filter(act="accept_invitation").count() == 1
    assert await Membership.filter(person_id=dilys.id).count() == (what == "group")


async def test_of_twenty_times_the_same_person_once(forum):
    await invited(forum, "ruth", EVE, CARE)
    token, eve, barrier = await token_for(forum, EVE), await user("eve"), asyncio.Barrier(20)

    async def join() -> bool:
        await barrier.wait()
        try:
            await accept(forum, eve, token)
        except NotFound:
            return False
        return True

    outcomes = await asyncio.gather(*(join() for _ in range(20)))
    assert outcomes.count(True) == 1 == await AuditRow.filter(act="accept_invitation").count()
    assert await roles_of(EVE) == {"housing": "member", CARE: "member"}


async def test_twenty_who_invite_the_same_address_at_once_leave_one_link(forum):
    people, barrier = [await user("ruth"), await user("priya")], asyncio.Barrier(20)

    async def send(number: int) -> None:
        await barrier.wait()
        by = people[number % 2]
        await invite(forum, by, CARE, by.name == "Ruth", DILYS, "Dilys", None, "member", new_key())

    await asyncio.gather(*(send(number) for number in range(20)))
    assert await Invitation.filter(withdrawn_at=None).count() == 1
    assert sum([await find_invitation(forum, token) is not None for token in await all_tokens(forum)]) == 1


async def test_two_invitations_of_one_address_make_one_account(forum):
    await invited(forum, "ruth", DILYS, CARE)
    await invited(forum, "sam", DILYS, "housing")
    tokens, barrier = await all_tokens(forum), asyncio.Barrier(2)

    async def come(token: str) -> bool:
        await barrier.wait()
        try:
            await come_in(forum, token)
        except Invalid as invalid:
            assert "by now" in str(invalid)
            return False
        return True

    assert sorted(await asyncio.gather(*map(come, tokens))) == [False, True]
    dilys = await Person.get(email=DILYS)
    assert len(await roles_of(DILYS)) == 1
    [token] = [token for token in tokens if await find_invitation(forum, token)]
    await accept(forum, await user_of(dilys), token)
    assert await roles_of(DILYS) == {CARE: "member", "housing": "member"}


async def user_of(person: Person):
    found = await user("amina")
    return type(found)(person.id, person.name)


async def test_it_is_for_the_account_with_its_address_only(forum):
    await invited(forum, "ruth", EVE, CARE)
    token = await token_for(forum, EVE)
    for name in "gareth", "mohammed", "priya":
        with pytest.raises(NotAllowed):
            await accept(forum, await user(name), token)
    with pytest.raises(Invalid):
        await come_in(forum, token)
    assert await roles_of("mohammed@demo.example") == {"housing": "member"}
    await accept(forum, await user("eve"), token)
    assert CARE in await roles_of(EVE)


@pytest.mark.parametrize("end", ["suspend", "deactivate"])
@pytest.mark.parametrize("whose", ["eve", "ruth"])
async def test_it_ends_with_the_account_of_either(forum, whose, end):
    await invited(forum, "ruth", EVE, CARE)
    token = await token_for(forum, EVE)
    await decide(forum, None, f"{whose}@demo.example", end, "")
    assert await find_invitation(forum, token) is None
    with pytest.raises(NotFound):
        await accept(forum, await user("eve"), token)
    assert CARE not in await roles_of(EVE)


async def test_it_ends_when_its_sender_may_no_longer_invite(forum):
    await invited(forum, "ruth", DILYS, CARE)
    await invited(forum, "priya", DILYS)
    tokens = await all_tokens(forum)
    await remove_member_by_email(forum, CARE, "ruth@demo.example", "Moved on")
    await set_site_role(forum, None, "tom@demo.example", "administrator", "")
    await set_site_role(forum, None, "priya@demo.example", None, "")
    for token in tokens:
        assert await find_invitation(forum, token) is None
        with pytest.raises(NotFound):
            await come_in(forum, token)
    async with forum.write():
        await make_invitation(forum, None, DILYS, "Dilys", None, None, "member")
    assert len([token for token in await all_tokens(forum) if await find_invitation(forum, token)]) == 1


async def test_a_removal_ends_what_was_sent_before_and_a_new_invitation_undoes_it(forum):
    ruth, amina = await user("ruth"), await user("amina")
    await remove_member(forum, ruth, CARE, amina.id, "A mistake")
    await invited(forum, "ruth", AMINA, CARE, role="observer")
    [old] = await all_tokens(forum)
    await add_member(forum, CARE, AMINA, "member")
    await remove_member(forum, ruth, CARE, amina.id, "No mistake")
    assert await find_invitation(forum, old) is None
    with pytest.raises(NotFound):
        await accept(forum, amina, old)
    await invited(forum, "ruth", AMINA, CARE, role="observer")
    await accept(forum, amina, await token_for(forum, AMINA))
    membership = await Membership.get(person_id=amina.id)
    assert (membership.role, membership.ended_at, membership.ended_reason) == ("observer", None, "")


async def test_after_the_last_day_of_a_membership_it_begins_afresh(forum):
    amina = await user("amina")
    await Membership.filter(person_id=amina.id).update(ends_on=forum.rules().today - timedelta(days=3), reminded=7)
    await invited(forum, "ruth", AMINA, CARE)
    await accept(forum, amina, await token_for(forum, AMINA))
    membership = await Membership.get(person_id=amina.id)
    assert (membership.role, membership.ends_on, membership.reminded) == ("member", None, 0)


async def test_who_is_in_the_group_by_now_keeps_their_role(forum):
    await invited(forum, "ruth", EVE, CARE, role="observer")
    await add_member(forum, CARE, EVE, "facilitator")
    await accept(forum, await user("eve"), await token_for(forum, EVE))
    assert (await roles_of(EVE))[CARE] == "facilitator"


async def test_an_account_without_a_password_gets_one(forum):
    """As those that came in an archive."""
    await create_account(forum, "dora@demo.example", "Dora", "Leeds", None, None)
    await invited(forum, "priya", "dora@demo.example", name="Dorothy")
    dora = await Person.get(email="dora@demo.example")
    await come_in(forum, await token_for(forum, dora.email), name="Somebody else", council=1)
    now = await Person.get(email=dora.email)
    assert (now.id, now.name, now.council_id) == (dora.id, "Dora", dora.council_id)
    assert await forum.passwords.verify(now.password_hash, BETTER)


async def test_whoever_was_given_no_council_chooses_and_nobody_changes_one(forum):
    leeds, luton = await Council.get(name="Leeds"), await Council.get(name="Luton")
    await invited(forum, "priya", DILYS, council=leeds.id)
    await come_in(forum, await token_for(forum), council=luton.id)
    assert (await Person.get(email=DILYS)).council_id == leeds.id
    await invited(forum, "priya", "meg@demo.example")
    token = await token_for(forum, "meg@demo.example")
    for council in "", "x", 10**30, "none ", "Leeds":
        with pytest.raises(Invalid) as caught:
            await come_in(forum, token, name=" ", password="turnip", council=council)
        assert list(caught.value.problems) == ["council", "name", "new"]
    await come_in(forum, token, name="Meg", council=luton.id)
    assert (await Person.get(email="meg@demo.example")).council_id == luton.id


async def test_it_runs_out(forum):
    await invited(forum, "priya", DILYS)
    token, clock = await token_for(forum), forum.clock
    forum.clock = lambda: clock() + timedelta(days=13, hours=23)
    assert await find_invitation(forum, token)
    forum.clock = lambda: clock() + timedelta(days=14, minutes=1)
    assert await find_invitation(forum, token) is None
    with pytest.raises(NotFound):
        await come_in(forum, token)
    assert not await Person.exists(email=DILYS)
    forum.clock = lambda: clock() + timedelta(days=14 + 91)
    await invited(forum, "priya", "meg@demo.example")
    assert [it.email for it in await Invitation.all()] == ["meg@demo.example"], "addresses are not kept for ever"
