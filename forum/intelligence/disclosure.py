"""What may be shown: pure functions over a finished table, without the database.

Counts that rest on too few people or councils are hidden, all three of a row together. A true zero is shown: that
nobody raised a theme tells of nobody. Then `protect`, which sees the whole table at once, hides more until no hidden
count can be worked out from its neighbours, nor a total of hidden counts that itself rests on too few.

It is proof against somebody who knows the rule, how all counts hang together, and even which rows are hidden for what
they are and which for the sake of others; not against somebody who knows what members said. It cannot help that zeros
are shown: a hidden theme with somebody in each of four regions has four people, so details of a hidden row must not be
printed at all. That a whole less a part is a small number tells who did not raise something, and is no count of the
table: it may be worked out.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from forum.intelligence.attacker import FAR, Attacker

SIGN = "[c]"  # confidential, as official statistics print it
WHOLES_LAST = 1_000_000  # a total is dearer to hide than any parts
POSTS, PEOPLE, COUNCILS = range(3)
MEASURES = ("posts", "people", "councils")
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


@dataclass(frozen=True, slots=True)
class Rule:
    """The least people and councils that a shown row rests on. The people of wholes are rounded to `round_to`."""

    people: int
    councils: int
    round_to: int = 1

    def rounded(self, people: int) -> int:
        """To the nearest multiple, but never below the least that may be shown: then to the one above that."""
        return max((people + self.round_to // 2) // self.round_to * self.round_to, self._lowest)

    def bounds(self, printed: int) -> tuple[int, int]:
        """The least and the greatest that is printed so."""
        low = self.people if printed == self._lowest else printed - self.round_to // 2
        return low, printed + (self.round_to - 1) // 2

    @property
    def _lowest(self) -> int:
        return -(-self.people // self.round_to) * self.round_to


@dataclass(frozen=True, slots=True)
class Relation(Generic[Row]):
    """Every part lies within the whole. `covers`: together they are all of it. `sums`: measures in which they add up
    exactly, because nothing is in two parts."""

    whole: Row
    parts: tuple[Row, ...]
    covers: bool
    sums: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Overlap(Generic[Row]):
    """Rows for the posts that two parts share: each of `pairs` is such a row and its two parts, all within the whole.

    `complete`: the parts are all of the whole, and two that stand in no pair share nothing. Then posts are known to
    add up, pairs taken off, unless three parts can meet."""

    whole: Row
    pairs: tuple[tuple[Row, Row, Row], ...]
    parts: tuple[Row, ...] = ()
    complete: bool = False


def protect(
    table: Mapping[Row, Counts],
    relations: Sequence[Relation[Row] | Overlap[Row]],
    rule: Rule,
    also: Collection[Row] = (),
    known: Collection[Row] = (),
    untold: Collection[Row] = (),
    wholes: Collection[Row] | None = None,
    freely: Collection[str] = (),
) -> dict[Row, Counts]:
    """The table as it may be shown. It comes with its counts as they are, none hidden before.

    `also` are rows to hide for other reasons, `known` those that were shown already: they stay, for hiding them would
    protect nothing. A release is safe beside others when it is protected in one table with what they showed (`known`),
    what they hid (`also`), and the relations between them. What can be worked out from `known` alone was told then.
    `untold` are rows that nobody ever sees, not even as hidden: they may be worked out. `wholes` are those whose people
    are rounded: the wholes of all relations, if nothing else is said. `freely` are measures that may be worked out of
    rows that rest on enough and are hidden all the same.
    """
    few = {row for row, counts in table.items() if is_confidential(counts, rule)}.difference(untold)
    fixed = set(known) - few
    rounded = {it.whole for it in relations if isinstance(it, Relation)} if wholes is None else set(wholes)
    hidden = {row for row in few.union(also) - fixed if table[row].people}
    if hidden:
        knowledge = _Knowledge(table, relations, rule, few, fixed, rounded)
        hidden = knowledge.hide(hidden, untold, {MEASURES.index(name) for name in freely})
    safe = {}
    for row, counts in table.items():
        if row in hidden or row in untold:
            safe[row] = HIDDEN
        elif counts.people and row in rounded:
            safe[row] = Counts(counts.posts, rule.rounded(counts.people), counts.councils)
        else:
            safe[row] = counts
    return safe


def is_confidential(counts: Counts, rule: Rule) -> bool:
    if counts.people is None or counts.councils is None:
        return True
    return counts.people > 0 and (counts.people < rule.people or counts.councils < rule.councils)


def differs(now: Collection[int], before: Collection[int], least: int) -> bool:
    """Whether so few people tell the two apart that the difference would tell of them."""
    return 0 < len(set(now) ^ set(before)) < least


def printed(count: int | None) -> str:
    """A count as files and pages print it."""
    return SIGN if count is None else str(count)


class _Knowledge(Generic[Row]):
    """What an attacker knows of the table. Rows and relations are taken in an order of their own, so that what is
    hidden does not hang on the order they came in. Count number 3 * row + measure is that measure of that row."""

    def __init__(
        self,
        table: Mapping[Row, Counts],
        relations: Sequence[Relation[Row] | Overlap[Row]],
        rule: Rule,
        few: set[Row],
        fixed: set[Row],
        wholes: set[Row],
    ) -> None:
        numbers = {row: (counts.people or 0, counts.posts or 0, counts.councils or 0) for row, counts in table.items()}
        self.rule = rule
        self.few = few
        self.rows = sorted(table, key=lambda row: (numbers[row], repr(row)))
        self.first = {row: 3 * number for number, row in enumerate(self.rows)}
        self.empty = {row for row in table if numbers[row][0] == 0}
        self.attacker = Attacker(
            [
                FAR if row in fixed or row in self.empty else numbers[row][0] + WHOLES_LAST * (row in wholes)
                for row in self.rows
            ]
        )
        for number, row in enumerate(self.rows):
            people, posts, councils = numbers[row]
            low, high = rule.bounds(rule.rounded(people)) if row in wholes - self.empty else (people, people)
            self.attacker.count(number, posts, posts, posts, least=1)
            self.attacker.count(number, people, low, high, least=1)
            self.attacker.count(number, councils, councils, councils, least=min(councils, 1))
            self._tell_most(self.first[row] + POSTS, self.first[row] + PEOPLE)
            self._tell_most(self.first[row] + PEOPLE, self.first[row] + COUNCILS)
            if row in few:
                most = {self.first[row] + PEOPLE: rule.people - 1, self.first[row] + COUNCILS: rule.councils - 1}
                self.attacker.stays_few(number, most)
        for relation in sorted(relations, key=self._order):
            if isinstance(relation, Overlap):
                self._tell_overlap(relation)
            else:
                self._tell_relation(relation)

    def hide(self, rows: set[Row], untold: Collection[Row], freely: Collection[int]) -> set[Row]:
        free = {first + measure for row, first in self.first.items() if row not in self.few for measure in freely}
        numbers, unseen = ([self.first[row] // 3 for row in some] for some in (rows, untold))
        return {self.rows[number] for number in self.attacker.hide(numbers, unseen, free)}

    def _order(self, relation: Relation[Row] | Overlap[Row]) -> tuple[int, list[int], bool, list[str]]:
        if isinstance(relation, Overlap):
            return self.first[relation.whole], self._numbers(relation.parts), relation.complete, []
        return self.first[relation.whole], self._numbers(relation.parts), relation.covers, sorted(relation.sums)

    def _numbers(self, rows: Sequence[Row]) -> list[int]:
        return sorted(self.first[row] for row in rows if row not in self.empty)

    def _tell_most(self, greater: int, smaller: int) -> None:
        self.attacker.limit({greater: 1, smaller: -1}, 0, FAR)

    def _tell_part(self, whole: int, part: int, sums: Collection[int] = ()) -> None:
        """All that is in the part is in the whole; and who else is in the whole has written something, and sits
        somewhere."""
        for measure in range(3):
            if measure not in sums:
                self._tell_most(whole + measure, part + measure)
        for many, few in ((POSTS, PEOPLE), (PEOPLE, COUNCILS)):
            self.attacker.limit({whole + many: 1, part + many: -1, whole + few: -1, part + few: 1}, 0, FAR)

    def _tell_relation(self, relation: Relation[Row]) -> None:
        whole, parts = self.first[relation.whole], self._numbers(relation.parts)
        sums = [measure for measure, name in enumerate(MEASURES) if name in relation.sums]
        for part in parts:
            self._tell_part(whole, part, sums)
        for measure in range(3):
            if measure in sums or relation.covers:
                together = {whole + measure: -1} | {part + measure: 1 for part in parts}
                self.attacker.limit(together, 0, 0 if measure in sums else FAR)
        if PEOPLE in sums:
            self.attacker.total([part + PEOPLE for part in parts], self.rule.people, self.rule.people - 1)
        if COUNCILS in sums:
            self.attacker.total([part + COUNCILS for part in parts], self.rule.councils)

    def _tell_overlap(self, overlap: Overlap[Row]) -> None:
        """Posts in any of some parts are at least those of each less those of each two, and that exactly where no post
        can be in three; at most those of each less those that one part shares with the others."""
        whole, parts = self.first[overlap.whole], self._numbers(overlap.parts)
        shared: dict[frozenset[int], int] = {}
        for row, *ends in overlap.pairs:
            one, other = (self.first[end] for end in ends)
            if row not in self.empty:
                shared[frozenset((one, other))] = self.first[row]
                self._tell_part(one, self.first[row])
                self._tell_part(other, self.first[row])
            if not overlap.complete:
                self._tell_union(whole, (one, other), shared, 0, FAR)
        if overlap.complete:
            for size in (2, 3):
                for some in itertools.combinations(parts, size):
                    self._tell_union(whole, some, shared, 0, FAR)
            for part in parts:
                self._tell_union(whole, parts, {ends: pair for ends, pair in shared.items() if part in ends}, -FAR, 0)
            three_meet = any(len(one & two) == 1 and one ^ two in shared for one in shared for two in shared)
            self._tell_union(whole, parts, shared, 0, FAR if three_meet else 0)

    def _tell_union(
        self, whole: int, parts: Sequence[int], shared: Mapping[frozenset[int], int], low: float, high: float
    ) -> None:
        """How the posts of the whole may differ from those of the parts less those that two of them share."""
        pairs = [pair for ends, pair in shared.items() if ends.issubset(parts)]
        self.attacker.limit({whole: 1} | dict.fromkeys(parts, -1) | dict.fromkeys(pairs, 1), low, high)
