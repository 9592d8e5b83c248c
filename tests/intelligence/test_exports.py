"""Files: what outside scripts read."""

import csv
import io
import json
from dataclasses import replace
from datetime import date

from forum.intelligence.disclosure import HIDDEN, Counts
from forum.intelligence.exports import csv as csv_file
from forum.intelligence.exports import json as json_file
from forum.intelligence.exports.words import cell
from forum.intelligence.filters import Filters
from forum.intelligence.summary import Summary, ThemeCounts
from forum.intelligence.tables import HEADINGS, more_of
from forum.models import Theme

CARE = Theme(id=1, code="CARE", name="Adult care, and health")
FORMULA = Theme(id=2, code="CARE-1", name='=HYPERLINK("x")', parent_id=1)
ROWS = [
    ThemeCounts(CARE, "", Counts(12, 7, 4), 5, date(2026, 2, 1), date(2026, 4, 1)),
    ThemeCounts(FORMULA, "CARE", HIDDEN),
]
SUMMARY = Summary(Filters(), Counts(1200, 300, 60), HIDDEN, ROWS)


def test_the_csv_has_a_header_and_a_row_a_theme_and_nothing_else():
    text = csv_file.render(SUMMARY).decode()
    assert text.startswith("theme,name,parent,posts,people,councils")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 2
    assert rows[0]["posts"] == "12" and rows[0]["parent"] == ""
    assert [rows[1][name] for name in ("parent", "posts", "people", "councils")] == ["CARE", "[c]", "[c]", "[c]"]
    assert {row["note"] for row in rows} == {"working figures, not for circulation"}


def test_all_that_rests_on_a_hidden_figure_is_hidden_in_files_too():
    rows = list(csv.DictReader(io.StringIO(csv_file.render(SUMMARY).decode())))
    assert {rows[1][name] for name in HEADINGS} == {"[c]"}
    before = Counts(4, 4, 4)
    period = Summary(Filters(first=date(2026, 2, 1), last=date(2026, 4, 1)), Counts(1200, 300, 60), HIDDEN, [])
    shown = ThemeCounts(CARE, "", Counts(12, 7, 4), 5, date(2026, 2, 1), date(2026, 4, 1), Counts(9, 9, 3))
    assert more_of(period, shown) | {"people_before": 9, "people_change": -2} == more_of(period, shown)
    assert more_of(period, replace(shown, before=HIDDEN))["people_change"] is None
    assert set(more_of(period, replace(shown, counts=HIDDEN, before=before)).values()) == {None}


def test_no_cell_of_the_csv_is_a_formula():
    assert "'=HYPERLINK" in csv_file.render(SUMMARY).decode()
    for sign in ("=", "+", "-", "@", "\t", "\r", "＝"):
        assert cell(f"{sign}1") == f"'{sign}1"
    assert cell("CARE-1") == "CARE-1"


def test_the_json_says_null_and_hidden():
    found = json.loads(json_file.render(SUMMARY))
    assert found["note"] == "working figures, not for circulation"
    assert found["base"] == {"posts": 1200, "people": 300, "councils": 60, "hidden": False}
    assert found["themes"][1] == {
        "theme": "CARE-1",
        "name": '=HYPERLINK("x")',
        "parent": "CARE",
        "posts": None,
        "people": None,
        "councils": None,
        "hidden": True,
        **dict.fromkeys(HEADINGS),
    }
    assert found["themes"][0] == {
        "theme": "CARE",
        "name": "Adult care, and health",
        "parent": None,
        "posts": 12,
        "people": 7,
        "councils": 4,
        "hidden": False,
        "discussions": 5,
        "council_share": 7,
        "prominence": 1,
        "spread": 2,
        "loud_but_narrow": "no",
        "first_month": "2026-02",
        "last_month": "2026-04",
    }
