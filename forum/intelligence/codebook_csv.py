"""The codebook as CSV, out and in. What goes out comes back in unchanged, and never runs in a spreadsheet.

Reading takes our own columns, in any order and as many as there are, or those of Taguette: `tag`, `description` and
perhaps `parent`. Its tags are flat names; whatever stands in them, a dot or a slash, is part of the name.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from forum.errors import Invalid
from forum.intelligence.exports.csv import render_table
from forum.intelligence.exports.words import uncell
from forum.intelligence.report import Table
from forum.models import Theme

COLUMNS = {
    "code": "code",
    "parent": "parent",
    "name": "name",
    "definition": "definition",
    "include": "includes",
    "exclude": "excludes",
    "example": "example",
    "guid": "guid",
    "aliases": "aliases",
    "colour": "colour",
    "status": "status",
}
OF_TAGUETTE = {"tag": "name", "description": "definition", "parent": "parent_name"}
MOST_LINES = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """What a file says of one theme: `words` by field, none for a column that is not there. `number` is the line on
    which it begins; `fault` is why it cannot be read."""

    number: int
    words: dict[str, str] = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """A file as it was read, and the columns that were not. `counted` says what numbers count: lines or codes."""

    lines: Sequence[Line]
    left_out: Sequence[str] = ()
    counted: str = "line"


def render(themes: Sequence[Theme]) -> bytes:
    """Themes in the order of the codebook, each with its parent's code."""
    codes = {theme.id: theme.code for theme in themes}

    def words(theme: Theme, name: str) -> str:
        return codes.get(theme.parent_id or 0, "") if name == "parent" else getattr(theme, name) or ""

    rows = [[words(theme, name) for name in COLUMNS.values()] for theme in themes]
    return render_table(Table("Codebook", "Themes", list(COLUMNS), rows))


def read(text: str) -> Lines:
    """What a file or a pasted text says, line by line. Invalid when it is no such table at all."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        names = _names(header)
        lines, begins = [], rows.line_num + 1
        for row in rows:
            if any(row):
                lines.append(_line(begins, header, row, names))
            begins = rows.line_num + 1
            if len(lines) > MOST_LINES:
                raise Invalid({"file": f"This has more than {MOST_LINES:,} themes. Bring it in as several files."})
    except csv.Error as fault:
        raise Invalid({"file": f"Line {rows.line_num} cannot be read as CSV: {fault}."}) from None
    if not lines:
        raise Invalid({"file": "There is no theme in this file: it has a line of column names and nothing below."})
    return Lines(lines, [name for name in header if name and name not in names])


def _delimiter(text: str) -> str:
    """The sign that parts the column names: spreadsheets write a semicolon or a tab where the comma is a decimal."""
    first = text.split("\n", 1)[0]
    return max((",", ";", "\t"), key=first.count)


def _names(header: list[str]) -> dict[str, str]:
    """Our field for each column that is known."""
    for names, needed in (COLUMNS, "code"), (OF_TAGUETTE, "tag"):
        if needed in header:
            twice = [name for name in names if header.count(name) > 1]
            if twice:
                raise Invalid({"file": f"The column “{twice[0]}” is there more than once."})
            return {name: names[name] for name in header if name in names}
    raise Invalid(
        {"file": "The first line has to name the columns: code, name, definition and so on, or tag and description."}
    )


def _line(number: int, header: list[str], row: list[str], names: dict[str, str]) -> Line:
    if len(row) != len(header):
        return Line(number, fault=f"The first line names {len(header)} columns, and cells here are {len(row)}.")
    is_ours = "code" in names  # only what we wrote carries our sign against formulas
    return Line(
        number,
        {
            names[name]: uncell(cell) if is_ours else cell
            for name, cell in zip(header, row, strict=True)
            if name in names
        },
    )
