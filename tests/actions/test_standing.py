"""What administrators decide about accounts: with a reason, never about themselves, and never the last one."""

import asyncio

import msgspec
import pytest

from forum.actions.links import find_link
from forum.actions.standing import STEPS, decide, set_site_role, sign_out_everywhere
from forum.errors import Invalid, NotAllowed, NotFound
from forum.models import AuditRow, Decision, Job, Person, Session
from tests.cast import PASSWORD, new_key, user

PRIYA, NADIA, AMINA = "priya@demo.example", "nadia@demo.example", "amina@demo.example"
pytestmark = pytest.mark.usefixtures("letters_by_hand")  # the worker empties what it has sent


async def letters() -> list[str]:
    """What is said of decisions, oldest first."""
    jobs = await Job.filter(kind="letter", key__startswith="letter:standing:").order_by("created_at", "id")
    return [job.payload for job in jobs]


async def test_a_role_is_given_and_taken_with_a_reason_and_the_person_signs_in_again(forum, signed_in):
    amina, priya = await signed_in("amina"), await user("priya")
    her = (await user("amina")).id
    await set_site_role(forum, priya, her, "analyst", " She joined the LGA ", new_key())
    assert (await Person.get(id=her)).site_role == "analyst"
    assert (await amina.get("/")).status_code == 303
    await set_site_role(forum, priya, her, None, "She left again", new_key())
    assert (await Person.get(id=her)).site_role is None
    decisions = await Decision.filter(person_id=her).order_by("created_at")
    assert [(decision.act, decision.reason, decision.by_id) for decision in decisions] == [
        ("site_role_analyst", "She joined the LGA", priya.id),
        ("site_role_none", "She left again", priya.id),
    ]
    rows = await AuditRow.filter(act="set_site_role").order_by("number")
    assert [(row.actor_id, row.subject_id, row.details) for row in rows] == [
        (priya.id, her, '{"earlier":null,"role":"analyst"}'),
        (priya.id, her, '{"earlier":"analyst","role":null}'),
    ]
    told = await letters()
    assert len(told) == 2 and AMINA in told[0] and "analyst" in told[0] and "joined" not in told[0]


async def test_an_administrator_signs_somebody_out_everywhere(forum, signed_in):
    phone, desk, gareth = await signed_in("amina"), await signed_in("amina"), await signed_in("gareth")
    priya, her = await user("priya"), (await user("amina")).id
    with pytest.raises(NotAllowed):
        await sign_out_everywhere(forum, await user("ruth"), her, "Her phone is lost", new_key())
    assert (await phone.get("/groups")).status_code == 200
    await sign_out_everywhere(forum, priya, her, "Her phone is lost", new_key())
    assert [(await browser.get("/groups")).status_code for browser in (phone, desk, gareth)] == [303, 303, 200]
    with pytest.raises(Invalid, match="nowhere"):
        await sign_out_everywhere(forum, priya, her, "Her phone is lost", new_key())
    assert (await signed_in("amina")) is not None
    [decision] = await Decision.filter(person_id=her)
    assert (decision.act, decision.reason) == ("end_sessions", "Her phone is lost")
    [told] = await letters()
    assert AMINA in told and "signed out in all browsers" in told and "phone" not in told


@pytest.mark.parametrize(("ending", "beginning"), [("suspend", "reinstate"), ("deactivate", "reactivate")])
async def test_an_account_is_shut_out_at_once_and_let_in_again(forum, signed_in, ending, beginning):
    amina, priya = await signed_in("amina"), await user("priya")
    her = (await user("amina")).id
    with pytest.raises(Invalid, match="not"):
        await decide(forum, priya, her, beginning, "A mistake", new_key())
    await decide(forum, priya, her, ending, "She left her council", new_key())
    assert (await amina.get("/groups")).status_code == 303
    stranger = await signed_in(None)
    assert (await stranger.send_form("/sign-in", email=AMINA, password=PASSWORD)).status_code == 422
    with pytest.raises(Invalid, match="already"):
        await decide(forum, priya, her, ending, "Again", new_key())
    await decide(forum, priya, her, beginning, "She is back", new_key())
    assert (await amina.get("/groups")).status_code == 303  # the old session stays ended
    amina = await signed_in("amina")
    assert (await amina.get("/groups/adult-social-care/members")).status_code == 200
    assert [row.act for row in await AuditRow.filter(subject_id=her, actor_id=priya.id).order_by("number")] == [
        STEPS[ending].act,
        STEPS[beginning].act,
    ]
    assert await Decision.filter(person_id=her).count() == 2 == len(await letters())


async def test_the_same_form_again_decides_once(forum):
    priya, amina, key = await user("priya"), await user("amina"), new_key()
    for _ in range(2):
        assert await decide(forum, priya, amina.id, "suspend", "Asked to", key) == amina.id
    with pytest.raises(Invalid, match="other words"):
        await decide(forum, priya, amina.id, "suspend", "Another reason", key)
    assert await Decision.all().count() == 1


@pytest.mark.parametrize("step", STEPS)
async def test_nobody_decides_about_themselves_or_without_a_right_or_a_reason(forum, step):
    priya, amina = await user("priya"), await user("amina")
    for who, whom, reason, fault in (
        (priya, priya.id, "A reason", Invalid),
        (priya, amina.id, "  ", Invalid),
        (priya, 12345, "A reason", NotFound),
        (await user("tom"), amina.id, "A reason", NotAllowed),
        (await user("ruth"), 12345, "A reason", NotAllowed),
        (amina, amina.id, "A reason", NotAllowed),
    ):
        with pytest.raises(fault):
            await decide(forum, who, whom, step, reason, new_key())
        with pytest.raises(fault):
            await set_site_role(forum, who, whom, "administrator", reason, new_key())
    assert not await Decision.exists() and not await letters()


async def test_a_role_that_is_none_or_theirs_already_is_refused(forum):
    priya, tom = await user("priya"), await user("tom")
    for role in "king", "analyst":
        with pytest.raises(Invalid):
            await set_site_role(forum, priya, tom.id, role, "A reason", new_key())


async def test_the_last_administrator_stays(forum):
    for act in (
        decide(forum, None, PRIYA, "suspend", ""),
        decide(forum, None, PRIYA, "deactivate", ""),
        set_site_role(forum, None, PRIYA, None, ""),
        set_site_role(forum, None, PRIYA, "analyst", ""),
    ):
        with pytest.raises(Invalid, match="last administrator"):
            await act
    priya = await Person.get(email=PRIYA)
    assert (priya.site_role, priya.suspended_at, priya.deactivated_at) == ("administrator", None, None)
    await set_site_role(forum, None, NADIA, "administrator", "")
    await decide(forum, None, PRIYA, "suspend", "")
    with pytest.raises(Invalid, match="last administrator"):  # Priya is one by name only
        await set_site_role(forum, None, NADIA, None, "")
    await decide(forum, None, PRIYA, "reinstate", "")
    await set_site_role(forum, None, NADIA, None, "")
    assert {decision.reason for decision in await Decision.all()} == {"From the terminal."}


ENDS = {
    "take the role": lambda forum, by, whom: set_site_role(forum, by, whom.id, None, "A reason", new_key()),
    "suspend": lambda forum, by, whom: decide(forum, by, whom.id, "suspend", "A reason", new_key()),
    "deactivate": lambda forum, by, whom: decide(forum, by, whom.id, "deactivate", "A reason", new_key()),
}


@pytest.mark.parametrize("first", ENDS)
@pytest.mark.parametrize("second", ENDS)
async def test_of_two_administrators_who_end_each_other_at_once_one_stays(forum, first, second):
    await set_site_role(forum, None, NADIA, "administrator", "")
    priya, nadia = await user("priya"), await user("nadia")
    barrier = asyncio.Barrier(2)

    async def end(act, by, whom) -> bool:
        await barrier.wait()
        try:
            await act(forum, by, whom)
        except (Invalid, NotAllowed, NotFound):
            return False
        return True

    outcomes = await asyncio.gather(end(ENDS[first], priya, nadia), end(ENDS[second], nadia, priya))
    assert sorted(outcomes) == [False, True]
    left = Person.filter(site_role="administrator", suspended_at=None, deactivated_at=None)
    assert [person.id for person in await left] == [(priya if outcomes[0] else nadia).id]


async def test_twenty_who_take_the_last_but_one_at_once_leave_one(forum):
    """From as many terminals, one half after the one and one half after the other."""
    await set_site_role(forum, None, NADIA, "administrator", "")
    barrier = asyncio.Barrier(20)

    async def take(email: str) -> bool:
        await barrier.wait()
        try:
            await set_site_role(forum, None, email, None, "")
        except Invalid:
            return False
        return True

    outcomes = await asyncio.gather(*(take(email) for email in [PRIYA, NADIA] * 10))
    assert outcomes.count(True) == 1
    assert await Person.filter(site_role="administrator").count() == 1


async def test_sessions_of_others_go_on(forum, signed_in):
    amina, gareth = await signed_in("amina"), await signed_in("gareth")
    await decide(forum, await user("priya"), (await user("amina")).id, "suspend", "Asked to", new_key())
    assert (await amina.get("/")).status_code == 303
    assert (await gareth.get("/")).status_code == 200
    assert await Session.filter(ended_at=None).count() == 1


@pytest.mark.parametrize("act", ["sign-out", "suspend", "role", "by herself"])
async def test_a_change_of_address_that_was_asked_for_ends_with_the_sessions(forum, letters_by_hand, signed_in, act):
    """Who found her browser open asked for it: its link must not outlive what is done about that."""
    thief, amina, priya = await signed_in("amina"), await signed_in("amina"), await user("priya")
    assert (await thief.act("/account/address", email="thief@demo.example")).status_code == 303
    [job] = await Job.filter(kind="letter", key__startswith="letter:address-link:")
    token, her = msgspec.json.decode(job.payload)["words"]["token"], (await user("amina")).id
    assert await find_link(forum, "address", token)
    if act == "by herself":
        assert (await amina.send_form("/account/sessions/end-others")).status_code == 303
    elif act == "sign-out":
        await sign_out_everywhere(forum, priya, her, "Found open", new_key())
    elif act == "role":
        await set_site_role(forum, priya, her, "analyst", "She joined", new_key())
    else:
        await decide(forum, priya, her, "suspend", "Found open", new_key())
        await decide(forum, priya, her, "reinstate", "It is hers", new_key())
    assert await find_link(forum, "address", token) is None
