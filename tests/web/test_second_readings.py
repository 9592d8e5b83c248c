"""Second readings: drawn at random, read blind, compared when they are done, and never counted in a summary."""

import re

import pytest

from forum.models import NoTheme, Post, SampledPost, SecondReading, SecondTheme, Tagging, Theme
from tests.cast import EVERYONE, new_key, posts_in, thread_in, user


@pytest.fixture
async def posts(signed_in):
    """Eight posts in adult-social-care, all but the last answered for by Ruth: themes CARE-1 to CARE-3 in turn, and the
    seventh has none."""
    amina, ruth = await signed_in("amina"), await signed_in("ruth")
    thread = await thread_in("adult-social-care")
    for number in range(3, 9):
        await amina.write(thread.id, f"Words of post {number}")
    posts = await posts_in("adult-social-care")
    for number, post in enumerate(posts[:6]):
        await ruth.act(
            f"/posts/{post.id}/taggings", theme=f"CARE-{number % 3 + 1}", kind="issue", revision=post.revision
        )
    await ruth.act(f"/posts/{posts[6].id}/no-theme", revision=posts[6].revision)
    return posts


async def draw(browser, reader="tom", size=7, group="adult-social-care", **fields):
    reader_id = (await user(reader)).id if reader in EVERYONE else reader
    return await browser.act("/second-readings", group=group, size=size, reader=reader_id, **fields)


async def read(browser, reading, themes):
    """Answer for each post of the sample in turn, with the codes that `themes` has for it."""
    for _ in range(await SampledPost.filter(second_reading_id=reading.id).count()):
        page = (await browser.get(f"/second-readings/{reading.id}/next")).text
        number = int(re.search('name="number" value="([0-9]+)"', page)[1])
        sampled = await SampledPost.get(second_reading_id=reading.id, number=number)
        codes = themes.get(sampled.post_id, [])
        answer = {"theme": codes} if codes else {"none": "yes"}
        sent = await browser.act(f"/second-readings/{reading.id}/answers", number=number, **answer)
        assert sent.status_code == 303, sent.text


async def test_the_sample_is_of_posts_that_somebody_else_answered_for(signed_in, posts):
    tom = await signed_in("tom")
    await tom.act(f"/posts/{posts[0].id}/taggings", theme="FIN", kind="issue", revision=posts[0].revision)
    ruth = await signed_in("ruth")
    await ruth.act(f"/posts/{posts[1].id}/hide", reason="personal", note="")
    answer = await draw(ruth, size=200)
    reading = await SecondReading.get()
    assert answer.headers["location"] == f"/second-readings/{reading.id}"
    sample = await SampledPost.filter(second_reading_id=reading.id).order_by("number")
    assert {one.post_id for one in sample} == {post.id for post in posts[2:7]}
    assert [one.number for one in sample] == [1, 2, 3, 4, 5]
    care = await Theme.get(code="CARE-3")
    frozen = {one.post_id: one.first_themes for one in sample}
    assert (frozen[posts[2].id], frozen[posts[6].id]) == (f"[{care.id}]", "[]")
    again = await draw(ruth, size=200)
    assert again.status_code == 422 and "No post of this group is left for Tom" in again.text
    assert (await draw(ruth, reader="nadia", size=200)).status_code == 303  # Nadia has read nothing yet
    await tom.act(f"/posts/{posts[7].id}/taggings", theme="FIN", kind="issue", revision=posts[7].revision)
    assert (await draw(ruth, reader="ruth", size=200)).status_code == 303
    mine = await SampledPost.filter(second_reading__reader_id=(await user("ruth")).id)
    assert [one.post_id for one in mine] == [posts[7].id]  # not what she has answered for herself


async def test_a_sample_is_random(signed_in, posts):
    ruth = await signed_in("ruth")
    drawn = set()
    for reader in ("tom", "nadia"):
        for _ in range(3):
            await draw(ruth, reader=reader, size=7)
            sample = SampledPost.all().order_by("number")
            drawn.add(tuple(await sample.values_list("post_id", flat=True)))
            await SecondReading.all().delete()
    assert len(drawn) > 1  # of 5,040 orders, six times the same


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"group": ""}, "group"),
        ({"group": "housing"}, "group"),
        ({"group": "nowhere"}, "group"),
        ({"size": ""}, "size"),
        ({"size": "0"}, "size"),
        ({"size": "201"}, "size"),
        ({"size": "many"}, "size"),
        ({"reader": ""}, "reader"),
        ({"reader": "1"}, "reader"),
        ({"reader": "sam"}, "reader"),
        ({"reader": "amina"}, "reader"),
        ({"reader": "priya"}, "reader"),
        ({"key": "short"}, "key"),
    ],
)
async def test_what_cannot_be_drawn_is_said_in_words(signed_in, posts, fields, problem):
    ruth = await signed_in("ruth")
    answer = await draw(ruth, **fields)
    assert answer.status_code == 422 and "There is a problem" in answer.text
    assert problem == "key" or f'href="#{problem}"' in answer.text
    assert not await SecondReading.exists()


async def test_drawn_twice_with_one_key_is_one_reading(signed_in, posts):
    ruth, key = await signed_in("ruth"), new_key()
    first, second = [await draw(ruth, key=key) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert await SecondReading.all().count() == 1


async def test_the_reader_is_blind_until_the_last_answer(signed_in, posts):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    await tom.act(f"/posts/{posts[7].id}/taggings", theme="FIN", kind="issue", revision=posts[7].revision)
    await ruth.act(f"/threads/{posts[0].thread_id}/memos", memo="All of it is CARE-1")
    tagging = await Tagging.get(post_id=posts[0].id)
    await draw(ruth)
    reading = await SecondReading.get()
    panel = f"/threads/{posts[0].thread_id}/taggings"

    async def seen(browser):
        """What the panel tells of CARE-1 to CARE-3, page by page, and as a list."""
        pages = [(await browser.get(f"{panel}?post={post.id}")).text for post in posts[:7]]
        themes = [set(re.findall("<strong>(CARE-[0-9])|Post [0-9]</a> (CARE-[0-9])", page)) for page in pages]
        listed = (await browser.get(panel, headers={"accept": "application/json"})).json()
        memos = sum("All of it is CARE-1" in page for page in pages)
        none = sum("<strong>No theme fits" in page for page in pages)
        return sum(map(bool, themes)), len(listed), memos, none

    assert await seen(tom) == (0, 1, 0, 0)
    assert await seen(ruth) == (7, 7, 7, 1)
    page = (await tom.get(f"{panel}?post={posts[0].id}")).text
    assert "You read this post for the second time" in page
    assert "Used here last" in page and 'value="CARE-1">CARE-1' not in page
    assert (await tom.act(f"/taggings/{tagging.id}/memos", memo="Hm")).status_code == 404
    shown = (await tom.get(f"/second-readings/{reading.id}/next")).text
    first = await SampledPost.get(number=1).select_related("post")
    assert first.post.html in shown and "checked" not in shown
    await tom.act(f"/second-readings/{reading.id}/answers", number=1, theme=["CARE-1"])
    assert (await seen(tom))[0] == 0
    assert "How far they agree" not in (await ruth.get(f"/second-readings/{reading.id}")).text
    for number in range(2, 8):
        await tom.act(f"/second-readings/{reading.id}/answers", number=number, theme=["CARE-1"])
    assert await seen(tom) == (7, 7, 7, 1)
    assert "How far they agree" in (await ruth.get(f"/second-readings/{reading.id}")).text


async def test_agreement_is_as_counted_by_hand(signed_in, posts):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    await draw(ruth)
    reading = await SecondReading.get()
    themes = {post.id: [f"CARE-{number % 3 + 1}"] for number, post in enumerate(posts[:6])}
    themes[posts[0].id] = ["CARE-1", "FIN"]
    themes[posts[1].id] = ["CARE-1"]  # Ruth: CARE-2
    await read(tom, reading, themes)
    page = " ".join((await ruth.get(f"/second-readings/{reading.id}")).text.split())
    overall = [re.findall(r"<td[^>]*>(.*?)</td>", row)[0] for row in re.findall('<th scope="row"(.*?)</tr>', page)[:2]]
    assert overall == ["5 of 7, 71%", "25 of 28, 89%"]
    by_code = dict(re.findall(r'<span class="code">([A-Z0-9-]+)</span> [^<]*</th>(.*?)</tr>', page))
    cells = {code: re.findall(r"<td[^>]*>(.*?)</td>", row) for code, row in by_code.items()}
    # CARE-1: Ruth on 2 posts, Tom on 3, both on 2; kappa = (6/7 - 26/49) / (1 - 26/49) = 16/23
    assert cells["CARE-1"][:3] == ["2, 3, 2", "6 of 7, 86%", "0.70"]
    assert cells["CARE-2"][:2] == ["2, 1, 1", "6 of 7, 86%"]
    assert cells["CARE-3"][:4] == ["2, 2, 2", "7 of 7, 100%", "1.00", "1.00"]
    assert cells["FIN"][:3] == ["0, 1, 0", "6 of 7, 86%", "0.00"]
    apart = page[page.index('id="apart"') :]
    assert "2 of 7 posts." in apart and apart.count('<article class="card apart">') == 2
    assert apart.count(f"post={posts[0].id}") == 1 and apart.count(f"post={posts[1].id}") == 1


async def test_nothing_of_it_counts_in_a_summary(signed_in, posts):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    figures = (await tom.get("/intelligence.csv")).text
    await draw(ruth)
    reading = await SecondReading.get()
    await read(tom, reading, {post.id: ["FIN", "CARE-1"] for post in posts})
    assert (await tom.get("/intelligence.csv")).text == figures
    assert await SecondTheme.all().count() == 14
    assert not await Tagging.filter(by_id=(await user("tom")).id).exists() and await NoTheme.all().count() == 1


async def test_an_answer_is_needed_and_can_be_changed_until_the_end(signed_in, posts):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    await draw(ruth, size=2)
    reading = await SecondReading.get()
    address = f"/second-readings/{reading.id}/answers"
    for fields in (
        {"number": 1},
        {"number": 1, "theme": ["CARE-1"], "none": "yes"},
        {"number": 1, "theme": ["NO-1"]},
        {"number": 1, "theme": ["\0"]},
        {"number": 1, "theme": ["x" * 5000]},
    ):
        answer = await tom.act(address, **fields)
        assert answer.status_code == 422 and 'href="#theme"' in answer.text, fields
    assert (await tom.act(address, number=1, theme=["CARE-1"], key="short")).status_code == 422
    for nowhere in "3", "x", "9" * 16, "":
        assert (await tom.act(address, number=nowhere, theme=["CARE-1"])).status_code in (404, 422)
    assert not await SecondTheme.exists()
    done = (await tom.act(address, number=1, theme=["CARE-1", "CARE-2"])).headers["location"]
    page = (await tom.get(done)).text
    assert "Post 1 is saved." in page and "Read post 2 of 2" in page
    page = (await tom.get(f"/second-readings/{reading.id}/next?number=1")).text
    assert len(re.findall('value="CARE-[12]" checked', page)) == 2
    await tom.act(address, number=1, none="yes")
    assert not await SecondTheme.exists()
    last = await tom.act(address, number=2, theme=["FIN"])
    assert (await tom.get(last.headers["location"])).headers["location"] == f"/second-readings/{reading.id}"
    late = await tom.act(address, number=1, theme=["FIN"])
    assert await SecondTheme.all().count() == 1 and late.status_code == 303  # to what came out: it is done


async def test_a_post_that_is_hidden_meanwhile_is_passed_over(signed_in, posts):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    await draw(ruth, size=3)
    reading = await SecondReading.get()
    sample = await SampledPost.all().order_by("number")
    await ruth.act(f"/posts/{sample[0].post_id}/hide", reason="personal", note="")
    assert (await tom.act(f"/second-readings/{reading.id}/answers", number=1, none="yes")).status_code in (404, 422)
    assert "Read post 2 of 3" in (await tom.get(f"/second-readings/{reading.id}/next")).text
    for number in 2, 3:
        await tom.act(f"/second-readings/{reading.id}/answers", number=number, theme=["FIN"])
    await ruth.act(f"/posts/{sample[1].post_id}/hide", reason="personal", note="")
    words = (await Post.get(id=sample[1].post_id)).body
    mine, toms = [(await browser.get(f"/second-readings/{reading.id}")).text for browser in (ruth, tom)]
    assert "2 of 2 posts" in mine and words in mine
    assert "A facilitator hid this post." in toms and words not in toms


async def test_what_changes_in_the_codebook_is_no_disagreement(signed_in, posts):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    await draw(ruth)
    reading = await SecondReading.get()
    themes = {post.id: [f"CARE-{number % 3 + 1}"] for number, post in enumerate(posts[:6])}
    care = {theme.code: theme for theme in await Theme.filter(code__startswith="CARE-")}
    await Theme.filter(code="CARE-1").update(status="merged", merged_into_id=care["CARE-2"].id)
    await Theme.filter(code="CARE-3").update(code="CARE-33")
    swapped = {"CARE-1": "CARE-2", "CARE-2": "CARE-2", "CARE-3": "CARE-33"}
    await read(tom, reading, {post: [swapped[code] for code in codes] for post, codes in themes.items()})
    page = (await ruth.get(f"/second-readings/{reading.id}")).text
    assert "7 of 7, 100%" in page and "Nowhere: both found the same themes" in page
    assert "CARE-1<" not in page and "CARE-33<" in page


async def test_a_reading_is_given_up_by_its_reader_or_who_drew_it(signed_in, posts):
    ruth, tom, nadia = [await signed_in(name) for name in ("ruth", "tom", "nadia")]
    for browser in ruth, tom:
        await draw(ruth, size=2)
        reading = await SecondReading.get()
        await tom.act(f"/second-readings/{reading.id}/answers", number=1, theme=["FIN"])
        address, key = f"/second-readings/{reading.id}/stop", new_key()
        assert (await nadia.act(address)).status_code == 403
        for _ in range(2):
            assert (await browser.send_form(address, key=key)).headers["location"] == "/second-readings"
        assert not await SecondReading.exists() and not await SecondTheme.exists()
    await draw(ruth, size=1)
    reading = await SecondReading.get()
    await tom.act(f"/second-readings/{reading.id}/answers", number=1, theme=["FIN"])
    assert (await tom.act(f"/second-readings/{reading.id}/stop")).status_code == 422
    assert await SecondReading.exists()


async def test_only_its_reader_reads_and_only_staff_of_the_group_sees(signed_in, without_chance, posts):
    ruth, nadia, sam = [await signed_in(name) for name in ("ruth", "nadia", "sam")]
    await draw(ruth)
    reading = await SecondReading.get()
    pages = [f"/second-readings/{reading.id}", f"/second-readings/{reading.id}/next"]
    assert [(await nadia.get(page)).status_code for page in pages] == [200, 403]
    assert (await nadia.act(f"/second-readings/{reading.id}/answers", number=1, theme=["FIN"])).status_code == 403
    for page in pages:
        theirs, nothing = [
            without_chance(await sam.get(address)) for address in (page, page.replace(str(reading.id), "1"))
        ]
        assert theirs == nothing and theirs.startswith("404")
    assert "Adult social care" not in (await sam.get("/second-readings")).text
    for act in "answers", "stop":
        assert (await sam.act(f"/second-readings/{reading.id}/{act}", number=1, none="yes")).status_code == 404
    assert await SecondReading.exists()


@pytest.mark.parametrize("name", [name for name in EVERYONE if name not in ("ruth", "sam", "tom", "nadia")])
async def test_nobody_else_learns_of_second_readings(signed_in, without_chance, posts, name):
    ruth, browser = await signed_in("ruth"), await signed_in(name)
    await draw(ruth)
    reading = await SecondReading.get()
    assert (await browser.get("/second-readings")).status_code == 403
    for address in f"/second-readings/{reading.id}", f"/second-readings/{reading.id}/next":
        there, nowhere = [
            without_chance(await browser.get(page)) for page in (address, address.replace(str(reading.id), "1"))
        ]
        assert there == nowhere and there.startswith("403")
    assert (await browser.act("/second-readings", group="adult-social-care")).status_code == 403
    assert (await browser.act(f"/second-readings/{reading.id}/answers", number=1, none="yes")).status_code == 403


async def test_a_hidden_group_and_its_people_are_in_no_list_of_an_analysts(signed_in):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    [post, _] = await posts_in("whistleblowing")
    await ruth.act(f"/posts/{post.id}/taggings", theme="FIN", kind="issue", revision=post.revision)
    page = (await tom.get("/second-readings")).text
    assert "histleblowing" not in page
    assert (await draw(tom, group="whistleblowing", reader="tom")).status_code == 422
    assert (await draw(ruth, group="whistleblowing", reader="tom")).status_code == 422  # he may not read there
    listed = (await ruth.get("/second-readings")).text
    assert "Whistleblowing" in listed and "Ruth (you), facilitator" in listed and "Sam" not in listed


async def test_disagreements_come_a_page_at_a_time(forum, signed_in):
    amina, ruth, tom = [await signed_in(name) for name in ("amina", "ruth", "tom")]
    thread = await thread_in("adult-social-care")
    for number in range(23):
        post = await Post.get(id=await amina.write(thread.id, f"{number} " + "words " * 400))
        await ruth.act(f"/posts/{post.id}/taggings", theme="CARE-1", kind="issue", revision=post.revision)
    await draw(ruth, size=50)
    reading = await SecondReading.get()
    await read(tom, reading, {})
    first, second = [(await ruth.get(f"/second-readings/{reading.id}?page={page}")).text for page in (1, 2)]
    assert [page.count('<article class="card apart">') for page in (first, second)] == [20, 3]
    assert len(first) < 100_000
    for nowhere in "3", "9" * 15:
        assert (await ruth.get(f"/second-readings/{reading.id}?page={nowhere}")).status_code == 404
