"""The framework: counts of all cells protected together, and what staff write into them."""

import html5lib

from forum.actions.groups import add_member
from forum.models import MatrixCell, Theme
from tests import cast
from tests.intelligence.worlds import councillors, say
from tests.web.test_intelligence import words_of

CELL = "/intelligence/matrix/groups/finance/FIN"


def cells(text: str, row: str) -> dict[str, str]:
    """What the cells of a row say, by the code of the theme, without links and labels."""
    page = html5lib.parse(text, namespaceHTMLElements=False)
    [found] = [it for it in page.iter("tr") if it.find("th") is not None and row in "".join(it.find("th").itertext())]
    return {
        cell.get("data-theme"): " ".join(
            " ".join("".join(part.itertext()).split()) for part in cell.findall("p") if part.get("class") != "label"
        )
        for cell in found.findall("td")
    }


async def test_groups_stand_by_themes_with_their_counts(signed_in):
    people = await councillors(9, 3)
    for person in people:
        await say(person, "finance", "FIN-1")
        await say(person, "housing", "FIN-2")
    for person in people[:6]:
        await say(person, "adult-social-care", "HOU-1")
    tom = await signed_in("tom")
    text = (await tom.get("/intelligence/matrix")).text
    assert cells(text, "Finance") == {"FIN": "9 posts, 9 people, 3 councils", "HOU": "0"}
    assert cells(text, "All groups") == {
        "FIN": "18 posts, 9 people, 3 councils",
        "HOU": "6 posts, 6 people, 3 councils",
    }
    assert "histleblowing" not in text
    sam = (await (await signed_in("sam")).get("/intelligence/matrix")).text
    assert cells(sam, "All groups") == {"FIN": "9 posts, 9 people, 3 councils"}
    assert "Finance" not in sam


async def test_what_is_hidden_cannot_be_taken_from_the_total(signed_in):
    people = await councillors(9, 3)
    for person in people:
        await say(person, "finance", "FIN-1")
    for person in people[:2]:
        await say(person, "housing", "FIN-1")
    text = (await (await signed_in("tom")).get("/intelligence/matrix")).text
    assert cells(text, "Housing")["FIN"] == "[c]"
    assert "[c]" in (cells(text, "Finance")["FIN"], cells(text, "All groups")["FIN"])


async def test_a_chosen_group_shows_its_discussions(signed_in):
    for person in await councillors(6, 3):
        await say(person, "finance", "FIN-1")
    thread = await cast.thread_in("finance")
    tom = await signed_in("tom")
    text = (await tom.get("/intelligence/matrix?group=finance")).text
    assert cells(text, thread.title)["FIN"] == "6 posts, 6 people, 3 councils"
    assert f"/intelligence/matrix/threads/{thread.id}/FIN" in text
    assert (await tom.get("/intelligence/matrix?group=whistleblowing")).status_code == 422


async def test_ruth_writes_two_sentences_and_changes_them(signed_in):
    for person in await councillors(6, 3):
        await say(person, "finance", "FIN-1")
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    answer = await ruth.act(CELL, words="  Reserves run low.\r\nNobody sees a way out. ", seen=0)
    assert answer.status_code == 303
    assert cells((await tom.get("/intelligence/matrix")).text, "Finance")["FIN"].endswith(
        "Reserves run low. Nobody sees a way out."
    )
    [first] = await MatrixCell.all()
    assert "Written by Ruth" in (await tom.get(CELL)).text
    assert (await tom.act(CELL, words="Reserves are gone.", seen=first.id)).status_code == 303
    [second] = await MatrixCell.all()
    assert second.words == "Reserves are gone."
    thread = await cast.thread_in("finance")
    await ruth.act(f"/intelligence/matrix/threads/{thread.id}/FIN", words="Here it began.", seen=0)
    assert cells((await tom.get("/intelligence/matrix?group=finance")).text, thread.title)["FIN"].endswith("it began.")
    assert "it began" not in (await tom.get("/intelligence/matrix")).text
    assert (await ruth.act(CELL, words="", seen=second.id)).status_code == 303
    assert await MatrixCell.filter(thread_id=None).count() == 0


async def test_nobody_overwrites_what_they_have_not_read(signed_in):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    await ruth.act(CELL, words="Hers.", seen=0)
    answer = await tom.act(CELL, words="His.", seen=0)
    assert answer.status_code == 422
    words = words_of(answer.text)
    assert "Somebody has written here since you opened this" in words
    assert "Hers." in words and "His." in words
    [cell] = await MatrixCell.all()
    assert cell.words == "Hers."
    assert f'name="seen" value="{cell.id}"' in answer.text
    assert (await tom.act(CELL, words="His.", seen=cell.id)).status_code == 303


async def test_a_form_sent_twice_counts_once(signed_in):
    ruth, key = await signed_in("ruth"), cast.new_key()
    for _ in range(2):
        assert (await ruth.send_form(CELL, words="Once.", seen=0, key=key)).status_code == 303
    assert await MatrixCell.all().count() == 1
    assert (await ruth.send_form(CELL, words="Once.", seen=0, key="short")).status_code == 422


async def test_what_cannot_be_kept_is_said_and_stays_to_be_mended(signed_in):
    ruth = await signed_in("ruth")
    for words, said in (("x" * 401, "at most 400 characters"), ("a\0b", "cannot be stored")):
        answer = await ruth.act(CELL, words=words, seen=0)
        assert answer.status_code == 422
        assert said in answer.text
    assert "x" * 401 in (await ruth.act(CELL, words="x" * 401, seen=0)).text
    assert await MatrixCell.all().count() == 0


async def test_who_may_not_write_there_does_not(signed_in):
    thread = await cast.thread_in("finance")
    hidden = "/intelligence/matrix/groups/whistleblowing/FIN"
    in_thread = f"/intelligence/matrix/threads/{thread.id}/FIN"
    for name, address, status in (
        ("bethan", CELL, 403),
        ("bethan", in_thread, 403),
        ("bethan", "/intelligence/matrix", 403),
        ("eve", "/intelligence/matrix/groups/beekeeping/FIN", 403),
        ("sam", CELL, 404),
        ("sam", in_thread, 404),
        ("tom", hidden, 404),
        ("tom", "/intelligence/matrix/groups/finance/FIN-1", 404),
        ("tom", "/intelligence/matrix/groups/finance/NO", 404),
        ("tom", CELL, 200),
        ("ruth", hidden, 200),
    ):
        browser = await signed_in(name)
        assert (await browser.get(address)).status_code == status, (name, address)
        if not address.endswith("matrix"):
            answer = await browser.act(address, words="x", seen=0)
            assert answer.status_code == (303 if status == 200 else status), (name, address)
    assert await MatrixCell.all().count() == 2
    assert (await Theme.get(code="FIN")).id in [cell.theme_id for cell in await MatrixCell.all()]


async def test_a_facilitator_of_another_group_reads_here_and_writes_nothing(signed_in, forum):
    await add_member(forum, "finance", "sam@demo.example", "member")
    sam, thread = await signed_in("sam"), await cast.thread_in("finance")
    for address in (CELL, f"/intelligence/matrix/threads/{thread.id}/FIN"):
        assert (await sam.get(address)).status_code == 403
        assert (await sam.act(address, words="x", seen=0)).status_code == 403
    assert "Finance" not in (await sam.get("/intelligence/matrix")).text
    assert await MatrixCell.all().count() == 0
