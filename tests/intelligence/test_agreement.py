"""Agreement: equal to the definitions, written out by hand, and to another implementation on random tables."""

import random
from fractions import Fraction
from itertools import permutations

import krippendorff
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.intelligence.agreement import alpha, compare, kappa, of_decisions, of_whole_answers, percent, themes_of

PAIRS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=30)


def random_table(rng):
    coders, units, values = rng.randrange(2, 7), rng.randrange(2, 40), rng.randrange(2, 8)
    missing = rng.choice([0, 0.1, 0.4, 0.8])
    truth = [rng.randrange(values) for _ in range(units)]

    def say(value):
        if rng.random() < missing:
            return None
        return value if rng.random() < 0.7 else rng.randrange(values)

    return [[say(value) for value in truth] for _ in range(coders)]


@pytest.mark.parametrize("seed", range(300))
def test_alpha_equals_another_implementation(seed):
    table = random_table(random.Random(seed))
    as_numbers = numpy.array([[numpy.nan if value is None else value for value in row] for row in table], dtype=float)
    try:
        with numpy.errstate(invalid="ignore"):
            expected = krippendorff.alpha(as_numbers, level_of_measurement="nominal")
    except ValueError:  # it refuses what has one value, or none
        expected = numpy.nan
    ours = alpha(table)
    if numpy.isnan(expected):
        assert ours is None
    else:
        assert ours is not None and abs(ours - expected) <= 1e-9


def test_random_tables_are_worth_comparing():
    tables = [random_table(random.Random(seed)) for seed in range(300)]
    assert sum(any(None in row for row in table) for table in tables) > 100
    assert sum(len(table) > 2 for table in tables) > 100
    assert len({round(alpha(table) or 0, 3) for table in tables}) > 150


def test_alpha_of_a_published_example():
    x = None
    table = [
        [x, x, x, x, x, 3, 4, 1, 2, 1, 1, 3, 3, x, 3],
        [1, x, 2, 1, 3, 3, 4, 3, x, x, x, x, x, x, x],
        [x, x, 2, 1, 3, 4, 4, x, 2, 1, 1, 3, 3, x, 4],
    ]
    assert alpha(table) == pytest.approx(0.691358, abs=1e-6)


@given(PAIRS)
def test_alpha_of_two_is_disagreement_seen_over_disagreement_expected(pairs):
    """By hand: all ordered pairs of different values in what was said, over those that were said of one unit."""
    said = [value for pair in pairs for value in pair]
    expected = Fraction(sum(one != other for one, other in permutations(said, 2)), len(said) * (len(said) - 1))
    seen = Fraction(sum(one != other for one, other in pairs), len(pairs))
    ours = alpha(list(zip(*pairs, strict=True)))
    assert ours is None if expected == 0 else ours == pytest.approx(float(1 - seen / expected), abs=1e-12)


@given(PAIRS)
def test_kappa_is_as_cohen_defines_it(pairs):
    n = len(pairs)
    agreed = Fraction(sum(one == other for one, other in pairs), n)
    by_chance = sum(
        Fraction(sum(one == value for one, _ in pairs), n) * Fraction(sum(other == value for _, other in pairs), n)
        for value in "abc"
    )
    expected = None if by_chance == 1 else float((agreed - by_chance) / (1 - by_chance))
    assert kappa(pairs) == (expected if expected is None else pytest.approx(expected, abs=1e-12))
    assert percent(pairs) == pytest.approx(float(agreed))


def test_kappa_by_hand():
    """Of 50 posts both said yes to 20 and no to 15: 0.7 agreed, 0.5 by chance."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert kappa(pairs) == pytest.approx(0.4)
    assert percent(pairs) == pytest.approx(0.7)


def test_what_cannot_be_computed_is_none_and_says_so():
    nothing, one_value = compare([]), compare([(True, True)] * 40)
    assert (nothing.n, nothing.percent, nothing.kappa, nothing.alpha) == (0, None, None, None)
    assert "nothing to compare" in nothing.reading
    assert (one_value.percent, one_value.kappa, one_value.alpha) == (1, None, None)
    assert "cannot be told from chance" in one_value.reading
    assert alpha([[1, None], [None, 2]]) is None  # nobody valued the same unit


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([(0, 0), (1, 1)] * 30, "agree reliably."),
        ([(0, 0), (1, 1)] * 3, "take it as a hint"),
        ([(0, 0), (1, 1)] * 30 + [(0, 1)] * 8, "well enough for careful"),
        ([(0, 0), (1, 1)] * 30 + [(0, 1)] * 20, "agree in part"),
        ([(0, 0), (1, 1), (1, 0)] * 30 + [(0, 1)] * 10, "little more than by chance"),
        ([(0, 1), (1, 0)] * 30, "no more than by chance"),
    ],
)
def test_figures_are_read_in_plain_english(pairs, words):
    assert words in compare(pairs).reading


def test_answers_are_compared_whole_and_theme_by_theme():
    answers = [(frozenset({1, 2}), frozenset({2})), (frozenset(), frozenset()), (frozenset({3}), frozenset({3}))]
    assert themes_of(answers) == {1, 2, 3}
    assert (of_whole_answers(answers).agreed, of_whole_answers(answers).n) == (2, 3)
    assert (of_decisions(answers, {1, 2, 3}).agreed, of_decisions(answers, {1, 2, 3}).n) == (8, 9)
    assert of_decisions(answers, [2]).kappa == 1 and of_decisions(answers, [1]).kappa == 0
