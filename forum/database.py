"""Opening, migrating and reading the database. Besides sqlite.py and search, the only place that knows a dialect.

A Tortoise context is entered for a request, a command or a test (`Database.entered`) and never registered for the
process, so two services can live in one.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from copy import copy
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.context import TortoiseContext, require_context
from tortoise.exceptions import BaseORMException
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.transactions import in_transaction

from forum import migrating
from forum.errors import Misconfigured
from forum.models import Service
from forum.sqlite import Client, numbered, open_file

MIGRATIONS = "forum.migrations"
Rows = list[dict[str, Any]]


class Database:
    """One open database: `url` as in the settings, `is_sqlite` for the few who must know."""

    def __init__(self, url: str, context: TortoiseContext, apps: dict[str, Any]) -> None:
        self.url = url
        self.is_sqlite = urlsplit(url).scheme == "sqlite"
        self._context = context
        self._apps = apps

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Make this the database that models, `select` and `transaction` talk to, for the code inside."""
        with copy(self._context):  # a context remembers one entrance only, and requests overlap
            yield

    async def migrate(self, report: Callable[[str], None] = lambda step: None) -> int:
        """Bring the schema to this version and return how many steps that took."""
        with self.entered():
            steps = await migrating.migrate(self._context.db(), self._apps, report)
            await select(
                "INSERT INTO service (id, epoch, rights) VALUES (1, $1, 0) ON CONFLICT DO NOTHING RETURNING id",
                secrets.token_hex(8),
            )
            return steps

    async def is_blank(self) -> bool:
        """Whether no step of any version was ever taken here."""
        return not await MigrationRecorder(self._context.db()).applied_migrations()

    async def check(self) -> Service:
        """The row about the service. Misconfigured when the schema is not this version's."""
        with self.entered():
            if await migrating.pending(self._context.db(), self._apps):
                raise Misconfigured("The database is not at this version. Run `forum migrate` first.")
            return await Service.get()

    async def written_elsewhere(self) -> int:
        """On SQLite, a number that moves when another process commits; always 0 on PostgreSQL."""
        if not self.is_sqlite:
            return 0
        rows = await self._context.db().execute_query_dict("PRAGMA data_version")
        return int(rows[0]["data_version"])

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Callable[..., Any]]:
        """`select` on a connection of its own: a long read (a summary, an export) holds up no page and no room."""
        client = self._context.db()
        if not isinstance(client, Client):
            yield select  # each query of a pool has its own connection
            return
        connection = await open_file(client.filename, read_only=True)

        async def select_apart(sql: str, *values: Any) -> Rows:
            return [dict(row) for row in await connection.execute_fetchall(numbered(sql), values)]

        try:
            yield select_apart
        finally:
            await connection.close()


@asynccontextmanager
async def open_database(url: str, *, create: bool = False) -> AsyncIterator[Database]:
    """Open the database at `sqlite://PATH` or `postgres://…`, with every connection in it proven.

    Misconfigured, in one sentence, when it is not there (unless `create`), locked, unreachable or not a database.
    """
    if urlsplit(url).scheme == "sqlite":
        path = Path(url.removeprefix("sqlite://"))
        if not create and not path.exists():
            raise Misconfigured(f"There is no database at {path}. Run `forum migrate` to make one.")
        connection: dict[str, Any] = {"engine": "forum.sqlite", "credentials": {"file_path": str(path)}}
    elif urlsplit(url).scheme in ("postgres", "postgresql"):
        connection = expand_db_url(url)
    else:
        raise Misconfigured("database.url must begin with sqlite:// or postgres://")
    # Tortoise caches an insert's SQL by the connection's name: one name a dialect keeps them apart.
    name = urlsplit(url).scheme
    apps = {"forum": {"models": ["forum.models"], "default_connection": name, "migrations": MIGRATIONS}}
    context = TortoiseContext()
    try:
        with context:
            try:
                await context.init({"connections": {name: connection}, "apps": apps})
                await context.db().execute_query("SELECT 1")
            except (BaseORMException, OSError, ValueError) as fault:
                raise Misconfigured(f"The database cannot be opened: {fault}") from fault
            except Exception as fault:
                if type(fault).__module__.split(".")[0] in ("sqlite3", "asyncpg"):
                    raise Misconfigured(f"The database cannot be opened: {fault}") from fault
                raise
        yield Database(url, context, apps)
    finally:
        with context:
            await context.close_connections()


async def select(sql: str, *values: Any) -> Rows:
    """The rows of one statement with $1-style placeholders, inside the open transaction if there is one.

    On SQLite truth comes back as 0 and 1, and times as text: see `as_time`.
    """
    return list(await require_context().db().execute_query_dict(sql, list(values)))


def as_time(value: Any) -> datetime:
    """The time in a column that `select` brought."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def as_day(value: Any) -> date:
    """As as_time, of a day."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def is_in_transaction() -> bool:
    return isinstance(require_context().db(), TransactionalDBClient)


def transaction() -> Any:
    """A transaction on the entered database. Only Forum.write may open one; a test guards that."""
    return in_transaction()
