"""A summary as a report: what a hidden figure takes with it, and what is said in words."""

from datetime import date

from forum.intelligence.disclosure import HIDDEN, ZERO, Counts
from forum.intelligence.filters import Filters
from forum.intelligence.summary import Detail, Figures, Summary, ThemeCounts
from forum.intelligence.tables import report_of
from forum.models import Theme

CARE, FIN = Theme(id=1, code="CARE", name="Adult care"), Theme(id=2, code="FIN", name="Money")
CHILD = Theme(id=3, code="CARE-1", name="Providers", parent_id=1)
APRIL, JUNE = date(2026, 4, 1), date(2026, 6, 1)
SHOWN = ThemeCounts(CARE, "", Counts(40, 10, 5), 4, APRIL, JUNE, before=Counts(9, 6, 3))
ROWS = [SHOWN, ThemeCounts(CHILD, "CARE", HIDDEN), ThemeCounts(FIN, "", ZERO, 0, before=ZERO)]
SUMMARY = Summary(Filters(first=APRIL, last=JUNE), Counts(100, 50, 20), Counts(40, 10, 5), ROWS, Counts(80, 40, 20))
MONTHS = [(APRIL, Counts(30, 8, 4)), (date(2026, 5, 1), HIDDEN), (JUNE, ZERO)]
DETAIL = Detail(
    SHOWN,
    MONTHS,
    regions=[("London", Counts(30, 8, 4)), ("Wales", ZERO), ("", HIDDEN)],
    types=[("county", ZERO), ("unitary", HIDDEN)],
    pairs=[(FIN, Counts(9, 7, 3))],
)
REPORT = report_of(Figures(SUMMARY, [DETAIL]), date(2026, 7, 1), "a note")


def test_a_report_has_its_bases_first_then_the_themes():
    assert (REPORT.note, REPORT.made_on) == ("a note", date(2026, 7, 1))
    bases, tops, themes = REPORT.tables
    assert [row[1:] for row in bases.rows] == [(100, 50, 20), (80, 40, 20), (40, 10, 5)]
    assert [row[0] for row in tops.rows] == ["CARE Adult care", "FIN Money"]
    assert tops.columns[tops.bars[1]] == "People"
    rows = {row[0]: dict(zip(themes.columns, row, strict=True)) for row in themes.rows}
    assert rows["CARE"]["Loud but narrow"] == "yes"
    assert (rows["CARE"]["Change in people"], rows["CARE"]["First month"]) == (4, "2026-04")
    assert [value for name, value in rows["CARE-1"].items() if name not in ("Code", "Theme", "Part of")] == [None] * 12
    assert rows["FIN"]["First month"] == "" and rows["FIN"]["Posts"] == 0


def test_a_theme_that_was_looked_into_has_a_section():
    [section] = REPORT.sections
    assert section.theme == "CARE"
    assert section.paragraphs == [
        "10 people from 5 councils raised it, in 40 posts and 4 discussions. That is 20% of the people and 25% of the"
        " councils that took part, and 40% of the posts. It is loud but narrow: a larger part of the posts than of the"
        " people: few people keep it going. That is 4 more people than in the equal period before, when 6 people raised"
        " it.",
        "It was not heard from councils in Wales, where others took part. It was not heard from councils of these"
        " types, from which others took part: county.",
    ]
    names = [table.name for table in (*REPORT.tables, *section.tables)]
    assert len(set(names)) == len(names) == 7
    months, regions, *_ = section.tables
    assert months.rows == [("April 2026", 30, 8, 4), ("May 2026", None, None, None), ("June 2026", 0, 0, 0)]
    assert [row[0] for row in regions.rows] == ["London", "Wales", "No council"]


def test_what_was_counted_and_how_much_was_read_is_said():
    method = dict(REPORT.method)
    assert "narrowed to first month: April 2026; last month: June 2026" in method["What was counted"]
    assert "80% of the posts" in method["How much was read"]
    hidden = Summary(Filters(), HIDDEN, HIDDEN, [SHOWN])
    report = report_of(hidden, date(2026, 7, 1), "")
    assert "so far: hidden" in dict(report.method)["How much was read"]
    row = dict(zip(report.tables[2].columns, report.tables[2].rows[0], strict=True))
    assert "Change in people" not in row
    assert row["Posts, % of all"] is row["People, % of all"] is row["Loud but narrow"] is None
