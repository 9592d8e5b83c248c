"""Which passages to propose as quotes, and what may be said of who wrote one. Pure: a person chooses and approves.

Passages are proposed so that together they stand for as much of what was said as a few can, and nobody is proposed
twice.
"""

from __future__ import annotations

import heapq
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forum.intelligence.scan import MARK
from forum.markup import excerpt, render_now, sentences

LONGEST = 400  # characters of a passage that a post is cut into
FEWEST = 8  # words below which sentences are not proposed by themselves
COMMON, MOST = 0.7, 150  # a word in more of the passages, or in more passages, than this tells them apart no longer
TELLING = 20  # words with which a passage stands for as much as it can
NEIGHBOURS = 120  # passages that one can stand for
COUNCIL_TYPES = {
    "county": "county council",
    "district": "district council",
    "unitary": "unitary council",
    "metropolitan": "metropolitan borough council",
    "London borough": "London borough council",
    "Welsh principal": "Welsh principal council",
}
A_COUNCILLOR = "a councillor"
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that might be quoted: of which post, as it stood at `revision`, from where to where, in plain words."""

    post_id: int
    revision: int
    author_id: int
    start: int
    end: int
    words: str


def plain_words(source: str) -> str:
    """What a reader sees of this part of a post's source, in one line."""
    return re.sub(r"[*~`]+", "", excerpt(render_now(source), len(source) * 2 + 100))


def passages(body: str, tagged: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where the passages of a post stand: those that were tagged, with the rest of the sentences they begin and end
    in; without one, its sentences, some at a time."""
    parts = sentences(body)
    if tagged:
        return sorted({_in_sentences(parts, start, end) for start, end in tagged})
    found: list[tuple[int, int]] = []
    for start, end in parts:
        if found and "\n\n" not in body[found[-1][1] : start] and end - found[-1][0] <= LONGEST:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    telling = [span for span in found if len(body[slice(*span)].split()) >= FEWEST]
    return [(start, _shortened(body, start, end)) for start, end in telling or found]


def _in_sentences(parts: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    whole = [part for part in parts if part[1] > start and part[0] < end]
    if not whole or whole[-1][1] - whole[0][0] > LONGEST:
        return start, end
    return min(start, whole[0][0]), max(end, whole[-1][1])


def _shortened(body: str, start: int, end: int) -> int:
    """Where a passage ends that is one sentence without end: between two words."""
    if end - start <= LONGEST:
        return end
    space = body.rfind(" ", start + 1, start + LONGEST)
    return space if space > start else start + LONGEST


def propose(candidates: Sequence[Candidate], most: int) -> list[Candidate]:
    """Up to `most` passages, each of another author, that together are as near as can be to all the others. The same
    for the same candidates in whatever order.

    Each step takes the passage that adds most to how near every passage is to its nearest chosen one. What one adds
    only ever falls, so what was worked out before is a bound, and few are worked out again.
    """
    ordered = sorted(candidates, key=lambda one: (one.post_id, one.start, one.end))
    vectors = _vectors([one.words for one in ordered])
    around = _neighbours(vectors)
    worth = [min(1.0, len(vector) / TELLING) for vector in vectors]  # a passage of a few words stands for little
    nearest = [0.0] * len(ordered)
    bounds = [(-sum(near.values()) * worth[place], place) for place, near in enumerate(around)]
    heapq.heapify(bounds)
    chosen: list[Candidate] = []
    authors: set[int] = set()
    while bounds and len(chosen) < most:
        _, place = heapq.heappop(bounds)
        if ordered[place].author_id in authors:
            continue
        near = around[place]
        gain = sum(max(0.0, value - nearest[other]) for other, value in near.items()) * worth[place]
        if bounds and (-gain, place) > bounds[0]:
            heapq.heappush(bounds, (-gain, place))
            continue
        chosen.append(ordered[place])
        authors.add(ordered[place].author_id)
        for other, value in near.items():
            nearest[other] = max(nearest[other], value)
    return chosen


def _vectors(texts: Sequence[str]) -> list[dict[str, float]]:
    """TF-IDF of each text, of length 1."""
    counts = [Counter(word for word in WORD.findall(text.casefold()) if len(word) > 2) for text in texts]
    spread = Counter(word for found in counts for word in found)
    often = min(MOST, max(2, COMMON * len(texts)))
    rarity = {word: math.log((1 + len(texts)) / (1 + n)) + 1 for word, n in spread.items() if n <= often}
    vectors = []
    for found in counts:
        weights = {word: (1 + math.log(n)) * rarity[word] for word, n in found.items() if word in rarity}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        vectors.append({word: weight / length for word, weight in weights.items()})
    return vectors


def _neighbours(vectors: Sequence[Mapping[str, float]]) -> list[dict[int, float]]:
    """For each passage those nearest to it, itself among them, with how near they are: the cosine."""
    having: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for place, vector in enumerate(vectors):
        for word, weight in vector.items():
            having[word].append((place, weight))
    around = []
    for place, vector in enumerate(vectors):
        near: dict[int, float] = defaultdict(float, {place: 0.0})
        for word, weight in vector.items():
            for other, weight_there in having[word]:
                near[other] += weight * weight_there
        around.append(dict(heapq.nsmallest(NEIGHBOURS, near.items(), key=lambda item: (-item[1], item[0]))))
    return around


def added_words(redacted: str, words: str) -> list[str]:
    """What the redacted form has and the passage has not, in its order: words, and signs such as emoji. Marks that
    stand for what was taken out do not count."""
    kept = MARK.sub(" ", redacted)
    there, at, added = WORD.findall(words.casefold()), 0, []
    for word in WORD.findall(kept.casefold()):
        if word in there[at:]:
            at = there.index(word, at) + 1
        else:
            added.append(word)
    return added + sorted({sign for sign in kept if unicodedata.category(sign)[0] in "SC"} - set(words))


def attribution(council_type: str | None, people_of_that_type: int, least: int) -> str:
    """What may be said of an author: with the type of their council only where enough people of that type took part."""
    words = COUNCIL_TYPES.get(council_type or "")
    return f"{A_COUNCILLOR}, {words}" if words and people_of_that_type >= least else A_COUNCILLOR
