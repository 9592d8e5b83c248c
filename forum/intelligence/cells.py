"""The cells of a summary before anything is hidden, and how they hang together: what disclosure control is told.

All cells of one page or file stand in one table, because each could give another away. Keys are plain words and
numbers, so that releases can keep them:

    ("base",)  ("read",)  ("tagged",)          all posts; those that somebody read for themes; those with a theme
    ("theme", id)                              a parent counts its children too
    ("before", id, "2025-10", "2025-12")       the theme in the equal period before
    ("month", id, "2026-04")
    ("region", id, "Wales")  ("type", id, "county")    "" is for people without a council
    ("pair", id, id)                           posts with both themes; the lower id first
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from forum.intelligence.counting import Base, Heard, Row, Talk, heard, month_of, together
from forum.intelligence.disclosure import Counts, Overlap, Relation
from forum.intelligence.filters import Filters, months_later
from forum.models import Theme

Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """The themes in the order of the codebook. One whose parent is not in use stands on top."""

    themes: Sequence[Theme]

    @property
    def tops(self) -> list[Theme]:
        known = {theme.id for theme in self.themes}
        return [theme for theme in self.themes if theme.parent_id not in known]

    def children(self, theme: Theme) -> list[Theme]:
        return [child for child in self.themes if child.parent_id == theme.id]

    def parent(self, theme: Theme) -> Theme | None:
        return next((parent for parent in self.themes if parent.id == theme.parent_id), None)

    def peers(self, theme: Theme) -> list[Theme]:
        """The other themes of its level, with which it may come together in a post."""
        tops = self.tops
        level = tops if theme in tops else [child for child in self.themes if child not in tops]
        return [peer for peer in level if peer.id != theme.id]


@dataclass(slots=True)
class Cells:
    """Counts, people and posts (none for the bases) behind each key, and the relations between them. `themes` has what
    was heard of each."""

    counts: dict[Key, Counts] = field(default_factory=dict)
    people: dict[Key, frozenset[int]] = field(default_factory=dict)
    posts: dict[Key, frozenset[int]] = field(default_factory=dict)
    relations: list[Relation[Key] | Overlap[Key]] = field(default_factory=list)
    themes: dict[int, Heard] = field(default_factory=dict)

    def add(self, key: Key, some: Heard | Base) -> Key:
        self.counts[key], self.people[key] = some.counts, some.people
        self.posts[key] = some.posts if isinstance(some, Heard) else frozenset()
        return key

    def relate(self, whole: Key, parts: Iterable[Key], covers: bool, *sums: str) -> None:
        if parts := tuple(parts):
            self.relations.append(Relation(whole, parts, covers, frozenset(sums)))


def cells_of(
    talk: Talk, before: Talk | None, filters: Filters, themes: Sequence[Theme], detailed: Sequence[Theme]
) -> Cells:
    """The cells of all `themes`, and of months, regions, types and pairs for those `detailed` that anybody raised."""
    cells, tree = Cells(), Tree(themes)
    cells.add(("base",), talk.base)
    cells.themes = _add_themes(cells, talk, tree, "theme")
    tagged = together(cells.themes[top.id] for top in tree.tops)
    read = together([tagged, heard(talk.others)])
    cells.add(("read",), read)
    cells.add(("tagged",), tagged)
    cells.relate(("base",), [("read",)], covers=len(read.posts) == talk.base.posts)
    cells.relate(("read",), [("tagged",)], covers=tagged.posts == read.posts)
    cells.relate(("tagged",), [("theme", top.id) for top in tree.tops], covers=True)
    earlier = filters.before
    if before and earlier and earlier.first and earlier.last:
        _add_themes(cells, before, tree, "before", f"{earlier.first:%Y-%m}", f"{earlier.last:%Y-%m}")
    rows = {theme.id: rows_of(talk, tree, theme) for theme in detailed if cells.themes[theme.id].posts}
    for theme_id, said in rows.items():
        _add_months(cells, talk, theme_id, said)
        if filters.may_spread:
            _add_spread(cells, talk, theme_id, said)
    if rows:
        _add_pairs(cells, tree, rows)
    return cells


def pair_key(one: Theme, other: Theme) -> Key:
    return ("pair", min(one.id, other.id), max(one.id, other.id))


def months_between(first: date | None, last: date | None) -> Iterator[date]:
    """Each month, both included."""
    while first and last and first <= last:
        yield first
        first = months_later(first, 1)


def _add_themes(cells: Cells, talk: Talk, tree: Tree, name: str, *when: str) -> dict[int, Heard]:
    """A cell for each theme. A parent is covered by its children unless somebody put it on a post itself."""
    found = {theme.id: heard(talk.by_theme.get(theme.id, ())) for theme in tree.themes}
    for top in tree.tops:
        children = tree.children(top)
        is_covered = not found[top.id].posts
        found[top.id] = together([found[top.id], *(found[child.id] for child in children)])
        cells.relate((name, top.id, *when), [(name, child.id, *when) for child in children], covers=is_covered)
    for theme in tree.themes:
        cells.add((name, theme.id, *when), found[theme.id])
    return found


def _add_months(cells: Cells, talk: Talk, theme_id: int, rows: Sequence[Row]) -> None:
    """A month for each from the first in which anything was said to the last. A person may speak in several."""
    parts: dict[date, list[Row]] = {month: [] for month in months_between(talk.base.first, talk.base.last)}
    for row in rows:
        parts[month_of(row["at"])].append(row)
    keys = [cells.add(("month", theme_id, f"{month:%Y-%m}"), heard(said)) for month, said in parts.items()]
    cells.relate(("theme", theme_id), keys, True, "posts")


def _add_spread(cells: Cells, talk: Talk, theme_id: int, rows: Sequence[Row]) -> None:
    """Each region and each type that takes part. A council is in one of each; so is a person, unless they moved."""
    taking_part = [talk.councils[council] for council in talk.base.councils]
    for name in ("region", "type"):
        parts: dict[str, list[Row]] = {place: [] for place in sorted({getattr(it, name) for it in taking_part})}
        for row in rows:
            place = getattr(talk.councils[row["council_id"]], name) if row["council_id"] else ""
            parts.setdefault(place, []).append(row)
        keys = [cells.add((name, theme_id, place), heard(said)) for place, said in parts.items()]
        nobody_moved = sum(len(cells.people[key]) for key in keys) == len(cells.people["theme", theme_id])
        sums = ("posts", "councils", "people") if nobody_moved else ("posts", "councils")
        cells.relate(("theme", theme_id), keys, True, *sums)


def rows_of(talk: Talk, tree: Tree, theme: Theme) -> list[Row]:
    """The tags of a theme and those below it."""
    return [row for each in (theme, *tree.children(theme)) for row in talk.by_theme.get(each.id, ())]


def _add_pairs(cells: Cells, tree: Tree, rows: Mapping[int, Sequence[Row]]) -> None:
    """Each pair of themes of one level that comes together in a post: it lies within both. When all themes on top are
    told, so are all pairs of them: two that stand in none share nothing."""
    pairs: dict[Key, tuple[Key, Key, Key]] = {}
    for theme in (theme for theme in tree.themes if theme.id in rows):
        for peer in tree.peers(theme):
            key = pair_key(theme, peer)
            both = cells.themes[theme.id].posts & cells.themes[peer.id].posts
            if key not in pairs and both:
                mine = [row for row in rows[theme.id] if row["post_id"] in both]
                pairs[cells.add(key, heard(mine))] = (key, ("theme", theme.id), ("theme", peer.id))
    whole: dict[Key, list[Key]] = {}
    for key, *parts in pairs.values():
        for part in parts:
            whole.setdefault(part, []).append(key)
    for theme_key, keys in whole.items():
        cells.relate(theme_key, keys, covers=False)
    tops = [theme for theme in tree.tops if cells.themes[theme.id].posts]
    is_complete = all(theme.id in rows for theme in tops)
    every: list[Key] = [("theme", theme.id) for theme in tops] if is_complete else []
    cells.relations.append(Overlap(("tagged",), tuple(pairs.values()), tuple(every), is_complete))
