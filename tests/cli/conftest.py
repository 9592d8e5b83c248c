"""Commands as a terminal runs them."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from forum.settings import PACKAGE


@dataclass
class Said:
    status: int
    out: str
    error: str


Run = Callable[..., Awaitable[Said]]


@pytest.fixture
def run(database_url: str, tmp_path) -> Run:
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
