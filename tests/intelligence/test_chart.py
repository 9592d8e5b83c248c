"""The drawing: nothing of what is hidden is in it."""

from datetime import date

from forum.intelligence.chart import GROUND, MOST_BARS, TOP, Chart, draw, trend, widths
from forum.intelligence.disclosure import HIDDEN, ZERO, Counts, Rule, protect
from forum.intelligence.filters import Filters
from forum.intelligence.summary import Summary, ThemeCounts
from forum.models import Theme

PARENTS = {name: Theme(id=number, code=name, name=f"About {name}") for number, name in enumerate("ABCDEFGHIJKLMNO", 1)}
CHILD = Theme(id=99, code="A-1", name="A child", parent_id=1)


def chart_of(people: dict[str, int], councils: int = 3, theme: Theme | None = None) -> Chart | None:
    table = protect(
        {name: Counts(9 * count, count, councils if count else 0) for name, count in people.items()}, (), Rule(5, 3)
    )
    rows = [ThemeCounts(PARENTS[name], "", counts) for name, counts in table.items()]
    rows.append(ThemeCounts(CHILD, "A", Counts(50, 40, 3)))
    return draw(Summary(Filters(theme=theme), Counts(500, 90, 9), Counts(500, 90, 9), rows))


def codes(chart: Chart) -> list[str]:
    return [bar.theme.code for bar in chart.bars]


def test_bars_are_people_most_first_and_what_has_none_is_counted():
    chart = chart_of({"A": 10, "B": 4, "C": 0, "D": 20, "E": 1, "F": 10})
    assert codes(chart) == ["D", "A", "F"]
    assert [bar.people for bar in chart.bars] == [20, 10, 10]
    assert [bar.width for bar in chart.bars] == [80, 40, 40]
    assert (chart.hidden, chart.nobody, chart.fewer) == (2, 1, 0)


def test_a_hidden_figure_changes_nothing_in_the_drawing():
    assert chart_of({"A": 10, "B": 1}) == chart_of({"A": 10, "B": 4})
    few_councils = protect({"B": Counts(900, 300, 2)}, (), Rule(5, 3))["B"]
    rows = [ThemeCounts(PARENTS["A"], "", Counts(10, 10, 3)), ThemeCounts(PARENTS["B"], "", few_councils)]
    chart = draw(Summary(Filters(), Counts(0, 0, 0), Counts(0, 0, 0), rows))
    assert chart.bars[0].width == 80  # were the hidden 300 in the scale, this bar would be short


def test_there_are_as_many_bars_as_one_can_compare():
    chart = chart_of({name: 5 + number for number, name in enumerate(PARENTS)})
    assert len(chart.bars) == MOST_BARS
    assert (codes(chart)[0], chart.fewer) == ("O", len(PARENTS) - MOST_BARS)


def test_a_chosen_theme_shows_those_below_it():
    assert codes(chart_of({"A": 10}, theme=PARENTS["A"])) == ["A-1"]
    assert codes(chart_of({"A": 10})) == ["A"]
    assert chart_of({"A": 10}, theme=CHILD) is None


def test_without_a_figure_there_is_no_drawing():
    assert chart_of({"A": 0, "B": 3}) is None


def months(*people: int | None) -> list[tuple[date, Counts]]:
    some = [HIDDEN if count is None else Counts(2 * count, count, count) for count in people]
    return [(date(2026 + number // 12, number % 12 + 1, 1), counts) for number, counts in enumerate(some)]


def test_a_hidden_month_is_a_gap_and_never_a_nothing():
    [columns] = trend(months(10, None, 0, 20))
    assert [column.people for column in columns] == [10, None, 0, 20]
    assert [column.height for column in columns] == [(GROUND - TOP) / 2, 0, 0, GROUND - TOP]
    assert [column.top for column in columns] == [(GROUND + TOP) / 2, GROUND, GROUND, TOP]
    assert trend(months(10, None, 0)) == trend([*months(10), (date(2026, 2, 1), HIDDEN), (date(2026, 3, 1), ZERO)])
    assert trend(months(None, 0)) == []


def test_each_drawing_has_twelve_months_on_one_scale():
    drawings = trend(months(*range(5, 31)))
    assert [len(columns) for columns in drawings] == [12, 12, 2]
    assert drawings[2][1].height == GROUND - TOP
    assert [column.left for column in drawings[0][:2]] == [column.left for column in drawings[2]]
    for columns in drawings:
        assert all(column.left >= 0 and column.left + column.width <= 100 for column in columns)


def test_a_part_that_is_hidden_or_nothing_has_no_bar():
    assert widths([("a", Counts(9, 8, 3)), ("b", HIDDEN), ("c", ZERO), ("d", Counts(9, 6, 3))]) == [100, None, None, 75]
    assert widths([("b", HIDDEN)]) == [None]
