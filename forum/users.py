"""Who somebody is at this moment: their roles, and what stands in their way.

Read from the session with one query for each page, and once more inside an action's transaction. What they may see and
do with it is asked in permissions.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from forum.database import Rows, as_time, select
from forum.errors import NotFound


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings and the clock say about who gets in at this moment.

    After the last day of a membership it is for reading only, as an observer's is; one whose last day was before
    `closed_before` is closed. With `staff_need_factor` analysts, administrators and facilitators get no further without
    a second factor.
    """

    now: datetime
    closed_before: date
    staff_need_factor: bool = False

    @property
    def today(self) -> date:
        """In UTC."""
        return self.now.astimezone(UTC).date()

    @property
    def values(self) -> tuple[date, date, datetime]:
        """For $1 to $3 of the queries here."""
        return self.today, self.closed_before, self.now


def strict_rules() -> Rules:
    """Where nobody said for how long a membership can be read after its last day: not at all."""
    now = datetime.now(UTC)
    return Rules(now, now.date())


@dataclass(frozen=True, slots=True)
class User:
    """A person as permissions see them: `roles` maps the ids of their groups to member, facilitator, observer, or
    visitor (an administrator who gave a reason).

    `hurdle` is what has to be done before anything else: "second-factor" (show it), "set-up-factor", "terms", or "".
    `consents` to the processing of political opinions. `proved_at`: when they last showed that it is them.
    """

    id: int
    name: str
    council_id: int | None = None
    site_role: str | None = None
    roles: Mapping[int, str] = field(default_factory=dict)
    session_id: int = 0
    begun_at: datetime | None = None
    seen_at: datetime | None = None
    rules: Rules | None = None
    hurdle: str = ""
    consents: bool = True
    proved_at: datetime | None = None

    @property
    def is_analyst(self) -> bool:
        return self.site_role == "analyst"

    @property
    def facilitated(self) -> list[int]:
        """Ids of the groups that this person facilitates."""
        return [group_id for group_id, role in self.roles.items() if role == "facilitator"]


# Of posts p: their author consents to the processing of political opinions. Without that, nothing of theirs is counted.
CONSENTED = "p.author_id NOT IN (SELECT id FROM person WHERE consent_withdrawn_at IS NOT NULL)"
IS_IN = "p.suspended_at IS NULL AND p.deactivated_at IS NULL"
IS_OPEN = "m.ended_at IS NULL AND (m.ends_on IS NULL OR m.ends_on >= $2)"
IS_VISITING = "v.person_id = p.id AND v.ended_at IS NULL AND v.ends_at > $3 AND p.site_role = 'administrator'"
PERSON = """p.id, p.name, p.council_id, p.site_role, p.consent_withdrawn_at, m.group_id,
    CASE WHEN m.ends_on < $1 THEN 'observer' ELSE m.role END AS role, v.group_id AS visited_id"""
ROLES = f"LEFT JOIN membership m ON m.person_id = p.id AND {IS_OPEN} LEFT JOIN visit v ON {IS_VISITING}"
HAS_FACTOR = """(EXISTS (SELECT 1 FROM totp f WHERE f.person_id = p.id AND f.confirmed_at IS NOT NULL)
    OR EXISTS (SELECT 1 FROM passkey f WHERE f.person_id = p.id))"""
IS_STAFF = """(p.site_role IS NOT NULL OR EXISTS (SELECT 1 FROM membership f WHERE f.person_id = p.id
    AND f.role = 'facilitator' AND f.ended_at IS NULL AND (f.ends_on IS NULL OR f.ends_on >= $1)))"""
IS_UNANSWERED = """EXISTS (SELECT 1 FROM terms n
    WHERE n.version = (SELECT MAX(version) FROM terms o WHERE o.kind = n.kind)
    AND NOT EXISTS (SELECT 1 FROM acceptance a WHERE a.terms_id = n.id AND a.person_id = p.id
    AND (a.withdrawn_at IS NULL OR n.kind = 'consent')))"""
# What has to be done before anything else: a session without its second factor, staff without one, terms not accepted.
HURDLE = f"""CASE WHEN s.factor_at IS NULL AND {HAS_FACTOR} THEN 'second-factor'
    WHEN $4 AND NOT {HAS_FACTOR} AND {IS_STAFF} THEN 'set-up-factor'
    WHEN {IS_UNANSWERED} THEN 'terms' ELSE '' END"""


async def user_of_session(
    token_hash: str, idle_since: datetime, begun_since: datetime, rules: Rules | None = None
) -> User | None:
    """Who is signed in with this session, with their roles at this moment; None once it ended or ran out."""
    rules = rules or strict_rules()
    rows = await select(
        f"""SELECT s.id AS session_id, s.created_at, s.seen_at, s.proved_at, {HURDLE} AS hurdle, {PERSON}
        FROM session s JOIN person p ON p.id = s.person_id {ROLES}
        WHERE s.ended_at IS NULL AND s.seen_at > $5 AND s.created_at > $6 AND {IS_IN} AND s.token_hash = $7""",
        *rules.values,
        rules.staff_need_factor,
        idle_since,
        begun_since,
        token_hash,
    )
    if not rows:
        return None
    [first, *_] = rows
    return _user(
        rows,
        session_id=first["session_id"],
        begun_at=as_time(first["created_at"]),
        seen_at=as_time(first["seen_at"]),
        proved_at=as_time(first["proved_at"]) if first["proved_at"] else None,
        hurdle=first["hurdle"],
        rules=rules,
    )


async def user_now(user: User) -> User:
    """The same person with the roles of this moment: an action asks once its transaction is open. NotFound for who is
    suspended or deactivated by now."""
    rules = user.rules or strict_rules()
    rows = await select(f"SELECT {PERSON} FROM person p {ROLES} WHERE p.id = $4 AND {IS_IN}", *rules.values, user.id)
    if not rows:
        raise NotFound
    return _user(
        rows,
        session_id=user.session_id,
        begun_at=user.begun_at,
        seen_at=user.seen_at,
        proved_at=user.proved_at,
        hurdle=user.hurdle,
        rules=user.rules,
    )


def _user(rows: Rows, **session: Any) -> User:
    """A person from one row for each of their roles, times one for each visit."""
    first = rows[0]
    visits = {row["visited_id"]: "visitor" for row in rows if row["visited_id"]}
    roles = visits | {row["group_id"]: row["role"] for row in rows if row["role"]}
    consents = first["consent_withdrawn_at"] is None
    return User(
        first["id"], first["name"], first["council_id"], first["site_role"], roles, consents=consents, **session
    )
