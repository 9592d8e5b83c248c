"""Of twenty at once one code is good once, and what is kept of a second factor is of no use to who reads the table."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from forum.actions.codes import Factors, factors_of, make_recovery_codes, new_secret, open_secret
from forum.actions.factors import begin_app, begun_app, confirm_app, remove_app, renew_codes, show_factor
from forum.actions.sessions import signed_in as user_of
from forum.actions.standing import reset_factors
from forum.errors import Invalid, NotAllowed, NotFound
from forum.models import AuditRow, Challenge, Decision, Job, Person, RecoveryCode, Session, Totp
from forum.permissions import User
from tests.apps import App, give_app, give_codes, stand_still
from tests.cast import new_key, user
from tests.conftest import with_settings

AMINA, PRIYA = "amina@demo.example", "priya@demo.example"
pytestmark = pytest.mark.usefixtures("letters_by_hand")  # the worker empties what it has sent


async def at_once(number: int, act: Callable[[int], Awaitable[object]]) -> int:
    """How many of so many that begin together are done; the others are told why not."""
    barrier = asyncio.Barrier(number)

    async def go(which: int) -> bool:
        await barrier.wait()
        try:
            await act(which)
        except (Invalid, NotFound):
            return False
        return True

    return sum(await asyncio.gather(*map(go, range(number))))


async def of_browser(forum, browser) -> User:
    found = await user_of(forum, browser.cookies["session"])
    assert found is not None
    return found


async def test_twenty_sign_ins_with_one_code_are_one(forum, signed_in):
    stand_still(forum)
    app = await give_app(forum, "amina")
    sessions = [await of_browser(forum, await signed_in("amina")) for _ in range(20)]
    code = app.code()
    assert await at_once(20, lambda n: show_factor(forum, sessions[n], code)) == 1
    assert await Session.filter(factor_at__not_isnull=True).count() == 1
    acts = await AuditRow.filter(act__in=["show_factor", "refuse_factor"]).values_list("act", flat=True)
    assert sorted(acts) == ["refuse_factor"] * 19 + ["show_factor"]


async def test_twenty_sign_ins_with_one_recovery_code_are_one(forum, signed_in):
    await give_app(forum, "amina")
    [code, *_] = await give_codes(forum, "amina")
    sessions = [await of_browser(forum, await signed_in("amina")) for _ in range(20)]
    assert await at_once(20, lambda n: show_factor(forum, sessions[n], code)) == 1
    assert await RecoveryCode.filter(used_at=None).count() == 9
    assert await Job.filter(key__startswith="letter:recovery-code-used").count() == 1


async def test_an_app_is_confirmed_once_and_its_codes_are_ten(forum, signed_in):
    stand_still(forum)
    amina = await of_browser(forum, await signed_in("amina"))
    assert await at_once(20, lambda _: begin_app(forum, amina)) == 20
    assert await Totp.all().count() == 1
    app = App(forum, await begun_app(forum, amina))
    code = app.code()
    assert await at_once(20, lambda _: confirm_app(forum, amina, code)) == 1
    assert await factors_of(amina.id) == Factors(has_app=True, passkeys=0, codes=10)
    with pytest.raises(Invalid):
        await show_factor(forum, amina, code)  # what confirmed it is spent


async def test_new_codes_made_by_twenty_at_once_are_ten(forum):
    await give_app(forum, "amina")
    amina, made = await user("amina"), dict[int, list[str]]()

    async def renew(which: int) -> None:
        made[which] = await renew_codes(forum, amina)

    assert await at_once(20, renew) == 20
    assert await RecoveryCode.all().count() == 10
    assert len({code for codes in made.values() for code in codes}) == 200


async def test_it_is_taken_away_once(forum, signed_in):
    await give_app(forum, "amina")
    amina = await of_browser(forum, await signed_in("amina"))
    assert await at_once(20, lambda _: remove_app(forum, amina)) == 1
    assert await AuditRow.filter(act="remove_factor").count() == 1


async def test_whoever_has_what_was_taken_away_is_signed_out(forum, signed_in):
    """A session that showed a code of the stolen phone counts for nothing any longer; nor one with a stolen code."""
    await give_app(forum, "amina")
    thief, amina = await signed_in("amina"), await signed_in("amina")
    await Session.filter(ended_at=None).update(factor_at=forum.clock())
    her = await of_browser(forum, amina)
    assert (await thief.get("/account")).status_code == 200
    await renew_codes(forum, her)
    assert [(await browser.get("/account")).status_code for browser in (thief, amina)] == [303, 200]
    thief = await signed_in("amina")
    await Session.filter(ended_at=None).update(factor_at=forum.clock())
    await remove_app(forum, her)
    assert [(await browser.get("/account")).status_code for browser in (thief, amina)] == [303, 200]


# What is kept


async def test_what_is_kept_opens_with_this_person_and_this_secret_only(forum):
    amina, eve = await user("amina"), await user("eve")
    stored = [new_secret(forum, amina.id) for _ in range(2)]
    assert stored[0] != stored[1]
    secret = open_secret(forum, amina.id, stored[0])
    assert len(secret) == 32 and secret not in stored[0]
    with pytest.raises(ValueError, match="not stored for this person"):
        open_secret(forum, eve.id, stored[0])
    forum.secret = b"t" * 32
    with pytest.raises(ValueError, match="with this service's secret"):
        open_secret(forum, amina.id, stored[0])


async def test_with_another_secret_of_the_service_no_code_works_and_nothing_breaks(forum, signed_in, caplog):
    app, codes = await give_app(forum, "amina"), await give_codes(forum, "amina")
    amina = await of_browser(forum, await signed_in("amina"))
    forum.secret = b"t" * 32
    for code in app.code(), codes[0]:
        with pytest.raises(Invalid):
            await show_factor(forum, amina, code)
    assert "cannot be read" in caplog.text and app.secret not in caplog.text


async def test_recovery_codes_are_long_all_different_and_kept_as_keyed_hashes(forum):
    amina = await user("amina")
    async with forum.write():
        codes = [code for _ in range(20) for code in await make_recovery_codes(forum, amina.id)]
    assert len(set(codes)) == 200
    assert {len(code.replace("-", "")) for code in codes} == {24}, "of five bits each"
    hashes = set(await RecoveryCode.all().values_list("code_hash", flat=True))
    assert len(hashes) == 10 and {len(code_hash) for code_hash in hashes} == {64}


# Lost


async def test_an_administrator_resets_what_somebody_lost(forum, signed_in):
    app = await give_app(forum, "amina")
    await give_codes(forum, "amina")
    amina, priya = await signed_in("amina"), await signed_in("priya")
    await amina.send_form("/second-factor", code=app.code())
    her = (await user("amina")).id
    page = (await priya.get(f"/people/{her}")).text
    assert "An app; 10 recovery codes left" in page and "Reset their second factor" in page
    answer = await priya.act(f"/people/{her}/decisions", decision="reset-factors", reason="Her phone is in the canal")
    assert answer.status_code == 303
    page = (await priya.get(f"/people/{her}")).text
    assert "Reset the second factor" in page and "Her phone is in the canal" in page
    assert "Reset their second factor" not in page
    assert (await amina.get("/groups")).headers["location"].startswith("/sign-in")
    assert not any([await model.exists() for model in (Totp, RecoveryCode, Challenge)])
    assert (await (await signed_in("amina")).get("/groups")).status_code == 200
    row, decision = await AuditRow.get(act="reset_factors"), await Decision.get()
    assert (row.actor_id, row.subject_id, decision.act) == ((await user("priya")).id, her, "reset_factors")
    letter = await Job.get(key=f"letter:standing:{decision.id}")
    assert AMINA in letter.payload and "second factor" in letter.payload and "canal" not in letter.payload


@with_settings(sign_in={"second_factor": True})
async def test_staff_whose_factor_was_reset_set_up_another_before_anything_opens(forum, signed_in):
    await give_app(forum, "tom")
    await reset_factors(forum, None, "tom@demo.example", "")
    assert (await (await signed_in("tom")).get("/")).headers["location"] == "/account/second-factor"


async def test_nobody_else_resets_nor_for_themselves_nor_what_is_not_there(forum):
    await give_app(forum, "priya")
    await give_app(forum, "amina")
    amina, priya = await user("amina"), await user("priya")
    for who, whom, reason, fault in (
        (priya, priya.id, "A reason", Invalid),
        (priya, amina.id, "", Invalid),
        (priya, (await user("eve")).id, "A reason", Invalid),
        (priya, 12345, "A reason", NotFound),
        (await user("tom"), amina.id, "A reason", NotAllowed),
        (amina, amina.id, "A reason", NotAllowed),
    ):
        with pytest.raises(fault):
            await reset_factors(forum, who, whom, reason, new_key())
    assert await Totp.all().count() == 2 and not await Decision.exists()
    key = new_key()
    for _ in range(2):
        assert await reset_factors(forum, priya, amina.id, "A reason", key) == amina.id
    assert await Decision.all().count() == 1
    await reset_factors(forum, None, PRIYA, "")  # the last administrator stays one
    assert (await Person.get(email=PRIYA)).site_role == "administrator"
