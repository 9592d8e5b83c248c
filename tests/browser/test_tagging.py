"""Ruth tags what was said: by keyboard, by touch, by forms alone. Tom finds it counted."""

import csv
import io
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.stage import PHONE, Service, open_thread

pytestmark = pytest.mark.browser
THREAD = ("Adult social care", "What has eased discharge from hospital locally?")
THEME = ("CARE-2", "CARE-2 Hospital discharge and NHS join-up")
NOTHING_TYPED = "0 1 2 3 4 5 6 u n p f"


def figures(tom: Page, code: str) -> list[str]:
    """Posts, people and councils of a theme, as the page shows them; the file says the same."""
    tom.goto("/intelligence")
    cells = tom.locator(f'.figures tr[data-theme="{code}"] td').all_inner_texts()
    shown = [cell.split()[0] for cell in cells[:3]]  # the share, span and trend come after
    answer = tom.request.get("/intelligence.csv")
    in_file = {row[0]: row[3:6] for row in csv.reader(io.StringIO(answer.text().lstrip("\ufeff"))) if len(row) >= 6}
    assert shown == in_file[code]
    return shown


def has_one_more_post(after: list[str], before: list[str]) -> bool:
    """A post more; its author and their council may have been counted already."""
    posts, people, councils = (int(new) - int(old) for new, old in zip(after, before, strict=True))
    return posts == 1 and people in (0, 1) and councils in (0, 1)


def taggings(page: Page) -> Locator:
    return page.locator(".taggings > li")


def done(page: Page) -> Locator:
    return page.locator(".done").get_by_role("status")


class Keys:
    """What is pressed, counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1


def test_ruth_tags_a_passage_by_keyboard_and_tom_finds_it(visit_demo: Visit) -> None:
    ruth, tom = visit_demo("ruth"), visit_demo("tom")
    before = figures(tom, THEME[0])
    open_thread(ruth, *THREAD)
    keys = ruth.keyboard

    ruth.get_by_role("link", name="Tag this thread").focus()
    keys.press("Enter")
    panel = ruth.get_by_role("complementary", name="Tagging")
    source = ruth.get_by_label("Select a passage")
    expect(source).to_be_focused()
    number = panel.get_by_role("heading", level=1).inner_text()
    keys.press("Control+Home")
    for _ in range(5):
        keys.press("Control+Shift+ArrowRight")
    keys.type("Not a letter of it changes!".translate(str.maketrans("", "", "nfpu")))
    passage = source.evaluate("({ value, selectionEnd }) => value.slice(0, selectionEnd).trim()")
    assert len(passage.split()) >= 3
    expect(ruth.locator("#selected")).to_have_text(f"“{passage}”")

    keys.press("Tab")
    theme = ruth.get_by_role("combobox", name="Find a theme")
    expect(theme).to_be_focused()
    keys.type("nhs discharge")
    expect(ruth.locator("#found")).to_have_text(re.compile("^1 of 7[0-9] themes$"))
    expect(ruth.get_by_role("option", selected=True)).to_contain_text("Getting people out of hospital well")
    keys.press("Enter")
    expect(theme).to_have_value(THEME[1])
    expect(ruth.get_by_role("button", name="Issue")).to_be_focused()
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Space")

    expect(done(ruth)).to_have_text("Tagged CARE-2 as Practice.")
    expect(panel.get_by_role("heading", level=1)).to_have_text(number)
    expect(source).to_be_focused()
    expect(taggings(ruth)).to_have_count(1)
    expect(taggings(ruth)).to_contain_text(THEME[1])
    expect(taggings(ruth).locator("blockquote")).to_have_text(passage)
    assert has_one_more_post(figures(tom, THEME[0]), before)

    panel.get_by_role("button", name="Take off CARE-2").focus()
    keys.press("Enter")
    expect(done(ruth)).to_have_text("Taken off.")
    expect(panel.get_by_text("None yet.")).to_be_visible()
    keys.press("Escape")
    expect(panel).to_have_count(0)
    assert number.split()[2] in ruth.evaluate("document.activeElement.textContent")
    assert figures(tom, THEME[0]) == before


def test_ruth_tags_ten_posts_by_keyboard_alone(visit: Visit, service: Service) -> None:
    ruth, amina, tom = visit("ruth"), visit("amina"), visit("tom")
    thread = "/threads/" + open_untagged(amina, 10)
    ruth.goto(thread)
    keys = Keys(ruth)
    loads: list[str] = []
    ruth.on("request", lambda request: loads.append(request.url) if request.is_navigation_request() else None)
    ruth.get_by_role("link", name="Tag this thread").focus()
    keys.press("Enter")
    panel = ruth.get_by_role("complementary", name="Tagging")
    for number in range(1, 11):
        expect(panel.get_by_role("heading", level=1)).to_have_text(f"Tag post {number} of 10")
        expect(ruth.locator("#source")).to_be_focused()
        expect(ruth.locator(".post[aria-current]")).to_contain_text(f"Post {number}:")
        keys.pressed = 0
        if number == 7:
            keys.press("0")
            expect(done(ruth)).to_have_text("Saved: no theme fits.")
            expect(panel).to_contain_text("7 of 10 posts answered: 6 tagged, 1 with no theme")
            keys.press("u")
            expect(done(ruth)).to_have_text("Taken back.")
            expect(panel).to_contain_text("6 of 10 posts answered")
            keys.press("0")
            expect(done(ruth)).to_have_text("Saved: no theme fits.")
            keys.press("n")
            assert keys.pressed == 4
            continue
        keys.press("Tab", "d", "i", "s")
        expect(ruth.get_by_role("option", selected=True)).to_contain_text(THEME[1])
        keys.press("Enter", "3")
        expect(done(ruth)).to_have_text("Tagged CARE-2 as Practice.")
        expect(panel).to_contain_text(f"{number} of 10 posts answered")
        if number == 4:
            keys.press("u")
            expect(done(ruth)).to_have_text("Taken off.")
            expect(panel).to_contain_text("3 of 10 posts answered")
            expect(ruth.locator("#source")).to_be_focused()
            keys.press("f", "d", "i", "s", "Enter", "2", "n")
        else:
            keys.press("n")
            assert keys.pressed == 7
    expect(panel).to_contain_text("No other post waits for a tag")
    keys.press("p")
    expect(panel.get_by_role("heading", level=1)).to_have_text("Tag post 9 of 10")
    assert loads == []

    listed = tom.request.get(f"{thread}/taggings", headers={"accept": "application/json"}).json()
    assert [(found["theme"], found["kind"]) for found in listed] == [
        (THEME[0], "barrier" if number == 4 else "practice") for number in range(1, 11) if number != 7
    ]


def open_untagged(amina: Page, posts: int) -> str:
    """A thread of Amina's with so many posts, on as few pages as there are; its id."""
    amina.goto("/groups/adult-social-care/threads/new")
    amina.get_by_label("Title").fill("How do people get home from hospital?")
    amina.get_by_label("First post").fill("Post 1: nobody came.")
    amina.get_by_role("button", name="Start the thread").click()
    for number in range(2, posts + 1):
        amina.get_by_label("Your post").fill(f"Post {number}: they came on day {number}.")
        amina.get_by_role("button", name="Post", exact=True).click()
        expect(amina.locator("#posts > .post")).to_have_count(number)
    return str(amina.locator("main").get_attribute("data-thread"))


def test_single_keys_work_in_the_panel_and_never_while_one_types(visit: Visit) -> None:
    ruth = visit("ruth")
    open_thread(ruth, "Adult social care", "What works in adult-social-care?")
    ruth.get_by_role("link", name="Tag post 1", exact=True).click()
    source, theme = ruth.locator("#source"), ruth.get_by_role("combobox", name="Find a theme")
    expect(source).to_be_focused()
    heading = ruth.get_by_role("complementary").get_by_role("heading", level=1)

    theme.focus()
    ruth.keyboard.type(NOTHING_TYPED)
    expect(theme).to_have_value(NOTHING_TYPED)
    expect(ruth.locator("#found")).to_have_text("0 of 72 themes")
    composer = ruth.get_by_label("Your post")
    composer.focus()
    ruth.keyboard.type(NOTHING_TYPED)
    expect(composer).to_have_value(NOTHING_TYPED)
    ruth.locator("#posts a").first.focus()
    ruth.keyboard.type(NOTHING_TYPED)
    source.focus()
    ruth.keyboard.press("Control+n")
    expect(heading).to_have_text("Tag post 1 of 2")
    expect(taggings(ruth)).to_have_count(0)

    for folded, field in ("Other: propose a theme", "Name"), ("Add a memo", "Memo"):
        ruth.get_by_text(folded).last.click()
        ruth.get_by_label(field, exact=True).last.press_sequentially(NOTHING_TYPED)
        ruth.keyboard.press("Escape")  # what is typed does not go with the panel
        expect(ruth.get_by_label(field, exact=True).last).to_have_value(NOTHING_TYPED)
        ruth.get_by_label(field, exact=True).last.fill("")

    theme.fill("")
    theme.press("Enter")
    expect(theme).to_be_focused()
    theme.press("ArrowDown")
    expect(ruth.get_by_role("listbox").get_by_role("option")).to_have_count(72)
    theme.press("ArrowUp")
    expect(ruth.get_by_role("option").last).to_have_attribute("aria-selected", "true")
    theme.press("ArrowDown")
    expect(ruth.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    theme.press("Escape")
    expect(ruth.get_by_role("listbox")).to_have_count(0)
    theme.press("c")
    theme.press("a")
    theme.press("r")
    expect(ruth.get_by_role("option").first).to_contain_text("CARE Adult care")
    theme.press("Tab")  # the first is taken
    expect(theme).to_have_value("CARE Adult care and health")
    source.focus()
    ruth.keyboard.press("n")
    expect(heading).to_have_text("Tag post 2 of 2")


def test_what_was_chosen_stays_when_it_is_refused_or_the_hub_is_away(visit: Visit) -> None:
    ruth = visit("ruth")
    open_thread(ruth, "Adult social care", "What works in adult-social-care?")
    ruth.get_by_role("link", name="Tag post 2", exact=True).click()
    source = ruth.get_by_label("Select a passage")
    source.evaluate("it => it.setSelectionRange(5, 10)")
    theme = ruth.get_by_role("combobox", name="Find a theme")
    theme.fill("zzz")
    ruth.get_by_role("button", name="Barrier").click()
    expect(ruth.get_by_role("alert")).to_be_focused()
    expect(ruth.get_by_role("alert")).to_contain_text("Choose a theme")
    expect(theme).to_have_value("zzz")
    expect(ruth.locator("#theme-problem")).to_be_visible()
    assert source.evaluate("it => [it.selectionStart, it.selectionEnd]") == [5, 10]
    ruth.get_by_role("alert").get_by_role("link").click()
    expect(theme).to_be_focused()

    theme.fill("unp")
    theme.press("Enter")
    ruth.context.set_offline(True)
    ruth.keyboard.press("2")
    expect(done(ruth)).to_contain_text("could not be reached")
    expect(theme).to_have_value("CARE-3 Unpaid carers")
    ruth.context.set_offline(False)
    ruth.get_by_role("button", name="Barrier").click()
    expect(done(ruth)).to_have_text("Tagged CARE-3 as Barrier.")
    expect(taggings(ruth).locator("blockquote")).to_have_text("works")


def test_ruth_tags_by_touch_on_her_phone(visit: Visit) -> None:
    ruth = visit("ruth", **PHONE)
    open_thread(ruth, "Adult social care", "What works in adult-social-care?")
    ruth.get_by_role("link", name="Tag post 2", exact=True).tap()
    expect(ruth.get_by_role("heading", level=1)).to_have_text("Tag post 2 of 2")
    ruth.evaluate("window.same = true")
    ruth.get_by_label("Select a passage").evaluate("it => { it.focus(); it.setSelectionRange(0, 4) }")
    ruth.get_by_role("combobox", name="Find a theme").tap()
    option = ruth.get_by_role("option", name="CARE-3")
    option.scroll_into_view_if_needed()
    assert (option.bounding_box() or {})["height"] >= 44
    option.tap()
    ruth.get_by_role("button", name="Support need").tap()
    expect(done(ruth)).to_have_text("Tagged CARE-3 as Support need.")
    expect(taggings(ruth).locator("blockquote")).to_have_text("Much")
    ruth.get_by_role("button", name="CARE-3 Unpaid carers").tap()
    ruth.get_by_role("button", name="Issue").tap()
    expect(taggings(ruth)).to_have_count(2)
    ruth.get_by_role("button", name="Undo").tap()
    expect(done(ruth)).to_have_text("Taken off.")
    expect(taggings(ruth)).to_have_count(1)
    assert ruth.evaluate("window.same") is True


def test_ruth_tags_sentences_without_scripts(visit_demo: Visit) -> None:
    ruth, tom = visit_demo("ruth", java_script_enabled=False), visit_demo("tom", java_script_enabled=False)
    before = figures(tom, THEME[0])
    open_thread(ruth, *THREAD)
    ruth.get_by_role("link", name="Tag this thread").click()
    number = ruth.get_by_role("heading", level=1).inner_text()
    sentences = ruth.get_by_role("group", name="Tick the sentences").locator(".choice")
    words = [sentence.inner_text().strip() for sentence in sentences.all()[:2]]
    ruth.get_by_role("button", name="Barrier").click()
    expect(ruth.get_by_role("alert")).to_contain_text("theme")

    for sentence in sentences.all()[:2]:
        sentence.get_by_role("checkbox").check()
    ruth.get_by_label("Find a theme").select_option(THEME[0])
    sentences.first.get_by_role("checkbox").press("Enter")
    expect(ruth.get_by_role("alert")).to_have_text(re.compile("Choose a kind"))
    ruth.get_by_role("button", name="Barrier").click()
    expect(done(ruth)).to_have_text("Tagged CARE-2 as Barrier.")
    expect(ruth.get_by_role("heading", level=1)).to_have_text(number)
    expect(taggings(ruth)).to_have_count(1)
    expect(taggings(ruth)).to_contain_text(THEME[1])
    quote = taggings(ruth).locator("blockquote").inner_text()
    assert quote.startswith(words[0]) and quote.endswith(words[1])
    assert has_one_more_post(figures(tom, THEME[0]), before)

    ruth.get_by_role("button", name="Undo").click()
    expect(done(ruth)).to_have_text("Taken off.")
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


def test_ruth_proposes_a_theme_and_notes_why_without_leaving_the_thread(visit: Visit) -> None:
    ruth = visit("ruth")
    open_thread(ruth, "Adult social care", "What works in adult-social-care?")
    ruth.get_by_role("link", name="Tag post 2", exact=True).click()
    panel = ruth.get_by_role("complementary", name="Tagging")
    ruth.get_by_label("Select a passage").evaluate("it => it.setSelectionRange(5, 10)")
    panel.get_by_text("Other: propose a theme").click()
    panel.get_by_label("Name").fill("Cold homes")
    panel.get_by_role("button", name="Barrier").click()
    expect(ruth.get_by_role("alert")).to_contain_text("Say what this theme would hold")
    expect(panel.get_by_label("Name")).to_have_value("Cold homes")
    panel.get_by_label("What it holds").fill("Homes too cold to go home to")
    panel.get_by_role("button", name="Barrier").click()
    expect(done(ruth)).to_have_text("Tagged NEW-1 as Barrier.")
    expect(taggings(ruth)).to_contain_text("NEW-1 Cold homes")
    expect(taggings(ruth).locator("blockquote")).to_have_text("works")

    taggings(ruth).get_by_text("Add a memo").click()
    taggings(ruth).get_by_label("Memo").fill("Ask the housing lead.")
    taggings(ruth).get_by_role("button", name="Save memo").click()
    expect(done(ruth)).to_have_text("Memo saved.")
    expect(taggings(ruth).get_by_role("list", name="Memos")).to_contain_text("Ask the housing lead.")
    expect(ruth.locator(".post[aria-current]")).to_have_count(1)


def test_an_edit_moves_a_passage_or_asks_ruth(visit: Visit) -> None:
    amina, ruth = visit("amina"), visit("ruth")
    thread = "/threads/" + open_untagged(amina, 2)
    ruth.goto(f"{thread}/taggings")
    expect(ruth.get_by_role("heading", level=1)).to_have_text("Tag post 1 of 2")
    for words, kind in ("Post", "Issue"), ("nobody came", "Barrier"):
        ruth.get_by_label("Select a passage").evaluate(
            "(it, words) => { const at = it.value.indexOf(words); it.setSelectionRange(at, at + words.length); }", words
        )
        ruth.get_by_role("combobox", name="Find a theme").fill("dis")
        ruth.get_by_role("button", name=kind).click()
        expect(done(ruth)).to_have_text(f"Tagged CARE-2 as {kind}.")
    amina.goto(str(amina.locator(".post a[href$='/edit']").first.get_attribute("href")))
    amina.get_by_label("Your post").fill("I was wrong: in the end nobody came.")
    amina.get_by_role("button", name="Save").click()
    expect(amina.locator(".post").first).to_contain_text("in the end nobody came")

    ruth.reload()
    expect(taggings(ruth)).to_have_count(2)
    expect(taggings(ruth).filter(has_text="Review: the post was edited.")).to_have_count(1)
    expect(taggings(ruth).filter(has_text="Review")).to_contain_text("Issue")
    ruth.get_by_role("button", name="It still fits the whole post").click()
    expect(done(ruth)).to_have_text("It still fits.")
    expect(taggings(ruth).filter(has_text="Review")).to_have_count(0)


def test_tom_reads_a_sample_without_scripts_and_talks_with_ruth(visit: Visit, service: Service) -> None:
    amina, ruth = visit("amina"), visit("ruth", java_script_enabled=False)
    tom = visit("tom", java_script_enabled=False)
    thread = "/threads/" + open_untagged(amina, 3)
    for theme in "CARE-2", "CARE-3", "":
        ruth.goto(f"{thread}/taggings")
        if theme:
            ruth.get_by_label("Find a theme").select_option(theme)
        ruth.get_by_role("button", name="Barrier" if theme else "No theme fits").click()
    expect(ruth.get_by_text("3 of 3 posts answered: 2 tagged, 1 with no theme")).to_be_visible()

    ruth.get_by_role("link", name="Intelligence").click()
    ruth.get_by_role("link", name="Second readings").click()
    ruth.get_by_label("Group").select_option("Adult social care")
    ruth.get_by_label("Who reads").select_option("Tom, analyst")
    ruth.get_by_role("button", name="Draw the sample").click()
    expect(ruth.get_by_text("0 of 3 posts are read.")).to_be_visible()

    tom.goto("/second-readings")
    tom.get_by_role("link", name="Read on").click()
    for number in range(1, 4):
        expect(tom.get_by_role("heading", level=1)).to_have_text(f"Read post {number} of 3")
        tom.get_by_label("CARE-2 Hospital discharge and NHS join-up").check()
        tom.get_by_role("button", name="Save the ticked themes").first.click()
    expect(tom.get_by_role("row", name="The very same themes")).to_contain_text("1 of 3, 33%")
    expect(tom.get_by_text("2 of 3 posts.")).to_be_visible()
    ruth.reload()
    apart = ruth.locator(".apart", has_text="Unpaid carers")
    expect(apart).to_contain_text("Second, Tom")
    apart.get_by_role("link").click()
    expect(taggings(ruth)).to_contain_text("CARE-3 Unpaid carers")
