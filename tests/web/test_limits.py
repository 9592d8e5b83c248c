"""Trying passwords is slow for strangers, and nobody is kept out of the place where they signed in before."""

import pytest

from forum.web.limits import network_of
from tests.cast import PASSWORD
from tests.conftest import with_settings


async def attempt(browser, name="amina", password="wrong password") -> int:
    answer = await browser.send_form("/sign-in", email=f"{name}@demo.example", password=password)
    return answer.status_code


@with_settings(sign_in={"tries_per_account": 3})
async def test_the_fourth_wrong_try_for_an_account_has_to_wait(signed_in):
    stranger = await signed_in(None)
    assert [await attempt(stranger) for _ in range(4)] == [422, 422, 422, 429]
    answer = await stranger.send_form("/sign-in", email="amina@demo.example", password=PASSWORD)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    assert "Wait a quarter of an hour" in answer.text
    assert await attempt(stranger, "gareth", PASSWORD) == 303


@with_settings(sign_in={"tries_per_account": 3})
async def test_another_address_does_not_give_a_stranger_more_tries(signed_in):
    for number in range(3):
        assert await attempt(await signed_in(None, address=f"192.0.2.{number}")) == 422
    assert await attempt(await signed_in(None, address="192.0.2.99")) == 429


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
