"""A theme's page: its figures protected together, its posts for those who may read them."""

from datetime import UTC, datetime

import html5lib

from forum.models import Commitment, Council, Post, Quote, SampledPost, SecondReading, Theme
from tests import cast
from tests.intelligence.worlds import councillors, say
from tests.web.test_intelligence import links_of, words_of

MARCH, APRIL, JUNE = (datetime(2026, month, 5, tzinfo=UTC) for month in (3, 4, 6))


def table_of(text: str, caption: str) -> dict[str, list[str]]:
    """The rows of the table with this caption, by their headers."""
    page = html5lib.parse(text, namespaceHTMLElements=False)
    [table] = [table for table in page.iter("table") if "".join(table.find("caption").itertext()).strip() == caption]
    return {
        "".join(row.find("th").itertext()).strip(): [
            cell.text for cell in row.findall("td") if cell.get("class") != "bar"
        ]
        for row in table.find("tbody").iter("tr")
    }


async def test_who_neither_analyses_nor_facilitates_learns_of_no_theme(signed_in):
    for name in ("amina", "olu", "priya", "eve"):
        browser = await signed_in(name)
        known, unknown = [await browser.get(f"/intelligence/themes/{code}") for code in ("FIN", "NO-1")]
        assert known.status_code == unknown.status_code == 403
        assert known.text == unknown.text


async def test_a_theme_that_is_not_in_use_has_no_page(signed_in):
    await Theme.filter(code="FIN-2").update(status="merged")
    tom = await signed_in("tom")
    for code in ("FIN-2", "NO", "%00", "FIN%20"):
        assert (await tom.get(f"/intelligence/themes/{code}")).status_code == 404
    assert (await tom.get("/intelligence/themes/FIN?page=2")).status_code == 404
    assert (await tom.get("/intelligence/themes/FIN?region=Mars")).status_code == 422


async def test_a_theme_is_told_by_month_and_place_and_with_its_companions(signed_in):
    people = await councillors(12, 6)
    for person in people:
        await say(person, "finance", "FIN-1", "HOU-1", at=APRIL)
    for person in people[:2]:
        await say(person, "finance", "FIN-1", at=JUNE)
    for person in people[:3]:
        await say(person, "finance", "FIN-1", at=MARCH)
    for person in people[:6]:
        await say(person, "finance", "FIN-2", at=JUNE)
    tom = await signed_in("tom")
    text = (await tom.get("/intelligence/themes/FIN?group=finance&from=2026-04&to=2026-06")).text
    months = table_of(text, "People, posts and councils each month")
    assert months["May 2026"] == ["0", "0", "0"]
    assert list(months) == ["April 2026", "May 2026", "June 2026"]
    assert table_of(text, "Posts that carry both themes")["HOU Housing and homelessness"] == ["12", "12", "6"]
    words = words_of(text)
    assert "12 people from 6 councils raised it, in 20 posts and 1 discussion." in words
    child = (await tom.get("/intelligence/themes/FIN-1?group=finance")).text
    months = table_of(child, "People, posts and councils each month")
    assert months["March 2026"] == months["June 2026"] == ["[c]"] * 3
    assert months["April 2026"] == ["12", "12", "6"]
    drawing = child.partition('<div class="trend">')[2].partition("</svg>")[0]
    assert drawing.count("<rect") == sum(row[1] not in ("0", "[c]") for row in months.values())
    assert drawing.count(">[c]<") == sum(row[1] == "[c]" for row in months.values())
    assert "Not heard" in words_of(child) or "heard from each region" in words_of(child)
    assert links_of(child)["FIN Money and sustainability"] == "/intelligence/themes/FIN?group=finance"


async def test_region_and_type_are_never_crossed(signed_in):
    for person in await councillors(12, 6):
        await say(person, "finance", "FIN-1")
    tom = await signed_in("tom")
    assert "By region" in (await tom.get("/intelligence/themes/FIN")).text
    council = await Council.first()
    for query in ({"region": council.region}, {"council_type": council.type}):
        text = (await tom.get("/intelligence/themes/FIN", params=query)).text
        assert "By region" not in text and "By council type" not in text
    assert (
        await tom.get("/intelligence/themes/FIN", params={"region": council.region, "council_type": council.type})
    ).status_code == 422


async def test_a_theme_that_few_raised_tells_no_more_than_that(signed_in):
    for person in await councillors(4, 4):
        await say(person, "finance", "FIN-1", "HOU-1")
    text = (await (await signed_in("tom")).get("/intelligence/themes/FIN-1")).text
    words = words_of(text)
    assert "Too few people or councils raised this theme to say more about it." in words
    assert "Month by month" not in words and "Where it was heard" not in words
    assert "The posts behind it" in words  # he may read those


async def test_posts_behind_it_are_those_one_may_read(signed_in):
    for person in await councillors(5, 3):
        await say(person, "finance", "FIN-1")
        await say(person, "whistleblowing", "FIN-1")
    gone = await say((await councillors(1, 1))[0], "finance", "FIN-1", hidden=True)
    for name, groups in (("tom", {"Finance"}), ("ruth", {"Finance", "Whistleblowing"}), ("sam", set())):
        text = (await (await signed_in(name)).get("/intelligence/themes/FIN")).text
        page = html5lib.parse(text, namespaceHTMLElements=False)
        items = [item for list in page.iter("ul") if list.get("class") == "behind" for item in list]
        assert {"".join(item[-1].itertext()).split(" · ")[0].strip() for item in items} == groups
        assert len(items) == 5 * len(groups)
        assert f"post-{gone.id}" not in text
        assert "Councillor" not in "".join("".join(item.itertext()) for item in items)


async def test_posts_come_a_page_at_a_time(signed_in):
    for person in await councillors(23, 3):
        await say(person, "finance", "FIN-1")
    tom = await signed_in("tom")
    first, second = [(await tom.get(f"/intelligence/themes/FIN-1{query}")).text for query in ("", "?page=2")]
    assert (first.count("#post-"), second.count("#post-")) == (20, 3)
    assert links_of(first)["Older"] == "/intelligence/themes/FIN-1?page=2#behind"
    assert links_of(second)["Newer"] == "/intelligence/themes/FIN-1#behind"
    assert (await tom.get("/intelligence/themes/FIN-1?page=3")).status_code == 404


async def test_what_is_done_about_it_stands_there(signed_in, forum):
    nadia, child = await cast.user("nadia"), await Theme.get(code="FIN-1")
    await Commitment.create(
        theme_id=child.id,
        words="We ask for longer settlements.",
        owner="Finance team",
        state="under-way",
        created_at=forum.clock(),
        created_by_id=nadia.id,
    )
    tom = await signed_in("tom")
    for code in ("FIN", "FIN-1"):
        assert "Under way : We ask for longer settlements. FIN-1 · Finance team" in words_of(
            (await tom.get(f"/intelligence/themes/{code}")).text
        ).replace("way:", "way :")
    assert "settlements." not in (await tom.get("/intelligence/themes/CARE")).text


async def test_approved_quotes_stand_there_in_their_redacted_form(signed_in, forum):
    nadia, theme = await cast.user("nadia"), await Theme.get(code="FIN-1")
    for slug, words in (("finance", "We in [a town] cope."), ("whistleblowing", "Nobody [name] listens.")):
        post = await say((await councillors(1, 1))[0], slug, "FIN-1")
        await Post.filter(id=post.id).update(quotable=True)
        await Quote.create(
            post_id=post.id,
            post_revision=post.revision,
            theme_id=theme.id,
            start=0,
            end=5,
            redacted=words,
            approved_by_id=nadia.id,
            approved_at=forum.clock(),
        )
    tom, ruth = await signed_in("tom"), await signed_in("ruth")
    text = (await tom.get("/intelligence/themes/FIN")).text
    assert "We in [a town] cope." in text and "listens" not in text
    assert "listens" in (await ruth.get("/intelligence/themes/FIN-1")).text
    assert "[a town]" not in (await tom.get("/intelligence/themes/FIN?group=housing")).text
    await Quote.all().update(withdrawn_at=forum.clock())
    assert "[a town]" not in (await tom.get("/intelligence/themes/FIN")).text


async def test_a_second_reader_does_not_see_which_theme_others_found(signed_in, forum):
    tom, nadia, group = await cast.user("tom"), await cast.user("nadia"), await cast.group("finance")
    posts = [await say(person, "finance", "FIN-1") for person in await councillors(2, 2)]
    reading = await SecondReading.create(group_id=group.id, by_id=nadia.id, reader_id=tom.id, created_at=forum.clock())
    await SampledPost.create(second_reading_id=reading.id, post_id=posts[0].id, number=1)
    text = (await (await signed_in("tom")).get("/intelligence/themes/FIN-1")).text
    assert f"post-{posts[0].id}" not in text and f"post-{posts[1].id}" in text
    assert f"post-{posts[0].id}" in (await (await signed_in("nadia")).get("/intelligence/themes/FIN-1")).text
