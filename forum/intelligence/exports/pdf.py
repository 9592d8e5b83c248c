"""PDF: the board paper, tagged (PDF/UA), where the extra `pdf` is installed. Words go in as strings and never as
markup: nothing that a person wrote can run. The same report gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from forum.intelligence.exports import pictures
from forum.intelligence.exports.paper_form import (
    Block,
    Boxed,
    Figures,
    Heading,
    Paragraph,
    Quotation,
    blocks_of,
    printed,
    shares,
)
from forum.intelligence.exports.sheets import columns_of_figures
from forum.intelligence.exports.words import line, plain
from forum.intelligence.report import Report, Table

MEDIA_TYPE, ENDING = "application/pdf", "pdf"


def is_installed() -> bool:
    return find_spec("typst") is not None


def render(report: Report) -> bytes:
    import typst

    with TemporaryDirectory() as folder:
        root = Path(folder)
        source = root / "paper.typ"
        source.write_text("\n".join(_written(report, root)), "utf-8")
        made_on = int(datetime.combine(report.made_on, time(), UTC).timestamp())
        try:
            return typst.compile(source, root=root, pdf_standards="ua-1", timestamp=made_on)
        except typst.TypstError:  # a letter that no font here has: tagged all the same, but it may not say PDF/UA
            return typst.compile(source, root=root, timestamp=made_on)


def _written(report: Report, folder: Path) -> Iterator[str]:
    title = line(report.title)
    yield f"#set document(title: {_string(title)})"
    foot = f"context [#{_string(title + ' · ')}#counter(page).display()]"
    yield f'#set page(paper: "a4", margin: 2.3cm, header: {_string(line(report.note))}, footer: {foot})'
    yield '#set text(lang: "en", region: "GB", size: 11pt)'
    yield f'#text(size: 20pt, weight: "bold", {_string(title)})'
    yield f"#par({_string(f'{report.made_on.day} {report.made_on:%B %Y}')})"
    number = 0
    for place, block in enumerate(blocks_of(report)):
        number += isinstance(block, Paragraph) and block.numbered
        yield from _block(block, number, folder / f"{place}.png")


def _block(block: Block, number: int, file: Path) -> Iterator[str]:
    match block:
        case Heading(words, level):
            yield f"#heading(level: {level}, {_string(words)})"
        case Paragraph(words, numbered):
            yield f"#enum(start: {number}, {_string(words)})" if numbered else f"#par({_string(words)})"
        case Boxed(heading, paragraphs):
            yield f"#heading(level: 1, {_string(heading)})"
            inside = "".join(f"#par({_string(words)})" for words in paragraphs)
            yield f"#block(stroke: 1pt, inset: 8pt, width: 100%, [{inside}])"
        case Quotation(words, attribution):
            yield f"#quote(block: true, attribution: {_string(attribution)}, {_string('“' + words + '”')})"
        case Figures(table):
            yield f"#strong({_string(table.title)})"
            if pictures.has_bars(table):
                file.write_bytes(pictures.picture(table).png)
                yield f"#image({_string(file.name)}, width: 100%, alt: {_string(pictures.in_words(table))})"
            yield _table(table)


def _table(table: Table) -> str:
    figures = columns_of_figures(table)
    widths = ", ".join(f"{share}fr" for share in shares(table))
    sides = ", ".join("right" if column in figures else "left" for column in range(len(table.columns)))
    head = ", ".join(_string(column) for column in table.columns)
    cells = ", ".join(_string(printed(value)) for row in table.rows for value in row)
    return f"#table(columns: ({widths},), align: ({sides},), stroke: 0.5pt, table.header({head}), {cells})"


def _string(words: str) -> str:
    safe = plain(words).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{safe}"'
