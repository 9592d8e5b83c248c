"""Every page, whoever looks at it: nothing that axe finds fault with, on a phone and on a desk, in light and dark; no
sideways scroll; not a complaint in the console; nothing asked of another host."""

from collections.abc import Callable

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.stage import open_thread

pytestmark = pytest.mark.browser
THREAD = ("Adult social care", "What has eased discharge from hospital locally?")
FAULTS = """async (options) => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...options });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} (${help}) ${target}: ${failureSummary}`));
}"""
EVERYTHING = {"rules": {"target-size": {"enabled": True}}}
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}  # all that the dark scheme changes
TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.body.querySelectorAll("*")].filter((it) => it.getBoundingClientRect().right > room + 1)
    .map((it) => `${it.tagName} ${it.className}`);
}"""
DESK_AND_PHONE = (1440, 900), (360, 740)
Way = Callable[[Page], object]


def to(address: str) -> Way:
    return lambda page: page.goto(address)


def to_thread(page: Page) -> None:
    open_thread(page, *THREAD)
    expect(page.locator("#live-state")).to_be_visible()


def through(link: str) -> Way:
    """By a link of the thread page."""

    def go(page: Page) -> None:
        to_thread(page)
        page.locator("#posts").get_by_role("link", name=link).first.click()
        expect(page.get_by_role("heading", level=1, name=THREAD[1])).to_have_count(0)

    return go


def to_panel(page: Page) -> None:
    to_thread(page)
    page.goto(str(page.get_by_role("link", name="Tag this thread").get_attribute("href")))
    expect(page.get_by_label("Find a theme")).to_be_visible()


def to_panel_beside(page: Page) -> None:
    to_thread(page)
    page.get_by_role("link", name="Tag this thread").click()
    expect(page.get_by_role("complementary").get_by_label("Find a theme")).to_be_visible()


def to_preview(page: Page) -> None:
    to_thread(page)
    page.get_by_label("Your post").fill("> Who pays?\n\nWe **share** it:\n\n- half\n- half\n\nhttps://www.local.gov.uk")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview")).to_be_visible()


def to_problems(page: Page) -> None:
    page.goto("/intelligence?from=spring")
    expect(page.get_by_role("alert")).to_be_visible()


PAGES: dict[str, tuple[str | None, Way]] = {
    "sign-in": (None, to("/sign-in")),
    "home": ("amina", to("/")),
    "groups": ("ruth", to("/groups")),
    "group": ("ruth", to("/groups/adult-social-care")),
    "a closed group": ("eve", to("/groups/finance")),
    "members": ("ruth", to("/groups/adult-social-care/members")),
    "thread": ("ruth", to_thread),
    "preview": ("amina", to_preview),
    "new thread": ("amina", to("/groups/adult-social-care/threads/new")),
    "edit": ("amina", through("Edit")),
    "hide": ("ruth", through("Hide")),
    "panel": ("tom", to_panel),
    "panel beside the thread": ("ruth", to_panel_beside),
    "codebook": ("tom", to("/codebook")),
    "intelligence": ("tom", to("/intelligence")),
    "problems": ("tom", to_problems),
    "not there": ("eve", to("/groups/whistleblowing")),
}
COMPLAINTS_EXPECTED = {"problems": "422", "not there": "404"}  # a browser notes the status of a page itself


@pytest.mark.parametrize("name", PAGES)
def test_page_is_fit_for_everyone(name: str, visit_demo: Visit) -> None:
    who, go = PAGES[name]
    page = visit_demo(who, viewport={"width": 1440, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    go(page)
    page.evaluate(AXE_SCRIPT)
    found = {}
    for width, height in DESK_AND_PHONE:
        page.set_viewport_size({"width": width, "height": height})
        for scheme, looked_for in (("light", EVERYTHING), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme)
            found[f"{width} px, {scheme}"] = page.evaluate(FAULTS, looked_for)
    page.set_viewport_size({"width": 320, "height": 640})
    found["wider than 320 px"] = page.evaluate(TOO_WIDE)
    found["complaints"] = [words for words in complaints if COMPLAINTS_EXPECTED.get(name, "never") not in words]
    assert {place: faults for place, faults in found.items() if faults} == {}
