"""Who is let in by whom, bound to one address, and once."""

import asyncio
import re
from datetime import timedelta

import pytest

from forum.actions.accepting import accept, accept_with_password, find_invitation
from forum.actions.groups import add_member, remove_member, remove_member_by_email
from forum.actions.invitations import TooManyLetters, invite, make_invitation, send_again, withdraw
from forum.actions.inviting_lists import invite_list
from forum.actions.people import create_account
from forum.actions.standing import decide, set_site_role
from forum.database import select
from forum.errors import Invalid, NotAllowed, NotFound
from forum.models import AuditRow, Council, Invitation, Job, Membership, Person, Session
from tests.cast import new_key, user
from tests.conftest import with_settings
from tests.post_office import empty_the_queue, kept_letters, text_of

DILYS, AMINA, EVE = "dilys@gwynedd.example", "amina@demo.example", "eve@demo.example"
CARE, HIDDEN = "adult-social-care", "whistleblowing"
BETTER = "purple turnips in the attic"
TOKEN = re.compile(r"http://127\.0\.0\.1:8000/invitations/(\S+)")


async def invited(forum, by: str | None, email: str, slug: str = "", role: str = "member", **more) -> int:
    """By a facilitator into their group; by an administrator or the terminal into any or none."""
    them = await user(by) if by else None
    by_facilitator = bool(them and them.site_role != "administrator")
    words = (email, more.get("name", "Dilys Rhys"), more.get("council"), role, more.get("key", new_key()))
    return await invite(forum, them, slug, by_facilitator, *words)


async def token_for(forum, email: str = DILYS) -> str:
    """What stands in the letter to this address whose link works."""
    tokens = await all_tokens(forum, email)
    works = [token for token in tokens if await find_invitation(forum, token)]
    return (works or tokens)[0]


async def all_tokens(forum, email: str = "") -> list[str]:
    await empty_the_queue(forum)
    letters = [letter for letter in kept_letters(forum) if email in letter["To"]]
    return [TOKEN.search(text_of(letter)).group(1) for letter in letters if "invited" in letter["Subject"]]


async def come_in(forum, token: str, name: str = "Dilys Rhys", password: str = BETTER, council: object = "none"):
    return await accept_with_password(forum, token, name, str(council), password, "a place", "Firefox on Windows")


async def roles_of(email: str) -> dict[str, str]:
    held = await Membership.filter(person__email=email, ended_at=None).select_related("group")
    return {membership.group.slug: membership.role for membership in held}


# Inviting


async def test_priya_invites_a_councillor_into_a_group_who_comes_in(forum):
    gwynedd = await Council.get(name="Gwynedd")
    invitation_id = await invited(forum, "priya", "Dilys@Gwynedd.Example", CARE, council=gwynedd.id)
    [invitation] = await Invitation.all()
    assert (invitation.id, invitation.email, invitation.used_at) == (invitation_id, DILYS, None)
    assert invitation.expires_at - invitation.created_at == timedelta(days=14)
    token = await token_for(forum)
    assert len(token) >= 43 and token not in invitation.token_hash
    assert not [row for row in await select("SELECT payload FROM job") if token in row["payload"]]
    session, email = await come_in(forum, token, name="Dilys  Rhys-Jones")
    dilys = await Person.get(email=DILYS).select_related("council")
    assert (email, dilys.name, dilys.council.name, dilys.site_role) == (DILYS, "Dilys Rhys-Jones", "Gwynedd", None)
    assert await roles_of(DILYS) == {CARE: "member"}
    assert await forum.passwords.verify(dilys.password_hash, BETTER)
    assert (await Session.get(person_id=dilys.id)).token_hash != session
    priya = await user("priya")
    rows = [(row.act, row.actor_id, row.subject_id) for row in await AuditRow.filter(number__gt=0).order_by("number")]
    assert rows[-4] == ("invite", priya.id, invitation_id)
    assert rows[-3:-1] == [(act, dilys.id, dilys.id) for act in ("create_account", "accept_invitation")]
    assert rows[-1][:2] == ("sign_in", dilys.id)
    assert not await Job.filter(key__startswith="letter:new-device").exists()
    with pytest.raises(NotFound):
        await come_in(forum, token)


async def test_the_letter_says_who_invites_and_keeps_a_hidden_group_to_itself(forum):
    await invited(forum, "ruth", DILYS, CARE)
    await invited(forum, "ruth", "meg@demo.example", HIDDEN, name="Meg\u2028Bcc: x")
    await empty_the_queue(forum)
    letters = {letter["To"]: text_of(letter) for letter in kept_letters(forum)}
    assert "Dear Dilys Rhys," in letters[DILYS] and "Ruth invites you" in letters[DILYS]
    assert "into the group Adult social care" in letters[DILYS]
    assert "histleblowing" not in letters["meg@demo.example"] and "into a group there" in letters["meg@demo.example"]


@pytest.mark.parametrize(
    ("by", "slug", "fault"),
    [
        ("sam", CARE, NotFound),
        ("sam", HIDDEN, NotFound),
        ("eve", "housing", NotAllowed),
        ("amina", CARE, NotAllowed),
        ("olu", CARE, NotAllowed),
        ("tom", CARE, NotAllowed),
        ("tom", HIDDEN, NotFound),
        ("ruth", "no-such-group", NotFound),
    ],
)
async def test_nobody_invites_into_a_group_they_do_not_facilitate(forum, by, slug, fault):
    text = f"{DILYS}, Dilys"
    for act in (
        invite(forum, await user(by), slug, True, DILYS, "Dilys", None, "member", new_key()),
        invite_list(forum, await user(by), slug, True, text, "member", "n", new_key()),
        withdraw(forum, await user(by), slug, True, 1, new_key()),
        send_again(forum, await user(by), slug, True, 1, new_key()),
    ):
        with pytest.raises(fault):
            await act
    for act in (
        invite(forum, await user(by), slug, False, DILYS, "Dilys", None, "member", new_key()),
        invite_list(forum, await user(by), "", False, text, "member", "n", new_key()),
        withdraw(forum, await user(by), "", False, 1, new_key()),
    ):
        with pytest.raises(NotAllowed):
            await act
    assert not await Invitation.exists()


async def test_a_facilitator_makes_no_facilitators_and_touches_no_other_groups_invitations(forum):
    with pytest.raises(Invalid):
        await invited(forum, "ruth", DILYS, CARE, role="facilitator")
    theirs = await invited(forum, "sam", DILYS, "housing")
    to_facilitate = await invited(forum, "priya", DILYS, CARE, role="facilitator")
    ruth = await user("ruth")
    for act in withdraw, send_again:
        with pytest.raises(NotFound):
            await act(forum, ruth, CARE, True, theirs, new_key())
    with pytest.raises(Invalid):
        await send_again(forum, ruth, CARE, True, to_facilitate, new_key())
    await withdraw(forum, ruth, CARE, True, to_facilitate, new_key())
    await withdraw(forum, await user("priya"), "", False, theirs, new_key())
    assert await Invitation.filter(withdrawn_at=None).count() == 0


@pytest.mark.parametrize(
    ("email", "name", "field"),
    [
        ("dilys", "Dilys", "email"),
        ("dilys@x.example\r\nBcc: eve@x.example", "Dilys", "email"),
        (DILYS, "", "name"),
        (DILYS, "x" * 121, "name"),
        (DILYS, "Win at www.prizes.example", "name"),
        (DILYS, "https://prizes.example", "name"),
        (DILYS, "Di\0lys", "name"),
        (AMINA, "Amina", "email"),
    ],
)
async def test_what_cannot_be_sent_is_said_beside_its_field(forum, email, name, field):
    with pytest.raises(Invalid) as caught:
        await invited(forum, "ruth", email, CARE, name=name)
    assert list(caught.value.problems) == [field]
    assert not await Invitation.exists()


async def test_an_administrator_is_told_who_has_an_account(forum):
    await decide(forum, None, EVE, "suspend", "")
    for email, slug, words in (
        (AMINA, "", "have an account already"),
        (AMINA, CARE, "in the group already"),
        (EVE, CARE, "account is suspended"),
    ):
        with pytest.raises(Invalid, match=words):
            await invited(forum, "priya", email, slug)
    await invited(forum, "priya", AMINA, "housing")
    await invited(forum, "ruth", EVE, CARE)  # whom a facilitator invites like anybody
    assert await find_invitation(forum, await token_for(forum, EVE)) is None


async def test_the_same_form_again_invites_once(forum):
    key = new_key()
    for _ in range(2):
        await invited(forum, "priya", DILYS, CARE, key=key)
    with pytest.raises(Invalid, match="other words"):
        await invited(forum, "priya", DILYS, "", key=key)
    assert await Invitation.all().count() == 1


async def test_inviting_again_ends_the_earlier_link_to_the_same_group_only(forum):
    await invited(forum, "priya", DILYS)
    to_service = await token_for(forum)
    await invited(forum, "ruth", DILYS, CARE)
    first = next(token for token in await all_tokens(forum) if token != to_service)
    await invited(forum, "priya", DILYS, CARE)
    works = {token for token in await all_tokens(forum) if await find_invitation(forum, token)}
    assert len(works) == 2 and to_service in works and first not in works


async def test_sent_again_it_has_a_new_link_and_withdrawn_none(forum):
    ruth, first = await user("ruth"), await invited(forum, "ruth", DILYS, CARE)
    [old] = await all_tokens(forum)
    await send_again(forum, ruth, CARE, True, first, new_key())
    [new] = set(await all_tokens(forum)) - {old}
    assert await find_invitation(forum, old) is None and await find_invitation(forum, new)
    newest = await Invitation.get(withdrawn_at=None)
    key = new_key()
    for _ in range(2):
        assert await withdraw(forum, ruth, CARE, True, newest.id, key) == newest.id
    assert await find_invitation(forum, new) is None
    for act in (withdraw(forum, ruth, CARE, True, newest.id, new_key()), come_in(forum, new)):
        with pytest.raises(NotFound):
            await act
    await send_again(forum, ruth, CARE, True, newest.id, new_key())
    await add_member(forum, CARE, EVE, "member")
    await come_in(forum, next(iter(set(await all_tokens(forum)) - {old, new})))
    used = await Invitation.get(used_at__isnull=False)
    with pytest.raises(NotFound):
        await send_again(forum, ruth, CARE, True, used.id, new_key())
    with pytest.raises(Invalid, match="in the group already"):
        await send_again(forum, ruth, CARE, True, first, new_key())


@with_settings(invitations={"letters_per_day": 3})
async def test_one_person_sends_so_many_letters_a_day(forum):
    for number in range(3):
        await invited(forum, "ruth", f"p{number}@demo.example", CARE)
    with pytest.raises(TooManyLetters):
        await invited(forum, "ruth", DILYS, CARE)
    with pytest.raises(TooManyLetters):
        await send_again(forum, await user("ruth"), CARE, True, (await Invitation.first()).id, new_key())
    await invited(forum, "sam", DILYS, "housing")
    three = "\n".join(f"q{number}@demo.example, Somebody" for number in range(3))
    with pytest.raises(TooManyLetters):
        await invite_list(forum, await user("sam"), "housing", True, three, "member", "nnn", new_key())
    assert await Invitation.all().count() == 4
    forum.clock = lambda clock=forum.clock: clock() + timedelta(hours=25)
    await invited(forum, "ruth", DILYS, CARE)


# Coming in


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
