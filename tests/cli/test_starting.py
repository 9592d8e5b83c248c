"""What keeps the service from starting is one sentence and exit status 2; otherwise it serves, and stops when told."""

import asyncio
import os
import signal
import socket
import sqlite3
import sys
import urllib.request

import pytest

from forum.settings import PACKAGE


@pytest.mark.parametrize(
    ("words", "environment", "names"),
    [
        (("serve",), {"FORUM_CONFIG": "/nowhere/own.toml"}, "/nowhere/own.toml"),
        (("serve",), {"FORUM_SITE__NAEM": "x"}, "naem"),
        (("serve",), {"FORUM_LIMITS__POSTS_PER_PAGE": "many"}, "limits.posts_per_page"),
        (("serve",), {"FORUM_SECRET_KEY": "short"}, "service.secret_key"),
        (("serve",), {"FORUM_SITE__URL": "http://hub.example.org"}, "site.url"),
        (("serve", "--workers", "2"), {"FORUM_DATABASE_URL": ""}, "service.workers"),
        (("serve", "--workers", "0"), {}, "service.workers"),
        (("serve", "--workers", "x"), {}, "--workers"),
        (("serve", "--port", "99999"), {}, "99999"),
        (("serve", "--port", "x"), {}, "--port"),
        (("serve", "--host", "no.such.host.invalid"), {}, "no.such.host.invalid"),
        (("serve",), {"FORUM_DATABASE_URL": "mysql://db/forum"}, "database.url"),
        (("serve",), {"FORUM_DATABASE_URL": "postgres://forum@127.0.0.1:1/forum"}, "cannot be opened"),
        (("serve",), {"FORUM_DATABASE_URL": "sqlite:///nowhere/at/all.sqlite3"}, "cannot be opened"),
        (("check",), {"FORUM_DATABASE_URL": "sqlite:///nowhere/at/all.sqlite3"}, "/nowhere/at/all.sqlite3"),
        (("migrate",), {"FORUM_DATA": "/proc/nowhere", "FORUM_DATABASE_URL": ""}, "/proc/nowhere"),
        (("serve",), {"FORUM_REDIS_URL": "bus:6379"}, "redis.url"),
    ],
)
def test_what_is_wrong_is_one_sentence(say, words, environment, names):
    port = () if "--port" in words or words[0] != "serve" else ("--port", "0")
    said = say(*words, *port, **environment)
    assert said.status == 2, said
    assert names in said.error and len(said.error.splitlines()) == 1, said


async def test_a_setting_is_wrong_in_a_real_terminal_too(run):
    for words, environment in (
        ("serve", {"FORUM_CONFIG": "/nowhere/own.toml"}),
        ("check", {"FORUM_SECRET_KEY": "short"}),
    ):
        said = await run(words, **environment)
        assert (said.status, said.out, len(said.error.splitlines())) == (2, "", 1), said


async def test_a_port_in_use_is_named(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = await run("serve", "--port", port)
    assert said.status == 2
    assert port in said.error and "in use" in said.error and len(said.error.splitlines()) == 1


def test_an_old_schema_and_a_newer_one_are_named(say, tmp_path):
    path = tmp_path / "old.sqlite3"
    url = f"sqlite://{path}"
    sqlite3.connect(path).close()
    old = say("check", FORUM_DATABASE_URL=url)
    assert old.status == 2 and "forum migrate" in old.error.splitlines()[-1]
    assert say("migrate", FORUM_DATABASE_URL=url).status == 0
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('forum', '9999_future', '2026-01-01')"
        )
    connection.close()
    for words in ("check",), ("migrate",), ("serve", "--port", "0"), ("account", "suspend", "amina@demo.example"):
        newer = say(*words, FORUM_DATABASE_URL=url)
        assert newer.status == 2 and "newer version" in newer.error, words


async def test_check_prints_the_settings_without_secrets(run):
    said = await run("check", FORUM_SECRET_KEY="k" * 40, FORUM_LIMITS__POSTS_PER_PAGE="17")
    assert said.status == 0, said
    assert "posts_per_page = 17" in said.out and "All is well." in said.out
    assert "k" * 40 not in said.out + said.error and "secret_key = (set)" in said.out


def test_migrating_twice_is_no_fault(say, tmp_path):
    first, second = [say("migrate", FORUM_DATABASE_URL=f"sqlite://{tmp_path}/new.sqlite3") for _ in range(2)]
    assert first.status == second.status == 0
    assert "0001_initial" in first.error and "0 steps" in second.out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_that_it_is_ready_answers_and_stops_cleanly(database_url, tmp_path, number):
    words = (sys.executable, "-m", "forum", "serve", "--port", "0")
    environment = {
        **{"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE.parent), "FORUM_DATA": str(tmp_path)},
        **{"FORUM_DATABASE_URL": database_url, "FORUM_PASSWORDS__MEMORY_KIB": "8"},
    }
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, env=environment, stdout=pipe, stderr=pipe)
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
        assert line.startswith("Ready: http://127.0.0.1:"), await process.stderr.read()
        answer = await asyncio.to_thread(urllib.request.urlopen, line.removeprefix("Ready: ").strip() + "/sign-in")
        assert answer.status == 200 and "server" not in answer.headers
        answer.close()
        process.send_signal(number)
        out, error = await asyncio.wait_for(process.communicate(), 30)
        assert (process.returncode, out, error) == (0, b"", b"")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
