"""What the sheets of a workbook have in common, whatever program they are for."""

from __future__ import annotations

from collections.abc import Sequence

from forum.intelligence.disclosure import SIGN
from forum.intelligence.exports import HIDDEN_FIGURES
from forum.intelligence.exports.words import cut, line, plain
from forum.intelligence.report import Report, Table

NOTES = "Notes"
NOT_IN_NAMES = "[]:*?/\\_"  # the last because of escapes such as _x0041_, which references do not know
NARROWEST, WIDEST = 10, 60  # of a column, in characters


def sheet_names(names: Sequence[str]) -> list[str]:
    """Names as a workbook takes them: at most 31 characters, without some signs, each once whatever the case."""
    taken, found = {NOTES.casefold(), "history"}, []
    for name in names:
        wanted = cut(line("".join(" " if sign in NOT_IN_NAMES else sign for sign in plain(name))), 25, "…")
        wanted = wanted.strip("' ") or "Table"
        free, number = wanted, 1
        while free.casefold() in taken:
            number += 1
            free = f"{wanted} ({number})"
        taken.add(free.casefold())
        found.append(free)
    return found


def tables_of(report: Report) -> list[tuple[str, Table]]:
    """Each table with the name of its sheet: those of the whole, then those of the sections."""
    tables = [*report.tables, *(table for section in report.sections for table in section.tables)]
    return list(zip(sheet_names([table.name for table in tables]), tables, strict=True))


def widths(table: Table) -> list[int]:
    """How wide each column is to be, in characters: as wide as its longest word, within reason."""
    found = [len(name) for name in table.columns]
    for row in table.rows:
        for column, value in enumerate(row):
            if isinstance(value, str) and len(value) > found[column]:
                found[column] = len(value)
    return [min(max(width, NARROWEST), WIDEST) for width in found]


def columns_of_figures(table: Table) -> set[int]:
    """Columns without a word in them: their figures and their names stand on the right."""
    words = {column for row in table.rows for column, value in enumerate(row) if isinstance(value, str)}
    return set(range(len(table.columns))) - words if table.rows else set()


def heads(table: Table, report: Report) -> list[str]:
    """The lines above a table: what it counts, and what marks the whole report."""
    return [words for words in (line(table.title), line(report.note)) if words]


def page_head(report: Report) -> str:
    """What stands on each printed page: at most 123 characters, so that a header takes them also when escaped."""
    return " · ".join(part for part in (cut(line(report.title), 75, "…"), cut(line(report.note), 45, "…")) if part)


def notes(report: Report) -> list[tuple[str, str]]:
    """Method and limits as (name, words), with what marks the whole and what the sign of a hidden figure means."""
    marked = [("Note", report.note)] if report.note else []
    made = ("Made on", f"{report.made_on.day} {report.made_on:%B %Y}")
    return [*marked, made, *report.method, (SIGN, HIDDEN_FIGURES)]
