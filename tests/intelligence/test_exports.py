"""Files: what outside scripts read."""

import csv
import io
import json

from forum.intelligence.disclosure import HIDDEN, Counts
from forum.intelligence.exports import csv as csv_file
from forum.intelligence.exports import json as json_file
from forum.intelligence.filters import Filters
from forum.intelligence.summary import Summary, ThemeCounts
from forum.models import Theme

CARE = Theme(id=1, code="CARE", name="Adult care, and health")
FORMULA = Theme(id=2, code="CARE-1", name='=HYPERLINK("x")', parent_id=1)
ROWS = [ThemeCounts(CARE, "", Counts(12, 7, 4)), ThemeCounts(FORMULA, "CARE", HIDDEN)]
SUMMARY = Summary(Filters(), Counts(1200, 300, 60), HIDDEN, ROWS)


def test_the_csv_has_a_header_and_a_row_a_theme_and_nothing_else():
    text = csv_file.render(SUMMARY).decode()
    assert text.startswith("theme,name,parent,posts,people,councils")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 2
    assert rows[0]["posts"] == "12" and rows[0]["parent"] == ""
    assert [rows[1][name] for name in ("parent", "posts", "people", "councils")] == ["CARE", "[c]", "[c]", "[c]"]
    assert {row["note"] for row in rows} == {"working figures, not for circulation"}


def test_no_cell_of_the_csv_is_a_formula():
    assert "'=HYPERLINK" in csv_file.render(SUMMARY).decode()
    for sign in ("=", "+", "-", "@", "\t", "\r", "＝"):
        assert csv_file.cell(f"{sign}1") == f"'{sign}1"
    assert csv_file.cell("CARE-1") == "CARE-1"


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
    }
