"""An administrator visits a group: for a reason that everybody in it can read, for reading only, and not for ever."""

from datetime import timedelta

import pytest

from forum.actions.groups import add_member
from forum.models import Visit
from tests.cast import posts_in, thread_in, user
from tests.conftest import with_settings
from tests.web.test_closed import FORM, private_addresses

REASON = "A member asked what we <b>hold</b> on them."
SHOWN = "A member asked what we &lt;b&gt;hold&lt;/b&gt; on them."


async def visit(browser, slug: str = "finance", reason: str = REASON) -> None:
    answer = await browser.act(f"/groups/{slug}/visit", reason=reason)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/groups/{slug}"), answer.text


async def test_priya_visits_finance_and_its_people_see_why(signed_in):
    priya, thread = await signed_in("priya"), await thread_in("finance")
    page = await priya.get("/groups/finance")
    assert 'href="/groups/finance/visit"' in page.text and thread.title not in page.text
    asking = (await priya.get("/groups/finance/visit")).text
    assert "for 4 hours" in asking and "cannot post, tag or moderate" in asking
    await visit(priya)
    page = (await priya.get("/groups/finance")).text
    assert thread.title in page and "You are visiting this group until" in page and "Leave this group" not in page
    assert (await priya.get("/groups/finance/visit")).headers["location"] == "/groups/finance"
    for address in f"/threads/{thread.id}", f"/threads/{thread.id}/changes?since=0", "/", "/account", "/groups":
        assert (await priya.get(address)).status_code == 200, address
    for name in "ruth", "bethan", "gareth", "tom", "priya":
        shown = (await (await signed_in(name)).get("/groups/finance/members")).text
        assert "Who looked in" in shown and "Priya" in shown and SHOWN in shown and "<b>hold" not in shown, name
    for name in "amina", "eve":
        assert (await (await signed_in(name)).get("/groups/finance/members")).status_code == 404
    assert "Nobody looked in." in (await (await signed_in("amina")).get("/groups/adult-social-care/members")).text


@pytest.mark.parametrize("name", ["eve", "amina", "mohammed"])
@pytest.mark.parametrize("slug", ["finance", "whistleblowing"])
async def test_for_who_is_not_in_the_group_there_is_no_such_page(signed_in, without_chance, name, slug):
    browser = await signed_in(name)
    for path in "visit", "visit/end":
        for form in {}, {"reason": REASON}, {"key": "nonsense", "reason": "x" * 5000}:
            theirs, empty = [
                without_chance(await browser.act(f"/groups/{place}/{path}", **form))
                for place in (slug, "no-such-group")
            ]
            assert theirs == empty and theirs.startswith("404")
    theirs, empty = [without_chance(await browser.get(f"/groups/{place}/visit")) for place in (slug, "no-such-group")]
    assert theirs == empty and theirs.startswith("404")
    assert (await browser.get("/visits")).status_code == 403
    assert "visit" not in (await browser.get("/groups/finance")).text
    assert not await Visit.exists()


@pytest.mark.parametrize("name", ["ruth", "bethan", "tom", "gareth"])
async def test_who_reads_the_group_is_told_that_visits_are_for_administrators(signed_in, name):
    browser = await signed_in(name)
    for answer in await browser.get("/groups/finance/visit"), await browser.act("/groups/finance/visit", reason=REASON):
        assert answer.status_code == 403 and "Only administrators may open a group" in answer.text
    assert (await browser.act("/groups/finance/visit/end")).status_code == 403
    assert (await browser.get("/visits")).status_code == 403
    assert not await Visit.exists()


async def test_a_visitor_reads_and_does_nothing(signed_in):
    priya, thread, [post, _] = await signed_in("priya"), await thread_in("finance"), await posts_in("finance")
    await visit(priya)
    page = (await priya.get(f"/threads/{thread.id}")).text
    assert 'name="body"' not in page and "Tag this thread" not in page
    for method, address in private_addresses(thread.id, post.id, 1, (await user("gareth")).id, "finance"):
        own = "/visit" in address or address.startswith(("/people/", "/councils/"))
        if method == "POST" and not own and not address.startswith("/account/sessions/"):
            answer = await priya.act(address, **FORM)
            assert answer.status_code in (403, 404), address
            if address.startswith(("/groups/", "/posts/", "/threads/")):
                assert answer.status_code == 403, address
    for path in f"/posts/{post.id}/hide", f"/posts/{post.id}/edit", f"/threads/{thread.id}/taggings":
        assert (await priya.get(path)).status_code == 403, path
    for path in "/intelligence", "/codebook", "/quotes", "/groups/finance/threads/new":
        assert (await priya.get(path)).status_code == 403, path
    assert len(await posts_in("finance")) == 2


async def test_a_hidden_group_is_not_there_to_be_visited(signed_in):
    """Its people let an administrator in as they do everybody."""
    priya = await signed_in("priya")
    for address in "/", "/groups", "/visits", "/invitations", "/invite", "/invite/list", "/people":
        assert "histleblowing" not in (await priya.get(address)).text
    assert (await priya.get("/groups/whistleblowing/visit")).status_code == 404
    assert (await priya.act("/groups/whistleblowing/visit", reason=REASON)).status_code == 404
    assert await Visit.all().count() == 0


async def test_without_a_reason_the_form_comes_back(signed_in):
    priya = await signed_in("priya")
    answer = await priya.act("/groups/finance/visit", reason="  ")
    assert answer.status_code == 422 and "Say why you need to read this group" in answer.text
    answer = await priya.act("/groups/finance/visit", reason="x" * 1001)
    assert answer.status_code == 422 and "x" * 1001 in answer.text
    assert (await priya.send_form("/groups/finance/visit", reason=REASON)).status_code == 422
    await visit(priya)
    answer = await priya.act("/groups/finance/visit", reason=REASON)
    assert answer.status_code == 422 and "You are visiting this group already." in answer.text
    assert await Visit.all().count() == 1


async def test_a_visit_is_ended_and_then_nothing_is_there(signed_in):
    priya, thread = await signed_in("priya"), await thread_in("finance")
    assert (await priya.act("/groups/finance/visit/end")).status_code == 404
    await visit(priya)
    answer = await priya.act("/groups/finance/visit/end")
    assert (answer.status_code, answer.headers["location"]) == (303, "/visits")
    for path in f"/threads/{thread.id}", f"/threads/{thread.id}/changes?since=0", "/groups/finance/members":
        assert (await priya.get(path)).status_code == 404, path
    assert thread.title not in (await priya.get("/")).text + (await priya.get("/groups/finance")).text
    assert SHOWN in (await (await signed_in("gareth")).get("/groups/finance/members")).text


@with_settings(sessions={"idle_hours": 99_000, "absolute_hours": 99_000})
async def test_when_its_time_is_over_everything_is_as_before(forum, signed_in):
    priya, thread, now = await signed_in("priya"), await thread_in("finance"), forum.clock()
    await visit(priya)
    forum.clock = lambda: now + timedelta(hours=3, minutes=59)
    assert (await priya.get(f"/threads/{thread.id}")).status_code == 200
    forum.clock = lambda: now + timedelta(hours=4, minutes=1)
    for path in f"/threads/{thread.id}", f"/threads/{thread.id}/changes?since=0", "/groups/finance/members":
        assert (await priya.get(path)).status_code == 404, path
    assert (await priya.act("/groups/finance/visit/end")).status_code == 404
    assert SHOWN in (await (await signed_in("ruth")).get("/groups/finance/members")).text


async def test_a_visitor_who_joins_is_no_visitor_and_leaves_like_others(forum, signed_in):
    priya = await signed_in("priya")
    await visit(priya)
    assert (await priya.send_form("/groups/finance/leave")).status_code == 403
    await add_member(forum, "finance", "priya@demo.example", "member")
    page = (await priya.get("/groups/finance")).text
    assert "Leave this group" in page and "You are visiting" not in page
    thread = await thread_in("finance")
    await priya.write(thread.id, "I belong here now.")
    assert (await priya.act("/groups/finance/visit", reason=REASON)).status_code == 422
    assert (await priya.send_form("/groups/finance/leave")).status_code == 303
    assert (await priya.get(f"/threads/{thread.id}")).status_code == 404
