"""Times as people in the United Kingdom read them, and as machines do."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def moment(time: datetime) -> str:
    """The time in words, in the United Kingdom: 2 March 2026 at 10:05."""
    local = time.astimezone(LONDON)
    return f"{local.day} {local:%B %Y} at {local:%H:%M}"


def machine(time: datetime) -> str:
    """The time as `<time datetime>` wants it, in UTC."""
    return time.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")
