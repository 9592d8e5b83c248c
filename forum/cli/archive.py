"""`forum import` and `forum archive`: discussions in and out as JSON lines."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from tortoise.exceptions import IntegrityError

from forum.actions.archives import import_archive
from forum.actions.audit import note_export
from forum.actions.reference import load_reference
from forum.archive_lines import Fault
from forum.archiving import Report, lines, take_snapshot
from forum.context import Forum, open_forum
from forum.errors import Invalid
from forum.settings import load

ONE = {"people": "person"}


def add_commands(commands: Any) -> None:
    bring = commands.add_parser("import", help="bring in the discussions of an archive")
    bring.add_argument("file", type=Path, metavar="FILE")
    bring.set_defaults(run=run_import)
    write = commands.add_parser("archive", help="write all discussions into an archive")
    write.add_argument("file", type=Path, metavar="FILE")
    write.set_defaults(run=run_archive)


def run_import(arguments: argparse.Namespace) -> int:
    with open_to_read(arguments.file) as file:
        try:
            added = asyncio.run(_import(file))
        except Fault as fault:
            return _refuse(str(fault))
        except IntegrityError:
            return _refuse("Somebody added some of the same at this moment. Run it again.")
    print(f"Brought in {in_words(added)}." if added.total() else "There was nothing new in it.")
    return 0


async def _import(file: BinaryIO) -> Counter[str]:
    async with open_forum(load(), create=True) as forum:
        await load_reference(forum)
        return await import_archive(forum, file, tell)


def run_archive(arguments: argparse.Namespace) -> int:
    async def write() -> None:
        async with open_forum(load()) as forum:
            await archive_file(forum, arguments.file, tell)

    asyncio.run(write())
    print(f"Wrote {arguments.file}.")
    return 0


async def archive_file(forum: Forum, path: Path, report: Report) -> None:
    """Write everything into a file that only its owner reads. Until it is whole, what was at `path` stays."""
    await note_export(forum, None, "archive.jsonl")
    snapshot = await take_snapshot(forum)
    await asyncio.to_thread(replace_file, path, lines(forum, snapshot, report))


def replace_file(path: Path, content: Iterator[bytes]) -> None:
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise Invalid(f"{path} is not a file that can be written.")
    try:
        handle, name = tempfile.mkstemp(prefix=".archive-", dir=path.parent)
    except OSError as fault:
        raise Invalid(f"{path} cannot be written: {fault.strerror}.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def open_to_read(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else fault
        raise Invalid(f"{path} cannot be read: {why}.") from None


def tell(done: int, total: int) -> None:
    print(f"{done:,} of {total:,} posts", file=sys.stderr, flush=True)


def in_words(added: Counter[str]) -> str:
    return ", ".join(
        f"{count:,} {kind if count != 1 else ONE.get(kind, kind[:-1])}" for kind, count in added.items() if count
    )


def _refuse(why: str) -> int:
    print(f"Nothing was brought in. {why}", file=sys.stderr)
    return 1
