"""Fixtures of the journeys: Chromium, a running service, and a context of their own for everybody who visits it."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browser.stage import MISSING, Service, build_stage, chromium, sign_in
from tests.browser.talk import Talk
from tests.cast import build_cast
from tests.conftest import Build, Databases

Visit = Callable[..., Page]
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if shutil.which("chromium") is None:
        pytest.fail(MISSING, pytrace=False)
    with chromium() as opened:
        yield opened


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    with copied(databases, build_cast) as url:
        yield url


@contextmanager
def copied(databases: Databases, build: Build) -> Iterator[str]:
    """In a thread of its own, because Playwright keeps an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        url = thread.submit(databases.copy, build).result()
        yield url
        thread.submit(databases.drop, url).result()


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    """A running service with the cast in it."""
    with Service(database_url, tmp_path) as running:
        yield running


@pytest.fixture
def talk(service: Service) -> Talk:
    """People who write on the service from elsewhere, with a thread that is full already."""
    talk = Talk(service)
    talk.fill()
    return talk


@pytest.fixture(scope="session")
def demo(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running service with the demo world in it, for all: a journey leaves it as it found it."""
    with copied(databases, build_stage) as url, Service(url, tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def visit_at(browser: Browser) -> Iterator[Callable[[Service], Visit]]:
    """`visit_at(service)("amina")` is a page of Amina's, signed in; with None nobody is signed in. More words go on to
    the context. No page may ask another host for anything."""
    contexts: list[BrowserContext] = []
    strangers: list[str] = []

    def at(service: Service) -> Visit:
        def asked(request: Request) -> None:
            if not request.url.startswith(f"{service.where}/"):
                strangers.append(request.url)

        def visit(name: str | None, **options: Any) -> Page:
            context = browser.new_context(base_url=service.where, locale="en-GB", **options)
            context.set_default_timeout(15_000)
            context.on("request", asked)
            contexts.append(context)
            page = context.new_page()
            if name:
                sign_in(page, service.where, name)
            return page

        return visit

    yield at
    for context in contexts:
        context.close()
    assert strangers == []


@pytest.fixture
def visit(visit_at: Callable[[Service], Visit], service: Service) -> Visit:
    return visit_at(service)


@pytest.fixture
def visit_demo(visit_at: Callable[[Service], Visit], demo: Service) -> Visit:
    return visit_at(demo)
