"""People talk in one thread, each in a browser of their own: what one does, the others see without a reload."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.stage import PHONE, Service, from_menu, open_thread
from tests.cast import new_key
from tests.processes import browser as by_hand
from tests.processes import first_thread

pytestmark = pytest.mark.browser
THREAD = ("Adult social care", "What works in adult-social-care?")
CONNECTED = re.compile("^Connected")
# What the posts look like, but for the words of times, which depend on when one looks.
POSTS = """() => JSON.stringify([...document.querySelectorAll("#posts > .post")].map((post) => {
  const copy = post.cloneNode(true);
  for (const time of copy.querySelectorAll("time")) time.textContent = "";
  return copy.outerHTML;
}))"""


def enter(page: Page) -> Page:
    open_thread(page, *THREAD)
    expect(page.locator("#live-state")).to_have_text(CONNECTED)
    page.evaluate("window.isTheSamePage = true")
    return page


def say(page: Page, words: str) -> None:
    page.get_by_label("Your post").fill(words)
    page.get_by_role("button", name="Post", exact=True).click()


def post(page: Page, words: str) -> Locator:
    return page.locator("#posts > .post", has_text=words)


def hide(page: Page, words: str) -> None:
    from_menu(post(page, words), "Hide")
    page.get_by_label("It is off the topic of this thread").check()
    page.get_by_role("button", name="Hide").click()
    expect(page.locator("#posts .trace")).to_have_count(1)


def assert_as_loaded_afresh(page: Page) -> None:
    """The page shows what it would show if it were loaded now."""
    afresh = page.context.new_page()
    afresh.goto(page.url.split("#")[0])
    expect(afresh.locator("#live-state")).to_have_text(CONNECTED)
    page.wait_for_function(f"(afresh) => ({POSTS})() === afresh", arg=afresh.evaluate(POSTS))
    afresh.close()


def test_people_talk_and_everyone_sees_it(visit: Visit) -> None:
    amina, gareth, ruth = enter(visit("amina", **PHONE)), enter(visit("gareth")), enter(visit("ruth"))

    say(amina, "Our step-down beds opened on **Monday**.")
    expect(post(amina, "step-down beds")).to_be_visible()
    expect(post(gareth, "step-down beds").locator("strong")).to_have_text("Monday")
    say(gareth, "How many, and who pays?")
    expect(post(amina, "who pays?")).to_be_visible()
    expect(amina.locator("#posts > .post")).to_have_count(4)

    from_menu(post(amina, "step-down beds"), "Edit")
    amina.get_by_label("Your post").fill("Our twelve step-down beds opened on Monday.")
    amina.get_by_role("button", name="Save").click()
    expect(post(gareth, "twelve step-down beds")).to_contain_text("edited")
    expect(post(gareth, "step-down beds")).to_have_count(1)

    hide(ruth, "who pays?")
    expect(gareth.locator(".trace")).to_have_text("A facilitator hid this post.")
    expect(post(gareth, "who pays?")).to_have_count(0)
    expect(amina.locator(".trace")).to_be_visible()
    ruth.get_by_role("link", name="Restore").click()
    ruth.get_by_label("Why do you restore it?").fill("It was a fair question.")
    ruth.get_by_role("button", name="Restore").click()
    expect(post(gareth, "who pays?")).to_be_visible()
    expect(gareth.locator(".trace")).to_have_count(0)

    expect(gareth.locator("#live-state")).to_have_text(CONNECTED)
    assert gareth.evaluate("window.isTheSamePage"), "Gareth saw it all without a reload"
    for page in (amina, gareth, ruth):
        assert_as_loaded_afresh(page)


def test_pages_catch_up_after_the_service_was_away(
    visit: Visit, service: Service, database_url: str, tmp_path: Path
) -> None:
    amina, gareth = enter(visit("amina", **PHONE)), enter(visit("gareth"))
    say(gareth, "Said before the break.")
    expect(post(amina, "before the break")).to_be_visible()

    service.stop()
    for page in (amina, gareth):
        expect(page.locator("#live-state")).to_have_text(re.compile("^(Reconnecting|Offline)"))
    say(amina, "Said into the void?")
    expect(amina.get_by_text("Your words are kept here.")).to_be_visible()

    with Service(database_url, tmp_path) as elsewhere:  # at another address, where no open page looks
        ruth = by_hand(elsewhere.where, "ruth")
        thread = first_thread(ruth, "adult-social-care")
        before = re.findall(r'id="post-(\d+)"', ruth.get(thread).text)[-1]
        for path, form in (
            (f"{thread}/posts", {"body": "Said meanwhile."}),
            (f"/posts/{before}/hide", {"reason": "off-topic"}),
        ):
            assert ruth.post(path, data={"key": new_key(), **form}).status_code == 303

    service.start()
    for page in (amina, gareth):
        expect(page.locator("#live-state")).to_have_text(CONNECTED)
        expect(post(page, "Said meanwhile.")).to_have_count(1)
        expect(post(page, "before the break")).to_have_count(0)
        expect(page.locator(".trace")).to_have_count(1)
    amina.get_by_role("button", name="Post", exact=True).click()
    expect(post(gareth, "into the void")).to_have_count(1)
    for page in (amina, gareth):
        assert page.evaluate("window.isTheSamePage"), "The page caught up without a reload"
        assert_as_loaded_afresh(page)


def test_a_removed_member_s_page_closes_with_words(visit: Visit) -> None:
    gareth, ruth = enter(visit("gareth")), enter(visit("ruth"))
    ruth.get_by_role("link", name="Adult social care").click()
    ruth.get_by_role("link", name="People", exact=True).click()
    ruth.get_by_role("link", name="Remove Gareth").click()
    ruth.get_by_label("Why do you remove them?").fill("He left the council.")
    ruth.get_by_role("button", name="Remove").click()
    expect(ruth.get_by_role("link", name="Remove Gareth")).to_have_count(0)

    expect(gareth.locator("#live-state")).to_have_text("This thread is not available any longer. Go to your groups.")
    thread = gareth.url
    open_thread(ruth, *THREAD)
    say(ruth, "Without him.")
    expect(post(ruth, "Without him.")).to_be_visible()
    expect(post(gareth, "Without him.")).to_have_count(0)
    gareth.get_by_role("link", name="Go to your groups.").click()
    expect(gareth.get_by_role("heading", level=1, name="Groups")).to_be_visible()
    answer = gareth.goto(thread)
    assert answer is not None and answer.status == 404
