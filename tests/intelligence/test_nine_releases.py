"""Nine monthly releases through the product, on a database, and then the attack on all that they print together.

The attack reads the tables that leave, and knows in its own way how they hang together: a theme of some months lies
within the same theme of more, and where posts of months that follow each other make up a longer time, they add up.
"""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from forum.actions.releases import draft_release
from forum.intelligence.cells import Cells, Key, Tree, cells_of
from forum.intelligence.counting import talk_of
from forum.intelligence.disclosure import HIDDEN, Counts, Overlap, Relation, Rule, is_confidential
from forum.intelligence.filters import choices_for, read_filters
from forum.models import Post, Release, Tagging, Theme
from tests.cast import new_key, thread_in, user
from tests.intelligence.attack import Attack
from tests.intelligence.random_tables import EXACT
from tests.intelligence.worlds import councillors

RULE = Rule(10, 3, round_to=5)
MONTHS = [f"2026-{month:02}" for month in range(1, 10)]
THEMES = {"FIN": 1, "FIN-1": 6, "FIN-2": 2, "HOU": 3, "HOU-1": 4, "CARE-1": 8, "CARE-2": 1}
PAPER = dict.fromkeys(("purpose", "summary", "recommendation", "action", "financial_implications", "next_steps"), "…")
BASES = {
    "base": "All posts of the selection",
    "read": "Read for themes: tagged, or found to have none",
    "tagged": "Tagged with a theme that was asked for",
}
Row = tuple[int, Key]
Place = tuple[str, str]


async def talk(seed: int, people: int, posts: int) -> dict[str, list[Tagging]]:
    """Posts of nine months by chance, and the tags that they get by month: a few of them come a month late."""
    chance, tags = random.Random(seed), {month: [] for month in MONTHS}
    themes = {theme.code: theme.id for theme in await Theme.filter(code__in=list(THEMES))}
    authors, thread = await councillors(people, 40), await thread_in("finance")
    weights = [chance.random() ** 3 + 0.02 for _ in authors]
    said = []
    for number, author in enumerate(chance.choices(authors, weights, k=posts), 10):
        month = chance.randrange(9)
        post = Post(
            thread_id=thread.id,
            number=number,
            revision=number,
            author_id=author.id,
            council_id=author.council_id,
            body="…",
            html="…",
            created_at=datetime(2026, month + 1, 3, tzinfo=UTC) + timedelta(days=chance.randrange(25)),
        )
        said.append(post)
        late = month < 8 and chance.random() < 0.005
        for code in {*chance.choices(list(THEMES), THEMES.values(), k=chance.choice([0, 1, 1, 1, 2]))}:
            about = {"post_id": post.id, "post_revision": number, "theme_id": themes[code], "kind": "issue"}
            tags[MONTHS[month + late]].append(Tagging(**about, by_id=author.id, created_at=post.created_at))
    await Post.bulk_create(said)
    return tags


@dataclass
class Papers:
    """What left so far: all that was printed, and how it truly was."""

    printed: dict[Row, Counts] = field(default_factory=dict)
    truth: dict[Row, Counts] = field(default_factory=dict)
    posts: dict[Row, frozenset[int]] = field(default_factory=dict)
    about: dict[tuple[Key, str, str], list[Row]] = field(default_factory=dict)
    relations: list[Relation[Row] | Overlap[Row]] = field(default_factory=list)
    could: list[int] = field(default_factory=list)
    did: list[int] = field(default_factory=list)

    def add(self, figures: str, cells: Cells, first: str, last: str, codes: Mapping[int, str]) -> None:
        """One more release, with the figures that it printed, and its cells as they are."""
        number, leaves = len(self.did), _people_printed(json.loads(figures))
        self.relations += [_in_release(number, relation) for relation in cells.relations]
        wholes = {relation.whole for relation in cells.relations if isinstance(relation, Relation)}
        could = did = 0
        for key, counts in cells.counts.items():
            row = number, key
            self.truth[row], self.posts[row] = counts, cells.posts[key]
            if counts.people:
                self.about.setdefault(_about(key, first, last), []).append(row)
            can = bool(counts.people) and not is_confidential(counts, RULE)
            could += can
            for people in {leaves[place] for place in _places(key, codes) if place in leaves}:
                did += can and people is not None
                self.printed[row] = HIDDEN if people is None else Counts(counts.posts, people, counts.councils)
                expected = RULE.rounded(counts.people) if key in wholes and counts.people else counts.people
                assert people in (None, expected)
        self.could.append(could)
        self.did.append(did)

    def attack(self) -> Attack:
        """Whoever attacks knows which rows are hidden for what they are."""
        beside = [
            relation for about, rows in self.about.items() for row in rows for relation in self._parts(about, row)
        ]
        few = [row for row, it in self.printed.items() if it.hidden and is_confidential(self.truth[row], RULE)]
        wholes = {relation.whole for relation in self.relations if isinstance(relation, Relation)}
        attack = Attack(self.printed, [*self.relations, *beside], RULE, few, wholes=wholes)
        assert attack.fits(self.truth)
        return attack

    def _parts(self, about: tuple[Key, str, str], whole: Row) -> Iterator[Relation[Row]]:
        """The same in other releases, over no other months: each part that is in no other part."""
        subject, first, last = about
        within = {
            row: (other_first, other_last)
            for (other, other_first, other_last), rows in self.about.items()
            if other == subject and first <= other_first and other_last <= last
            for row in rows
            if row[0] != whole[0] and self.posts[row] <= self.posts[whole]
        }
        for row, months in within.items():
            if self.truth[row] == self.truth[whole] and months == (first, last):
                yield Relation(whole, (row,), True, EXACT)
            elif not any(_is_more(self.posts[it], within[it], self.posts[row], months) for it in within):
                yield Relation(whole, (row,), False)
            for other, (begin, _) in within.items():
                posts = self.truth[row].posts + self.truth[other].posts
                if months[1] < begin and posts == self.truth[whole].posts:
                    yield Relation(whole, (row, other), True, frozenset({"posts"}))


def _is_more(
    posts: frozenset[int], months: tuple[str, str], than: frozenset[int], than_months: tuple[str, str]
) -> bool:
    if posts or than:
        return than < posts
    return months != than_months and months[0] <= than_months[0] and than_months[1] <= months[1]


def _in_release(number: int, relation: Relation[Key] | Overlap[Key]) -> Relation[Row] | Overlap[Row]:
    parts = tuple((number, part) for part in relation.parts)
    if isinstance(relation, Relation):
        return Relation((number, relation.whole), parts, relation.covers, relation.sums)
    pairs = tuple(((number, pair), (number, one), (number, two)) for pair, one, two in relation.pairs)
    return Overlap((number, relation.whole), pairs, parts, relation.complete)


def _about(key: Key, first: str, last: str) -> tuple[Key, str, str]:
    """What a row tells of, apart from its months, and these."""
    name, *more = key
    match name:
        case "month":
            return ("theme", more[0]), str(more[1]), str(more[1])
        case "before":
            return ("theme", more[0]), str(more[1]), str(more[2])
    return key, first, last


def _places(key: Key, codes: Mapping[int, str]) -> list[Place]:
    """Where a row stands, if it does: the name of its table, and that of its row."""
    name, *more = key
    if name in BASES:
        return [("Bases", BASES[name])]
    code = codes[more[0]]
    match name:
        case "theme" | "before":
            return [(name, code)]
        case "month":
            return [(f"{code} by month", f"{date.fromisoformat(f'{more[1]}-01'):%B %Y}")]
        case "pair":
            return [(f"{code} with others", codes[more[1]]), (f"{codes[more[1]]} with others", code)]
    return [(f"{code} by {name.replace('type', 'council type')}", more[1] or "No council")]


def _people_printed(report: dict[str, Any]) -> dict[Place, int | None]:
    """The people of each row of the report, None where they are hidden."""
    found: dict[Place, int | None] = {}
    for table in report["tables"] + [table for section in report["sections"] for table in section["tables"]]:
        for row in table["rows"]:
            told = dict(zip(table["columns"], row, strict=True))
            if table["name"] == "Themes":
                found["theme", row[0]] = told["People"]
                if told["People"] is not None:
                    found["before", row[0]] = told["People in the period before"]
            else:
                name = row[0].split()[0] if table["name"].endswith("with others") else row[0]
                found[table["name"], name] = told["People"]
    return found


@pytest.mark.parametrize(("kind", "share"), [("each month", 0.8), ("from the first month", 0.3)])
async def test_nine_releases_tell_nothing_that_is_hidden_and_stay_possible(forum, kind, share):
    """`share` of the figures that could be shown for themselves are shown, from the second release on. It is more than
    eight tenths where each release is about its own month, and a third where each goes on from the first: there a
    figure waits until ten people are new. The councils of a figure hidden for the sake of others may be worked out."""
    tags, papers, tom = await talk(seed=1, people=300, posts=2500), Papers(), await user("tom")
    for month in MONTHS:
        await Tagging.bulk_create(tags[month])
        words = {"from": month if kind == "each month" else MONTHS[0], "to": month}
        choices = await choices_for(tom)
        filters = read_filters(words, choices)
        async with forum.database.reader() as select:
            now, before = [
                await talk_of(select, choices.groups, it, choices.themes) for it in (filters, filters.before)
            ]
        cells = cells_of(now, before, filters, choices.themes, Tree(choices.themes).tops)
        release = await Release.get(id=await draft_release(forum, tom, "Homes", words, PAPER, new_key()))
        await Release.filter(id=release.id).update(issued_at=forum.clock())
        papers.add(release.figures, cells, words["from"], month, {theme.id: theme.code for theme in choices.themes})
    assert sum(papers.did[1:]) > share * sum(papers.could[1:]), (papers.did, papers.could)
    assert all(papers.did)
    found = papers.attack()
    assert found.single(measures=("posts", "people")) == []
    assert found.single(found.few) == []
    assert found.small_totals() == []
    assert found.shown_too_few() == []
