"""Memos: what staff note on a tagging, a theme and a discussion, and nobody else learns of."""

import pytest

from forum.models import Memo, Post, Tagging, Theme
from tests.cast import EVERYONE, new_key, posts_in, user

PLEDGE = "Staff can read this. It is part of what a person gets when they ask for their data."


@pytest.fixture
async def tagging(signed_in):
    """Ruth's, on Amina's first post in adult-social-care."""
    ruth = await signed_in("ruth")
    [post, _] = await posts_in("adult-social-care")
    await ruth.act(f"/posts/{post.id}/taggings", theme="CARE-3", kind="barrier", revision=post.revision)
    return await Tagging.get(post_id=post.id).select_related("post")


async def panel_of(browser, tagging):
    return (await browser.get(f"/threads/{tagging.post.thread_id}/taggings?post={tagging.post_id}")).text


async def test_tom_notes_on_a_tagging_and_ruth_reads_it(signed_in, tagging):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    assert PLEDGE in await panel_of(tom, tagging)
    answer = await tom.act(
        f"/taggings/{tagging.id}/memos", memo="  Is it <b>unpaid</b>?\r\nAsk.  ", post=tagging.post_id
    )
    assert answer.status_code == 303
    page = (await tom.get(answer.headers["location"])).text
    assert "Memo saved." in page
    assert (await Memo.get()).body == "Is it <b>unpaid</b>?\nAsk."
    assert "Is it &lt;b&gt;unpaid&lt;/b&gt;?\nAsk." in await panel_of(ruth, tagging)
    await ruth.act(f"/taggings/{tagging.id}/remove")
    assert not await Memo.exists()  # it was about that tagging


async def test_a_memo_on_a_discussion_stands_at_each_of_its_posts(signed_in, tagging):
    ruth = await signed_in("ruth")
    [_, second] = await posts_in("adult-social-care")
    answer = await ruth.act(f"/threads/{second.thread_id}/memos", memo="We saw this in May, too", post=second.id)
    assert answer.headers["location"].endswith(f"?post={second.id}&memo")
    assert "We saw this in May, too" in await panel_of(ruth, tagging)
    elsewhere = (await posts_in("finance"))[0]
    answer = await ruth.act(f"/threads/{second.thread_id}/memos", memo="Again", post=elsewhere.id)
    assert f"/threads/{second.thread_id}/taggings" in answer.headers["location"]
    assert str(elsewhere.id) not in answer.headers["location"]


async def test_a_memo_on_a_theme_has_a_page_of_its_own(signed_in):
    ruth, sam = await signed_in("ruth"), await signed_in("sam")
    theme = await Theme.get(code="CARE-3")
    address = f"/codebook/{theme.id}/memos"
    assert "No memos yet" in (await ruth.get(address)).text
    assert (await ruth.act(address, memo="Young carers count")).headers["location"] == address
    page = (await sam.get(address)).text
    assert "Young carers count" in page and "Ruth" in page and "/remove" not in page and PLEDGE in page
    assert (await sam.get("/codebook/999999/memos")).status_code == 404
    assert (await sam.get(f"/codebook/{10**15}/memos")).status_code == 404


@pytest.mark.parametrize(
    ("memo", "words"), [("", "Write something"), (" \n", "Write something"), ("x" * 2001, "2,001"), ("a\0b", "stored")]
)
async def test_what_cannot_be_noted_is_said_and_kept(signed_in, tagging, memo, words):
    ruth = await signed_in("ruth")
    theme = await Theme.get(code="CARE-3")
    for address, field in [
        (f"/taggings/{tagging.id}/memos", f"memo-tagging-{tagging.id}"),
        (f"/threads/{tagging.post.thread_id}/memos", f"memo-thread-{tagging.post.thread_id}"),
        (f"/codebook/{theme.id}/memos", "memo"),
    ]:
        key = new_key()
        answer = await ruth.send_form(address, memo=memo, post=tagging.post_id, key=key)
        assert answer.status_code == 422 and words in answer.text
        assert f'href="#{field}"' in answer.text and f'id="{field}-problem"' in answer.text
        assert answer.text.count(f'value="{key}"') == 1  # the form that was sent, and no other, keeps its key
        assert answer.text.count('<details class="memo" open>') == 1
        assert memo.replace("\0", "\ufffd") in answer.text
    assert not await Memo.exists()


async def test_a_memo_sent_twice_is_one_and_a_key_is_needed(signed_in, tagging):
    ruth, key = await signed_in("ruth"), new_key()
    address = f"/taggings/{tagging.id}/memos"
    for _ in range(2):
        assert (await ruth.send_form(address, memo="Once", key=key)).status_code == 303
    assert (await ruth.send_form(address, memo="Other", key=key)).status_code == 422
    assert (await ruth.send_form(address, memo="Other")).status_code == 422
    assert await Memo.all().count() == 1


async def test_who_wrote_a_memo_takes_it_off_and_nobody_else(signed_in, tagging):
    ruth, tom, key = await signed_in("ruth"), await signed_in("tom"), new_key()
    await tom.act(f"/taggings/{tagging.id}/memos", memo="Mine")
    memo = await Memo.get()
    address = f"/memos/{memo.id}/remove"
    assert address in await panel_of(tom, tagging) and address not in await panel_of(ruth, tagging)
    assert (await ruth.act(address, post=tagging.post_id)).status_code == 403
    for _ in range(2):
        answer = await tom.send_form(address, key=key, post=tagging.post_id)
        assert answer.status_code == 303 and answer.headers["location"].endswith("&memo-off")
    assert not await Memo.exists()
    theme = await Theme.get(code="CARE-3")
    await tom.act(f"/codebook/{theme.id}/memos", memo="Mine")
    answer = await tom.act(f"/memos/{(await Memo.get()).id}/remove", theme_id=theme.id)
    assert answer.headers["location"] == f"/codebook/{theme.id}/memos"


@pytest.mark.parametrize("name", [name for name in EVERYONE if name not in ("ruth", "tom", "nadia")])
async def test_nobody_else_writes_or_reads_memos_or_learns_of_them(signed_in, without_chance, tagging, name):
    ruth, browser = await signed_in("ruth"), await signed_in(name)
    theme = await Theme.get(code="CARE-3")
    [memo, none] = [f"/memos/{number}/remove" for number in (1, 12345)]
    thread = tagging.post.thread_id
    before = [without_chance(await browser.get(page)) for page in (f"/threads/{thread}", "/", f"/codebook/{theme.id}")]
    await ruth.act(f"/taggings/{tagging.id}/memos", memo="For staff only")
    memo = f"/memos/{(await Memo.get()).id}/remove"
    after = [without_chance(await browser.get(page)) for page in (f"/threads/{thread}", "/", f"/codebook/{theme.id}")]
    assert after == before
    assert without_chance(await browser.act(memo)) == without_chance(await browser.act(none))
    assert (await browser.act(f"/taggings/{tagging.id}/memos", memo="Hello")).status_code == 404
    assert (await browser.act(f"/threads/{thread}/memos", memo="Hello")).status_code in (403, 404)
    if name != "sam":  # he facilitates elsewhere, and the codebook is everybody's who does
        assert (await browser.get(f"/codebook/{theme.id}/memos")).status_code == 403
        assert (await browser.act(f"/codebook/{theme.id}/memos", memo="Hello")).status_code == 403
    assert await Memo.all().count() == 1


async def test_memos_of_a_hidden_group_stay_in_it(signed_in):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    [post, _] = await posts_in("whistleblowing")
    await ruth.act(f"/threads/{post.thread_id}/memos", memo="Careful")
    assert (await tom.act(f"/threads/{post.thread_id}/memos", memo="Hello")).status_code == 404
    assert (await tom.act(f"/memos/{(await Memo.get()).id}/remove")).status_code == 404
    assert await Post.exists(id=post.id) and (await Memo.get()).by_id == (await user("ruth")).id
