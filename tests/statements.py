"""What is sent to the database."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest
from tortoise.backends.asyncpg import client as postgres
from tortoise.backends.sqlite import client as tortoise_sqlite

from forum import sqlite

CLIENTS = (
    sqlite.Client,
    sqlite._TransactionClient,
    tortoise_sqlite.SqliteClient,
    tortoise_sqlite.SqliteTransactionWrapper,
    postgres.AsyncpgDBClient,
    postgres.TransactionWrapper,
)
OF_NOBODY = re.compile("PRAGMA|DELETE FROM job|UPDATE job|SELECT .* FROM job")  # the hub's and the worker's own


@contextmanager
def statements() -> Iterator[list[str]]:
    """Those that are sent meanwhile, without their values."""
    sent: list[str] = []

    def noted(run: Any) -> Any:
        @wraps(run)
        async def note(client: Any, query: str, *values: Any) -> Any:
            if not OF_NOBODY.match(query):
                sent.append(query)
            return await run(client, query, *values)

        return note

    with pytest.MonkeyPatch.context() as patch:
        for client in CLIENTS:
            for name in [name for name in vars(client) if name.startswith("execute_")]:
                patch.setattr(client, name, noted(vars(client)[name]))
        yield sent
