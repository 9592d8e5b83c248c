"""`forum migrate` and `forum check`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from forum.actions.reference import load_reference
from forum.context import open_forum
from forum.database import open_database
from forum.errors import Misconfigured
from forum.settings import Settings, load, make_folder

SECRETS = {"secret_key", "url"}


def add_commands(commands: Any) -> None:
    commands.add_parser("migrate", help="bring the database to this version").set_defaults(run=migrate)
    commands.add_parser("check", help="print the settings in force, and what is wrong").set_defaults(run=check)


def migrate(arguments: argparse.Namespace) -> int:
    settings = load()
    make_folder(settings.data)
    steps = asyncio.run(_migrate(settings))
    print(f"The database is at this version: {steps} {'step' if steps == 1 else 'steps'} taken.")
    return 0


async def _migrate(settings: Settings) -> int:
    async with open_database(settings.database_url, create=True) as database:
        steps = await database.migrate(lambda step: print(f"Took the step {step}", file=sys.stderr))
    async with open_forum(settings) as forum:
        await load_reference(forum)
    return steps


def check(arguments: argparse.Namespace) -> int:
    settings = load()
    for section in settings.__struct_fields__:
        values = getattr(settings, section)
        print(f"[{section}]")
        for name in values.__struct_fields__:
            print(f"{name} = {shown(section, name, getattr(values, name))}")
    try:
        asyncio.run(_open(settings))
    except Misconfigured as fault:
        print(f"Wrong: {fault}", file=sys.stderr)
        return 2
    print("All is well.")
    return 0


def shown(section: str, name: str, value: object) -> str:
    """A setting as it may be printed: a secret, or an address that may hold a password, only says whether it is set."""
    if name in SECRETS and section != "site":
        return "(set)" if value else "(not set)"
    return repr(value)


async def _open(settings: Settings) -> None:
    async with open_forum(settings):
        pass
