"""CSV: a header, then a row for each theme and nothing else, so that the mark has a column of its own."""

from __future__ import annotations

import csv
import io

from forum.intelligence.disclosure import printed
from forum.intelligence.exports import NOT_FOR_CIRCULATION
from forum.intelligence.summary import Summary

MEDIA_TYPE, ENDING = "text/csv; charset=utf-8", "csv"
COLUMNS = ("theme", "name", "parent", "posts", "people", "councils", "note")
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def render(summary: Summary) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for row in summary.themes:
        figures = [printed(count) for count in (row.counts.posts, row.counts.people, row.counts.councils)]
        words = [cell(word) for word in (row.theme.code, row.theme.name, row.parent)]
        rows.writerow([*words, *figures, NOT_FOR_CIRCULATION])
    return text.getvalue().encode()


def cell(word: str) -> str:
    """The word as a spreadsheet shows it and never runs it."""
    return f"'{word}" if word.startswith(FORMULA_SIGNS) else word
