"""The analyst's afternoon: from a discussion that is not tagged to the end to a signed paper that names no council."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import docx
import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, copied
from tests.browser.stage import Service, open_thread
from tests.cast import build_demo
from tests.conftest import Databases

pytestmark = pytest.mark.browser
GROUP, DISCUSSION = "Housing and homelessness", "Damp and mould: are your members seeing the real figures?"
SAID = "In Stroud we ask each landlord about the gutter before anyone asks about a window. Complaints fell by half."
REDACTED = SAID.replace("Stroud", "[council]")
TITLE = "Damp and mould: what councillors say"
PAPER = {
    "Purpose of report": "To tell the board what councillors say about damp homes.",
    "Summary": "The clock starts too late. Stroud counts from the day on which the tenant rings.",
    "Recommendation": "That the board agree to gather what works.",
    "Action": "Officers to write it down with members of the group.",
    "Financial implications": "None.",
    "Next steps": "A draft goes to the group.",
}
WE_DID = "We are asking inspectors to count from the first call."


@pytest.fixture
def housing(databases: Databases, tmp_path: Path) -> Iterator[Service]:
    """The demo world for one afternoon: what was issued cannot be taken back."""
    with copied(databases, build_demo) as url, Service(url, tmp_path) as running:
        yield running


def test_an_analysts_afternoon(visit_at, housing: Service) -> None:
    visit: Visit = visit_at(housing)
    eve, tom, nadia = visit("eve"), visit("tom", accept_downloads=True), visit("nadia")
    write(eve)
    tag_the_rest(tom)
    merge_two_themes(tom)
    figure = read_the_summary(tom)
    approve_a_quote(tom)
    draft(tom)
    say_what_is_done(tom)
    clear_and_check(tom)

    nadia.goto("/releases")
    nadia.get_by_role("link", name=TITLE).click()
    expect(nadia.get_by_text("[council] counts from the day")).to_be_visible()
    nadia.get_by_role("button", name="Sign it off").click()
    expect(nadia.get_by_text(re.compile("Signed off: Nadia"))).to_be_visible()
    tom.reload()
    tom.get_by_role("button", name="Issue it").click()
    expect(tom.get_by_role("heading", name="Files")).to_be_visible()

    paper, book = download(tom, "Board paper for Word"), download(tom, "Figures for Excel")
    words = words_of_paper(paper)
    assert TITLE in words
    assert PAPER["Recommendation"] in words
    assert f"“{REDACTED}”" in words
    cells = cells_of_book(book)
    assert any(TITLE in str(cell) for row in cells for cell in row)
    assert ["HOU Housing and homelessness", figure] in [row[:2] for row in cells]
    for file in paper, book:
        inside = everything_in(file)
        for secret in ("Stroud", "Hollingdale", "Ellingham", "Kessler", "demo.example"):
            assert secret not in inside, secret

    mohammed = visit("mohammed")
    notices = mohammed.get_by_role("region", name="You said, we did")
    expect(notices.get_by_role("listitem").filter(has_text=WE_DID)).to_be_visible()
    notices.get_by_role("button", name="Put away").click()
    expect(mohammed.get_by_text(WE_DID)).to_have_count(0)


def write(eve: Page) -> None:
    open_thread(eve, GROUP, DISCUSSION)
    eve.get_by_label("Your post").fill(SAID)
    eve.get_by_label("The LGA may quote this post without my name").check()
    eve.get_by_role("button", name="Post", exact=True).click()
    expect(eve.locator(".post").filter(has_text=SAID)).to_be_visible()


def tag_the_rest(tom: Page) -> None:
    """Four posts wait: two are about damp, Sam's thanks are about nothing, and Eve's is about renting."""
    open_thread(tom, GROUP, DISCUSSION)
    tom.get_by_role("link", name="Tag this thread").click()
    panel = tom.get_by_role("complementary", name="Tagging")
    for number, theme in (1, "HOU-4"), (9, "HOU-4"), (15, ""), (16, "HOU-5"):
        expect(panel.get_by_role("heading", level=1)).to_have_text(f"Tag post {number} of 16")
        if theme:
            tom.get_by_role("combobox", name="Find a theme").fill(theme)
            tom.get_by_role("button", name="Issue").click()
            expect(panel.get_by_role("status").first).to_have_text(f"Tagged {theme} as Issue.")
        else:
            tom.get_by_role("button", name="No theme fits").click()
            expect(panel.get_by_role("status").first).to_have_text("Saved: no theme fits.")
        if number < 16:
            panel.get_by_role("link", name="Next untagged post").click()
    expect(panel).to_contain_text("16 of 16 posts answered")
    expect(panel).to_contain_text("No other post waits for a tag")


def merge_two_themes(tom: Page) -> None:
    before = posts_of(tom, "HOU-1")
    tom.get_by_role("link", name="Codebook", exact=True).click()
    tom.get_by_role("link", name="Edit HOU-3").click()
    tom.get_by_role("link", name="Merge", exact=True).click()
    tom.get_by_label("Merge it into").select_option("HOU-1 Temporary accommodation")
    tom.get_by_label("Why?").fill("Nobody speaks of the one without the other.")
    tom.get_by_role("button", name="Merge").click()
    expect(tom.get_by_role("heading", name="HOU-3 Affordable supply Merged")).to_be_visible()
    assert posts_of(tom, "HOU-1") > before
    expect(tom.locator('tr[data-theme="HOU-3"]')).to_have_count(0)


def posts_of(tom: Page, code: str, group: str = "") -> int:
    """As the summary counts them, in all groups or in one."""
    tom.goto("/intelligence")
    if group:
        tom.get_by_label("Group").select_option(group)
        tom.get_by_role("button", name="Show").click()
    return int(tom.locator(f'.figures tr[data-theme="{code}"] td').first.inner_text().split()[0])


def read_the_summary(tom: Page) -> int:
    """The posts on housing, after a look at one of its themes."""
    posts = posts_of(tom, "HOU", GROUP)
    tom.goto("/intelligence/themes/HOU-4")
    expect(tom.get_by_role("heading", level=1, name="HOU-4 Damp, safety and regulation")).to_be_visible()
    expect(tom.get_by_role("heading", name="Month by month")).to_be_visible()
    return posts


def approve_a_quote(tom: Page) -> None:
    tom.get_by_role("navigation", name="Intelligence").get_by_role("link", name="Quotes").click()
    tom.get_by_label("Theme", exact=True).select_option("HOU-5 Private renting")
    tom.get_by_role("button", name="Show").click()
    proposal = tom.get_by_role("article").filter(has_text="ask each landlord about the gutter")
    expect(proposal.locator("mark")).to_have_text("Stroud")
    leaves = proposal.get_by_label("As it may leave")
    expect(leaves).to_have_value(REDACTED)
    leaves.fill(SAID)
    proposal.get_by_role("button", name="Approve").click()
    expect(tom.get_by_role("alert")).to_contain_text("Stroud")
    proposal.get_by_label("As it may leave").fill(REDACTED)
    proposal.get_by_role("button", name="Approve").click()
    expect(tom.get_by_text("Quote approved.")).to_be_visible()


def draft(tom: Page) -> None:
    tom.get_by_role("link", name="Summary", exact=True).click()
    tom.get_by_label("Group").select_option(GROUP)
    tom.get_by_role("button", name="Show").click()
    tom.get_by_role("link", name="Draft a release from these figures").click()
    expect(tom.get_by_text(f"Group: {GROUP}.")).to_be_visible()
    tom.get_by_label("Title", exact=True).fill(TITLE)
    tom.get_by_role("button", name="Freeze the figures and save").click()
    tom.get_by_role("link", name="Write the paper and choose quotes").click()
    for part, words in PAPER.items():
        tom.get_by_label(part, exact=True).fill(words)
    tom.get_by_role("group", name="Quotes").get_by_label(REDACTED).check()
    tom.get_by_role("button", name="Save").click()
    expect(tom.get_by_role("heading", level=1, name=TITLE)).to_be_visible()


def say_what_is_done(tom: Page) -> None:
    release = tom.url
    tom.get_by_role("link", name="say what is done").click()
    expect(tom.get_by_label("Release").locator("option:checked")).to_have_text(TITLE)
    tom.get_by_label("Theme").select_option("HOU-4 Damp, safety and regulation")
    tom.get_by_label("What is done").fill(WE_DID)
    tom.get_by_label("Owner").fill("Housing team")
    tom.get_by_label("Status").select_option("Under way")
    tom.get_by_role("button", name="Save").click()
    expect(tom.get_by_role("rowheader", name=WE_DID)).to_be_visible()
    tom.goto(release)


def clear_and_check(tom: Page) -> None:
    tom.get_by_role("button", name="Mark as checked").click()
    expect(tom.get_by_role("alert")).to_contain_text("Clear what the scan found")
    found = tom.get_by_role("region", name="What the scan found")
    expect(found.get_by_role("heading", name="“Stroud” in Summary")).to_be_visible()
    found.get_by_role("button", name="Put [council] in its place").click()
    expect(found.get_by_text("Nothing is open.")).to_be_visible()
    expect(tom.get_by_text("[council] counts from the day")).to_be_visible()
    tom.get_by_role("button", name="Mark as checked").click()
    expect(tom.get_by_text("Ask another analyst to sign it off.")).to_be_visible()
    expect(tom.get_by_role("button", name="Sign it off")).to_have_count(0)


def download(tom: Page, words: str) -> bytes:
    with tom.expect_download() as begun:
        tom.get_by_role("link", name=words).click()
    return begun.value.path().read_bytes()


def words_of_paper(file: bytes) -> str:
    return "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(file)).paragraphs) + "\n".join(
        cell.text for table in docx.Document(io.BytesIO(file)).tables for row in table.rows for cell in row.cells
    )


def cells_of_book(file: bytes) -> list[list[object]]:
    book = openpyxl.load_workbook(io.BytesIO(file))
    return [list(row) for sheet in book for row in sheet.iter_rows(values_only=True)]


def everything_in(file: bytes) -> str:
    with ZipFile(io.BytesIO(file)) as parts:
        return "\n".join(parts.read(name).decode("utf-8", "ignore") for name in parts.namelist())
