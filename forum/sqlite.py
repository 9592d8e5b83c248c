"""Tortoise's SQLite client, made safe for several processes and for readers beside a writer.

One connection writes, and its transactions begin IMMEDIATE: a transaction that reads first and writes later would be
refused whenever another process wrote in between. A second connection, which cannot write, serves every read outside a
transaction, so that pages and rooms never wait for a writer. The module's name must contain "sqlite": Tortoise's
migrations read the dialect from it.
"""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import aiosqlite
from tortoise.backends.base.client import ConnectionWrapper, TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
    translate_exceptions,
)
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError

from forum.errors import Misconfigured

PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


@lru_cache(maxsize=512)
def numbered(sql: str) -> str:
    """SQLite's spelling of PostgreSQL's placeholders: $1 becomes ?1."""
    return re.sub(r"\$(\d+)", r"?\1", sql)


class Client(SqliteClient):
    """Two connections to one file: `_connection` writes, `_reader` is query_only."""

    _reader: aiosqlite.Connection | None = None

    def __init__(self, file_path: str, **kwargs: Any) -> None:
        super().__init__(file_path, **kwargs)
        self._reader_lock = asyncio.Lock()

    async def create_connection(self, with_db: bool) -> None:
        if self._connection:
            return
        self._connection = await open_file(self.filename, read_only=False)
        self._reader = await open_file(self.filename, read_only=True)
        await self._post_connect()

    async def close(self) -> None:
        for connection in (self._reader, self._connection):
            if connection:
                await connection.close()
        self._reader = self._connection = None

    def acquire_reader(self) -> Any:
        return _ReaderWrapper(self._reader_lock, self)

    @translate_exceptions
    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Any]:
        if not query.startswith("SELECT"):
            return await super().execute_query(query, values)  # type: ignore[no-any-return]
        async with self.acquire_reader() as connection:
            rows = await connection.execute_fetchall(numbered(query), values)
            return len(rows), rows

    @translate_exceptions
    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        acquire = self.acquire_reader if query.startswith("SELECT") else self.acquire_connection
        async with acquire() as connection:
            return [dict(row) for row in await connection.execute_fetchall(numbered(query), values)]

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(_TransactionClient(self), self._lock)


client_class = Client


class _ReaderWrapper(ConnectionWrapper[aiosqlite.Connection]):
    def __init__(self, lock: asyncio.Lock, client: Client) -> None:
        super().__init__(lock, client)
        self.connection = client._reader  # type: ignore[assignment]


def _begin(connection: sqlite3.Connection) -> None:
    """On aiosqlite's own thread: asked from outside, a cancelled BEGIN may still wait in its queue."""
    if connection.in_transaction:
        connection.rollback()
    connection.execute("BEGIN IMMEDIATE")


class _TransactionClient(SqliteTransactionWrapper):
    async def begin(self) -> None:
        try:
            await self._connection._execute(_begin, self._connection._conn)  # type: ignore[no-untyped-call]
        except sqlite3.OperationalError as fault:
            raise OperationalError(fault) from fault

    @translate_exceptions
    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        async with self.acquire_connection() as connection:
            return [dict(row) for row in await connection.execute_fetchall(numbered(query), values)]

    async def execute_script(self, query: str) -> None:
        """One statement after the other: sqlite3's executescript would commit the transaction first."""
        statement = ""
        for piece in query.split(";"):
            statement += piece + ";"
            if sqlite3.complete_statement(statement):
                if statement.strip(" ;\n"):
                    await self.execute_query(statement)
                statement = ""


class _Transaction(SqliteTransactionContext):
    """Gives the lock back when it is cancelled on the way in: Tortoise's own keeps it, and every later query waits."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await self.connection.begin()
        except BaseException:
            self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection  # type: ignore[no-any-return]


def make_private(path: str) -> None:
    """See that the file is there and, when it is new, that only its owner reads it; SQLite's side files follow it."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


async def open_file(path: str, *, read_only: bool) -> aiosqlite.Connection:
    """A connection whose pragmas were read back. SQLite ignores a pragma that it cannot follow, without a word."""
    mode = "rw" if read_only else "rwc"  # a reader of a WAL file must be able to write its -shm, hence query_only
    if not read_only:
        make_private(path)
    connection = aiosqlite.connect(f"file:{quote(path)}?mode={mode}", uri=True, isolation_level=None)
    try:
        await connection
    except BaseException:
        await asyncio.to_thread(connection._thread.join)  # its last words need this event loop
        raise
    try:
        connection.row_factory = sqlite3.Row
        for name, wanted in (PRAGMAS | ({"query_only": 1} if read_only else {})).items():
            await connection.execute(f"PRAGMA {name}={wanted}")
            row = await (await connection.execute(f"PRAGMA {name}")).fetchone()
            if row is None or row[0] != wanted:
                raise Misconfigured(f"The database {path} cannot run with PRAGMA {name}={wanted}.")
    except BaseException:
        await connection.close()
        raise
    return connection
