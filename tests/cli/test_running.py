"""`forum serve` and `forum demo` as processes: they say when they answer, end in order, and keep what they answered."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests.cast import new_key
from tests.conftest import ON_POSTGRES
from tests.processes import browser, first_thread, running


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {"FORUM_DATA": str(tmp_path), "FORUM_DATABASE_URL": database_url, "FORUM_PASSWORDS__MEMORY_KIB": "8"}


def test_serve_says_when_it_answers_and_ends_in_order(environment: dict[str, str]) -> None:
    with running("serve", "--port", "0", **environment) as (process, where):
        assert httpx2.get(f"{where}/sign-in").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_serve_hangs_up_on_who_says_nothing(environment: dict[str, str]) -> None:
    with (
        running("serve", "--port", "0", FORUM_LIMITS__REQUEST_SECONDS="0.3", **environment) as (_, where),
        socket.create_connection(("127.0.0.1", int(where.rsplit(":", 1)[1])), timeout=10) as silent,
    ):
        assert silent.recv(1) == b""


def test_what_was_answered_saved_survives_a_kill(environment: dict[str, str]) -> None:
    with running("serve", "--port", "0", **environment) as (process, where):
        amina = browser(where, "amina")
        thread = first_thread(amina, "adult-social-care")
        form = {"body": "Our step-down beds opened on Monday.", "key": new_key()}
        assert amina.post(f"{thread}/posts", data=form).status_code == 303
        process.kill()
        process.wait(15)
    with running("serve", "--port", "0", **environment) as (process, where):
        assert "step-down beds opened" in browser(where, "gareth").get(thread).text


def test_demo_fills_a_folder_and_a_later_run_finds_it(tmp_path: Path) -> None:
    words = ("demo", "--data", str(tmp_path / "demo"), "--port", "0", "--password", "a password for the demo")
    with running(*words, FORUM_PASSWORDS__MEMORY_KIB="8") as (process, where):
        ruth = browser(where, "ruth", "a password for the demo")
        assert "Adult social care" in ruth.get("/").text
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    with running("serve", "--port", "0", FORUM_DATA=str(tmp_path / "demo")) as (process, where):
        assert browser(where, "gareth", "a password for the demo").get("/groups/finance").status_code == 200


def test_another_password_on_a_later_run_replaces_the_first(tmp_path: Path) -> None:
    words = ("demo", "--data", str(tmp_path), "--port", "0", "--password")
    with running(*words, "first", FORUM_PASSWORDS__MEMORY_KIB="8"):
        pass
    with running(*words, "second", FORUM_PASSWORDS__MEMORY_KIB="8") as (_, where):
        assert browser(where, "amina", "second").get("/").status_code == 200
        refused = httpx2.post(
            f"{where}/sign-in", data={"email": "amina@demo.example", "password": "first"}, headers={"origin": where}
        )
        assert refused.status_code == 422


def test_a_taken_port_is_said_before_a_world_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = ["demo", "--data", str(tmp_path / "demo"), "--port", str(taken.getsockname()[1])]
        done = subprocess.run([sys.executable, "-m", "forum", *words], capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert not (tmp_path / "demo").exists()


def test_nobody_else_on_the_machine_reads_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "service"
    with running("serve", "--port", "0", FORUM_DATA=str(folder)):
        assert {file.stat().st_mode & 0o077 for file in [folder, *folder.iterdir()]} == {0}
        assert {"forum.sqlite3", "forum.sqlite3-wal", "secret"} <= {file.name for file in folder.iterdir()}


def test_demo_leaves_a_folder_alone_that_holds_a_real_service(tmp_path: Path) -> None:
    folder = {**os.environ, "FORUM_DATA": str(tmp_path)}
    create = ["account", "create", "priya@example.org", "--name", "Priya"]
    for words in (["migrate"], create):
        subprocess.run([sys.executable, "-m", "forum", *words], env=folder, check=True, capture_output=True)
    before = (tmp_path / "forum.sqlite3").read_bytes()
    for words in (["demo", "--no-serve"], ["demo", "--no-serve", "--fresh"]):
        done = subprocess.run([sys.executable, "-m", "forum", *words], env=folder, capture_output=True, text=True)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert (tmp_path / "forum.sqlite3").read_bytes() == before


@pytest.mark.skipif(not ON_POSTGRES, reason="one process writes a SQLite file")
def test_two_workers_share_what_is_written(environment: dict[str, str], valkey_server: str) -> None:
    settings = {"FORUM_REDIS_URL": valkey_server, **environment}
    with running("serve", "--port", "0", "--workers", "2", **settings) as (process, where):
        amina = browser(where, "amina")
        thread = first_thread(amina, "adult-social-care")
        for number in range(10):  # each browser has a connection of its own, to whichever worker takes it
            form = {"body": f"Note {number}.", "key": new_key()}
            assert browser(where, "amina").post(f"{thread}/posts", data=form).status_code == 303
            assert f"Note {number}." in browser(where, "gareth").get(thread).text
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
