"""`forum terms`: the terms with the house rules, and the words on consent, beside a running service."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

from forum.actions.terms import KINDS, in_force, publish_terms
from forum.context import open_forum
from forum.errors import Invalid
from forum.moments import moment
from forum.settings import load


def add_commands(commands: Any) -> None:
    acts = commands.add_parser("terms", help="what people agree to").add_subparsers(required=True, metavar="ACT")
    publish = acts.add_parser("publish", help="publish words as the next version: everybody is asked to answer")
    publish.add_argument("kind", choices=list(KINDS))
    publish.add_argument("file", type=Path, help="Markdown, UTF-8")
    publish.set_defaults(run=publish_file)
    acts.add_parser("show", help="print what is in force").set_defaults(run=show)


def publish_file(arguments: argparse.Namespace) -> int:
    try:
        body = arguments.file.read_bytes().decode()
    except OSError as fault:
        raise Invalid(f"{arguments.file} cannot be read: {fault.strerror}.") from None
    except UnicodeDecodeError:
        raise Invalid(f"{arguments.file} is not UTF-8.") from None
    version = asyncio.run(_publish(arguments.kind, body))
    print(f"Published version {version}: {KINDS[arguments.kind]}. Everybody is asked to answer.")
    return 0


async def _publish(kind: str, body: str) -> int:
    async with open_forum(load()) as forum:
        return await publish_terms(forum, None, kind, body)


def show(arguments: argparse.Namespace) -> int:
    asyncio.run(_show())
    return 0


async def _show() -> None:
    async with open_forum(load()):
        standing = await in_force()
    for kind, title in KINDS.items():
        if terms := standing.get(kind):
            by = terms.by.name if terms.by else "the terminal"
            print(f"{title}: version {terms.version}, {moment(terms.published_at)}, by {by}\n\n{terms.body}\n")
        else:
            print(f"{title}: none was published yet.\n")
