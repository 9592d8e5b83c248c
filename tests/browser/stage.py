"""What a journey is played on: a service that runs as it does for real, a browser, and people who sign in to it."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from forum.actions.people import create_account
from forum.actions.sessions import hash_token
from forum.actions.visits import visit_group
from forum.context import Forum
from forum.models import Group, Link, Person, Visit
from tests.apps import give_app
from tests.cast import PASSWORD, accept_terms, build_demo, new_key, user
from tests.hard_words import LONG, build_hard_releases, build_hard_tags, build_hard_words
from tests.invited import build_invitations
from tests.processes import running
from tests.sign_ups import build_sign_ups

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
MISSING = "There is no `chromium` on the PATH: these journeys need it. On Debian: apt install chromium."


async def build_stage(forum: Forum) -> None:
    """The demo world, and beside it two hidden groups with words that are hard to set."""
    await build_demo(forum)
    await build_hard_words(forum)
    await build_hard_tags(forum)
    await build_links(forum)
    await build_hard_releases(forum)
    await build_sign_ups(forum)
    await build_invitations(forum)
    await build_visits(forum)
    await build_factors(forum)
    await build_terms(forum)  # last: everybody who is there by now has answered


async def build_terms(forum: Forum) -> None:
    """Everybody has accepted the demo's terms, but Iris, who is asked before anything else."""
    await accept_terms(forum)
    await create_account(forum, "iris@demo.example", "Iris Newcome", "Leeds", None, PASSWORD)


async def build_factors(forum: Forum) -> None:
    """Mara has an app, which is in a drawer somewhere. Each of the others sets up a factor in one journey."""
    for name in "Mara", "Nia", "Nell", "Nora", "Petra", "Paula":
        await create_account(forum, f"{name.lower()}@demo.example", name, "Leeds", None, PASSWORD)
    await give_app(forum, "mara")


async def build_visits(forum: Forum) -> None:
    """Vera, another administrator, is visiting a group, and has looked into one with hard words."""
    await create_account(forum, "vera@demo.example", "Vera", None, "administrator", PASSWORD)
    vera = await user("vera")
    now, reason = forum.clock(), f"{LONG} of <b>somebody</b>\nin two lines"
    hard = await Group.get(slug="hard-words")
    await Visit.create(group_id=hard.id, person_id=vera.id, reason=reason, created_at=now, ends_at=now, ended_at=now)
    await visit_group(forum, vera, "climate", "A complaint about a post.", new_key())


async def build_links(forum: Forum) -> None:
    """Links of Amina's that work, as if they had come by letter: the token of each is its purpose."""
    amina, now = await Person.get(email="amina@demo.example"), forum.clock()
    for purpose in "reset", "address":
        await Link.create(
            purpose=purpose,
            person_id=amina.id,
            email=amina.email if purpose == "reset" else "new@demo.example",
            token_hash=hash_token(purpose),
            created_at=now,
            expires_at=now + timedelta(days=1),
        )


@contextmanager
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


class Service:
    """`forum serve` on one database, at the same address however often it starts."""

    def __init__(self, database_url: str, folder: Path, **environment: str) -> None:
        self._environment = {
            "FORUM_DATA": str(folder),
            "FORUM_DATABASE_URL": database_url,
            "FORUM_PASSWORDS__MEMORY_KIB": "8",
            "FORUM_PASSWORDS__PASSES": "1",
            "FORUM_SITE__STYLE_PAGE": "true",
            "FORUM_SIGN_IN__SECOND_FACTOR": "false",
            **environment,
        }
        self._running = ExitStack()
        self._port = 0
        self.where = ""

    def start(self) -> None:
        words = ("serve", "--port", str(self._port))
        _, self.where = self._running.enter_context(running(*words, **self._environment))
        self._port = urlsplit(self.where).port or 0

    def stop(self) -> None:
        self._running.close()

    def __enter__(self) -> "Service":
        self.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self.stop()


def sign_in(page: Page, where: str, name: str) -> None:
    """Without the form, which a journey of its own fills in; the page then shows what is new."""
    form = {"email": f"{name}@demo.example", "password": PASSWORD}
    answer = page.request.post("/sign-in", form=form, headers={"origin": where}, max_redirects=0)
    assert answer.status == 303, answer.text()
    page.goto("/")


def open_thread(page: Page, group: str, title: str) -> None:
    """The way there from anywhere, as people go it."""
    page.get_by_role("link", name="Groups", exact=True).first.click()
    page.get_by_role("link", name=group, exact=True).click()
    page.get_by_role("link", name=title, exact=True).click()
    page.get_by_role("heading", level=1, name=title).wait_for()


def more_about(post: Locator) -> Locator:
    """The quiet menu of a post, opened."""
    menu = post.locator("details.menu")
    if menu.get_attribute("open") is None:
        menu.locator("summary").click()
    return menu


def from_menu(post: Locator, words: str) -> None:
    """Choose something there."""
    more_about(post).get_by_role("link", name=words).click()
