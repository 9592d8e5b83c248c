"""Audit: CPU of verifying a log of 100,000 rows, beside reading the same rows in the same batches and nothing else."""

import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import uvloop

from benchmarks.measuring import claim
from forum.audit import BATCH, COLUMNS, canonical, key_of, seal, verify
from forum.context import Forum, open_forum
from forum.models import AuditHead, AuditRow
from forum.settings import load

ROWS, ROUNDS = 100_000, 5
TIMES = 3


async def fill(forum: Forum) -> None:
    key, begun, previous = key_of(forum.secret), forum.clock(), ""
    rows = []
    for number in range(1, ROWS + 1):
        at, actor_id, subject_id = begun + timedelta(seconds=number), number % 500 + 2**50, number + 2**51
        details = f'{{"group":{number % 40 + 2**50},"reason":"unkind"}}'
        words = (number, at, actor_id, "hide_post", "post", subject_id, details, previous)
        previous = seal(key, canonical(*words))
        rows.append(AuditRow(**dict(zip(COLUMNS.split(", "), (*words, previous), strict=True))))
    await AuditRow.bulk_create(rows, batch_size=5000)
    await AuditHead.filter(id=1).update(number=ROWS, mac=previous)


async def read(select: Callable[..., Awaitable[list[dict[str, Any]]]]) -> int:
    """All rows, by the statement that verifying uses."""
    found, last = 0, 0
    while rows := await select(
        f"SELECT {COLUMNS} FROM audit_row WHERE number > $1 ORDER BY number LIMIT {BATCH}", last
    ):
        found, last = found + len(rows), rows[-1]["number"]
    return found


async def measure() -> tuple[float, float]:
    """CPU seconds of reading and of verifying; medians of several rounds."""
    reading, verifying = [], []
    with tempfile.TemporaryDirectory() as folder:
        async with open_forum(load({}, service={"data": folder}), migrate=True) as forum:
            await fill(forum)
            async with forum.database.reader() as select:
                for _ in range(ROUNDS):
                    begun = time.process_time()
                    assert await read(select) == ROWS
                    between = time.process_time()
                    found = await verify(select, forum.secret)
                    assert (found.rows, found.wrong) == (ROWS, "")
                    reading.append(between - begun)
                    verifying.append(time.process_time() - between)
    return statistics.median(reading), statistics.median(verifying)


def main() -> bool:
    print("Audit. Repeat with: python3 dev.py bench audit", flush=True)
    reading, verifying = uvloop.run(measure())
    print(f"  {ROWS:,} rows: reading {reading:.2f} s, verifying {verifying:.2f} s of CPU")
    return claim("verifying beside reading", verifying / reading, TIMES)
