"""XLSX: a sheet a table, its bars as a chart that the program draws, and a sheet of notes. Every word is a string cell:
none is taken for a formula, a link or a number. The same report gives the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from forum.intelligence.disclosure import SIGN
from forum.intelligence.exports.sheets import NOTES, columns_of_figures, heads, notes, page_head, tables_of, widths
from forum.intelligence.exports.words import cut, line, plain
from forum.intelligence.report import Cell, Report, Table

MEDIA_TYPE, ENDING = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
LINE, TALLEST = 15, 400  # of a row, in points
RIGHT = {"align": "right", "indent": 1, "valign": "top"}
BAR, AROUND = 24, 140  # heights in a chart, in pixels


def render(report: Report) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        book.set_properties({"title": line(report.title), "created": datetime.combine(report.made_on, time(), UTC)})
        book.set_size(2400, 1600)
        formats = _formats(book)
        for name, table in tables_of(report):
            _write(book, name, table, report, formats)
        _write_notes(book, report, formats)
    return file.getvalue()


def _formats(book: Workbook) -> dict[str, Any]:
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "note": book.add_format({"italic": True}),
        "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
        "head of figures": book.add_format({**RIGHT, "bold": True, "text_wrap": True, "bottom": 1}),
        "word": book.add_format({"text_wrap": True, "valign": "top"}),
        # Stays a word when somebody edits the cell, which would make a formula of it otherwise.
        "sign": book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True}),
        "count": book.add_format({**RIGHT, "num_format": "#,##0"}),
        "figure": book.add_format(RIGHT),
        "hidden": book.add_format(RIGHT),
    }


def _write(book: Workbook, name: str, table: Table, report: Report, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(name)
    _set_page(sheet, report)
    above = heads(table, report)
    for row, words in enumerate(above):
        sheet.write_string(row, 0, cut(words), formats["note" if row else "title"])
    head, wide = len(above), widths(table)
    _set_height(sheet, head, table.columns, wide)
    figures = columns_of_figures(table)
    for column, words in enumerate(table.columns):
        sheet.write_string(head, column, cut(line(words)), formats["head of figures" if column in figures else "head"])
    for number, values in enumerate(table.rows, head + 1):
        _set_height(sheet, number, values, wide)
        for column, value in enumerate(values):
            _write_cell(sheet, number, column, value, formats)
    for column, width in enumerate(wide):
        sheet.set_column(column, column, width + 1)
    sheet.freeze_panes(head + 1, 0)
    sheet.repeat_rows(head)
    if table.bars and any(row[table.bars[1]] for row in table.rows):
        _draw(book, sheet, name, table, head)


def _set_height(sheet: Worksheet, row: int, values: Sequence[Cell], wide: Sequence[int]) -> None:
    """Make room for words that take several lines: not every program does so by itself."""
    lines = 1
    for value, width in zip(values, wide, strict=True):
        if isinstance(value, str) and (len(value) > width or "\n" in value):
            lines = max(lines, sum(1 + len(part) // width for part in value.split("\n")))
    if lines > 1:
        sheet.set_row(row, min(LINE * lines, TALLEST))


def _write_cell(sheet: Worksheet, row: int, column: int, value: Cell, formats: dict[str, Any]) -> None:
    if value is None:
        sheet.write_string(row, column, SIGN, formats["hidden"])
    elif isinstance(value, str):
        words = cut(plain(value))
        sheet.write_string(row, column, words, formats["sign" if words[:1] in set("=+-@") else "word"])
    else:
        sheet.write_number(row, column, value, formats["count" if isinstance(value, int) else "figure"])


def _draw(book: Workbook, sheet: Worksheet, name: str, table: Table, head: int) -> None:
    labels, figures = table.bars or (0, 0)
    first, last = head + 1, head + len(table.rows)
    chart = book.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": [name, head, figures],
            "categories": [name, first, labels, last, labels],
            "values": [name, first, figures, last, figures],
            "gap": 40,
            "fill": {"color": "#1d4f91"},
        }
    )
    hidden = any(row[figures] is None for row in table.rows)
    about = f"{line(table.title)} ({SIGN}: hidden, no bar)" if hidden else line(table.title)
    chart.set_title({"name": _no_reference(about), "name_font": {"size": 11}, "overlay": False})
    chart.set_legend({"none": True})
    # Every label, and the first row on top, as in the table.
    chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": {"size": 8}})
    counted = _no_reference(line(table.columns[figures]))
    chart.set_x_axis({"name": counted, "min": 0, "major_gridlines": {"visible": True, "line": {"color": "#cccccc"}}})
    chart.set_size({"width": 720, "height": AROUND + BAR * len(table.rows)})
    options = {"description": f"Bar chart: {about}. The figures are in the table of this sheet.", "object_position": 3}
    sheet.insert_chart(head, len(table.columns) + 1, chart, options)


def _no_reference(words: str) -> str:
    """The library takes words such as "Sheet!A1" for a reference, but never with a blank there."""
    return words.replace("!", "! ")


def _write_notes(book: Workbook, report: Report, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(NOTES)
    _set_page(sheet, report)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, cut(line(report.title)), formats["title"])
    for number, (name, words) in enumerate(notes(report), 1):
        _set_height(sheet, number, (name, words), (28, 100))
        sheet.write_string(number, 0, cut(line(name)), formats["head"])
        _write_cell(sheet, number, 1, words, formats)


def _set_page(sheet: Worksheet, report: Report) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    # The library counts places for pictures without regard to what is escaped.
    head = re.sub(r"&(?=G|\[Picture\])", "& ", page_head(report))
    sheet.set_header("&L" + head.replace("&", "&&"))
    sheet.set_footer("&R&P / &N")
