"""The form of a board paper: what stands in it, in its order. DOCX, ODT and the page for print write these blocks, so
that the three say the same. Their words are plain already.

Numbered paragraphs count through the whole paper, whatever headings stand between them. They begin after the first
block, which a member of the board reads first: purpose, summary, and in a frame what the board is asked to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from forum.intelligence.disclosure import SIGN
from forum.intelligence.exports import HIDDEN_FIGURES
from forum.intelligence.exports.sheets import widths
from forum.intelligence.exports.words import line, plain
from forum.intelligence.report import Cell, Report, Table

MOST_COLUMNS = 8  # that fit side by side on a page
KEPT_TOGETHER = 14  # rows at most of a table that is not parted over two pages
NARROWEST, WIDEST = 12, 48  # of a column, beside one another
ELSEWHERE = "is too wide for a page. It is in the spreadsheet that comes with this paper."


@dataclass(frozen=True, slots=True)
class Heading:
    words: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Boxed:
    """What the board is asked for: its heading and its words stand in a frame."""

    heading: str
    paragraphs: list[str]


@dataclass(frozen=True, slots=True)
class Paragraph:
    words: str
    numbered: bool = True


@dataclass(frozen=True, slots=True)
class Quotation:
    words: str
    attribution: str


@dataclass(frozen=True, slots=True)
class Figures:
    """A table, and its bars as a picture where it has any."""

    table: Table


Block = Heading | Boxed | Paragraph | Quotation | Figures


def blocks_of(report: Report) -> Iterator[Block]:
    """The paper. Its title, note and date stand above it and are not among the blocks."""
    paper = report.paper
    if paper:
        yield from _part("Purpose of report", paper.purpose, numbered=False)
        yield from _part("Summary", paper.summary, numbered=False)
        yield from _boxed("Recommendation", paper.recommendation)
        yield from _boxed("Action", paper.action)
    yield Heading("Background")
    yield from _figures(report.tables)
    yield Heading("Themes")
    if not report.sections:
        yield Paragraph(
            "No theme can be reported: too few people or councils raised it, or its figures would tell of few people."
        )
    for section in report.sections:
        yield Heading(line(section.title), 2)
        for words in section.paragraphs:
            yield from _paragraphs(words)
        yield from _figures(section.tables)
        yield from (Quotation(plain(quote.words).strip(), line(quote.attribution)) for quote in section.quotes)
    yield Heading("Method and limits")
    for name, words in report.method:
        yield Paragraph(f"{line(name)}: {plain(words)}")
    yield Paragraph(HIDDEN_FIGURES)
    if paper:
        yield from _part("Financial implications", paper.financial_implications)
        yield from _part("Next steps", paper.next_steps)


def shares(table: Table) -> list[int]:
    """How the columns share the width of a page."""
    return [min(max(width, NARROWEST), WIDEST) for width in widths(table)]


def printed(value: Cell) -> str:
    """A cell as a page prints it."""
    if value is None:
        return SIGN
    return plain(value) if isinstance(value, str) else f"{value:,}"


def _part(heading: str, words: str, numbered: bool = True) -> Iterator[Block]:
    """Nothing of it where nothing was written: a heading alone helps nobody."""
    paragraphs = list(_paragraphs(words, numbered))
    if paragraphs:
        yield Heading(heading)
        yield from paragraphs


def _boxed(heading: str, words: str) -> Iterator[Boxed]:
    if parts := _parts(words):
        yield Boxed(heading if len(parts) == 1 else f"{heading}s", parts)


def _figures(tables: Iterable[Table]) -> Iterator[Block]:
    for table in tables:
        title = line(table.title)
        if len(table.columns) > MOST_COLUMNS:
            yield Paragraph(f"“{title}” {ELSEWHERE}")
        elif table.rows and all(value is None for row in table.rows for value in row[1:]):
            yield Paragraph(f"“{title}”: all figures are hidden.")
        else:
            yield Figures(replace(table, title=title, columns=tuple(line(words) for words in table.columns)))


def _paragraphs(words: str, numbered: bool = True) -> Iterator[Paragraph]:
    return (Paragraph(part, numbered) for part in _parts(words))


def _parts(words: str) -> list[str]:
    """The paragraphs of some words: a blank line parts them."""
    return [part.strip() for part in plain(words).split("\n\n") if part.strip()]
