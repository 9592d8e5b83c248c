"""The scan: what in a text could tell who somebody is, or where. What it finds must go before words leave the house.

It finds too much rather than too little; a person judges. Words with all it found taken out hold nothing it finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from forum.intelligence.folding import Folded, fold
from forum.intelligence.names import Hit, Known, find_names
from forum.intelligence.patterns import find_patterns, find_roles

__all__ = ["KINDS", "MARK", "Found", "Known", "redact", "scan"]

KINDS = {
    "name": "a name",
    "mention": "a name",
    "council": "a council",
    "place": "a place",
    "ward": "a ward",
    "address": "an address",
    "phone": "a phone number",
    "email": "an email address",
    "link": "a link",
    "role": "a role that tells who it is",
    "number": "a number that could be somebody’s",
}
MARKS = {kind: f"[{kind}]" for kind in KINDS} | {"mention": "[name]"}
MARK = re.compile("|".join(re.escape(mark) for mark in sorted({*MARKS.values(), "[…]", "[...]"})))


@dataclass(frozen=True, slots=True)
class Found:
    """What was found from `start` to `end`, in code points, end exclusive; `kind` is one of KINDS."""

    start: int
    end: int
    kind: str
    words: str


def scan(words: str, known: Known) -> list[Found]:
    """All that could tell who somebody is, in its order. No two overlap; the longer one wins.

    What was found is taken out and the rest looked at again until nothing more is found: so it is with the redacted
    words, in which a mark may stand beside what was no name before.
    """
    found: list[Found] = []
    folded = fold(words, MARK)
    while hits := _apart(folded, _look(folded, known)):
        for hit in hits:
            start, end = folded.starts[hit.start], folded.ends[hit.end - 1]
            found.append(Found(start, end, hit.kind, words[start:end]))
        folded = folded.without((hit.start, hit.end) for hit in hits)
    return sorted(found, key=lambda one: one.start)


def redact(words: str, found: Iterable[Found]) -> str:
    """The words with a neutral mark in the place of each finding."""
    parts, at = [], 0
    for one in sorted(found, key=lambda one: one.start):
        parts += [words[at : one.start], MARKS[one.kind]]
        at = one.end
    return "".join(parts) + words[at:]


def _look(folded: Folded, known: Known) -> list[Hit]:
    hits = [*find_names(folded, known), *find_patterns(folded)]
    return [*hits, *find_roles(folded, [hit for hit in hits if hit.kind in ("council", "place", "ward")])]


def _apart(folded: Folded, hits: list[Hit]) -> list[Hit]:
    """The longest hits that do not overlap, each with the whole of the letters it begins and ends in."""
    whole = []
    for start, end, kind in hits:
        while start and folded.starts[start - 1] == folded.starts[start]:
            start -= 1
        while end < len(folded.starts) and folded.starts[end] == folded.starts[end - 1]:
            end += 1
        if end > start:
            whole.append(Hit(start, end, kind))
    chosen: list[Hit] = []
    taken = bytearray(len(folded.text))
    kinds = list(KINDS)
    for hit in sorted(whole, key=lambda hit: (hit.start - hit.end, hit.start, kinds.index(hit.kind))):
        if not any(taken[hit.start : hit.end]):
            taken[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
            chosen.append(hit)
    return chosen
