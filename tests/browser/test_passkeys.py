"""A passkey in a real browser: made, used alone, after the password, and again before what matters; and where the
browser has none, the page says so. The device is Chromium's own virtual one."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from tests.browser.stage import PHONE, Service
from tests.browser.test_every_page import CUT_OFF, EVERYTHING, FAULTS
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, service: Service) -> Iterator[Open]:
    """A page of the service at the name that browsers know passkeys for."""
    contexts: list[BrowserContext] = []

    def opened(where: str = "localhost", **options: Any) -> Page:
        context = browser.new_context(base_url=service.where.replace("127.0.0.1", where), locale="en-GB", **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


class Device:
    """A phone that unlocks itself: what it holds, and whether it knows its owner."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        self.id = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

    def know_owner(self, does: bool) -> None:
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": does})

    @property
    def credentials(self) -> list[dict[str, Any]]:
        answer = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return list(answer["credentials"])


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("Email address").fill("amina@demo.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.get_by_role("banner").locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


def assert_fine(page: Page) -> None:
    page.evaluate(AXE_SCRIPT)
    assert page.evaluate(FAULTS, EVERYTHING) == []
    assert page.evaluate(CUT_OFF) == []


def assert_is_home(page: Page) -> None:
    expect(page.get_by_role("heading", level=1, name="Welcome")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_amina_adds_a_passkey_and_signs_in_with_it(open_page: Open, size: dict[str, Any]) -> None:
    amina = open_page(**size)
    device = Device(amina)
    sign_in(amina)
    assert_is_home(amina)
    amina.goto("/account")
    amina.get_by_role("link", name="Second factor").click()
    assert_fine(amina)
    amina.get_by_role("link", name="Add a passkey").click()
    assert_fine(amina)
    amina.get_by_role("button", name="Add this passkey").click()
    assert device.credentials == [], "the browser asks for a name before anything else"
    amina.get_by_label("What do you call it?").fill("My phone")
    amina.get_by_role("button", name="Add this passkey").click()
    expect(amina.get_by_role("heading", level=1, name="Keep your recovery codes")).to_be_visible()
    [credential] = device.credentials
    assert credential["isResidentCredential"] and credential["rpId"] == "localhost"
    amina.goto("/account/second-factor/passkeys")
    expect(amina.get_by_role("rowheader", name="My phone")).to_be_visible()
    assert_fine(amina)
    amina.get_by_label("What do you call it?").fill("The same again")
    amina.get_by_role("button", name="Add this passkey").press("Enter")
    expect(amina.get_by_text("This device has a passkey for your account already.")).to_be_visible()

    sign_out(amina)
    assert_fine(amina)
    device.know_owner(False)
    amina.get_by_role("button", name="Sign in with a passkey").click()
    expect(amina.get_by_text("No passkey was used. Try again when you have it at hand.")).to_be_visible()
    device.know_owner(True)
    amina.get_by_role("button", name="Sign in with a passkey").click()
    assert_is_home(amina)

    sign_out(amina)
    sign_in(amina)
    expect(amina.get_by_role("heading", level=1, name="Your second factor")).to_be_visible()
    assert_fine(amina)
    amina.get_by_role("button", name="Use a passkey").click()
    assert_is_home(amina)
    amina.goto("/prove?next=/groups")
    assert_fine(amina)
    amina.get_by_role("button", name="Use a passkey").click()
    expect(amina.get_by_role("heading", level=1, name="Groups")).to_be_visible()

    amina.goto("/account/second-factor/passkeys")
    amina.get_by_role("link", name="Remove My phone").click()
    assert_fine(amina)
    amina.get_by_role("button", name="Remove it").click()
    expect(amina.get_by_role("rowheader")).to_have_count(0)
    sign_out(amina)
    amina.get_by_role("button", name="Sign in with a passkey").click()
    expect(amina.get_by_role("alert")).to_contain_text("That passkey did not work.")
    assert_fine(amina)


def test_the_page_may_have_stood_open_while_the_sign_in_ended(open_page: Open) -> None:
    amina = open_page()
    Device(amina)
    sign_in(amina)
    assert_is_home(amina)
    amina.goto("/account/second-factor/passkeys")
    amina.context.clear_cookies()
    amina.get_by_label("What do you call it?").fill("My phone")
    amina.get_by_role("button", name="Add this passkey").click()
    expect(amina.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


def test_without_scripts_the_page_says_so(open_page: Open) -> None:
    stranger = open_page(java_script_enabled=False)
    stranger.goto("/sign-in")
    expect(stranger.get_by_text("Passkeys need scripts")).to_be_visible()
    expect(stranger.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    sign_in(stranger)
    assert_is_home(stranger)


def test_a_browser_that_knows_no_passkeys_says_so(open_page: Open) -> None:
    stranger = open_page()
    stranger.add_init_script("delete window.PublicKeyCredential")
    stranger.goto("/sign-in")
    expect(stranger.get_by_text("This browser does not know passkeys.")).to_be_visible()
    expect(stranger.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()


def test_at_a_number_the_page_leads_to_the_name(open_page: Open) -> None:
    stranger = open_page("127.0.0.1")
    stranger.goto("/sign-in?next=/groups")
    assert_fine(stranger)
    stranger.get_by_role("link", name="http://localhost:").click()
    expect(stranger.get_by_role("button", name="Sign in with a passkey")).to_be_visible()
