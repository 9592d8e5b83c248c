"""Where a passage stands, and where it stands again after an edit. Pure: texts in, code points out.

A place is only given when there is hardly a doubt: a tagging on the wrong words is worse than one to look at.
"""

from __future__ import annotations

from itertools import takewhile

CONTEXT = 32  # code points that are kept on each side
LONG_ENOUGH = 8  # words of this length, found once, are the same words; shorter ones need some context beside them
SOME = 3
MOST_PLACES = 200  # of words as common as this no place is sure, and looking costs time inside a transaction
EDGE = "\0"  # no stored text has it: to stand at the beginning or the end is context, too


def around(source: str, start: int, end: int) -> tuple[str, str]:
    """Some of what stands before and after a passage."""
    return source[max(start - CONTEXT, 0) : start], source[end : end + CONTEXT]


def find_again(source: str, quote: str, before: str, after: str) -> tuple[int, int] | None:
    """Where the words stand in a text now: the place whose context fits best. None when they are gone, when two places
    fit alike, and for a few letters in another context."""
    padded = f"{EDGE}{source}{EDGE}"
    before = before if len(before) == CONTEXT else EDGE + before
    after = after if len(after) == CONTEXT else after + EDGE
    fits: list[tuple[int, int]] = []
    start = source.find(quote) if quote else -1
    while start >= 0:
        if len(fits) == MOST_PLACES:
            return None
        end = start + len(quote)
        now_before, now_after = padded[max(start + 1 - CONTEXT, 0) : start + 1], padded[end + 1 : end + 1 + CONTEXT]
        fits.append((_alike(before[::-1], now_before[::-1]) + _alike(after, now_after), start))
        start = source.find(quote, start + 1)
    if not fits:
        return None
    best, start = max(fits)
    is_some = best >= min(SOME, len(before) + len(after))
    if sum(fit == best for fit, _ in fits) > 1 or not (is_some or (len(fits) == 1 and len(quote) >= LONG_ENOUGH)):
        return None
    return start, start + len(quote)


def _alike(one: str, other: str) -> int:
    """How many letters two texts begin with in common."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
