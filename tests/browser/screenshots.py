"""Pictures of the main pages with the demo world in them, on phone, tablet and desk, in light and dark.

python -m tests.browser.screenshots FOLDER
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from forum.context import open_forum
from tests.browser.stage import Service, chromium, open_thread, sign_in
from tests.cast import build_demo
from tests.conftest import settings_for

WIDTHS = {360: 740, 768: 1024, 1440: 1160}
Way = Callable[[Page], object]


def to(address: str) -> Way:
    return lambda page: page.goto(address)


def to_thread(page: Page) -> None:
    open_thread(page, "Adult social care", "What has eased discharge from hospital locally?")
    page.locator("#live-state", has_text="Connected").wait_for()


# A sentence from these words on; focused, because a selection shows only then.
SELECT = """(source, words) => {
  const start = source.value.indexOf(words);
  source.focus({ preventScroll: true });
  source.setSelectionRange(start, source.value.indexOf(".", start) + 1);
}"""


def to_panel(page: Page) -> None:
    """Beside the thread where there is room, else on a page of its own."""
    to_thread(page)
    page.locator("#posts").get_by_role("link", name="Tag post 2", exact=True).click()
    page.get_by_label("Find a theme").fill("discharge")
    page.get_by_label("Find a theme").press("Enter")
    page.get_by_label("Select a passage").evaluate(SELECT, "They hear about a patient on day two")
    page.evaluate("document.querySelector('.beside')?.scrollTo(0, 0); scrollTo(0, 0)")


def to_style(page: Page) -> None:
    """From its top: a problem on it takes focus, and scrolls there."""
    page.goto("/style")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


SHOTS: dict[str, tuple[str | None, Way]] = {
    "sign-in": (None, to("/sign-in")),
    "home": ("amina", to("/")),
    "groups": ("ruth", to("/groups")),
    "group": ("amina", to("/groups/adult-social-care")),
    "members": ("ruth", to("/groups/adult-social-care/members")),
    "thread": ("amina", to_thread),
    "panel": ("ruth", to_panel),
    "codebook": ("tom", to("/codebook")),
    "intelligence": ("tom", to("/intelligence")),
    "appearance": ("amina", to("/appearance")),
    "accessibility": (None, to("/accessibility")),
    "style": ("amina", to_style),
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        url = f"sqlite://{data}/forum.sqlite3"
        asyncio.run(fill(url, Path(data)))
        with Service(url, Path(data)) as service, chromium() as browser:
            for name, (who, go) in SHOTS.items():
                for width, height in WIDTHS.items():
                    context = browser.new_context(
                        base_url=service.where, viewport={"width": width, "height": height}, locale="en-GB"
                    )
                    page = context.new_page()
                    if who:
                        sign_in(page, service.where, who)
                    go(page)
                    page.wait_for_load_state()
                    for scheme in ("light", "dark"):
                        page.emulate_media(color_scheme=scheme)
                        path = folder / f"{name}-{width}-{scheme}.png"
                        page.screenshot(path=path)
                        print(path, flush=True)
                    context.close()


async def fill(url: str, folder: Path) -> None:
    async with open_forum(settings_for(url, folder), migrate=True) as forum:
        await build_demo(forum)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Say where to: python -m tests.browser.screenshots FOLDER")
    main(Path(sys.argv[1]))
