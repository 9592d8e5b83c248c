"""Reading filters: what is no choice is refused with words, and months are those of the United Kingdom."""

from datetime import UTC, datetime

import pytest

from forum.errors import Invalid
from forum.intelligence.filters import Choices, read_filters
from forum.models import Group, Theme


def theme(id: int, code: str, parent_id: int | None) -> Theme:
    made = Theme(id=id, code=code)
    made.parent_id = parent_id
    return made


CARE, CARE_1, FIN = theme(1, "CARE", None), theme(2, "CARE-1", 1), theme(3, "FIN", None)
CHOICES = Choices(
    [Group(slug="finance", name="Finance")], ["London"], ["county", "London borough"], [CARE, CARE_1, FIN]
)


def problems(**words: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        read_filters({name.rstrip("_"): word for name, word in words.items()}, CHOICES)
    return refused.value.problems


def test_empty_words_are_no_filter():
    assert (
        read_filters(dict.fromkeys(("group", "region", "theme", "facilitated", "from", "to"), ""), CHOICES).values == {}
    )
    assert read_filters({}, CHOICES).query == ""


def test_filters_come_back_as_the_words_they_were_read_from():
    words = {
        "group": "finance",
        "council_type": "London borough",
        "kind": "ask-lga",
        "theme": "CARE-1",
        "facilitated": "yes",
        "from": "2026-01",
        "to": "2026-12",
    }
    filters = read_filters(words, CHOICES)
    assert filters.values == words
    assert "council_type=London+borough" in filters.query


def test_all_that_is_wrong_is_said_at_once():
    wrong = {"group": "no", "region": "Mars", "council_type": "x", "kind": "x", "theme": "x", "facilitated": "no"}
    found = problems(**wrong, from_="April", to="2026-13")
    assert sorted(found) == ["council_type", "facilitated", "from", "group", "kind", "region", "theme", "to"]


def test_region_and_council_type_are_never_crossed():
    found = problems(region="London", council_type="county")
    assert list(found) == ["council_type"]
    assert "not both" in found["council_type"]
    assert read_filters({}, CHOICES).may_spread
    for words in ({"region": "London"}, {"council_type": "county"}):
        assert not read_filters(words, CHOICES).may_spread


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        ("2026-04", "2026-06", ("2026-01", "2026-03")),
        ("2026-01", "2026-01", ("2025-12", "2025-12")),
        ("2025-11", "2026-12", ("2024-09", "2025-10")),
    ],
)
def test_the_period_before_is_as_long_and_ends_right_there(first, last, before):
    filters = read_filters({"from": first, "to": last, "kind": "issue"}, CHOICES)
    assert (filters.before.values["from"], filters.before.values["to"]) == before
    assert filters.before.kind == "issue"
    assert filters.before.end == filters.begin


def test_without_both_ends_there_is_no_period_before():
    assert read_filters({"from": "2026-04"}, CHOICES).before is None
    assert read_filters({"to": "2026-04"}, CHOICES).before is None


@pytest.mark.parametrize("month", ["2026-00", "2026-4", "0000-01", "9999-12", "2026-04-01", "२०२६-04", "2026-04\n"])
def test_what_is_no_month_is_refused(month):
    assert "2026-04" in problems(from_=month)["from"]


def test_a_last_month_before_the_first_is_refused():
    assert list(problems(from_="2026-05", to="2026-04")) == ["to"]
    assert read_filters({"from": "2026-05", "to": "2026-05"}, CHOICES).values["to"] == "2026-05"


def test_months_begin_and_end_by_british_clocks():
    filters = read_filters({"from": "2026-04", "to": "2026-12"}, CHOICES)
    assert filters.begin == datetime(2026, 3, 31, 23, tzinfo=UTC)
    assert filters.end == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_parent_includes_its_children_and_not_the_other_way_round():
    parent, child = read_filters({"theme": "CARE"}, CHOICES), read_filters({"theme": "CARE-1"}, CHOICES)
    assert [parent.covers(theme) for theme in CHOICES.themes] == [True, True, False]
    assert [child.covers(theme) for theme in CHOICES.themes] == [False, True, False]
