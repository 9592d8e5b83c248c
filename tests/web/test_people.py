"""Administrators find people, see what is known of an account and decide about it. Nobody else does."""

from datetime import timedelta

import pytest

from forum.actions.standing import decide
from forum.models import AuditRow, Council, Decision, Membership, Person
from tests.cast import EVERYONE, new_key, user

NOBODYS = ("/people", "/people/1", "/people/1/groups/finance", "/councils", "/councils/1", "/councils/4000000000")


@pytest.mark.parametrize("name", [name for name in EVERYONE if name != "priya"])
async def test_nobody_but_administrators_gets_there(signed_in, without_chance, name):
    browser, amina = await signed_in(name), await user("amina")
    for address in *NOBODYS, f"/people/{amina.id}", f"/people/{amina.id}/groups/adult-social-care":
        assert (await browser.get(address)).status_code == 403, address
    there, not_there = [await browser.get(f"/people/{id}") for id in (amina.id, 1)]
    assert without_chance(there) == without_chance(not_there)
    answer = await browser.act(f"/people/{amina.id}/decisions", decision="suspend", reason="x")
    assert answer.status_code == 403
    assert (await browser.act("/councils/1/domains", domain="example.gov.uk")).status_code == 403
    assert 'href="/people"' not in (await browser.get("/")).text
    assert not await Decision.exists()


def named(answer) -> list[str]:
    return [name.capitalize() for name in EVERYONE if f"<bdi>{name.capitalize()}</bdi>" in answer.text]


async def test_people_are_found_by_name_address_role_council_and_state(forum, signed_in):
    priya, leeds = await signed_in("priya"), await Council.get(name="Leeds")
    await decide(forum, None, "eve@demo.example", "suspend", "")
    await decide(forum, None, "olu@demo.example", "deactivate", "")
    for words, found in (
        ("", [name.capitalize() for name in EVERYONE]),
        ("q=AMINA", ["Amina"]),
        ("q=amina@demo", ["Amina"]),
        ("q=demo+ruth", ["Ruth"]),
        ("q=%25", []),
        ("q=_", []),
        ("role=analyst", ["Tom", "Nadia"]),
        ("role=administrator", ["Priya"]),
        ("role=none&q=r", ["Amina", "Gareth", "Bethan", "Mohammed", "Eve", "Olu", "Ruth", "Sam"]),
        (f"council={leeds.id}", ["Amina"]),
        ("state=suspended", ["Eve"]),
        ("state=deactivated", ["Olu"]),
        ("state=active&q=e%40", []),
    ):
        answer = await priya.get(f"/people?{words}")
        assert answer.status_code == 200, words
        if not words.endswith("q=r"):
            assert named(answer) == found, words
    for wrong in "role=king", "state=x", "council=x", "council=99999", "q=%00":
        assert (await priya.get(f"/people?{wrong}")).status_code == 422, wrong
    for nowhere in "page=2", "page=x", "page=0":
        assert (await priya.get(f"/people?{nowhere}")).status_code == 404, nowhere


async def test_a_long_list_is_paged(forum, signed_in):
    await Person.bulk_create(
        Person(email=f"p{number}@demo.example", name=f"Person {number:02}", created_at=forum.clock())
        for number in range(60)
    )
    priya = await signed_in("priya")
    first = await priya.get("/people?q=person")
    assert "60 people" in first.text and "Person 49" in first.text and "Person 50" not in first.text
    assert "Person 50" in (await priya.get("/people?q=person&page=2")).text


async def test_one_persons_whole_picture(forum, signed_in):
    await signed_in("bethan")
    bethan, priya = await user("bethan"), await signed_in("priya")
    await Membership.filter(person_id=bethan.id).update(ends_on=forum.rules().today + timedelta(days=20))
    her = await user("priya")
    await decide(forum, her, bethan.id, "suspend", "A complaint\nin two lines", new_key())
    await decide(forum, her, bethan.id, "reinstate", "It was unfounded", new_key())
    page = await priya.get(f"/people/{bethan.id}")
    assert page.status_code == 200
    for words in (
        "bethan@demo.example", "Cardiff", "Finance", "Member", "Suspended an account", "A complaint\nin two lines",
        "Ended a suspension", "It was unfounded", f"/audit?who={bethan.id}", f"/audit?about={bethan.id}", "Nowhere, ",
    ):  # fmt: skip
        assert words in page.text, words
    person = await Person.get(id=bethan.id)
    for secret in person.password_hash, "histleblowing":  # a hidden group is none for her
        assert secret not in page.text
    [look] = await AuditRow.filter(act="read_person")
    assert (look.actor_id, look.subject, look.subject_id) == (her.id, "person", bethan.id)
    assert (await priya.get("/people/1")).status_code == 404


async def test_a_decision_from_the_page(signed_in):
    priya, amina, eve = await signed_in("priya"), await signed_in("amina"), await user("eve")
    her = await user("amina")
    address = f"/people/{her.id}/decisions"
    for fields, words in (
        ({"decision": "suspend", "reason": " "}, "Say why."),
        ({"decision": "", "reason": "A reason kept"}, "Choose what you decide."),
        ({"decision": "reinstate", "reason": "A reason kept"}, "not suspended"),
        ({"decision": "suspend", "reason": "x", "key": "short"}, "no valid key"),
        ({"decision": "suspend", "reason": "A\0reason"}, "Take it out"),
    ):
        answer = await priya.act(address, **fields)
        assert answer.status_code == 422 and words in answer.text, fields
        if "kept" in fields["reason"]:
            assert "A reason kept" in answer.text
    answer = await priya.act(address, decision="suspend", reason="Asked to")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/people/{her.id}")
    assert (await amina.get("/")).status_code == 303
    assert "End the suspension" in (await priya.get(f"/people/{her.id}")).text
    assert (await priya.act(f"/people/{eve.id}/decisions", decision="analyst", reason="x")).status_code == 303
    assert (await Person.get(id=eve.id)).site_role == "analyst"
    own = (await user("priya")).id
    assert "Decide</button>" not in (await priya.get(f"/people/{own}")).text
    answer = await priya.act(f"/people/{own}/decisions", decision="none", reason="x")
    assert answer.status_code == 422 and "your own account" in answer.text


async def test_a_last_day_from_both_pages(forum, signed_in):
    ruth, priya, amina = await signed_in("ruth"), await signed_in("priya"), await user("amina")
    day = forum.rules().today + timedelta(days=9)
    in_group, of_person = (
        f"/groups/adult-social-care/members/{amina.id}/last-day", f"/people/{amina.id}/groups/adult-social-care"
    )  # fmt: skip
    for browser, address, back in (
        (ruth, in_group, "/groups/adult-social-care/members"),
        (priya, of_person, f"/people/{amina.id}"),
    ):
        answer = await browser.act(address, ends_on="2001-01-01")
        assert answer.status_code == 422 and 'value="2001-01-01"' in answer.text
        answer = await browser.act(address, ends_on=str(day))
        assert (answer.status_code, answer.headers["location"]) == (303, back)
        assert f'value="{day}"' in (await browser.get(address)).text
        assert f"{day.day} {day:%B %Y}" in (await browser.get(back)).text
        assert (await Membership.get(person_id=amina.id)).ends_on == day
        assert (await browser.act(address, ends_on="")).status_code == 303
    assert (await priya.get(in_group)).status_code == 404
    gareth = await signed_in("gareth")
    assert (await gareth.get(in_group)).status_code == 403
    assert (await ruth.act(in_group, ends_on=str(day))).status_code == 303
    assert f"{day:%B %Y}" not in (await gareth.get("/groups/adult-social-care/members")).text
