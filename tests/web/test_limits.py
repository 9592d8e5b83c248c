"""Trying passwords is slow for strangers, and nobody who has the right one is kept out by them."""

import pytest

from forum.web.limits import SignInLimits, network_of
from tests import servers
from tests.cast import PASSWORD
from tests.conftest import settings_for, with_settings


async def attempt(browser, name="amina", password="wrong password") -> int:
    answer = await browser.send_form("/sign-in", email=f"{name}@demo.example", password=password)
    return answer.status_code


async def attack(signed_in, name, *addresses) -> list[int]:
    """How many wrong tries each address gets."""
    tries = []
    for address in addresses:
        attacker = await signed_in(None, address=address)
        answers = [await attempt(attacker, name)]
        while answers[-1] == 422:
            answers.append(await attempt(attacker, name))
        assert answers[-1] == 429
        tries.append(len(answers) - 1)
    return tries


MANY = [f"192.0.2.{number}" for number in range(30)]
MOBILE = "203.0.113.9"


@with_settings(sign_in={"tries_per_account": 3})
async def test_the_fourth_wrong_try_for_an_account_has_to_wait(signed_in):
    stranger = await signed_in(None)
    assert [await attempt(stranger) for _ in range(4)] == [422, 422, 422, 429]
    answer = await stranger.send_form("/sign-in", email="amina@demo.example", password=PASSWORD)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    assert "Wait a quarter of an hour" in answer.text
    assert await attempt(stranger, "gareth", PASSWORD) == 303


@with_settings(sign_in={"tries_per_account": 3})
async def test_each_address_of_an_attacker_gets_two_tries_once_the_count_is_used_up(signed_in):
    assert await attack(signed_in, "gareth", *MANY) == [3] + [2] * 29
    assert await attack(signed_in, "gareth", *MANY) == [0] * 30


@with_settings(sign_in={"tries_per_account": 3})
async def test_an_address_that_shared_in_using_up_the_count_gets_no_two_tries_more(signed_in):
    strangers = [await signed_in(None, address=address) for address in MANY[:3]]
    assert [await attempt(stranger) for stranger in strangers * 2] == [422] * 6
    assert [await attempt(stranger, password=PASSWORD) for stranger in strangers] == [429] * 3


@with_settings(sign_in={"tries_per_account": 3})
async def test_gareth_signs_in_from_a_new_address_while_thirty_others_try_his_account(signed_in):
    await attack(signed_in, "gareth", *MANY)
    gareth = await signed_in(None, address=MOBILE)
    assert [await attempt(gareth, "gareth"), await attempt(gareth, "gareth", PASSWORD)] == [422, 303]


@with_settings(sign_in={"tries_per_account": 3})
async def test_gareths_own_browser_signs_in_where_the_tries_are_used_up(signed_in):
    gareth = await signed_in("gareth", address="198.51.100.7")
    await gareth.send_form("/sign-out")
    await attack(signed_in, "gareth", *MANY, MOBILE)
    moved = await signed_in(None, address=MOBILE)
    assert await attempt(moved, "gareth", PASSWORD) == 429
    moved.cookies.update(gareth.cookies)
    assert [await attempt(moved, "gareth"), await attempt(moved, "gareth", PASSWORD)] == [422, 303]


@with_settings(sign_in={"tries_per_account": 3, "tries_per_address": 5})
async def test_gareths_own_browser_signs_in_from_an_address_that_tries_many_accounts(signed_in):
    gareth = await signed_in("gareth", address="198.51.100.7")
    sprayer = await signed_in(None, address=MOBILE)
    assert [await attempt(sprayer, f"nobody{number}") for number in range(6)] == [422] * 5 + [429]
    sprayer.cookies.update(gareth.cookies)
    assert await attempt(sprayer, "gareth", PASSWORD) == 303


@with_settings(sign_in={"tries_per_account": 4})
async def test_a_known_browser_has_its_own_limit_wherever_it_is(signed_in):
    gareth = await signed_in("gareth", address="198.51.100.7")
    here, there, elsewhere = [await signed_in(None, address=address) for address in MANY[:3]]
    for moved in here, there, elsewhere:
        moved.cookies.update(gareth.cookies)
    assert [await attempt(here, "gareth") for _ in range(5)] == [422, 422, 422, 422, 429]
    assert [await attempt(there, "gareth") for _ in range(3)] == [422, 422, 429]  # two, as at any new place
    assert await attempt(elsewhere, "gareth", PASSWORD) == 303
    assert await attack(signed_in, "gareth", MOBILE) == [3]  # of the strangers' four; Gareth's first sign-in was one


@with_settings(sign_in={"tries_per_account": 3})
async def test_gareth_signing_in_gives_strangers_no_new_tries(signed_in):
    await attack(signed_in, "gareth", *MANY)
    await signed_in("gareth", address=MOBILE)
    assert await attack(signed_in, "gareth", *MANY) == [0] * 30


@with_settings(sign_in={"tries_per_account": 3})
async def test_with_a_new_password_no_browser_from_before_is_known(signed_in):
    """A thief's neither: it gets no tries of its own, and the owner a letter when it comes in. Her own stays known."""
    thief, amina = await signed_in("amina"), await signed_in("amina")
    form = {"password": PASSWORD, "new": "another long enough password"}
    assert (await amina.act("/account/password", **form)).status_code == 303
    strangers = await signed_in(None, address="198.51.100.1")
    for _ in range(5):
        await attempt(strangers, "amina")
    await amina.send_form("/sign-out")
    amina_again = await attempt(amina, "amina", "another long enough password")
    elsewhere = await signed_in(None, address="203.0.113.5")
    elsewhere.cookies.set("device", thief.cookies["device"])
    tries = [await attempt(elsewhere, "amina") for _ in range(3)]
    assert (amina_again, tries) == (303, [422, 422, 429])


@pytest.mark.parametrize("forge", ["{bethan}", "{gareth}0", "{session}", "{gareth[0]}", "", "é", "device", "x" * 64])
@with_settings(sign_in={"tries_per_account": 3})
async def test_a_forged_device_cookie_or_another_accounts_is_no_help(signed_in, forge):
    gareth, bethan = await signed_in("gareth", address="198.51.100.7"), await signed_in("bethan")
    forged = forge.format(
        gareth=gareth.cookies["device"], bethan=bethan.cookies["device"], session=gareth.cookies["session"]
    )
    await attack(signed_in, "gareth", MOBILE)
    attacker = await signed_in(None, address=MOBILE)
    answer = await attacker.post(
        "/sign-in",
        data={"email": "gareth@demo.example", "password": PASSWORD},
        headers={"origin": attacker.site, "cookie": f"device={forged}".encode()},
    )
    assert answer.status_code == 429


@with_settings(sign_in={"tries_per_account": 3})
async def test_strangers_cannot_keep_amina_out_of_where_she_signed_in_before(signed_in):
    await signed_in("amina", address="198.51.100.7")
    stranger = await signed_in(None, address="192.0.2.1")
    while await attempt(stranger) != 429:
        pass
    at_home = await signed_in(None, address="198.51.100.7")
    assert await attempt(at_home, password=PASSWORD) == 303


@with_settings(sign_in={"tries_per_account": 3})
async def test_a_known_place_has_its_own_limit(signed_in):
    await signed_in("amina", address="198.51.100.7")
    at_home = await signed_in(None, address="198.51.100.7")
    assert [await attempt(at_home) for _ in range(4)] == [422, 422, 422, 429]


@with_settings(sign_in={"tries_per_account": 3})
async def test_the_right_password_begins_the_count_anew(signed_in):
    amina = await signed_in(None)
    for _ in range(3):
        assert [await attempt(amina), await attempt(amina), await attempt(amina, password=PASSWORD)] == [422, 422, 303]


@with_settings(sign_in={"tries_per_account": 3})
async def test_unknown_addresses_are_counted_like_known_ones(signed_in):
    stranger = await signed_in(None)
    assert [await attempt(stranger, "nobody") for _ in range(4)] == [422, 422, 422, 429]
    assert await attack(signed_in, "nobody", *MANY[:3]) == [2, 2, 2]


@with_settings(sign_in={"tries_per_account": 3})
async def test_capitals_and_spaces_make_no_other_account(signed_in):
    stranger = await signed_in(None)
    for email in "amina@demo.example", "AMINA@demo.example", " amina@DEMO.example ":
        assert (await stranger.send_form("/sign-in", email=email, password="wrong")).status_code == 422
    assert await attempt(stranger) == 429


@with_settings(sign_in={"tries_per_account": 3, "tries_per_address": 5})
async def test_one_address_cannot_try_many_accounts(signed_in):
    stranger = await signed_in(None, address="192.0.2.1")
    names = ["amina", "gareth", "bethan", "mohammed", "eve"]
    assert [await attempt(stranger, name) for name in names] == [422] * 5
    assert await attempt(stranger, "olu") == 429
    elsewhere = await signed_in(None, address="192.0.2.2")
    assert await attempt(elsewhere, "olu") == 422


@with_settings(sign_in={"tries_per_address": 5})
async def test_colleagues_who_sign_in_rightly_do_not_use_up_their_councils_address(signed_in):
    for _ in range(3):
        for name in "amina", "gareth", "bethan", "mohammed":
            await signed_in(name, address="198.51.100.7")


@with_settings(sign_in={"tries_per_account": 3, "tries_per_address": 5})
async def test_somebody_at_the_same_address_cannot_keep_amina_out_of_it(signed_in):
    await signed_in("amina", address="198.51.100.7")
    neighbour = await signed_in(None, address="198.51.100.7")
    for number in range(6):
        await attempt(neighbour, f"nobody{number}")
    assert await attempt(neighbour, "nobody") == 429
    assert await attempt(neighbour, "amina", PASSWORD) == 303


@with_settings(sign_in={"tries_per_account": 3, "tries_per_address": 5})
async def test_a_council_where_many_have_signed_in_has_more_tries_and_not_any_number(settings):
    """Somebody in its building would else try a few passwords of each of them, again and again."""
    limits = SignInLimits(settings)
    tries = [await limits.allow(f"m{number}@leeds.example", "its place", "its place") for number in range(30)]
    assert tries == [True] * 20 + [False] * 10
    assert await limits.allow("m1@leeds.example", "its place", "device")
    assert await limits.allow("m1@leeds.example", "home", "home")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_what_counts_as_one_address(address, network):
    assert network_of(address) == network


async def test_several_processes_count_together_over_redis(valkey_server, tmp_path):
    """Two processes' limits on one Valkey: what one counts the other knows, and what one forgets is forgotten."""
    changed = {"redis": {"url": valkey_server}, "sign_in": {"tries_per_account": 3, "tries_per_address": 50}}
    settings = settings_for(f"sqlite://{tmp_path}/none.sqlite3", tmp_path, **changed)
    one, other = SignInLimits(settings), SignInLimits(settings)
    tries = [await limits.allow("amina@demo.example", "home", "device") for limits in (one, other, one, other, one)]
    assert tries == [True, True, True, False, False]
    await other.forget("amina@demo.example", "device")
    assert await one.allow("amina@demo.example", "home", "device")


async def test_signing_in_goes_on_and_is_still_limited_while_redis_is_away(tmp_path):
    with servers.valkey() as url:
        settings = settings_for(
            f"sqlite://{tmp_path}/none.sqlite3", tmp_path, redis={"url": url}, sign_in={"tries_per_account": 3}
        )
        limits = SignInLimits(settings)
        assert await limits.allow("amina@demo.example", "home", "device")
    tries = [await limits.allow("amina@demo.example", "home", "device") for _ in range(4)]
    assert tries == [True, True, True, False]
    await limits.forget("amina@demo.example", "device")
    assert await limits.allow("amina@demo.example", "home", "device")
