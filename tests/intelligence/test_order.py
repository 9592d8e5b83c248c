"""Sorted rows: most first on both levels, and what is hidden is not told by its place."""

import random

import pytest

from forum.intelligence.disclosure import Counts, Rule, protect
from forum.intelligence.order import SORTS, in_order
from forum.intelligence.summary import ThemeCounts
from forum.models import Theme

LEAST_PEOPLE, LEAST_COUNCILS = 5, 3
CODES = [code for top in "ABCDE" for code in (top, *(f"{top}-{number}" for number in range(1, 6)))]
THEMES = {code: Theme(id=number, code=code, name=code) for number, code in enumerate(CODES, 1)}


def rows_of(table: dict[str, Counts]) -> list[ThemeCounts]:
    safe = protect(table, (), Rule(LEAST_PEOPLE, LEAST_COUNCILS))
    return [ThemeCounts(THEMES[code], code.rpartition("-")[0], safe[code]) for code in CODES if code in safe]


def codes(rows: list[ThemeCounts]) -> list[str]:
    return [row.theme.code for row in rows]


def test_each_level_has_most_first_and_children_stay_with_their_parent():
    table = {
        "A": Counts(9, 9, 8),
        "A-1": Counts(5, 5, 5),
        "A-2": Counts(7, 6, 3),
        "B": Counts(0, 0, 0),
        "C": Counts(12, 8, 8),
        "C-1": Counts(12, 8, 8),
        "D": Counts(9, 9, 3),
    }
    rows = rows_of(table)
    assert codes(in_order(rows, "")) == list(table)
    assert codes(in_order(rows, "posts")) == ["C", "C-1", "A", "A-2", "A-1", "D", "B"]
    assert codes(in_order(rows, "people")) == ["A", "A-2", "A-1", "D", "C", "C-1", "B"]
    assert codes(in_order(rows, "councils")) == ["A", "A-1", "A-2", "C", "C-1", "D", "B"]


def test_hidden_rows_come_last_in_their_level_in_the_order_of_the_codebook():
    table = dict.fromkeys(CODES[:12], Counts(0, 0, 0)) | {
        "A-1": Counts(2, 2, 2),
        "A": Counts(4, 4, 3),
        "A-3": Counts(900, 300, 2),
        "B-4": Counts(8, 8, 8),
        "B-2": Counts(6, 4, 4),
        "B": Counts(14, 12, 9),
    }
    rows = in_order(rows_of(table), "posts")
    assert codes(rows) == ["B", "B-4", "B-1", "B-3", "B-5", "B-2", "A", "A-2", "A-4", "A-5", "A-1", "A-3"]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("seed", range(20))
def test_the_order_does_not_depend_on_what_is_hidden(sort, seed):
    chance = random.Random(seed)

    def small() -> Counts:
        """Too few people, or too few councils however many people."""
        if chance.random() < 0.5:
            people, councils = chance.randint(1, LEAST_PEOPLE - 1), chance.randint(0, 4)
        else:
            people, councils = chance.randint(1, 500), chance.randint(0, LEAST_COUNCILS - 1)
        return Counts(chance.randint(people, 1000), people, councils)

    hidden = {code for code in CODES if chance.random() < 0.5}
    shown = {code: chance.choice([Counts(0, 0, 0), Counts(9, 7, 5), Counts(20, 6, 6)]) for code in CODES}
    orders = [
        codes(in_order(rows_of({code: small() if code in hidden else shown[code] for code in CODES}), sort))
        for _ in range(10)
    ]
    assert all(order == orders[0] for order in orders)
    assert sorted(orders[0]) == sorted(CODES)
