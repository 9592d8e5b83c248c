"""What is kept of a release, so that later ones can be compared with it: its figures as they are, those that it hides
too, how they hang together, and which it shows.

People and posts are numbers that say who and what they are only to whoever has the service's secret. Nothing of this
ever leaves.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import msgspec

from forum.intelligence.cells import Cells, Key
from forum.intelligence.counting import Talk
from forum.intelligence.disclosure import Counts, Overlap, Relation
from forum.models import Release


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose words a figure rests on; None for what does not narrow. Months as "2026-04", both included."""

    groups: frozenset[int]
    first: str | None = None
    last: str | None = None
    region: str | None = None
    type: str | None = None
    kind: str | None = None
    facilitated: bool = False

    def is_within(self, other: Scope) -> bool:
        return (
            self.groups <= other.groups
            and (other.first is None or (self.first is not None and self.first >= other.first))
            and (other.last is None or (self.last is not None and self.last <= other.last))
            and self.is_placed_within(other)
            and other.kind in (None, self.kind)
            and (self.facilitated or not other.facilitated)
        )

    def is_placed_within(self, other: Scope) -> bool:
        return other.region in (None, self.region) and other.type in (None, self.type)

    def is_apart(self, other: Scope) -> bool:
        """Whether no post can be in both."""
        return (
            self.groups.isdisjoint(other.groups)
            or (self.last is not None and other.first is not None and self.last < other.first)
            or (self.first is not None and other.last is not None and other.last < self.first)
            or (None not in (self.region, other.region) and self.region != other.region)
            or (None not in (self.type, other.type) and self.type != other.type)
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure as it is, of at least one person. Bases have no `posts`. The people of a whole are printed rounded."""

    counts: Counts
    people: frozenset[int]
    posts: frozenset[int]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """The figures of a release. Those neither `shown` nor `hidden` had no place in it: details of hidden themes.
    `beside` has the ids of the releases that it was compared with."""

    scope: Scope
    cells: Mapping[Key, Cell]
    relations: tuple[Relation[Key] | Overlap[Key], ...]
    authors: Mapping[int, int]
    shown: frozenset[Key] = frozenset()
    hidden: frozenset[Key] = frozenset()
    beside: frozenset[int] = frozenset()

    def printed(self, figures: Mapping[Key, Counts], beside: Iterable[int]) -> Kept:
        """The same once it is known what it prints."""
        hidden = {key for key, counts in figures.items() if counts.hidden}
        shown = self.cells.keys() & figures.keys() - hidden
        return replace(self, shown=frozenset(shown), hidden=frozenset(hidden), beside=frozenset(beside))


def scope_of(values: Mapping[str, str], groups: Iterable[int]) -> Scope:
    """The scope that filters, as an address carries them, leave of these groups."""
    return Scope(
        frozenset(groups),
        values.get("from"),
        values.get("to"),
        values.get("region"),
        values.get("council_type"),
        values.get("kind"),
        "facilitated" in values,
    )


def number_of(secret: bytes, kind: str, id: int) -> int:
    """What stands for a person or a post."""
    return int.from_bytes(hmac.digest(secret, f"release:{kind}:{id}".encode(), "sha256")[:8])


def rests_on(release: Release, secret: bytes, people: Iterable[int]) -> bool:
    """Whether any of these people, by their ids, is behind a figure of the release."""
    numbers = {number_of(secret, "person", person) for person in people}
    return any(not numbers.isdisjoint(cell.people) for cell in unpack(release).cells.values())


def kept_of(secret: bytes, scope: Scope, cells: Cells, talks: Iterable[Talk]) -> Kept:
    """What to keep of these cells, which were made of these talks."""

    number = cache(partial(number_of, secret))
    wholes = {relation.whole for relation in cells.relations if isinstance(relation, Relation)}
    kept = {
        key: Cell(
            counts,
            frozenset(number("person", person) for person in cells.people[key]),
            frozenset(number("post", post) for post in cells.posts[key]),
            key in wholes,
        )
        for key, counts in cells.counts.items()
        if counts.people
    }
    authors = {
        number("post", row["post_id"]): number("person", row["author_id"])
        for talk in talks
        for rows in (*talk.by_theme.values(), talk.others)
        for row in rows
    }
    relations = tuple(left for relation in cells.relations if (left := _of_rows(relation, kept.keys())))
    return Kept(scope, kept, relations, authors)


def _of_rows(relation: Relation[Key] | Overlap[Key], rows: Collection[Key]) -> Relation[Key] | Overlap[Key] | None:
    """The relation without rows of nobody, of which it tells nothing."""
    parts = tuple(part for part in relation.parts if part in rows)
    if isinstance(relation, Overlap):
        return replace(relation, pairs=tuple(pair for pair in relation.pairs if pair[0] in rows), parts=parts)
    return replace(relation, parts=parts) if parts else None


class _Cell(msgspec.Struct, array_like=True):
    """`people` only where there are no posts: else they are those who wrote them."""

    key: list[Any]
    counts: tuple[int, int, int]
    is_whole: bool
    printed: bool | None
    posts: list[int]
    people: list[int]


class _Packed(msgspec.Struct, array_like=True):
    """People, posts and cells are named by their places. Each post has its author."""

    people: list[int]
    posts: list[tuple[int, int]]
    cells: list[_Cell]
    relations: list[tuple[int, list[int], bool, list[str]]]
    overlaps: list[tuple[int, list[tuple[int, int, int]], list[int], bool]]
    beside: list[int]


def pack(kept: Kept) -> bytes:
    posts = {post: place for place, post in enumerate(sorted(set().union(*(it.posts for it in kept.cells.values()))))}
    people = {one: place for place, one in enumerate(sorted(set().union(*(it.people for it in kept.cells.values()))))}
    row = {key: place for place, key in enumerate(kept.cells)}
    return msgspec.msgpack.encode(
        _Packed(
            list(people),
            [(post, people[kept.authors[post]]) for post in posts],
            [
                _Cell(
                    list(key),
                    (cell.counts.posts or 0, cell.counts.people or 0, cell.counts.councils or 0),
                    cell.is_whole,
                    True if key in kept.shown else False if key in kept.hidden else None,
                    sorted(posts[post] for post in cell.posts),
                    [] if cell.posts else sorted(people[one] for one in cell.people),
                )
                for key, cell in kept.cells.items()
            ],
            [
                (row[it.whole], [row[part] for part in it.parts], it.covers, sorted(it.sums))
                for it in kept.relations
                if isinstance(it, Relation)
            ],
            [
                (
                    row[it.whole],
                    [(row[a], row[b], row[c]) for a, b, c in it.pairs],
                    [row[p] for p in it.parts],
                    it.complete,
                )
                for it in kept.relations
                if isinstance(it, Overlap) and it.whole in row
            ],
            sorted(kept.beside),
        )
    )


def unpack(release: Release) -> Kept:
    filters = msgspec.json.decode(release.filters)
    packed = msgspec.msgpack.decode(release.cells, type=_Packed)
    numbers = [number for number, _ in packed.posts]
    authors = {number: packed.people[author] for number, author in packed.posts}
    keys: list[Key] = [tuple(cell.key) for cell in packed.cells]
    cells = {}
    for key, cell in zip(keys, packed.cells, strict=True):
        posts = frozenset(numbers[place] for place in cell.posts)
        people = frozenset(authors[post] for post in posts) or frozenset(packed.people[place] for place in cell.people)
        cells[key] = Cell(Counts(*cell.counts), people, posts, cell.is_whole)
    relations: list[Relation[Key] | Overlap[Key]] = [
        Relation(keys[whole], tuple(keys[part] for part in parts), covers, frozenset(sums))
        for whole, parts, covers, sums in packed.relations
    ]
    relations += [
        Overlap(
            keys[whole],
            tuple((keys[pair], keys[one], keys[other]) for pair, one, other in pairs),
            tuple(keys[part] for part in parts),
            complete,
        )
        for whole, pairs, parts, complete in packed.overlaps
    ]
    return Kept(
        scope_of(filters["values"], filters["groups"]),
        cells,
        tuple(relations),
        authors,
        frozenset(key for key, cell in zip(keys, packed.cells, strict=True) if cell.printed),
        frozenset(key for key, cell in zip(keys, packed.cells, strict=True) if cell.printed is False),
        frozenset(packed.beside),
    )
