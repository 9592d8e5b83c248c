"""The codebook's pages: read by staff, changed by analysts, with what it needs and how it came to be."""

import csv
import io
import json
import re

import html5lib
import pytest

from forum.actions.codebook import change_status, propose_theme
from forum.actions.codebook_merging import merge_theme
from forum.models import AuditRow, CodebookRevision, Theme
from tests.cast import EVERYONE, new_key, user
from tests.conftest import SITE
from tests.intelligence.worlds import councillors, say
from tests.web.test_pages import check_page

STAFF = ("ruth", "sam", "tom", "nadia")


async def theme(code):
    return await Theme.get(code=code)


async def values_of(browser, address):
    """The fields of the page's form as a browser would send them back."""
    page = html5lib.parse((await browser.get(address)).text, namespaceHTMLElements=False)
    form = page.find(".//main").find(".//form")
    values = {it.get("name"): it.get("value", "") for it in form.iter("input")}
    values |= {it.get("name"): it.text or "" for it in form.iter("textarea")}
    for select in form.iter("select"):
        values[select.get("name")] = next((it.get("value") for it in select if "selected" in it.attrib), "")
    return values


async def upload(browser, content=None, **fields):
    files = {"file": ("codebook.csv", content if content is not None else b"", "text/csv")}
    return await browser.post(
        "/codebook/import", data={"key": new_key(), **fields}, files=files, headers={"origin": SITE}
    )


# Reading


async def test_the_codebook_is_a_page_and_a_table(signed_in):
    ruth = await signed_in("ruth")
    page = await ruth.get("/codebook")
    assert page.text.count("<h2 ") == 12 and page.text.count("<h3 ") == 60
    assert 'id="CARE-1"' in page.text and "Version 1," in page.text
    table = await ruth.get("/codebook.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    [header, *rows] = csv.reader(io.StringIO(table.content.decode(), newline=""))
    assert header == [
        "code", "parent", "name", "definition", "include", "exclude", "example", "guid", "aliases", "colour", "status",
    ]  # fmt: skip
    assert len(rows) == 72 and [row[:2] for row in rows].count(["CARE-3", "CARE"]) == 1
    qdc = await ruth.get("/codebook.qdc")
    assert qdc.status_code == 200 and qdc.content.count(b"<Code ") == 72
    assert qdc.headers["content-disposition"] == 'attachment; filename="codebook.qdc"'
    exports = AuditRow.filter(act="export_codebook", actor_id=(await user("ruth")).id)
    assert [json.loads(row.details)["format"] for row in await exports.order_by("number")] == ["csv", "qdc"]


@pytest.mark.parametrize("name", EVERYONE)
async def test_who_may_open_which_page_of_the_codebook(signed_in, name):
    browser, it = await signed_in(name), await theme("CARE-1")
    staff, analyst = name in STAFF, name in ("tom", "nadia")
    pages = {
        "/codebook": staff,
        "/codebook.csv": staff,
        "/codebook.qdc": staff,
        "/codebook/history": staff,
        "/codebook/propose": staff,
    }
    pages |= {f"/codebook/{it.id}/history": staff, "/codebook/new": analyst, "/codebook/import": analyst}
    pages |= {f"/codebook/{it.id}/{page}": analyst for page in ("edit", "move", "merge", "status")}
    for address, allowed in pages.items():
        answer = await browser.get(address)
        assert answer.status_code == (200 if allowed else 403), address
        if address.endswith(("/edit", "/move", "/merge", "/status", "/new")):
            assert (await browser.act(address)).status_code == (422 if analyst else 403), address
    for page in "edit", "move", "merge", "status", "history":
        assert (await browser.get(f"/codebook/999999/{page}")).status_code == (
            404 if analyst or (staff and page == "history") else 403
        )
    assert not await CodebookRevision.exists()


async def test_themes_are_listed_by_their_status(forum, signed_in):
    tom = await signed_in("tom")
    await propose_theme(forum, await user("ruth"), "Night care", "Care at night.", "CARE", new_key())
    await change_status(forum, await user("tom"), (await theme("FIN-1")).id, "retire", "Done", new_key())
    await merge_theme(forum, await user("tom"), (await theme("FIN-2")).id, "FIN-3", "One", new_key())
    shown = {}
    for status in "", "candidate", "active", "merged", "retired", "all":
        page = (await tom.get(f"/codebook?status={status}")).text
        check_page(page)
        shown[status] = set(re.findall(r'<h3 id="([^"]+)"', page))
    assert shown["candidate"] == {"NEW-1"} and shown["merged"] == {"FIN-2"} and shown["retired"] == {"FIN-1"}
    assert shown["all"] == shown[""] | {"FIN-1", "FIN-2"} and shown["active"] == shown[""] - {"NEW-1"}
    merged = (await tom.get("/codebook?status=merged")).text
    assert 'Merged into <a href="/codebook?status=all#FIN-3">FIN-3</a>' in merged
    assert re.findall(r'<h2 id="([^"]+)"', merged) == ["FIN"]
    assert "Candidate</span>" in (await tom.get("/codebook")).text
    assert (await tom.get("/codebook?status=x")).status_code == 404


async def test_a_colour_is_shown_as_a_picture_and_never_as_a_style(signed_in):
    await Theme.filter(code="CARE-1").update(colour="#2f6f4e", aliases="homes\nproviders")
    page = (await (await signed_in("tom")).get("/codebook")).text
    assert 'fill="#2f6f4e"' in page and page.count('class="swatch"') == 1 and " style=" not in page
    assert "homes, providers" in page


# Changing


async def test_tom_adds_a_theme_and_edits_it(signed_in):
    tom = await signed_in("tom")
    answer = await tom.act("/codebook/new", code="CARE-9", name="Night care", parent="CARE", reason="It comes up.")
    it = await theme("CARE-9")
    assert (answer.status_code, answer.headers["location"]) == (303, "/codebook#CARE-9")
    values = await values_of(tom, f"/codebook/{it.id}/edit")
    assert (values["code"], values["parent"], values["revision"]) == ("CARE-9", "CARE", "2")
    answer = await tom.act(f"/codebook/{it.id}/edit", **(values | {"name": "Nights", "reason": "Shorter."}))
    assert answer.status_code == 303 and (await theme("CARE-9")).name == "Nights"
    page = (await tom.get(f"/codebook/{it.id}/history")).text
    check_page(page)
    assert "Shorter." in page and re.search(r"<del>.*Night care</del> <ins>.*Nights</ins>", page)
    page = (await tom.get("/codebook/history")).text
    check_page(page)
    assert page.index("Version 3: edited") < page.index("Version 2: added") and "It is at version 3." in page


async def test_what_was_typed_stays_when_it_cannot_be_saved(signed_in):
    tom = await signed_in("tom")
    answer = await tom.act("/codebook/new", code="CARE 9", name="", definition="At night <b>", parent="FIN-1")
    check_page(answer.text)
    assert answer.status_code == 422 and "At night &lt;b&gt;" in answer.text and 'value="CARE 9"' in answer.text
    for field in "code", "name", "reason":
        assert f'href="#{field}"' in answer.text and f'id="{field}-problem"' in answer.text
    it = await theme("CARE-1")
    for page, words in ("move", "Choose where"), ("merge", "Choose another"), ("status", "Look at it again"):
        answer = await tom.act(f"/codebook/{it.id}/{page}", reason="Because <b>")
        check_page(answer.text)
        assert answer.status_code == 422 and "Because &lt;b&gt;" in answer.text and words in answer.text
    answer = await tom.act("/codebook/propose", name="Night care", parent="CARE")
    check_page(answer.text)
    assert 'value="Night care"' in answer.text and 'value="CARE" selected' in answer.text


async def test_two_who_edit_at_once_see_both_texts(signed_in):
    tom, nadia, it = await signed_in("tom"), await signed_in("nadia"), await theme("CARE-1")
    address = f"/codebook/{it.id}/edit"
    toms, nadias = await values_of(tom, address), await values_of(nadia, address)
    await tom.act(address, **(toms | {"definition": "What Tom wrote.", "reason": "Clearer."}))
    answer = await nadia.act(address, **(nadias | {"definition": "What Nadia wrote.", "reason": "Better."}))
    check_page(answer.text)
    assert answer.status_code == 422
    assert "What Tom wrote.</dd>" in answer.text and "What Nadia wrote.</textarea>" in answer.text
    [revision] = re.findall(r'name="revision" value="(\d+)"', answer.text)
    again = nadias | {"definition": "What Nadia wrote.", "reason": "Better.", "revision": revision}
    assert (await nadia.act(address, **again)).status_code == 303
    assert (await theme("CARE-1")).definition == "What Nadia wrote."
    assert (await nadia.act(address, **(again | {"revision": ""}))).status_code == 422


async def test_tom_moves_merges_and_takes_back(signed_in):
    tom, it = await signed_in("tom"), await theme("CARE-2")
    answer = await tom.act(f"/codebook/{it.id}/move", where="up", reason="First things first.")
    assert answer.headers["location"] == "/codebook#CARE-2"
    assert 'value="CARE-1" selected' in (await tom.get(f"/codebook/{it.id}/merge?into=CARE-1")).text
    answer = await tom.act(f"/codebook/{it.id}/merge", into="CARE-1", reason="They are one.")
    assert answer.headers["location"] == "/codebook?status=merged#CARE-2"
    page = (await tom.get(f"/codebook/{it.id}/status")).text
    check_page(page)
    assert "They are one." in page and "Take the merge back" in page and "by Tom" in page
    assert "cannot be merged now" in (await tom.get(f"/codebook/{it.id}/merge")).text
    answer = await tom.act(f"/codebook/{it.id}/status", act="undo", reason="They are two.")
    assert answer.headers["location"] == "/codebook#CARE-2"
    assert "Taken back</span>" in (await tom.get("/codebook/history")).text


async def test_ruth_proposes_and_tom_accepts(signed_in):
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    answer = await ruth.act("/codebook/propose", name="Night care", note="Care at night.", parent="CARE")
    assert answer.headers["location"] == "/codebook#NEW-1"
    it = await theme("NEW-1")
    page = (await tom.get(f"/codebook/{it.id}/status")).text
    assert "Accept</button>" in page and "Retire</button>" in page
    await tom.act(f"/codebook/{it.id}/status", act="accept", reason="It comes up.")
    assert (await theme("NEW-1")).status == "active"


@pytest.mark.parametrize("code", ["FIN", "CARE-1"])
async def test_every_page_of_a_theme_is_valid(signed_in, code):
    tom, it = await signed_in("tom"), await theme(code)
    for page in "edit", "move", "merge", "status", "history":
        check_page((await tom.get(f"/codebook/{it.id}/{page}")).text)
    for page in "new", "propose", "import", "history":
        check_page((await tom.get(f"/codebook/{page}")).text)


# What it needs


def needs(page):
    """The themes that the page names under each heading of what the codebook needs."""
    health = page[page.index('class="health"') :].split("</details>")[0]
    found = {}
    for part in health.split("<p><strong>")[1:]:
        found[part.split(".</strong>")[0]] = re.findall(
            r">(?:<span class=\"code\">)?([A-Z]+(?:-\d)?)(?:</span>|</a>)", part
        )
    return found


async def test_a_theme_that_few_use_is_named_and_nobody_is_counted(forum, signed_in):
    """CARE-1 is raised by four people, CARE-2 by five of two councils, CARE-3 by five of five."""
    people = await councillors(5, 5)
    for number, person in enumerate(people):
        if number < 4:
            await say(person, "adult-social-care", "CARE-1")
        await say(person, "adult-social-care", "CARE-3")
    for person in await councillors(5, 2):
        await say(person, "adult-social-care", "CARE-2")
    page = (await (await signed_in("tom")).get("/codebook")).text
    few = needs(page)["Used by few"]
    assert {"CARE-1", "CARE-2", "FIN-1"} <= set(few) and "CARE-3" not in few
    ruth, sam = await signed_in("ruth"), await signed_in("sam")
    assert "CARE-3" not in needs((await ruth.get("/codebook")).text)["Used by few"]
    assert "CARE-3" in needs((await sam.get("/codebook")).text)["Used by few"]  # he facilitates housing only


async def test_a_theme_without_a_definition_is_named(signed_in):
    await Theme.filter(code__in=["CARE-1", "FIN-1"]).update(definition="")
    await Theme.filter(code="FIN-1").update(status="retired")
    tom = await signed_in("tom")
    assert needs((await tom.get("/codebook")).text)["Without a definition"] == ["CARE-1"]


async def overlap(browser):
    return needs((await browser.get("/codebook")).text).get("On the same posts", [])


async def test_two_themes_on_the_same_posts_are_named(signed_in):
    """Eight people carry both, one more carries each alone: 8 of 10 posts."""
    people = await councillors(10, 5)
    for person in people[:8]:
        await say(person, "adult-social-care", "CARE-1", "CARE-2")
    await say(people[8], "adult-social-care", "CARE-1")
    await say(people[9], "adult-social-care", "CARE-2")
    tom, sam = await signed_in("tom"), await signed_in("sam")
    assert (await overlap(tom))[:2] == ["CARE-1", "CARE-2"]
    page = (await tom.get("/codebook")).text
    assert f'/codebook/{(await theme("CARE-2")).id}/merge?into=CARE-1">merge CARE-2 into CARE-1</a>' in page
    assert not await overlap(sam)
    for person in people[:2]:  # 8 of 12 are no more than 0.7
        await say(person, "adult-social-care", "CARE-1")
    assert not await overlap(tom)


@pytest.mark.parametrize(("people", "councils", "shown"), [(4, 4, False), (5, 2, False), (5, 3, True)])
async def test_an_overlap_of_few_people_is_never_told(signed_in, people, councils, shown):
    """Both themes have enough people and councils: those that carry both at once may not."""
    for person in await councillors(people, councils):
        for _ in range(4):
            await say(person, "adult-social-care", "CARE-1", "CARE-2")
    *_, alone = await councillors(5, 5)
    await say(alone, "adult-social-care", "CARE-1")
    await say(alone, "adult-social-care", "CARE-2")
    assert bool(await overlap(await signed_in("tom"))) == shown


async def test_hidden_posts_and_hidden_groups_make_no_overlap(signed_in):
    """In what Tom reads the two stand apart."""
    for person in await councillors(6, 6):
        for code in "CARE-1", "CARE-2", "FIN-1", "FIN-2":
            await say(person, "adult-social-care", code)
        for _ in range(7):
            await say(person, "adult-social-care", "CARE-1", "CARE-2", hidden=True)
            await say(person, "whistleblowing", "FIN-1", "FIN-2")
    assert not await overlap(await signed_in("tom"))
    assert await overlap(await signed_in("ruth")) == ["FIN-1", "FIN-2"]


# Bringing in a file


async def test_tom_brings_in_a_file_in_two_steps(signed_in):
    tom = await signed_in("tom")
    content = (
        "\ufeffcode,parent,name,definition\r\nCARE-9,CARE,Night care,'=Care\r\nCARE-1,CARE,Providers,\r\n".encode()
    )
    page = await upload(tom, content)
    check_page(page.text)
    assert page.status_code == 200 and "1 to add, 1 to change, 0 as they are" in page.text
    assert "Line 2" in page.text and "Change the name, definition" in page.text
    assert not await Theme.exists(code="CARE-9")
    values = await values_of(tom, "/codebook/import")
    assert values["text"] == ""
    [text] = re.findall(r'<textarea name="text" hidden>\n(.*?)</textarea>', page.text, re.DOTALL)
    [version] = re.findall(r'name="version" value="(\d+)"', page.text)
    said = {"text": text.replace("&#39;", "'"), "version": version, "act": "import"}
    refused = await upload(tom, **said)
    check_page(refused.text)
    assert refused.status_code == 422 and 'id="reason-problem"' in refused.text and "1 to add" in refused.text
    answer = await upload(tom, **said, reason="From last year.")
    assert (answer.status_code, answer.headers["location"]) == (303, "/codebook/history")
    assert (await theme("CARE-9")).definition == "=Care" and (await theme("CARE-1")).name == "Providers"


async def test_what_was_downloaded_is_as_it_is(signed_in):
    tom = await signed_in("tom")
    await Theme.filter(code="CARE-1").update(definition="=1+1", aliases="-x\n=y", colour="#a0b0c0")
    for ending in "csv", "qdc":
        page = await upload(tom, (await tom.get(f"/codebook.{ending}")).content)
        check_page(page.text)
        assert page.status_code == 200 and "Nothing to do" in page.text and "Bring it in" not in page.text
    as_utf16 = (await tom.get("/codebook.csv")).content.decode().replace(",Care market", ",The market").encode("utf-16")
    assert "0 to add, 1 to change, 71 as they are" in (await upload(tom, as_utf16)).text


async def test_tom_brings_in_a_qdc_in_two_steps(signed_in):
    tom = await signed_in("tom")
    content = (await tom.get("/codebook.qdc")).content.decode().replace('"Unpaid carers"', '"Carers &amp; “friends”"')
    page = await upload(tom, content.encode())
    check_page(page.text)
    assert "0 to add, 1 to change, 71 as they are" in page.text and "Code 11" in page.text
    form = html5lib.parse(page.text, namespaceHTMLElements=False).find(".//main").find(".//form")
    said = {it.get("name"): it.get("value") for it in form.iter("input")}
    [text] = [it.text for it in form.iter("textarea") if it.get("name") == "text"]
    assert (await upload(tom, **(said | {"text": text, "reason": "From another program."}))).status_code == 303
    assert (await theme("CARE-3")).name == "Carers & “friends”"


async def test_faults_are_listed_and_the_text_stays_to_be_mended(signed_in):
    tom = await signed_in("tom")
    page = await upload(tom, text="code,name\nX 1,<b>Bats</b>\n")
    check_page(page.text)
    assert page.status_code == 200 and "1 fault to mend" in page.text and "Line 2" in page.text
    assert page.text.count("X 1,&lt;b&gt;Bats") == 1 and "Bring it in" not in page.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "Choose a file"),
        (b" \n", "Choose a file"),
        ("code,name\nX,é".encode("latin-1"), "not in UTF-8"),
        (b"code,name\nX,\0", "cannot be stored"),
        (b"\x89PNG\r\n", "not in UTF-8"),
        (b"PK\x03\x04", "cannot be stored"),
        (b"\xff\xfe\x00", "not in UTF-8"),
        (b"<html></html>", "not a codebook in the REFI-QDA form"),
        (b"<CodeBook>", "cannot be read as XML"),
        (b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>', "DOCTYPE"),
        (b"theme\nx", "name the columns"),
    ],
)
async def test_a_file_that_is_none_is_refused_in_words(signed_in, content, words):
    page = await upload(await signed_in("tom"), content)
    check_page(page.text)
    assert page.status_code == 422 and words in page.text and 'id="file-problem"' in page.text


async def test_an_upload_that_is_too_much_or_no_form_is_refused(signed_in):
    tom = await signed_in("tom")
    head = {"origin": SITE}
    assert (await upload(tom, b"code,name\n" + b"x" * 300_000)).status_code == 413
    assert (await tom.act("/codebook/import", text="code,name\nX,Y\n")).status_code == 415
    for content_type in (
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "multipart/form-data; charset=no; boundary=x",
    ):
        answer = await tom.post(
            "/codebook/import", content=b"not a form", headers=head | {"content-type": content_type}
        )
        assert answer.status_code in (415, 422), content_type
    several = [
        ("file", ("a.csv", b"code,name\nX,Y\n", "text/csv")),
        ("file", ("b.csv", b"code,name\nX,Y\n", "text/csv")),
    ]
    assert (await tom.post("/codebook/import", files=several, headers=head)).status_code == 422
    other = [("reason", ("a.csv", b"x", "text/csv"))]
    assert (await tom.post("/codebook/import", files=other, headers=head)).status_code == 422
    many = {f"field{number}": "x" for number in range(30)}
    assert (await tom.post("/codebook/import", data=many, files=several[:1], headers=head)).status_code == 422
    assert not await CodebookRevision.exists()
