"""The drawing: nothing of what is hidden is in it."""

from forum.intelligence.chart import draw
from forum.intelligence.disclosure import Counts, protect
from forum.intelligence.filters import Filters
from forum.intelligence.summary import Summary, ThemeCounts
from forum.models import Theme

PARENTS = {name: Theme(id=number, code=name, name=f"About {name}") for number, name in enumerate("ABCDE", 1)}
CHILD = Theme(id=9, code="A-1", name="A child", parent_id=1)


def chart_of(people: dict[str, int], councils: int = 3, theme: Theme | None = None):
    table = protect({name: Counts(9 * count, count, councils if count else 0) for name, count in people.items()}, 5, 3)
    rows = [ThemeCounts(PARENTS[name], "", counts) for name, counts in table.items()]
    rows.append(ThemeCounts(CHILD, "A", Counts(50, 40, 3)))
    return draw(Summary(Filters(theme=theme), Counts(500, 90, 9), Counts(500, 90, 9), rows))


def test_bars_are_people_most_first_and_the_hidden_last():
    chart = chart_of({"A": 10, "B": 4, "C": 0, "D": 20, "E": 1})
    assert [bar.label for bar in chart.bars] == ["D About D", "A About A", "C About C", "B About B", "E About E"]
    assert [bar.figure for bar in chart.bars] == ["20", "10", "0", "[c]", "[c]"]
    assert [bar.width for bar in chart.bars] == [300, 150, 0, 0, 0]


def test_a_hidden_figure_changes_nothing_in_the_drawing():
    assert chart_of({"A": 10, "B": 1}) == chart_of({"A": 10, "B": 4})
    few_councils = protect({"B": Counts(900, 300, 2)}, 5, 3)["B"]
    rows = [ThemeCounts(PARENTS["A"], "", Counts(10, 10, 3)), ThemeCounts(PARENTS["B"], "", few_councils)]
    chart = draw(Summary(Filters(), Counts(0, 0, 0), Counts(0, 0, 0), rows))
    assert chart.bars[0].width == 300  # were the hidden 300 in the scale, this bar would be short


def test_a_chosen_parent_shows_its_children_and_a_child_itself():
    assert [bar.label for bar in chart_of({"A": 10}, theme=PARENTS["A"]).bars] == ["A-1 A child"]
    assert [bar.label for bar in chart_of({"A": 10}, theme=CHILD).bars] == ["A-1 A child"]
    assert [bar.label for bar in chart_of({"A": 10}).bars] == ["A About A"]


def test_without_a_figure_there_is_no_drawing():
    assert chart_of({"A": 0, "B": 3}) is None
