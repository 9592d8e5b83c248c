"""What a second reading shows: how far it agrees with the first answers, and where the two differ.

A theme that was merged since counts as the one it went into, on both sides: a decision about the codebook is no
disagreement about a post.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from forum.intelligence.agreement import Agreement, of_decisions, of_whole_answers, themes_of
from forum.models import Post, SampledPost, SecondReading, SecondTheme, Theme
from forum.models.themes import where_now


@dataclass(frozen=True, slots=True)
class Pair:
    """A post with the two answers for it."""

    post: Post
    first: frozenset[int]
    second: frozenset[int]
    was_edited: bool


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """One theme: in how many posts each found it, and both."""

    theme: Theme
    first: int
    second: int
    both: int
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Comparison:
    """All of a second reading, in the order in which it was read; themes in the order of the codebook."""

    pairs: list[Pair]
    themes: dict[int, Theme]
    whole_answers: Agreement
    decisions: Agreement
    rows: list[ThemeRow]

    @property
    def apart(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.first != pair.second]

    def called(self, ids: frozenset[int]) -> list[Theme]:
        return [theme for theme in self.themes.values() if theme.id in ids]


async def compare_reading(reading: SecondReading) -> Comparison:
    """The posts of the sample that have both answers, compared."""
    themes = {theme.id: theme for theme in await Theme.all().order_by("position", "id")}
    second: dict[int, set[int]] = {}
    for found in await SecondTheme.filter(sampled_post__second_reading_id=reading.id):
        second.setdefault(found.sampled_post_id, set()).add(where_now(themes, found.theme_id))
    sample = SampledPost.filter(second_reading_id=reading.id, answered_at__isnull=False)
    pairs = [
        Pair(
            sampled.post,
            frozenset(where_now(themes, theme_id) for theme_id in json.loads(sampled.first_themes)),
            frozenset(second.get(sampled.id, ())),
            sampled.post.edited_at is not None and sampled.post.edited_at > reading.created_at,
        )
        for sampled in await sample.order_by("number").select_related("post__thread")
    ]
    answers = [(pair.first, pair.second) for pair in pairs]
    used = themes_of(answers)
    rows = [
        ThemeRow(
            theme,
            sum(theme.id in pair.first for pair in pairs),
            sum(theme.id in pair.second for pair in pairs),
            sum(theme.id in pair.first & pair.second for pair in pairs),
            of_decisions(answers, [theme.id]),
        )
        for theme in themes.values()
        if theme.id in used
    ]
    return Comparison(pairs, themes, of_whole_answers(answers), of_decisions(answers, used), rows)
