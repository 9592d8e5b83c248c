"""Accounts: who may be in the list, and what a password has to be."""

import pytest

from forum.actions.people import check_email, create_account, set_password
from forum.actions.reference import load_reference
from forum.actions.standing import decide
from forum.errors import Invalid
from forum.models import Council, Person, Session, Theme
from tests.cast import PASSWORD


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Amina@Demo.Example", "amina@demo.example"),
        ("amina.o'neill+hub@council.gov.uk", "amina.o'neill+hub@council.gov.uk"),
        ("x@localhost.test", "x@localhost.test"),
    ],
)
def test_addresses_are_kept_in_lower_case(typed, kept):
    assert check_email(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "amina", "amina@", "@demo.example", "a b@demo.example", "a@b@c.example", "a\0@b.example"]
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(Invalid, match="email address"):
        check_email(typed)


async def test_an_account_has_its_council_and_a_hash_of_its_password(forum):
    person_id = await create_account(forum, "New@Demo.Example", "  Siân   O'Neill-Łódź ", "Leeds", None, PASSWORD)
    person = await Person.get(id=person_id).select_related("council")
    assert (person.email, person.name, person.council.name) == ("new@demo.example", "Siân O'Neill-Łódź", "Leeds")
    assert person.password_hash.startswith("$argon2id$") and PASSWORD not in person.password_hash


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"email": "amina@demo.example"}, "already"),
        ({"email": "AMINA@demo.example"}, "already"),
        ({"email": "nobody"}, "email address"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "A\udcffmina"}, "name"),
        ({"name": "A\0mina"}, "name"),
        ({"council": "Atlantis"}, "no council"),
        ({"password": "x" * 11}, "12 to 128"),
        ({"password": "x" * 129}, "12 to 128"),
        ({"password": ""}, "12 to 128"),
    ],
)
async def test_an_account_that_cannot_be(forum, other, words):
    details = {"email": "new@demo.example", "name": "New", "council": None, "site_role": None, "password": PASSWORD}
    with pytest.raises(Invalid, match=words):
        await create_account(forum, **(details | other))
    assert await Person.all().count() == 11


async def test_another_password_signs_out_everywhere(forum, signed_in):
    amina = await signed_in("amina")
    await set_password(forum, "Amina@demo.example", "quite another password")
    assert (await amina.get("/groups")).status_code == 303
    stranger = await signed_in(None)
    for password, status in (PASSWORD, 422), ("quite another password", 303):
        answer = await stranger.send_form("/sign-in", email="amina@demo.example", password=password)
        assert answer.status_code == status


async def test_suspending_ends_every_session(forum, signed_in):
    amina = await signed_in("amina")
    await decide(forum, None, "amina@demo.example", "suspend", "Asked to")
    assert (await amina.get("/groups")).status_code == 303
    assert not await Session.filter(person__email="amina@demo.example", ended_at=None).exists()
    for act in (
        decide(forum, None, "nobody@demo.example", "suspend", ""),
        set_password(forum, "nobody@demo.example", PASSWORD),
    ):
        with pytest.raises(Invalid, match="no account"):
            await act


async def test_the_lists_are_loaded_once_and_left_alone(forum):
    assert await Theme.filter(parent_id=None).count() == 12
    assert await Theme.exclude(parent_id=None).count() == 60
    assert await Council.all().count() >= 60
    await Theme.filter(code="CARE-3").update(name="Our own words")
    await load_reference(forum)
    assert await Theme.all().count() == 72
    assert (await Theme.get(code="CARE-3")).name == "Our own words"
