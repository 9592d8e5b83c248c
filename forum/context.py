"""Forum: what a running service has in its hands, opened once and handed on. It holds the one door for writes.

Every write of the product goes through `write`, `change` or `end_right`, inside an action: nothing else opens a
transaction, and inside one nothing is awaited but the database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from forum.aside import Aside
from forum.bus import Bus, open_bus
from forum.database import Database, open_database, select, transaction
from forum.mail import Mail
from forum.passwords import Passwords
from forum.settings import Settings, make_folder
from forum.users import Rules

logger = logging.getLogger(__name__)


class Forum:
    """Settings, database, bus, passwords, mail and clock of one service. `epoch` names this history of revisions."""

    def __init__(self, settings: Settings, database: Database, bus: Bus, epoch: str) -> None:
        self.settings = settings
        self.database = database
        self.bus = bus
        self.epoch = epoch
        self.secret = settings.secret()
        self.passwords = Passwords(settings.passwords)
        self.mail = Mail(settings)
        self.aside = Aside()
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._running: set[asyncio.Task[Any]] = set()

    @asynccontextmanager
    async def write(self, wake: Iterable[str] = ()) -> AsyncIterator[None]:
        """One transaction; once it is committed, the topics of `wake` are woken."""
        async with transaction():
            yield
        self.bus.publish(wake)

    @asynccontextmanager
    async def change(self, *thread_ids: int) -> AsyncIterator[dict[int, int]]:
        """Lock the threads in id order, hand out their next revisions, wake their viewers once all is committed.

        The number is taken first: the UPDATE is the lock, and whatever is read after it is as new as the number. For a
        thread that is not there it is 0: whoever asks for the thread then is told, as for one that is not theirs.
        """
        async with self.write(wake=[f"thread:{thread_id}" for thread_id in thread_ids]):
            yield {thread_id: await _next_revision(thread_id) for thread_id in sorted(thread_ids)}

    @asynccontextmanager
    async def end_right(self) -> AsyncIterator[None]:
        """A write that takes a right away: every room asks again who may read, before it sends anything newer."""
        async with self.write(wake=["rights"]):
            await select("UPDATE service SET rights = rights + 1 RETURNING rights")
            yield

    def session_limits(self) -> tuple[datetime, datetime]:
        """The earliest times at which a session that still holds was last seen, and was begun."""
        sessions, now = self.settings.sessions, self.clock()
        return now - timedelta(hours=sessions.idle_hours), now - timedelta(hours=sessions.absolute_hours)

    def rules(self) -> Rules:
        """What the settings and the clock say about who gets in at this moment."""
        now = self.clock()
        closed_before = now.astimezone(UTC).date() - timedelta(days=self.settings.groups.read_only_days)
        return Rules(now, closed_before, self.settings.sign_in.second_factor)

    async def to_the_end(self, act: Coroutine[Any, Any, Any]) -> Any:
        """Run `act` whole even when the caller is cancelled: half a write would keep the database's lock for ever."""
        task = asyncio.create_task(act)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_log_fault)
            raise

    async def close(self) -> None:
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
        await self.bus.close()
        self.passwords.close()
        await asyncio.to_thread(self.aside.close)


@asynccontextmanager
async def open_forum(settings: Settings, *, create: bool = False, migrate: bool = False) -> AsyncIterator[Forum]:
    """A Forum whose database is entered for the code inside. Misconfigured, in one sentence, when it cannot be had.

    `create` makes a database where there is none yet; `migrate` also brings an older one to this version.
    """
    create = create or migrate
    if create:
        make_folder(settings.data)
    async with open_database(settings.database_url, create=create) as database:
        if migrate or (create and await database.is_blank()):
            await database.migrate()
        service = await database.check()
        forum = Forum(settings, database, open_bus(settings.redis.url), service.epoch)
        try:
            with database.entered():
                yield forum
        finally:
            await forum.close()


async def _next_revision(thread_id: int) -> int:
    rows = await select("UPDATE thread SET revision = revision + 1 WHERE id = $1 RETURNING revision", thread_id)
    return int(rows[0]["revision"]) if rows else 0


def _log_fault(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (fault := task.exception()):
        logger.error("An action failed after its caller had gone", exc_info=fault)
