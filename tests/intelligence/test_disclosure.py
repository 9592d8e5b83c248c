"""What may be shown, with counts made up by hand and by a machine. What can be worked out: see test_attack."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.intelligence.disclosure import (
    Counts,
    Overlap,
    Relation,
    Rule,
    differs,
    is_confidential,
    printed,
    protect,
)
from tests.intelligence.random_tables import EXACT, random_table

PAGE = Rule(5, 3)
numbers = st.integers(0, 40)
tables = st.integers(0, 10**6).map(random_table)


@st.composite
def possible_counts(draw: st.DrawFn) -> Counts:
    people = draw(numbers)
    councils = draw(st.integers(0, people))
    return Counts(people + draw(numbers) if people else 0, people, councils)


def hidden(table, relations, rule=PAGE, **others) -> set:
    return {row for row, counts in protect(table, relations, rule, **others).items() if counts.hidden}


def of(*people: int) -> dict[str, Counts]:
    """Rows A, B, C … where everybody wrote twice and sits on a council of their own."""
    return {name: Counts(2 * count, count, count) for name, count in zip("ABCDEFGH", people, strict=False)}


def whole_of(parts: dict[str, Counts], covers: bool = True, sums: frozenset[str] = EXACT) -> tuple[dict, Relation]:
    """The rows with their sum, "all"."""
    everything = Counts(*(sum(getattr(part, name) for part in parts.values()) for name in Counts.__slots__))
    return parts | {"all": everything}, Relation("all", tuple(parts), covers, sums)


@given(st.dictionaries(st.text(), possible_counts()), st.integers(5, 12), st.integers(3, 6))
def test_a_row_is_shown_whole_or_hidden_whole(table, least_people, least_councils):
    safe = protect(table, (), Rule(least_people, least_councils))
    assert list(safe) == list(table)
    for row, counts in safe.items():
        if counts.hidden:
            assert (counts.posts, counts.people, counts.councils) == (None, None, None)
            assert table[row].people > 0
            assert table[row].people < least_people or table[row].councils < least_councils
        else:
            assert counts == table[row]
            assert counts.people == 0 or (counts.people >= least_people and counts.councils >= least_councils)


def test_the_limits_themselves_are_enough():
    def is_hidden(people: int, councils: int) -> bool:
        return bool(hidden({"": Counts(30, people, councils)}, ()))

    assert not is_hidden(5, 3)
    assert is_hidden(4, 3)
    assert is_hidden(5, 2)
    assert is_hidden(30, 0)


def test_what_is_hidden_prints_as_confidential_and_a_zero_as_zero():
    assert printed(None) == "[c]"
    assert printed(0) == "0"
    assert printed(1234) == "1234"


def test_a_lone_hidden_part_takes_the_smallest_shown_one_with_it_and_never_a_zero():
    table, regions = whole_of(of(4, 20, 9, 0, 12))
    assert hidden(table, [regions]) == {"A", "C"}


def test_the_whole_is_hidden_when_no_part_is_left():
    table, regions = whole_of(of(4, 0, 0) | {"D": Counts(30, 3, 2)})
    assert hidden(table, [regions]) == {"A", "D"}  # two that move against each other, and 7 people together
    table, regions = whole_of(of(4, 0, 0))
    assert hidden(table, [regions]) == {"A", "all"}
    table, regions = whole_of(of(9, 0, 0))
    assert hidden(table, [regions], also={"A"}) == {"A", "all"}
    assert hidden(table, [regions], also={"B"}) == set()  # a zero


def test_what_is_hidden_together_is_not_known_to_be_few():
    table, regions = whole_of(of(1, 2, 8, 20))  # A and B move against each other, yet three people they are
    assert hidden(table, [regions]) == {"A", "B", "C"}
    table, regions = whole_of(of(3, 3, 8, 20))
    assert hidden(table, [regions]) == {"A", "B"}


def test_hidden_parts_are_not_known_to_be_as_many_as_can_be_hidden():
    table, regions = whole_of(of(4, 4, 8, 20))  # eight people: four each, for who thinks both are too few
    assert hidden(table, [regions]) == {"A", "B", "C"}


def test_unions_give_less_away_than_sums():
    months = of(4, 20, 9)
    table = months | {"all": Counts(66, 22, 22)}
    assert hidden(table, [Relation("all", tuple(months), covers=True)]) == {"A"}
    exact_posts = Relation("all", tuple(months), covers=True, sums=frozenset({"posts"}))
    assert hidden(table, [exact_posts]) == {"A", "C"}


def test_a_child_is_its_parent_only_where_nothing_else_is_in_the_parent():
    table = {"parent": Counts(20, 9, 7), "child": Counts(20, 9, 7)}
    assert hidden(table, [Relation("parent", ("child",), covers=True)], also={"child"}) == {"parent", "child"}
    assert hidden(table, [Relation("parent", ("child",), covers=False)], also={"child"}) == {"child"}


def test_a_row_between_two_of_one_size_is_known():
    table = {"all": Counts(20, 9, 7), "parent": Counts(20, 9, 7), "child": Counts(20, 9, 7)}
    nested = [Relation("all", ("parent",), covers=False), Relation("parent", ("child",), covers=False)]
    assert hidden(table, nested, also={"parent"}) == {"parent", "child"}


def test_a_pair_of_themes_is_known_from_both_and_from_all():
    table = {"all": Counts(50, 30, 20), "A": Counts(30, 20, 15), "B": Counts(24, 18, 15), "AB": Counts(4, 3, 3)}
    nested = [Relation("all", ("A", "B"), covers=True), *(Relation(theme, ("AB",), covers=False) for theme in "AB")]
    assert hidden(table, nested) == {"AB"}
    both = Overlap("all", (("AB", "A", "B"),), ("A", "B"), complete=True)
    assert len(hidden(table, [*nested, both])) > 1  # 30 + 24 - 50 posts
    some = Overlap("all", (("AB", "A", "B"),))
    assert hidden(table, [*nested, some]) == {"AB"}


def test_three_themes_that_meet_leave_room():
    table = {name: Counts(30, 20, 15) for name in "ABC"} | {"all": Counts(70, 40, 20)}
    table |= {"AB": Counts(9, 8, 8), "AC": Counts(9, 8, 8), "BC": Counts(4, 3, 3)}
    within = [Relation("all", ("A", "B", "C"), True)]
    pairs = (("AB", "A", "B"), ("AC", "A", "C"), ("BC", "B", "C"))
    assert hidden(table, [*within, Overlap("all", pairs, ("A", "B", "C"), True)]) == {"BC"}
    table |= {"AC": Counts(0, 0, 0), "all": Counts(77, 40, 20)}
    assert len(hidden(table, [*within, Overlap("all", pairs, ("A", "B", "C"), True)])) > 1


def test_a_chain_of_themes_gives_its_last_pair_away():
    table = {name: Counts(20, 15, 12) for name in "ABCD"} | {"all": Counts(68, 40, 30)}
    table |= {"AB": Counts(5, 5, 5), "BC": Counts(6, 5, 5), "CD": Counts(1, 1, 1)}
    pairs = tuple((pair, *pair) for pair in ("AB", "BC", "CD"))
    assert hidden(table, [Overlap("all", pairs)]) == {"CD"}
    assert len(hidden(table, [Overlap("all", pairs, tuple("ABCD"), complete=True)])) > 1  # 80 - 68 - 5 - 6


def test_pairs_are_known_where_two_themes_always_come_together():
    table = {name: Counts(10, 7, 6) for name in "ABC"} | {"all": Counts(12, 9, 8)}
    table |= {"AC": Counts(10, 7, 6), "AB": Counts(8, 3, 3), "BC": Counts(8, 3, 3)}
    pairs = tuple((pair, *pair) for pair in ("AB", "AC", "BC"))
    assert hidden(table, [Overlap("all", pairs)]) == {"AB", "BC"}
    assert len(hidden(table, [Overlap("all", pairs, tuple("ABC"), complete=True)])) > 2


def test_a_theme_that_comes_alone_is_known_from_another_and_all():
    table = {"all": Counts(16, 10, 10), "A": Counts(7, 6, 6), "B": Counts(15, 10, 10), "C": Counts(1, 1, 1)}
    table |= {"D": Counts(8, 7, 7), "AB": Counts(7, 6, 6), "AD": Counts(5, 5, 5), "BD": Counts(8, 7, 7)}
    pairs = tuple((pair, *pair) for pair in ("AB", "AD", "BD"))
    assert hidden(table, [Overlap("all", pairs)]) == {"C"}
    assert len(hidden(table, [Overlap("all", pairs, tuple("ABCD"), complete=True)])) > 1


def test_what_was_shown_before_is_not_hidden_for_the_sake_of_others():
    table, regions = whole_of(of(4, 20, 9, 12))
    assert hidden(table, [regions], known={"C"}) == {"A", "D"}
    assert hidden(table, [regions], known={"B", "C", "D"}) == {"A", "all"}
    assert hidden(table, [regions], known={"B", "C", "D", "all"}) == {"A"}  # too late
    assert hidden(table, [regions], also={"C"}, known={"C"}) == {"A", "D"}
    assert hidden(table, [regions], known={"A", "B", "C", "D"}) == {"A", "all"}  # the rule was laxer then


def test_what_nobody_ever_sees_may_be_worked_out():
    table, regions = whole_of(of(4, 20, 9, 12))
    assert hidden(table, [regions]) == {"A", "C"}
    assert hidden(table, [regions], untold={"A"}) == {"A"}
    assert hidden(table, [regions], untold={"B"}) == {"A", "B"}  # it stands between A and the whole


def test_totals_are_rounded_and_their_parts_are_not():
    table, regions = whole_of(of(12, 16, 0))
    safe = protect(table, [regions], Rule(10, 3, round_to=5))
    assert safe == table | {"all": Counts(56, 30, 28)}
    assert protect(table, [regions], Rule(10, 3, round_to=5), wholes={"B"}) == table | {"B": Counts(32, 15, 16)}
    nothing = protect(dict.fromkeys(table, Counts(0, 0, 0)), [regions], Rule(10, 3, round_to=5))
    assert nothing["all"] == Counts(0, 0, 0)


@given(st.integers(1, 30), st.sampled_from([1, 3, 5, 10]), st.integers(0, 300))
def test_a_rounded_number_stands_for_those_that_round_to_it(least, round_to, more):
    rule, people = Rule(least, 3, round_to), least + more
    number = rule.rounded(people)
    low, high = rule.bounds(number)
    assert number >= least and number % round_to == 0
    assert low <= people <= high
    assert {rule.rounded(other) for other in range(low, high + 1)} == {number}
    assert rule.rounded(high + 1) > number
    assert low == least or rule.rounded(low - 1) < number


@settings(deadline=None, max_examples=60)
@given(tables)
def test_protecting_hides_what_it_must_and_no_zero(drawn):
    table, rule = drawn
    safe = protect(table.counts, table.relations, rule)
    wholes = {relation.whole for relation in table.relations if isinstance(relation, Relation)}
    for row, counts in table.counts.items():
        if is_confidential(counts, rule):
            assert safe[row].hidden
        elif counts.people == 0:
            assert safe[row] == counts
        elif not safe[row].hidden:
            people = rule.rounded(counts.people) if row in wholes else counts.people
            assert safe[row] == Counts(counts.posts, people, counts.councils)


@settings(deadline=None, max_examples=60)
@given(tables)
def test_protecting_what_is_protected_hides_no_more(drawn):
    table, rule = drawn
    once = hidden(table.counts, table.relations, rule)
    assert hidden(table.counts, table.relations, rule, also=once) == once


@settings(deadline=None, max_examples=60)
@given(tables, st.integers())
def test_the_order_of_rows_and_relations_does_not_matter(drawn, seed):
    table, rule = drawn
    chance = random.Random(seed)
    rows, relations = list(table.counts), list(table.relations)
    chance.shuffle(rows)
    chance.shuffle(relations)
    shuffled = protect({row: table.counts[row] for row in rows}, relations, rule)
    assert shuffled == protect(table.counts, table.relations, rule)


@pytest.mark.parametrize(("now", "before", "close"), [(12, 12, False), (13, 12, True), (16, 12, True), (17, 12, False)])
def test_a_few_people_more_tell_of_those_few(now, before, close):
    assert differs(range(now), range(before), 5) is close
    assert differs(range(before), range(now), 5) is close
    assert differs([*range(before), *range(100, 100 + now - before)], range(before), 5) is close


def test_people_who_went_and_people_who_came_count_alike():
    assert differs({1, 2, 3, 4, 5, 6}, {3, 4, 5, 6, 7, 8}, 5)
    assert not differs({1, 2, 3, 4, 5, 6}, {4, 5, 6, 7, 8}, 5)
