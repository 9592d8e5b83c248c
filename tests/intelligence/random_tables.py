"""Talk by chance, and the tables that a page or a release would make of it: counts of real sets."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from forum.intelligence.disclosure import Counts, Overlap, Relation, Rule, is_confidential

PAGE, RELEASE = Rule(5, 3), Rule(10, 3, round_to=5)
EXACT = frozenset({"posts", "people", "councils"})


@dataclass(frozen=True)
class Post:
    author: int
    council: int
    month: int
    themes: frozenset[str]  # "A", or "A1", a child of it

    @property
    def region(self) -> str:
        return "NESW"[self.council * 7 % 11 % 4]

    @property
    def type(self) -> str:
        return ("county", "district", "borough")[self.council * 5 % 7 % 3]

    def is_about(self, theme: str) -> bool:
        return any(own.startswith(theme) for own in self.themes)


@dataclass
class Tables:
    """Rows are their period, their theme or "base" or "tagged", and what else narrows them. `details` has the row of
    the theme that a row tells more of."""

    counts: dict[tuple, Counts] = field(default_factory=dict)
    people: dict[tuple, frozenset[int]] = field(default_factory=dict)
    relations: list[Relation | Overlap] = field(default_factory=list)
    details: dict[tuple, tuple] = field(default_factory=dict)

    def printed(self, safe: dict[tuple, Counts]) -> dict[tuple, Counts]:
        """What leaves, of counts that are safe: no details of a theme that is hidden."""
        return {row: safe[row] for row in self.counts if row not in self.details or not safe[self.details[row]].hidden}

    def few(self, rule: Rule) -> list[tuple]:
        return [row for row, counts in self.counts.items() if is_confidential(counts, rule)]


def random_posts(chance: random.Random, people: int, posts: int, themes: list[str], months: int = 4) -> list[Post]:
    """A few write much, some themes are rare, and many share a council."""
    seats = [chance.randrange(people // 3 + 3) for _ in range(people)]
    authors = chance.choices(range(people), [chance.random() ** 3 + 0.02 for _ in seats], k=posts)
    weights = [chance.random() ** 2 + 0.01 for _ in themes]
    return [
        Post(
            author,
            seats[author],
            chance.randrange(1, months + 1),
            frozenset(chance.choices(themes, weights, k=chance.choice([0, 1, 1, 1, 2, 3]))),
        )
        for author in authors
    ]


def random_table(seed: int) -> tuple[Tables, Rule]:
    chance = random.Random(seed)
    themes = [top + child for top in "ABCD"[: chance.randint(1, 4)] for child in ("", "1", "2")[: chance.randint(1, 3)]]
    posts = random_posts(chance, chance.randint(8, 60), chance.randint(10, 120), themes)
    return table_of(posts, is_deep=chance.random() < 0.1), chance.choice([PAGE, RELEASE])


def large_table(seed: int) -> Tables:
    """One in which not much is hidden."""
    return table_of(random_posts(random.Random(seed), people=100, posts=250, themes=["A", "A1", "B", "C", "C1"]))


def table_of(posts: list[Post], first: int = 1, last: int = 4, is_deep: bool = False) -> Tables:
    """What was said in these months: base, tagged, themes on two levels; those on top (or all) also by month, region
    and type of council; and pairs of those on top."""
    posts = [post for post in posts if first <= post.month <= last]
    tables = Tables()
    names = sorted({name for post in posts for theme in post.themes for name in (theme, theme[0])})
    tops = [name for name in names if len(name) == 1]

    def add(some: list[Post], *about: str, months: tuple[int, int] = (first, last)) -> tuple:
        people = frozenset(post.author for post in some)
        tables.people[months, *about] = people
        tables.counts[months, *about] = Counts(len(some), len(people), len({post.council for post in some}))
        return (months, *about)

    def relate(whole: tuple, parts: list[tuple], covers: bool, sums: frozenset[str] = frozenset()) -> None:
        if parts:
            tables.relations.append(Relation(whole, tuple(parts), covers, sums))

    base, tagged = add(posts, "base"), add([post for post in posts if post.themes], "tagged")
    about = {name: [post for post in posts if post.is_about(name)] for name in names}
    rows = {name: add(about[name], name) for name in names}
    relate(base, [tagged], covers=False)
    relate(tagged, [rows[top] for top in tops], covers=True)
    for top in tops:
        children = [rows[name] for name in names if name[0] == top and name != top]
        relate(rows[top], children, covers=not any(top in post.themes for post in posts))
    splits: list[tuple[Callable[[Post], str], list[str]]] = [
        (lambda post: post.region, sorted({post.region for post in posts})),
        (lambda post: post.type, sorted({post.type for post in posts})),
    ]
    for name in names if is_deep else tops:
        for place_of, places in splits:
            parts = [add([post for post in about[name] if place_of(post) == place], name, place) for place in places]
            relate(rows[name], parts, True, EXACT)
            tables.details |= dict.fromkeys(parts, rows[name])
        if first < last:
            parts = [
                add([post for post in about[name] if post.month == month], name, months=(month, month))
                for month in range(first, last + 1)
            ]
            relate(rows[name], parts, True, frozenset({"posts"}))
            tables.details |= dict.fromkeys(parts, rows[name])
    pairs = [
        (add([post for post in about[one] if post.is_about(other)], one, "with", other), rows[one], rows[other])
        for one in tops
        for other in tops
        if one < other
    ]
    for top in tops:
        relate(rows[top], [pair for pair, *ends in pairs if rows[top] in ends], covers=False)
    tables.relations.append(Overlap(tagged, tuple(pairs), tuple(rows[top] for top in tops), complete=True))
    return tables
