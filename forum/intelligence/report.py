"""A report: what every format is made of, whether working figures or a release. All in it is already safe to show.

A format adds nothing and leaves nothing out but what it cannot carry. Figures that are hidden are None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

Cell = str | int | float | None  # None: hidden


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is short and stands once in a report: the sheet of a workbook. `title` says what the rows count.
    `bars` are the columns of the labels and of the figures that a bar chart shows; None where no chart is made."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    bars: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class QuotedWords:
    """What a person approved, redacted, and of whom no more is said than `attribution`: "a councillor"."""

    words: str
    attribution: str


@dataclass(frozen=True, slots=True)
class Section:
    """One theme of a board paper: what is said of it, its figures, its quotes. `theme` is its code."""

    title: str
    theme: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[Table] = ()
    quotes: Sequence[QuotedWords] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """The words of a board paper, in the order of the LGA's form. Each is plain text; a blank line parts paragraphs."""

    purpose: str
    summary: str
    recommendation: str
    action: str
    financial_implications: str
    next_steps: str


@dataclass(frozen=True, slots=True)
class Report:
    """`note` marks every page and sheet, such as "working figures, not for circulation"; "" on a release.
    `tables` are the figures as a whole; `sections` come in a paper. `method` is (name, words) each."""

    title: str
    note: str
    made_on: date
    tables: Sequence[Table]
    method: Sequence[tuple[str, str]]
    paper: Paper | None = None
    sections: Sequence[Section] = field(default=())
