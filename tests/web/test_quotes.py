"""The quotes page: what may be quoted, what the scan found in it, and approving it in safe words."""

import re

import pytest

from forum.actions.posts import edit_post, write_post
from forum.actions.quotes import approve_quote
from forum.actions.taggings import tag_post
from forum.models import Post, Quote, SampledPost, SecondReading
from tests.cast import new_key, thread_in, user
from tests.intelligence.worlds import NOON

WORDS = "In Leeds we asked Gareth about **beds**; the <b>ward</b> stayed full, and carers went home."
SAFE = "In [council] we asked [name] about beds; the <b>ward</b> stayed full, and carers went home."


async def say(forum, name, words=WORDS, slug="adult-social-care", theme="CARE-2", quotable=True) -> Post:
    thread = await thread_in(slug)
    post_id = await write_post(forum, await user(name), thread.id, words, quotable, new_key())
    post = await Post.get(id=post_id)
    await tag_post(forum, await user("ruth"), post_id, theme, "issue", None, post.revision, new_key())
    return post


def form_of(page: str) -> dict[str, str]:
    """The fields of the first proposal, as a browser would send them."""
    form = page[page.index('<form method="post" action="/quotes">') :]
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[: form.index("</form>")]))
    return found | {"redacted": re.search(r"<textarea[^>]*>\n(.*?)</textarea>", form, re.DOTALL)[1]}


def plain(html: str) -> str:
    return html.replace("&lt;", "<").replace("&gt;", ">")


async def test_tom_reads_a_proposal_and_approves_it_as_it_is_proposed(forum, signed_in):
    await say(forum, "amina")
    tom = await signed_in("tom")
    page = (await tom.get("/quotes?theme=CARE-2")).text
    assert "In <mark>Leeds</mark> we asked <mark>Gareth</mark> about beds; the &lt;b&gt;ward&lt;/b&gt;" in page
    assert "<q>Leeds</q> (a council)" in page and "<q>Gareth</q> (a name)" in page
    assert "Amina" not in page
    assert "<strong>1 of 1 post</strong> on this theme may be quoted" in page
    form = form_of(page)
    assert plain(form["redacted"]) == SAFE
    answer = await tom.send_form("/quotes", **form | {"redacted": SAFE})
    quote = await Quote.get()
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/quotes?theme=CARE-2&approved={quote.id}#approved",
    )
    assert quote.redacted == SAFE
    page = (await tom.get(answer.headers["location"])).text
    assert "Quote approved." in page and "1 of 1 may be used" in page
    assert "Each author of these posts is quoted on this theme already." in page
    assert plain(page).count(SAFE) == 1


async def test_what_was_typed_stays_beside_what_is_wrong_with_it(forum, signed_in):
    for name in "gareth", "amina":
        await say(forum, name)
    tom = await signed_in("tom")
    page = (await tom.get("/quotes?theme=CARE")).text
    assert page.count('class="proposal"') == 2
    typed = SAFE.replace("[council]", "Leeds") + " Never & <again>"
    answer = await tom.send_form("/quotes", **form_of(page) | {"redacted": typed})
    assert answer.status_code == 422
    assert "<title>Error: Quotes" in answer.text
    assert (
        '<a href="#redacted">Take these out, or put a mark such as [name] in their place: “Leeds” (a council).</a>'
        in answer.text
    )
    assert "Never &amp; &lt;again&gt;</textarea>" in answer.text
    assert answer.text.count('id="redacted"') == 1
    assert answer.text.count('class="proposal"') == 2
    again = form_of(answer.text)
    assert again["post"] == form_of(page)["post"]
    assert (await tom.send_form("/quotes", **again | {"redacted": SAFE})).status_code == 303


async def test_a_permission_that_went_meanwhile_takes_the_words_from_the_page(forum, signed_in):
    post = await say(forum, "amina")
    tom = await signed_in("tom")
    form = form_of((await tom.get("/quotes?theme=CARE-2")).text)
    await edit_post(forum, await user("amina"), post.id, WORDS, False, post.revision, new_key())
    answer = await tom.send_form("/quotes", **form | {"redacted": SAFE})
    assert answer.status_code == 422
    assert "Its author does not allow this post to be quoted." in answer.text
    assert "beds" not in answer.text
    assert "of 1 post on this theme none may be quoted" in answer.text
    assert not await Quote.exists()


@pytest.mark.parametrize(
    "wrong", [{"post": ""}, {"start": "x"}, {"end": "-1"}, {"revision": "9" * 30}, {"key": "k"}, {"theme": "ZZ"}]
)
async def test_a_form_that_cannot_be_read_is_answered_in_words(forum, signed_in, wrong):
    await say(forum, "amina")
    tom = await signed_in("tom")
    form = form_of((await tom.get("/quotes?theme=CARE-2")).text)
    answer = await tom.send_form("/quotes", **form | {"redacted": SAFE} | wrong)
    assert answer.status_code == 422 and "There is a problem" in answer.text
    assert not await Quote.exists()


async def test_only_posts_that_allow_it_are_counted_and_proposed(forum, signed_in):
    await say(forum, "amina")
    await say(forum, "gareth", "I never said that it may be quoted.", quotable=False)
    page = (await (await signed_in("ruth")).get("/quotes?theme=CARE-2")).text
    assert "<strong>1 of 2 posts</strong>" in page
    assert "never said" not in page


async def test_nothing_to_choose_from_is_said_plainly(forum, signed_in):
    tom = await signed_in("tom")
    assert "No post carries this theme yet" in (await tom.get("/quotes?theme=CARE-2")).text
    assert "None yet." in (await tom.get("/quotes")).text
    for unknown in "ZZ-1", "x" * 300, "%00":
        assert (await tom.get(f"/quotes?theme={unknown}")).status_code == 422


async def test_each_sees_the_groups_they_summarise(forum, signed_in):
    await say(forum, "amina")
    await say(forum, "bethan", "Only the whistleblowers know of this.", slug="whistleblowing")
    seen = {name: (await (await signed_in(name)).get("/quotes?theme=CARE-2")).text for name in ("ruth", "tom", "sam")}
    for name, posts in {"ruth": 2, "tom": 1, "sam": 0}.items():
        assert seen[name].count('class="proposal"') == posts, name
    assert "whistleblowers" in seen["ruth"] and "whistleblowers" not in seen["tom"]


@pytest.mark.parametrize("name", ["amina", "gareth", "olu", "eve", "priya"])
async def test_who_summarises_nothing_never_gets_here(forum, signed_in, name, without_chance):
    post = await say(forum, "amina")
    browser = await signed_in(name)
    before = without_chance(await browser.get("/quotes?theme=CARE-2"))
    said = ("CARE-2", 0, len(WORDS), post.revision)
    quote_id = await approve_quote(forum, await user("tom"), post.id, *said, SAFE, new_key())
    assert without_chance(await browser.get("/quotes?theme=CARE-2")) == before
    assert before.startswith("403")
    assert (await browser.act("/quotes", post=post.id, theme="CARE-2", redacted="Leeds")).status_code == 403
    answers = [
        without_chance(await browser.act(f"/quotes/{number}/withdraw", reason=reason))
        for number in (quote_id, 12345)
        for reason in ("other", "nonsense")
    ]
    assert len(set(answers)) == 1 and answers[0].startswith("403")


async def test_nadia_withdraws_a_quote_and_says_why(forum, signed_in):
    post = await say(forum, "amina")
    said = ("CARE-2", 0, len(WORDS), post.revision)
    quote_id = await approve_quote(forum, await user("tom"), post.id, *said, SAFE, new_key())
    nadia = await signed_in("nadia")
    answer = await nadia.act(f"/quotes/{quote_id}/withdraw?theme=CARE-2")
    assert answer.status_code == 422 and '<a href="#reason">Choose why you withdraw this quote.</a>' in answer.text
    assert "<details open>" in answer.text
    answer = await nadia.act(f"/quotes/{quote_id}/withdraw", reason="meaning")
    assert answer.headers["location"] == f"/quotes?theme=CARE-2&withdrawn={quote_id}#approved"
    page = (await nadia.get(answer.headers["location"])).text
    assert "Quote withdrawn." in page and "0 of 1 may be used" in page
    assert "it does not say what its author meant." in page
    assert page.count('class="proposal"') == 1  # and may be chosen again


async def test_sam_cannot_withdraw_what_is_quoted_elsewhere(forum, signed_in, without_chance):
    post = await say(forum, "amina")
    said = ("CARE-2", 0, len(WORDS), post.revision)
    quote_id = await approve_quote(forum, await user("tom"), post.id, *said, SAFE, new_key())
    sam = await signed_in("sam")
    for form in {"reason": "other"}, {"reason": "nonsense"}, {"key": "k"}:
        there, nowhere = [
            without_chance(await sam.act(f"/quotes/{number}/withdraw", **form)).replace(str(number), "ID")
            for number in (quote_id, 12345)
        ]
        assert there == nowhere
    assert SAFE not in (await sam.get("/quotes")).text
    assert (await Quote.get()).withdrawn_at is None


async def test_who_reads_a_sample_blind_is_not_told_its_themes_here(forum, signed_in):
    post = await say(forum, "amina")
    nadia = await user("nadia")
    thread = await thread_in("adult-social-care")
    reading = await SecondReading.create(
        group_id=thread.group_id, by_id=(await user("ruth")).id, reader_id=nadia.id, created_at=NOON
    )
    await SampledPost.create(second_reading_id=reading.id, post_id=post.id, number=1)
    assert "No post carries this theme yet" in (await (await signed_in("nadia")).get("/quotes?theme=CARE-2")).text
    assert 'class="proposal"' in (await (await signed_in("tom")).get("/quotes?theme=CARE-2")).text
