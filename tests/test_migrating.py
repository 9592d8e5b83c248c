"""Migrating keeps every row, unique, index, trigger and foreign key: step by step, on a database with people in it."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from copy import copy
from pathlib import Path
from typing import Any

import pytest
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.context import TortoiseContext
from tortoise.exceptions import IntegrityError
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.operations import AlterModelOptions

from forum import migrating, migrations, models
from forum.actions.groups import add_member, leave_group
from forum.actions.posts import edit_post, hide_post, write_post
from forum.actions.taggings import tag_post
from forum.context import Forum, open_forum
from forum.database import open_database, select
from forum.errors import Misconfigured
from forum.models import Person, Post, Theme
from tests.cast import new_key, posts_in, user
from tests.conftest import ON_POSTGRES, settings_for

STEPS = [
    "0001_initial", "0002_count_books", "0003_longer_titles", "0004_no_rooms", "0005_pages", "0006_writers",
    "0007_longer_names", "0008_wide_years",
]  # fmt: skip
TABLES = ("shelf", "book", "loan")
HUB = (
    "council", "group", "person", "membership", "theme", "thread", "post", "edition", "hiding", "tagging", "session",
    "submission", "reference",
)  # fmt: skip
NEW = {  # the columns that came after the first version
    "post": ["role"],
    "theme": ["guid", "aliases", "colour", "status", "merged_into_id"],
    "tagging": ["before", "after", "review_at"],
    "membership": ["ends_on", "reminded"],
    "person": ["deactivated_at", "consent_withdrawn_at"],
    "session": ["device", "factor_at", "proved_at"],
}
LATER = {  # the tables that came after it
    "codebook_revision", "no_theme", "move", "memo", "second_reading", "sampled_post", "second_theme", "quote",
    "release", "release_quote", "finding", "release_file", "commitment", "notice", "audit_row", "audit_head",
    "matrix_cell", "council_domain", "link",
    "job", "decision", "application", "invitation", "terms", "acceptance", "totp", "recovery_code", "passkey",
    "challenge", "visit",
}  # fmt: skip
REFUSED = (
    "UPDATE post SET number = 1",
    "UPDATE post SET author_id = 99",
    "UPDATE post SET thread_id = 99",
    "UPDATE tagging SET post_id = 99",
    "DELETE FROM person",
)


def indexes_sql(url: str) -> str:
    if url.startswith("postgres"):
        return "SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public'"
    return "SELECT name FROM sqlite_master WHERE type = 'index'"


@contextmanager
def no_further_than(step: str) -> Iterator[None]:
    """Inside, there are no later steps."""
    every = migrating.pending

    async def some(client: Any, apps: Any) -> Any:
        return [each for each in await every(client, apps) if each.migration.name <= step]

    migrating.pending = some
    try:
        yield
    finally:
        migrating.pending = every


class Sample:
    """The small library on an open database."""

    def __init__(self, url: str, client: Any, apps: dict[str, Any]) -> None:
        self.url = url
        self.client = client
        self.apps = apps

    async def migrate(self, upto: str = STEPS[-1]) -> list[str]:
        """Take the steps up to `upto`; returns those that were taken."""
        taken: list[str] = []
        with no_further_than(upto):
            await migrating.migrate(self.client, self.apps, taken.append)
        return taken

    async def fill(self) -> None:
        await self.run("INSERT INTO shelf (name, room) VALUES ('Poetry', 'red'), ('Prose', 'blue')")
        for number in range(1, 21):
            values = f"{1 + number % 2}, 'Book {number}', 'Ann', 1900"
            await self.run(f"INSERT INTO book (shelf_id, title, author, year) VALUES ({values})")
            await self.run(f"INSERT INTO loan (book_id, reader) VALUES ({number}, 'Bob'), ({number}, 'Cat')")

    async def run(self, sql: str) -> list[dict[str, Any]]:
        return await self.client.execute_query_dict(sql)  # type: ignore[no-any-return]

    async def counts(self) -> dict[str, int]:
        return {table: (await self.run(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in TABLES}

    async def refuses(self, sql: str) -> bool:
        try:
            await self.run(sql)
        except Exception:
            return True
        return False

    async def indexes(self) -> set[str]:
        return {row["name"] for row in await self.run(indexes_sql(self.url))}


@asynccontextmanager
async def open_sample(url: str) -> AsyncIterator[Sample]:
    name = url.split(":")[0]
    apps = {
        "sample": {
            "models": ["tests.migrating_sample.models"],
            "default_connection": name,
            "migrations": "tests.migrating_sample.migrations",
        }
    }
    own = {"engine": "forum.sqlite", "credentials": {"file_path": url.removeprefix("sqlite://")}}
    context = TortoiseContext()
    with context:
        connection = own if name == "sqlite" else expand_db_url(url)
        await context.init({"connections": {name: connection}, "apps": apps})
        yield Sample(url, context.db(), apps)
        await context.close_connections()


@pytest.fixture
async def sample(blank_url: str) -> AsyncIterator[Sample]:
    async with open_sample(blank_url) as opened:
        yield opened


@pytest.fixture
async def sample_file(tmp_path: Path) -> AsyncIterator[Sample]:
    """The library on SQLite, whatever the run is on: what only a file can do, or does wrong."""
    async with open_sample(f"sqlite://{tmp_path}/sample.sqlite3") as opened:
        yield opened


async def test_step_by_step_nothing_is_lost(sample):
    assert await sample.migrate("0002_count_books") == STEPS[:2]
    await sample.fill()
    full = {"shelf": 2, "book": 20, "loan": 40}
    for step in STEPS[2:]:
        assert await sample.migrate(step) == [step]
        assert await sample.counts() == full, step
        column = "writer" if step >= "0006" else "author"
        # The unique over two columns, the unique of one, and the foreign keys still refuse.
        new = f"INSERT INTO book (shelf_id, title, {column}, year) VALUES"
        assert await sample.refuses(f"{new} (2, 'Book 1', 'Dan', 1)"), step
        room = ", room" if step < "0004" else ""
        assert await sample.refuses(f"INSERT INTO shelf (name{room}) VALUES ('Prose'{room and ', 0'})"), step
        assert await sample.refuses(f"{new} (99, 'Nowhere', 'Dan', 1)"), step
        assert await sample.refuses("INSERT INTO loan (book_id, reader) VALUES (99, 'Eve')"), step
        # The trigger still counts, and deleting still cascades.
        [before] = await sample.run("SELECT books FROM shelf WHERE id = 1")
        await sample.run(f"{new} (1, 'New', 'Dan', 1)")
        [after] = await sample.run("SELECT books FROM shelf WHERE id = 1")
        assert after["books"] == before["books"] + 1, step
        await sample.run("INSERT INTO loan (book_id, reader) SELECT id, 'Eve' FROM book WHERE title = 'New'")
        await sample.run("DELETE FROM book WHERE title = 'New'")
        assert await sample.counts() == full, step
        assert "book_author" in await sample.indexes(), step
        assert ("book_year" in await sample.indexes()) == ("0005" <= step < "0008"), step
    assert await sample.migrate() == []
    rows = await sample.run("SELECT id, shelf_id, title, writer, year, pages FROM book ORDER BY id")
    assert [dict(row) for row in rows] == [
        {"id": n, "shelf_id": 1 + n % 2, "title": f"Book {n}", "writer": "Ann", "year": 1900, "pages": 7}
        for n in range(1, 21)
    ]
    shelves = await sample.run("SELECT name, books FROM shelf ORDER BY id")
    assert [tuple(row.values()) for row in shelves] == [("Poetry", 10 + len(STEPS[2:])), ("Prose", 10)]


async def test_all_steps_in_one_go_end_the_same(sample):
    assert await sample.migrate("0002_count_books") == STEPS[:2]
    await sample.fill()
    assert await sample.migrate() == STEPS[2:]
    assert await sample.counts() == {"shelf": 2, "book": 20, "loan": 40}


async def test_tortoise_alone_would_have_lost_them(sample_file):
    """Why there is a wrapper at all. When this fails, look whether it is still needed."""
    await sample_file.migrate("0002_count_books")
    await sample_file.fill()
    await MigrationExecutor(sample_file.client, sample_file.apps).migrate()
    counts = await sample_file.counts()
    [trigger] = await sample_file.run("SELECT count(*) AS n FROM sqlite_master WHERE type = 'trigger'")
    assert counts["loan"] < 40
    assert trigger["n"] == 0


async def test_a_step_that_fails_leaves_nothing_behind(sample, monkeypatch):
    await sample.migrate("0004_no_rooms")
    await sample.run("INSERT INTO shelf (name) VALUES ('Poetry')")
    plain = migrating._take

    async def fail_after(*words: Any, **more: Any) -> None:
        await plain(*words, **more)
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(migrating, "_take", fail_after)
    before = await sample.indexes()
    with pytest.raises(RuntimeError):
        await sample.migrate("0005_pages")
    assert await sample.refuses("SELECT pages FROM book")
    assert await sample.indexes() == before
    assert await sample.refuses("INSERT INTO book (shelf_id, title, author, year) VALUES (99, 'Nowhere', 'Dan', 1)")
    monkeypatch.undo()
    assert await sample.migrate("0005_pages") == ["0005_pages"]
    assert (await sample.counts())["shelf"] == 1


async def test_a_step_that_would_leave_orphans_is_undone(sample_file, monkeypatch):
    await sample_file.migrate("0002_count_books")
    await sample_file.fill()
    plain = MigrationExecutor.migrate

    async def lose_a_shelf(self: MigrationExecutor, targets: Any, **more: Any) -> None:
        await plain(self, targets, **more)
        if targets:
            await self.connection.execute_query("DELETE FROM shelf WHERE id = 1")

    monkeypatch.setattr(MigrationExecutor, "migrate", lose_a_shelf)
    with pytest.raises(Misconfigured, match="0003_longer_titles would leave rows of book without"):
        await sample_file.migrate("0003_longer_titles")
    assert await sample_file.counts() == {"shelf": 2, "book": 20, "loan": 40}


async def test_a_copy_is_made_before_even_while_somebody_reads(sample_file):
    path = sample_file.url.removeprefix("sqlite://")
    await sample_file.migrate("0002_count_books")
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM book").fetchone() == (0,)  # from now on it holds an old snapshot
    await sample_file.fill()
    await sample_file.migrate()
    reader.close()
    copy_before = sqlite3.connect(f"{path}.before-0003_longer_titles")
    assert copy_before.execute("SELECT count(*) FROM loan").fetchone() == (40,)
    assert copy_before.execute("SELECT count(*) FROM shelf WHERE room IN ('red', 'blue')").fetchone() == (2,)
    assert copy_before.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy_before.close()


async def test_the_products_own_chain_keeps_the_cast(database_url, tmp_path):
    """Whatever steps there are: with the cast in it nothing is pending, and going over them again changes nothing."""
    async with open_forum(settings_for(database_url, tmp_path), migrate=True) as forum:
        assert await Person.all().count() == 11
        assert await forum.database.migrate() == 0


async def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row but that about the service itself, by table; each table behind those that it points to."""
    return {table: await select(f'SELECT * FROM "{table}" ORDER BY id') for table in HUB}


async def test_the_copy_is_of_what_was_before_even_when_another_process_is_faster(sample_file, monkeypatch):
    await sample_file.migrate("0003_longer_titles")
    await sample_file.fill()
    plain = sample_file.client.execute_query

    async def let_the_other_go_first(sql: str, *values: Any) -> Any:
        if sql.startswith("VACUUM"):
            async with open_sample(sample_file.url) as other:
                assert await other.migrate("0004_no_rooms") == ["0004_no_rooms"]
        return await plain(sql, *values)

    monkeypatch.setattr(sample_file.client, "execute_query", let_the_other_go_first)
    assert await sample_file.migrate("0004_no_rooms") == []
    path = Path(sample_file.url.removeprefix("sqlite://"))
    [copy_before] = path.parent.glob(f"{path.name}.before-0004*")
    assert copy_before.stat().st_mode & 0o077 == 0
    connection = sqlite3.connect(copy_before)
    assert connection.execute("SELECT count(*) FROM shelf WHERE room IN ('red', 'blue')").fetchone() == (2,)
    connection.close()


async def test_what_the_first_version_kept_is_all_there_in_this_one(forum, blank_url):
    """The cast goes back to the first version's tables and from there step by step to these, where it is as before."""
    assert {*HUB, *LATER, "service"} == {getattr(models, name)._meta.db_table for name in models.__all__}
    await live_through_much(forum)
    here = await everything()
    assert all(here[table] for table in HUB if table not in ("session", "reference"))
    async with open_database(blank_url, create=True) as database:
        with database.entered():
            with no_further_than("0001_initial"):
                assert await database.migrate() == 1
            for table, rows in here.items():
                for row in rows:
                    old = {column: value for column, value in row.items() if column not in NEW.get(table, ())}
                    columns, places = ", ".join(f'"{column}"' for column in old), range(1, len(old) + 1)
                    values = ", ".join(f"${place}" for place in places)
                    await select(f'INSERT INTO "{table}" ({columns}) VALUES ({values})', *old.values())
            before = {row["name"] for row in await select(indexes_sql(blank_url))}
            assert await database.migrate() >= 1
            assert {row["name"] for row in await select(indexes_sql(blank_url))} >= before
            assert await everything() == here
            for sql in REFUSED:
                with pytest.raises(IntegrityError):
                    await select(sql)
            await select("DELETE FROM thread")
            after = await everything()
    assert [table for table in HUB if not after[table] and here[table]] == [
        "thread", "post", "edition", "hiding", "tagging",
    ]  # fmt: skip


async def live_through_much(forum: Forum) -> None:
    """Roles begin and end, a post is edited, hidden and tagged, and one is by somebody who never was in the group."""
    group = "adult-social-care"
    [post, *_] = await posts_in(group)
    await edit_post(forum, await user("amina"), post.id, "Tell us all.", True, post.revision, new_key())
    theme = await Theme.filter(parent_id__not_isnull=True).first()
    revision = (await Post.get(id=post.id)).revision
    await tag_post(forum, await user("ruth"), post.id, theme.code, "issue", None, revision, new_key())
    await hide_post(forum, await user("ruth"), post.id, "off-topic", "", new_key())
    await write_post(forum, await user("ruth"), post.thread_id, "Welcome.", False, new_key())
    await add_member(forum, group, "olu@demo.example", "member")
    await write_post(forum, await user("olu"), post.thread_id, "I shall only read from now on.", False, new_key())
    await add_member(forum, group, "olu@demo.example", "observer")
    for name in "gareth", "ruth":
        await leave_group(forum, await user(name), group)
    ids = {"id": 1, "thread_id": post.thread_id, "author_id": (await user("sam")).id}
    await Post.create(number=9, revision=9, body="?", html="?", created_at=forum.clock(), **ids)
    roles = await Post.filter(thread_id=post.thread_id).order_by("number").values_list("role", flat=True)
    assert roles == ["member", "member", "facilitator", "member", None]


async def test_models_and_migrations_agree(database_url):
    async with open_database(database_url) as database:
        with copy(database._context) as context:
            writers = await MigrationAutodetector(context.apps, database._apps).changes()
    changes = [operation for writer in writers for operation in writer.operations]
    # A table's description is the model's docstring, which no database needs.
    assert [change for change in changes if not isinstance(change, AlterModelOptions)] == []
    for change in changes:
        assert set(change.options) <= {
            "table_description",
            "table",
            "app",
            "pk_attr",
            "unique_together",
            "indexes",
            "ordering",
        }


async def test_the_schema_has_an_index_behind_every_foreign_key_that_is_asked_by(database_url):
    async with open_database(database_url) as database:
        with database.entered():
            sql = (
                "SELECT indexdef AS sql FROM pg_indexes WHERE schemaname = 'public'"
                if ON_POSTGRES
                else "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index'"
            )
            rows = await select(sql)
    names = " ".join(str(row) for row in rows)
    for index in "post_changes", "thread_latest", "membership_group", "tagging_post", "tagging_theme", "session_place":
        assert index in names


MIGRATE = """
import asyncio, sys
from forum.database import open_database

async def migrate():
    async with open_database(sys.argv[1], create=True) as database:
        print(await database.migrate())
        print((await database.check()).epoch)

asyncio.run(migrate())
"""


async def test_two_processes_may_migrate_at_once(blank_url):
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", MIGRATE, blank_url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    said = [await process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], b"\n".join(error for _, error in said).decode()
    steps, epochs = zip(*(words.decode().split() for words, _ in said), strict=True)
    chain = list(Path(migrations.__file__).parent.glob("[0-9]*.py"))
    assert sum(map(int, steps)) == len(chain)  # each step by one of them
    assert len(set(epochs)) == 1
