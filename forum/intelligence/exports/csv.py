"""CSV as RFC 4180 has it: a header, then the rows and nothing else, so that a mark has a column of its own."""

from __future__ import annotations

import csv
import io

from forum.intelligence.disclosure import SIGN
from forum.intelligence.exports import NOT_FOR_CIRCULATION
from forum.intelligence.exports.words import field
from forum.intelligence.report import Cell, Table
from forum.intelligence.summary import Summary
from forum.intelligence.tables import BEFORE, HEADINGS, more_of

MEDIA_TYPE, ENDING = "text/csv; charset=utf-8", "csv"
COLUMNS = ("theme", "name", "parent", "posts", "people", "councils")


def render(summary: Summary) -> bytes:
    more = (*HEADINGS, *(BEFORE if summary.filters.before else ()), "note")
    rows: list[list[Cell]] = []
    for row in summary.themes:
        figures = (row.counts.posts, row.counts.people, row.counts.councils, *more_of(summary, row).values())
        rows.append([row.theme.code, row.theme.name, row.parent, *figures, NOT_FOR_CIRCULATION])
    return render_table(Table("Themes", "", (*COLUMNS, *more), rows))


def render_table(table: Table) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(written(column) for column in table.columns)
    rows.writerows([written(value) for value in row] for row in table.rows)
    return text.getvalue().encode()


def written(value: Cell) -> str:
    """A figure or a word as a field has it. Figures may be negative; a word never begins as one."""
    if isinstance(value, str):
        return field(value)
    return SIGN if value is None else str(value)
