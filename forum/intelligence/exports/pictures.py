"""The bars of a table: how long each is, all of them as a PNG, and in words for who does not see it. The same table
gives the same bytes.

Nothing of a hidden figure is in it but its sign: no bar, and no part in the scale. Colour says nothing: a figure stands
at the end of each bar.
"""

from __future__ import annotations

import io
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw

from forum.intelligence.disclosure import SIGN
from forum.intelligence.exports.lettering import Font, drawable, font_of, strip, width
from forum.intelligence.exports.words import line
from forum.intelligence.report import Cell, Table

MOST_BARS, MOST_NAMED = 20, 3
WIDE = 1400  # pixels over the width of a page: twice what a screen shows, so that letters are sharp
SIZE, LINE, GAP, EDGE = 27, 34, 11, 6
WIDEST_LABEL, MOST_LINES = 520, 2
BAR = 102  # in the grey picture, from ink 0 to paper 255; coloured at the end
COLOURS = {0: (20, 26, 34), BAR: (29, 79, 145), 255: (255, 255, 255)}
TONES = 16  # that are left of 256: enough for smooth letters, and half the bytes


@dataclass(frozen=True, slots=True)
class Bar:
    """`part` of the longest bar, from 0 to 1; `row` of the table, from 1."""

    label: str
    figure: int | float | None
    part: float
    row: int


@dataclass(frozen=True, slots=True)
class Picture:
    png: bytes
    wide: int
    high: int


def has_bars(table: Table) -> bool:
    return any(bar.part for bar in bars_of(table))


def bars_of(table: Table) -> list[Bar]:
    """The bars in the order of the table. Of very many rows only those with the largest figures have one."""
    if table.bars is None:
        return []
    labels, figures = table.bars
    rows = [(number, line(str(row[labels])), _number(row[figures])) for number, row in enumerate(table.rows, 1)]
    if len(rows) > MOST_BARS:
        rows = sorted(sorted(rows, key=lambda row: -(row[2] or 0))[:MOST_BARS])
    most = max((figure for *_, figure in rows if figure), default=0)
    return [Bar(label, figure, figure / most if figure else 0.0, row) for row, label, figure in rows]


def title(table: Table) -> str:
    return f"{line(table.title)}: {line(table.columns[(table.bars or (0, 0))[1]]).lower()}"


def in_words(table: Table) -> str:
    """What the picture shows: what its bars are, the longest, and how many are hidden."""
    bars = bars_of(table)
    labels, figures = table.bars or (0, 0)
    longest = sorted((bar for bar in bars if bar.part), key=lambda bar: -bar.part)[:MOST_NAMED]
    hidden = sum(row[figures] is None for row in table.rows)
    told = [f"Bar chart: {line(table.columns[figures]).lower()} by {line(table.columns[labels]).lower()}."]
    if longest:
        told.append(f"Longest: {'; '.join(f'{bar.label}, {bar.figure:,}' for bar in longest)}.")
    if hidden:
        told.append(f"{hidden} of {len(table.rows)} hidden.")
    if more := len(table.rows) - len(bars):
        told.append(f"{more} with smaller figures are not drawn.")
    return " ".join([*told, "The table beside it has all figures."])


def picture(table: Table) -> Picture:
    bars, font = bars_of(table), font_of(SIZE)
    labels = [_lines(bar.label if drawable(bar.label) else f"Row {bar.row} of the table", font) for bar in bars]
    figures = [SIGN if bar.figure is None else f"{bar.figure:,}" for bar in bars]
    start = round(max(width(words, font) for lines in labels for words in lines)) + 3 * EDGE
    room = WIDE - start - 4 * EDGE - max(width(figure, font) for figure in figures)
    high = sum(len(lines) * LINE + GAP for lines in labels) + GAP
    image = Image.new("L", (WIDE, high), 255)
    pen = ImageDraw.Draw(image)
    top = GAP
    for bar, lines, figure in zip(bars, labels, figures, strict=True):
        for number, words in enumerate(lines):
            image.paste(strip(words, font), (EDGE, top + number * LINE))
        middle = top + (len(lines) - 1) * LINE // 2
        end = start + round(room * bar.part)
        if bar.part:
            pen.rectangle((start, middle, max(end, start + 2), middle + LINE - 1), BAR)
        image.paste(strip(figure, font), (end + 2 * EDGE, middle))
        top += len(lines) * LINE + GAP
    pen.rectangle((start - 2, GAP // 2, start - 1, high - GAP // 2), 0)
    tones, palette = _palette()
    image = image.point(tones)
    image.putpalette(palette)
    file = io.BytesIO()
    image.save(file, "PNG", bits=4, compress_type=zlib.Z_RLE)
    return Picture(file.getvalue(), WIDE, high)


def _number(value: Cell) -> int | float | None:
    return None if isinstance(value, str) else value


@cache
def _palette() -> tuple[list[int], list[int]]:
    """Which tone stands for each grey, and the colours of the tones."""
    step = 255 / (TONES - 1)
    return [round(grey / step) for grey in range(256)], [part for tone in range(TONES) for part in _colour(tone * step)]


def _colour(grey: float) -> list[int]:
    low, high = (0, BAR) if grey <= BAR else (BAR, 255)
    share = (grey - low) / (high - low)
    return [round(a + (b - a) * share) for a, b in zip(COLOURS[low], COLOURS[high], strict=True)]


def _lines(label: str, font: Font) -> list[str]:
    """The label in as many lines as there may be, the last of them cut where it is too long."""
    lines: list[str] = []
    rest = label
    while rest and len(lines) < MOST_LINES:
        kept = _fitting(rest, font)
        if kept < len(rest) and len(lines) + 1 < MOST_LINES:
            kept = rest.rfind(" ", 0, kept + 1) + 1 or kept
        elif kept < len(rest):
            lines.append(f"{rest[: kept - 1].rstrip()}…")
            break
        lines.append(rest[:kept].rstrip())
        rest = rest[kept:]
    return lines or [""]


def _fitting(words: str, font: Font) -> int:
    """How many of the characters stand beside the bars."""
    most = min(len(words), WIDEST_LABEL)  # no letter is narrower than a pixel
    return bisect_right(range(1, most + 1), 0, key=lambda number: width(words[:number], font) > WIDEST_LABEL)
