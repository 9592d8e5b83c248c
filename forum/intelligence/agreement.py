"""How far people agree who tagged the same posts: percent, Cohen's kappa, Krippendorff's alpha. Pure functions.

Values are names and have no order. None means that a figure cannot be computed, which is not the same as 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

Pairs = Sequence[tuple[Hashable, Hashable]]
FEW = 20  # with fewer posts, one answer moves the figures by a lot


def percent(pairs: Pairs) -> float | None:
    """The share, from 0 to 1, of units to which both gave the same value."""
    return sum(one == other for one, other in pairs) / len(pairs) if pairs else None


def kappa(pairs: Pairs) -> float | None:
    """Cohen's kappa: how much more often two agree than they would by chance, each keeping to their own shares.

    None when chance alone would make them agree always: both used one value only, and the same.
    """
    if not pairs:
        return None
    ones, others = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    # whole numbers, so that "always" is met exactly
    by_chance = sum(count * others[value] for value, count in ones.items())
    most = len(pairs) ** 2
    agreed = sum(one == other for one, other in pairs) * len(pairs)
    return (agreed - by_chance) / (most - by_chance) if by_chance < most else None


def alpha(table: Sequence[Sequence[Hashable | None]]) -> float | None:
    """Krippendorff's alpha for names: a row a coder, a column a unit, None where a coder gave no value.

    Units that fewer than two coders valued tell nothing. None when there is nothing to compare, or one value only.
    """
    units = [Counter(value for value in unit if value is not None) for unit in zip(*table, strict=True)]
    units = [unit for unit in units if unit.total() > 1]
    values = Counter[Hashable]()
    for unit in units:
        values.update(unit)
    total = values.total()
    expected = total**2 - sum(count**2 for count in values.values())
    if not expected:
        return None
    apart = [(unit.total() ** 2 - sum(count**2 for count in unit.values())) / (unit.total() - 1) for unit in units]
    return 1 - (total - 1) * sum(apart) / expected


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of `n` decisions, on how many two readers agreed, and by how much more than by chance."""

    n: int
    agreed: int
    percent: float | None
    kappa: float | None
    alpha: float | None

    @property
    def reading(self) -> str:
        """What the figures say, in plain English."""
        if self.n == 0:
            return "There is nothing to compare yet."
        if self.alpha is None:
            return "Both gave one answer throughout, the same one: this cannot be told from chance."
        words = next(words for least, words in READINGS if self.alpha >= least)
        return f"{words} With few posts, take it as a hint." if self.n < FEW else words


READINGS = (
    (0.8, "They agree reliably."),
    (2 / 3, "They agree well enough for careful conclusions."),
    (0.4, "They agree in part: talk about the differences and sharpen the definitions."),
    (1e-9, "They agree little more than by chance: talk before anything rests on this."),
    (float("-inf"), "They agree no more than by chance: talk before anything rests on this."),
)


def compare(pairs: Pairs) -> Agreement:
    agreed = sum(one == other for one, other in pairs)
    rows = list(zip(*pairs, strict=True)) if pairs else []
    return Agreement(len(pairs), agreed, percent(pairs), kappa(pairs), alpha(rows))


Answers = Sequence[tuple[frozenset[int], frozenset[int]]]  # the themes that each of two readers found, post by post


def of_whole_answers(answers: Answers) -> Agreement:
    """Whether both found the very same themes in a post."""
    return compare(answers)


def of_decisions(answers: Answers, themes: Collection[int]) -> Agreement:
    """Whether both found a theme in a post: each theme of these on each post is one decision."""
    return compare([(theme in first, theme in second) for first, second in answers for theme in themes])


def themes_of(answers: Answers) -> set[int]:
    """The themes that either of them found in any post."""
    return {theme for first, second in answers for theme in first | second}
