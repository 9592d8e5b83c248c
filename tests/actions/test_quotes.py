"""Quotes: a person approves what may leave; a permission, an edit or a hiding takes it back at once."""

import asyncio
from datetime import UTC, datetime

import pytest

from forum.actions.posts import edit_post, hide_post, restore_post, write_post
from forum.actions.quotes import approve_quote, withdraw_quote
from forum.actions.taggings import tag_post
from forum.errors import Invalid, NotAllowed, NotFound
from forum.intelligence.quotes import usable_quotes
from forum.models import AuditRow, Group, Post, Quote, Theme
from tests.cast import new_key, thread_in, user

WORDS = "In Leeds we asked Gareth to try it. It cut **delays** by half 🏠, and carers stayed."
SAFE = "In [council] we asked [name] to try it. It cut delays by half 🏠, and carers stayed."


@pytest.fixture
async def post(forum) -> Post:
    """Amina's post in adult-social-care, which may be quoted and which Ruth has tagged."""
    thread = await thread_in("adult-social-care")
    post_id = await write_post(forum, await user("amina"), thread.id, WORDS, True, new_key())
    post = await Post.get(id=post_id)
    await tag_post(forum, await user("ruth"), post_id, "CARE-2", "issue", None, post.revision, new_key())
    return post


async def approve(forum, post, who="tom", redacted=SAFE, **changed) -> int:
    said = {
        "theme_code": "CARE-2",
        "start": 0,
        "end": len(WORDS),
        "revision": post.revision,
        "key": new_key(),
    } | changed
    return await approve_quote(forum, await user(who), post.id, redacted=redacted, **said)


async def usable() -> list[int]:
    return [quote.id for quote in await usable_quotes([group.id for group in await Group.all()])]


async def test_tom_approves_words_without_names(forum, post):
    quote_id = await approve(forum, post, redacted=f"  {SAFE}\r\n")
    quote = await Quote.get(id=quote_id).select_related("theme")
    assert (quote.redacted, quote.start, quote.end) == (SAFE, 0, len(WORDS))
    assert (quote.post_revision, quote.theme.code) == (post.revision, "CARE-2")
    [found] = await usable_quotes([(await Group.get(slug="adult-social-care")).id])
    assert (found.id, found.theme.code, found.post.council.name) == (quote_id, "CARE-2", "Leeds")
    row = await AuditRow.get(act="approve_quote")
    assert (row.subject_id, row.actor_id) == (quote_id, (await user("tom")).id)
    assert "Leeds" not in row.details


@pytest.mark.parametrize(
    ("redacted", "named"),
    [
        (WORDS.replace("*", ""), ["“Leeds” (a council)", "“Gareth” (a name)"]),
        (SAFE.replace("[council]", "Leeds"), ["“Leeds” (a council)"]),
        (SAFE.replace("[name]", "G\u200bareth"), ["“G\u200bareth” (a name)"]),
        (SAFE.replace("half", "most"), ["“most”"]),
        (SAFE + " Never.", ["“never”"]),
        ("[council] [name] …", ["Leave some of the words"]),
        ("", ["Leave some of the words"]),
        ("carers\x00", ["cannot be stored"]),
    ],
)
async def test_what_is_left_or_put_in_is_named(forum, post, redacted, named):
    with pytest.raises(Invalid) as refused:
        await approve(forum, post, redacted=redacted)
    assert set(refused.value.problems) == {"redacted"}
    assert all(words in refused.value.problems["redacted"] for words in named)
    assert await Quote.all().count() == 0


async def test_less_of_the_passage_may_be_approved(forum, post):
    quote_id = await approve(forum, post, redacted="It cut delays by half […] and carers stayed.")
    assert await usable() == [quote_id]


@pytest.mark.parametrize(
    "wrong",
    [
        {"theme_code": "CARE-3"},  # it is not tagged so
        {"theme_code": "NONE"},
        {"theme_code": "x" * 100},
        {"revision": 1},
        {"start": 5, "end": 5},
        {"end": 10_000},
        {"key": "short"},
    ],
)
async def test_what_does_not_fit_the_post_is_refused(forum, post, wrong):
    with pytest.raises(Invalid):
        await approve(forum, post, **wrong)
    assert await Quote.all().count() == 0


async def test_a_theme_above_the_tagged_one_is_fit_too(forum, post):
    assert await usable() == []
    quote_id = await approve(forum, post, theme_code="CARE")
    themes = {theme.code: theme.id for theme in await Theme.all()}
    groups = [group.id for group in await Group.all()]
    assert [quote.id for quote in await usable_quotes(groups, [themes["CARE"]])] == [quote_id]
    assert await usable_quotes(groups, [themes["CARE-2"]]) == await usable_quotes(groups, []) == []
    assert await usable_quotes([]) == []


async def test_a_second_quote_of_the_same_post_and_theme_is_refused(forum, post):
    await approve(forum, post)
    with pytest.raises(Invalid, match="approved for this theme already"):
        await approve(forum, post, "nadia")


async def test_the_same_form_sent_twice_makes_one_quote(forum, post):
    key = new_key()
    first, second = await asyncio.gather(approve(forum, post, key=key), approve(forum, post, key=key))
    assert first == second
    assert await Quote.all().count() == 1


async def test_without_permission_there_is_no_quote(forum):
    thread = await thread_in("adult-social-care")
    for name, quotable in ("amina", False), ("ruth", True):  # Ruth is no councillor
        post_id = await write_post(forum, await user(name), thread.id, WORDS, quotable, new_key())
        post = await Post.get(id=post_id)
        await tag_post(forum, await user("ruth"), post_id, "CARE-2", "issue", None, post.revision, new_key())
        with pytest.raises(Invalid):
            await approve(forum, post)


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("amina", NotAllowed), ("gareth", NotAllowed), ("olu", NotAllowed), ("eve", NotFound), ("sam", NotFound)],
)
async def test_only_who_summarises_the_group_may_choose(forum, post, who, refusal):
    """And nobody else learns from the answer what the scan knows."""
    for redacted in "Priya of Leeds", "\x00":
        with pytest.raises(refusal):
            await approve(forum, post, who, redacted=redacted)
    quote_id = await approve(forum, post, "ruth")
    with pytest.raises(NotFound):
        await withdraw_quote(forum, await user(who), quote_id, "other", new_key())
    assert await usable() == [quote_id]


async def test_a_hidden_group_is_quoted_by_its_facilitators_only(forum):
    thread = await thread_in("whistleblowing")
    post_id = await write_post(forum, await user("bethan"), thread.id, WORDS, True, new_key())
    post = await Post.get(id=post_id)
    await tag_post(forum, await user("ruth"), post_id, "CARE-2", "issue", None, post.revision, new_key())
    with pytest.raises(NotFound):
        await approve(forum, post, "tom")
    await approve(forum, post, "ruth")


async def edit(forum, post, body=WORDS, quotable=True) -> None:
    post = await Post.get(id=post.id)
    await edit_post(forum, await user("amina"), post.id, body, quotable, post.revision, new_key())


async def why_withdrawn(quote_id: int) -> str:
    quote = await Quote.get(id=quote_id)
    assert (quote.withdrawn_at is None) == (quote.withdrawn_why == "")
    return quote.withdrawn_why


async def test_a_withdrawn_permission_withdraws_the_quote(forum, post):
    quote_id = await approve(forum, post)
    await edit(forum, post, quotable=False)
    assert await why_withdrawn(quote_id) == "permission"
    assert await usable() == []
    await edit(forum, post, quotable=True)  # given again it brings nothing back
    assert (await usable(), await why_withdrawn(quote_id)) == ([], "permission")


async def test_an_edit_withdraws_the_quote(forum, post):
    quote_id = await approve(forum, post)
    await edit(forum, post, body=f"{WORDS} Mostly.")
    assert (await usable(), await why_withdrawn(quote_id)) == ([], "edited")
    await edit(forum, post, body="All else.", quotable=False)
    assert await why_withdrawn(quote_id) == "edited"  # why it was first withdrawn stays


async def test_an_edit_that_changes_nothing_leaves_the_quote(forum, post):
    quote_id = await approve(forum, post)
    await edit(forum, post)
    assert (await usable(), await why_withdrawn(quote_id)) == ([quote_id], "")


async def test_hiding_the_post_withdraws_the_quote_and_restoring_brings_none_back(forum, post):
    quote_id = await approve(forum, post)
    await hide_post(forum, await user("ruth"), post.id, "personal", "", new_key())
    assert (await usable(), await why_withdrawn(quote_id)) == ([], "hidden")
    with pytest.raises(Invalid, match="hid this post"):
        await approve(forum, await Post.get(id=post.id))
    await restore_post(forum, await user("ruth"), post.id, "", new_key())
    assert await usable() == []
    again = await approve(forum, await Post.get(id=post.id))  # its words are the ones that were tagged
    assert await usable() == [again]


@pytest.mark.parametrize(
    "unnoticed", [{"revision": 10_000}, {"quotable": False}, {"hidden_at": datetime(2026, 4, 1, tzinfo=UTC)}]
)
async def test_a_post_that_changed_unnoticed_is_not_quoted_all_the_same(forum, post, unnoticed):
    await approve(forum, post)
    await Post.filter(id=post.id).update(**unnoticed)
    assert await usable() == []


async def test_nadia_withdraws_a_quote_with_a_reason(forum, post):
    quote_id, nadia = await approve(forum, post), await user("nadia")
    with pytest.raises(Invalid):
        await withdraw_quote(forum, nadia, quote_id, "because", new_key())
    with pytest.raises(NotFound):
        await withdraw_quote(forum, nadia, 1, "meaning", new_key())
    assert await withdraw_quote(forum, nadia, quote_id, "meaning", new_key()) == quote_id
    await withdraw_quote(forum, nadia, quote_id, "other", new_key())
    assert (await usable(), await why_withdrawn(quote_id)) == ([], "meaning")
    assert await AuditRow.filter(act="withdraw_quote").count() == 1
    await approve(forum, post)  # there may be another


async def test_of_an_edit_and_an_approval_at_once_no_usable_quote_of_old_words_is_left(forum, post):
    edited = edit(forum, post, body="Something else altogether.")
    await asyncio.gather(approve(forum, post), edited, return_exceptions=True)
    assert await usable() == []
    assert await Quote.filter(withdrawn_at=None).count() == 0
