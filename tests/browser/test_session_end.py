"""A session ends: the page says so beforehand, lets one stay, and keeps what was written until one is back."""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, Page, expect

from forum.context import open_forum
from forum.models import Session
from tests.browser.conftest import Visit
from tests.browser.stage import PHONE, open_thread
from tests.browser.test_every_page import EVERYTHING, FAULTS
from tests.cast import PASSWORD
from tests.conftest import settings_for

pytestmark = pytest.mark.browser
THREAD = ("Adult social care", "What works in adult-social-care?")
IDLE, LAST = timedelta(hours=336), timedelta(hours=720)
NEARLY = timedelta(minutes=8)
AWAY, IN_USE = True, False
Later = Callable[..., None]


@pytest.fixture
def later(database_url: str, tmp_path: Path) -> Later:
    """`later(page, time)` lets time pass for the service and in the page. With IN_USE another tab kept the session in
    use: only its beginning is longer ago then."""

    async def move(time: timedelta, is_away: bool) -> None:
        async with open_forum(settings_for(database_url, tmp_path)):
            for session in await Session.all():
                seen_at = session.seen_at - time if is_away else session.seen_at
                await Session.filter(id=session.id).update(created_at=session.created_at - time, seen_at=seen_at)

    def pass_time(page: Page, time: timedelta, is_away: bool = AWAY) -> None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, move(time, is_away)).result()
        page.clock.fast_forward(int(time.total_seconds() * 1000))

    return pass_time


def write(visit: Visit, words: str) -> Page:
    """Amina on her phone, in the middle of a reply."""
    amina = visit("amina", **PHONE)
    amina.clock.install()
    open_thread(amina, *THREAD)
    expect(amina.locator("#live-state")).to_have_text(re.compile("^Connected"))
    amina.get_by_label("Your post").press_sequentially(words)
    return amina


def notice(page: Page) -> Locator:
    return page.get_by_role("region", name="Your sign-in")


def sign_in(page: Page) -> None:
    page.get_by_label("Email address").fill("amina@demo.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def assert_words_are_back(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1, name=THREAD[1])).to_be_visible()
    expect(page.get_by_text("Your unsent words are back.")).to_be_visible()
    expect(page.get_by_label("Your post")).to_have_value(words)
    expect(notice(page)).to_have_count(0)
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.locator("#posts > .post", has_text=words)).to_be_visible()


def test_amina_is_warned_and_stays_and_another_time_comes_back_to_her_words(visit: Visit, later: Later) -> None:
    amina = write(visit, "Our step-down beds")
    words = amina.get_by_label("Your post")
    week = timedelta(days=8)  # by then no post is so new that its time changes its words
    later(amina, week)
    place = words.bounding_box()["y"]
    later(amina, IDLE - week - NEARLY)
    said = notice(amina).get_by_role("status")
    expect(said).to_have_text(re.compile(r"^You will be signed out at \d\d:\d\d\.$"))
    expect(said).to_be_in_viewport()
    expect(words).to_be_focused()
    assert words.bounding_box()["y"] == pytest.approx(place, abs=1), "What she writes in stays where it is"
    amina.evaluate(AXE_SCRIPT)
    assert amina.evaluate(FAULTS, EVERYTHING) == []

    stay = notice(amina).get_by_role("button", name="Stay signed in")
    stay.focus()
    stay.press("Enter")
    expect(notice(amina)).to_have_count(0)
    expect(amina.get_by_text("You stay signed in.")).to_have_attribute("role", "status")
    expect(words).to_be_focused()
    amina.keyboard.type(" opened.")

    later(amina, IDLE - NEARLY)
    expect(said).to_have_text(re.compile("^You will be signed out at"))
    later(amina, NEARLY + timedelta(minutes=1))
    expect(said).to_have_text("You are signed out. What you write is kept in this browser tab.")
    amina.get_by_role("button", name="Post", exact=True).click()
    expect(amina.get_by_text("Not sent. You are signed out. Your words are kept here.")).to_be_visible()
    notice(amina).get_by_role("link", name="Sign in to go on").click()
    sign_in(amina)
    assert_words_are_back(amina, "Our step-down beds opened.")


def test_before_the_end_that_comes_in_any_case_amina_signs_in_again(visit: Visit, later: Later) -> None:
    amina = write(visit, "Our step-down beds")
    later(amina, LAST - NEARLY, IN_USE)
    said = notice(amina).get_by_role("status")
    expect(said).to_have_text(
        re.compile(r"^Your sign-in ends at \d\d:\d\d\. What you write is kept in this browser tab\.$")
    )
    expect(notice(amina).get_by_role("button")).to_have_count(0)
    amina.evaluate(AXE_SCRIPT)
    assert amina.evaluate(FAULTS, EVERYTHING) == []
    amina.reload()  # now the page says so by itself as well: once is enough
    expect(said).to_have_text(re.compile("^Your sign-in ends at"))
    expect(notice(amina)).to_have_count(1)
    notice(amina).get_by_role("link", name="Sign in again").click()
    sign_in(amina)
    assert_words_are_back(amina, "Our step-down beds")


def test_nobody_is_warned_whose_session_another_tab_kept_in_use(visit: Visit, later: Later) -> None:
    amina = write(visit, "Our step-down beds")
    with amina.expect_response("**/stay-signed-in") as asked:
        later(amina, IDLE + NEARLY, IN_USE)
    asked.value.finished()
    amina.clock.run_for(1000)
    expect(notice(amina)).to_have_count(0)
    later(amina, IDLE - NEARLY)
    expect(notice(amina)).to_contain_text("You will be signed out at")


def test_signed_in_again_in_another_tab_the_first_goes_on(visit: Visit, later: Later) -> None:
    amina = write(visit, "Our step-down beds")
    later(amina, IDLE + NEARLY)
    expect(notice(amina)).to_contain_text("You are signed out.")
    other = amina.context.new_page()
    other.goto("/sign-in")
    sign_in(other)
    expect(other.get_by_role("heading", level=1)).to_be_visible()
    amina.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(notice(amina)).to_have_count(0)
    amina.get_by_role("button", name="Post", exact=True).click()
    expect(amina.locator("#posts > .post", has_text="Our step-down beds")).to_be_visible()
