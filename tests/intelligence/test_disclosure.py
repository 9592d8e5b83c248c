"""What may be shown, with counts made up by a machine."""

from hypothesis import given
from hypothesis import strategies as st

from forum.intelligence.disclosure import Counts, Rule, printed, protect

numbers = st.integers(0, 40)


@st.composite
def possible_counts(draw: st.DrawFn) -> Counts:
    people = draw(numbers)
    councils = draw(st.integers(0, people))
    return Counts(people + draw(numbers) if people else 0, people, councils)


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
        return protect({"": Counts(30, people, councils)}, (), Rule(5, 3))[""].hidden

    assert not is_hidden(5, 3)
    assert is_hidden(4, 3)
    assert is_hidden(5, 2)
    assert is_hidden(30, 0)


def test_what_is_hidden_prints_as_confidential_and_a_zero_as_zero():
    assert printed(None) == "[c]"
    assert printed(0) == "0"
    assert printed(1234) == "1234"
