"""A `forum` process as a test starts it, and people who visit it over HTTP."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from tests.cast import PASSWORD


@contextmanager
def running(*words: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A `forum` process that is ready, and where it answers."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FORUM_")}
    command = [sys.executable, "-m", "forum", *words]
    with subprocess.Popen(
        command, env={**clean, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if found := re.fullmatch(r"Ready: (http://\S+)\n", line):
                    yield process, found.group(1)
                    break
            else:
                assert process.stderr is not None
                raise AssertionError(process.stderr.read())
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()


def browser(where: str, name: str, password: str = PASSWORD) -> httpx2.Client:
    client = httpx2.Client(base_url=where, headers={"origin": where})
    answer = client.post("/sign-in", data={"email": f"{name}@demo.example", "password": password})
    assert answer.status_code == 303, answer.text
    return client


def first_thread(client: httpx2.Client, slug: str) -> str:
    found = re.search(r'href="(/threads/\d+)"', client.get(f"/groups/{slug}").text)
    assert found
    return found.group(1)
