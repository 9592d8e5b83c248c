"""Ruth tags what was said, with and without scripts, and Tom finds it counted."""

import csv
import io
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.stage import open_thread

pytestmark = pytest.mark.browser
THREAD = ("Adult social care", "What has eased discharge from hospital locally?")
THEME = ("CARE-2", "CARE-2 Hospital discharge and NHS join-up")


def figures(tom: Page, code: str) -> list[str]:
    """Posts, people and councils of a theme, as the page shows them; the file says the same."""
    tom.goto("/intelligence")
    shown = tom.locator(f'.figures tr[data-theme="{code}"] td').all_inner_texts()
    answer = tom.request.get("/intelligence.csv")
    in_file = {row[0]: row[3:6] for row in csv.reader(io.StringIO(answer.text().lstrip("\ufeff"))) if len(row) >= 6}
    assert shown == in_file[code]
    return shown


def has_one_more_post(after: list[str], before: list[str]) -> bool:
    """A post more; its author and their council may have been counted already."""
    posts, people, councils = (int(new) - int(old) for new, old in zip(after, before, strict=True))
    return posts == 1 and people in (0, 1) and councils in (0, 1)


def test_ruth_tags_a_passage_by_keyboard_and_tom_finds_it(visit_demo: Visit) -> None:
    ruth, tom = visit_demo("ruth"), visit_demo("tom")
    before = figures(tom, THEME[0])
    open_thread(ruth, *THREAD)
    keys = ruth.keyboard

    ruth.get_by_role("link", name="Tag this thread").focus()
    keys.press("Enter")
    panel = ruth.get_by_role("complementary", name="Tagging")
    heading = panel.get_by_role("heading", level=1)
    expect(heading).to_be_focused()
    number = heading.inner_text()
    source = ruth.get_by_label("Select a passage")
    source.focus()
    keys.press("Control+Home")
    for _ in range(5):
        keys.press("Control+Shift+ArrowRight")
    keys.type("Not a letter of it changes.")
    passage = source.evaluate("({ value, selectionEnd }) => value.slice(0, selectionEnd).trim()")
    assert len(passage.split()) >= 3
    expect(ruth.locator("#selected")).to_have_text(f"“{passage}”")

    keys.press("Tab")
    expect(ruth.get_by_label("Find a theme")).to_be_focused()
    keys.type("nhs discharge")
    expect(ruth.locator("#found")).to_have_text(re.compile("^1 of "))
    keys.press("Enter")
    expect(ruth.get_by_label("Theme", exact=True)).to_have_value(THEME[0])
    keys.press("Tab")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    expect(ruth.get_by_label("Practice")).to_be_checked()
    keys.press("Enter")

    expect(panel.get_by_role("status").first).to_have_text("Tagged")
    expect(heading).to_have_text(number)
    tagging = panel.locator(".taggings").first.get_by_role("listitem")
    expect(tagging).to_have_count(1)
    expect(tagging).to_contain_text(THEME[1])
    expect(tagging.locator("blockquote")).to_have_text(passage)
    assert has_one_more_post(figures(tom, THEME[0]), before)

    panel.get_by_role("button", name="Take off CARE-2").focus()
    keys.press("Enter")
    expect(panel.get_by_role("status").first).to_have_text("Taken off")
    expect(panel.get_by_text("None yet.")).to_be_visible()
    keys.press("Escape")
    expect(panel).to_have_count(0)
    expect(ruth.get_by_role("link", name="Tag this thread")).to_be_focused()
    assert figures(tom, THEME[0]) == before


def test_ruth_tags_sentences_without_scripts(visit_demo: Visit) -> None:
    ruth, tom = visit_demo("ruth", java_script_enabled=False), visit_demo("tom", java_script_enabled=False)
    before = figures(tom, THEME[0])
    open_thread(ruth, *THREAD)
    ruth.get_by_role("link", name="Tag this thread").click()
    number = ruth.get_by_role("heading", level=1).inner_text()
    sentences = ruth.get_by_role("group", name="Tick the sentences").locator(".choice")
    words = [sentence.inner_text().strip() for sentence in sentences.all()[:2]]
    ruth.get_by_role("button", name="Tag", exact=True).click()
    expect(ruth.get_by_role("alert")).to_contain_text("theme")

    for sentence in sentences.all()[:2]:
        sentence.get_by_role("checkbox").check()
    ruth.get_by_label("Theme", exact=True).select_option(THEME[0])
    ruth.get_by_label("Barrier").check()
    ruth.get_by_role("button", name="Tag", exact=True).click()
    expect(ruth.get_by_role("heading", level=1)).to_have_text(number)
    tagging = ruth.locator(".taggings").first.get_by_role("listitem")
    expect(tagging).to_contain_text(THEME[1])
    quote = tagging.locator("blockquote").inner_text()
    assert quote.startswith(words[0]) and quote.endswith(words[1])
    assert has_one_more_post(figures(tom, THEME[0]), before)

    ruth.get_by_role("button", name="Take off CARE-2").click()
    expect(ruth.get_by_text("None yet.")).to_be_visible()
    assert figures(tom, THEME[0]) == before


def test_small_counts_stay_hidden_in_page_and_file(visit_demo: Visit) -> None:
    tom = visit_demo("tom")
    tom.goto("/intelligence")
    hidden = tom.locator(".figures tr", has_text="[c]")
    codes = [row.get_attribute("data-theme") for row in hidden.all()]
    assert codes, "The demo world has themes that few people raised"
    assert figures(tom, str(codes[0])) == ["[c]", "[c]", "[c]"]
    with tom.expect_download() as download:
        tom.get_by_role("link", name="CSV").click()
    assert f"\r\n{codes[0]}," in download.value.path().read_bytes().decode()


def test_a_member_gets_no_way_to_the_panel(visit_demo: Visit) -> None:
    amina = visit_demo("amina")
    open_thread(amina, *THREAD)
    expect(amina.get_by_role("link", name=re.compile("^Tag"))).to_have_count(0)
    expect(amina.get_by_role("link", name=re.compile("Intelligence|Codebook"))).to_have_count(0)
    answer = amina.goto(f"{amina.url.split('?')[0].split('#')[0]}/taggings")
    assert answer is not None and answer.status in (403, 404)
