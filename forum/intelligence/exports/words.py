"""What a person wrote, made neutral for files: the one place that knows what files cannot carry or would run.

`plain` is for every format: each writer passes each word that a person wrote through it, once, as the last thing before
it is written. `cut` fits words into the cell of a spreadsheet. `cell` is for CSV alone, where a program that opens the
file guesses what each field is; XLSX, ODS, DOCX, ODT and XML say themselves that a word is text, so their words carry
no extra sign.
"""

from __future__ import annotations

import re

LOST = "\ufffd"  # stands where a character was that no file can carry
MOST_IN_A_CELL = 32_767  # of UTF-16, as spreadsheets count
CUT = " … [cut: too long for a cell]"

_NEWLINE = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_IMPOSSIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Embeddings, overrides and isolates can turn round what stands beside them. Marks of direction (LRM, RLM, ALM) and the
# joiners of scripts and emoji stay: Arabic and Hebrew words need no more than these.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")

# Blanks, quotes and parting signs before a sign that begins a formula: possessive, so that no word makes it slow.
_BEFORE_A_FORMULA = re.compile(r"""(?<![\s"';])([\s"';]*+)([=+@＝＋－＠-])""")
_PARTING = re.compile("[;\t\r\n]")


def plain(words: str) -> str:
    """The words with LF newlines, without marks that turn the direction of what follows, and with � in place of what
    XML forbids: NUL and other controls, halves of surrogate pairs, non-characters. Twice is the same as once."""
    if words.isprintable():  # so are most, and none of what is changed here is
        return words
    return _TURNING.sub("", _IMPOSSIBLE.sub(LOST, _NEWLINE.sub("\n", words)))


def line(words: str) -> str:
    """The words, plain and on one line: for names, titles and headings."""
    return " ".join(plain(words).split())


def cut(words: str, most: int = MOST_IN_A_CELL, mark: str = CUT) -> str:
    """The words if they fit into a cell; else their beginning, and a mark that says so."""
    if len(words) * 2 <= most or _units(words) <= most:
        return words
    room = most - len(mark)
    kept = words[:room]
    while over := max(0, _units(kept) - room):
        kept = kept[: -((over + 1) // 2)]
    return kept + mark


def field(words: str) -> str:
    """The words as a CSV carries them: plain, cut to a cell, and safe."""
    if words[:1].isalnum() and words.isprintable() and ";" not in words and len(words) * 2 <= MOST_IN_A_CELL:
        return words  # so are most: it takes a third of the time
    return cut(cell(plain(words)))


def cell(words: str) -> str:
    """The words as a spreadsheet that opens a CSV shows them and never runs them: an apostrophe stands before a sign
    that begins a formula. Also after a semicolon, tab or newline: a program that parts there begins a cell with it."""
    safe = _BEFORE_A_FORMULA.sub(_stopped, words)
    return f"'{safe}" if re.match("'*[\t\r\n]", safe) else safe


def uncell(safe: str) -> str:
    """The words that `cell` made safe, for reading our own files back."""
    if re.match("'+[\t\r\n]", safe):
        safe = safe[1:]
    return _BEFORE_A_FORMULA.sub(_started, safe)


def _stopped(found: re.Match[str]) -> str:
    before, sign = found.groups()
    return f"{before}'{sign}" if _begins(found) else found[0]


def _started(found: re.Match[str]) -> str:
    before, sign = found.groups()
    return before.removesuffix("'") + sign if _begins(found) else found[0]


def _begins(found: re.Match[str]) -> bool:
    return not found.start() or _PARTING.search(found[1]) is not None


def _units(words: str) -> int:
    return len(words) + sum(letter > "\uffff" for letter in words)
