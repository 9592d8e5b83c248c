"""Who of a room full of people may read its thread: permissions.can_read_thread in one query, and until when it holds.

A test puts both to everyone and every thread.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from forum.context import Forum
from forum.database import as_day, as_time, select
from forum.errors import NotFound
from forum.users import HURDLE, IS_IN, IS_OPEN, IS_VISITING, Rules, User, strict_rules

# By what a session reads a group's talk: for as long as it lasts, until the membership's time or the visit is over.
MAY_READ = """CASE WHEN p.site_role = 'analyst' AND g.visibility = 'listed' THEN 'always'
    WHEN m.id IS NOT NULL THEN CASE WHEN m.ends_on IS NULL THEN 'always' ELSE 'term' END
    WHEN v.id IS NOT NULL THEN 'visit' ELSE '' END"""


async def readers(
    thread_id: int,
    session_ids: Collection[int],
    idle_since: datetime,
    begun_since: datetime,
    rules: Rules | None = None,
) -> dict[int, datetime | None]:
    """Of these sessions those that are signed in with nothing in their way, each with until when it may read the thread
    if nobody changes anything, None when it may not: can_read_thread in one query, for a room full of people."""
    rules = rules or strict_rules()
    places = ", ".join(f"${number}" for number in range(8, 8 + len(session_ids)))
    rows = await select(
        f"""SELECT s.id, s.seen_at, s.created_at, {HURDLE} AS hurdle, {MAY_READ} AS may_read, m.ends_on, v.ends_at
        FROM session s JOIN person p ON p.id = s.person_id
        LEFT JOIN thread t ON t.id = $7 LEFT JOIN "group" g ON g.id = t.group_id
        LEFT JOIN membership m ON m.person_id = p.id AND m.group_id = t.group_id AND {IS_OPEN}
        LEFT JOIN visit v ON v.group_id = t.group_id AND {IS_VISITING}
        WHERE s.ended_at IS NULL AND s.seen_at > $5 AND s.created_at > $6 AND {IS_IN}
        AND s.id IN ({places})""",
        *rules.values,
        rules.staff_need_factor,
        idle_since,
        begun_since,
        thread_id,
        *session_ids,
    )
    return {row["id"]: _holds_until(row, idle_since, begun_since, rules) for row in rows if not row["hurdle"]}


async def require_reader(forum: Forum, user: User, thread_id: int) -> None:
    """NotFound unless this person may read the thread at this moment. Asked once what was read of it is in hand: who
    lost the right meanwhile gets nothing that was written after."""
    found = await readers(thread_id, [user.session_id], *forum.session_limits(), forum.rules())
    if found.get(user.session_id) is None:
        raise NotFound


def _holds_until(row: Mapping[str, Any], idle_since: datetime, begun_since: datetime, rules: Rules) -> datetime | None:
    """When what MAY_READ says of this session is to be asked again at the latest; None when it reads nothing."""
    left = min(as_time(row["seen_at"]) - idle_since, as_time(row["created_at"]) - begun_since)
    until = rules.now + left
    match row["may_read"]:
        case "":
            return None
        case "term":
            first_closed = as_day(row["ends_on"]) + (rules.today - rules.closed_before) + timedelta(days=1)
            return min(until, datetime.combine(first_closed, time(), UTC))
        case "visit":
            return min(until, as_time(row["ends_at"]))
    return until
