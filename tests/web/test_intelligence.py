"""The summary's page and files, as people ask for them."""

import csv
import io
from xml.etree import ElementTree

import html5lib
import pytest

from forum.actions.groups import add_member
from tests.intelligence.worlds import councillors, say

ADDRESSES = ("/intelligence", "/intelligence.csv", "/intelligence.json")


async def talk() -> None:
    """CARE-1 and CARE-2 by eight people of four councils, FIN-1 by four people, GOV-1 in the hidden group."""
    people = await councillors(8, 4)
    for person in people:
        await say(person, "adult-social-care", "CARE-1", "CARE-2")
        await say(person, "housing", "CARE-1", kind="barrier")
        await say(person, "whistleblowing", "GOV-1")
    for person in people[:4]:
        await say(person, "finance", "FIN-1")


def rows_of_page(text: str) -> dict[str, list[str]]:
    page = html5lib.parse(text, namespaceHTMLElements=False)
    return {
        row.get("data-theme"): [cell.text.strip() for cell in row.findall("td")]
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
@pytest.mark.parametrize("address", ADDRESSES)
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
    assert "Finance" not in (await sam.get("/intelligence")).text.split("<table")[0].split("</form>")[1]
    assert (await sam.get("/intelligence?group=finance")).status_code == 422


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("region=Mars", "region"),
        ("council_type=parish", "council_type"),
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


async def test_the_chart_draws_what_is_shown_and_nothing_of_what_is_hidden(signed_in):
    await talk()
    text = (await (await signed_in("tom")).get("/intelligence")).text
    svg = text[text.index("<svg") : text.index("</svg>") + 6]
    drawing = ElementTree.fromstring(svg)
    assert drawing.get("role") == "img"
    named = {element.get("id"): element.text for element in drawing if element.get("id")}
    assert set(drawing.get("aria-labelledby").split()) == set(named)
    assert len(drawing.findall("rect")) == 1  # CARE; FIN is hidden, the other ten are zero
    assert drawing.find("rect").get("width") == "300.0"
    assert len([text for text in drawing.findall("text") if text.text == "[c]"]) == 1
    assert "style=" not in text


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
