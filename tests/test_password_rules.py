"""What passwords may be: long, of any kind, and nothing that somebody would guess who knows whose they are."""

import unicodedata

import pytest

from forum.password_rules import COMMON, LENGTH, LOOKED_AT, OWN, SIGNS, fault_in, looked_at
from forum.passwords import Passwords
from tests.cast import PASSWORD
from tests.conftest import settings_for

AMINA = ("Amina Rahman", "amina.rahman@leeds.example", "Leeds", "Councillors' hub")


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "correct horse battery staple",
        "my grandmother's teapot",
        "amina likes purple turnips",  # her name is in it, and beside it enough that is not
        "kX9$mQ2!vL7p",
        "лесной ёжик в тумане",
        "🦔🐝🌳🚲🎈🧦🥕🪵🌧🎻🧭🐌",
        "no Capitals or digits",
        "purple turnips " * 8 + "to 128!!",
        "a\ttab and a\nnew line",
    ],
)
def test_what_is_long_and_hard_to_guess_is_taken(password):
    assert fault_in(password, AMINA) == ""


@pytest.mark.parametrize("password", ["", "turnip", "x7#Kq9!mZ2p", "x" * 129, "purple turnips " * 9])
def test_the_length_is_all_that_is_asked_of_its_form(password):
    assert fault_in(password, AMINA) == LENGTH


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "passwordpassword", "P@ssw0rd123!", "iloveyou1234", "letmeinletmein", "qwertyuiop123",
        "1qaz2wsx3edc4rfv", "123456789012", "abcdefghijkl", "aaaaaaaaaaaaaaaa", "Summer2026!!", "liverpoolfc1892",
        "trustno1trustno1", " " * 12, "🦔" * 12,
    ],
)  # fmt: skip
def test_what_is_common_or_a_pattern_is_refused_with_help(password):
    assert fault_in(password, AMINA) == COMMON
    assert "three or four words" in COMMON


@pytest.mark.parametrize(
    "password",
    [
        "amina-rahman-1974", "AminaRahman2026", "Rahman Amina 12!", "4m1na R4hman 2026", "amina.rahman@leeds.example",
        "leedscouncil2026", "Leeds Leeds Leeds", "Councillors2026", "council2026!", "councillors hub 1",
        "LocalGovernmentAssociation1", "LGA-forum-hub-2026",
    ],
)  # fmt: skip
def test_what_is_made_of_ones_own_name_or_words_of_the_service_is_refused_with_help(password):
    assert fault_in(password, AMINA) == OWN


def test_a_name_counts_with_and_without_its_marks_and_for_its_owner_only():
    for password in "siân-o-neill-1974", "sian-o-neill-1974", unicodedata.normalize("NFD", "Siân-O-Neill-1974"):
        assert fault_in(password, ["Siân O'Neill"]) == OWN
        assert fault_in(password, ["Gareth"]) == ""


def test_what_is_looked_at_is_short_and_has_few_signs():
    """Each sign may stand for letters, and the estimate tries all ways to read them: ten seconds for this one."""
    hostile = "4@8({[<369&#!1/|0$5+7%2" * 5
    assert len(set(looked_at(hostile)) & SIGNS) <= 6
    assert len(looked_at("x" * 128)) == LOOKED_AT
    assert fault_in(hostile, AMINA) in ("", COMMON)


async def test_a_password_is_the_same_however_a_keyboard_writes_it(tmp_path):
    passwords = Passwords(settings_for("", tmp_path).passwords)
    composed, apart = (unicodedata.normalize(form, "žluťoučký kůň") for form in ("NFC", "NFD"))
    assert composed != apart
    stored = await passwords.hash(apart)
    assert await passwords.verify(stored, composed) and await passwords.verify(stored, apart)
    longest = unicodedata.normalize("NFC", "é" * 128)
    assert await passwords.verify(await passwords.hash(longest), unicodedata.normalize("NFD", longest))
    passwords.close()


async def test_nothing_is_cut_off(tmp_path):
    passwords = Passwords(settings_for("", tmp_path).passwords)
    longest = "correct horse " * 9 + "xy"
    assert len(longest) == 128
    stored = await passwords.hash(longest)
    assert await passwords.verify(stored, longest)
    for other in longest[:-1], longest + "z", longest + "z" * 100_000:
        assert not await passwords.verify(stored, other)
    passwords.close()
