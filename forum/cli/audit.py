"""`forum verify-audit`: whether the audit log is as it was written, row by row."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec

from forum.audit import Head, Verified, verify
from forum.cli.archive import replace_file
from forum.context import open_forum
from forum.errors import Invalid
from forum.settings import load


def add_commands(commands: Any) -> None:
    parser = commands.add_parser("verify-audit", help="check the chain of the audit log")
    parser.add_argument("--head", type=Path, metavar="FILE", help="a head exported earlier, which the log must contain")
    parser.add_argument(
        "--export-head",
        type=Path,
        metavar="FILE",
        help="write where the log stands now; kept on another machine, it shows rows that went later",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    exported = read_head(arguments.head) if arguments.head else None
    found = asyncio.run(_verify(exported))
    if found.wrong:
        print(f"The audit log is broken. {found.wrong}", file=sys.stderr)
        return 1
    print(f"The audit log is whole: {found.rows:,} {'row' if found.rows == 1 else 'rows'}.")
    if arguments.export_head:
        head = msgspec.json.encode(Head(found.rows, found.mac)) + b"\n"
        replace_file(arguments.export_head, iter([head]))
        print(f"Wrote its head to {arguments.export_head}.")
    return 0


async def _verify(exported: Head | None) -> Verified:
    async with open_forum(load()) as forum, forum.database.reader() as select:
        return await verify(select, forum.secret, exported)


def read_head(path: Path) -> Head:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Head)
    except OSError as fault:
        raise Invalid(f"{path} cannot be read: {fault.strerror}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        raise Invalid(f"{path} is no head of an audit log.") from None
