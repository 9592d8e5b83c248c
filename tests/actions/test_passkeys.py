"""Passkeys: added, used with and without a password, and removed."""

import asyncio
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from forum.actions import passkeys
from forum.actions.factors import MUST_HAVE
from forum.actions.passkeys import (
    add_passkey,
    begin_adding,
    begin_showing,
    begin_sign_in,
    remove_passkey,
    show_passkey,
)
from forum.actions.sessions import hash_token, sign_in, signed_in
from forum.actions.standing import decide
from forum.context import Forum
from forum.errors import Invalid, NotFound, ProofNeeded
from forum.models import AuditRow, Challenge, Membership, Passkey, Session, Totp
from tests.authenticator import Authenticator, acts, add, advance, at, come_in, of, refusal
from tests.cast import PASSWORD
from tests.conftest import with_settings
from tests.post_office import empty_the_queue, kept_letters, text_of

pytestmark = pytest.mark.usefixtures("letters_by_hand")


async def letters(forum: Forum) -> dict[str, str]:
    await empty_the_queue(forum)
    return {letter["Subject"]: text_of(letter) for letter in kept_letters(forum)}


# The story


async def test_amina_adds_a_passkey_and_signs_in_with_it_alone(forum):
    amina = await at(forum, "amina")
    phone, amina = await add(forum, amina, "  My   phone ", count=1)
    assert amina.hurdle == "", "to make it was to show it"
    [passkey] = await passkeys.passkeys_of(amina)
    assert (passkey.name, passkey.sign_count, passkey.last_used_at) == ("My phone", 1, None)
    assert "a passkey was added" in (await letters(forum))["You added a second factor"]

    token = await come_in(forum, phone.get(await begin_sign_in(forum)))
    again = await of(forum, token)
    assert (again.id, again.hurdle) == (amina.id, "")
    session = await Session.get(token_hash=hash_token(token))
    assert session.factor_at and session.factor_at == session.proved_at
    [passkey] = await passkeys.passkeys_of(amina)
    assert passkey.sign_count == 2 and passkey.last_used_at <= session.factor_at
    assert await acts("add_factor") == [("add_factor", amina.id, {"kind": "passkey"})]
    assert (await acts("sign_in"))[-1] == ("sign_in", amina.id, {"by": "passkey"})
    assert await Challenge.all().count() == 0


async def test_the_browser_is_told_to_ask_who_it_is_and_to_keep_the_passkey(forum):
    amina = await at(forum, "amina")
    phone, amina = await add(forum, amina)
    told = json.loads(await begin_adding(forum, amina))
    assert told["rp"] == {"id": "localhost", "name": forum.settings.site.name}
    assert told["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert told["attestation"] == "none"
    assert [it["id"] for it in told["excludeCredentials"]] == [json.loads(phone.make(json.dumps(told)))["id"]]
    told = json.loads(await begin_sign_in(forum))
    assert (told["userVerification"], told["allowCredentials"]) == ("required", []), "nobody is named"
    told = json.loads(await begin_showing(forum, amina, "prove"))
    assert len(told["allowCredentials"]) == 1


async def test_who_has_no_recovery_codes_gets_ten(forum):
    amina = await at(forum, "amina")
    for wanted in 10, 0:
        sent = Authenticator().make(await begin_adding(forum, amina))
        token, codes = await add_passkey(forum, amina, "Phone", sent)
        amina = await of(forum, token)
        assert len(codes) == wanted


async def test_after_the_password_a_passkey_is_the_second_factor(forum):
    phone, _ = await add(forum, await at(forum, "amina"))
    token = await sign_in(forum, "amina@demo.example", PASSWORD, "home", "")
    amina = await of(forum, token)
    assert amina.hurdle == "second-factor"
    new = await show_passkey(
        forum, amina, "second-factor", phone.get(await begin_showing(forum, amina, "second-factor"))
    )
    assert await signed_in(forum, token) is None, "the token of before lets nobody in"
    assert (await of(forum, new)).hurdle == ""


async def test_a_passkey_is_a_fresh_proof(forum):
    phone, amina = await add(forum, await at(forum, "amina"))
    advance(forum, minutes=16)
    for asked in begin_adding(forum, amina), add_passkey(forum, amina, "x", "{}"), remove_passkey(forum, amina, 1):
        with pytest.raises(ProofNeeded):
            await asked
    token = await show_passkey(forum, amina, "prove", phone.get(await begin_showing(forum, amina, "prove")))
    assert await begin_adding(forum, await of(forum, token))


async def test_a_new_device_is_told_of_and_a_known_one_is_not(forum):
    phone, _ = await add(forum, await at(forum, "amina"))
    for place, known, told in ("library", "device", 0), ("hotel", "", 1), ("hotel", "", 1):
        await come_in(forum, phone.get(await begin_sign_in(forum)), place=place, known=known)
        await empty_the_queue(forum)
        assert sum("Firefox on Windows" in text_of(letter) for letter in kept_letters(forum)) == told


async def test_the_session_of_before_ends(forum):
    phone, _ = await add(forum, await at(forum, "amina"))
    old = await sign_in(forum, "gareth@demo.example", PASSWORD, "home", "")
    await come_in(forum, phone.get(await begin_sign_in(forum)), old_token=old)
    assert await signed_in(forum, old) is None


# What it counts, and for whom


async def test_a_count_that_goes_back_is_refused_and_said(forum):
    phone, amina = await add(forum, await at(forum, "amina"), count=5)
    [passkey] = await passkeys.passkeys_of(amina)
    for count in 5, 4, 0:
        sent = phone.get(await begin_sign_in(forum), count=count)
        assert await refusal(come_in(forum, sent)) == passkeys.WRONG
    copied = {"purpose": "sign-in", "why": "count_went_back"}
    assert await acts("refuse_passkey") == [("refuse_passkey", None, copied)] * 3
    forged = phone.get(await begin_sign_in(forum), count=4, key=ec.generate_private_key(ec.SECP256R1()))
    assert await refusal(come_in(forum, forged)) == passkeys.WRONG
    assert (await acts("refuse_passkey"))[-1][2] == {"purpose": "sign-in"}, "not signed by it, so no copy of it"
    row = await AuditRow.filter(act="refuse_passkey").first()
    assert (row.subject, row.subject_id) == ("passkey", passkey.id)
    assert await come_in(forum, phone.get(await begin_sign_in(forum)))


@pytest.mark.parametrize("step", ["suspend", "deactivate"])
async def test_who_is_shut_out_is_refused_like_everybody(forum, step):
    phone, _ = await add(forum, await at(forum, "amina"))
    before, during = await begin_sign_in(forum), await begin_sign_in(forum)
    assert await come_in(forum, phone.get(before))
    await decide(forum, None, "amina@demo.example", step, "")
    assert await refusal(come_in(forum, phone.get(during))) == passkeys.WRONG
    assert await Session.filter(person__email="amina@demo.example", ended_at=None).count() == 0


# Removing


async def test_a_removed_passkey_lets_nobody_in(forum):
    phone, amina = await add(forum, await at(forum, "amina"), "Old phone")
    [passkey] = await passkeys.passkeys_of(amina)
    sent = phone.get(await begin_sign_in(forum))
    await remove_passkey(forum, amina, passkey.id)
    assert await refusal(come_in(forum, sent)) == passkeys.WRONG
    with pytest.raises(NotFound):
        await remove_passkey(forum, amina, passkey.id)
    assert "a passkey was taken away" in (await letters(forum))["You took a second factor away"]
    assert await acts("remove_factor") == [("remove_factor", amina.id, {"kind": "passkey"})]


async def test_nobody_removes_anybody_elses(forum):
    _, amina = await add(forum, await at(forum, "amina"))
    [passkey] = await passkeys.passkeys_of(amina)
    with pytest.raises(NotFound):
        await remove_passkey(forum, await at(forum, "gareth"), passkey.id)
    assert await Passkey.all().count() == 1


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b"])
async def test_it_needs_a_name(forum, name):
    amina = await at(forum, "amina")
    options = await begin_adding(forum, amina)
    with pytest.raises(Invalid) as refused:
        await add_passkey(forum, amina, name, Authenticator().make(options))
    assert refused.value.problems.keys() == {"name"}
    assert await add_passkey(forum, amina, "x" * 80, Authenticator().make(options)), "the challenge is still good"


async def test_ten_are_the_most(forum):
    amina = await at(forum, "amina")
    options = await begin_adding(forum, amina)
    for number in range(10):
        await Passkey.create(
            person_id=amina.id, credential_id=f"c{number}", public_key="k", name="x", created_at=forum.clock()
        )
    assert await refusal(begin_adding(forum, amina)) == passkeys.ENOUGH
    assert await refusal(add_passkey(forum, amina, "Phone", Authenticator().make(options))) == passkeys.ENOUGH


@with_settings(sign_in={"second_factor": True})
@pytest.mark.parametrize("name", ["ruth", "tom", "priya"])
async def test_staff_keep_their_last_factor(forum, name):
    staff = await at(forum, name)
    assert staff.hurdle == "set-up-factor"
    _, staff = await add(forum, staff)
    assert staff.hurdle == ""
    [passkey] = await passkeys.passkeys_of(staff)
    assert await refusal(remove_passkey(forum, staff, passkey.id)) == MUST_HAVE
    _, staff = await add(forum, staff, "Key")
    both = [it.id for it in await passkeys.passkeys_of(staff)]
    outcomes = await asyncio.gather(*[remove_passkey(forum, staff, it) for it in both], return_exceptions=True)
    assert sorted(map(str, outcomes)) == sorted(["None", MUST_HAVE])
    await Totp.create(person_id=staff.id, secret="x", created_at=forum.clock(), confirmed_at=forum.clock())
    [left] = await passkeys.passkeys_of(staff)
    await remove_passkey(forum, staff, left.id)


@with_settings(sign_in={"second_factor": True})
async def test_who_need_not_have_one_removes_the_last(forum):
    _, amina = await add(forum, await at(forum, "amina"))
    [passkey] = await passkeys.passkeys_of(amina)
    await remove_passkey(forum, amina, passkey.id)
    _, sam = await add(forum, await at(forum, "sam"))
    [passkey] = await passkeys.passkeys_of(sam)
    await Membership.filter(person_id=sam.id).update(role="member")
    await remove_passkey(forum, sam, passkey.id)
