"""The page for print: the board paper as one HTML file that loads nothing and runs nothing, to be read on a screen, by
a screen reader, or on A4.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from forum.intelligence.exports import pictures
from forum.intelligence.exports.paper_form import Block, Paragraph, blocks_of, printed
from forum.intelligence.exports.sheets import columns_of_figures
from forum.intelligence.exports.words import line
from forum.intelligence.report import Report
from forum.settings import beside_package

MEDIA_TYPE, ENDING = "text/html; charset=utf-8", "html"


def render(report: Report) -> bytes:
    page = _template().render(
        title=line(report.title),
        note=line(report.note),
        made_on=f"{report.made_on.day} {report.made_on:%B %Y}",
        parts=_parts(report),
        pictures=pictures,
        columns_of_figures=columns_of_figures,
    )
    return page.encode()


@cache
def _template() -> Template:
    templates = Environment(
        loader=FileSystemLoader(beside_package("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.filters |= {"printed": printed, "css": css}
    return templates.get_template("releases/paper.html")


def _parts(report: Report) -> Iterator[tuple[str, Any]]:
    """Each block with its kind. Numbered paragraphs that follow one another are one list, with the number of its
    first."""
    number = 1
    for kind, blocks in groupby(blocks_of(report), _kind):
        if kind == "numbered":
            paragraphs = list(blocks)
            yield kind, (number, paragraphs)
            number += len(paragraphs)
        else:
            yield from ((kind, block) for block in blocks)


def _kind(block: Block) -> str:
    return "numbered" if isinstance(block, Paragraph) and block.numbered else type(block).__name__.lower()


def css(words: str) -> str:
    """The words inside a string of a style sheet: only letters and digits of English stand in it as they are."""
    return "".join(sign if sign.isascii() and sign.isalnum() else f"\\{ord(sign):x} " for sign in words)
