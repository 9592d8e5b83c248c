"""Hiding and restoring in a dialog: over the thread, by keyboard, and nothing that was typed gets lost."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.stage import Service, from_menu, more_about
from tests.browser.talk import Talk

pytestmark = pytest.mark.browser
OFF_TOPIC = "It is off the topic of this thread"
NOTE = "Note for other facilitators"
DOUBLES = """() => {
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  return ids.filter((id, index) => ids.indexOf(id) !== index);
}"""


@pytest.fixture
def ruth(visit: Visit, service: Service) -> Page:
    page = visit("ruth", viewport={"width": 1280, "height": 800})
    page.goto(Talk(service).path)
    expect(page.locator("#live-state")).to_have_text(re.compile("^Connected"))
    return page


def post(page: Page) -> Locator:
    return page.locator(".post").nth(1)


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Hide a post by Gareth")


def hide(page: Page) -> Locator:
    return dialog(page).get_by_role("button", name="Hide")


def test_ruth_hides_and_restores_by_keyboard(ruth: Page) -> None:
    menu = post(ruth).locator("summary")
    for way_out in "Escape", "Cancel", "Close":
        menu.press("Enter")
        ruth.keyboard.press("Tab")
        ruth.keyboard.press("Enter")
        expect(dialog(ruth).get_by_role("heading", level=1)).to_be_focused()
        if way_out == "Escape":
            ruth.keyboard.press("Escape")
        else:
            dialog(ruth).get_by_text(way_out, exact=True).press("Enter")
        expect(ruth.get_by_role("dialog")).to_have_count(0)
        expect(menu).to_be_focused()

    from_menu(post(ruth), "Hide")
    hide(ruth).press("Enter")
    problems = dialog(ruth).get_by_role("alert")
    expect(problems).to_be_focused()
    expect(ruth).to_have_title(re.compile("^Error: "))
    problems.get_by_role("link").press("Enter")
    for _ in range(12):
        ruth.keyboard.press("Tab")
        assert ruth.evaluate("document.activeElement.closest('dialog') || document.activeElement === document.body")
    dialog(ruth).get_by_label(OFF_TOPIC).press("Space")
    hide(ruth).press("Enter")
    restore = post(ruth).get_by_role("link", name="Restore")
    expect(restore).to_be_focused()
    expect(ruth).not_to_have_title(re.compile("^Error: "))
    expect(post(ruth)).to_contain_text("A facilitator hid this post.")

    ruth.keyboard.press("Enter")
    ruth.get_by_label("Why do you restore it?").press_sequentially("It was on the topic.")
    ruth.get_by_role("button", name="Restore").press("Enter")
    expect(menu).to_be_focused()
    expect(post(ruth)).to_contain_text("Much works")


def test_nothing_typed_is_lost_and_nothing_is_sent_twice(ruth: Page, service: Service) -> None:
    sent: list[str] = []
    ruth.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    from_menu(post(ruth), "Hide")
    dialog(ruth).get_by_label(OFF_TOPIC).check()
    dialog(ruth).get_by_label(NOTE).fill("I will write to him.")
    service.stop()
    hide(ruth).click()
    expect(dialog(ruth).get_by_role("status")).to_have_text(
        "Not sent. The hub could not be reached. Your words are kept here."
    )
    service.start()
    session = {cookie["name"]: cookie["value"] for cookie in ruth.context.cookies()}
    ruth.context.clear_cookies()
    hide(ruth).click()
    said = dialog(ruth).get_by_role("status")
    expect(said).to_have_text("Not sent. You are signed out. Your words are kept here. Sign in in a new tab")
    ruth.context.add_cookies([{"name": name, "value": session[name], "url": service.where} for name in session])
    expect(dialog(ruth).get_by_label(NOTE)).to_have_value("I will write to him.")

    def slowly(route: Route) -> None:
        ruth.wait_for_timeout(300)
        route.continue_()

    ruth.route("**/hide", slowly)
    sent.clear()
    hide(ruth).dblclick()
    expect(ruth.get_by_role("dialog")).to_have_count(0)
    expect(post(ruth)).to_contain_text("A facilitator hid this post.")
    assert len(sent) == 1


def test_a_dialog_and_the_tagging_panel_keep_out_of_each_other_s_way(ruth: Page) -> None:
    ruth.get_by_role("link", name="Tag post 1", exact=True).click()
    panel = ruth.get_by_role("complementary")
    panel.get_by_role("button", name="Issue").click()
    expect(panel.get_by_role("alert")).to_be_visible()
    more_about(post(ruth)).get_by_role("link", name="Hide").click()
    hide(ruth).click()
    expect(dialog(ruth).get_by_role("alert")).to_be_focused()
    assert ruth.evaluate(DOUBLES) == ["problems"]
    dialog(ruth).get_by_label(NOTE).press_sequentially("1 2 3 f n p u")
    expect(dialog(ruth).get_by_label(NOTE)).to_have_value("1 2 3 f n p u")
    ruth.keyboard.press("Escape")
    expect(panel.get_by_role("alert")).to_be_visible()


def test_what_cannot_be_shown_is_said(ruth: Page, service: Service) -> None:
    from_menu(post(ruth), "Hide")
    dialog(ruth).get_by_role("button", name="Close").click()
    more_about(post(ruth))
    service.stop()
    post(ruth).get_by_role("link", name="Hide").click()
    expect(ruth.get_by_role("dialog").get_by_role("status")).to_have_text("The hub could not be reached.")
    ruth.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(post(ruth).locator("summary")).to_be_focused()
