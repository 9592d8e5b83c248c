"""Hard words, empty lists and long ones: pages stay valid and light. And what lists say in few words is right."""

import pytest

from forum import permissions
from forum.actions.posts import hide_post, write_post
from forum.actions.threads import start_thread
from forum.markup import excerpt
from forum.models import Group, Membership, Person, Theme
from forum.models.ids import new_id
from forum.permissions import ROLES_IN_GROUP, audience
from forum.reading import EXCERPT, latest_threads
from forum.web.groups import GROUPS_PER_PAGE, PEOPLE_PER_PAGE, THREADS_PER_PAGE
from forum.web.rendering import initials
from tests.cast import group, new_key, posts_in, thread_in, user
from tests.hard_words import GROUP, LONG, NAMES, PURPOSE, TITLES, build_hard_words
from tests.web.test_pages import check_page

MOST_BYTES = 100_000


async def read(browser, address):
    """The text of a page that is as every page should be."""
    answer = await browser.get(address)
    assert answer.status_code == 200, address
    check_page(answer.text)
    assert len(answer.content) < MOST_BYTES, (address, len(answer.content))
    return answer.text


def shown(words):
    """As it stands in a page."""
    for sign, safe in ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ('"', "&#34;"):
        words = words.replace(sign, safe)
    return words


@pytest.mark.parametrize("name", ["sian", "amina.r", "long"])
async def test_the_hardest_words_stand_on_every_page_whole_and_harmless(forum, signed_in, name):
    await build_hard_words(forum)
    browser = await signed_in(name)
    page = await read(browser, "/")
    assert all(shown(title) in page for title in TITLES)
    assert shown(GROUP) in await read(browser, "/groups")
    page = await read(browser, "/groups/hard-words")
    assert all(shown(words) in page for words in (*TITLES, GROUP, PURPOSE))
    page = await read(browser, "/groups/hard-words/members")
    assert all(f"<bdi>{shown(words)}</bdi>" in page for words in NAMES.values())
    await read(browser, "/groups/hard-words/threads/new")
    for thread in await latest_threads([(await group("hard-words")).id], 10):
        page = await read(browser, f"/threads/{thread.id}")
        assert f">{shown(thread.title)}</h1>" in page
        assert all(f">{shown(words)}<" in page for words in NAMES.values())
        assert f"<b>{LONG}" not in page
    if name == "sian":
        await read(browser, "/groups/quiet-corner")
        long = await Person.get(name=NAMES["long"])
        assert NAMES["long"] in await read(browser, f"/groups/hard-words/members/{long.id}/remove")
        hidden = await posts_in("hard-words")
        await read(browser, f"/posts/{hidden[-1].id}/hide")
        await read(browser, f"/threads/{hidden[0].thread_id}/taggings")


async def test_where_nothing_is_yet_the_pages_say_what_would_be_there(forum, signed_in):
    """Eve leaves her only group, the others are hidden from her, and the codebook is empty."""
    eve, priya, tom = await signed_in("eve"), await signed_in("priya"), await signed_in("tom")
    assert "You are not in a group yet" in await read(priya, "/")
    await eve.act("/groups/housing/leave")
    await Group.all().update(visibility="hidden")
    await Theme.exclude(parent_id=None).delete()
    await Theme.all().delete()
    assert "You are not in a group yet" in await read(eve, "/")
    assert "There are no groups yet" in await read(eve, "/groups")
    assert "No themes yet" in await read(tom, "/codebook")
    await read(tom, "/intelligence")


async def test_a_thousand_people_come_by_the_hundred(forum, signed_in):
    place, now = await group("adult-social-care"), forum.clock()
    names = [name for name in NAMES.values() if len(name) < 40]
    many = [
        Person(id=new_id(), email=f"p{number}@x.example", name=f"{names[number % 4]} {number}", created_at=now)
        for number in range(1000)
    ]
    async with forum.write():
        await Person.bulk_create(many)
        await Membership.bulk_create(
            [Membership(group_id=place.id, person_id=person.id, role="member", created_at=now) for person in many]
        )
    ruth, seen = await signed_in("ruth"), set()
    for number in range(1, 12):
        page = await read(ruth, f"/groups/{place.slug}/members?page={number}")
        assert "1,004 people are in this group" in page
        assert page.count("<bdi>") == (PEOPLE_PER_PAGE if number < 11 else 4)
        assert ('rel="prev"' in page, 'rel="next"' in page) == (number > 1, number < 11)
        seen |= {person.name for person in many if f"<bdi>{shown(person.name)}</bdi>" in page}
    assert len(seen) == 1000
    await read(ruth, f"/groups/{place.slug}")


async def test_two_hundred_groups_come_by_the_fifty(forum, signed_in):
    ruth, tom = await user("ruth"), await signed_in("tom")
    many = [
        Group(id=new_id(), slug=f"g-{n}", name=f"{n:03d} {'Ł' * 116}", purpose="p&" * 500, created_at=forum.clock())
        for n in range(200)
    ]
    async with forum.write():
        await Group.bulk_create(many)
        await Membership.bulk_create(
            [
                Membership(group_id=one.id, person_id=ruth.id, role="facilitator", created_at=forum.clock())
                for one in many
            ]
        )
    for browser in tom, await signed_in("ruth"):
        seen = ""
        for number in range(1, 6):
            page = await read(browser, f"/groups?page={number}")
            assert page.count('<li class="card">') <= GROUPS_PER_PAGE
            seen += page
        assert all(seen.count(f'href="/groups/{one.slug}"') == 1 for one in many)
        await read(browser, "/")
        await read(browser, "/intelligence")
    assert shown(many[0].purpose) in await read(tom, "/groups/g-0")


async def test_a_hundred_threads_come_by_the_thirty(forum, signed_in):
    amina = await user("amina")
    for number in range(100):
        await start_thread(forum, amina, "adult-social-care", f"{number:03d} {'T' * 196}", "w" * 300, False, new_key())
    browser = await signed_in("amina")
    pages = [await read(browser, f"/groups/adult-social-care?page={number}") for number in range(1, 5)]
    assert [page.count('<li class="thread">') for page in pages] == [THREADS_PER_PAGE] * 3 + [11]
    assert pages[0].index(">099 ") < pages[0].index(">098 ") and ">000 " in pages[3]
    await read(browser, "/")


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Amina Rahman", "AR"),
        ("Siân Ap Llŷr", "SL"),
        ("Łukasz Dąbrowski", "ŁD"),
        ("أمينة رحمن", "أر"),
        ("Zoë O’Brien-D'Arcy", "ZO"),
        ("élodie ß", "ÉSS"),
        ("Bethan", "B"),
        ("Owen Owen", "O"),
        ("Ruth (LGA) Ashdown", "RA"),
        ("Ruth Ashdown (LGA)", "RA"),
        ("W" * 120, "W"),
        ("42", "4"),
        (" ", "?"),
    ],
)
def test_initials_stand_for_a_name(name, letters):
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("", ""),
        ("<p>Beds opened.</p>", "Beds opened."),
        ("<p>Beds <strong>Mon</strong>day<br>\nand</p>\n<ul><li>one</li><li>two</li></ul>", "Beds Monday and one two"),
        ("<p>a &lt;b&gt; &amp; c</p>", "a <b> & c"),
        ("<p>twelve beds opened</p>", "twelve beds…"),
        ("<p>twelve bedsandmore</p>", "twelve…"),
        (f"<p>{'w' * 30}</p>", "w" * 13 + "…"),
        ("<p>exactlyfourtee</p>", "exactlyfourtee"),
    ],
)  # fmt: skip
def test_an_excerpt_is_one_line_cut_between_words(html, words):
    most = 14 if "Monday" not in words else 40
    assert excerpt(html, most) == words
    assert len(words) <= most


async def test_who_can_read_is_said_in_the_words_of_the_rule(forum, monkeypatch):
    listed, hidden = await group("finance"), await group("whistleblowing")
    visitors = "and administrators who give a reason that members can see,"
    assert audience(listed) == f"Members, facilitators and observers of Finance, LGA analysts, {visitors}"
    assert audience(hidden) == f"Members, facilitators and observers of Whistleblowing, {visitors}"

    def rule(user, group):
        return user.roles.get(group.id) in ("member", "facilitator") or user.site_role == "administrator"

    monkeypatch.setattr(permissions, "can_read_group", rule)
    assert audience(listed) == "Members and facilitators of Finance, and administrators,"
    monkeypatch.setattr(permissions, "can_read_group", lambda user, group: True)
    everybody = f"LGA analysts, administrators, everyone else who is signed in, {visitors}"
    assert audience(hidden) == f"Members, facilitators and observers of Whistleblowing, {everybody}"
    monkeypatch.setattr(permissions, "can_read_group", lambda user, group: user.roles.get(group.id) in ROLES_IN_GROUP)
    assert audience(hidden) == "Only members, facilitators and observers of Whistleblowing"


async def test_every_page_to_write_on_says_who_can_read_it(signed_in, monkeypatch):
    amina, thread, [post, _] = (
        await signed_in("amina"),
        await thread_in("adult-social-care"),
        await posts_in("adult-social-care"),
    )
    pages = f"/threads/{thread.id}", "/groups/adult-social-care/threads/new", f"/posts/{post.id}/edit"
    words = "of Adult social care, LGA analysts, and administrators who give a reason that members can see, can read"
    for page in pages:
        assert words in await read(amina, page), page


async def test_lists_say_what_was_said_last_and_nothing_that_is_hidden(forum, signed_in):
    amina, ruth, bethan = await user("amina"), await user("ruth"), await user("bethan")
    care, finance = await thread_in("adult-social-care"), await thread_in("finance")
    both = [care.group_id, finance.group_id]
    last = await write_post(forum, amina, care.id, f"Secret **beds** {'and more ' * 40}", False, new_key())
    first, second = await latest_threads(both, 10)
    assert (first.id, second.id) == (care.id, finance.id)
    assert (first.author, first.posts, first.is_hidden) == ("Amina", 3, False)
    assert first.excerpt.startswith("Secret beds and more") and len(first.excerpt) <= EXCERPT
    assert [thread.id for thread in await latest_threads(both, 1, 1)] == [finance.id]
    assert await latest_threads([], 10) == []

    await hide_post(forum, ruth, last, "personal", "", new_key())
    await write_post(forum, bethan, finance.id, "Reserves", False, new_key())
    first, second = await latest_threads(both, 10)
    assert (first.id, first.excerpt) == (finance.id, "Reserves")
    assert (second.id, second.is_hidden, second.excerpt) == (care.id, True, "")
    for name in "amina", "ruth", "tom":
        browser = await signed_in(name)
        for page in "/", "/groups/adult-social-care":
            text = await read(browser, page)
            assert "A facilitator hid the last post." in text
            assert "Secret" not in text
