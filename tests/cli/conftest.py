"""Commands as a terminal runs them."""

import asyncio
import io
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from forum.cli import main
from forum.settings import PACKAGE


@dataclass
class Said:
    status: int
    out: str
    error: str


@pytest.fixture
def run(database_url: str, tmp_path) -> Callable[..., Awaitable[Said]]:
    """`await run("group", "add", …)` in a data folder of its own, on a database with the cast in it."""

    async def run_it(*words: str | bytes, stdin: str = "", **environment: str) -> Said:
        base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE.parent)}
        mine = {"FORUM_DATA": str(tmp_path), "FORUM_DATABASE_URL": database_url, "FORUM_PASSWORDS__MEMORY_KIB": "8"}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "forum", *words),
            cwd=tmp_path,
            env={name: value for name, value in {**base, **mine, **environment}.items() if value},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, error = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
        finally:
            if process.returncode is None:
                process.kill()
        return Said(process.returncode or 0, out.decode(), error.decode())

    return run_it


@pytest.fixture
def say(database_url: str, tmp_path, monkeypatch, capfd) -> Callable[..., Said]:
    """The same in this process, for commands that end before they serve: quick enough for long tables of words."""

    def say_it(*words: str, stdin: str = "", **environment: str) -> Said:
        mine = {"FORUM_DATA": str(tmp_path), "FORUM_DATABASE_URL": database_url, "FORUM_PASSWORDS__MEMORY_KIB": "8"}
        for name, value in {**mine, **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        try:
            status = main(list(words))
        except SystemExit as ended:
            status = int(str(ended.code))
        out, error = capfd.readouterr()
        return Said(status, out, error)

    return say_it
