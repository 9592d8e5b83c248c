"""Reply while one reads: the composer comes to the foot of the window, covers nothing that has focus, and goes back."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.stage import PHONE, Service
from tests.browser.talk import Talk

pytestmark = pytest.mark.browser
DESK = {"viewport": {"width": 1280, "height": 800}}
# Whether any of what has focus can be seen: nothing else lies over its corners and its middle.
FOCUS_IS_CLEAR = """() => {
  const it = document.activeElement;
  if (it === document.body) return true; // between the end of the page and its beginning
  const { left, top, right, bottom } = it.getBoundingClientRect();
  const at = (x, y) => it.contains(document.elementFromPoint(x, y));
  return top >= 0 && bottom <= innerHeight &&
    at(left + 2, (top + bottom) / 2) && at(right - 2, (top + bottom) / 2) && at((left + right) / 2, (top + bottom) / 2);
}"""


def read(page: Page, talk: Talk) -> Page:
    page.goto(talk.path)
    expect(page.locator("#live-state")).to_have_text(re.compile("^Connected"))
    page.evaluate("scrollTo(0, 0)")
    return page


def reply(page: Page) -> Locator:
    return page.get_by_role("link", name="Reply", exact=True)


def close(page: Page) -> Locator:
    return page.get_by_role("region", name="Reply").get_by_role("button", name="Close")


def words(page: Page) -> Locator:
    return page.get_by_label("Your post")


def place(page: Page) -> int:
    return int(page.evaluate("scrollY"))


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
def test_amina_replies_from_where_she_reads_and_is_shown_her_post(
    visit: Visit, talk: Talk, window: dict[str, object]
) -> None:
    amina = read(visit("amina", **window), talk)
    amina.evaluate("scrollTo(0, 200)")
    reply(amina).press("Enter")
    expect(words(amina)).to_be_focused()
    expect(words(amina)).to_be_in_viewport(ratio=1)
    expect(reply(amina)).to_be_hidden()
    amina.keyboard.type("We do it too")
    for step in ("Tab", "Tab", "Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab"):
        amina.keyboard.press(step)
        assert amina.evaluate(FOCUS_IS_CLEAR)
    expect(words(amina)).to_be_focused()
    assert place(amina) == 200, "The page stays where she reads"

    amina.keyboard.press("Escape")
    expect(reply(amina)).to_be_focused()
    expect(words(amina)).not_to_be_in_viewport()
    reply(amina).click()
    expect(words(amina)).to_have_value("We do it too")
    close(amina).click()
    expect(reply(amina)).to_be_focused()
    assert place(amina) == 200
    amina.reload()
    expect(amina.get_by_text("Your unsent words are back.")).to_have_count(1)
    reply(amina).click()
    expect(words(amina)).to_have_value("We do it too")

    words(amina).clear()
    amina.get_by_role("button", name="Post", exact=True).click()
    problem = amina.get_by_role("alert")
    expect(problem).to_be_focused()
    expect(problem).to_be_in_viewport(ratio=0.95)
    expect(amina).to_have_title(re.compile("^Error: "))
    expect(reply(amina)).to_be_hidden()
    problem.get_by_role("link").click()
    expect(words(amina)).to_be_focused()
    words(amina).fill("We did it too.")
    amina.get_by_role("button", name="Post", exact=True).click()
    mine = amina.locator(".post", has_text="We did it too.")
    expect(mine).to_be_focused()
    expect(mine).to_be_in_viewport(ratio=1)
    expect(amina).not_to_have_title(re.compile("^Error: "))
    expect(amina.get_by_text("Posted", exact=True)).to_have_attribute("role", "status")
    expect(close(amina)).to_be_hidden()


def test_nothing_covers_what_has_focus(visit: Visit, talk: Talk) -> None:
    ruth = read(visit("ruth", viewport={"width": 1024, "height": 700}), talk)

    def assert_clear() -> None:
        assert ruth.evaluate(FOCUS_IS_CLEAR), ruth.evaluate("document.activeElement.outerHTML")

    for covered in 10, 300:  # by the rail; and by the composer
        if covered == 300:
            reply(ruth).click()
        for step in ["Shift+Tab"] * 12 + ["Tab"] * 24:
            ruth.keyboard.press(step)
            assert_clear()
        menu = ruth.locator(".post summary").nth(4)
        menu.evaluate(
            "(it, from_foot) => scrollBy(0, it.getBoundingClientRect().bottom - innerHeight + from_foot)", covered
        )
        menu.focus()
        assert_clear()


def test_what_could_not_be_sent_is_said_in_sight(visit: Visit, talk: Talk, service: Service) -> None:
    amina = read(visit("amina", **PHONE), talk)
    reply(amina).tap()
    words(amina).fill("Into the void?")
    service.stop()
    amina.get_by_role("button", name="Post", exact=True).tap()
    said = amina.get_by_text("Not sent. The hub could not be reached. Your words are kept here.")
    expect(said).to_be_in_viewport(ratio=0.95)
    expect(words(amina)).to_have_value("Into the void?")
    service.start()
    amina.get_by_role("button", name="Post", exact=True).tap()
    expect(amina.locator(".post", has_text="Into the void?")).to_be_focused()


def test_in_a_low_window_reply_leads_to_the_field_where_it_stands(visit: Visit, talk: Talk) -> None:
    amina = read(visit("amina", viewport={"width": 320, "height": 256}), talk)
    reply(amina).press("Enter")
    expect(words(amina)).to_be_focused()
    expect(words(amina)).to_be_in_viewport()
    expect(close(amina)).to_be_hidden()


def test_reply_is_not_offered_beside_the_composer_nor_to_who_only_reads(visit: Visit, talk: Talk) -> None:
    amina = read(visit("amina", **DESK), talk)
    expect(reply(amina)).to_be_visible()
    words(amina).scroll_into_view_if_needed()
    expect(reply(amina)).to_be_hidden()
    amina.evaluate("scrollTo(0, 0)")
    expect(reply(amina)).to_be_visible()
    olu = read(visit("olu", **DESK), talk)
    expect(reply(olu)).to_have_count(0)
    expect(olu.locator("#live-state")).to_be_in_viewport(ratio=1)
