"""When people write: members over breakfast, at lunch and in the evening, staff in office hours. Never in the future.

No draw of chance depends on what time it is now, so that the same seed gives the same world on any day.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
DAY = timedelta(days=1)
MOMENT = timedelta(minutes=10)
HOURS = {7: 3, 8: 4, 9: 3, 11: 1, 12: 4, 13: 4, 16: 1, 17: 3, 18: 4, 19: 6, 20: 9, 21: 9, 22: 4}


def on_day(now: datetime, days_ago: int, hour: int, minute: int) -> datetime:
    """That time of day in London, so many days before now."""
    day = now.astimezone(LONDON).date() - timedelta(days=days_ago)
    return datetime.combine(day, time(hour, minute), LONDON).astimezone(UTC)


def office_time(rng: random.Random, now: datetime, days_ago: int) -> datetime:
    """Some time of that working day, or of the Friday before."""
    weekday = (now.astimezone(LONDON).date() - timedelta(days=days_ago)).weekday()
    return on_day(now, days_ago + max(weekday - 4, 0), rng.randrange(9, 17), rng.randrange(60))


def member_time(rng: random.Random, now: datetime, days_ago: int) -> datetime:
    [hour] = rng.choices(list(HOURS), list(HOURS.values()))
    return on_day(now, days_ago, hour, rng.randrange(60))


def thread_times(rng: random.Random, now: datetime, age: int, span: int, by_staff: Sequence[bool]) -> list[datetime]:
    """When each post of a thread was written, in order: most replies soon after the first post."""
    offsets = [0, *sorted(int(rng.betavariate(1.1, 1.7) * (span + 1)) for _ in by_staff[1:])]
    if len(by_staff) > 1:
        offsets[-1] = span
    times: list[datetime] = []
    for offset, is_staff in zip(offsets, by_staff, strict=True):
        at = (office_time if is_staff else member_time)(rng, now, age - offset)
        gap = timedelta(minutes=rng.randrange(4, 50))
        times.append(max(at, times[-1] + gap) if times else at)
    while times[-1] > now - MOMENT:
        times = [at - DAY for at in times]
    return times
