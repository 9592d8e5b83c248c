"""A new version of the terms comes while somebody writes: their words wait until they have answered."""

import re

import httpx2
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.stage import Service
from tests.browser.talk import Talk
from tests.processes import browser

WORDS = "Nobody writes this twice."


def publish(service: Service) -> None:
    """As Priya does it."""
    priya: httpx2.Client = browser(service.where, "priya")
    form = priya.get("/terms/edit/terms").text
    unseen = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
    answer = priya.post("/terms/edit/terms", data=unseen | {"body": "Be kind."})
    assert answer.status_code == 303, answer.text


@pytest.mark.browser
def test_words_wait_for_the_answer(service: Service, talk: Talk, visit: Visit) -> None:
    page = visit("amina")
    page.goto(talk.path)
    expect(page.locator("#live-state")).to_contain_text("Connected")
    page.get_by_label("Your post").fill(WORDS)
    publish(service)
    expect(page.locator("#live-state")).to_contain_text("Sign in to go on")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_text("Not sent. There is something to do first.")).to_be_visible()
    expect(page.get_by_label("Your post")).to_have_value(WORDS)
    page.goto(talk.path)
    expect(page.get_by_role("heading", level=1, name="Before you go on")).to_be_visible()
    page.get_by_label("I have read and accept").check()
    page.get_by_role("button", name="Save and go on").click()
    expect(page).to_have_url(re.compile(re.escape(talk.path) + "$"))
    expect(page.get_by_label("Your post")).to_have_value(WORDS)
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.locator("#posts").get_by_text(WORDS)).to_have_count(1)
