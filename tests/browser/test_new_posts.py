"""New posts while one reads: offered and not forced upon the reader, and said once to those who do not see them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.stage import PHONE, Service
from tests.browser.talk import Talk

pytestmark = pytest.mark.browser
DESK = {"viewport": {"width": 1280, "height": 800}}
# What a screen reader would say: what comes into a live region that is rendered and not turned off.
LISTEN = """() => {
  const IMPLIED = { log: "polite", status: "polite", alert: "assertive" };
  const isLive = (element) => {
    const region = element.closest("[aria-live], [role=log], [role=status], [role=alert]");
    const live = region?.getAttribute("aria-live") ?? IMPLIED[region?.getAttribute("role")] ?? "off";
    return live !== "off" && region.checkVisibility();
  };
  window.said = [];
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      for (const node of type === "childList" ? addedNodes : [target]) {
        const words = node.textContent.replace(/\\s+/g, " ").trim();
        const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
        if (words && element?.isConnected && isLive(element)) window.said.push(words);
      }
    }
  }).observe(document.body, { characterData: true, childList: true, subtree: true });
}"""


def read(page: Page, talk: Talk, more: str = "") -> Page:
    page.goto(talk.path + more)
    expect(page.locator("#live-state")).to_have_text(re.compile("^Connected"))
    page.evaluate("scrollTo(0, 0)")
    return page


def listen(page: Page, talk: Talk, more: str = "") -> Page:
    read(page, talk, more)
    page.evaluate(LISTEN)
    return page


def offer(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile(r"^\d+ new posts?$"))


def post(page: Page, words: str) -> Locator:
    return page.locator(".post", has_text=words)


def place(page: Page) -> int:
    return int(page.evaluate("scrollY"))


def said(page: Page) -> list[str]:
    return list(page.evaluate("window.said"))


@pytest.mark.parametrize("how", ["click", "Enter"])
def test_amina_reads_on_and_goes_to_the_new_posts_when_she_likes(visit: Visit, talk: Talk, how: str) -> None:
    amina = read(visit("amina", **DESK), talk)
    amina.evaluate("scrollTo(0, 100)")
    talk.say("gareth", "First news.")
    expect(offer(amina)).to_have_text("1 new post")
    expect(offer(amina)).to_be_in_viewport(ratio=1)
    second = talk.say("ruth", "Second news.")
    expect(offer(amina)).to_have_text("2 new posts")
    talk.hide(second)
    expect(offer(amina)).to_have_text("1 new post")
    talk.say("gareth", "Third news.\n\n" + "All of it is new. " * 200)
    talk.say("gareth", "Fourth news.")
    expect(offer(amina)).to_have_text("3 new posts")
    assert place(amina) == 100, "The page stays where she reads"

    offer(amina).focus()
    assert place(amina) == 100, "nor does it move under who comes to the offer by keyboard"
    offer(amina).click() if how == "click" else amina.keyboard.press("Enter")
    expect(post(amina, "First news.")).to_be_focused()
    expect(post(amina, "First news.")).to_be_in_viewport(ratio=1)
    expect(offer(amina)).to_have_text("1 new post")
    post(amina, "Fourth news.").evaluate("it => it.scrollIntoView({ block: 'center' })")
    expect(offer(amina)).to_have_count(0)


def test_at_the_end_of_the_page_a_new_post_does_not_move_what_amina_writes_in(visit: Visit, talk: Talk) -> None:
    amina = read(visit("amina", viewport={"width": 360, "height": 500}), talk)
    words = amina.get_by_label("Your post")
    words.press_sequentially("We also")
    amina.evaluate("scrollTo(0, document.body.scrollHeight)")
    before = words.bounding_box()
    talk.say("gareth", "A long one.\n\n" + "With much in it. " * 100)
    talk.say("gareth", "A short one.")
    expect(offer(amina)).to_have_text("2 new posts")
    expect(offer(amina)).to_be_in_viewport(ratio=1)
    after = words.bounding_box()
    assert before and after and abs(after["y"] - before["y"]) < 2, "but for fractions of a pixel"
    expect(words).to_be_focused()
    offer(amina).click()
    expect(post(amina, "A long one.")).to_be_focused()
    expect(post(amina, "A long one.").get_by_role("heading")).to_be_in_viewport(ratio=1)


def test_what_the_docked_reply_covers_is_not_seen_yet(visit: Visit, talk: Talk) -> None:
    amina = read(visit("amina", **DESK), talk)
    amina.get_by_role("link", name="Reply").click()
    amina.evaluate("scrollBy(0, document.querySelector('#posts').getBoundingClientRect().bottom - innerHeight + 300)")
    before = place(amina)
    talk.say("gareth", "News behind the reply.")
    expect(offer(amina)).to_have_text("1 new post")
    expect(offer(amina)).to_be_in_viewport(ratio=1)
    assert place(amina) == before
    expect(amina.get_by_label("Your post")).to_be_focused()
    offer(amina).click()
    expect(post(amina, "News behind the reply.")).to_be_focused()
    covered = amina.evaluate(
        "() => document.activeElement.getBoundingClientRect().bottom > "
        "document.querySelector('.docked').getBoundingClientRect().top"
    )
    assert not covered
    expect(offer(amina)).to_have_count(0)


def test_an_earlier_page_says_how_many_came_on_the_last(
    visit_at: Callable[[Service], Visit], database_url: str, tmp_path: Path
) -> None:
    with Service(database_url, tmp_path, FORUM_LIMITS__POSTS_PER_PAGE="5") as service:
        talk = Talk(service)
        talk.fill()
        amina = listen(visit_at(service)("amina", **DESK), talk, "?page=1")
        for words in ("1 newer post", "2 newer posts"):
            talk.say("gareth", "News.")
            expect(amina.get_by_role("status").filter(has_text="newer")).to_have_text(words)
        assert place(amina) == 0
        assert said(amina) == ["1 newer post", "2 newer posts"]
        expect(offer(amina)).to_have_count(0)
        amina.get_by_role("link", name="2 newer posts").click()
        expect(post(amina, "News.")).to_have_count(2)


def test_a_new_post_is_said_once_with_its_author_and_nothing_else_is(visit: Visit, talk: Talk) -> None:
    amina = listen(visit("amina", **DESK), talk)
    first = talk.say("gareth", "We **halved** the wait.\n\n" + "It took a year. " * 40)
    expect(offer(amina)).to_have_text("1 new post")
    amina.wait_for_function("() => said.length")
    [words] = said(amina)
    assert words.startswith("New post by Gareth, Councillor, Gwynedd: We halved the wait. It took a year.")
    assert len(words) < 250 and "More about" not in words

    talk.edit("gareth", first, "We halved the wait in two years.")
    expect(post(amina, "in two years")).to_be_visible()
    talk.hide(first)
    expect(amina.locator(".trace")).to_have_count(1)
    talk.restore(first)
    expect(post(amina, "in two years")).to_be_visible()
    amina.get_by_label("Your post").fill("So did we.")
    amina.get_by_role("button", name="Post", exact=True).click()
    expect(post(amina, "So did we.")).to_be_visible()
    talk.say("ruth", "Thank you both.")
    amina.wait_for_function("() => said.at(-1).startsWith('New')")
    assert said(amina)[1:] == ["Sending…", "Posted", "New post by Ruth, Facilitator LGA: Thank you both."]


def test_many_at_once_are_said_in_one_line(visit: Visit, talk: Talk) -> None:
    amina = listen(visit("amina", **DESK), talk)
    amina.context.set_offline(True)
    amina.wait_for_function("() => said.length")
    for number in range(4):
        talk.say("gareth", f"News {number}.")
    amina.context.set_offline(False)
    expect(offer(amina)).to_have_text("4 new posts")
    amina.wait_for_function("() => said.at(-1).includes('new posts') && said.at(-1).startsWith('4')")
    assert not [words for words in said(amina) if "Gareth" in words]


def test_amina_pauses_announcements_for_as_long_as_her_tab_is_open(visit: Visit, talk: Talk) -> None:
    amina = listen(visit("amina", **DESK), talk)
    pause = amina.get_by_role("button", name="Pause announcements")
    expect(pause).to_have_attribute("aria-pressed", "false")
    expect(amina.get_by_text("Announcements are paused.")).to_be_hidden()
    pause.press("Enter")
    for visited in "at first", "and after a reload":
        expect(pause).to_have_attribute("aria-pressed", "true")
        expect(amina.get_by_text("Announcements are paused.")).to_be_visible()
        talk.say("gareth", f"Not said {visited}.")
        expect(offer(amina)).to_have_text("1 new post")
        amina.wait_for_function("() => document.querySelector('[role=log]').textContent")
        assert said(amina) == []
        listen(amina, talk)
    pause.press("Enter")
    expect(amina.get_by_text("Announcements are paused.")).to_be_hidden()
    talk.say("gareth", "Said again.")
    amina.wait_for_function("() => said.length")
    assert said(amina) == ["New post by Gareth, Councillor, Gwynedd: Said again."]


def test_a_menu_stays_open_and_focus_where_it_is_when_a_post_changes(visit: Visit, talk: Talk) -> None:
    ours = talk.say("gareth", "See [our report](https://example.org/report).")
    ruth = read(visit("ruth", **PHONE), talk)
    menu, others = (post(ruth, words).locator("summary") for words in ("our report", "Experience 7"))
    hide, hide_other = (post(ruth, words).get_by_role("link", name="Hide") for words in ("our report", "Experience 7"))
    menu.press("Enter")
    hide.focus()
    talk.edit("gareth", ours, "See [our report](https://example.org/report) of May.")
    expect(post(ruth, "of May")).to_be_visible()
    expect(hide).to_be_focused()
    ruth.keyboard.press("Escape")
    expect(hide).to_be_hidden()
    expect(menu).to_be_focused()

    menu.press("Enter")
    others.focus()
    expect(hide).to_be_hidden()
    others.press("Enter")
    expect(hide_other).to_be_visible()
    ruth.get_by_role("heading", level=1).click()
    expect(hide_other).to_be_hidden()

    post(ruth, "our report").get_by_role("link", name="our report").focus()
    talk.edit("gareth", ours, "See nothing.")
    expect(post(ruth, "See nothing.")).to_be_focused()
