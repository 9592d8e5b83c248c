"""The summary's page and files, as people ask for them."""

import csv
import io
import json
import re
import zipfile
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import html5lib
import pytest

from forum.actions.groups import add_member
from forum.models import AuditRow
from tests.intelligence.worlds import councillors, say

ADDRESSES = ("/intelligence", "/intelligence.csv", "/intelligence.json")
MAY, JUNE = datetime(2026, 5, 5, tzinfo=UTC), datetime(2026, 6, 5, tzinfo=UTC)
BOOKS = ("/intelligence.xlsx", "/intelligence.ods")


async def talk() -> None:
    """CARE-1 and CARE-2 by eight people of four councils, FIN-1 by four people, GOV-1 in the hidden group."""
    people = await councillors(8, 4)
    for person in people:
        await say(person, "adult-social-care", "CARE-1", "CARE-2")
        await say(person, "housing", "CARE-1", kind="barrier")
        await say(person, "whistleblowing", "GOV-1")
    for person in people[:4]:
        await say(person, "finance", "FIN-1")


def words_of(text: str) -> str:
    """What a page says, without what it is made of."""
    return " ".join("".join(html5lib.parse(text, namespaceHTMLElements=False).itertext()).split())


def links_of(text: str) -> dict[str, str]:
    """Where the links of a page lead, by their words."""
    page = html5lib.parse(text, namespaceHTMLElements=False)
    return {" ".join("".join(link.itertext()).split()): link.get("href") for link in page.find(".//main").iter("a")}


def asked(address: str) -> dict[str, str]:
    """The words in an address, each once."""
    return {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}


def rows_of_page(text: str) -> dict[str, list[str]]:
    page = html5lib.parse(text, namespaceHTMLElements=False)
    return {
        row.get("data-theme"): [cell.text.strip() for cell in row.findall("td")[:3]]
        for row in page.iter("tr")
        if row.get("data-theme")
    }


def rows_of_csv(text: str) -> dict[str, list[str]]:
    rows = csv.DictReader(io.StringIO(text))
    return {row["theme"]: [row["posts"], row["people"], row["councils"]] for row in rows}


def rows_of_json(found: dict) -> dict[str, list[str]]:
    names = ("posts", "people", "councils")
    return {row["theme"]: ["[c]" if row[name] is None else str(row[name]) for name in names] for row in found["themes"]}


@pytest.mark.parametrize("name", ["amina", "olu", "priya", "eve"])
@pytest.mark.parametrize("address", ADDRESSES + BOOKS)
async def test_who_neither_analyses_nor_facilitates_is_told_who_may(signed_in, name, address):
    answer = await (await signed_in(name)).get(address)
    assert answer.status_code == 403
    assert "Only analysts, and facilitators" in answer.text


@pytest.mark.parametrize(
    "query", ["", "?group=adult-social-care", "?kind=barrier", "?theme=CARE", "?theme=CARE-2&to=2026-04"]
)
@pytest.mark.parametrize("name", ["tom", "ruth", "sam"])
async def test_page_and_files_carry_the_same_figures(signed_in, name, query):
    await talk()
    browser = await signed_in(name)
    if name == "sam" and "group" in query:
        query = "?group=housing"
    page, table, data = [await browser.get(address + query) for address in ADDRESSES]
    figures = rows_of_page(page.text)
    assert len(figures) == 72
    assert rows_of_csv(table.text) == rows_of_json(data.json()) == figures
    for address in ADDRESSES[1:]:
        assert f'href="{address}{query.replace("&", "&amp;")}"' in page.text


async def test_the_page_says_what_the_figures_rest_on(signed_in):
    await talk()
    browser = await signed_in("tom")
    page = await browser.get("/intelligence")
    words = " ".join(page.text.split())
    found = (await browser.get("/intelligence.json")).json()
    assert found["base"] == {"posts": 26, "people": 13, "councils": 9, "hidden": False}
    assert found["tagged"]["posts"] == 20
    assert "These figures rest on 26 posts by 13 people from 9 councils in all groups that you may read." in words
    assert "20 of them carry a theme (77%)." in words
    assert figures_of(found, "CARE") == [16, 8, 4]
    assert figures_of(found, "FIN") == [None, None, None]


def figures_of(found: dict, code: str) -> list[int | None]:
    [row] = [row for row in found["themes"] if row["theme"] == code]
    assert row["hidden"] == (row["people"] is None)
    return [row["posts"], row["people"], row["councils"]]


async def test_files_are_marked_and_named(signed_in):
    browser = await signed_in("tom")
    for address in ADDRESSES[1:]:
        answer = await browser.get(address)
        assert "working figures, not for circulation" in answer.text
        assert "working-figures" in answer.headers["content-disposition"]
        assert answer.headers["cache-control"] == "no-store"


async def test_a_hidden_group_is_for_tom_like_one_that_is_not_there(signed_in):
    await talk()
    tom = await signed_in("tom")
    everything = "".join([(await tom.get(address)).text for address in ADDRESSES])
    assert "histleblowing" not in everything
    assert figures_of((await tom.get("/intelligence.json")).json(), "GOV-1") == [0, 0, 0]
    for address in ADDRESSES:
        hidden, missing = [await tom.get(f"{address}?group={slug}") for slug in ("whistleblowing", "beekeeping")]
        assert hidden.status_code == missing.status_code == 422
        assert "Choose a group from the list." in hidden.text
        assert without_nonce(hidden) == without_nonce(missing)


def without_nonce(answer) -> tuple[str, dict[str, str]]:
    return answer.text, {name: value for name, value in answer.headers.items() if name != "content-security-policy"}


async def test_with_a_role_in_a_hidden_group_it_is_counted(signed_in, forum):
    await talk()
    ruth, tom = await signed_in("ruth"), await signed_in("tom")
    assert figures_of((await ruth.get("/intelligence.json")).json(), "GOV-1") == [8, 8, 4]
    assert figures_of((await tom.get("/intelligence.json")).json(), "GOV-1") == [0, 0, 0]
    await add_member(forum, "whistleblowing", "tom@demo.example", "observer")
    assert figures_of((await tom.get("/intelligence.json?group=whistleblowing")).json(), "GOV-1") == [8, 8, 4]


async def test_a_facilitator_sees_her_groups_only(signed_in):
    await talk()
    sam = await signed_in("sam")
    assert figures_of((await sam.get("/intelligence.json")).json(), "CARE-1") == [8, 8, 4]
    assert figures_of((await sam.get("/intelligence.json")).json(), "CARE-2") == [0, 0, 0]
    assert "Finance" not in (await sam.get("/intelligence")).text.split("<table")[0].split("</form>")[-1]
    assert (await sam.get("/intelligence?group=finance")).status_code == 422


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("region=Mars", "region"),
        ("council_type=parish", "council_type"),
        ("region=Wales&council_type=county", "council_type"),
        ("facilitated=no", "facilitated"),
        ("kind=gossip", "kind"),
        ("theme=CARE-99", "theme"),
        ("from=2026-13", "from"),
        ("to=yesterday", "to"),
        ("from=2026-05&to=2026-04", "to"),
        ("group=%00", "group"),
        ("group=%ED%A0%80", "group"),
        ("from=%EF%BC%92026-04", "from"),
        ("kind=issue&kind=barrier", "kind"),
        ("theme=" + "x" * 3000, "theme"),
    ],
)
async def test_a_filter_that_cannot_be_read_is_named_and_the_others_are_kept(signed_in, query, field):
    tom = await signed_in("tom")
    for address in ADDRESSES:
        answer = await tom.get(f"{address}?group=finance&{query}" if field != "group" else f"{address}?{query}")
        assert answer.status_code == 422
        page = html5lib.parse(answer.text, namespaceHTMLElements=False)
        [place] = [element for element in page.iter() if element.get("id") == field]
        assert place.get("aria-invalid") == "true"
        assert f'href="#{field}"' in answer.text
        assert "<table" not in answer.text
        if field != "group":
            chosen = [option.get("value") for option in page.iter("option") if option.get("selected") is not None]
            assert "finance" in chosen


async def test_unknown_names_and_empty_values_are_no_filter(signed_in):
    tom = await signed_in("tom")
    plain = await tom.get("/intelligence.json")
    assert (await tom.get("/intelligence.json?group=&from=&to=&kind=%20&utm=x")).json() == plain.json()


def drawings(text: str) -> list[ElementTree.Element]:
    """The bars of the chart."""
    chart = text.partition('<ul class="chart">')[2].partition("</ul>")[0]
    return [ElementTree.fromstring(svg) for svg in re.findall("<svg.*?</svg>", chart, re.DOTALL)]


async def test_the_chart_draws_what_is_shown_and_nothing_of_what_is_hidden(signed_in):
    await talk()
    tom = await signed_in("tom")
    text = (await tom.get("/intelligence")).text
    [bar] = drawings(text)  # CARE; FIN is hidden, the other ten are zero
    assert bar.get("role") == "img"
    assert bar.findtext("title") == "8 people"
    assert (bar.findtext("text"), bar.find("rect").get("width")) == ("8", "80.0%")
    assert "Not drawn: 1 hidden and 10 that nobody raised." in words_of(text)
    assert "style=" not in text
    for _ in range(2):
        await say((await councillors(1, 1))[0], "finance", "FIN-2")
    assert [bar.findtext("text") for bar in drawings((await tom.get("/intelligence?theme=CARE")).text)] == ["8", "8"]
    assert drawings((await tom.get("/intelligence?theme=FIN")).text) == []


async def test_a_chosen_theme_folds_the_others_away(signed_in):
    await talk()
    text = (await (await signed_in("tom")).get("/intelligence?theme=CARE-1")).text
    assert "The other 70 themes are outside this choice and count 0" in text
    figures = rows_of_page(text)
    assert figures["CARE"] == figures["CARE-1"] == ["16", "8", "4"]
    assert set(map(tuple, (row for code, row in figures.items() if code not in ("CARE", "CARE-1")))) == {("0",) * 3}


async def test_a_month_that_is_none_stays_to_be_mended(signed_in):
    text = (await (await signed_in("tom")).get("/intelligence?from=2026-13")).text
    page = html5lib.parse(text, namespaceHTMLElements=False)
    fields = {element.get("name"): element for element in page.iter("input") if element.get("name")}
    assert (fields["from"].get("type"), fields["from"].get("value")) == ("text", "2026-13")
    assert fields["to"].get("type") == "month"


# Sorting.


async def test_each_column_sorts_and_keeps_what_was_chosen(signed_in):
    for number, councils, theme, times in ((8, 4, "CARE-2", 1), (6, 3, "FIN-3", 5), (5, 5, "HOU-2", 1)):
        for person in await councillors(number, councils):
            for _ in range(times):
                await say(person, "finance", theme)
    tom = await signed_in("tom")
    narrowed = "/intelligence?kind=issue&from=2026-01"
    plain = (await tom.get(narrowed)).text
    assert 'aria-sort="' not in plain
    assert 'name="sort"' not in plain
    first = {}
    for sort, heading in (("posts", "Posts"), ("people", "People"), ("councils", "Councils")):
        address = links_of(plain)[heading]
        assert asked(address) == {"kind": "issue", "from": "2026-01", "sort": sort}
        text = (await tom.get(address)).text
        page = html5lib.parse(text, namespaceHTMLElements=False)
        [column] = [heading for heading in page.iter("th") if heading.get("aria-sort")]
        assert (column.get("aria-sort"), "".join(column.itertext())) == ("descending", heading)
        assert f"Most {sort} first" in words_of(text)
        assert asked(links_of(text)["Theme"]) == {"kind": "issue", "from": "2026-01"}
        [kept] = [field for field in page.iter("input") if field.get("name") == "sort"]
        assert (kept.get("type"), kept.get("value")) == ("hidden", sort)
        assert rows_of_page(text) == rows_of_page(plain)
        first[sort] = list(rows_of_page(text))[:2]
    assert first == {"posts": ["FIN", "FIN-3"], "people": ["CARE", "CARE-2"], "councils": ["HOU", "HOU-2"]}
    assert list(rows_of_page(plain))[:2] == ["FIN", "FIN-1"]


async def test_the_order_of_the_page_tells_nothing_of_what_is_hidden(signed_in):
    """HOU and PLA are hidden, whoever of them has more."""
    await talk()
    few = await councillors(4, 4)
    await say(few[0], "housing", "HOU-1", "PLA-3")
    for person in few[1:3]:
        await say(person, "housing", "HOU-4")
    tom = await signed_in("tom")
    addresses = [f"/intelligence?sort={sort}" for sort in ("posts", "people", "councils")]
    before = [rows_of_page((await tom.get(address)).text) for address in addresses]
    for person in few:
        await say(person, "housing", "HOU-1", "PLA-3", "PLA-3")
        await say(person, "housing", "PLA-3")
    after = [rows_of_page((await tom.get(address)).text) for address in addresses]
    assert after == before
    for then, now in zip(before, after, strict=True):
        assert list(now) == list(then)
        tops = [code for code in now if "-" not in code]
        assert tops[-3:] == ["FIN", "HOU", "PLA"]
        assert list(now)[-1] == "PLA-3"


async def test_files_keep_the_order_of_the_codebook(signed_in):
    await talk()
    tom = await signed_in("tom")
    for address in ADDRESSES[1:]:
        plain = await tom.get(address)
        for sort in ("people", "loudest"):
            assert (await tom.get(f"{address}?sort={sort}")).content == plain.content
    assert 'href="/intelligence.csv"' in (await tom.get("/intelligence?sort=people")).text


@pytest.mark.parametrize("query", ["sort=loudest", "sort=people&sort=posts", "sort=%00", "sort=Posts"])
async def test_a_sort_that_is_none_is_named_and_can_be_mended(signed_in, query):
    answer = await (await signed_in("tom")).get(f"/intelligence?kind=barrier&{query}")
    assert answer.status_code == 422
    page = html5lib.parse(answer.text, namespaceHTMLElements=False)
    [place] = [element for element in page.iter() if element.get("name") == "sort"]
    assert (place.tag, place.get("id"), place.get("aria-invalid")) == ("select", "sort", "true")
    assert [option.get("value") for option in place] == ["", "posts", "people", "councils"]
    assert 'href="#sort"' in answer.text
    assert "barrier" in [option.get("value") for option in page.iter("option") if option.get("selected") is not None]
    assert "<table" not in answer.text


# One theme, and what narrows.


async def test_the_figures_of_a_theme_are_a_click_away(signed_in):
    await talk()
    tom = await signed_in("tom")
    text = (await tom.get("/intelligence?kind=issue&sort=people")).text
    in_chart, in_table = text.partition("<table")[::2]
    for part in in_chart, in_table:
        address = re.search(r'href="([^"]*theme=CARE[^"]*)"', part)[1].replace("&amp;", "&")
        assert asked(address) == {"kind": "issue", "theme": "CARE", "sort": "people"}
    text = (await tom.get("/intelligence?kind=issue&theme=CARE-1&sort=people")).text
    links, words = links_of(text), words_of(text)
    assert "One theme: CARE-1 Care market and providers, part of CARE Adult care and health." in words
    assert asked(links["See all themes"]) == {"kind": "issue", "sort": "people"}
    assert asked(links["CARE Adult care and health"]) == {"kind": "issue", "sort": "people", "theme": "CARE"}
    assert "<title>CARE-1 Care market and providers: Intelligence · " in text
    assert links["CARE-1 in the codebook"] == "/codebook#CARE-1"
    assert words.partition("What CARE-1 means")[2].find("Include") > 0
    assert "CARE-1 Care market and providers" not in links, "a theme does not link to itself"
    codebook = (await tom.get("/codebook")).text
    assert 'id="CARE-1"' in codebook
    assert links_of(codebook)["Figures of CARE-1"] == "/intelligence?theme=CARE-1"


async def test_each_filter_stands_there_in_words_and_can_be_taken_off(signed_in):
    tom = await signed_in("tom")
    chosen = {
        "group": "finance",
        "region": "Wales",
        "kind": "ask-lga",
        "theme": "CARE-1",
        "facilitated": "yes",
        "from": "2026-01",
        "to": "2026-04",
    }
    answer = await tom.get("/intelligence", params=chosen | {"sort": "posts"})
    links = links_of(answer.text)
    for name, words in {
        "group": "Group: Finance",
        "region": "Region: Wales",
        "facilitated": "Discussions: Opened by a facilitator",
        "kind": "Kind: Ask of the LGA",
        "theme": "Theme: CARE-1 Care market and providers",
        "from": "First month: January 2026",
        "to": "Last month: April 2026",
    }.items():
        left = {other: value for other, value in chosen.items() if other != name} | {"sort": "posts"}
        assert asked(links[f"Take off {words}"]) == left
    assert "Take off" not in (await tom.get("/intelligence?sort=posts")).text


async def test_filters_are_folded_only_while_nothing_is_chosen_or_wrong(signed_in):
    tom = await signed_in("tom")
    for query, is_open in (("", False), ("?sort=posts", False), ("?kind=issue", True), ("?from=x", True)):
        page = html5lib.parse((await tom.get(f"/intelligence{query}")).text, namespaceHTMLElements=False)
        [folded] = [it for it in page.iter("details") if it.get("class") == "choose"]
        assert (folded.get("open") is not None) == is_open, query


# What is hidden, and what is not there.


async def test_what_is_hidden_is_said_beside_the_table(signed_in):
    await talk()
    tom = await signed_in("tom")
    page = html5lib.parse((await tom.get("/intelligence")).text, namespaceHTMLElements=False)
    [table, *_] = page.iter("table")
    [words] = [it for it in page.iter("p") if it.get("id") == table.get("aria-describedby")]
    assert " ".join("".join(words.itertext()).split()) == (
        "2 of 72 themes are hidden: fewer than 5 people or 3 councils raised them, "
        "or such a figure could be worked out from theirs. [c] stands in place of their figures."
    )
    hidden = [cell.text for cell in page.iter("td") if cell.get("class") == "confidential"]
    assert hidden == ["[c]"] * 6  # FIN and FIN-1
    one = words_of((await tom.get("/intelligence?theme=FIN-1")).text)
    assert "2 of 2 themes are hidden" in one
    none = words_of((await tom.get("/intelligence?theme=CARE")).text)
    assert "No theme here is hidden. One would be, if fewer than 5 people or 3 councils raised it." in none


async def test_a_page_with_nothing_to_show_says_why(signed_in):
    tom = await signed_in("tom")
    words = words_of((await tom.get("/intelligence")).text)
    assert "No tags to count" in words and "none of them is tagged with a theme yet" in words
    assert "All 72 themes count 0" in words
    answer = await tom.get("/intelligence?to=2001-01")
    assert "No posts to count Nobody wrote a post that fits all of these filters." in words_of(answer.text)
    assert links_of(answer.text)["Take all filters off"] == "/intelligence"
    assert len(rows_of_page(answer.text)) == 72
    for person in await councillors(3, 3):
        await say(person, "finance", "FIN-1")
    answer = await tom.get("/intelligence?sort=people")
    assert "All figures are hidden" in words_of(answer.text)
    assert drawings(answer.text) == []
    assert "none of them carries a tag of this kind" in words_of((await tom.get("/intelligence?kind=barrier")).text)


# Parts, coverage, changes.


async def test_each_count_has_its_part_of_all_that_take_part(signed_in):
    await talk()
    tom = await signed_in("tom")
    page = html5lib.parse((await tom.get("/intelligence")).text, namespaceHTMLElements=False)
    [row] = [row for row in page.iter("tr") if row.get("data-theme") == "CARE"]
    assert [" ".join("".join(cell.itertext()).split()) for cell in row.findall("td")] == [
        "16 62%",
        "8 62%",
        "4 44%",
        "2 discussions, Apr 2026",
    ]
    [row] = [row for row in page.iter("tr") if row.get("data-theme") == "FIN"]
    assert ["".join(cell.itertext()).strip() for cell in row.findall("td")] == ["[c]", "[c]", "[c]", ""]


async def test_coverage_and_the_period_before_are_said_first(signed_in):
    people = await councillors(6, 3)
    for person in people:
        await say(person, "finance", "FIN-1", at=MAY)
        await say(person, "finance", "FIN-1", at=JUNE)
    for person in await councillors(2, 2):
        await say(person, "finance", "FIN-1", at=JUNE)
    tom = await signed_in("tom")
    words = words_of((await tom.get("/intelligence?from=2026-06&to=2026-06")).text)
    assert "They stand in 1 discussion, all of June 2026. 100% of them were read for themes so far." in words
    assert "Changes are against the equal period before, May 2026." in words
    assert "1 discussion, Jun 2026, 2 more people than before" in words
    [row] = [
        row
        for row in (await tom.get("/intelligence.json?from=2026-06&to=2026-06")).json()["themes"]
        if row["theme"] == "FIN-1"
    ]
    assert (row["people"], row["people_before"], row["people_change"]) == (8, 6, 2)
    assert "people_before" not in (await tom.get("/intelligence.json?from=2026-06")).json()["themes"][0]


@pytest.mark.parametrize("address", BOOKS)
async def test_workbooks_say_what_the_page_says(signed_in, address):
    await talk()
    tom = await signed_in("tom")
    answer = await tom.get(f"{address}?group=adult-social-care")
    assert "working-figures" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        text = "".join(book.read(name).decode(errors="replace") for name in book.namelist() if name.endswith(".xml"))
    assert "not for circulation" in text and "group: Adult-social-care" in text.replace(
        "Adult social care", "Adult-social-care"
    )
    assert (await tom.get(f"{address}?region=Mars")).status_code == 422


@pytest.mark.parametrize("address", ADDRESSES[1:] + BOOKS)
async def test_each_download_is_kept_in_the_audit_log(signed_in, address):
    tom = await signed_in("tom")
    assert await AuditRow.filter(act="export_figures").count() == 0
    await tom.get(f"{address}?kind=issue")
    row = await AuditRow.get(act="export_figures")
    assert json.loads(row.details) == {"format": address.rpartition(".")[2], "kind": "issue"}
    await tom.get("/intelligence?kind=issue")
    assert await AuditRow.filter(act="export_figures").count() == 1
