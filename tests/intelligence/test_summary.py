"""The figures: each compared with a recount over all rows in plain Python, and the rules one by one."""

import random
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from forum.intelligence.filters import Choices, choices_for, read_filters
from forum.intelligence.summary import summarise
from forum.models import Council, Group, Post, Tagging, Theme, Thread
from tests import cast
from tests.intelligence.worlds import councillors, figures, hear, random_filters, random_talk, say, tag

LONDON = ZoneInfo("Europe/London")


async def recount(slugs: set[str], words: dict[str, str]) -> dict[str, tuple]:
    """Posts, people and councils for each theme's code, "base" and "tagged", by going through all rows."""
    groups = {group.id: group for group in await Group.all()}
    threads = {thread.id: groups[thread.group_id].slug for thread in await Thread.all()}
    councils = {council.id: council for council in await Council.all()}
    themes = {theme.id: theme for theme in await Theme.all()}
    chosen = {}
    for post in await Post.all():
        council, month = councils.get(post.council_id), f"{post.created_at.astimezone(LONDON):%Y-%m}"
        if (
            post.hidden_at is None
            and threads[post.thread_id] in slugs
            and ("group" not in words or threads[post.thread_id] == words["group"])
            and ("region" not in words or (council is not None and council.region == words["region"]))
            and ("council_type" not in words or (council is not None and council.type == words["council_type"]))
            and ("from" not in words or month >= words["from"])
            and ("to" not in words or month <= words["to"])
        ):
            chosen[post.id] = post
    found: dict[str, list[Post]] = {theme.code: [] for theme in themes.values()}
    found |= {"base": list(chosen.values()), "tagged": []}
    for tagging in await Tagging.all():
        theme = themes[tagging.theme_id]
        codes = {theme.code} | ({themes[theme.parent_id].code} if theme.parent_id else set())
        if (
            tagging.post_id in chosen
            and ("kind" not in words or tagging.kind == words["kind"])
            and ("theme" not in words or words["theme"] in codes)
        ):
            for place in codes | {"tagged"}:
                found[place].append(chosen[tagging.post_id])
    return {code: shown(posts) for code, posts in found.items()}


def shown(posts: list[Post]) -> tuple:
    people = len({post.author_id for post in posts})
    councils = len({post.council_id for post in posts if post.council_id})
    return (
        (None,) * 3 if people and (people < 5 or councils < 3) else (len({post.id for post in posts}), people, councils)
    )


@pytest.mark.parametrize("seed", range(5))
async def test_every_figure_equals_a_recount_of_all_rows(forum, seed):
    await random_talk(seed)
    chance = random.Random(seed)
    kept, hid = 0, 0
    for name in ("tom", "ruth", "sam") * 8:
        user = await cast.user(name)
        slugs = {
            "tom": {"adult-social-care", "finance", "housing"},
            "ruth": {"adult-social-care", "finance", "whistleblowing"},
            "sam": {"housing"},
        }[name]
        choices = await choices_for(user)
        words = random_filters(chance, choices)
        async with forum.database.reader() as select:
            summary = await summarise(select, choices, read_filters(words, choices), forum.settings.intelligence)
        got = {row.theme.code: row.counts for row in summary.themes} | {"base": summary.base, "tagged": summary.tagged}
        got = {code: (counts.posts, counts.people, counts.councils) for code, counts in got.items()}
        assert got == await recount(slugs, words), (name, words)
        hid += sum(counts[0] is None for counts in got.values())
        kept += sum(bool(counts[0]) for counts in got.values())
    assert hid > 50 and kept > 10  # the worlds hold both, or this would compare nothing


async def test_themes_stand_in_the_order_of_the_codebook_with_true_zeros(forum):
    summary = await hear(forum, await cast.user("tom"))
    themes = await Theme.all().order_by("position")
    assert [row.theme.code for row in summary.themes] == [theme.code for theme in themes]
    assert len(themes) == 72
    assert {(row.counts.posts, row.counts.people, row.counts.councils) for row in summary.themes} == {(0, 0, 0)}


async def test_a_parent_counts_a_person_once_and_includes_its_own_tags(forum):
    people = await councillors(6, 3)
    for person in people:
        await say(person, "finance", "CARE-1", "CARE-2", "CARE")
    await say(people[0], "finance", "CARE")
    summary = await hear(forum, await cast.user("tom"))
    assert figures(summary, "CARE") == (7, 6, 3)
    assert figures(summary, "CARE-1") == figures(summary, "CARE-2") == (6, 6, 3)
    assert figures(summary, "FIN") == (0, 0, 0)


async def test_two_tags_of_a_theme_on_a_post_count_once(forum):
    for person in await councillors(5, 3):
        post = await say(person, "finance", "FIN-1")
        await tag(post, "FIN-1", "barrier")
        await tag(post, "FIN-1", "barrier")
    assert figures(await hear(forum, await cast.user("tom")), "FIN-1") == (5, 5, 3)


async def test_hidden_posts_are_left_out(forum):
    people = await councillors(7, 3)
    for person in people[:5]:
        await say(person, "finance", "FIN-1")
    for person in people[5:]:
        await say(person, "finance", "FIN-1", hidden=True)
    summary = await hear(forum, await cast.user("tom"))
    assert figures(summary, "FIN-1") == (5, 5, 3)
    assert summary.tagged.posts == 5


async def test_few_people_or_few_councils_hide_all_three_counts(forum):
    narrow, local, alone = await councillors(4, 4), await councillors(6, 2), await councillors(9, 0)
    for person in narrow:
        for _ in range(20):
            await say(person, "finance", "FIN-1")
    for person in local:
        await say(person, "finance", "HOU-1")
    for person in alone:
        await say(person, "finance", "HLT-1")
    summary = await hear(forum, await cast.user("tom"))
    for code in ("FIN-1", "FIN", "HOU-1", "HOU", "HLT-1"):
        assert figures(summary, code) == (None, None, None), code
    assert not summary.base.hidden


async def test_the_base_obeys_the_same_rule(forum):
    await Post.all().update(hidden_at=None)
    summary = await hear(forum, await cast.user("tom"), first=date(2019, 1, 1), last=date(2019, 2, 1))
    assert summary.base.posts == 0
    summary = await hear(forum, await cast.user("sam"))  # eve and mohammed alone talk in housing
    assert summary.base.hidden


async def test_councils_are_those_of_the_posts_not_where_people_sit_today(forum):
    people = await councillors(5, 3)
    for person in people:
        await say(person, "finance", "FIN-1")
    await cast.Person.filter(id__in=[person.id for person in people]).update(council_id=None)
    assert figures(await hear(forum, await cast.user("tom")), "FIN-1") == (5, 5, 3)


async def test_hidden_groups_count_only_for_those_with_a_role_in_them(forum):
    for person in await councillors(5, 3):
        await say(person, "whistleblowing", "GOV-1")
    assert figures(await hear(forum, await cast.user("tom")), "GOV-1") == (0, 0, 0)
    assert figures(await hear(forum, await cast.user("sam")), "GOV-1") == (0, 0, 0)
    assert figures(await hear(forum, await cast.user("ruth")), "GOV-1") == (5, 5, 3)


async def test_an_analyst_without_any_group_to_read_gets_zeros(forum):
    await Group.all().update(visibility="hidden")
    choices = await choices_for(await cast.user("tom"))
    assert choices.groups == []
    summary = await hear(forum, await cast.user("tom"))
    assert summary.base.posts == 0


async def test_choices_hold_no_hidden_group(forum):
    async def slugs(name: str) -> list[str]:
        choices: Choices = await choices_for(await cast.user(name))
        return [group.slug for group in choices.groups]

    assert await slugs("tom") == ["adult-social-care", "finance", "housing"]
    assert await slugs("ruth") == ["adult-social-care", "finance", "whistleblowing"]
    assert await slugs("sam") == ["housing"]
