"""Every page in every state, whoever looks at it: nothing that axe finds fault with, on desk, tablet and phone, in
light and dark, at 400 % zoom; nothing too wide, cut off or too heavy; no complaint, nothing from another host.

A page without a case here fails a test of the ordinary suite.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyotp
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Request, expect
from starlette.routing import Route

from forum.app import PRIVATE, PUBLIC
from tests.authenticator import Authenticator
from tests.browser.conftest import Visit
from tests.browser.stage import more_about, open_thread
from tests.hard_words import TITLES

THREAD = ("Adult social care", "What has eased discharge from hospital locally?")
FAULTS = """async (options) => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...options });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} (${help}) ${target}: ${failureSummary}`));
}"""
EVERYTHING = {"rules": {"target-size": {"enabled": True}}}
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}  # all that the dark scheme changes
ROOM = {"runOnly": ["target-size", "scrollable-region-focusable", "color-contrast"]}  # what the width changes
CUT_OFF = """() => {
  const root = document.documentElement;
  const cuts = (overflow) => overflow !== "visible";
  const elements = [...document.body.querySelectorAll("*:not(.excerpt, input, select, textarea, option, svg *)")];
  const cut = elements.filter((it) => {
    const { width, left } = it.getBoundingClientRect();
    const { overflowX, overflowY } = getComputedStyle(it);
    const wide = cuts(overflowX) && it.scrollWidth > it.clientWidth + 1;
    const high = ["hidden", "clip"].includes(overflowY) && it.scrollHeight > it.clientHeight + 1;
    return width > 2 && it.checkVisibility() && (wide || high || (left < -1 && !it.matches(".skip")));
  });
  const wide = root.scrollWidth > root.clientWidth
    ? elements.filter((it) => it.getBoundingClientRect().right > root.clientWidth + 1) : [];
  return [...cut, ...wide].map((it) => `${it.tagName} ${it.className} ${it.textContent.trim().slice(0, 40)}`);
}"""
DESK, TABLET, PHONE, ZOOMED = (1440, 900), (768, 1024), (360, 740), (320, 256)  # the last is 1280 by 1024 at 400 %
MOST_REQUESTS, MOST_HTML, MOST_SCRIPT = 6, 100_000, 20_000
Way = Callable[[Page], object]


# Ways to a page, or on from there to one of its states


def to(address: str) -> Way:
    return lambda page: page.goto(address)


def to_thread(page: Page) -> None:
    open_thread(page, *THREAD)
    expect(page.locator("#live-state")).to_be_visible()


def follow(link: str) -> Way:
    """The page that this link leads to, without the script that would open it here."""
    return lambda page: page.goto(str(page.locator(link).first.get_attribute("href")))


def follow_own(link: str) -> Way:
    """As `follow`, on a post of one's own."""

    def go(page: Page) -> None:
        person = page.locator("body").get_attribute("data-person")
        follow(f".post[data-author='{person}'] a[href$='{link}']")(page)

    return go


def press(button: str) -> Way:
    return lambda page: page.get_by_role("button", name=button, exact=True).click()


def send(**values: str) -> Way:
    """The form of the page as it is without scripts, with these values and nothing else in its fields."""

    def go(page: Page) -> None:
        with page.expect_navigation():
            page.locator("main form").last.evaluate(
                """(form, values) => {
                  for (const it of form.elements) if (it.type !== "hidden" && it.name) it.value = it.checked = "";
                  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
                  form.submit();
                }""",
                values,
            )
        expect(page.get_by_role("alert")).to_be_visible()

    return go


def open_own_menu(page: Page) -> None:
    page.get_by_role("banner").locator("summary").click()


def open_menu(page: Page) -> None:
    more_about(page.locator("#posts > .post").first)


def open_hiding(page: Page) -> None:
    open_menu(page)
    page.get_by_role("link", name="Hide", exact=False).first.click()
    expect(page.get_by_role("dialog").get_by_role("heading", level=1)).to_be_visible()


def open_removing(page: Page) -> None:
    page.get_by_role("link", name="Remove").first.click()
    expect(page.get_by_role("dialog").get_by_role("heading", level=1)).to_be_visible()


def send_dialog(page: Page) -> None:
    page.get_by_role("dialog").locator("form button").first.click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()


def dock(page: Page) -> None:
    page.evaluate("scrollTo(0, 0)")
    page.get_by_role("link", name="Reply").click()
    expect(page.get_by_label("Your post")).to_be_focused()


def preview(page: Page) -> None:
    page.get_by_label("Your post").fill("> Who pays?\n\nWe **share** it:\n\n- half\n- half\n\nhttps://www.local.gov.uk")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview")).to_be_visible()


def post_nothing(page: Page) -> None:
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()


def tag_beside(page: Page) -> None:
    page.get_by_role("link", name="Tag this thread").click()
    expect(page.get_by_role("complementary").get_by_label("Find a theme")).to_be_visible()


def see_problem(page: Page) -> None:
    expect(page.get_by_role("alert")).to_be_visible()


def to_hard_tags(page: Page) -> None:
    to("/groups/hard-words")(page)
    page.get_by_text(TITLES[0], exact=True).click()
    follow(".post a.for-tagger")(page)


def unfold(page: Page) -> None:
    page.locator("main details").evaluate_all("all => all.forEach((it) => (it.open = true))")


def find_theme(page: Page) -> None:
    page.get_by_label("Find a theme").fill("care")


def bring_in(page: Page) -> None:
    page.get_by_label("Or paste").fill("code,name,colours\nX 1,Bats,x\nCARE-1,Providers,x\nX-2,Owls,x\nX-3\n")
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("heading", name="2 faults to mend")).to_be_visible()


def to_release(state: str) -> Way:
    """The newest that stands there."""
    return follow(f"tr:has(.tag:text-is('{state}')) th a")


def keep_for_no_reason(page: Page) -> None:
    page.get_by_text("Keep it as it is").first.click()
    page.get_by_role("button", name="Keep it").first.click()
    expect(page.get_by_role("alert")).to_be_visible()


def ask_reset(page: Page) -> None:
    page.get_by_label("Email address").fill("amina@demo.example")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", level=1, name="Look for our letter")).to_be_visible()


def set_up_app(page: Page) -> None:
    """For good: whoever signs in after that shows a code first."""
    page.goto(SECOND_FACTOR)
    press("Set up an app")(page)
    secret = page.locator(".letters").inner_text().replace(" ", "")
    page.get_by_label("Code from your app").fill(pyotp.TOTP(secret).now())
    press("Use this app")(page)
    expect(page.get_by_role("heading", level=1, name="Keep your recovery codes")).to_be_visible()


def add_passkey(page: Page) -> None:
    """As a browser at the service's name does it, which this number is not."""
    page.goto(PASSKEYS)
    where = page.evaluate("location.origin")
    phone = Authenticator(origin=where.replace("127.0.0.1", "localhost"))
    options = page.request.post(f"{PASSKEYS}/options", headers={"origin": where})
    form = {"name": f"My {'very ' * 10}old phone", "credential": phone.make(options.text())}
    assert page.request.post(PASSKEYS, form=form, headers={"origin": where}).status == 200


def ask_to_join(page: Page) -> None:
    page.get_by_label("Your name").fill("Maeve Byrne")
    page.get_by_label("Your email address").fill(f"{'m' * 60}@leeds.example")
    page.get_by_label("Your council").select_option("Leeds")
    page.get_by_label("Your position").fill("Councillor for adult social care")
    page.get_by_label("Why would you like to join?").fill("To learn from others.")
    page.get_by_role("button", name="Ask to join").click()
    expect(page.get_by_role("heading", level=1, name="Check your email")).to_be_visible()


def judge_list(page: Page) -> None:
    lines = ["Ann, ann@demo.example, Leeds", "Amina, amina@demo.example", "Bob, bob@demo.example, Leads", "Zoë Nobody"]
    page.get_by_label("Or paste").fill("\n".join([*lines, f"{'long' * 20} <x@{'long-' * 10}council.example>"]))
    page.get_by_label("Role").select_option("member")
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("heading", name="2 lines to mend")).to_be_visible()


def choose_dark(page: Page) -> None:
    page.goto("/appearance")
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1, name="Welcome")).to_be_visible()


@dataclass(frozen=True)
class Case:
    """A page as one person finds it: `route` is its entry in the route table, `ways` lead there and to its state."""

    route: str
    who: str | None
    ways: tuple[Way, ...]
    status: int = 200

    def __init__(self, route: str, who: str | None, *ways: Way, status: int = 200) -> None:
        for name, value in {"route": route, "who": who, "ways": ways, "status": status}.items():
            object.__setattr__(self, name, value)


GROUP = "/groups/{slug:slug}"
SECOND_FACTOR = "/account/second-factor"
PASSKEYS = f"{SECOND_FACTOR}/passkeys"
THEME = "/codebook/{theme_id:id}"
RELEASE = "/releases/{release_id:id}"
ADULT_SOCIAL_CARE = "/groups/adult-social-care"
CASES = {
    "sign-in": Case("/sign-in", None, to("/sign-in")),
    "sign-in refused": Case("/sign-in", None, to("/sign-in"), send(email="eve@demo.example"), status=422),
    "sign-in after a reset": Case("/sign-in", None, to("/sign-in?done=password")),
    "reset": Case("/reset", None, to("/reset")),
    "reset without an address": Case("/reset", None, to("/reset"), send(email="nobody"), status=422),
    "reset asked for": Case("/reset", None, to("/reset"), ask_reset),
    "reset link": Case("/reset/{token}", None, to("/reset/reset")),
    "reset link, an easy password": Case(
        "/reset/{token}", None, to("/reset/reset"), send(new="amina-rahman-1974"), status=422
    ),
    "reset link that ended": Case("/reset/{token}", None, to("/reset/ended"), status=404),
    "asking to join": Case("/sign-up", None, to("/sign-up")),
    "asking to join without words": Case("/sign-up", None, to("/sign-up"), send(), status=422),
    "asked to join": Case("/sign-up", None, to("/sign-up"), ask_to_join),
    "sign-up to confirm": Case("/sign-up/{token}", None, to("/sign-up/unproven-hard")),
    "sign-up that waits for a decision": Case("/sign-up/{token}", None, to("/sign-up/decision")),
    "sign-up that waits for a member": Case("/sign-up/{token}", None, to("/sign-up/sponsor")),
    "sign-up that nobody knows": Case("/sign-up/{token}", None, to("/sign-up/nobody")),
    "sign-up approved": Case("/sign-up/{token}", None, to("/sign-up/approved")),
    "sign-up refused": Case("/sign-up/{token}", None, to("/sign-up/refused")),
    "invitation": Case("/invitations/{token}", None, to("/invitations/open")),
    "invitation to the service": Case("/invitations/{token}", None, to("/invitations/nobody")),
    "invitation, an easy password": Case(
        "/invitations/{token}", None, to("/invitations/nobody"), send(name="", new="newcomer"), status=422
    ),
    "invitation of who has an account": Case("/invitations/{token}", None, to("/invitations/eve")),
    "invitation to accept": Case("/invitations/{token}", "eve", to("/invitations/eve")),
    "invitation of somebody else": Case("/invitations/{token}", "gareth", to("/invitations/eve"), status=403),
    "invitation that ended": Case("/invitations/{token}", None, to("/invitations/used"), status=404),
    "invitations": Case("/invitations", "priya", to("/invitations")),
    "invitations, none fits": Case("/invitations", "priya", to("/invitations?q=nobody-at-all")),
    "invitations asked wrongly": Case("/invitations", "priya", to("/invitations?state=x"), status=422),
    "inviting one": Case("/invite", "priya", to("/invite")),
    "inviting nobody": Case("/invite", "priya", to("/invite"), send(email="x"), status=422),
    "inviting a list": Case("/invite/list", "priya", to("/invite/list")),
    "inviting a list, judged": Case("/invite/list", "priya", to("/invite/list"), judge_list),
    "inviting an empty list": Case("/invite/list", "priya", to("/invite/list"), send(), status=422),
    "invitations of a group": Case(
        "/groups/{slug:slug}/invitations", "sian", to("/groups/hard-words/invitations?done=invited")
    ),
    "invitations of a group without any": Case(
        "/groups/{slug:slug}/invitations", "ruth", to("/groups/adult-social-care/invitations")
    ),
    "inviting one into a group": Case("/groups/{slug:slug}/invite", "sian", to("/groups/hard-words/invite")),
    "inviting a list into a group": Case(
        "/groups/{slug:slug}/invite/list", "ruth", to("/groups/adult-social-care/invite/list"), judge_list
    ),
    "address link": Case("/address/{token}", "amina", to("/address/address")),
    "account": Case("/account", "amina", to("/account?done=password")),
    "account of staff in no group": Case("/account", "priya", to("/account")),
    "account with hard words": Case("/account", "sian", to("/account")),
    "password": Case("/account/password", "amina", to("/account/password")),
    "password refused": Case(
        "/account/password", "amina", to("/account/password"), send(password="x", new="y"), status=422
    ),
    "address": Case("/account/address", "amina", to("/account/address")),
    "address refused": Case("/account/address", "amina", to("/account/address"), send(email="x"), status=422),
    "proof": Case("/prove", "amina", to("/prove?next=/account/password")),
    "proof refused": Case("/prove", "amina", to("/prove"), send(password="x"), status=422),
    "second factor": Case("/second-factor", "mara", to("/groups")),
    "second factor refused": Case("/second-factor", "mara", to("/second-factor"), send(recovery="x"), status=422),
    "proof with a second factor": Case("/prove", "nora", set_up_app, to("/prove")),
    "own second factor": Case(SECOND_FACTOR, "amina", to(SECOND_FACTOR)),
    "own second factor, set up": Case(SECOND_FACTOR, "nell", set_up_app, to(SECOND_FACTOR)),
    "setting up an app": Case(f"{SECOND_FACTOR}/app", "amina", to(SECOND_FACTOR), press("Set up an app")),
    "setting up an app, a wrong code": Case(
        f"{SECOND_FACTOR}/app", "amina", to(SECOND_FACTOR), press("Set up an app"), send(code="1"), status=422
    ),
    "passkeys, none": Case(PASSKEYS, "amina", to(PASSKEYS)),
    "passkeys": Case(PASSKEYS, "petra", add_passkey, to(PASSKEYS)),
    "removing a passkey": Case(
        f"{PASSKEYS}/{{passkey_id:id}}/remove", "paula", add_passkey, to(PASSKEYS), follow("td a")
    ),
    "recovery codes": Case(f"{SECOND_FACTOR}/app", "nia", set_up_app),
    "sign-ins": Case("/account/sessions", "amina", to("/account/sessions")),
    "appearance": Case("/appearance", None, to("/appearance")),
    "appearance not chosen": Case("/appearance", "amina", to("/appearance"), send(), status=422),
    "dark by choice": Case("/", "amina", choose_dark),
    "accessibility": Case("/accessibility", None, to("/accessibility")),
    "privacy": Case("/privacy", None, to("/privacy")),
    "terms": Case("/terms", None, to("/terms")),
    "terms in one's way": Case("/terms", "iris", to("/terms?next=/groups")),
    "terms not answered": Case("/terms", "iris", to("/terms"), send(), status=422),
    "consent": Case("/account/consent", "amina", to("/account/consent")),
    "consent withdrawn": Case("/account/consent", "n.ridsdill", to("/account/consent?done=no")),
    "thread without consent": Case(
        "/threads/{thread_id:id}", "n.ridsdill", to("/groups/digital"), follow(".thread h3 a")
    ),
    "group without consent": Case(GROUP, "n.ridsdill", to("/groups/digital")),
    "terms for administrators": Case("/terms/edit", "priya", to("/terms/edit?published=terms")),
    "changing the terms": Case("/terms/edit/{kind}", "priya", to("/terms/edit/terms")),
    "changing the terms, previewed": Case("/terms/edit/{kind}", "priya", to("/terms/edit/consent"), press("Preview")),
    "changing the terms to nothing": Case("/terms/edit/{kind}", "priya", to("/terms/edit/terms"), send(), status=422),
    "home": Case("/", "amina", to("/")),
    "home, own menu open": Case("/", "amina", to("/"), open_own_menu),
    "home of somebody in no group": Case("/", "priya", to("/")),
    "home with hard words": Case("/", "sian", to("/")),
    "groups": Case("/groups", "ruth", to("/groups")),
    "groups with hard words": Case("/groups", "sian", to("/groups")),
    "group": Case(GROUP, "ruth", to(ADULT_SOCIAL_CARE)),
    "group one is not in": Case(GROUP, "eve", to("/groups/finance")),
    "group without threads": Case(GROUP, "sian", to("/groups/quiet-corner")),
    "group for an administrator": Case(GROUP, "priya", to("/groups/finance")),
    "group that one visits": Case(GROUP, "vera", to("/groups/climate")),
    "people of a group that one visits": Case(f"{GROUP}/members", "vera", to("/groups/climate/members")),
    "visits": Case("/visits", "priya", to("/visits")),
    "visiting": Case(f"{GROUP}/visit", "priya", to("/groups/housing/visit")),
    "visiting for no reason": Case(f"{GROUP}/visit", "priya", to("/groups/housing/visit"), send(), status=422),
    "group with hard words": Case(GROUP, "sian", to("/groups/hard-words")),
    "people": Case(f"{GROUP}/members", "ruth", to(f"{ADULT_SOCIAL_CARE}/members")),
    "people with hard names": Case(f"{GROUP}/members", "sian", to("/groups/hard-words/members")),
    "removing, in a dialog": Case(
        f"{GROUP}/members", "sian", to("/groups/hard-words/members"), open_removing, send_dialog, status=422
    ),
    "removing": Case(
        f"{GROUP}/members/{{person_id:id}}/remove",
        "ruth",
        to(f"{ADULT_SOCIAL_CARE}/members"),
        follow("a[href$='/remove']"),
    ),
    "removing without a reason": Case(
        f"{GROUP}/members/{{person_id:id}}/remove",
        "sian",
        to("/groups/hard-words/members"),
        follow("a[href$='/remove']"),
        send(),
        status=422,
    ),
    "new thread": Case(f"{GROUP}/threads/new", "amina", to(f"{ADULT_SOCIAL_CARE}/threads/new")),
    "new thread without words": Case(
        f"{GROUP}/threads/new", "sian", to("/groups/hard-words/threads/new"), send(title="x"), status=422
    ),
    "thread": Case("/threads/{thread_id:id}", "amina", to_thread),
    "thread for its facilitator": Case("/threads/{thread_id:id}", "ruth", to_thread, open_menu),
    "thread for an observer": Case("/threads/{thread_id:id}", "olu", to_thread),
    "thread with hard words": Case(
        "/threads/{thread_id:id}", "sian", to("/groups/hard-words"), lambda page: page.get_by_text(TITLES[-1]).click()
    ),
    "thread, hiding in a dialog": Case("/threads/{thread_id:id}", "ruth", to_thread, open_hiding),
    "thread, hiding without a reason": Case(
        "/threads/{thread_id:id}", "ruth", to_thread, open_hiding, send_dialog, status=422
    ),
    "thread, replying while one reads": Case("/threads/{thread_id:id}", "amina", to_thread, dock),
    "thread, previewing": Case("/threads/{thread_id:id}", "amina", to_thread, preview),
    "thread, replying without words": Case("/threads/{thread_id:id}", "amina", to_thread, post_nothing, status=422),
    "editing": Case("/posts/{post_id:id}/edit", "amina", to_thread, follow_own("/edit")),
    "editing without words": Case(
        "/posts/{post_id:id}/edit", "amina", to_thread, follow_own("/edit"), send(), status=422
    ),
    "editing what has changed": Case(
        "/posts/{post_id:id}/edit", "amina", to_thread, follow_own("/edit"), send(body="x", revision="0"), status=422
    ),
    "hiding": Case("/posts/{post_id:id}/hide", "ruth", to_thread, follow(".post a[href$='/hide']")),
    "hiding without a reason": Case(
        "/posts/{post_id:id}/hide", "ruth", to_thread, follow(".post a[href$='/hide']"), send(), status=422
    ),
    "restoring": Case(
        "/posts/{post_id:id}/hide",
        "sian",
        to("/groups/hard-words"),
        lambda page: page.get_by_text(TITLES[-1]).click(),
        lambda page: page.goto(str(page.get_by_role("link", name="Restore").get_attribute("href"))),
    ),
    "tagging": Case("/threads/{thread_id:id}/taggings", "tom", to_thread, follow("a[href$='/taggings']")),
    "tagging, finding a theme": Case(
        "/threads/{thread_id:id}/taggings", "tom", to_thread, follow("a[href$='/taggings']"), find_theme
    ),
    "tagging beside the thread": Case("/threads/{thread_id:id}/taggings", "ruth", to_thread, tag_beside),
    "tagging without a theme": Case(
        "/threads/{thread_id:id}/taggings",
        "ruth",
        to_thread,
        follow("a[href$='/taggings']"),
        press("Barrier"),
        see_problem,
        status=422,
    ),
    "tagging with hard words": Case("/threads/{thread_id:id}/taggings", "sian", to_hard_tags, unfold),
    "a memo without words": Case("/threads/{thread_id:id}/taggings", "sian", to_hard_tags, send(), status=422),
    "memos on a theme": Case("/codebook/{theme_id:id}/memos", "tom", to("/codebook/1/memos")),
    "a memo on a theme without words": Case(
        "/codebook/{theme_id:id}/memos", "tom", to("/codebook/1/memos"), send(), status=422
    ),
    "second readings": Case("/second-readings", "tom", to("/second-readings")),
    "second reading not drawn": Case("/second-readings", "tom", to("/second-readings"), send(size="x"), status=422),
    "second readings with hard words": Case("/second-readings", "sian", to("/second-readings")),
    "second reading, begun": Case(
        "/second-readings/{reading_id:id}",
        "sian",
        to("/second-readings"),
        follow("a[href$='/next']"),
        follow(".breadcrumb li:last-child a"),
    ),
    "second reading, a post": Case(
        "/second-readings/{reading_id:id}/next", "sian", to("/second-readings"), follow("a[href$='/next']")
    ),
    "second reading, a post without an answer": Case(
        "/second-readings/{reading_id:id}/next",
        "sian",
        to("/second-readings"),
        follow("a[href$='/next']"),
        send(number="2"),
        status=422,
    ),
    "second reading, done": Case(
        "/second-readings/{reading_id:id}", "sian", to("/second-readings"), follow("td a:not([href$='/next'])")
    ),
    "codebook": Case("/codebook", "tom", to("/codebook")),
    "codebook for a facilitator": Case("/codebook", "ruth", to("/codebook")),
    "codebook, none retired": Case("/codebook", "tom", to("/codebook?status=retired")),
    "codebook, history": Case("/codebook/history", "tom", to("/codebook/history")),
    "a theme's history": Case("/codebook/{theme_id:id}/history", "ruth", to("/codebook/1/history")),
    "proposing a theme": Case("/codebook/propose", "ruth", to("/codebook/propose")),
    "proposing a theme without words": Case("/codebook/propose", "ruth", to("/codebook/propose"), send(), status=422),
    "adding a theme": Case("/codebook/new", "tom", to("/codebook/new")),
    "adding a theme without words": Case("/codebook/new", "tom", to("/codebook/new"), send(), status=422),
    "editing a theme": Case(f"{THEME}/edit", "tom", to("/codebook/2/edit")),
    "editing a theme that has changed": Case(
        f"{THEME}/edit", "tom", to("/codebook/2/edit"), send(code="X", name="X", reason="X", revision="9"), status=422
    ),
    "moving a theme": Case(f"{THEME}/move", "tom", to("/codebook/2/move")),
    "moving a theme nowhere": Case(f"{THEME}/move", "tom", to("/codebook/2/move"), send(), status=422),
    "merging a theme": Case(f"{THEME}/merge", "tom", to("/codebook/2/merge")),
    "merging a theme into none": Case(f"{THEME}/merge", "tom", to("/codebook/2/merge"), send(), status=422),
    "a theme's status": Case(f"{THEME}/status", "tom", to("/codebook/1/status")),
    "bringing in a codebook": Case("/codebook/import", "tom", to("/codebook/import")),
    "bringing in a codebook with faults": Case("/codebook/import", "tom", to("/codebook/import"), bring_in),
    "intelligence": Case("/intelligence", "tom", to("/intelligence")),
    "intelligence of one theme": Case("/intelligence", "ruth", to("/intelligence?theme=CARE-2&sort=people")),
    "intelligence about nothing": Case("/intelligence", "tom", to("/intelligence?from=1999-01&to=1999-02")),
    "intelligence with problems": Case("/intelligence", "tom", to("/intelligence?from=spring&sort=x"), status=422),
    "everybody": Case("/people", "priya", to("/people")),
    "everybody of one name": Case("/people", "priya", to("/people?q=gareth&state=active")),
    "nobody": Case("/people", "priya", to("/people?q=no+such+name")),
    "everybody with problems": Case("/people", "priya", to("/people?role=king&state=x&council=0"), status=422),
    "one person": Case("/people/{person_id:id}", "priya", to("/people?q=gareth"), follow(".people a")),
    "one person with a hard name": Case(
        "/people/{person_id:id}", "priya", to("/people?q=sian"), follow(".people a"), send(), status=422
    ),
    "last day": Case(
        f"{GROUP}/members/{{person_id:id}}/last-day",
        "ruth",
        to(f"{ADULT_SOCIAL_CARE}/members"),
        follow("a[href$='/last-day']"),
    ),
    "last day in the past": Case(
        f"{GROUP}/members/{{person_id:id}}/last-day",
        "sian",
        to("/groups/hard-words/members"),
        follow("a[href$='/last-day']"),
        send(ends_on="2001-01-01"),
        status=422,
    ),
    "last day, for an administrator": Case(
        "/people/{person_id:id}/groups/{slug:slug}",
        "priya",
        to("/people?q=gareth"),
        follow(".people a"),
        follow(".rows a[href^='/people/']"),
    ),
    "sign-ups": Case("/applications", "priya", to("/applications")),
    "sign-ups with problems": Case("/applications", "priya", to("/applications?state=x"), status=422),
    "sign-ups, none": Case("/applications", "priya", to("/applications?q=no+such+name")),
    "sign-up": Case("/applications/{application_id:id}", "priya", to("/applications/7006")),
    "sign-up that cannot be approved": Case("/applications/{application_id:id}", "priya", to("/applications/7008")),
    "sign-up with hard words, decided for no reason": Case(
        "/applications/{application_id:id}", "priya", to("/applications/7005"), send(), status=422
    ),
    "sign-up with hard words, refused": Case("/applications/{application_id:id}", "priya", to("/applications/7010")),
    "sign-up, emptied": Case("/applications/{application_id:id}", "priya", to("/applications/7011")),
    "vouching": Case("/vouch/{application_id:id}", "gareth", to("/vouch/7004")),
    "vouching, done": Case("/vouch/{application_id:id}", "gareth", to("/vouch/7007")),
    "vouching for nobody": Case(
        "/vouch/{application_id:id}", "sian", to("/vouch/7005"), press("Send"), see_problem, status=422
    ),
    "councils": Case("/councils", "priya", to("/councils")),
    "council": Case("/councils/{council_id:id}", "priya", to("/councils/1")),
    "council, no domain": Case(
        "/councils/{council_id:id}", "priya", to("/councils/1"), send(domain="no domain"), status=422
    ),
    "audit log": Case("/audit", "priya", to("/audit")),
    "audit log of one person": Case("/audit", "priya", to("/audit?who=priya@demo.example&act=sign_in")),
    "audit log with problems": Case("/audit", "priya", to("/audit?who=nobody&from=spring&act=x"), status=422),
    "audit log of nothing": Case("/audit", "priya", to("/audit?to=2001-01-01")),
    "theme": Case("/intelligence/themes/{code}", "tom", to("/intelligence/themes/CARE")),
    "theme that few raised": Case("/intelligence/themes/{code}", "ruth", to("/intelligence/themes/HOU-1?region=Wales")),
    "theme with problems": Case(
        "/intelligence/themes/{code}", "tom", to("/intelligence/themes/FIN?from=x"), status=422
    ),
    "framework": Case("/intelligence/matrix", "tom", to("/intelligence/matrix")),
    "framework of a group": Case("/intelligence/matrix", "ruth", to("/intelligence/matrix?group=finance")),
    "framework cell": Case(
        "/intelligence/matrix/groups/{slug:slug}/{code}", "ruth", to("/intelligence/matrix/groups/finance/FIN")
    ),
    "framework cell too long": Case(
        "/intelligence/matrix/groups/{slug:slug}/{code}",
        "ruth",
        to("/intelligence/matrix/groups/finance/FIN"),
        send(words="x" * 401),
        status=422,
    ),
    "framework cell of a discussion": Case(
        "/intelligence/matrix/threads/{thread_id:id}/{code}",
        "ruth",
        to("/intelligence/matrix?group=finance"),
        follow(".matrix tbody td a"),
    ),
    "quotes": Case("/quotes", "tom", to("/quotes")),
    "quotes of one theme": Case("/quotes", "ruth", to("/quotes?theme=CARE-2")),
    "quotes with problems": Case("/quotes", "tom", to("/quotes?theme=FIN"), send(redacted="Gareth, never"), status=422),
    "releases": Case("/releases", "tom", to("/releases")),
    "releases with hard words": Case("/releases", "ines", to("/releases")),
    "drafting a release": Case("/releases/new", "tom", to("/releases/new?group=housing&from=2026-05"), unfold),
    "drafting a release without words": Case("/releases/new", "tom", to("/releases/new"), send(), status=422),
    "release, issued": Case(RELEASE, "tom", to("/releases"), to_release("Issued"), unfold),
    "release, a draft with findings": Case(RELEASE, "tom", to("/releases"), to_release("Draft")),
    "release, a finding kept for no reason": Case(
        RELEASE, "tom", to("/releases"), to_release("Draft"), keep_for_no_reason, status=422
    ),
    "release, checked too early": Case(
        RELEASE, "tom", to("/releases"), to_release("Draft"), press("Mark as checked"), see_problem, status=422
    ),
    "release, a draft for another analyst": Case(RELEASE, "nadia", to("/releases"), to_release("Draft")),
    "release with hard words, issued": Case(RELEASE, "owen", to("/releases"), to_release("Issued")),
    "release with hard words, a draft": Case(RELEASE, "owen", to("/releases"), to_release("Draft")),
    "release with hard words, to sign off": Case(RELEASE, "ines", to("/releases"), to_release("Checked"), unfold),
    "release returned for no reason": Case(
        RELEASE, "ines", to("/releases"), to_release("Checked"), unfold, press("Send it back"), see_problem, status=422
    ),
    "writing a release": Case(
        f"{RELEASE}/edit", "tom", to("/releases"), to_release("Draft"), follow("a[href$='/edit']")
    ),
    "writing a release without words": Case(
        f"{RELEASE}/edit", "tom", to("/releases"), to_release("Draft"), follow("a[href$='/edit']"), send(), status=422
    ),
    "what is done": Case("/commitments", "tom", to("/commitments")),
    "what is done, for a facilitator": Case("/commitments", "ruth", to("/commitments")),
    "saying what is done": Case("/commitments/new", "tom", to("/commitments/new?theme=FIN")),
    "saying what is done without words": Case("/commitments/new", "tom", to("/commitments/new"), send(), status=422),
    "changing what is done": Case(
        "/commitments/{commitment_id:id}/edit", "tom", to("/commitments"), follow("th a[href$='/edit']")
    ),
    "changing what is done without words": Case(
        "/commitments/{commitment_id:id}/edit",
        "tom",
        to("/commitments"),
        follow("th a[href$='/edit']"),
        send(),
        status=422,
    ),
    "style": Case("/style", "amina", to("/style")),
    "not there": Case("", "eve", to("/groups/whistleblowing"), status=404),
    "not allowed": Case("", "amina", to("/codebook"), status=403),
}
NO_PAGES = {
    "/static/{name}",
    "/stay-signed-in",
    "/threads/{thread_id:id}/changes",
    "/codebook.csv",
    "/codebook.qdc",
    "/intelligence.csv",
    "/intelligence.json",
    "/intelligence.xlsx",
    "/intelligence.ods",
    "/releases/{release_id:id}/files/{name}",
}


def test_every_page_of_the_route_table_has_a_case() -> None:
    routes = [route for route in (*PUBLIC, *PRIVATE) if isinstance(route, Route)]
    pages = {route.path for route in routes if "GET" in (route.methods or ())} - NO_PAGES
    assert pages == {case.route for case in CASES.values()} - {""}


class Watch:
    """What a page asks for since it was last opened, and what it complains of."""

    def __init__(self, page: Page) -> None:
        self.asked: list[Request] = []
        self.loaded: list[Request] = []
        self.sockets = 0
        self.complaints: list[str] = []
        page.on("request", self._ask)
        page.on("load", lambda page: self._load())
        page.on("websocket", lambda socket: self._open())
        page.on("console", lambda said: self._complain(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda fault: self._complain(str(fault)))

    def _ask(self, request: Request) -> None:
        if request.is_navigation_request():
            self.asked, self.sockets, self.complaints = [], 0, []
        self.asked.append(request)

    def _load(self) -> None:
        self.loaded = self.asked.copy()

    def _open(self) -> None:
        self.sockets += 1

    def _complain(self, words: str) -> None:
        self.complaints.append(words)

    def weight(self) -> dict[str, object]:
        """What is too much. What a script asks for later, because somebody did something, does not count."""
        asked = self.loaded
        icons = not any("/static/icon" in request.url for request in asked)  # Chromium does not tell of it
        script = sum(self._size(request) for request in asked if request.resource_type == "script")
        requests, html = len(asked) + self.sockets + icons, self._size(asked[0])
        return {
            "requests": requests if requests > MOST_REQUESTS else 0,
            "bytes of HTML": html if html >= MOST_HTML else 0,
            "bytes of scripts": script if script >= MOST_SCRIPT else 0,
        }

    def _size(self, request: Request) -> int:
        response = request.response()
        assert response is not None
        return len(response.body())


def look(page: Page, size: tuple[int, int], looked_for: dict[str, Any], scheme: Any = "light") -> object:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme)
    return page.evaluate(FAULTS, looked_for)


@pytest.mark.browser
@pytest.mark.parametrize("name", CASES)
def test_page_is_fit_for_everyone(name: str, visit_demo: Visit) -> None:
    case = CASES[name]
    page = visit_demo(case.who, viewport={"width": DESK[0], "height": DESK[1]})
    watch = Watch(page)
    for way in case.ways:
        way(page)
    page.wait_for_load_state()
    answer = watch.asked[0].response()
    assert answer is not None and answer.status in (200, case.status)
    found = watch.weight()
    page.evaluate(AXE_SCRIPT)

    found["desk"] = look(page, DESK, EVERYTHING)
    found["phone, dark"] = look(page, PHONE, COLOURS, "dark")
    found["tablet"] = look(page, TABLET, ROOM)
    found["400 % zoom"] = look(page, ZOOMED, EVERYTHING)
    found["cut off at 400 % zoom"] = page.evaluate(CUT_OFF)
    twice = {"fontSizes": {"standard": 32, "fixed": 26}}  # as somebody sets it in their browser
    page.context.new_cdp_session(page).send("Page.setFontSizes", twice)
    for size in PHONE, TABLET, DESK:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        found[f"cut off at 200 % text, {size[0]} px"] = page.evaluate(CUT_OFF)
    found["complaints"] = [words for words in watch.complaints if f"status of {case.status}" not in words]
    faults = [f"{place}: {faults}" for place, faults in found.items() if faults]
    assert faults == [], "\n".join(faults)
