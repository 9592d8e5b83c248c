"""Things to do later. A job is put into its table by the transaction that is its cause, and done at least once: whoever
claims it has a while to say that it is done, then another may claim it. Its key keeps it from being there twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from forum.actions import action
from forum.context import Forum
from forum.database import select
from forum.models import Job
from forum.models.ids import new_id

ASK_EVERY = 2.0  # seconds
AT_ONCE = 4  # so that one slow mail server does not hold up everything else
CLAIM = timedelta(minutes=10)  # longer than any job takes
MOST_ATTEMPTS = 10  # the last one seventeen hours after the first
KEPT = timedelta(days=7)
CLEARED_EVERY = 3600.0  # seconds
TO_THE_END = 5.0  # seconds that a job has when the service stops: half a letter would be sent a second time
logger = logging.getLogger(__name__)


class Hopeless(Exception):
    """This job fails however often it is tried."""


@dataclass(frozen=True, slots=True)
class Claimed:
    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int


Handler = Callable[[Forum, Claimed], Awaitable[None]]


async def put_job(
    forum: Forum, kind: str, key: str, payload: Mapping[str, Any], run_at: datetime | None = None
) -> None:
    """Inside a transaction: have this done after it is committed, or at `run_at`. The same key again puts nothing."""
    now = forum.clock()
    await select(
        """INSERT INTO job (id, kind, key, payload, created_at, run_at, attempts) VALUES ($1, $2, $3, $4, $5, $6, 0)
        ON CONFLICT (key) DO NOTHING RETURNING id""",
        new_id(),
        kind,
        key,
        msgspec.json.encode(payload).decode(),
        now,
        run_at or now,
    )


async def is_due(forum: Forum) -> bool:
    """Whether there is anything to claim: a read, so that a service with nothing to do writes nothing."""
    now = forum.clock()
    return bool(await select(f"SELECT id FROM job WHERE {DUE} LIMIT 1", now, now - CLAIM))


@action
async def claim_job(forum: Forum) -> Claimed | None:
    """Take the next job that is due. Of two who would take the same one gets it."""
    now = forum.clock()
    async with forum.write():
        rows = await select(
            f"""UPDATE job SET claimed_at = $1, attempts = attempts + 1
            WHERE id = (SELECT id FROM job WHERE {DUE} ORDER BY run_at, id LIMIT 1) AND {DUE}
            RETURNING id, kind, key, payload, attempts""",
            now,
            now - CLAIM,
        )
    if not rows:
        return None
    [row] = rows
    return Claimed(row["id"], row["kind"], row["key"], msgspec.json.decode(row["payload"]), row["attempts"])


@action
async def finish_job(forum: Forum, job: Claimed) -> None:
    """Done. What it carried is emptied: it may have been a link that lets somebody in."""
    async with forum.write():
        await select("UPDATE job SET done_at = $1, payload = '{}' WHERE id = $2 RETURNING id", forum.clock(), job.id)


@action
async def put_off_job(forum: Forum, job: Claimed, is_hopeless: bool) -> None:
    """Try it again later, each time after twice as long; give it up after the last attempt."""
    now = forum.clock()
    async with forum.write():
        if is_hopeless or job.attempts >= MOST_ATTEMPTS:
            await select("UPDATE job SET failed_at = $1, payload = '{}' WHERE id = $2 RETURNING id", now, job.id)
        else:
            again = now + timedelta(minutes=2**job.attempts)
            await select("UPDATE job SET claimed_at = NULL, run_at = $1 WHERE id = $2 RETURNING id", again, job.id)


@action
async def clear_jobs(forum: Forum) -> None:
    """Forget what was done or given up a while ago."""
    async with forum.write():
        await select("DELETE FROM job WHERE COALESCE(done_at, failed_at) < $1 RETURNING id", forum.clock() - KEPT)


@action
async def plan_days(forum: Forum, kinds: Sequence[str]) -> None:
    """Put the daily jobs of today, and of tomorrow as it begins (in UTC), where they are not there yet."""
    midnight = forum.clock().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight, midnight + timedelta(days=1)]
    keys = {f"{kind}:{day.date()}": (kind, day) for kind in kinds for day in days}
    there = await Job.filter(key__in=list(keys)).values_list("key", flat=True)
    if missing := keys.keys() - set(there):
        async with forum.write():
            for key in sorted(missing):
                kind, day = keys[key]
                await put_job(forum, kind, key, {}, day)


DUE = "done_at IS NULL AND failed_at IS NULL AND run_at <= $1 AND (claimed_at IS NULL OR claimed_at < $2)"


async def do_one(forum: Forum, handlers: Mapping[str, Handler]) -> bool:
    """Claim a job and do it; whether there was one. A job that fails is put off and never raises."""
    job = await claim_job(forum)
    if job is None:
        return False
    try:
        if job.attempts > MOST_ATTEMPTS:
            raise Hopeless  # nobody put it off: each time the whole service went down with it
        await handlers[job.kind](forum, job)
    except Exception as fault:
        is_hopeless = isinstance(fault, Hopeless | KeyError)
        logger.warning("Job %s (%s), attempt %s: %s", job.id, job.kind, job.attempts, type(fault).__name__)
        await put_off_job(forum, job, is_hopeless)
    else:
        await finish_job(forum, job)
    return True


class Worker:
    """Does jobs for as long as the service runs. Nothing waits for it. `daily` are kinds that are done each day."""

    def __init__(self, forum: Forum, handlers: Mapping[str, Handler], daily: Sequence[str] = ()) -> None:
        self._forum = forum
        self._handlers = handlers
        self._daily = daily
        self._tasks: list[asyncio.Task[None]] = []
        self._is_stopped = asyncio.Event()

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work(number)) for number in range(AT_ONCE)]
        self._tasks += [asyncio.create_task(self._clear()), asyncio.create_task(self._plan())]

    async def stop(self) -> None:
        self._is_stopped.set()
        _, late = await asyncio.wait(self._tasks, timeout=TO_THE_END)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _work(self, number: int) -> None:
        await self._pause(number * ASK_EVERY / AT_ONCE)
        while not self._is_stopped.is_set():
            with contextlib.suppress(Exception):  # the database may be away for a moment: it is asked again
                while await is_due(self._forum) and await do_one(self._forum, self._handlers):
                    if self._is_stopped.is_set():
                        return
            await self._pause(ASK_EVERY)

    async def _clear(self) -> None:
        while not self._is_stopped.is_set():
            await self._pause(CLEARED_EVERY)
            with contextlib.suppress(Exception):
                await clear_jobs(self._forum)

    async def _plan(self) -> None:
        await self._pause(ASK_EVERY)
        while self._daily and not self._is_stopped.is_set():
            with contextlib.suppress(Exception):
                await plan_days(self._forum, self._daily)
            await self._pause(CLEARED_EVERY)

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until the service stops."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._is_stopped.wait(), seconds)
