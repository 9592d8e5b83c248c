"""A release beside those that were issued before it: all their figures stand in one table, and are protected as one.

What was shown stays known, what was hidden must stay hidden, and what a reader knows of both is told: a theme of some
months, groups, places lies within the same theme of more of them, and parts that have nothing in common add up.
Besides, a figure is hidden where too few people tell it from the same figure of an earlier release.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from forum.intelligence.cells import Key
from forum.intelligence.disclosure import MEASURES, Counts, Overlap, Relation, Rule, differs, protect
from forum.intelligence.kept import Cell, Kept, Scope

Row = tuple[int, Key]  # the number of the first release that has the figure


def safe_beside(now: Kept, issued: Sequence[Kept], rule: Rule, also: Collection[Key] = ()) -> dict[Key, Counts]:
    """The figures of a release that is not out yet as they may be shown; `also` are hidden anyway, and so are those
    that a draft does not show.

    How many councils a figure rests on may be worked out where it rests on enough. Else hardly anything could be said
    again once all councils had raised it: as many did before and as many do after, so as many did in between.
    """
    table = _Table([*issued, now])
    own = table.names[-1]
    close = {own[key] for key in hidden_by(now, issued, rule.people)}
    waiting = {row for key, row in own.items() if not now.shown or key in now.shown}
    safe = protect(
        table.counts,
        table.relations,
        rule,
        also=table.hidden | close | {own[key] for key in also if key in own},
        known=table.known,
        wholes=table.wholes,
        freely={"councils"},
        untold=table.counts.keys() - table.known - table.hidden - waiting,
    )
    return {key: safe[row] for key, row in own.items()}


def hidden_by(now: Kept, issued: Iterable[Kept], least: int) -> set[Key]:
    """The figures that too few people tell from what was shown before.

    The same figure is compared where the scope of one lies within that of the other, or the posts of one are all among
    those of the other. It is hidden when 1 to `least` - 1 people are in one alone, or have posts in one alone: then the
    difference of the two figures would tell of them.
    """
    hidden = set()
    for earlier in issued:
        shown = {
            identity: (earlier.cells[key], _about(key, earlier.scope)[1])
            for key in earlier.shown
            for identity in _identities(key, earlier.scope)
        }
        for key, cell in now.cells.items():
            scope = _about(key, now.scope)[1]
            for before, its_scope in (shown[same] for same in _identities(key, now.scope) if same in shown):
                if not _are_nested(scope, its_scope, key) and not _have_nested_posts(cell, before):
                    continue
                posts = cell.posts ^ before.posts
                with_other_posts = {now.authors.get(post, earlier.authors.get(post)) for post in posts}
                if differs(cell.people, before.people, least) or 0 < len(with_other_posts) < least:
                    hidden.add(key)
    return hidden


def _identities(key: Key, scope: Scope) -> list[Key]:
    """What a figure is: a theme in a release on one region is also the figure of that region in another release, and in
    one on some months that of the period before in another."""
    found = [key]
    if key[0] == "theme":
        if scope.region:
            found.append(("region", key[1], scope.region))
        if scope.type:
            found.append(("type", key[1], scope.type))
        if scope.first and scope.last:
            found.append(("before", key[1], scope.first, scope.last))
    return found


def _are_nested(one: Scope, other: Scope, key: Key) -> bool:
    if key == ("read",):  # as the base, it counts whatever its kind
        one, other = replace(one, kind=None), replace(other, kind=None)
    return one.is_within(other) or other.is_within(one)


def _have_nested_posts(one: Cell, other: Cell) -> bool:
    return bool(one.posts and other.posts) and (one.posts <= other.posts or other.posts <= one.posts)


@dataclass(slots=True)
class _Figure:
    """What some words told, in one release or several: in each of its rows, which differ in how they are printed."""

    subject: Key
    scope: Scope
    cell: Cell
    rows: dict[Row, set[int]] = field(default_factory=dict)

    @property
    def row(self) -> Row:
        return next(iter(self.rows))

    @property
    def releases(self) -> set[int]:
        return set().union(*self.rows.values())

    @property
    def size(self) -> int:
        return self.cell.counts.posts or 0

    def is_within(self, other: _Figure) -> bool:
        """Whether the words of this one are among those of the other. Within a release, that is told already."""
        if not self.releases.isdisjoint(other.releases) and not any(key[0] == "theme" for _, key in other.rows):
            return False
        if self.subject == ("base",):
            is_nested = self.scope.is_within(other.scope) or other.scope.is_within(self.scope)
            return is_nested and self.size <= other.size and self.cell.people <= other.cell.people
        return self.scope.is_placed_within(other.scope) and self.cell.posts <= other.cell.posts

    def is_apart(self, others: Iterable[_Figure]) -> bool:
        if self.subject == ("base",):
            return all(self.scope.is_apart(other.scope) for other in others)
        return all(self.cell.posts.isdisjoint(other.cell.posts) for other in others)


class _Table:
    """The figures of some releases as one table; `names` has the row of each figure, by its key, for each release."""

    def __init__(self, releases: Sequence[Kept]) -> None:
        self.counts: dict[Row, Counts] = {}
        self.relations: list[Relation[Row] | Overlap[Row]] = []
        self.wholes: set[Row] = set()
        self.known: set[Row] = set()
        self.hidden: set[Row] = set()
        self.names: list[dict[Key, Row]] = []
        figures: dict[tuple[object, ...], _Figure] = {}
        for number, release in enumerate(releases):
            names = {key: self._place(figures, number, release.scope, key, it) for key, it in release.cells.items()}
            self.names.append(names)
            if number < len(releases) - 1:
                self.known |= {names[key] for key in release.shown}
            self.hidden |= {names[key] for key in release.hidden}
            for relation in release.relations:
                self.relations.append(_renamed(relation, names))
        self.relations = list(dict.fromkeys(self.relations))
        by_subject: dict[Key, list[_Figure]] = {}
        for figure in figures.values():
            by_subject.setdefault(figure.subject, []).append(figure)
        for some in by_subject.values():
            for figure in some:
                self._relate_rows(figure)
            self._relate(sorted(some, key=lambda it: (it.size, it.scope.region is None and it.scope.type is None)))

    def _place(
        self, figures: dict[tuple[object, ...], _Figure], number: int, scope: Scope, key: Key, cell: Cell
    ) -> Row:
        """The row of a figure: a new one, or one that an earlier release has that was the same and printed so."""
        subject, scope = _about(key, scope)
        words = (scope, cell.counts, cell.people) if subject == ("base",) else (scope.region, scope.type, cell.posts)
        figure = figures.setdefault((subject, words), _Figure(subject, scope, cell))
        for row, releases in figure.rows.items():
            is_printed_so = self.counts[row] == cell.counts and (row in self.wholes) == cell.is_whole
            if is_printed_so and number not in releases:
                releases.add(number)
                return row
        row = (number, key)
        figure.rows[row] = {number}
        self.counts[row] = cell.counts
        if cell.is_whole:
            self.wholes.add(row)
        return row

    def _relate_rows(self, figure: _Figure) -> None:
        """Rows of one figure are alike."""
        (first, releases), *others = figure.rows.items()
        for row, more in others:
            if releases.isdisjoint(more):
                same = [
                    name for name in MEASURES if getattr(self.counts[row], name) == getattr(self.counts[first], name)
                ]
                self.relations.append(Relation(first, (row,), True, frozenset(same)))

    def _relate(self, figures: Sequence[_Figure]) -> None:
        """Each lies within those that come after it and hold it; what lies within another part is told by that."""
        within: list[list[int]] = []
        for place, whole in enumerate(figures):
            within.append([number for number in reversed(range(place)) if figures[number].is_within(whole)])
            nearest: list[int] = []
            for number in within[place]:
                if not any(number in within[near] for near in nearest):
                    nearest.append(number)
            for part in (figures[number] for number in nearest):
                if part.releases.isdisjoint(whole.releases):
                    self.relations.append(Relation(whole.row, (part.row,), False))
            parts = [figures[number] for number in within[place]]
            families = {tuple(sorted(part.row for part in it)): it for it in _partitions(whole, parts)}
            for rows, family in families.items():
                if not whole.releases.intersection(*(part.releases for part in family)):
                    self.relations.append(Relation(whole.row, rows, True, _sums(whole, family)))


def _partitions(whole: _Figure, parts: Sequence[_Figure]) -> Iterator[list[_Figure]]:
    """Parts that have nothing in common and together are the whole: with each part, the first such that is found."""
    for begin in parts:
        family, size = [begin], begin.size
        for part in parts:
            if size + part.size <= whole.size and part.is_apart(family):
                family.append(part)
                size += part.size
        if size == whole.size and len(family) > 1:
            yield family


def _sums(whole: _Figure, family: Sequence[_Figure]) -> frozenset[str]:
    """What adds up. People and councils do in places of one kind alone: they may come in several months."""
    for places in ({part.scope.region for part in family}, {part.scope.type for part in family}):
        if None not in places and len(places) == len(family):
            counts = [part.cell.counts for part in family]
            return frozenset(
                name for name in MEASURES if sum(getattr(it, name) for it in counts) == getattr(whole.cell.counts, name)
            )
    return frozenset({"posts"})


def _about(key: Key, scope: Scope) -> tuple[Key, Scope]:
    """What a figure tells of, and whose words it rests on."""
    name, *more = key
    match name:
        case "base":
            return key, replace(scope, kind=None)
        case "month":
            return ("theme", more[0]), replace(scope, first=str(more[1]), last=str(more[1]))
        case "before":
            return ("theme", more[0]), replace(scope, first=str(more[1]), last=str(more[2]))
        case "region":
            return ("theme", more[0]), replace(scope, region=str(more[1]))
        case "type":
            return ("theme", more[0]), replace(scope, type=str(more[1]))
    return key, scope


def _renamed(relation: Relation[Key] | Overlap[Key], names: Mapping[Key, Row]) -> Relation[Row] | Overlap[Row]:
    whole, parts = names[relation.whole], tuple(names[part] for part in relation.parts)
    if isinstance(relation, Relation):
        return Relation(whole, parts, relation.covers, relation.sums)
    pairs = tuple((names[pair], names[one], names[other]) for pair, one, other in relation.pairs)
    return Overlap(whole, pairs, parts, relation.complete)
