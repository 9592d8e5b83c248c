"""What a passkey answers is good once, for who and what it was asked for. Whatever is wrong, the refusal is one."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from forum.actions import passkeys
from forum.actions.challenges import MOST_ANSWER, party_of
from forum.actions.passkeys import add_passkey, begin_adding, begin_showing, begin_sign_in, show_passkey
from forum.models import Challenge, Passkey, Person, Session
from tests.authenticator import ATTESTED, PRESENT, VERIFIED, Authenticator, acts, add, advance, at, come_in, refusal
from tests.conftest import settings_for, with_settings

pytestmark = pytest.mark.usefixtures("letters_by_hand")


# Challenges


async def test_a_challenge_is_good_once(forum):
    phone, _ = await add(forum, await at(forum, "amina"), count=1)
    sent = phone.get(await begin_sign_in(forum))
    await come_in(forum, sent)
    assert await refusal(come_in(forum, sent)) == passkeys.WRONG
    options = await begin_sign_in(forum)
    assert await refusal(come_in(forum, phone.get(options, flags=PRESENT))) == passkeys.WRONG
    assert await refusal(come_in(forum, phone.get(options))) == passkeys.WRONG, "a wrong answer uses it up too"


async def test_a_challenge_runs_out_and_is_swept(forum):
    phone, _ = await add(forum, await at(forum, "amina"))
    in_time, late = await begin_sign_in(forum), await begin_sign_in(forum)
    advance(forum, minutes=4, seconds=59)
    assert await come_in(forum, phone.get(in_time))
    advance(forum, seconds=2)
    assert await refusal(come_in(forum, phone.get(late))) == passkeys.WRONG
    assert await Challenge.all().count() == 1
    await begin_sign_in(forum)
    assert await Challenge.all().count() == 1, "the one that ran out is gone"


async def test_a_challenge_is_for_one_person_and_one_purpose(forum):
    phone, amina = await add(forum, await at(forum, "amina"))
    tablet, gareth = await add(forum, await at(forum, "gareth"))
    for options, sending in [
        (await begin_showing(forum, gareth, "prove"), lambda sent: show_passkey(forum, amina, "prove", sent)),
        (await begin_showing(forum, amina, "second-factor"), lambda sent: show_passkey(forum, amina, "prove", sent)),
        (await begin_showing(forum, amina, "prove"), lambda sent: come_in(forum, sent)),
        (await begin_sign_in(forum), lambda sent: show_passkey(forum, amina, "prove", sent)),
    ]:
        assert await refusal(sending(phone.get(options))) == passkeys.WRONG
    options = await begin_showing(forum, amina, "prove")
    assert await refusal(show_passkey(forum, amina, "prove", tablet.get(options))) == passkeys.WRONG, "Gareth's passkey"
    told = json.loads(await begin_showing(forum, amina, "prove")) | {"rp": {"id": "localhost"}, "user": {"id": "MQ"}}
    sent = Authenticator().make(json.dumps(told))
    assert await refusal(add_passkey(forum, amina, "x", sent)) == passkeys.WRONG


async def test_strangers_cannot_fill_the_table_with_a_persons_challenges(forum):
    amina = await at(forum, "amina")
    for _ in range(5):
        await begin_adding(forum, amina)
        await begin_showing(forum, amina, "prove")
    assert await Challenge.filter(person_id=amina.id).count() == 2


async def all_at_once(do: Callable[[], Any], times: int = 20) -> list[Any]:
    barrier = asyncio.Barrier(times)

    async def one() -> Any:
        await barrier.wait()
        return await do()

    return await asyncio.gather(*[one() for _ in range(times)], return_exceptions=True)


@pytest.mark.parametrize("count", [0, 1], ids=["a device that does not count", "one that counts"])
async def test_of_twenty_at_once_exactly_one_comes_in(forum, count):
    phone, _ = await add(forum, await at(forum, "amina"), count=count)
    before = await Session.all().count()
    sent = phone.get(await begin_sign_in(forum))
    outcomes = await all_at_once(lambda: come_in(forum, sent))
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1
    assert {str(outcome) for outcome in outcomes if not isinstance(outcome, str)} == {passkeys.WRONG}
    assert await Session.all().count() == before + 1


async def test_of_twenty_at_once_exactly_one_is_added(forum):
    amina = await at(forum, "amina")
    sent = Authenticator().make(await begin_adding(forum, amina))
    outcomes = await all_at_once(lambda: add_passkey(forum, amina, "Phone", sent))
    assert sum(isinstance(outcome, tuple) for outcome in outcomes) == 1
    assert await Passkey.all().count() == 1


async def test_the_same_count_with_two_challenges_at_once_comes_in_once(forum):
    phone, _ = await add(forum, await at(forum, "amina"), count=1)
    both = [phone.get(await begin_sign_in(forum), count=7) for _ in range(2)]
    outcomes = await asyncio.gather(*[come_in(forum, sent) for sent in both], return_exceptions=True)
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1


# What is refused, always in the same words

GET: dict[str, dict[str, Any]] = {
    "another origin": {"client": {"origin": "http://localhost:8001"}},
    "an origin that begins like it": {"client": {"origin": "http://localhost:8000.evil.example"}},
    "a number": {"client": {"origin": "http://127.0.0.1:8000"}},
    "another service": {"rp_id": "evil.example"},
    "nobody asked who it is": {"flags": PRESENT},
    "nobody there": {"flags": VERIFIED},
    "another key": {"key": ec.generate_private_key(ec.SECP256R1())},
    "another owner": {"handle": "MTIz"},
    "no owner": {"handle": ""},
    "an answer to another question": {"client": {"type": "webauthn.create"}},
    "a challenge of its own making": {"client": {"challenge": "A" * 86}},
    "no challenge": {"client": {"challenge": ""}},
    "a challenge that is no text": {"client": {"challenge": 7}},
    "another credential": {"answer": {"id": "AAAA", "rawId": "AAAA"}},
    "two credentials": {"answer": {"rawId": "AAAA"}},
    "another type": {"answer": {"type": "password"}},
}


@pytest.mark.parametrize("wrong", GET)
async def test_what_is_wrong_signs_nobody_in(forum, wrong):
    phone, _ = await add(forum, await at(forum, "amina"))
    before = await Session.all().count()
    sent = phone.get(await begin_sign_in(forum), **GET[wrong])
    assert await refusal(come_in(forum, sent)) == passkeys.WRONG
    assert await Session.all().count() == before
    assert len(await acts("refuse_passkey")) == 1
    assert await come_in(forum, phone.get(await begin_sign_in(forum))), "it is right when nothing is wrong with it"


MAKE: dict[str, dict[str, Any]] = {
    "another origin": {"client": {"origin": "https://localhost:8000"}},
    "another service": {"rp_id": "evil.example"},
    "nobody asked who it is": {"flags": PRESENT | ATTESTED},
    "no credential": {"flags": PRESENT | VERIFIED},
    "a key that is none": {"public_key": cbor2.dumps({1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32})},
    "a key of another kind": {"public_key": cbor2.dumps({1: 2, 3: -36, -1: 3, -2: b"x" * 66, -3: b"y" * 66})},
    "a key without its parts": {"public_key": cbor2.dumps({})},
    "a key that is a number": {"public_key": cbor2.dumps(7)},
    "a key that is too deep": {"public_key": b"\x81" * 3000 + b"\x00"},
    "an answer to another question": {"client": {"type": "webauthn.get"}},
    "a challenge of its own making": {"client": {"challenge": "A" * 86}},
}


@pytest.mark.parametrize("wrong", MAKE)
async def test_what_is_wrong_is_not_added(forum, wrong):
    amina = await at(forum, "amina")
    sent = Authenticator().make(await begin_adding(forum, amina), **MAKE[wrong])
    assert await refusal(add_passkey(forum, amina, "Phone", sent)) == passkeys.WRONG
    assert await Passkey.all().count() == 0
    assert await acts("refuse_passkey") == [("refuse_passkey", amina.id, {"purpose": "register"})]


async def test_a_credential_id_that_is_too_long_is_not_added(forum):
    amina = await at(forum, "amina")
    for length, wanted in (1024, passkeys.WRONG), (1023, ""):
        phone = Authenticator(credential_id=b"i" * length)
        sent = phone.make(await begin_adding(forum, amina))
        if wanted:
            assert await refusal(add_passkey(forum, amina, "Phone", sent)) == wanted
        else:
            await add_passkey(forum, amina, "Phone", sent)
    assert await come_in(forum, phone.get(await begin_sign_in(forum)))


HOSTILE = (
    "", " ", "{}", "[]", "null", "7", '"x"', "x" * 10_000, "[" * 10_000, '{"response":' * 2_000, "\x00", "\ud800",
    '{"response": {"clientDataJSON": "%%%"}, "id": "x"}', '{"response": {"clientDataJSON": 7}, "id": 7}',
    '{"response": {"clientDataJSON": "e30"}, "id": "AAAA"}', '{"response": [], "id": []}', "9" * 5_000,
    '{"response": {"clientDataJSON": "bnVsbA", "userHandle": {}}, "id": null}', "x" * (MOST_ANSWER + 1),
)  # fmt: skip


@pytest.mark.parametrize("sent", HOSTILE, ids=range(len(HOSTILE)))
async def test_nonsense_is_refused_in_the_same_words(forum, sent):
    _, amina = await add(forum, await at(forum, "amina"))
    for doing in come_in(forum, sent), show_passkey(forum, amina, "prove", sent), add_passkey(forum, amina, "x", sent):
        assert await refusal(doing) == passkeys.WRONG
    assert await Passkey.all().count() == 1


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "attestationObject"])
@pytest.mark.parametrize("value", ["", "AAAA", "%", 7, None, {}, "x" * 9_000], ids=repr)
async def test_parts_that_are_nonsense_are_refused_in_the_same_words(forum, part, value):
    phone, amina = await add(forum, await at(forum, "amina"))
    for begin, answer, finish in (
        (begin_sign_in(forum), phone.get, lambda sent: come_in(forum, sent)),
        (begin_adding(forum, amina), Authenticator().make, lambda sent: add_passkey(forum, amina, "x", sent)),
    ):
        sent = json.loads(answer(await begin))
        if part in sent["response"]:
            sent["response"][part] = value
            assert await refusal(finish(json.dumps(sent))) == passkeys.WRONG


async def test_a_passkey_that_was_added_before_is_not_added_again(forum):
    phone, amina = await add(forum, await at(forum, "amina"))
    gareth = await at(forum, "gareth")
    for user in amina, gareth:
        assert (
            await refusal(add_passkey(forum, user, "x", phone.make(await begin_adding(forum, user)))) == passkeys.WRONG
        )
    assert await Passkey.all().count() == 1


# The service's name


@pytest.mark.parametrize(
    ("url", "hosts", "name", "origins"),
    [
        ("", [], "localhost", ["http://localhost"]),
        ("http://127.0.0.1:8000", [], "localhost", ["http://localhost:8000"]),
        ("http://localhost:8000", ["127.0.0.1"], "localhost", ["http://localhost:8000"]),
        ("http://[::1]:8000", [], "localhost", ["http://localhost:8000"]),
        ("https://hub.example.org", [], "hub.example.org", ["https://hub.example.org"]),
        ("https://hub.example.org:443", [], "hub.example.org", ["https://hub.example.org"]),
        ("https://Hub.Example.org:8443/", [], "hub.example.org", ["https://hub.example.org:8443"]),
        (
            "https://hub.example.org",
            ["www.hub.example.org", "evilhub.example.org", "example.org", "10.0.0.5"],
            "hub.example.org",
            ["https://hub.example.org", "https://www.hub.example.org"],
        ),
        ("https://10.0.0.5", ["hub.example.org"], "", []),
    ],
)
def test_passkeys_belong_to_the_services_name(tmp_path, url, hosts, name, origins):
    party = party_of(settings_for("sqlite://x", tmp_path, site={"url": url, "hosts": hosts}))
    assert (party.id, list(party.origins)) == (name, origins)


@with_settings(site={"url": "https://10.0.0.5"})
async def test_without_a_name_passkeys_are_refused_in_words(forum):
    amina = await at(forum, "amina")
    for asked in begin_adding(forum, amina), begin_sign_in(forum), begin_showing(forum, amina, "prove"):
        assert "has no name" in await refusal(asked)
    assert await Person.exists(id=amina.id)
