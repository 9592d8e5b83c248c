"""Nothing that was hidden can be worked out: what is published is attacked with a solver, and attacks find planted faults."""

import random
from dataclasses import dataclass

import pytest

from forum.intelligence.disclosure import Counts, Overlap, Relation, Rule, is_confidential, protect
from tests.intelligence.attack import Attack

PAGE, RELEASE = Rule(5, 3), Rule(10, 3, 5)


@dataclass(frozen=True)
class Post:
    number: int
    author: int
    council: int
    month: int
    themes: frozenset[str]


def random_posts(chance: random.Random, months: int = 4) -> list[Post]:
    people = chance.randint(8, 120)
    councils = chance.randint(3, max(3, people // 2))
    seats = [chance.randrange(councils) for _ in range(people)]
    loud = [chance.random() ** 3 + 0.02 for _ in range(people)]
    themes = [
        f"{top}{child}" for top in "ABCDE"[: chance.randint(1, 5)] for child in ("", *range(chance.randint(0, 3)))
    ]
    weights = [chance.random() ** 2 + 0.01 for _ in themes]
    posts = []
    for number in range(chance.randint(10, 300)):
        author = chance.choices(range(people), loud)[0]
        tags = chance.choices(themes, weights, k=chance.choice([0, 1, 1, 1, 2, 3]))
        posts.append(Post(number, author, seats[author], chance.randrange(months), frozenset(tags)))
    return posts


def counts(posts: list[Post]) -> Counts:
    return Counts(len(posts), len({post.author for post in posts}), len({post.council for post in posts}))


def region(post: Post) -> str:
    return "NESW"[post.council * 7 % 11 % 4]


def kind(post: Post) -> str:
    return ("county", "district", "borough")[post.council * 5 % 7 % 3]


def table_of(posts: list[Post], deep: bool) -> tuple[dict, list]:
    """The counts and how they hang together: base, tagged, themes on two levels, each theme on top (or each, `deep`) by
    month, region and type, pairs."""
    tagged = [post for post in posts if post.themes]
    names = sorted({name for post in posts for theme in post.themes for name in (theme, theme[0])})
    carrying = {name: [p for p in posts if any(theme.startswith(name) for theme in p.themes)] for name in names}
    tops = [name for name in names if len(name) == 1]
    table = {("base",): counts(posts), ("tagged",): counts(tagged)}
    table |= {("theme", name): counts(carrying[name]) for name in names}
    relations = [
        Relation(("base",), (("tagged",),), covers=False),
        Relation(("tagged",), tuple(("theme", top) for top in tops), covers=True),
    ]
    for top in tops:
        children = tuple(("theme", name) for name in names if len(name) == 2 and name[0] == top)
        relations.append(Relation(("theme", top), children, covers=not any(top in post.themes for post in posts)))
    for name in names if deep else tops:
        for split, sums in (
            (lambda p: p.month, {"posts"}),
            (region, {"posts", "people", "councils"}),
            (kind, {"posts", "people", "councils"}),
        ):
            places = sorted({split(post) for post in posts})
            rows = []
            for place in places:
                rows.append((name, place, sums == {"posts"}))
                table[rows[-1]] = counts([post for post in carrying[name] if split(post) == place])
            relations.append(Relation(("theme", name), tuple(rows), True, frozenset(sums)))
    pairs = []
    for one in tops:
        for other in tops:
            both = [post for post in carrying[one] if post in carrying[other]]
            if one < other:
                table["pair", one, other] = counts(both)
                pairs.append((("pair", one, other), ("theme", one), ("theme", other)))
    for top in tops:
        relations.append(
            Relation(("theme", top), tuple(pair for pair, *ends in pairs if ("theme", top) in ends), False)
        )
    relations.append(Overlap(("tagged",), tuple(pairs), tuple(("theme", top) for top in tops), complete=True))
    return table, relations


def few_in(table: dict, rule: Rule) -> list:
    return [row for row, counts in table.items() if is_confidential(counts, rule)]


@pytest.mark.parametrize("start", range(0, 200, 10))
def test_random(start):
    import time

    for seed in range(start, start + 10):
        chance = random.Random(seed)
        posts = random_posts(chance)
        rule = chance.choice([PAGE, RELEASE])
        table, relations = table_of(posts, deep=chance.random() < 0.3)
        a = time.perf_counter()
        safe = protect(table, relations, rule)
        b = time.perf_counter()
        attack = Attack(safe, relations, rule)
        assert attack.fits(table)
        s1 = attack.single(), attack.small_totals()
        c = time.perf_counter()
        few = Attack(safe, relations, rule, few=few_in(table, rule))
        s2 = few.single(), few.small_totals()
        d = time.perf_counter()
        nz = [r for r in table if table[r].people]
        print(
            seed,
            len(table),
            len(nz),
            len(few_in(table, rule)),
            sum(c.hidden for c in safe.values()),
            f"{b - a:.3f} {c - b:.3f} {d - c:.3f}",
            s1,
            s2,
        )
