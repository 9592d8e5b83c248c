"""Being in groups: the list, one group, its people, leaving and removing."""

import pytest

from forum.actions.groups import add_member, remove_member_by_email
from forum.actions.threads import start_thread
from forum.models import Group, Membership, Person, Service
from tests.cast import new_key, posts_in, thread_in, user


async def membership_of(name: str, slug: str) -> Membership:
    return await Membership.get(person__email=f"{name}@demo.example", group__slug=slug)


async def test_the_list_shows_listed_groups_and_my_role_in_them(signed_in):
    gareth, bethan = await signed_in("gareth"), await signed_in("bethan")
    page = (await gareth.get("/groups")).text
    for slug in "adult-social-care", "finance", "housing":
        assert f'href="/groups/{slug}"' in page
    assert "whistleblowing" not in page
    assert page.count("You are a member") == 2
    assert 'href="/groups/whistleblowing"' in (await bethan.get("/groups")).text
    assert "You are an observer" in (await (await signed_in("olu")).get("/groups")).text


async def test_a_group_shows_its_threads_the_latest_first(forum, signed_in):
    amina = await signed_in("amina")
    older = await thread_in("adult-social-care")
    newer_id = await start_thread(forum, await user("gareth"), "adult-social-care", "Newer", "Words", False, new_key())
    page = (await amina.get("/groups/adult-social-care")).text
    assert page.index(f"/threads/{newer_id}") < page.index(f"/threads/{older.id}")
    await amina.write(older.id, "Up again.")
    page = (await amina.get("/groups/adult-social-care")).text
    assert page.index(f"/threads/{newer_id}") > page.index(f"/threads/{older.id}")
    assert "Facilitated by Ruth" in page
    assert "Members, facilitators and observers of Adult social care, LGA analysts, and administrators who" in page


async def test_a_group_of_many_threads_has_pages(forum, signed_in):
    amina, person = await signed_in("amina"), await user("amina")
    for number in range(30):
        await start_thread(forum, person, "adult-social-care", f"Thread number {number}", "Words", False, new_key())
    first, second = [(await amina.get(f"/groups/adult-social-care?page={page}")).text for page in (1, 2)]
    assert first.count('<a href="/threads/') == 30
    assert 'rel="next"' in first and 'rel="prev"' not in first
    assert second.count('<a href="/threads/') == 1
    assert 'rel="prev"' in second and 'rel="next"' not in second


async def test_the_people_of_a_group_are_shown_with_council_type_region_and_role(signed_in):
    page = (await (await signed_in("amina")).get("/groups/adult-social-care/members")).text
    for words in "Amina", "Leeds", "metropolitan", "Yorkshire", "Gwynedd", "Observer", "Facilitator":
        assert words in page, words
    assert "demo.example" not in page
    assert "Remove" not in page


async def test_gareth_leaves_a_group_and_its_talk_is_gone_for_him(signed_in):
    gareth = await signed_in("gareth")
    thread = await thread_in("finance")
    rights = (await Service.get()).rights
    answer = await gareth.send_form("/groups/finance/leave")
    assert (answer.status_code, answer.headers["location"]) == (303, "/groups")
    assert (await gareth.get(f"/threads/{thread.id}")).status_code == 404
    assert (await gareth.send_form("/groups/finance/leave")).status_code == 404
    assert (await Service.get()).rights == rights + 1
    kept = await membership_of("gareth", "finance")
    assert (kept.ended_reason, kept.ended_by_id) == ("left", kept.person_id)
    assert kept.ended_at is not None
    assert (await gareth.get(f"/threads/{(await thread_in('adult-social-care')).id}")).status_code == 200


async def test_only_who_is_in_a_group_can_leave_it(signed_in):
    assert (await (await signed_in("eve")).send_form("/groups/finance/leave")).status_code == 404
    assert (await (await signed_in("eve")).send_form("/groups/whistleblowing/leave")).status_code == 404
    assert (await (await signed_in("tom")).send_form("/groups/finance/leave")).status_code == 403


async def test_ruth_removes_amina_with_a_reason(signed_in):
    ruth, amina = await signed_in("ruth"), await signed_in("amina")
    address = f"/groups/adult-social-care/members/{(await user('amina')).id}/remove"
    assert f'href="{address}"' in (await ruth.get("/groups/adult-social-care/members")).text
    assert "Remove Amina" in (await ruth.get(address)).text
    answer = await ruth.send_form(address, reason="She moved to another council.")
    assert (answer.status_code, answer.headers["location"]) == (303, "/groups/adult-social-care/members")
    assert "Amina" not in (await ruth.get("/groups/adult-social-care/members")).text
    assert (await amina.get(f"/threads/{(await thread_in('adult-social-care')).id}")).status_code == 404
    kept = await membership_of("amina", "adult-social-care")
    assert (kept.ended_reason, kept.ended_by_id) == ("She moved to another council.", (await user("ruth")).id)
    assert (await ruth.send_form(address, reason="Again")).status_code == 404
    assert (await ruth.get(address)).status_code == 404
    assert "Amina" in (await ruth.get(f"/threads/{(await thread_in('adult-social-care')).id}")).text


async def test_a_removal_needs_a_reason(signed_in):
    ruth = await signed_in("ruth")
    address = f"/groups/adult-social-care/members/{(await user('amina')).id}/remove"
    for reason in "", "  \n", "x" * 1001, "a\0b":
        answer = await ruth.send_form(address, reason=reason)
        assert answer.status_code == 422
        assert 'href="#reason"' in answer.text and 'id="reason-problem"' in answer.text
    assert (await ruth.send_form(address)).status_code == 422
    assert "x" * 1001 in (await ruth.send_form(address, reason="x" * 1001)).text  # what was typed is kept
    assert (await membership_of("amina", "adult-social-care")).ended_at is None


async def test_ruth_cannot_remove_herself_or_somebody_who_is_not_there(signed_in):
    ruth = await signed_in("ruth")
    herself, eve = (await user("ruth")).id, (await user("eve")).id
    assert (await ruth.send_form(f"/groups/finance/members/{herself}/remove", reason="Tired")).status_code == 422
    assert (await ruth.send_form(f"/groups/finance/members/{eve}/remove", reason="Who?")).status_code == 404
    assert (await membership_of("ruth", "finance")).ended_at is None


async def test_who_left_may_come_back_and_reads_again(forum, signed_in):
    amina = await signed_in("amina")
    thread = await thread_in("adult-social-care")
    await remove_member_by_email(forum, "adult-social-care", "amina@demo.example", "A mistake")
    assert (await amina.get(f"/threads/{thread.id}")).status_code == 404
    await add_member(forum, "adult-social-care", "amina@demo.example", "observer")
    assert (await amina.get(f"/threads/{thread.id}")).status_code == 200
    assert (await amina.act(f"/threads/{thread.id}/posts", body="May I?")).status_code == 403
    membership = await membership_of("amina", "adult-social-care")
    assert (membership.ended_at, membership.ended_reason, membership.role) == (None, "", "observer")


async def test_a_role_that_changes_changes_at_once(forum, signed_in):
    amina = await signed_in("amina")
    [_, post] = await posts_in("adult-social-care")
    assert (await amina.get(f"/posts/{post.id}/hide")).status_code == 403
    await add_member(forum, "adult-social-care", "amina@demo.example", "facilitator")
    assert (await amina.get(f"/posts/{post.id}/hide")).status_code == 200
    await add_member(forum, "adult-social-care", "amina@demo.example", "member")
    assert (await amina.get(f"/posts/{post.id}/hide")).status_code == 403


async def test_names_and_purposes_are_shown_as_text(forum, signed_in):
    await Group.filter(slug="finance").update(name="<b>Finance</b> & 'resources'", purpose="<script>alert(1)</script>")
    await Person.filter(email="gareth@demo.example").update(name="<i>Gareth</i>")
    bethan = await signed_in("bethan")
    for address in (
        "/",
        "/groups",
        "/groups/finance",
        "/groups/finance/members",
        f"/threads/{(await thread_in('finance')).id}",
    ):
        page = (await bethan.get(address)).text
        assert not {"<b>Finance", "<script>alert", "<i>Gareth"} & {page[at : at + 13] for at in range(len(page))}
        for tag in "<b>", "<i>", "<script>":
            assert tag not in page, address


@pytest.mark.parametrize("page", ["0", "-1", "2", "999999", "99999999999999", "abc"])
@pytest.mark.parametrize("list", ["/groups", "/groups/adult-social-care", "/groups/adult-social-care/members"])
async def test_a_page_that_a_list_does_not_have_is_not_there(signed_in, list, page):
    amina = await signed_in("amina")
    assert (await amina.get(f"{list}?page=1")).status_code == 200
    assert (await amina.get(f"{list}?page={page}")).status_code == 404
