"""A passage finds its words again after an edit, or says that it cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.anchors import CONTEXT, MOST_PLACES, around, find_again

TEXT = "Who pays? The council pays. 🏠👩‍👩‍👧 Then who pays for the carers? Who pays?"


def found(old, words, new, which=0):
    """The words in the new text, after they stood at their `which`-th place of the old one."""
    start = -1
    for _ in range(which + 1):
        start = old.index(words, start + 1)
    place = find_again(new, words, *around(old, start, start + len(words)))
    if place:
        assert new[place[0] : place[1]] == words
    return place and place[0]


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("edit", ["{}", "First: {}", "{} Last.", "First.\n\n{}\n\nLast."])
def test_of_equal_words_those_in_their_context_are_the_ones(edit, which):
    new = edit.format(TEXT)
    start = TEXT.index("Who") if which == 0 else TEXT.rindex("Who")
    assert found(TEXT, "Who pays?", new, which) == start + edit.index("{")


def test_places_are_counted_in_code_points():
    assert found(TEXT, "carers", f"👩‍👩‍👧 {TEXT}") == TEXT.index("carers") + 6


@pytest.mark.parametrize(
    ("words", "new"),
    [
        ("Who pays?", "Nobody knows."),
        ("Who pays?", ""),
        ("Who pays?", "who pays?"),
        ("Who pays?", "1. Who pays?\n2. Who pays?\n3. Who pays?"),  # all stand in the same words
        ("🏠", "Our 🏠!"),  # few letters, and in another context
    ],
)
def test_no_place_is_better_than_a_wrong_one(words, new):
    assert found(TEXT, words, new) is None


def test_words_long_enough_are_found_wherever_they_went():
    assert found(TEXT, "The council pays.", "It began well. The council pays. It went on") == 15


def test_only_the_words_themselves_are_the_whole_text():
    assert found("Yes", "Yes", "Yes") == 0
    assert found("Yes", "Yes", "Yes and no") is None


def test_words_as_common_as_air_are_not_looked_for():
    few, many = ["b" + "a" * number for number in (MOST_PLACES, MOST_PLACES + 1)]
    assert find_again(few, "a", *around(few, 1, 2)) == (1, 2)
    assert find_again(many, "a", *around(many, 1, 2)) is None


def test_of_two_places_that_fit_alike_neither_is_taken():
    old = "before " * CONTEXT + "The council pays." + " after" * CONTEXT
    assert found(old, "The council pays.", f"{old} {old}") is None
    assert found(old, "The council pays.", f"{old} The council pays.") == old.index("The")


def test_nothing_is_found_nowhere():
    assert find_again(TEXT, "", "", "") is None


@given(
    st.text("ab \n", max_size=60), st.text("ab c", min_size=1, max_size=12), st.text("ab \n", max_size=60),
    st.text("xyz", max_size=9), st.text("xyz", max_size=9),
)  # fmt: skip
def test_what_stands_between_two_edits_is_found_or_nothing_is(before, words, after, first, last):
    """Never another place that fits no better, and always the words themselves."""
    old = before + words + after
    new = first + old + last
    place = find_again(new, words, *around(old, len(before), len(before) + len(words)))
    if place is not None:
        assert new[place[0] : place[1]] == words
        sides = around(old, len(before), len(before) + len(words))
        if len(before) >= CONTEXT and len(after) >= CONTEXT:
            assert around(new, *place) == sides
