"""The demo world is the one that the stories, the screenshots and the README tell of."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forum.actions.reference import load_reference
from forum.actions.worlds import World
from forum.context import Forum, open_forum
from forum.database import as_time, select
from forum.demo.large import Size
from forum.demo.times import LONDON
from forum.demo.world import ACCOUNTS, build_large, compose_world, find_places
from forum.errors import Invalid
from forum.models import Edition, Group, Hiding, Membership, Person, Post, Tagging, Thread
from forum.models.taggings import KINDS
from tests.cast import PASSWORD, build_demo, user
from tests.conftest import Databases, settings_for

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SMALL_LARGE = Size(people=200, groups=30, threads=120, posts=3_000, taggings=900, longest=600)


async def build_small_large(forum: Forum) -> None:
    await load_reference(forum)
    await build_large(forum, await forum.passwords.hash(PASSWORD), size=SMALL_LARGE)


@pytest.fixture
def large_url(databases: Databases) -> Iterator[str]:
    url = databases.copy(build_small_large)
    yield url
    databases.drop(url)


@pytest.fixture
async def demo(demo_url: str, tmp_path: Path) -> AsyncIterator[Forum]:
    async with open_forum(settings_for(demo_url, tmp_path)) as forum:
        yield forum


async def roles_of(name: str) -> dict[str, str]:
    """A named person's current roles, by the slug of the group."""
    memberships = Membership.filter(person__email=f"{name}@demo.example", ended_at=None)
    return dict(await memberships.values_list("group__slug", "role"))


async def people_behind(theme: str) -> list[dict[str, int | str]]:
    """For each person whose posts carry the theme: their council and how many posts."""
    return await select(
        """SELECT p.author_id, p.council_id, count(DISTINCT p.id) AS posts
        FROM tagging g JOIN theme t ON t.id = g.theme_id JOIN post p ON p.id = g.post_id
        WHERE t.code = $1 AND p.hidden_at IS NULL GROUP BY p.author_id, p.council_id""",
        theme,
    )


def words_of(world: World) -> list[tuple[int, str, str]]:
    """What a world says and who says it."""
    names = {person.id: person.name for person in world.people}
    return [(post.id, names[post.author_id], post.body) for post in world.posts]


async def test_it_is_as_big_as_it_is_said_to_be(demo: Forum) -> None:
    councillors = Person.filter(council_id__isnull=False)
    assert 115 <= await councillors.count() <= 130
    assert len(set(await councillors.values_list("council_id", flat=True))) >= 60
    assert await Group.all().count() == 19
    assert 38 <= await Thread.all().count() <= 44
    posts = await Post.all()
    assert 880 <= len(posts) <= 960
    assert len({post.body for post in posts}) == len(posts)
    now = demo.clock()
    assert timedelta(days=255) < now - min(post.created_at for post in posts) < timedelta(days=285)
    assert now - timedelta(days=4) < max(post.created_at for post in posts) < now


async def test_the_named_people_are_who_the_contract_says(demo: Forum) -> None:
    assert (await roles_of("amina"))["adult-social-care"] == "member"
    assert await roles_of("gareth") == {"adult-social-care": "member", "finance": "member", "leaders": "member"}
    assert await roles_of("bethan") == {"finance": "member", "whistleblowing": "member", "scrutiny": "member"}
    assert {"housing", "children"} <= set(await roles_of("mohammed"))
    assert not {"finance", "whistleblowing"} & set(await roles_of("mohammed"))
    assert await roles_of("ruth") == dict.fromkeys(["adult-social-care", "finance", "whistleblowing"], "facilitator")
    assert await roles_of("sam") == {"housing": "facilitator"}
    assert await roles_of("eve") == {"housing": "member"}
    assert await roles_of("olu") == {"adult-social-care": "observer"}
    for name, site_role in {"tom": "analyst", "nadia": "analyst", "priya": "administrator"}.items():
        assert (await user(name)).site_role == site_role
        assert await roles_of(name) == {}
    assert await Person.exclude(site_role=None).count() == 3
    facilitators = await Membership.filter(role="facilitator").values_list("person_id", flat=True)
    assert len(set(facilitators)) == 6


async def test_everyone_printed_can_sign_in(demo: Forum) -> None:
    hashes = set(await Person.all().values_list("password_hash", flat=True))
    assert len(hashes) == 1
    assert await demo.passwords.verify(hashes.pop(), PASSWORD)
    there = dict(await Person.all().values_list("email", "name"))
    assert all(there[email] == name for email, name, _ in ACCOUNTS)


async def test_each_listed_group_has_its_people_and_a_facilitator(demo: Forum) -> None:
    for group in await Group.filter(visibility="listed"):
        roles = Counter(await Membership.filter(group_id=group.id, ended_at=None).values_list("role", flat=True))
        assert 20 <= roles["member"] <= 40, group.slug
        assert roles["facilitator"] >= 1, group.slug
        assert group.purpose.endswith("."), group.slug


async def test_members_who_are_not_named_are_in_three_to_five_groups(demo: Forum) -> None:
    named = [email for email, _, _ in ACCOUNTS]
    memberships = Membership.filter(ended_at=None).exclude(person__email__in=named)
    counts = Counter(await memberships.values_list("person_id", flat=True))
    assert len(counts) == 112
    assert {3, 4} <= set(counts.values()) <= {3, 4, 5}


async def test_whistleblowing_is_hidden_and_small(demo: Forum) -> None:
    [group] = await Group.filter(visibility="hidden")
    assert group.slug == "whistleblowing"
    assert 5 <= await Membership.filter(group_id=group.id, ended_at=None).count() <= 10
    assert await Thread.filter(group_id=group.id).count() == 1


async def test_one_group_is_empty_of_talk(demo: Forum) -> None:
    silent = [group.slug for group in await Group.all() if not await Thread.filter(group_id=group.id).exists()]
    assert silent == ["culture"]


async def test_mallory_was_removed_today_and_by_ruth(demo: Forum) -> None:
    [membership] = await Membership.filter(person__email="mallory@demo.example")
    assert membership.ended_at is not None
    assert membership.ended_by_id == (await user("ruth")).id
    assert membership.ended_reason
    assert timedelta(0) < demo.clock() - membership.ended_at < timedelta(days=1)


async def test_threads_agree_with_their_posts(demo: Forum) -> None:
    for thread in await Thread.all():
        posts = await Post.filter(thread_id=thread.id).order_by("number")
        assert [post.number for post in posts] == list(range(1, thread.posts + 1))
        assert thread.created_at == posts[0].created_at
        assert thread.author_id == posts[0].author_id
        assert thread.last_post_at == posts[-1].created_at
        times = [post.created_at for post in posts]
        assert times == sorted(times)
        assert len({post.revision for post in posts}) == len(posts)
        plain = [post.revision for post in posts if not post.edited_at and not post.hidden_at]
        assert plain == sorted(plain)
        changed = sum(1 for post in posts if post.edited_at) + sum(1 for post in posts if post.hidden_at)
        assert thread.revision == max(post.revision for post in posts) == thread.posts + changed


async def test_people_write_in_their_own_groups_and_after_they_joined(demo: Forum) -> None:
    outside = await select(
        """SELECT p.id FROM post p JOIN thread t ON t.id = p.thread_id
        LEFT JOIN membership m ON m.person_id = p.author_id AND m.group_id = t.group_id
        AND m.role <> 'observer' AND m.created_at <= p.created_at WHERE m.id IS NULL"""
    )
    assert outside == []


async def test_people_write_by_day(demo: Forum) -> None:
    hours = Counter(post.created_at.astimezone(LONDON).hour for post in await Post.all())
    assert sum(hours[hour] for hour in range(1, 7)) == 0
    assert sum(hours[hour] for hour in range(17, 23)) > sum(hours[hour] for hour in range(9, 17))


async def test_who_speaks_of_a_county_sits_on_one(demo: Forum) -> None:
    for words, type_ in {
        "A word from the county side": "county",
        "From the county side, may I ask": "county",
        "I lead a district that will become part": "district",
        "Something from our small district": "district",
        "I am in week two. Finance and assets, in a district": "district",
        "in Wales we have to offer anyway": "Welsh principal",
        "I have served nineteen years in Wales": "Welsh principal",
        "We have been in a combined authority": "metropolitan",
    }.items():
        [post] = await Post.filter(body__contains=words).select_related("council")
        assert post.council is not None
        assert post.council.type == type_, words


async def test_posts_say_what_their_authors_are_in_the_group(demo: Forum) -> None:
    rows = await select(
        """SELECT p.role, m.role AS now FROM post p JOIN thread t ON t.id = p.thread_id
        LEFT JOIN membership m ON m.group_id = t.group_id AND m.person_id = p.author_id"""
    )
    roles = Counter((row["role"], row["now"]) for row in rows)
    assert set(roles) == {("member", "member"), ("facilitator", "facilitator")}
    assert roles["facilitator", "facilitator"] >= 10


async def test_three_hundred_posts_of_introduction_and_no_two_alike(demo: Forum) -> None:
    [thread] = await Thread.filter(posts=300).select_related("group")
    assert thread.group.slug == "new-councillors"
    bodies = [post.body for post in await Post.filter(thread_id=thread.id)]
    assert len(set(bodies)) == 300


async def test_taggings_are_by_staff_and_their_passages_stand_in_the_source(demo: Forum) -> None:
    editions = {(edition.post_id, edition.revision): edition.body for edition in await Edition.all()}
    taggings = await Tagging.all().select_related("post__thread")
    assert len(taggings) > 600
    facilitators = set(await Membership.filter(role="facilitator").values_list("group_id", "person_id"))
    passages, tom = 0, (await user("tom")).id
    for tagging in taggings:
        assert tagging.by_id == tom or (tagging.post.thread.group_id, tagging.by_id) in facilitators
        assert tagging.kind in KINDS
        assert tagging.post.created_at < tagging.created_at < demo.clock()
        source = editions.get((tagging.post_id, tagging.post_revision), tagging.post.body)
        if tagging.start is None:
            assert (tagging.end, tagging.quote) == (None, "")
        else:
            passages += 1
            assert source[tagging.start : tagging.end] == tagging.quote != ""
    assert passages > 150


async def test_one_post_was_edited_after_it_was_tagged(demo: Forum) -> None:
    [edition] = await Edition.all()
    post = await Post.get(id=edition.post_id)
    [tagging] = await Tagging.filter(post_id=post.id)
    assert tagging.post_revision == edition.revision < post.revision
    assert tagging.created_at < edition.replaced_at == post.edited_at
    assert tagging.quote in edition.body
    assert tagging.quote not in post.body


async def test_one_post_is_hidden_with_a_reason(demo: Forum) -> None:
    [hiding] = await Hiding.all()
    [post] = await Post.exclude(hidden_at=None)
    assert (hiding.post_id, hiding.created_at) == (post.id, post.hidden_at)
    assert hiding.by_id == (await user("ruth")).id
    assert hiding.reason == "confidential"
    assert hiding.note
    assert await Tagging.filter(post_id=post.id).exists()  # which no summary may count


async def test_the_summary_has_a_cell_of_four_people(demo: Forum) -> None:
    people = await people_behind("HLT-1")
    assert len(people) == 4
    assert len({person["council_id"] for person in people}) >= 3


async def test_the_summary_has_a_cell_of_six_people_from_two_councils(demo: Forum) -> None:
    people = await people_behind("HOU-6")
    assert len(people) == 6
    assert len({person["council_id"] for person in people}) == 2


async def test_one_theme_is_loud_but_narrow(demo: Forum) -> None:
    people = await people_behind("ENV-5")
    posts = sorted((int(person["posts"]) for person in people), reverse=True)
    assert len(posts) == 5
    assert sum(posts[:2]) >= 0.7 * sum(posts)


async def test_most_themes_may_be_shown(demo: Forum) -> None:
    rows = await select("SELECT code FROM theme WHERE parent_id IS NOT NULL")
    behind = [await people_behind(row["code"]) for row in rows]
    enough = [cell for cell in behind if len(cell) >= 5 and len({person["council_id"] for person in cell}) >= 3]
    assert len(enough) >= 45


async def test_names_are_as_long_and_as_foreign_to_ascii_as_people_have_them(demo: Forum) -> None:
    names = await Person.all().values_list("name", flat=True)
    assert max(len(name) for name in names) >= 60
    for letters in ("O'", "ŷ", "Ł", "هناء"):
        assert any(letters in name for name in names), letters


async def test_the_same_seed_gives_the_same_world_on_any_day(demo: Forum) -> None:
    places = await find_places()
    world = compose_world(NOW, 1, places, "hash")
    later = compose_world(NOW + timedelta(days=90, hours=7), 1, places, "hash")
    other = compose_world(NOW, 2, places, "hash")
    assert words_of(world) == words_of(later) != words_of(other)
    assert all(post.created_at < NOW for post in world.posts)
    assert [tagging.id for tagging in world.taggings] == [tagging.id for tagging in later.taggings]


@pytest.mark.parametrize("hour", [0, 4, 9, 23])
async def test_nothing_lies_in_the_future_at_any_hour(demo: Forum, hour: int) -> None:
    now = NOW.replace(hour=hour)
    world = compose_world(now, 1, await find_places(), "hash")
    times = [post.created_at for post in world.posts] + [tagging.created_at for tagging in world.taggings]
    times += [membership.ended_at for membership in world.memberships if membership.ended_at]
    times += [post.edited_at for post in world.posts if post.edited_at]
    assert max(times) < now


async def test_a_world_is_not_built_into_another(demo: Forum) -> None:
    before = await Person.all().count()
    with pytest.raises(Invalid):
        await build_demo(demo)
    assert await Person.all().count() == before


async def test_the_large_world_is_exactly_as_large_as_it_was_asked_for(large_url: str, tmp_path: Path) -> None:
    async with open_forum(settings_for(large_url, tmp_path)):
        assert await Person.all().count() == SMALL_LARGE.people
        assert await Group.all().count() == SMALL_LARGE.groups
        assert await Thread.all().count() == SMALL_LARGE.threads
        assert await Post.all().count() == SMALL_LARGE.posts
        assert await Tagging.all().count() == SMALL_LARGE.taggings
        assert await Thread.filter(posts=SMALL_LARGE.longest).count() == 1
        assert await roles_of("eve") == {"housing": "member"}
        [newest] = await select("SELECT max(created_at) AS at FROM post")
        assert as_time(newest["at"]) < datetime.now(UTC)
