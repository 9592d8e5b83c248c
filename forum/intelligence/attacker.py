"""What can be worked out from a table with gaps: nothing, as long as another world would have printed the same.

A world gives every count a whole number so that all holds that a reader knows: what is printed, and how the counts hang
together. The real one is such a world. A hidden count is safe when there is another with another number in it. It is
looked for by mending: the count moves by one, then whatever no longer fits moves along. Printed counts move too, for
the price of hiding them; so the search finds what is cheapest to hide. What was safe stays so when more is hidden.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

FAR = math.inf
PATIENCE = 5000  # worlds to look at for one hidden count; most are found among the first five
HASTE = 4  # how many moves of a longer way weigh as much as one more thing to mend
Moves = dict[int, int]


@dataclass(slots=True)
class Count:
    """A number in a row. Printed, it moves freely from `low` to `high`; hidden, from `least` on."""

    row: int
    value: int
    low: float
    high: float
    least: int
    limits: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Limit:
    """A sum of counts, each times its factor, may fall by `down` and rise by `up`."""

    factors: Mapping[int, int]
    down: float
    up: float


class Attacker:
    """Counts and what is known of them. `prices` says for each row what hiding it costs, infinity that it cannot be."""

    def __init__(self, prices: Sequence[float]) -> None:
        self._prices = prices
        self._hidden: set[int] = set()
        self._counts: list[Count] = []
        self._limits: list[Limit] = []
        self._few: dict[int, Mapping[int, int]] = {}
        self._totals: list[tuple[list[int], int, int]] = []

    def count(self, row: int, value: int, low: float, high: float, least: int) -> int:
        """One more count; its number."""
        self._counts.append(Count(row, value, low, high, least))
        return len(self._counts) - 1

    def limit(self, factors: Mapping[int, int], low: float, high: float) -> None:
        """The sum lies from `low` to `high`. Whoever believes what is not so is led astray, and that tells nothing."""
        now = sum(factor * self._counts[number].value for number, factor in factors.items())
        if low <= now <= high:
            for number in factors:
                self._counts[number].limits.append(len(self._limits))
            self._limits.append(Limit(factors, low - now, high - now))

    def stays_few(self, row: int, most: Mapping[int, int]) -> None:
        """At least one of these counts of a hidden row is no more than this: somebody may know which rows are hidden
        for what they are, and which for the sake of others."""
        self._few[row] = most

    def total(self, counts: list[int], least: int, most: int = 0) -> None:
        """What is hidden of these counts must not be known to add up to less than `least`, nor to what it would be if
        each were `most`: whoever takes all for that small would think to know each."""
        self._totals.append((counts, least, most))

    def hide(self, rows: Iterable[int], untold: Iterable[int] = (), free: Iterable[int] = ()) -> set[int]:
        """All rows to hide when these have to be. Rows `untold` and counts `free` may be worked out."""
        waiting = sorted(rows)
        self._hidden.update(untold)
        safe: set[int] = set(free)
        safe_totals: set[tuple[int, ...]] = set()
        places: dict[int, list[int]] = {}
        for number, count in enumerate(self._counts):
            places.setdefault(count.row, []).append(number)
        while waiting:
            self._hidden.update(waiting)
            more: list[int] = []
            for number in [number for row in waiting for number in places[row]]:
                if number not in safe:
                    more += self._settle([number], safe)
            for total in self._small_totals():
                if total not in safe_totals:
                    safe_totals.add(total)
                    more += self._settle(total, safe)
            waiting = more
        return self._hidden

    def _small_totals(self) -> Iterator[tuple[int, ...]]:
        """What is hidden of a total, where its sum should not be known."""
        for counts, least, most in self._totals:
            hidden = tuple(number for number in counts if self._counts[number].row in self._hidden)
            total = sum(self._counts[number].value for number in hidden)
            if 0 < total < least or 0 < total == most * len(hidden):
                yield hidden

    def _settle(self, goal: Sequence[int], safe: set[int]) -> list[int]:
        """Hide what it takes, and note all counts that the other world shows to be safe."""
        moves = self._other_world(goal)
        if moves is None:
            more = self._around(goal)
            self._hidden |= more
            return [*sorted(more), *self._settle(goal, safe)] if more else []
        more = self._told_by(moves)
        self._hidden |= more
        safe.update(moves)
        return sorted(more)

    def _other_world(self, goal: Iterable[int]) -> Moves | None:
        """What moves, and by how much, in the cheapest world where these counts add up to something else. Nothing, if
        there is none however much is hidden, so that it was told before; None if it takes too long to find. Worlds that
        are nearly mended come first among those of one price."""
        factors = dict.fromkeys(goal, 1)
        worlds: list[tuple[float, int, int, Moves, Limit]] = [
            (0, 0, 0, {}, Limit(factors, 1, FAR)),
            (0, 0, 1, {}, Limit(factors, -FAR, -1)),
        ]
        seen: set[frozenset[tuple[int, int]]] = set()
        turns = itertools.count(2)
        for _ in range(PATIENCE):
            if not worlds:
                return {}
            _, _, _, moves, aim = heapq.heappop(worlds)
            broken = self._broken(moves, aim)
            if not broken:
                return moves
            limit, way = min(broken, key=lambda found: len(found[0].factors))
            for number, factor in limit.factors.items():
                if number not in moves:
                    more = {**moves, number: way * factor}
                    mark = frozenset(more.items())
                    if mark not in seen and (price := self._price(more, number)) < FAR:
                        seen.add(mark)
                        heapq.heappush(worlds, (price, len(more) + HASTE * len(broken), next(turns), more, aim))
        return None

    def _broken(self, moves: Moves, aim: Limit) -> list[tuple[Limit, int]]:
        """The limits that do not hold any more, and which way to mend them."""
        moved: dict[int, int] = {}
        rows = set()
        for number, by in moves.items():
            rows.add(self._counts[number].row)
            for place in self._counts[number].limits:
                moved[place] = moved.get(place, 0) + self._limits[place].factors[number] * by
        limits = [(self._limits[place], by) for place, by in moved.items()]
        limits.append((aim, sum(aim.factors.get(number, 0) * by for number, by in moves.items())))
        broken = [(limit, 1 if by < limit.down else -1) for limit, by in limits if not limit.down <= by <= limit.up]
        for row in rows & self._few.keys():
            most = self._few[row]
            if all(self._counts[number].value + moves.get(number, 0) > limit for number, limit in most.items()):
                broken.append((Limit(dict.fromkeys(most, 1), -FAR, 0), -1))
        return broken

    def _price(self, moves: Moves, last: int) -> float:
        """What it costs to hide the printed counts that these moves change; infinity if the last cannot be made."""
        count = self._counts[last]
        if count.value + moves[last] < count.least:
            return FAR
        return sum(self._prices[row] for row in self._told_by(moves))

    def _told_by(self, moves: Moves) -> set[int]:
        """The rows whose printed counts are not so in that world."""
        rows = set()
        for number, by in moves.items():
            count = self._counts[number]
            if count.row not in self._hidden and not count.low <= count.value + by <= count.high:
                rows.add(count.row)
        return rows

    def _around(self, goal: Iterable[int]) -> set[int]:
        """All rows that hang together with these counts: the last resort."""
        near = {
            self._counts[place].row
            for start in goal
            for number in self._counts[start].limits
            for place in self._limits[number].factors
        }
        return {row for row in near - self._hidden if self._prices[row] < FAR}
