"""The database opens with proven pragmas and readers who never wait, or one sentence says why it does not."""

import asyncio
import contextvars
import sqlite3
import sys
from functools import partial

import aiosqlite
import pytest

import forum.sqlite
from forum.context import open_forum
from forum.database import as_time, open_database, select
from forum.errors import Misconfigured
from forum.models import Group, Person, Thread
from forum.settings import load
from tests.cast import group, posts_in, thread_in
from tests.conftest import settings_for

PATIENCE = 5


@pytest.fixture
def file_settings(tmp_path):
    """Settings of a service on SQLite, whatever the run is on."""
    return settings_for(f"sqlite://{tmp_path}/forum.sqlite3", tmp_path)


async def rename(slug: str, name: str) -> None:
    await Group.filter(slug=slug).update(name=name)


# SQLite's pragmas


async def test_pragmas_are_what_they_were_set_to(file_settings):
    async with open_forum(file_settings, migrate=True) as opened:
        client = opened.database._context.db()
        for connection in client._connection, client._reader:
            for name, wanted in {
                "journal_mode": "wal",
                "synchronous": 2,
                "foreign_keys": 1,
                "busy_timeout": 30_000,
            }.items():
                row = await (await connection.execute(f"PRAGMA {name}")).fetchone()
                assert row[0] == wanted
        assert (await (await client._reader.execute("PRAGMA query_only")).fetchone())[0] == 1
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await client._reader.execute("UPDATE service SET rights = 5")


@pytest.mark.parametrize("pragma", ["journal_mode", "synchronous", "foreign_keys", "busy_timeout"])
async def test_a_pragma_that_is_refused_without_a_word_stops_the_start(file_settings, monkeypatch, pragma):
    """A file system without shared memory does this to WAL."""
    wanted = {"journal_mode": "nonsense", "synchronous": 9, "foreign_keys": 9, "busy_timeout": -5}
    monkeypatch.setattr(forum.sqlite, "PRAGMAS", forum.sqlite.PRAGMAS | {pragma: wanted[pragma]})
    with pytest.raises(Misconfigured, match=f"cannot run with PRAGMA {pragma}"):
        async with open_forum(file_settings, migrate=True):
            pass


# Transactions


async def test_readers_do_not_wait_for_a_writer_and_see_nothing_before_it_is_done(forum):
    outside = contextvars.copy_context()

    def read():
        return asyncio.create_task(group("finance"), context=outside.copy())

    async with forum.write():
        await rename("finance", "Money")
        assert (await asyncio.wait_for(read(), PATIENCE)).name == "Finance"
        assert (await group("finance")).name == "Money"
    assert (await asyncio.wait_for(read(), PATIENCE)).name == "Money"


async def test_what_fails_inside_is_undone_and_wakes_nobody(forum):
    woken = []
    forum.bus.listen(woken.append)
    with pytest.raises(RuntimeError):
        async with forum.end_right():
            await rename("finance", "Money")
            raise RuntimeError
    assert (await group("finance")).name == "Finance"
    assert woken == []
    async with forum.write(wake=["rights"]):
        await rename("finance", "Money")
        assert woken == []
    assert woken == ["rights"]


async def test_who_is_cancelled_while_waiting_for_the_lock_does_not_keep_it(forum):
    inside, done = asyncio.Event(), asyncio.Event()

    async def hold():
        async with forum.write():
            inside.set()
            await done.wait()

    async def wait():
        async with forum.write():
            await rename("finance", "Never")

    holder = asyncio.create_task(hold())
    await inside.wait()
    waiters = [asyncio.create_task(wait()) for _ in range(5)]
    await asyncio.sleep(0)  # each stands at the lock, or has asked for a connection
    for waiter in waiters:
        waiter.cancel()
    await asyncio.gather(*waiters, return_exceptions=True)
    done.set()
    await holder
    async with asyncio.timeout(PATIENCE), forum.write():
        await rename("finance", "Afterwards")
    assert (await group("finance")).name == "Afterwards"


async def test_who_is_cancelled_at_any_moment_of_the_entrance_does_not_keep_the_lock(file_settings):
    async with open_forum(file_settings, migrate=True) as opened:

        async def enter():
            async with opened.write():
                await select("UPDATE service SET rights = rights + 1 RETURNING rights")

        for moment in range(40):
            task = asyncio.create_task(enter())
            for _ in range(moment % 20):
                await asyncio.sleep(0)
            if moment >= 20:
                await asyncio.sleep((moment - 20) / 20_000)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            async with asyncio.timeout(PATIENCE):
                await enter()


WRITE = """
import asyncio, sys
from forum.context import open_forum
from forum.database import select
from forum.settings import load

async def write():
    settings = load({}, database={"url": sys.argv[1]}, service={"data": sys.argv[2], "secret_key": "s" * 32})
    async with open_forum(settings) as forum:
        for _ in range(int(sys.argv[4])):
            async with forum.change(int(sys.argv[3])) as revisions:
                await select("SELECT title FROM thread WHERE id = $1", int(sys.argv[3]))
                await select("UPDATE thread SET posts = posts + 1 WHERE id = $1 RETURNING posts", int(sys.argv[3]))
                print(*revisions.values())

asyncio.run(write())
"""


async def test_two_processes_write_hundreds_of_times_and_no_number_is_missing_or_twice(forum, database_url, tmp_path):
    thread, times = await thread_in("finance"), 150
    words = [sys.executable, "-c", WRITE, database_url, str(tmp_path), str(thread.id), str(times)]
    pipe = asyncio.subprocess.PIPE
    processes = [await asyncio.create_subprocess_exec(*words, stdout=pipe, stderr=pipe) for _ in range(2)]
    said = [await process.communicate() for process in processes]
    assert [error.decode() for _, error in said] == ["", ""]
    numbers = sorted(int(number) for words, _ in said for number in words.split())
    assert numbers == list(range(thread.revision + 1, thread.revision + 1 + 2 * times))
    after = await Thread.get(id=thread.id)
    assert (after.revision, after.posts) == (thread.revision + 2 * times, thread.posts + 2 * times)


async def test_two_threads_are_locked_in_the_order_of_their_ids(forum):
    """Named in any order, so that two who change the same two never wait for each other."""
    one, two = await thread_in("finance"), await thread_in("housing")

    async def change(*threads):
        for _ in range(20):
            async with forum.change(*(thread.id for thread in threads)):
                await asyncio.sleep(0)

    async with asyncio.timeout(30):
        await asyncio.gather(change(one, two), change(two, one))
    assert (await Thread.get(id=one.id)).revision == one.revision + 40


async def test_a_write_by_another_process_is_noticed_on_sqlite(file_settings):
    async with open_forum(file_settings, migrate=True) as opened:
        before = await opened.database.written_elsewhere()
        async with opened.end_right():
            pass
        assert await opened.database.written_elsewhere() == before
        with sqlite3.connect(file_settings.data / "forum.sqlite3") as other:
            other.execute("UPDATE service SET rights = rights + 1")
        other.close()
        assert await opened.database.written_elsewhere() != before


async def test_a_reader_of_its_own_sees_what_everybody_sees(forum):
    async with forum.database.reader() as read:
        rows = await read("SELECT email, created_at FROM person WHERE email = $1", "amina@demo.example")
    assert rows[0]["email"] == "amina@demo.example"
    assert as_time(rows[0]["created_at"]) == (await Person.get(email="amina@demo.example")).created_at


async def test_two_services_live_in_one_process(forum, empty_url, tmp_path):
    async with open_forum(settings_for(empty_url, tmp_path)):
        assert await Person.all().count() == 0
    assert await Person.all().count() == 11
    assert len(await posts_in("finance")) == 2


# What keeps it from opening


async def refusal(url: str, tmp_path, **how: bool) -> str:
    settings = load({}, database={"url": url}, service={"data": str(tmp_path), "secret_key": "s" * 32})
    with pytest.raises(Misconfigured) as refused:
        async with open_forum(settings, **how):
            pass
    assert "\n" not in str(refused.value)
    return str(refused.value)


async def test_a_file_that_is_not_there(tmp_path):
    assert "There is no database at" in await refusal(f"sqlite://{tmp_path}/nothing.sqlite3", tmp_path)
    assert not (tmp_path / "nothing.sqlite3").exists()


async def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "letter.sqlite3").write_text("Dear councillor, " * 500)
    assert "not a database" in await refusal(f"sqlite://{tmp_path}/letter.sqlite3", tmp_path)
    assert "not a database" in await refusal(f"sqlite://{tmp_path}/letter.sqlite3", tmp_path, migrate=True)


@pytest.mark.parametrize("place", ["", "nowhere/forum.sqlite3", "letter.txt/forum.sqlite3"])
async def test_a_place_where_no_file_can_be(tmp_path, place):
    (tmp_path / "letter.txt").write_text("Dear councillor")
    assert await refusal(f"sqlite://{tmp_path}/{place}", tmp_path, create=True)


async def test_a_data_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear councillor")
    assert "cannot be made" in await refusal("", tmp_path / "letter.txt" / "data", create=True)


async def test_a_file_that_somebody_has_locked(tmp_path, monkeypatch):
    monkeypatch.setattr(forum.sqlite.aiosqlite, "connect", partial(aiosqlite.connect, timeout=0.05))
    monkeypatch.setattr(forum.sqlite, "PRAGMAS", {"busy_timeout": 50} | forum.sqlite.PRAGMAS | {"busy_timeout": 50})
    other = sqlite3.connect(tmp_path / "forum.sqlite3", isolation_level=None)
    other.execute("CREATE TABLE a (b)")
    other.execute("BEGIN EXCLUSIVE")
    assert "locked" in await refusal(f"sqlite://{tmp_path}/forum.sqlite3", tmp_path)
    other.close()


async def test_a_postgres_that_nobody_reaches(tmp_path):
    for url in (
        "postgres://forum@127.0.0.1:1/forum",
        "postgres://forum@localhost:1/forum",
        "postgres://no.such.host.invalid/x",
    ):
        assert "cannot be opened" in await refusal(url, tmp_path)


async def test_a_database_that_the_server_does_not_have(postgres_server, tmp_path):
    assert "database nowhere" in await refusal(postgres_server.rsplit("/", 1)[0] + "/nowhere", tmp_path)


async def test_an_old_schema(blank_url, tmp_path):
    async with open_database(blank_url, create=True):
        pass
    assert "Run `forum migrate` first" in await refusal(blank_url, tmp_path)


async def test_a_newer_schema(database_url, tmp_path):
    async with open_database(database_url) as database:
        with database.entered():
            await select(
                "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('forum', '9999_new', $1) RETURNING id",
                (await Person.first()).created_at,
            )
    for how in {}, {"create": True}, {"migrate": True}:
        assert "newer version" in await refusal(database_url, tmp_path, **how)


async def test_another_kind_of_database(tmp_path):
    for url in "mysql://db/forum", "forum.sqlite3", "":
        with pytest.raises(Misconfigured, match="must begin with"):
            async with open_database(url):
                pass
