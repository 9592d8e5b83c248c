"""The figures: each compared with a recount over all rows in plain Python, and the rules one by one."""

import itertools
import random
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from forum.intelligence.cells import Tree
from forum.intelligence.disclosure import HIDDEN, Counts, Rule, protect
from forum.intelligence.filters import Choices, Filters, choices_for, read_filters
from forum.intelligence.summary import Summary, ThemeCounts, everything, find, summarise, tell
from forum.models import Council, Group, NoTheme, Person, Post, Tagging, Theme, Thread
from tests import cast
from tests.intelligence.worlds import RULE, councillors, figures, hear, random_filters, random_talk, say, tag

LONDON = ZoneInfo("Europe/London")
OPEN = Rule(people=0, councils=0)  # hides nothing


@dataclass
class World:
    """All rows there are."""

    slugs: dict[int, str]
    opened: set[int]
    councils: dict[int, Council]
    themes: dict[int, Theme]
    posts: list[Post]
    taggings: list[Tagging]
    answered: set[int]
    withdrew: set[int]


async def all_rows() -> World:
    groups = {group.id: group for group in await Group.all()}
    posts = await Post.all()
    return World(
        slugs={thread.id: groups[thread.group_id].slug for thread in await Thread.all()},
        opened={post.thread_id for post in posts if post.number == 1 and post.role == "facilitator"},
        councils={council.id: council for council in await Council.all()},
        themes={theme.id: theme for theme in await Theme.all().order_by("position")},
        posts=posts,
        taggings=await Tagging.all(),
        answered={answer.post_id for answer in await NoTheme.all()},
        withdrew={person.id for person in await Person.exclude(consent_withdrawn_at=None)},
    )


def month(post: Post) -> str:
    return f"{post.created_at.astimezone(LONDON):%Y-%m}"


def chosen_posts(world: World, slugs: set[str], words: dict[str, str]) -> dict[int, Post]:
    chosen = {}
    for post in world.posts:
        council, slug = world.councils.get(post.council_id), world.slugs[post.thread_id]
        if (
            post.hidden_at is None
            and post.author_id not in world.withdrew
            and slug in slugs
            and words.get("group") in (None, slug)
            and ("region" not in words or (council is not None and council.region == words["region"]))
            and ("council_type" not in words or (council is not None and council.type == words["council_type"]))
            and ("facilitated" not in words or post.thread_id in world.opened)
            and words.get("from", "") <= month(post) <= words.get("to", "9999-12")
        ):
            chosen[post.id] = post
    return chosen


def by_code(world: World, chosen: dict[int, Post], words: dict[str, str]) -> dict[str, list[Post]]:
    """The posts of each theme in use."""
    used = {theme.id: theme for theme in world.themes.values() if theme.status in ("candidate", "active")}
    found: dict[str, dict[int, Post]] = {theme.code: {} for theme in used.values()}
    for tagging in world.taggings:
        if tagging.post_id not in chosen or tagging.theme_id not in used:
            continue
        theme = used[tagging.theme_id]
        codes = {theme.code} | ({used[theme.parent_id].code} if theme.parent_id in used else set())
        if words.get("kind") in (None, tagging.kind) and ("theme" not in words or words["theme"] in codes):
            for code in codes:
                found[code][tagging.post_id] = chosen[tagging.post_id]
    return {code: list(posts.values()) for code, posts in found.items()}


def three(posts: list[Post]) -> tuple[int, int, int]:
    councils = {post.council_id for post in posts if post.council_id}
    return len(posts), len({post.author_id for post in posts}), len(councils)


def recount(world: World, slugs: set[str], words: dict[str, str]) -> dict[tuple, tuple]:
    """Posts, people and councils of each cell, by going through all rows."""
    chosen = chosen_posts(world, slugs, words)
    themes = by_code(world, chosen, words)
    ids = {theme.code: theme.id for theme in world.themes.values()}
    tagged = {tagging.post_id for tagging in world.taggings} | world.answered
    found = {
        ("base",): list(chosen.values()),
        ("read",): [post for post in chosen.values() if post.id in tagged],
        ("tagged",): list({post.id: post for posts in themes.values() for post in posts}.values()),
        **{("theme", ids[code]): posts for code, posts in themes.items()},
    }
    if "from" in words and "to" in words:
        earlier = before(words)
        when = (earlier["from"], earlier["to"])
        old = by_code(world, chosen_posts(world, slugs, earlier), words)
        found |= {("before", ids[code], *when): posts for code, posts in old.items()}
    tops = [code for code in themes if world.themes[ids[code]].parent_id is None or code not in children(world)]
    for code in tops:
        for post in themes[code]:
            council = world.councils.get(post.council_id)
            found.setdefault(("month", ids[code], month(post)), []).append(post)
            if not {"region", "council_type"} & words.keys():
                found.setdefault(("region", ids[code], council.region if council else ""), []).append(post)
                found.setdefault(("type", ids[code], council.type if council else ""), []).append(post)
    for one, other in itertools.combinations(sorted(tops, key=ids.get), 2):
        if both := [post for post in themes[one] if post in themes[other]]:
            found["pair", ids[one], ids[other]] = both
    return {key: three(posts) for key, posts in found.items()}


def children(world: World) -> set[str]:
    """Codes of themes whose parent is in use."""
    used = {theme.id for theme in world.themes.values() if theme.status in ("candidate", "active")}
    return {theme.code for theme in world.themes.values() if theme.parent_id in used}


def before(words: dict[str, str]) -> dict[str, str]:
    """The filters of the equal period before, month by month."""
    every = [f"{year}-{month:02}" for year in range(2020, 2030) for month in range(1, 13)]
    first, last = every.index(words["from"]), every.index(words["to"])
    return words | {"from": every[first - (last - first + 1)], "to": every[first - 1]}


SLUGS = {
    "tom": {"adult-social-care", "finance", "housing"},
    "ruth": {"adult-social-care", "finance", "whistleblowing"},
    "sam": {"housing"},
}


def told(counts: Counts) -> tuple[int | None, int | None, int | None]:
    return counts.posts, counts.people, counts.councils


@pytest.mark.parametrize("seed", range(5))
async def test_every_figure_equals_a_recount_of_all_rows(forum, seed):
    await random_talk(seed)
    world, chance = await all_rows(), random.Random(seed)
    assert {post.author_id for post in world.posts} > world.withdrew != set()
    kept, hid = 0, 0
    for name in ("tom", "ruth", "sam") * 5:
        choices = await choices_for(await cast.user(name))
        words = random_filters(chance, choices)
        filters, right = read_filters(words, choices), recount(world, SLUGS[name], words)
        async with forum.database.reader() as select:
            plain = await everything(select, choices, filters, OPEN)
            safe = await everything(select, choices, filters, RULE)
            alone = await summarise(select, choices, filters, RULE)
            found = (await find(select, choices, filters, Tree(choices.themes).tops)).cells
        got = {key: told(counts) for key, counts in plain.cells.items()}
        assert {key: counts for key, counts in got.items() if counts[0]} == {
            key: counts for key, counts in right.items() if counts[0]
        }, (name, words)
        assert {key: len(people) for key, people in found.people.items()} == {
            key: counts[1] for key, counts in got.items()
        }
        for key, counts in safe.cells.items():
            few = right.get(key, (0, 0, 0))
            if counts.hidden:
                assert few[1] > 0 and told(counts) == (None, None, None)
                hid += 1
            else:
                assert told(counts) == few and (few[1] == 0 or (few[1] >= 5 and few[2] >= 3)), key
                kept += few[1] > 0
        assert len(alone.themes) == len(safe.summary.themes)
        for row in alone.themes:
            assert row.counts.hidden or told(row.counts) == right["theme", row.theme.id]
    assert hid > 100 and kept > 20  # the worlds hold both, or this would compare nothing


@pytest.mark.parametrize("seed", range(5, 8))
async def test_all_that_is_told_of_a_theme_equals_a_recount(forum, seed):
    """Discussions, months and the period before, for each row; months, places and companions in the order they show."""
    await random_talk(seed)
    world, chance = await all_rows(), random.Random(seed)
    choices = await choices_for(await cast.user("tom"))
    for _ in range(6):
        words = random_filters(chance, choices)
        filters, right = read_filters(words, choices), recount(world, SLUGS["tom"], words)
        chosen = chosen_posts(world, SLUGS["tom"], words)
        themes = by_code(world, chosen, words)
        async with forum.database.reader() as select:
            figures = await everything(select, choices, filters, OPEN)
        summary = figures.summary
        assert summary.discussions == len({post.thread_id for post in chosen.values()})
        for row in summary.themes:
            posts = themes[row.theme.code]
            assert row.discussions == len({post.thread_id for post in posts})
            assert row.first == (date.fromisoformat(f"{min(map(month, posts))}-01") if posts else None)
            assert row.last == (date.fromisoformat(f"{max(map(month, posts))}-01") if posts else None)
            if "from" in words and "to" in words:
                earlier = before(words)
                assert (
                    row.change == row.counts.people - right["before", row.theme.id, earlier["from"], earlier["to"]][1]
                )
            else:
                assert row.before is row.change is None
        assert [detail.row for detail in figures.details] == [
            row for row in summary.themes if not row.parent and row.counts.posts
        ]
        for detail in figures.details:
            id = detail.row.theme.id
            shown = [f"{first:%Y-%m}" for first, _ in detail.months]
            assert shown == sorted(shown) and (shown[0], shown[-1]) == (
                min(map(month, chosen.values())),
                max(map(month, chosen.values())),
            )
            assert sum(counts.posts for _, counts in detail.months) == detail.row.counts.posts
            if {"region", "council_type"} & words.keys():
                assert detail.regions == detail.types == []
            else:
                parts = {world.councils[post.council_id].region for post in chosen.values() if post.council_id}
                mine = {
                    world.councils[post.council_id].region for post in themes[detail.row.theme.code] if post.council_id
                }
                assert detail.not_heard_in[0] == sorted(parts - mine)
                assert sum(counts.posts for _, counts in detail.types) == detail.row.counts.posts
            assert {other.id: told(counts) for other, counts in detail.pairs} == {
                (set(key[1:]) - {id}).pop(): counts for key, counts in right.items() if key[0] == "pair" and id in key
            }


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


async def test_who_withdraws_consent_is_left_out_until_they_give_it_again(forum):
    people = await councillors(7, 3)
    for person in people:
        await say(person, "finance", "FIN-1")
        await say(person, "finance")
    tom = await cast.user("tom")
    whole = await hear(forum, tom)
    await Person.filter(id=people[0].id).update(consent_withdrawn_at=forum.clock())
    summary = await hear(forum, tom)
    assert figures(summary, "FIN-1") == (6, 6, 3)
    bases = [(was.posts - now.posts, was.people - now.people) for was, now in zip(
        (whole.base, whole.read, whole.tagged), (summary.base, summary.read, summary.tagged), strict=True)]  # fmt: skip
    assert bases == [(2, 1), (1, 1), (1, 1)]
    await Person.filter(id__in=[person.id for person in people[1:3]]).update(consent_withdrawn_at=forum.clock())
    assert figures(await hear(forum, tom), "FIN-1") == (None, None, None)  # four are too few
    await Person.all().update(consent_withdrawn_at=None)
    assert await hear(forum, tom) == whole


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


async def test_loud_but_narrow_is_a_larger_part_of_the_posts_than_of_the_people(forum):
    people = await councillors(10, 5)
    for person in people:
        await say(person, "finance", "HOU-1")
    for person in people[:5]:
        for _ in range(9):
            await say(person, "finance", "FIN-1")
    summary = await hear(forum, await cast.user("tom"), group=await cast.group("finance"))
    rows = {row.theme.code: row for row in summary.themes}
    # 57 posts by 12 people in all, with the two that stand in the group from the start
    assert (summary.base.posts, summary.base.people) == (57, 12)
    assert (summary.prominence(rows["FIN-1"]), summary.spread(rows["FIN-1"])) == (79, 42)
    assert (summary.prominence(rows["HOU-1"]), summary.spread(rows["HOU-1"])) == (18, 83)
    assert [code for code, row in rows.items() if summary.is_loud_but_narrow(row)] == ["FIN", "FIN-1"]


def test_nothing_is_worked_out_from_what_is_hidden():
    hidden, shown = ThemeCounts(Theme(), "", HIDDEN, before=Counts(9, 9, 3)), ThemeCounts(Theme(), "", Counts(9, 7, 3))
    summary = Summary(Filters(), Counts(20, 10, 5), Counts(20, 10, 5), [])
    bare = Summary(Filters(), HIDDEN, HIDDEN, [])
    for some, row in ((summary, hidden), (bare, shown)):
        assert some.prominence(row) is some.spread(row) is some.council_share(row) is None
        assert not some.is_loud_but_narrow(row)
    assert hidden.change is None
    assert replace(shown, before=HIDDEN).change is None
    assert bare.coverage is None


async def test_a_theme_that_is_not_in_use_has_no_row_and_counts_nowhere(forum):
    for person in await councillors(6, 3):
        await say(person, "finance", "FIN-1", "HOU-1")
    await Theme.filter(code="HOU-1").update(status="retired")
    await Theme.filter(code="FIN").update(status="merged")
    summary = await hear(forum, await cast.user("tom"), group=await cast.group("finance"))
    assert {"HOU-1", "FIN"}.isdisjoint(row.theme.code for row in summary.themes)
    assert figures(summary, "HOU") == (0, 0, 0)
    assert [(row.parent, row.counts.posts) for row in summary.themes if row.theme.code == "FIN-1"] == [("", 6)]
    assert summary.tagged.posts == summary.read.posts == 6


async def test_what_was_read_is_told_before_anything_else(forum):
    people = await councillors(10, 5)
    for person in people[:5]:
        await say(person, "finance", "FIN-1", kind="barrier")
    for person in people[5:]:
        post = await say(person, "finance")
        await NoTheme.create(post_id=post.id, post_revision=1, by_id=person.id, created_at=post.created_at)
    summary = await hear(forum, await cast.user("tom"), group=await cast.group("finance"), kind="issue")
    assert (summary.base.posts, summary.read.posts, summary.tagged.posts) == (12, 10, 0)
    assert summary.coverage == 83


async def test_only_discussions_that_a_facilitator_opened_count_when_asked_for(forum):
    for person in await councillors(5, 3):
        await say(person, "finance", "FIN-1")
        await say(person, "housing", "FIN-1")
    await Post.filter(number=1, thread__group__slug="housing").update(role="facilitator")
    await Post.filter(number=1, thread__group__slug="finance").update(role="member")
    tom = await cast.user("tom")
    assert figures(await hear(forum, tom), "FIN-1") == (10, 5, 3)
    opened = await hear(forum, tom, facilitated=True)
    assert figures(opened, "FIN-1") == (5, 5, 3)
    assert opened.discussions == 1


async def test_what_a_release_hides_besides_is_hidden_with_all_that_rests_on_it(forum):
    for person in await councillors(12, 6):
        await say(person, "finance", "FIN-1", "CARE-1")
    choices = await choices_for(await cast.user("tom"))
    ids = {theme.code: theme.id for theme in choices.themes}
    async with forum.database.reader() as select:
        found = await find(select, choices, Filters(), Tree(choices.themes).tops)
    plain = tell(found, protect(found.cells.counts, found.cells.relations, RULE))
    safe = tell(found, protect(found.cells.counts, found.cells.relations, RULE, also={("theme", ids["FIN"])}))
    assert [detail.row.theme.code for detail in plain.details] == ["FIN", "CARE"]
    assert plain.cells["theme", ids["FIN-1"]] == plain.cells["month", ids["FIN"], "2026-04"] == Counts(12, 12, 6)
    [detail] = safe.details
    assert detail.row.theme.code == "CARE"
    assert safe.cells["theme", ids["FIN"]].hidden and safe.cells["theme", ids["FIN-1"]].hidden
    assert not [key for key in safe.cells if key[0] in ("month", "region", "type") and key[1] == ids["FIN"]]
    [row] = [row for row in safe.summary.themes if row.theme.code == "FIN"]
    assert (row.discussions, row.first, row.last) == (None, None, None)


async def test_people_by_type_counts_whoever_takes_part(forum):
    people = await councillors(6, 3) + await councillors(2, 0)
    for person in people:
        await say(person, "finance")
    finance = await cast.group("finance")
    choices = await choices_for(await cast.user("tom"))
    async with forum.database.reader() as select:
        found = await find(select, choices, Filters(group=finance), [])
    types: dict[str, set[int]] = {}
    for post in await Post.filter(thread__group_id=finance.id).select_related("council"):
        if post.council:
            types.setdefault(post.council.type, set()).add(post.author_id)
    assert found.people_by_type == {type: len(authors) for type, authors in types.items()}
