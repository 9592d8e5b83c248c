"""Visits: for a reason, for a while, one at a time, told to the group; and whatever takes an administrator's place ends
them."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from forum.actions.groups import add_member, remove_member_by_email
from forum.actions.jobs import do_one
from forum.actions.standing import decide, set_site_role
from forum.actions.visits import end_visit, visit_group, visits_to
from forum.errors import Invalid, NotAllowed, NotFound
from forum.models import AuditRow, Person, Visit
from forum.permissions import user_now
from tests.actions.test_memberships import told
from tests.cast import group, new_key, user
from tests.conftest import with_settings
from tests.post_office import HANDLERS

PRIYA = "priya@demo.example"
REASON = "A member asked for their data."


async def visits(forum, slug: str = "finance") -> int:
    return await visit_group(forum, await user("priya"), slug, REASON, new_key())


async def role(forum, slug: str = "finance") -> str | None:
    """What Priya is in the group at this moment."""
    return (await user_now(await user("priya"))).roles.get((await group(slug)).id)


async def test_a_visit_is_a_role_that_runs_out(forum, slug="finance"):
    priya, began = await user("priya"), forum.clock()
    assert await role(forum, slug) is None
    visit = await Visit.get(id=await visits(forum, slug))
    assert await role(forum, slug) == "visitor"
    assert visit.ends_at - visit.created_at == timedelta(hours=4)
    assert (visit.person_id, visit.reason, visit.ended_at) == (priya.id, REASON, None)
    assert await role(forum, "housing") is None
    later = began + timedelta(hours=4, seconds=1)
    forum.clock = lambda: later
    assert (await user_now(replace(priya, rules=forum.rules()))).roles == {}
    assert [found.id for found in await visits_to(forum, (await group(slug)).id)] == [visit.id]


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 1001, "a\x00b", "\ud800"])
async def test_without_a_reason_that_can_be_kept_there_is_no_visit(forum, reason):
    with pytest.raises(Invalid) as invalid:
        await visit_group(forum, await user("priya"), "finance", reason, new_key())
    assert list(invalid.value.problems) == ["reason"]
    assert await role(forum) is None and not await AuditRow.filter(act="visit_group").exists()


async def test_only_administrators_visit_and_only_what_is_there(forum):
    for name, slug, error in [
        ("eve", "finance", NotFound),
        ("eve", "whistleblowing", NotFound),
        ("tom", "whistleblowing", NotFound),
        ("tom", "finance", NotAllowed),
        ("ruth", "finance", NotAllowed),
        ("priya", "no-such-group", NotFound),
    ]:
        with pytest.raises(error):
            await visit_group(forum, await user(name), slug, REASON, new_key())
        with pytest.raises(error):
            await end_visit(forum, await user(name), slug)
    assert not await Visit.exists()


async def test_who_is_in_the_group_needs_no_visit(forum):
    await add_member(forum, "finance", PRIYA, "observer")
    with pytest.raises(Invalid, match="You are in this group"):
        await visits(forum)


async def test_of_twenty_visits_at_once_one_begins(forum):
    priya, barrier = await user("priya"), asyncio.Barrier(20)

    async def visit() -> bool:
        await barrier.wait()
        try:
            await visit_group(forum, priya, "finance", REASON, new_key())
        except Invalid:
            return False
        return True

    assert sum(await asyncio.gather(*[visit() for _ in range(20)])) == 1
    assert await Visit.all().count() == await AuditRow.filter(act="visit_group").count() == 1


async def test_the_same_form_again_is_the_same_visit(forum):
    priya, key = await user("priya"), new_key()
    first = await visit_group(forum, priya, "finance", REASON, key)
    assert await visit_group(forum, priya, "finance", REASON, key) == first
    with pytest.raises(Invalid):
        await visit_group(forum, priya, "finance", "Another reason", key)


async def test_a_visit_ends_before_its_time_and_another_can_begin(forum):
    priya = await user("priya")
    first = await visits(forum)
    await end_visit(forum, priya, "finance")
    assert await role(forum) is None
    with pytest.raises(NotFound):
        await end_visit(forum, priya, "finance")
    second = await visits(forum)
    assert await role(forum) == "visitor"
    assert [visit.id for visit in await visits_to(forum, (await group("finance")).id)] == [second, first]


async def test_the_audit_log_keeps_ids_and_no_reason(forum):
    visit_id, place, priya = await visits(forum), await group("finance"), await user("priya")
    await end_visit(forum, priya, "finance")
    rows = await AuditRow.filter(act__in=["visit_group", "end_visit"]).order_by("number")
    assert [(row.act, row.actor_id, row.subject, row.subject_id, row.details) for row in rows] == [
        (act, priya.id, "group", place.id, f'{{"visit":{visit_id}}}') for act in ("visit_group", "end_visit")
    ]


async def test_each_facilitator_gets_one_letter_without_the_reason(forum):
    await add_member(forum, "finance", "sam@demo.example", "facilitator")
    await visits(forum)
    while await do_one(forum, HANDLERS):
        pass
    letters = [letter for letter in told(forum) if "is visiting Finance" in letter]
    assert sorted(letter.split()[0] for letter in letters) == ["ruth@demo.example", "sam@demo.example"]
    assert all("Priya" in letter and "/groups/finance/members" in letter for letter in letters)
    assert not any("data" in letter for letter in letters)


async def test_a_facilitator_who_was_removed_meanwhile_gets_no_letter(forum):
    await add_member(forum, "finance", "sam@demo.example", "facilitator")
    await visits(forum)
    await remove_member_by_email(forum, "finance", "ruth@demo.example", "She moved")
    while await do_one(forum, HANDLERS):
        pass
    assert [letter.split()[0] for letter in told(forum)] == ["sam@demo.example"]


@pytest.mark.parametrize("way", ["role", "suspend", "deactivate"])
async def test_who_loses_their_place_comes_back_without_the_visit(forum, way):
    await set_site_role(forum, None, "nadia@demo.example", "administrator", "")
    await visits(forum)
    if way == "role":
        await set_site_role(forum, None, PRIYA, None, "")
        assert await role(forum) is None
        await set_site_role(forum, None, PRIYA, "administrator", "")
    else:
        await decide(forum, None, PRIYA, way, "")
        await decide(forum, None, PRIYA, {"suspend": "reinstate", "deactivate": "reactivate"}[way], "")
    assert await role(forum) is None


async def test_a_site_role_taken_by_any_way_is_the_end_of_reading(forum):
    """Whatever the visit's row says."""
    await visits(forum)
    await Person.filter(email=PRIYA).update(site_role="analyst")
    assert await role(forum) is None


@with_settings(groups={"visit_hours": 0.5})
async def test_how_long_a_visit_lasts_is_a_setting(forum):
    visit = await Visit.get(id=await visits(forum))
    assert visit.ends_at - visit.created_at == timedelta(minutes=30)


async def test_after_a_year_a_visit_is_not_shown(forum):
    await visits(forum)
    place, now = await group("finance"), forum.clock()
    forum.clock = lambda: now + timedelta(days=364)
    assert len(await visits_to(forum, place.id)) == 1
    forum.clock = lambda: now + timedelta(days=366)
    assert await visits_to(forum, place.id) == []
