"""What may be shown: pure functions over a finished table, without the database.

Counts that rest on too few people or councils are hidden, all three of a row together. A true zero is shown: that
nobody raised a theme tells of nobody. What keeps a hidden count from being worked out from its neighbours has its place
in `protect`, which sees the whole table at once; so far it judges each row by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

SIGN = "[c]"  # confidential, as official statistics print it
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Counts:
    """Posts, people and councils of one row; all None when they are hidden."""

    posts: int | None
    people: int | None
    councils: int | None

    @property
    def hidden(self) -> bool:
        return self.people is None


ZERO = Counts(0, 0, 0)
HIDDEN = Counts(None, None, None)


def protect(table: Mapping[Row, Counts], least_people: int, least_councils: int) -> dict[Row, Counts]:
    """The table with every row hidden that rests on fewer people or councils."""
    return {
        row: HIDDEN if is_confidential(counts, least_people, least_councils) else counts
        for row, counts in table.items()
    }


def is_confidential(counts: Counts, least_people: int, least_councils: int) -> bool:
    if counts.people is None or counts.councils is None:
        return True
    return counts.people > 0 and (counts.people < least_people or counts.councils < least_councils)


def printed(count: int | None) -> str:
    """A count as files and pages print it."""
    return SIGN if count is None else str(count)
