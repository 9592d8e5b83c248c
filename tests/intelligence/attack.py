"""An attack on what was published, with a solver: what is the least and the greatest that a hidden count can be?

It knows what a reader knows and states it in its own way, apart from the code it attacks: the printed figures, the
rule, how rows hang together, and that posts, people and councils are counted as sets.
"""

import itertools
import random
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from forum.intelligence.disclosure import Counts, Overlap, Relation, Rule

POSTS, PEOPLE, COUNCILS = range(3)
NAMES = ("posts", "people", "councils")
QUICK = 8  # rounds that do not insist on the best answer
MOST = 5000  # more than anything in a test


class Attack:
    """`few` are rows known, or believed, to rest on too few people or councils. `seated`: everybody sits on a council,
    and always on the same. A row of `relations` that is not printed can be anything, zero too. The people of `wholes`
    were rounded: those of all wholes, if nothing else is said."""

    def __init__(
        self,
        printed: Mapping,
        relations: Sequence,
        rule: Rule,
        few: Collection = (),
        seated: bool = True,
        wholes: Collection | None = None,
    ) -> None:
        self.printed = printed
        self.relations = relations
        self.rule = rule
        self.seated = seated
        self.few = few
        self.wholes = {it.whole for it in relations if isinstance(it, Relation)} if wholes is None else wholes
        related = [row for relation in relations for row in (relation.whole, *relation.parts)]
        self.rows = list(dict.fromkeys([*printed, *related]))
        self.place = {row: 3 * number for number, row in enumerate(self.rows)}
        self.low = np.ones(len(self.rows) * 3 + len(few))
        self.high = np.full(len(self.low), float(MOST))
        self._worlds: list[np.ndarray] = []
        self._chance = random.Random(1)
        self._lines: list[tuple[dict[int, float], float, float]] = []
        self._read_rows()
        for relation in relations:
            if isinstance(relation, Overlap):
                self._read_overlap(relation)
            else:
                self._read_relation(relation)
        self._narrow()
        for number, row in enumerate(few):
            self._believe_few(self.place[row], 3 * len(self.rows) + number)
        self._prepare()

    def single(
        self, rows: Collection | None = None, measures: Collection[str] = NAMES
    ) -> list[tuple[object, str, int]]:
        """The hidden counts, of these rows, that can have one value alone."""
        rows = [row for row, counts in self.printed.items() if counts.hidden and (rows is None or row in rows)]
        counts = [[self.place[row] + NAMES.index(name)] for row in rows for name in measures]
        return [(self.rows[it[0] // 3], NAMES[it[0] % 3], value) for it, value in self._settled(counts)]

    def small_totals(self) -> list[tuple[object, str, int]]:
        """Wholes whose hidden parts are known to add up to too few people or councils."""
        found = []
        for measure, least in ((PEOPLE, self.rule.people), (COUNCILS, self.rule.councils)):
            totals = {
                relation.whole: [self.place[part] + measure for part in relation.parts if self._is_hidden(part)]
                for relation in self.relations
                if isinstance(relation, Relation) and NAMES[measure] in relation.sums
            }
            some = [columns for columns in totals.values() if columns]
            told = {tuple(columns): value for columns, value in self._settled(some, least)}
            found += [(whole, NAMES[measure], told[key]) for whole, it in totals.items() if (key := tuple(it)) in told]
        return found

    def _settled(self, sums: list[list[int]], least: float = np.inf) -> list[tuple[list[int], int]]:
        """Those of these sums that have one value alone, and one under `least`. Each has to be asked for both its ends,
        but one world speaks for many: what has two values in the worlds found so far needs no question of its own."""

        def is_open(columns: list[int]) -> bool:
            values = {world[columns].sum() for world in self._worlds}
            return len(values) < 2 and min(values, default=0) < least

        sums = [columns for columns in sums if is_open(columns)]
        rounds, useless = 0, 0
        while sums and useless < 3:
            aim, side = np.zeros(len(self.low)), ([1], [-1], [1, -1])[min(rounds, 2)]
            for columns in sums:
                aim[columns] = self._chance.choice(side)
            is_quick = 0 < rounds < QUICK
            world = self._solve(aim, beside=self._worlds[0] if is_quick else None)
            if world is None and not is_quick:
                assert not self._worlds  # one was found: there cannot be none
                return []  # what was believed cannot be
            if world is not None:
                self._worlds.append(world)
            before, sums = len(sums), [columns for columns in sums if is_open(columns)]
            rounds += 1
            useless = useless + 1 if len(sums) == before and not is_quick else 0
        found = []
        for columns in sums:
            for sign in (1, -1):
                if is_open(columns):
                    self._worlds.append(self.world(columns, sign))
            if is_open(columns):
                found.append((columns, int(self._worlds[0][columns].sum())))
        return found

    def _is_hidden(self, row: object) -> bool:
        return row in self.printed and self.printed[row].hidden

    def shown_too_few(self) -> list[object]:
        """The rows that are shown and can only rest on too few people or councils."""
        return [
            row
            for row, counts in self.printed.items()
            if counts.people
            and (
                self.high[self.place[row] + PEOPLE] < self.rule.people
                or self.high[self.place[row] + COUNCILS] < self.rule.councils
            )
        ]

    def range(self, row: object, measure: int) -> tuple[int, int]:
        """The least and the greatest that this count can be."""
        column = self.place[row] + measure
        low, high = (self.world([column], sign) for sign in (1, -1))
        return int(low[column]), int(high[column])

    def world(self, columns: Iterable[int], sign: int) -> np.ndarray | None:
        """All counts, whole numbers, where these add up to the least (the greatest for -1); None if nothing fits."""
        aim = np.zeros(len(self.low))
        aim[np.asarray(columns, dtype=int)] = sign
        return self._solve(aim)

    def _solve(self, aim: np.ndarray, beside: np.ndarray | None = None) -> np.ndarray | None:
        """The world that is furthest against the aim. `beside` asks for less, quickly: for a good one that is believed
        to be like this one, or none when it comes out in fractions."""
        if not len(self.open):
            return self.low if self.consistent else None
        low, high = self.low.copy(), self.high.copy()
        if beside is not None:
            switches = slice(3 * len(self.rows), None)
            low[switches] = high[switches] = beside[switches]
        found = milp(
            aim[self.open],
            integrality=np.full(len(self.open), int(beside is None)),
            bounds=Bounds(low[self.open], high[self.open]),
            constraints=self.constraints,
            options={"presolve": False},  # which now and then takes for impossible what is not
        )
        assert found.status in (0, 2), found.message
        if found.x is None or not self.consistent:
            return None
        world = self.low.copy()
        world[self.open] = np.rint(found.x)
        sums = self.matrix @ world[self.open]
        is_whole = (self.ends[:, 0] <= sums).all() and (sums <= self.ends[:, 1]).all()
        assert is_whole or beside is not None
        return world if is_whole else None

    def fits(self, truth: Mapping[object, Counts]) -> bool:
        """Whether what the attack takes for granted is so, beliefs aside."""
        values = [n for row in self.rows for n in (truth[row].posts, truth[row].people, truth[row].councils)]
        return all(low <= value <= high for value, low, high in zip(values, self.low, self.high, strict=False)) and all(
            low <= sum(factor * values[column] for column, factor in factors.items()) <= high
            for factors, low, high in self._lines
            if max(factors) < len(values)
        )

    def _prepare(self) -> None:
        """What is known for certain is put in, so that the solver is asked about what is open alone."""
        self.open = np.flatnonzero(self.low < self.high)
        index = {column: number for number, column in enumerate(self.open)}
        self.consistent = True
        rows, columns, factors, ends = [], [], [], []
        for line, low, high in self._lines:
            rest = {column: factor for column, factor in line.items() if column in index}
            known = sum(factor * self.low[column] for column, factor in line.items() if column not in index)
            if not rest:
                self.consistent &= low <= known <= high
                continue
            rows += [len(ends)] * len(rest)
            columns += [index[column] for column in rest]
            factors += rest.values()
            ends.append((low - known, high - known))
        self.matrix = csr_array((factors, (rows, columns)), shape=(len(ends), len(self.open)))
        self.ends = np.array(ends, dtype=float).reshape(-1, 2)
        self.constraints = [LinearConstraint(self.matrix, self.ends[:, 0], self.ends[:, 1])] if ends else []

    def _know(self, factors: dict[int, float], low: float, high: float = np.inf) -> None:
        self._lines.append((factors, low, high))

    def _read_rows(self) -> None:
        for row, place in self.place.items():
            self._know({place + POSTS: 1, place + PEOPLE: -1}, 0)
            self._know({place + (PEOPLE if self.seated else POSTS): 1, place + COUNCILS: -1}, 0)
            counts = self.printed.get(row)
            if counts is None:
                self.low[place : place + 3] = 0
            elif counts.hidden:
                self.low[place + COUNCILS] = int(self.seated)
            else:
                self.low[place : place + 3] = counts.posts, counts.people, counts.councils
                self.high[place : place + 3] = self.low[place : place + 3]
                if row in self.wholes and self.rule.round_to > 1 and counts.people:
                    half = self.rule.round_to // 2
                    is_least = counts.people - self.rule.round_to < self.rule.people  # what would be less is shown so
                    self.low[place + PEOPLE] = self.rule.people if is_least else counts.people - half
                    self.high[place + PEOPLE] = counts.people + half

    def _read_part(self, whole: int, part: int) -> None:
        for measure in range(3):
            self._know({whole + measure: 1, part + measure: -1}, 0)
        # Whoever is in the whole and not in the part has a post there, and each council there somebody who sits on it.
        self._know({whole: 1, part: -1, whole + PEOPLE: -1, part + PEOPLE: 1}, 0)
        many = PEOPLE if self.seated else POSTS
        self._know({whole + many: 1, part + many: -1, whole + COUNCILS: -1, part + COUNCILS: 1}, 0)

    def _read_relation(self, relation: Relation) -> None:
        whole, parts = self.place[relation.whole], [self.place[part] for part in relation.parts]
        for part in parts:
            self._read_part(whole, part)
        for measure, name in enumerate(NAMES):
            if relation.covers or name in relation.sums:
                line = {whole + measure: -1} | {part + measure: 1 for part in parts}
                self._know(line, 0, 0 if name in relation.sums else np.inf)

    def _read_overlap(self, overlap: Overlap) -> None:
        """What is known of the posts of some themes from those that two of them share. Some themes together have at
        least the sum of each less that of each two; where no post can have three, exactly. And they have at most the
        sum of each, less what they share along any tree. Of many themes, that is too much to state."""
        whole = self.place[overlap.whole]
        pairs = {frozenset(self.place[end] for end in ends): self.place[row] for row, *ends in overlap.pairs}
        if not overlap.complete:
            for ends, pair in pairs.items():
                self._know({whole: 1, pair: 1} | dict.fromkeys(ends, -1), 0)
            return
        parts = [self.place[part] for part in overlap.parts]
        edges = [frozenset(ends) for ends in itertools.combinations(parts, 2)]
        sharing = {ends for ends in edges if ends in pairs and self.high[pairs[ends]]}
        is_small = len(parts) <= 5
        for size in range(2, len(parts) + 1) if is_small else (2, 3, len(parts)):
            for some in itertools.combinations(parts, size):
                shared = [pairs[ends] for ends in sharing if ends.issubset(some)]
                self._know({whole: 1} | dict.fromkeys(some, -1) | dict.fromkeys(shared, 1), 0)
        stars = [[ends for ends in edges if part in ends] for part in parts]
        for tree in itertools.combinations(edges, len(parts) - 1) if is_small else stars:
            if _reached(tree) == set(parts):
                shared = [pairs[ends] for ends in tree if ends in sharing]
                self._know({whole: 1} | dict.fromkeys(parts, -1) | dict.fromkeys(shared, 1), -np.inf, 0)
        if not any(len(one & two) == 1 and one ^ two in sharing for one in sharing for two in sharing):
            shared = [pairs[ends] for ends in sharing]
            self._know({whole: 1} | dict.fromkeys(parts, -1) | dict.fromkeys(shared, 1), 0, 0)

    def _narrow(self) -> None:
        """No part is greater than its whole, which spares the solver much: it would find that out by itself."""
        for _ in range(4):
            for line, low, _ in self._lines:
                if len(line) == 2 and low == 0 and sorted(line.values()) == [-1, 1]:
                    small, great = sorted(line, key=line.get)
                    self.high[small] = min(self.high[small], self.high[great])
                    self.low[great] = max(self.low[great], self.low[small])

    def _believe_few(self, place: int, switch: int) -> None:
        """Few people, or, with the switch on, few councils."""
        people, councils = place + PEOPLE, place + COUNCILS
        most_people, most_councils = self.rule.people - 1, self.rule.councils - 1
        self.low[switch], self.high[switch] = 0, 1
        self._know({people: 1, switch: most_people - self.high[people]}, -np.inf, most_people)
        self._know({councils: 1, switch: self.high[councils] - most_councils}, -np.inf, self.high[councils])


def _reached(edges: Sequence[frozenset[int]]) -> set[int]:
    """What hangs together with the first of these edges."""
    reached: set[int] = set(edges[0]) if edges else set()
    for _ in edges:
        reached |= {end for edge in edges if edge & reached for end in edge}
    return reached
