"""Fixtures: a service over a database of its own, people signed in to it, and real servers where the run asks for them.

FORUM_TEST_DATABASE=postgres runs the whole suite on PostgreSQL. A world is built once a run and copied for each test;
on PostgreSQL, where each worker has a server of its own, once a worker.
"""

import asyncio
import fcntl
import gc
import itertools
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from asgi_lifespan import LifespanManager
from httpx2 import Response

from forum.actions import jobs
from forum.app import create_app
from forum.context import Forum, open_forum
from forum.settings import Settings, load
from forum.web.middleware import Entered
from tests import once, servers
from tests.cast import PASSWORD, Browser, build_cast, build_demo, build_empty

ON_POSTGRES = os.environ.get("FORUM_TEST_DATABASE", "sqlite") == "postgres"
SITE = "http://127.0.0.1:8000"
numbers = itertools.count(1)
once.share()
gc.set_threshold(20_000)  # a service leaves more behind than the 700 objects after which Python would look for garbage

Build = Callable[[Forum], Awaitable[None]]


def pytest_collection_finish() -> None:
    """What was imported and collected stays: looked through for garbage again and again, it took a sixth of the run."""
    gc.collect()
    gc.freeze()


def settings_for(url: str, folder: Path, **changed: dict[str, object]) -> Settings:
    """Settings for tests: cheap passwords, a site of its own; `changed` gives sections."""
    sections: dict[str, dict[str, object]] = {
        "service": {"data": str(folder), "secret_key": "s" * 32},
        "site": {"url": SITE},
        "database": {"url": url},
        "passwords": {"memory_kib": 8, "passes": 1},
        "sign_in": {"second_factor": False},
    }
    for name, values in changed.items():
        sections[name] = sections.get(name, {}) | values
    return load({}, **sections)


def with_settings(**sections: dict[str, object]) -> pytest.MarkDecorator:
    """Marks a test whose service runs with these settings."""
    return pytest.mark.parametrize("changed", [sections], ids=["changed"])


class Databases:
    """Hands out databases: each a copy of a world that was built once."""

    def __init__(self, folder: Path, shared: Path, server: str | None) -> None:
        self.folder = folder
        self.shared = shared
        self.server = server
        self._templates: dict[Build, str] = {}
        self._loop = asyncio.new_event_loop()
        self._connection: Any = None

    def copy(self, build: Build) -> str:
        """The URL of a new database that holds what `build` makes. Not to be called inside a running event loop."""
        if build not in self._templates:
            self._templates[build] = self._build_once(build) if self.server is None else self._build_on_server(build)
        name = f"world_{next(numbers)}"
        if self.server is None:
            target = self.folder / f"{name}.sqlite3"
            shutil.copyfile(self._path(self._templates[build]), target)
            return f"sqlite://{target}"
        return self._copy_on_server(self._templates[build], name)

    def _build_once(self, build: Build) -> str:
        """For all workers together: the first makes it, the others wait."""
        template = self.shared / f"{build.__name__}.sqlite3"
        with (self.shared / f"{build.__name__}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not template.exists():
                making = self.shared / f"{build.__name__}.making"
                making.unlink(missing_ok=True)
                if build is not build_empty:
                    shutil.copyfile(self._path(self._build_once(build_empty)), making)
                asyncio.run(self._fill(f"sqlite://{making}", build))
                making.rename(template)
        return f"sqlite://{template}"

    def _build_on_server(self, build: Build) -> str:
        name = f"template_{build.__name__}"
        if build is build_empty:
            self._tell_server(f"CREATE DATABASE {name}")
            url = self._on_server(name)
        else:
            if build_empty not in self._templates:
                self._templates[build_empty] = self._build_on_server(build_empty)
            url = self._copy_on_server(self._templates[build_empty], name)
        asyncio.run(self._fill(url, build))
        return url

    def _copy_on_server(self, template: str, name: str) -> str:
        # Copying the files takes half the time of copying through the log, PostgreSQL's default.
        template = template.rsplit("/", 1)[1]
        self._tell_server(f'CREATE DATABASE {name} TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self._on_server(name)

    def drop(self, url: str) -> None:
        if self.server is not None:
            self._tell_server(f"DROP DATABASE IF EXISTS {url.rsplit('/', 1)[1]} WITH (FORCE)")
            return
        for ending in "", "-wal", "-shm":
            Path(f"{self._path(url)}{ending}").unlink(missing_ok=True)

    def blank(self) -> str:
        """The URL of a database with nothing in it, not even a table."""
        name = f"blank_{next(numbers)}"
        if self.server is None:
            return f"sqlite://{self.folder / name}.sqlite3"
        self._tell_server(f"CREATE DATABASE {name}")
        return self._on_server(name)

    def _on_server(self, name: str) -> str:
        return f"{str(self.server).rsplit('/', 1)[0]}/{name}"

    def _path(self, url: str) -> Path:
        return Path(url.removeprefix("sqlite://"))

    async def _fill(self, url: str, build: Build) -> None:
        async with open_forum(settings_for(url, self.folder), migrate=True) as forum:
            await build(forum)
            if self.server is None:  # so that the file alone is the whole database
                await forum.database._context.db().execute_query_dict("PRAGMA wal_checkpoint(TRUNCATE)")

    def _tell_server(self, sql: str) -> None:
        """On one connection for the whole run: a new one for each database costs the server as much as a test does."""
        if self._connection is None:
            import asyncpg

            self._connection = self._loop.run_until_complete(asyncpg.connect(self.server))
        self._loop.run_until_complete(self._connection.execute(sql))

    def close(self) -> None:
        if self._connection is not None:
            self._loop.run_until_complete(self._connection.close())
        self._loop.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with servers.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[str]:
    with servers.valkey() as url:
        yield url


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    server = request.getfixturevalue("postgres_server") if ON_POSTGRES else None
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "templates"
    shared.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="forum-databases-", dir=servers.in_memory()) as folder:
        handed_out = Databases(Path(folder), shared, server)
        yield handed_out
        handed_out.close()


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A database with the cast in it: the people of cast.py, four groups, a thread in each."""
    url = databases.copy(build_cast)
    yield url
    databases.drop(url)


@pytest.fixture
def demo_url(databases: Databases) -> Iterator[str]:
    """A database with the demo world in it."""
    url = databases.copy(build_demo)
    yield url
    databases.drop(url)


@pytest.fixture
def blank_url(databases: Databases) -> Iterator[str]:
    url = databases.blank()
    yield url
    databases.drop(url)


@pytest.fixture
def empty_url(databases: Databases) -> Iterator[str]:
    """A migrated database with councils and codebook, and nobody in it."""
    url = databases.copy(build_empty)
    yield url
    databases.drop(url)


@pytest.fixture
def changed() -> dict[str, dict[str, object]]:
    """Sections of settings that differ; see with_settings."""
    return {}


@pytest.fixture
def settings(database_url: str, tmp_path: Path, changed: dict[str, dict[str, object]]) -> Settings:
    return settings_for(database_url, tmp_path, **changed)


@pytest.fixture
async def forum(settings: Settings) -> AsyncIterator[Forum]:
    """An open service with the cast in it. Models and actions work on it directly."""
    async with open_forum(settings) as opened:
        yield opened


@pytest.fixture
async def app(forum: Forum) -> AsyncIterator[Entered]:
    entered = create_app(forum)
    async with LifespanManager(entered):
        yield entered


@pytest.fixture
async def signed_in(app: Entered) -> AsyncIterator[Callable[..., Awaitable[Browser]]]:
    """`await signed_in("amina")` is Amina's browser; `await signed_in(None)` one that nobody signed in to."""
    async with AsyncExitStack() as stack:

        async def open_browser(name: str | None, password: str = PASSWORD, address: str = "127.0.0.1") -> Browser:
            browser = await stack.enter_async_context(Browser(app, app.forum.settings.site.url, address))
            if name:
                answer = await browser.send_form("/sign-in", email=f"{name}@demo.example", password=password)
                assert answer.status_code == 303, answer.text
            return browser

        yield open_browser


@pytest.fixture
def without_chance() -> Callable[[Response], str]:
    """An answer as text, without what is made up afresh each time: nonces and the keys of forms."""

    def text_of(answer: Response) -> str:
        nonces = set(re.findall(r"'nonce-([^']+)'", answer.headers.get("content-security-policy", "")))
        keys = set(re.findall(r'name="key" value="([^"]+)"', answer.text))
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        text = f"{answer.status_code}\n{sorted(headers.items())}\n{answer.text}"
        for word in nonces | keys:
            text = text.replace(word, "X")
        return text

    return text_of


@pytest.fixture
def letters_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service's worker leaves what is due to the test. Asked for before the service starts."""
    monkeypatch.setattr(jobs, "ASK_EVERY", 1000)
