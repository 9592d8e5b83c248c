"""Everything works without scripts: by forms, links and reloads."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.stage import PHONE, from_menu, open_thread

pytestmark = pytest.mark.browser
THREAD = ("Adult social care", "What works in adult-social-care?")


def post(page: Page, words: str) -> Locator:
    return page.locator("#posts > .post", has_text=words)


def test_amina_reads_and_writes(visit: Visit) -> None:
    amina = visit(None, java_script_enabled=False, **PHONE)
    amina.goto("/groups/adult-social-care")
    amina.get_by_label("Email address").fill("amina@demo.example")
    amina.get_by_label("Password").fill("a wrong password")
    amina.get_by_role("button", name="Sign in").click()
    expect(amina.get_by_role("alert")).to_contain_text("do not belong together")
    expect(amina.get_by_label("Email address")).to_have_value("amina@demo.example")
    amina.get_by_label("Password").fill("a long enough password")
    amina.get_by_role("button", name="Sign in").click()
    expect(amina.get_by_role("heading", level=1, name="Adult social care")).to_be_visible()

    amina.get_by_role("link", name=THREAD[1]).click()
    expect(post(amina, "Much works in adult-social-care.")).to_be_visible()
    expect(amina.locator("#live-state")).to_be_hidden()
    amina.get_by_label("Your post").fill("Beds **opened** on Monday.")
    amina.get_by_role("button", name="Preview").click()
    expect(amina.get_by_role("region", name="Preview").locator("strong")).to_have_text("opened")
    expect(amina.locator("#posts > .post")).to_have_count(2)
    amina.get_by_role("button", name="Post", exact=True).click()
    expect(post(amina, "Beds opened on Monday.")).to_be_in_viewport()

    from_menu(post(amina, "Beds opened"), "Edit")
    amina.get_by_label("Your post").fill("Twelve beds opened on Monday.")
    amina.get_by_role("button", name="Save").click()
    expect(post(amina, "Twelve beds opened on Monday.")).to_contain_text("edited")
    amina.get_by_role("button", name="Post", exact=True).click()
    expect(amina.get_by_role("alert")).to_contain_text("There is a problem")
    amina.locator("header summary", has_text="Amina").click()
    amina.get_by_role("button", name="Sign out").click()
    expect(amina.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


def test_gareth_starts_a_thread(visit: Visit) -> None:
    gareth = visit("gareth", java_script_enabled=False)
    gareth.get_by_role("link", name="Finance", exact=True).last.click()
    gareth.get_by_role("link", name="Start a thread").click()
    gareth.get_by_label("Title").fill("Who has looked at the reserves?")
    gareth.get_by_label("First post").fill("We have:\n\n- once\n- twice")
    gareth.get_by_role("button", name="Preview").click()
    expect(gareth.get_by_role("region", name="Preview").get_by_role("listitem")).to_have_count(2)
    expect(gareth.get_by_label("Title")).to_have_value("Who has looked at the reserves?")
    gareth.get_by_label("The LGA may quote this post").check()
    gareth.get_by_role("button", name="Start the thread").click()
    expect(gareth.get_by_role("heading", level=1, name="Who has looked at the reserves?")).to_be_visible()
    expect(gareth.locator("#posts li")).to_have_text(["once", "twice"])


def test_ruth_hides_and_restores(visit: Visit) -> None:
    ruth = visit("ruth", java_script_enabled=False)
    open_thread(ruth, *THREAD)
    from_menu(post(ruth, "Much works"), "Hide")
    ruth.get_by_role("button", name="Hide").click()
    expect(ruth.get_by_role("alert")).to_contain_text("There is a problem")
    ruth.get_by_label("It is off the topic of this thread").check()
    ruth.get_by_role("button", name="Hide").click()
    expect(ruth.locator(".trace")).to_have_text("A facilitator hid this post.")
    expect(post(ruth, "Much works")).to_have_count(0)
    ruth.get_by_role("link", name="Restore").click()
    ruth.get_by_label("Why do you restore it?").fill("It was on the topic.")
    ruth.get_by_role("button", name="Restore").click()
    expect(post(ruth, "Much works")).to_be_visible()
    expect(ruth.locator(".trace")).to_have_count(0)
