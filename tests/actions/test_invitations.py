"""Who is let in by whom, bound to one address, and once."""

import re
from datetime import timedelta

import pytest

from forum.actions.accepting import accept_with_password, find_invitation
from forum.actions.groups import add_member, remove_member_by_email
from forum.actions.invitations import TooManyLetters, invite, send_again, withdraw
from forum.actions.inviting_lists import invite_list
from forum.actions.standing import decide
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


async def test_nobody_lets_themselves_into_a_group(forum):
    """An administrator who reads a group without a visit would be one who made herself its facilitator."""
    with pytest.raises(Invalid, match="your own address"):
        await invited(forum, "priya", "priya@demo.example", CARE, "facilitator")


async def test_an_invitation_into_a_hidden_group_ends_when_its_sender_is_out_of_it(forum):
    await add_member(forum, HIDDEN, "priya@demo.example", "observer")
    await invited(forum, "priya", DILYS, HIDDEN)
    token = await token_for(forum)
    assert await find_invitation(forum, token)
    await remove_member_by_email(forum, HIDDEN, "priya@demo.example", "She helped for a day")
    assert await find_invitation(forum, token) is None
