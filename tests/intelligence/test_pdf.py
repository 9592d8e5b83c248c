"""The board paper as PDF: tagged for screen readers, the same bytes each time, and no word of a person runs in it."""

from dataclasses import replace

import pytest

from forum.intelligence.exports import pdf
from forum.intelligence.report import QuotedWords
from tests.intelligence.papers import sample

HOSTILE = [
    '#panic("run")',
    '"; #panic("run") //',
    "\\",
    '\\"',
    "$ x $ */ /* `raw`",
    "]#panic()[",
    "\x00\u202eabc",
    "a\r\nb",
]


def test_it_is_tagged_and_the_same_each_time():
    made = pdf.render(sample())
    assert made.startswith(b"%PDF-")
    for mark in (b"/StructTreeRoot", b"/Lang", b"/MarkInfo"):
        assert mark in made
    assert b"/Author" not in made
    assert pdf.render(sample()) == made


@pytest.mark.parametrize("words", [*HOSTILE, "😬" * 200, "=1+1 " * 6000])
def test_no_word_runs_or_breaks_it(words):
    """A word that ran would raise, and one that ended its string would be no document any more."""
    report = sample()
    assert report.paper is not None
    section = replace(report.sections[0], title=words, paragraphs=[words], quotes=[QuotedWords(words, words)])
    told = replace(report, title=words, note=words, paper=replace(report.paper, summary=words), sections=[section])
    assert pdf.render(told).startswith(b"%PDF-")
