"""Which passages are proposed, what may be said of an author, and that what may no longer be quoted is never found."""

import random

import pytest

from forum.database import select
from forum.intelligence.proposing import (
    LONGEST,
    Candidate,
    added_words,
    attribution,
    passages,
    plain_words,
    propose,
)
from forum.intelligence.quotes import candidates_of, quotable_posts
from forum.models import Edition, Group, Post, Theme
from tests.cast import user
from tests.intelligence.worlds import NOON, councillors, say, tag

BEDS = "Beds in the care home stood empty while people waited in hospital for a care package"
BUSES = "The last bus leaves before the evening shift ends so nobody can work in the next town"
RENT = "Rents rose faster than wages and families were moved out of the borough twice this year"


def candidate(post_id: int, words: str, author_id: int = 0) -> Candidate:
    return Candidate(post_id, 1, author_id or post_id, 0, len(words), words)


def crowd() -> list[Candidate]:
    """Ten who say one thing, five another, one a third."""
    said = [*[BEDS] * 10, *[BUSES] * 5, RENT]
    return [candidate(number, f"{words} again {number % 7}") for number, words in enumerate(said, 1)]


def test_the_first_stands_for_most_and_the_next_for_those_left():
    topics = [next(word for word in ("care", "bus", "wages") if word in one.words) for one in propose(crowd(), 3)]
    assert topics == ["care", "bus", "wages"]


def test_the_order_of_the_candidates_changes_nothing():
    candidates, chance = crowd(), random.Random(4)
    chosen = propose(candidates, 5)
    for _ in range(5):
        chance.shuffle(candidates)
        assert propose(candidates, 5) == chosen


def test_nobody_is_proposed_twice():
    candidates = [
        candidate(number, f"{words} {number}", author_id=number % 3 + 1)
        for number, words in enumerate([BEDS, BUSES, RENT] * 6, 1)
    ]
    chosen = propose(candidates, 10)
    assert len(chosen) == 3
    assert len({one.author_id for one in chosen}) == 3


def test_each_proposal_stands_for_another_topic():
    """Eight topics, one of them four times as common as another, and no two passages in the same words."""
    chance = random.Random(2)
    topics = [[f"{topic}{number}" for number in range(30)] for topic in "abcdefgh"]
    said = [chance.sample(topics[min(number % 11, 7)], 12) for number in range(200)]
    chosen = propose([candidate(number, " ".join(words)) for number, words in enumerate(said, 1)], 8)
    assert chosen[0].words[0] == "h"
    assert {one.words[0] for one in chosen} == set("abcdefgh")


def test_nothing_and_nonsense_are_no_fault():
    assert propose([], 5) == []
    assert propose(crowd(), 0) == []
    assert len(propose([candidate(1, ""), candidate(2, "… — !"), candidate(3, "a b")], 5)) == 3


def test_a_tagged_passage_comes_with_its_sentences():
    body = "We tried it. The pilot cut delays by half. It was stopped."
    start = body.index("cut delays")
    assert [body[a:b] for a, b in passages(body, [(start, start + 10)])] == ["The pilot cut delays by half."]
    long = "word " * 200 + "the end."
    assert passages(long, [(0, 20)]) == [(0, 20)]


def test_a_whole_post_is_cut_into_sentences():
    body = (
        "First sentence of some words here today. Second sentence follows it right away.\n\n"
        "A new paragraph stands for itself here. No."
    )
    assert [body[a:b] for a, b in passages(body, [])] == [
        "First sentence of some words here today. Second sentence follows it right away.",
        "A new paragraph stands for itself here. No.",
    ]
    assert [b - a <= LONGEST for a, b in passages("word " * 500, [])] == [True]
    assert passages("Short.", []) == [(0, 6)]
    assert passages("", []) == []


def test_a_passage_is_what_readers_see():
    source = "- **We** [tried](https://leeds.gov.uk/x) it &amp; *it* worked\n- `twice`"
    assert plain_words(source) == "We tried it & it worked twice"
    assert plain_words("ope**n and cut") == "open and cut"


@pytest.mark.parametrize(
    ("redacted", "added"),
    [
        ("We tried it in [council] and it worked.", []),
        ("[…] it worked", []),
        ("We tried it … and … worked!", []),
        ("WE TRIED IT", []),
        ("It worked and we tried it", ["and", "we", "tried", "it"]),  # in another order it says something else
        ("We never tried it", ["never"]),
        ("We tried it [badly]", ["badly"]),
        ("We tried it 👎", ["👎"]),
    ],
)
def test_words_can_be_taken_out_and_none_put_in(redacted, added):
    assert added_words(redacted, "We tried it in Leeds, and it worked.") == added


@pytest.mark.parametrize(
    ("council_type", "people", "words"),
    [
        ("county", 10, "a councillor, county council"),
        ("county", 9, "a councillor"),
        ("London borough", 12, "a councillor, London borough council"),
        ("Welsh principal", 30, "a councillor, Welsh principal council"),
        ("metropolitan", 10, "a councillor, metropolitan borough council"),
        (None, 100, "a councillor"),
        ("duchy", 100, "a councillor"),
    ],
)
def test_the_type_of_council_is_told_where_enough_of_it_take_part(council_type, people, words):
    assert attribution(council_type, people, 10) == words


async def test_every_type_of_council_has_its_words(forum):
    rows = await select("SELECT DISTINCT type FROM council")
    assert len(rows) > 4
    assert all(attribution(row["type"], 10, 10) != "a councillor" for row in rows)


async def quotable(*codes: str, slug: str = "finance", but=()) -> list[int]:
    themes = [theme.id for theme in await Theme.filter(code__in=codes)]
    groups = [group.id for group in await Group.filter(slug=slug)]
    found = await quotable_posts(select, themes, groups, but)
    return [post.id for post in found.posts]


async def speak(person, **kinds) -> Post:
    post = await say(person, "finance", "FIN-1", **kinds)
    await Post.filter(id=post.id).update(quotable=True)
    return post


async def test_only_what_may_be_quoted_is_a_candidate(forum):
    [author, other], [officer] = await councillors(2, 2), await councillors(1, 0)
    allowed, forbidden = await speak(author), await say(other, "finance", "FIN-1")
    await speak(other, hidden=True)
    await speak(officer)
    reviewed, edited, same_words = await speak(author), await speak(author), await speak(other)
    await select("UPDATE tagging SET review_at = $1 WHERE post_id = $2 RETURNING id", NOON, reviewed.id)
    for post, before in (edited, "What it said before"), (same_words, same_words.body):
        await Edition.create(post_id=post.id, revision=1, body=before, quotable=False, replaced_at=NOON)
    assert await quotable("FIN-1") == sorted([allowed.id, same_words.id])
    assert await quotable("FIN-1", but=[allowed.id]) == [same_words.id]
    assert await quotable("FIN-2") == await quotable("FIN-1", slug="housing") == await quotable() == []
    themes, groups = await Theme.filter(code="FIN-1"), await Group.filter(slug="finance")
    found = await quotable_posts(select, [themes[0].id], [groups[0].id])
    assert found.tagged == 6  # all but the hidden one
    assert forbidden.id not in [post.id for post in found.posts]


async def test_a_post_with_two_tags_is_one_post_with_its_passages(forum):
    [author] = await councillors(1, 1)
    post = await speak(author)
    await tag(post, "FIN-2")
    await select('UPDATE tagging SET "start" = 0, "end" = 6 WHERE post_id = $1 RETURNING id', post.id)
    themes, groups = await Theme.filter(code__startswith="FIN"), await Group.filter(slug="finance")
    found = await quotable_posts(select, [theme.id for theme in themes], [group.id for group in groups])
    assert [(one.id, one.tagged) for one in found.posts] == [(post.id, [(0, 6), (0, 6)])]
    [candidate] = candidates_of(found.posts)
    assert (candidate.words, candidate.author_id, candidate.revision) == (post.body, author.id, post.revision)
    assert (await user("tom")).is_analyst
