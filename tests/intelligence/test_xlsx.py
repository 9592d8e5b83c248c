"""The workbook: figures as numbers, hidden ones as the sign, charts that the program draws, and notes."""

import io
import re
from datetime import date
from zipfile import ZipFile

from openpyxl import load_workbook

from forum.intelligence.exports import xlsx
from forum.intelligence.exports.sheets import sheet_names
from forum.intelligence.report import Report, Section, Table

BY_THEME = Table(
    "Themes",
    "Posts, people and councils by theme",
    ("Theme", "Posts", "People", "Share"),
    [("Care", 1200, 310, 12.5), ("Homes & planning", None, None, None), ("Roads", 0, 0, 0.0)],
    bars=(0, 2),
)
BY_MONTH = Table("Months", "Posts by month", ("Month", "Posts"), [("April 2026", 40)])
WORKING = Report(
    "Themes & what lies behind",
    "working figures, not for circulation",
    date(2026, 5, 4),
    [BY_THEME, BY_MONTH],
    [("Coverage", "820 of 1,240 posts are tagged."), ("Limits", "Who writes here chose to.\nIt is no survey.")],
)


def opened(report=WORKING):
    return load_workbook(io.BytesIO(xlsx.render(report)))


def parts(report=WORKING):
    with ZipFile(io.BytesIO(xlsx.render(report))) as package:
        return {name: package.read(name).decode() for name in package.namelist() if name.endswith((".xml", ".rels"))}


def test_each_table_has_a_sheet_with_figures_as_numbers_and_hidden_ones_as_the_sign():
    book = opened()
    assert book.sheetnames == ["Themes", "Months", "Notes"]
    rows = list(book["Themes"].values)
    assert rows[0][0] == "Posts, people and councils by theme"
    assert rows[1][0] == "working figures, not for circulation"
    assert rows[2:] == [
        ("Theme", "Posts", "People", "Share"),
        ("Care", 1200, 310, 12.5),
        ("Homes & planning", "[c]", "[c]", "[c]"),
        ("Roads", 0, 0, 0),
    ]


def test_the_header_stays_in_sight_and_on_every_printed_page():
    for name in ("Themes", "Months"):
        sheet = opened()[name]
        assert sheet.freeze_panes == "A4"
        assert sheet.print_title_rows == "$3:$3"
        assert sheet.oddHeader.left.text == "Themes && what lies behind · working figures, not for circulation"


def test_the_notes_say_method_limits_and_what_the_sign_means():
    notes = dict(list(opened()["Notes"].values)[1:])
    assert notes["Note"] == "working figures, not for circulation"
    assert notes["Made on"] == "4 May 2026"
    assert notes["Coverage"] == "820 of 1,240 posts are tagged."
    assert notes["Limits"] == "Who writes here chose to.\nIt is no survey."
    assert "hidden" in notes["[c]"]


def test_a_chart_is_drawn_from_the_cells_and_says_that_some_are_hidden():
    found = parts()
    charts = [words for name, words in found.items() if name.startswith("xl/charts/")]
    assert len(charts) == 1  # the months have no bars
    assert "<c:f>Themes!$A$4:$A$6</c:f>" in charts[0] and "<c:f>Themes!$C$4:$C$6</c:f>" in charts[0]
    assert "[c]: hidden, no bar" in charts[0] and "<a:t>People</a:t>" in charts[0]
    drawing = found["xl/drawings/drawing1.xml"]
    assert 'descr="Bar chart: Posts, people and councils by theme' in drawing


def test_no_chart_is_drawn_where_all_is_hidden():
    hidden = Table("Hidden", "Hidden", ("Region", "People"), [("Wales", None), ("London", 0)], (0, 1))
    found = parts(Report("Themes", "", date(2026, 5, 4), [hidden], []))
    assert not [name for name in found if name.startswith("xl/charts/")]


def test_a_release_carries_no_mark():
    release = Report("Themes", "", date(2026, 5, 4), [BY_MONTH], [])
    book = opened(release)
    assert next(iter(list(book["Months"].values)[1:])) == ("Month", "Posts")
    assert "Note" not in dict(list(book["Notes"].values)[1:])


def test_the_tables_of_sections_have_sheets_too():
    section = Section(
        "Care", "CARE", ["Words."], [Table("CARE by month", "CARE by month", ("Month", "Posts"), [("May", 7)])]
    )
    report = Report("Themes", "", date(2026, 5, 4), [BY_MONTH], [], sections=[section])
    assert opened(report).sheetnames == ["Months", "CARE by month", "Notes"]
    assert list(opened(report)["CARE by month"].values)[-1] == ("May", 7)


def test_the_file_says_nobodys_name_and_no_time_and_is_the_same_each_time():
    core = parts()["docProps/core.xml"]
    assert re.findall(r"<dc:creator>(.*?)</dc:creator>", core) in ([], [""])
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {"2026-05-04T00:00:00Z"}
    assert xlsx.render(WORKING) == xlsx.render(WORKING)
    with ZipFile(io.BytesIO(xlsx.render(WORKING))) as package:
        assert {entry.date_time[0] for entry in package.infolist()} == {1980}


def test_sheets_have_names_that_a_workbook_takes():
    names = sheet_names(["Themes", "themes", "[a]/b:*?\\", "'quoted'", "x" * 40, "x" * 41, "", "Notes", "History"])
    assert len({name.casefold() for name in names}) == 9
    assert all(0 < len(name) <= 31 and not re.search(r"[\[\]:*?/\\]|^'|'$", name) for name in names)
    assert names[:3] == ["Themes", "themes (2)", "a b"] and "Notes" not in names and "History" not in names
