"""Tom reads a summary as a screen reader tells it: by roles and names alone, by keyboard, with scripts and without."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.stage import PHONE

pytestmark = pytest.mark.browser
HIDDEN = re.compile(r"(\d+) of \d+ themes are hidden: fewer than 5 people or 3 councils raised them")
DISCHARGE = "CARE-2 Hospital discharge and NHS join-up"
MOST_TABS = 120


def tab_to(place: Locator) -> None:
    """By keyboard, as far as it takes."""
    for _ in range(MOST_TABS):
        place.page.keyboard.press("Tab")
        if place.evaluate("(it) => it === document.activeElement"):
            return
    pytest.fail(f"{MOST_TABS} times Tab did not lead to {place}")


def choose(page: Page, field: str, words: str) -> None:
    """An option by typing how it begins."""
    tab_to(page.get_by_role("combobox", name=field, exact=True))
    page.keyboard.type(words)


def follow(link: Locator) -> None:
    tab_to(link)
    with link.page.expect_navigation():
        link.page.keyboard.press("Enter")


def table(page: Page) -> Locator:
    return page.get_by_role("region", name="Figures").get_by_role("table", name="Posts, people and councils")


def figures(page: Page, theme: str) -> dict[str, str]:
    """What the row with this header says, by the column headers, without the parts of all that take part."""
    columns = table(page).get_by_role("columnheader").all_inner_texts()
    row = table(page).get_by_role("row").filter(has=page.get_by_role("rowheader", name=theme, exact=True))
    return dict(zip(columns[1:4], map(count, row.get_by_role("cell").all_inner_texts()), strict=False))


def count(cell: str) -> str:
    return cell.split()[0] if cell.strip() else ""


def column(page: Page, name: str) -> list[str]:
    """A column as it is read downwards."""
    place = table(page).get_by_role("columnheader").all_inner_texts().index(name) - 1
    return [count(cell) for cell in table(page).get_by_role("cell").all_inner_texts()[place::4]]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_tom_reads_a_summary(visit_demo: Visit, scripts: bool) -> None:
    tom = visit_demo("tom", java_script_enabled=scripts, viewport={"width": 1440, "height": 900})
    tom.get_by_role("navigation", name="Main").get_by_role("link", name="Intelligence").click()
    lead = tom.get_by_role("main").get_by_role("paragraph").filter(has_text="These figures rest on")
    expect(lead).to_contain_text(re.compile(r"rest on \d+ posts by \d+ people from \d+ councils\s+in all groups"))
    expect(table(tom)).to_have_accessible_description(HIDDEN)

    choose(tom, "Group", "Adult")
    choose(tom, "Theme", "CARE Ad")
    follow(tom.get_by_role("button", name="Show"))
    expect(lead).to_contain_text("in Adult social care.")
    expect(lead).to_contain_text("carry “CARE Adult care and health”")
    expect(tom).to_have_title(re.compile("^CARE Adult care and health: Intelligence"))
    expect(tom.get_by_role("list", name="Narrowed to").get_by_role("link")).to_have_count(2)

    before = figures(tom, DISCHARGE)
    assert before.keys() == {"Posts", "People", "Councils"}
    heading = table(tom).get_by_role("columnheader", name="People", exact=True)
    assert heading.get_attribute("aria-sort") is None
    follow(heading.get_by_role("link"))
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert figures(tom, DISCHARGE) == before
    raised = [int(figure) for figure in column(tom, "People")[1:]]  # below the theme on top
    assert len(raised) == 5 and raised == sorted(raised, reverse=True)
    bars = tom.get_by_role("region", name="People who raised each theme").get_by_role("listitem")
    bar = bars.filter(has=tom.get_by_role("link", name=DISCHARGE))
    expect(bar.get_by_role("img")).to_have_accessible_name(f"{before['People']} people")

    follow(tom.get_by_role("link", name="Take off Theme: CARE Adult care and health"))
    expect(tom.get_by_role("list", name="Narrowed to").get_by_role("listitem")).to_have_count(1)
    expect(table(tom)).to_have_accessible_description(HIDDEN)
    hidden = table(tom).get_by_role("cell", name="[c] hidden", exact=True)
    [said] = HIDDEN.findall(tom.get_by_role("region", name="Figures").inner_text())
    assert hidden.count() == 3 * int(said) > 0

    assert tom.url.endswith("/intelligence?group=adult-social-care&sort=people")
    afresh = tom.context.new_page()
    afresh.goto(tom.url)
    assert afresh.get_by_role("main").aria_snapshot() == tom.get_by_role("main").aria_snapshot()
    afresh.close()

    follow(table(tom).get_by_role("link", name=DISCHARGE))
    assert tom.url.endswith("/intelligence?group=adult-social-care&theme=CARE-2&sort=people")
    assert figures(tom, DISCHARGE) == before
    tom.get_by_role("group").filter(has_text="What CARE-2 means").get_by_text("What CARE-2 means").click()
    expect(tom.get_by_role("term").filter(has_text="Include")).to_be_visible()
    follow(tom.get_by_role("link", name="See all themes"))
    assert tom.url.endswith("/intelligence?group=adult-social-care&sort=people")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_on_a_phone_filters_are_folded_until_one_is_chosen(visit_demo: Visit, scripts: bool) -> None:
    tom = visit_demo("tom", java_script_enabled=scripts, **PHONE)
    tom.goto("/intelligence")
    region = tom.get_by_role("combobox", name="Region")
    expect(region).to_be_hidden()
    tom.get_by_text("What to count", exact=True).tap()
    region.select_option("Wales")
    tom.get_by_role("button", name="Show").tap()
    expect(region).to_be_visible()
    expect(region).to_have_value("Wales")
    tom.get_by_role("link", name="Take off Region: Wales").tap()
    expect(region).to_be_hidden()
    expect(table(tom).get_by_role("rowheader").first).to_be_visible()


def test_no_name_in_the_drawing_is_cut(visit_demo: Visit) -> None:
    tom = visit_demo("tom", **PHONE)
    for theme in "", "?theme=FIN", "?theme=CARE":
        tom.goto(f"/intelligence{theme}")
        chart = tom.get_by_role("region", name="People who raised each theme")
        assert chart.get_by_role("listitem").count() > 1
        too_wide = """(chart) => [...chart.querySelectorAll("a, rect, text")]
            .filter((it) => it.scrollWidth > it.clientWidth + 1
                || it.getBoundingClientRect().right > chart.getBoundingClientRect().right + 1)
            .map((it) => it.textContent)"""
        assert chart.evaluate(too_wide) == []


def test_on_paper_what_was_chosen_stays_and_the_form_goes(visit_demo: Visit) -> None:
    tom = visit_demo("tom", color_scheme="dark", viewport={"width": 720, "height": 1000})
    tom.goto("/intelligence?group=adult-social-care&theme=CARE&sort=people")
    tom.emulate_media(media="print")
    expect(tom.get_by_role("button", name="Show")).to_be_hidden()
    expect(tom.get_by_text("What to count", exact=True)).to_be_hidden()
    expect(tom.get_by_role("link", name="CSV")).to_be_hidden()
    expect(tom.get_by_text("working figures, not for circulation")).to_be_visible()
    expect(tom.get_by_text("Group: Adult social care")).to_be_visible()
    expect(table(tom)).to_be_visible()
    bar = tom.get_by_role("region", name="People who raised each theme").locator("rect").first
    look = bar.evaluate("(it) => { const { fill, stroke } = getComputedStyle(it); return [fill, stroke]; }")
    assert look == ["none", "rgb(0, 0, 0)"]
    cell = table(tom).get_by_role("cell").first
    assert cell.evaluate("(it) => getComputedStyle(it).color") == "rgb(0, 0, 0)"
