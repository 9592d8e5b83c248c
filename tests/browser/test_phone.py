"""A councillor posts from a phone: Amina, on Sunday evening, with one thumb."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.stage import PHONE, Service, more_about
from tests.browser.talk import Talk
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser
THREAD = "What works in adult-social-care?"
QUOTE = "The LGA may quote this post without my name"


def test_amina_posts_from_her_phone(visit: Visit, service: Service) -> None:
    talk = Talk(service)
    talk.fill()
    talk.say("gareth", "Our step-down beds halved the wait.")
    amina = visit(None, **PHONE)
    amina.goto("/")
    amina.get_by_label("Email address").fill("amina@demo.example")
    amina.get_by_label("Password").fill(PASSWORD)
    amina.get_by_role("button", name="Sign in").tap()

    last = amina.get_by_role("region", name="What was said last").get_by_role("listitem").first
    expect(last).to_contain_text("Gareth: Our step-down beds halved the wait.")
    last.get_by_role("link", name=THREAD).tap()
    expect(amina.get_by_role("heading", level=1, name=THREAD)).to_be_in_viewport()
    posts = amina.get_by_role("region", name="Posts").get_by_role("article")
    expect(posts.first).to_be_in_viewport()
    expect(posts.first.get_by_role("heading", name="Amina")).to_be_visible()
    expect(posts.nth(1)).to_contain_text("Gwynedd")

    amina.get_by_role("link", name="Reply").tap()
    field = amina.get_by_role("textbox", name="Your post")
    expect(field).to_be_focused()
    expect(field).to_be_in_viewport(ratio=1)
    expect(amina.get_by_role("region", name="Reply")).to_contain_text("can read this")
    field.press_sequentially("How many beds, and who pays?")
    quote = amina.get_by_role("checkbox", name=QUOTE)
    amina.get_by_text(QUOTE).tap()
    expect(quote).to_be_checked()
    amina.get_by_text(QUOTE).tap()
    expect(quote).not_to_be_checked()
    amina.get_by_role("button", name="Post", exact=True).tap()
    mine = posts.filter(has_text="who pays?")
    expect(mine).to_be_in_viewport(ratio=1)
    expect(mine.get_by_role("heading", name="Amina")).to_be_visible()

    more_about(mine).get_by_role("link", name="Edit").tap()
    expect(amina.get_by_role("heading", level=1, name="Edit your post")).to_be_visible()
    expect(quote).not_to_be_checked()
    field.fill("How many beds are there, and who pays?")
    amina.get_by_role("button", name="Save").tap()
    expect(mine).to_be_in_viewport(ratio=1)
    expect(mine).to_contain_text("How many beds are there")
    expect(mine).to_contain_text("edited")
    expect(amina.get_by_text("Connected")).to_be_visible()

    amina.evaluate("scrollTo(0, 0)")
    talk.say("gareth", "Twelve. The board pays.\n\n" + "It took a year to agree. " * 20)
    offer = amina.get_by_role("button", name="1 new post")
    expect(offer).to_be_in_viewport(ratio=1)
    assert amina.evaluate("scrollY") == 0
    offer.tap()
    his = posts.filter(has_text="The board pays.")
    expect(his).to_be_focused()
    expect(his.get_by_role("heading", name="Gareth")).to_be_in_viewport(ratio=1)
    expect(offer).to_be_hidden()
