"""Tagging: a theme on a post or on a passage of its source, seen by facilitators and analysts only."""

import asyncio
import itertools
import re

import pytest

from forum.models import CodebookRevision, NoTheme, Post, Tagging, Theme, Thread
from tests.cast import new_key, posts_in, thread_in, user

JSON = {"accept": "application/json"}
SOURCE = "Mae'r tŷ 🏠👩‍👩‍👧 yn oer. Cafe\u0301 is **shut**!\n\nWho pays?"


@pytest.fixture
async def post(signed_in):
    """Amina's third post in adult-social-care, with Welsh, an emoji of three people and a combining accent."""
    amina = await signed_in("amina")
    return await Post.get(id=await amina.write((await thread_in("adult-social-care")).id, SOURCE))


async def tag(browser, post, **fields):
    form = {"theme": "CARE-3", "kind": "barrier", "revision": post.revision} | fields
    return await browser.act(
        f"/posts/{post.id}/taggings", **{name: value for name, value in form.items() if value is not None}
    )


async def test_ruth_tags_a_whole_post_and_sees_it_in_the_panel(signed_in, post):
    ruth = await signed_in("ruth")
    answer = await tag(ruth, post)
    [tagging] = await Tagging.filter(post_id=post.id)
    panel = f"/threads/{post.thread_id}/taggings?post={post.id}"
    assert (answer.status_code, answer.headers["location"]) == (303, f"{panel}&tagged={tagging.id}")
    page = (await ruth.get(panel)).text
    assert "<strong>CARE-3 Unpaid carers</strong>" in page and "Barrier</span> by Ruth" in page
    assert (tagging.start, tagging.end, tagging.quote, tagging.post_revision) == (None, None, "", post.revision)


@pytest.mark.parametrize("words", ["tŷ", "🏠👩‍👩‍👧", "👩", "Cafe\u0301", "\u0301", "**shut**", "Who pays?", SOURCE])
async def test_a_passage_counts_in_code_points_of_the_source(signed_in, post, words):
    ruth, start = await signed_in("ruth"), SOURCE.index(words)
    answer = await tag(ruth, post, start=start, end=start + len(words))
    assert answer.status_code == 303
    [listed] = (await ruth.get(f"/threads/{post.thread_id}/taggings", headers=JSON)).json()
    assert listed["quote"] == words == SOURCE[listed["start"] : listed["end"]]


async def test_the_list_for_scripts_is_as_the_contract_says(signed_in, post):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    await tag(ruth, post, start=0, end=5)
    await tag(tom, post, theme="CARE", kind="ask-lga")
    answer = await tom.get(f"/threads/{post.thread_id}/taggings", headers=JSON)
    passage, whole = answer.json()
    assert set(passage) == set(whole) == {"id", "post", "theme", "kind", "start", "end", "quote", "by", "at"}
    assert {**passage, "id": 0, "at": ""} == {
        **{"id": 0, "at": "", "post": post.id, "theme": "CARE-3", "kind": "barrier"},
        **{"start": 0, "end": 5, "quote": SOURCE[:5], "by": (await user("ruth")).id},
    }
    assert (whole["theme"], whole["start"], whole["end"], whole["quote"]) == ("CARE", None, None, "")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", whole["at"])


async def test_the_panel_shows_the_source_as_text_and_its_sentences_as_tick_boxes(signed_in):
    ruth, amina = await signed_in("ruth"), await signed_in("amina")
    source = "First *words*. Second <b>words</b>!\nThird line\n\n- Fourth? Yes."
    post_id = await amina.write((await thread_in("adult-social-care")).id, source)
    post = await Post.get(id=post_id)
    page = (await ruth.get(f"/threads/{post.thread_id}/taggings?post={post.id}")).text
    assert "Second &lt;b&gt;words&lt;/b&gt;!" in page
    ticks = [(int(a), int(b)) for a, b in re.findall(r'name="sentence" value="(\d+)-(\d+)"', page)]
    assert [source[a:b] for a, b in ticks] == [
        "First *words*.",
        "Second <b>words</b>!",
        "Third line",
        "- Fourth?",
        "Yes.",
    ]
    assert page.count('name="sentence"') == 5
    values = [f"{a}-{b}" for a, b in ticks[2:0:-1]]  # in whatever order a browser sends them
    assert (await tag(ruth, post, sentence=values)).status_code == 303
    [tagging] = await Tagging.filter(post_id=post_id)
    assert tagging.quote == "Second <b>words</b>!\nThird line"


async def test_the_panel_begins_at_the_first_untagged_post_and_leads_on(signed_in, post):
    ruth = await signed_in("ruth")
    first, second, third = await posts_in("adult-social-care")
    address = f"/threads/{post.thread_id}/taggings"
    assert "Tag post 1 of 3" in (await ruth.get(address)).text
    await tag(ruth, first)
    page = (await ruth.get(address)).text
    assert "Tag post 2 of 3" in page
    assert f'rel="prev" href="{address}?post={first.id}"' in page
    assert f'rel="next" href="{address}?post={third.id}"' in page
    assert f'<a href="{address}?post={third.id}" data-key="n">Next untagged post</a>' in page
    page = (await ruth.get(f"{address}?post={third.id}")).text  # behind the last it goes on at the first
    assert f'<a href="{address}?post={second.id}" data-key="n">Next untagged post</a>' in page
    for other in second, third:
        await tag(ruth, other)
    page = (await ruth.get(address)).text
    assert "Tag post 1 of 3" in page
    assert "No other post waits for a tag" in page and 'data-key="n"' not in page
    elsewhere = (await posts_in("finance"))[0]
    for nobodys in elsewhere.id, 0, 12345:
        assert (await ruth.get(f"{address}?post={nobodys}")).status_code == 404
    for nonsense in "x", "-1", "9" * 30:
        assert (await ruth.get(f"{address}?post={nonsense}")).status_code in (404, 422)


async def test_progress_counts_visible_posts_with_a_tagging_of_anybody(signed_in, post):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    first, second, _ = await posts_in("adult-social-care")
    panel = f"/threads/{post.thread_id}/taggings"
    assert "0 of 3 posts answered" in (await ruth.get(panel)).text
    await tag(tom, first)
    await tag(ruth, first, theme="CARE-1")
    assert "1 of 3 posts answered" in (await ruth.get(panel)).text
    await ruth.act(f"/posts/{first.id}/hide", reason="personal", note="")
    assert "0 of 2 posts answered" in (await ruth.get(panel)).text
    assert "Tag post 2 of 3" in (await ruth.get(panel)).text
    await ruth.act(f"/posts/{second.id}/hide", reason="personal", note="")
    assert "0 of 1 post answered" in (await ruth.get(panel)).text


async def test_what_ruth_has_just_tagged_she_can_undo_and_only_she(signed_in, post):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    done = (await tag(ruth, post, theme="CARE-2", kind="practice")).headers["location"]
    [tagging] = await Tagging.all()
    page = (await ruth.get(done)).text
    assert "Tagged CARE-2 as Practice." in page
    assert page.index(f'action="/taggings/{tagging.id}/remove"') < page.index(">Undo</button>")
    assert "Undo</button>" not in (await tom.get(done)).text
    elsewhere = done.replace(f"post={post.id}", f"post={(await posts_in('adult-social-care'))[0].id}")
    assert "Undo</button>" not in (await ruth.get(elsewhere)).text
    await ruth.act(f"/taggings/{tagging.id}/remove")
    assert "Undo</button>" not in (await ruth.get(done)).text
    assert (await ruth.get(f"{done}x")).status_code == 422


async def test_the_themes_used_here_last_come_first(signed_in, post):
    ruth = await signed_in("ruth")
    panel = f"/threads/{post.thread_id}/taggings"
    codes = ["CARE-1", "CARE-2", "CARE-3", "FIN-1", "FIN-2", "CARE-4", "CARE-2"]
    for number, code in enumerate(codes):
        assert (await tag(ruth, post, theme=code, start=number, end=20)).status_code == 303
    page = (await ruth.get(panel)).text
    used_last = re.findall(r'<button type="button" class="secondary" value="([A-Z0-9-]+)">', page)
    assert used_last == ["CARE-2", "CARE-4", "FIN-2", "FIN-1", "CARE-3"]


async def test_of_a_thread_tagged_very_often_the_newest_are_listed(signed_in, post):
    ruth = await signed_in("ruth")
    [first, *_] = await posts_in("adult-social-care")
    await tag(ruth, first, theme="FIN-1")
    passages = ((start, end) for end in range(2, len(SOURCE)) for start in range(end))
    for start, end in itertools.islice(passages, 50):
        assert (await tag(ruth, post, start=start, end=end)).status_code == 303
    page = (await ruth.get(f"/threads/{post.thread_id}/taggings?post={first.id}")).text
    assert page.count(f'?post={post.id}">Post 3</a>') == 50 and "These are the newest 50." in page
    assert "FIN-1" not in page[page.index("In this thread") :]
    assert len(page) < 100_000


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"theme": ""}, "theme"),
        ({"theme": "NO-1"}, "theme"),
        ({"theme": "care-3"}, "theme"),
        ({"theme": "x" * 5000}, "theme"),
        ({"theme": "\0"}, "theme"),
        ({"kind": ""}, "kind"),
        ({"kind": "Barrier"}, "kind"),
        ({"start": 0, "end": 0}, "start"),
        ({"start": 5, "end": 4}, "start"),
        ({"start": 0, "end": len(SOURCE) + 1}, "start"),
        ({"start": 10**15, "end": 10**15 + 1}, "start"),
        ({"start": -1, "end": 4}, "start"),
        ({"start": "x", "end": 4}, "start"),
        ({"start": 0, "end": 9**30}, "end"),
        ({"start": 0}, "start"),
        ({"end": 4}, "start"),
        ({"sentence": ["x"]}, "start"),
        ({"sentence": ["0-"]}, "start"),
        ({"sentence": ["-1-4"]}, "start"),
        ({"sentence": ["0-99999999999999999999"]}, "start"),
        ({"sentence": ["9" * 5000 + "-0"]}, "start"),
        ({"revision": 1}, "revision"),
        ({"revision": None}, "revision"),
        ({"revision": "x"}, "revision"),
        ({"revision": 10**15}, "revision"),
        ({"key": "short"}, "key"),
    ],
)
async def test_what_cannot_be_tagged_is_said_in_words(signed_in, post, fields, problem):
    ruth = await signed_in("ruth")
    answer = await tag(ruth, post, **fields)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    if problem not in ("key", "revision"):
        assert f'href="#{problem}"' in answer.text
    assert not await Tagging.exists()


async def test_a_passage_of_an_older_text_is_refused(signed_in, post):
    ruth, amina = await signed_in("ruth"), await signed_in("amina")
    await amina.act(f"/posts/{post.id}/edit", body="Quite other words", revision=post.revision)
    answer = await tag(ruth, post, start=0, end=5)
    assert answer.status_code == 422 and "has changed since you opened it" in answer.text
    assert f'name="revision" value="{post.revision + 1}"' in answer.text


async def test_a_tagging_sent_twice_is_one_tagging_at_any_time(signed_in, post):
    ruth, amina, key = await signed_in("ruth"), await signed_in("amina"), new_key()
    first, second = [await tag(ruth, post, key=key, start=0, end=5) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert (await tag(ruth, post, key=key, start=0, end=6)).status_code == 422
    await amina.act(f"/posts/{post.id}/edit", body="Quite other words", revision=post.revision)
    assert (await tag(ruth, post, key=key, start=0, end=5)).status_code == 303
    assert await Tagging.all().count() == 1


async def test_twenty_at_once_with_one_key_make_one_tagging(signed_in, post):
    ruth, key = await signed_in("ruth"), new_key()
    answers = await asyncio.gather(*(tag(ruth, post, key=key) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {303}
    assert await Tagging.all().count() == 1


async def test_a_tagging_is_taken_off_once_however_often_it_is_sent(signed_in, post):
    ruth, tom, key = await signed_in("ruth"), await signed_in("tom"), new_key()
    await tag(ruth, post)
    [tagging] = await Tagging.all()
    address = f"/taggings/{tagging.id}/remove"
    panel = f"/threads/{post.thread_id}/taggings?post={post.id}"
    assert f'action="{address}"' in (await ruth.get(panel)).text
    assert f'action="{address}"' not in (await tom.get(panel)).text
    assert (await ruth.send_form(address)).status_code == 422
    first, second = [await ruth.send_form(address, key=key) for _ in range(2)]
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"] == f"{panel}&taken-off"
    assert "Taken off." in (await ruth.get(first.headers["location"])).text
    assert not await Tagging.exists()
    assert (await tom.act(address)).status_code == 404


async def test_tagging_leaves_the_thread_as_it_was(signed_in, post):
    ruth = await signed_in("ruth")
    before = await Thread.get(id=post.thread_id).values()
    changes = (await ruth.get(f"/threads/{post.thread_id}/changes?since=0")).text
    await tag(ruth, post)
    [tagging] = await Tagging.all()
    await ruth.act(f"/taggings/{tagging.id}/remove")
    assert await Thread.get(id=post.thread_id).values() == before
    assert (await ruth.get(f"/threads/{post.thread_id}/changes?since=0")).text == changes


async def test_an_analyst_tags_in_listed_groups_and_not_in_hidden_ones(signed_in, post):
    tom = await signed_in("tom")
    assert (await tag(tom, post)).status_code == 303
    [hidden, _] = await posts_in("whistleblowing")
    assert (await tag(tom, hidden)).status_code == 404
    assert (await tom.get(f"/threads/{hidden.thread_id}/taggings")).status_code == 404
    assert (await tom.act(f"/threads/{post.thread_id}/posts", body="I only read")).status_code == 403


async def test_an_edit_after_a_tagging_shows_what_was_tagged(signed_in, post):
    ruth, amina = await signed_in("ruth"), await signed_in("amina")
    await tag(ruth, post, start=0, end=5)
    await amina.act(f"/posts/{post.id}/edit", body="Quite other words", revision=post.revision)
    page = (await ruth.get(f"/threads/{post.thread_id}/taggings?post={post.id}")).text
    assert "Review: the post was edited." in page and "These words are no longer where they were" in page
    [listed] = (await ruth.get(f"/threads/{post.thread_id}/taggings", headers=JSON)).json()
    assert listed["quote"] == SOURCE[:5]


async def test_the_words_of_a_hidden_post_are_for_facilitators_only(signed_in, post):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    await tag(ruth, post, start=0, end=6)
    await ruth.act(f"/posts/{post.id}/hide", reason="personal", note="")
    hidden = await Post.get(id=post.id)
    panel = f"/threads/{post.thread_id}/taggings?post={post.id}"
    assert "Mae&#39;r" in (await ruth.get(panel)).text
    page = (await tom.get(panel)).text
    assert "A facilitator hid this post." in page and "CARE-3" in page and "Mae" not in page
    assert [found["quote"] for found in (await tom.get(panel, headers=JSON)).json()] == [""]
    assert [found["quote"] for found in (await ruth.get(panel, headers=JSON)).json()] == ["Mae'r "]
    assert (await tag(tom, hidden, theme="CARE-1")).status_code == 403
    assert await Tagging.filter(post_id=post.id).count() == 1


async def test_the_same_theme_and_kind_twice_in_one_place_is_once(signed_in, post):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    assert (await tag(ruth, post)).status_code == 303
    again = await tag(ruth, post)
    assert again.status_code == 422 and "there already" in again.text
    assert (await tag(ruth, post, start=0, end=3)).status_code == 303
    assert (await tag(tom, post)).status_code == 303  # another person's tagging is their own
    assert await Tagging.filter(post_id=post.id).count() == 3


# A tagging belongs to its coder


async def test_what_tom_put_there_ruth_sees_and_does_not_take_off(signed_in, post):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    await tag(tom, post)
    await tag(ruth, post)
    toms, ruths = await Tagging.get(by_id=(await user("tom")).id), await Tagging.get(by_id=(await user("ruth")).id)
    page = (await ruth.get(f"/threads/{post.thread_id}/taggings?post={post.id}")).text
    assert "Barrier</span> by Tom<" in page and "Barrier</span> by Ruth (you)<" in page
    assert f"/taggings/{ruths.id}/remove" in page and f"/taggings/{toms.id}/remove" not in page
    assert "only they take it off" in page
    answer = await ruth.act(f"/taggings/{toms.id}/remove")
    assert answer.status_code == 403 and "Tom put this theme there" in answer.text
    assert (await ruth.act(f"/taggings/{toms.id}/confirm", revision=post.revision)).status_code == 403
    assert (await tom.act(f"/taggings/{ruths.id}/remove")).status_code == 403
    assert await Tagging.all().count() == 2
    assert (await tom.act(f"/taggings/{toms.id}/remove")).status_code == 303
    assert [tagging.id for tagging in await Tagging.all()] == [ruths.id]


async def test_members_get_404_where_staff_get_403(signed_in, post):
    amina, ruth = await signed_in("amina"), await signed_in("ruth")
    await tag(ruth, post)
    [tagging] = await Tagging.all()
    for address in f"/taggings/{tagging.id}/remove", f"/taggings/{tagging.id}/confirm":
        assert (await amina.act(address, revision=post.revision)).status_code == 404
    assert (await amina.act(f"/posts/{post.id}/no-theme", revision=post.revision)).status_code == 403
    assert await Tagging.exists() and not await NoTheme.exists()


# No theme fits


async def test_no_theme_is_an_answer_and_leads_on(signed_in, post):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    first, second, _ = await posts_in("adult-social-care")
    panel = f"/threads/{post.thread_id}/taggings"
    answer = await ruth.act(f"/posts/{first.id}/no-theme", revision=first.revision)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{panel}?post={first.id}&no-theme")
    page = (await ruth.get(answer.headers["location"])).text
    assert "Saved: no theme fits." in page and "Undo “No theme fits”" in page
    assert "1 of 3 posts answered: 0 tagged, 1 with no theme" in page
    assert '<progress max="3" value="1"' in page
    assert "Tag post 2 of 3" in (await ruth.get(panel)).text
    await tag(tom, first)  # Tom thinks otherwise: both answers stand, and it counts as tagged
    page = (await tom.get(f"{panel}?post={first.id}")).text
    assert 'No theme fits</strong></p><p class="meta">by Ruth<' in page and "Undo “No theme" not in page
    assert "1 of 3 posts answered</p>" in page
    await ruth.act(f"/posts/{second.id}/no-theme", revision=second.revision)
    assert "2 of 3 posts answered: 1 tagged, 1 with no theme" in (await ruth.get(panel)).text


async def test_no_theme_is_said_once_and_taken_back(signed_in, post):
    ruth, key = await signed_in("ruth"), new_key()
    address = f"/posts/{post.id}/no-theme"
    for _ in range(2):
        assert (await ruth.send_form(address, key=key, revision=post.revision)).status_code == 303
    assert (await ruth.act(address, revision=post.revision)).status_code == 303
    assert await NoTheme.all().count() == 1
    done = (await ruth.act(f"{address}/undo")).headers["location"]
    assert "Taken back." in (await ruth.get(done)).text
    assert not await NoTheme.exists()
    assert (await ruth.act(f"{address}/undo")).status_code == 303


async def test_ten_at_once_say_no_theme_once(signed_in, post):
    ruth = await signed_in("ruth")
    answers = await asyncio.gather(*(ruth.act(f"/posts/{post.id}/no-theme", revision=post.revision) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {303}
    assert await NoTheme.all().count() == 1


async def test_a_theme_and_no_theme_of_one_person_do_not_stand_together(signed_in, post):
    ruth = await signed_in("ruth")
    await ruth.act(f"/posts/{post.id}/no-theme", revision=post.revision)
    await tag(ruth, post)
    assert not await NoTheme.exists()
    answer = await ruth.act(f"/posts/{post.id}/no-theme", revision=post.revision)
    assert answer.status_code == 422 and "Take it off first" in answer.text
    assert not await NoTheme.exists()


async def test_once_the_post_is_edited_no_theme_was_said_of_other_words(signed_in, post):
    ruth, amina = await signed_in("ruth"), await signed_in("amina")
    address, panel = f"/posts/{post.id}/no-theme", f"/threads/{post.thread_id}/taggings"
    await ruth.act(address, revision=post.revision)
    await amina.act(f"/posts/{post.id}/edit", body=SOURCE, quotable="yes", revision=post.revision)
    assert "1 of 3 posts answered" in (await ruth.get(panel)).text  # only the permission changed
    await amina.act(f"/posts/{post.id}/edit", body=f"{SOURCE} I do.", revision=post.revision + 1)
    assert "0 of 3 posts answered" in (await ruth.get(panel)).text
    answer = await ruth.act(address, revision=post.revision)
    assert answer.status_code == 422 and "has changed since you opened it" in answer.text
    assert (await ruth.act(address, revision="x")).status_code == 422
    assert not await NoTheme.exists()


# When the post is edited


async def edit(signed_in, post, body, **fields):
    post = await Post.get(id=post.id)
    amina = await signed_in("amina")
    answer = await amina.act(f"/posts/{post.id}/edit", body=body, revision=post.revision, **fields)
    assert answer.status_code == 303, answer.text
    return await Post.get(id=post.id)


async def test_a_passage_finds_its_words_again(signed_in, post):
    ruth = await signed_in("ruth")
    start = SOURCE.index("Who pays?")
    await tag(ruth, post, start=start, end=start + 9)
    [before] = await Tagging.all()
    assert (before.quote, before.before, before.after) == ("Who pays?", SOURCE[start - 32 : start], "")
    edited = await edit(signed_in, post, f"👩‍👩‍👧 Good news first.\n\n{SOURCE} I do.")
    [after] = await Tagging.all()
    assert edited.body[after.start : after.end] == after.quote == "Who pays?"
    assert (after.start, after.post_revision, after.review_at) == (edited.body.index("Who"), edited.revision, None)
    assert after.after == " I do."
    assert "Review:" not in (await ruth.get(f"/threads/{post.thread_id}/taggings?post={post.id}")).text


async def test_a_tagging_without_context_takes_it_from_the_text_that_it_stood_in(signed_in, post):
    """As those have it that were put there before context was kept, or came in an archive."""
    ruth, words = await signed_in("ruth"), "Who pays?"
    start = SOURCE.index(words)
    await tag(ruth, post, start=start, end=start + len(words))
    await Tagging.all().update(before="", after="")
    edited = await edit(signed_in, post, f"{words} That is one. {SOURCE} {words} That is another.")
    [tagging] = await Tagging.all()
    assert (tagging.start, tagging.review_at) == (edited.body.index(SOURCE) + start, None)


async def test_words_that_are_gone_are_for_its_coder_to_review(signed_in, post):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    await tag(ruth, post, start=0, end=5)
    edited = await edit(signed_in, post, "Quite other words")
    [tagging] = await Tagging.all()
    assert tagging.review_at is not None and tagging.quote == SOURCE[:5]
    panel = f"/threads/{post.thread_id}/taggings?post={post.id}"
    address = f"/taggings/{tagging.id}/confirm"
    theirs, mine = (await tom.get(panel)).text, (await ruth.get(panel)).text
    assert "Review: the post was edited." in theirs and address not in theirs and "For you to review" not in theirs
    assert "It still fits the whole post" in mine and f'action="{address}"' in mine
    assert "Review post 3</a>" in mine
    answer = await ruth.act(address, revision=post.revision)
    assert answer.status_code == 422 and "has changed since you opened it" in answer.text
    answer = await ruth.act(address, revision=edited.revision)
    assert "It still fits." in (await ruth.get(answer.headers["location"])).text
    [tagging] = await Tagging.all()
    assert (tagging.review_at, tagging.start, tagging.end, tagging.quote) == (None, None, None, "")
    assert "Review" not in (await ruth.get(panel)).text


async def test_words_that_come_back_are_found_and_need_no_review(signed_in, post):
    ruth = await signed_in("ruth")
    await tag(ruth, post, start=0, end=5)
    await edit(signed_in, post, "Quite other words")
    await edit(signed_in, post, f"> {SOURCE}")
    [tagging] = await Tagging.all()
    assert (tagging.start, tagging.end, tagging.review_at) == (2, 7, None)


async def test_a_theme_on_the_whole_post_is_reviewed_when_its_words_change(signed_in, post):
    ruth = await signed_in("ruth")
    await tag(ruth, post)
    await tag(ruth, post, theme="FIN")
    edited = await edit(signed_in, post, f"{SOURCE} I do.")
    care, fin = await Tagging.all().order_by("created_at")
    assert care.review_at and fin.review_at
    await ruth.act(f"/taggings/{care.id}/confirm", revision=edited.revision)
    await ruth.act(f"/taggings/{fin.id}/remove")
    [kept] = await Tagging.all()
    assert (kept.id, kept.review_at, kept.post_revision) == (care.id, None, edited.revision)


async def test_a_permission_to_quote_is_no_edit_of_the_words(signed_in, post):
    ruth = await signed_in("ruth")
    await tag(ruth, post)
    await tag(ruth, post, start=0, end=5)
    before = await Tagging.all().order_by("id").values()
    await edit(signed_in, post, SOURCE, quotable="yes")
    assert await Tagging.all().order_by("id").values() == before


async def test_an_edit_that_fails_leaves_taggings_alone(signed_in, post):
    ruth, amina = await signed_in("ruth"), await signed_in("amina")
    await tag(ruth, post, start=0, end=5)
    before = await Tagging.all().values()
    assert (await amina.act(f"/posts/{post.id}/edit", body="Other", revision=1)).status_code == 422
    assert await Tagging.all().values() == before


# A theme that the codebook lacks


async def test_other_proposes_a_theme_and_tags_with_it_at_once(signed_in, post):
    ruth = await signed_in("ruth")
    said = {"theme": "", "name": "Cold homes", "definition": "Homes too cold to leave hospital for"}
    answer = await tag(ruth, post, start=0, end=5, **said)
    assert answer.status_code == 303
    [tagging] = await Tagging.all().select_related("theme")
    theme = tagging.theme
    assert (theme.name, theme.status, theme.definition) == ("Cold homes", "candidate", said["definition"])
    assert (tagging.quote, answer.headers["location"].endswith(f"tagged={tagging.id}")) == (SOURCE[:5], True)
    page = (await ruth.get(answer.headers["location"])).text
    assert f'<option value="{theme.code}"' in page and f"Tagged {theme.code} as Barrier." in page
    assert (await CodebookRevision.get(theme_id=theme.id)).by_id == (await user("ruth")).id


async def test_other_is_all_or_nothing_and_once(signed_in, post):
    ruth, key = await signed_in("ruth"), new_key()
    themes = await Theme.all().count()
    other = {"theme": "", "name": "Cold homes", "definition": "Too cold to go home to"}
    for fields, field in [
        ({"kind": ""}, "kind"),
        ({"definition": ""}, "definition"),
        ({"name": "x" * 121}, "name"),
        ({"theme": "CARE-3"}, "name"),
        ({"start": 0, "end": 5000}, "start"),
    ]:
        answer = await tag(ruth, post, **(other | fields))
        assert answer.status_code == 422 and f'href="#{field}"' in answer.text, fields
        assert '<details class="other" open>' in answer.text
    assert (await tag(ruth, post, **other, revision=1)).status_code == 422
    assert (await Theme.all().count(), await Tagging.all().count()) == (themes, 0)
    first, second = [await tag(ruth, post, key=key, **other) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert (await Theme.all().count(), await Tagging.all().count()) == (themes + 1, 1)


async def test_only_themes_in_use_can_be_put(signed_in, post):
    ruth = await signed_in("ruth")
    await tag(ruth, post, theme="CARE-2")
    await Theme.filter(code="CARE-1").update(status="retired")
    await Theme.filter(code="CARE-2").update(status="merged")
    page = (await ruth.get(f"/threads/{post.thread_id}/taggings?post={post.id}")).text
    for code in "CARE-1", "CARE-2":
        assert f'<option value="{code}"' not in page and f'value="{code}">' not in page
        assert (await tag(ruth, post, theme=code, kind="issue")).status_code == 422
    assert "<strong>CARE-2 " in page  # what stands stays in sight
