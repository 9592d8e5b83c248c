"""Who withdraws their consent is left out of all that is made of the talk from then on: proposals, quotes, samples,
notices, the codebook's health and releases. Giving it again brings it back.

Counts are in test_summary.py and test_matrix.py, whose random worlds have people who withdrew.
"""

import pytest

from forum.actions.quotes import approve_quote
from forum.actions.taggings import say_no_theme
from forum.actions.terms import publish_terms, set_consent
from forum.errors import Invalid
from forum.intelligence.behind import posts_behind
from forum.intelligence.codebook_health import health_of
from forum.intelligence.filters import Filters, choices_for
from forum.intelligence.quotes import quotable_posts, usable_quotes
from forum.models import (
    Group,
    Notice,
    Person,
    Post,
    Quote,
    ReleaseFile,
    ReleaseQuote,
    SampledPost,
    SecondReading,
    Theme,
)
from forum.permissions import User, blind_posts
from tests.cast import accept_terms, new_key, user
from tests.intelligence.worlds import RULE, councillors, say, tag
from tests.web.test_releases import PAPER, TITLE, draft, figures, step
from tests.web.test_second_readings import draw

WORDS = "Homes come first for us."


@pytest.fixture
async def people(forum) -> list[Person]:
    """Twelve councillors of four councils, each with a post on homes that may be quoted. Everybody has
    consented."""
    await publish_terms(forum, None, "consent", "We count opinions.")
    people = await councillors(12, 4)
    for person in people:
        post = await say(person, "housing", "HOU-1")
        await Post.filter(id=post.id).update(quotable=True, body=f"{WORDS} So says {person.id}.")
    await accept_terms(forum)
    return people


async def withdraw(forum, person: Person, consents: bool = False) -> None:
    await set_consent(forum, User(person.id, person.name), consents, new_key())


async def housing() -> Group:
    return await Group.get(slug="housing")


async def quote_of(forum, person: Person) -> Quote:
    """Tom approves what this person said."""
    post = await Post.get(author_id=person.id)
    said = (post.id, "HOU-1", 0, len(WORDS), post.revision, WORDS)
    return await Quote.get(id=await approve_quote(forum, await user("tom"), *said, new_key()))


async def test_their_posts_are_neither_proposed_nor_behind_a_theme(forum, people):
    group, theme, choices = await housing(), await Theme.get(code="HOU-1"), await choices_for(await user("tom"))

    async def found() -> tuple[int, int, int]:
        async with forum.database.reader() as select:
            quotable = await quotable_posts(select, [theme.id], [group.id])
            behind = await posts_behind(select, choices.groups, Filters(), [theme], most=50)
        return quotable.tagged, len(quotable.posts), len(behind)

    assert await found() == (12, 12, 12)
    await withdraw(forum, people[0])
    assert await found() == (11, 11, 11)
    with pytest.raises(Invalid, match="does not allow"):
        await quote_of(forum, people[0])
    await withdraw(forum, people[0], consents=True)
    assert await found() == (12, 12, 12)


async def test_their_quotes_may_not_be_used_until_they_consent_again(forum, signed_in, people):
    quotes = [await quote_of(forum, person) for person in people[:2]]
    tom, group = await signed_in("tom"), await housing()
    await withdraw(forum, people[0])
    assert [quote.id for quote in await usable_quotes([group.id])] == [quotes[1].id]
    page = (await tom.get("/quotes?theme=HOU-1")).text
    assert "1 of 2 may be used" in page and "its author no longer allows it" in page and "onsent" not in page
    assert (await tom.get("/intelligence/themes/HOU-1")).text.count(WORDS) <= 1
    await withdraw(forum, people[0], consents=True)
    assert len(await usable_quotes([group.id])) == 2


async def test_what_a_codebook_needs_is_asked_without_them(forum, people):
    for person in people[:9]:  # of twelve posts nine carry both themes: more than 70 in a hundred
        await tag(await Post.get(author_id=person.id), "HOU-2")
    choices = await choices_for(await user("tom"))

    async def overlapping() -> int:
        async with forum.database.reader() as select:
            return len((await health_of(select, choices, RULE)).overlapping)

    assert await overlapping() == 1
    for person in people[:2]:  # seven of ten
        await withdraw(forum, person)
    assert await overlapping() == 0


async def test_a_sample_is_drawn_without_them_and_waits_for_nobody_who_withdrew(forum, signed_in, people):
    sam, tom = await signed_in("sam"), await signed_in("tom")
    await withdraw(forum, people[0])
    theirs = await Post.get(author_id=people[0].id)
    await say_no_theme(forum, await user("sam"), theirs.id, theirs.revision, new_key())
    await draw(sam, size=200, group="housing")
    sample = {sampled.post_id for sampled in await SampledPost.all()}
    assert len(sample) == 11 and theirs.id not in sample
    reading, toms = await SecondReading.get(), await user("tom")
    first = await SampledPost.get(number=1).select_related("post__author")
    await withdraw(forum, first.post.author)
    assert (await tom.act(f"/second-readings/{reading.id}/answers", number=1, theme="FIN")).status_code in (404, 422)
    assert "Read post 2 of 11" in (await tom.get(f"/second-readings/{reading.id}/next")).text
    for number in range(2, 12):
        assert await blind_posts(toms) == sample
        await tom.act(f"/second-readings/{reading.id}/answers", number=number, theme="HOU-1")
    assert await blind_posts(toms) == set()
    assert "10 of 10" in (await sam.get(f"/second-readings/{reading.id}")).text


async def test_who_withdrew_is_not_told_what_is_done_about_what_they_raised(forum, signed_in, people):
    for name in "eve", "mohammed":
        await say(await Person.get(email=f"{name}@demo.example"), "housing", "HOU-1")
    await withdraw(forum, await Person.get(email="eve@demo.example"))
    tom = await signed_in("tom")
    said = {"words": "We write a guide.", "owner": "Housing team", "state": "under-way"}
    await tom.act("/commitments", theme="HOU", **said)
    commitment = (await tom.get("/commitments")).text.split('action="/commitments/')[1].split("/")[0]
    await tom.act(f"/commitments/{commitment}/tell")
    assert await Notice.all().values_list("person__name", flat=True) == ["Mohammed"]


async def drafted(tom, nadia, quote: Quote, **filters: str) -> str:
    """A release with this quote that waits to be issued."""
    address = await draft(tom, **filters)
    await step(tom, address, "edit", title=TITLE, quote=str(quote.id), **PAPER)
    await step(tom, address, "check")
    await step(nadia, address, "sign-off")
    return address


async def test_a_release_that_is_not_out_yet_is_counted_again_without_them(forum, signed_in, people):
    tom, nadia, quote = await signed_in("tom"), await signed_in("nadia"), await quote_of(forum, people[0])
    address = await drafted(tom, nadia, quote)
    assert (await figures(address))["HOU-1"][3:6] == [12, 12, 4]
    await withdraw(forum, people[0])
    answer = await tom.act(f"{address}/issue")
    assert answer.status_code == 422 and "Somebody withdrew their consent" in answer.text
    assert not await ReleaseFile.exists()
    await step(tom, address, "return", reason="Count again.")
    await step(tom, address, "count-again")
    assert (await figures(address))["HOU-1"][3:6] == [11, 11, 4]
    await step(tom, address, "check")
    await step(nadia, address, "sign-off")
    await step(tom, address, "issue")
    assert not await ReleaseQuote.exists()
    for file in await ReleaseFile.all():
        assert WORDS.encode() not in file.content, file.name


async def test_a_release_that_does_not_count_them_goes_out_without_their_quote(forum, signed_in, people):
    tom, nadia, quote = await signed_in("tom"), await signed_in("nadia"), await quote_of(forum, people[0])
    address = await drafted(tom, nadia, quote, **{"from": "2026-05"})  # they spoke in April
    await withdraw(forum, people[0])
    await step(tom, address, "issue")
    assert not await ReleaseQuote.exists()


async def test_a_release_that_is_out_says_that_their_quote_is_not_to_be_used_again(forum, signed_in, people):
    tom, nadia, quote = await signed_in("tom"), await signed_in("nadia"), await quote_of(forum, people[0])
    address = await drafted(tom, nadia, quote)
    await step(tom, address, "issue")
    assert "do not use it again" not in (await nadia.get(address)).text
    [before] = await ReleaseFile.filter(name="board-paper.html")
    await withdraw(forum, people[0])
    assert "do not use it again" in (await nadia.get(address)).text
    [after] = await ReleaseFile.filter(name="board-paper.html")
    assert after.content == before.content  # what is out stays as it went out
    await withdraw(forum, people[0], consents=True)
    assert "do not use it again" not in (await nadia.get(address)).text
