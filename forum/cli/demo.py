"""`forum demo`: a data folder with the demo world, served on loopback."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import Any

from forum.actions.reference import load_reference
from forum.actions.worlds import set_demo_password
from forum.cli.serve import listen, serve
from forum.context import open_forum
from forum.demo.world import ACCOUNTS, build_large, build_world
from forum.errors import Misconfigured
from forum.models import Person
from forum.settings import OWN_FILE, Settings, load

PASSWORD_FILE = "demo-password"
OWN_FILES = ("forum.sqlite3", "forum.sqlite3-wal", "forum.sqlite3-shm", "secret", PASSWORD_FILE, OWN_FILE)
SETTINGS = "[sign_in]\nsecond_factor = false  # the accounts of the demo need none, however this folder is served\n"
NO_DEMO = "There is a service that is no demo in this folder. Name another with --data."


def add_commands(commands: Any) -> None:
    parser = commands.add_parser("demo", help="fill a folder with the demo world and serve it on this machine")
    parser.add_argument("--data", default=None, help="the folder, by default data/demo")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--password", help="of all accounts; without it one is made up for each new folder")
    parser.add_argument("--fresh", action="store_true", help="begin anew")
    parser.add_argument("--no-serve", action="store_true", help="only fill the folder")
    parser.add_argument("--size", choices=("small", "large"), default="small", help="large is for measuring")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    folder = arguments.data or os.environ.get("FORUM_DATA") or "data/demo"
    settings = load(
        service={"data": folder},
        site={"url": f"http://127.0.0.1:{arguments.port}" if arguments.port else ""},  # `serve` knows which it got
        sign_in={"second_factor": False},
    )
    if arguments.password is not None and not 1 <= len(arguments.password) <= 128:
        raise Misconfigured("--password takes 1 to 128 characters.")
    with contextlib.ExitStack() as stack:
        # The port comes first: nobody waits for a world that cannot be shown.
        listener = None if arguments.no_serve else stack.enter_context(listen("127.0.0.1", arguments.port))
        if arguments.fresh:
            _clear(settings)
        password = asyncio.run(_fill(settings, arguments.password, arguments.size))
        print(f"\nAccounts of the demo world, all with the password {password}\n")
        for email, name, what in ACCOUNTS:
            print(f"  {email:<24} {name:<22} {what}")
        print(flush=True)
        return serve(settings, "127.0.0.1", listener) if listener else 0


def _clear(settings: Settings) -> None:
    """Take an earlier demo away, and nothing else."""
    if settings.database.url:
        raise Misconfigured("--fresh begins a folder anew; the database of the settings it leaves alone.")
    if (settings.data / OWN_FILES[0]).exists() and not (settings.data / PASSWORD_FILE).exists():
        raise Misconfigured(NO_DEMO)
    for name in OWN_FILES:
        (settings.data / name).unlink(missing_ok=True)
    shutil.rmtree(settings.data / "mail", ignore_errors=True)


async def _fill(settings: Settings, wanted: str | None, size: str) -> str:
    """Fill the folder unless somebody is in it, and return the password that its accounts have."""
    async with open_forum(settings, migrate=True) as forum:
        kept = settings.data / PASSWORD_FILE
        password = wanted or (kept.read_text().strip() if kept.exists() else secrets.token_urlsafe(12))
        if not await Person.exists():
            await load_reference(forum)
            build = build_large if size == "large" else build_world
            await build(forum, await forum.passwords.hash(password), report=_report)
        elif not kept.exists():
            raise Misconfigured(NO_DEMO)
        elif kept.read_text().strip() != password:
            await set_demo_password(forum, await forum.passwords.hash(password))
        _keep(kept, f"{password}\n")
        _keep(settings.data / OWN_FILE, SETTINGS)
        return password


def _keep(path: Path, words: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(words)


def _report(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
