"""A release beside those that were issued, with figures made up by hand: people 1, 2, 3 … wrote posts 1, 2, 3 …"""

from collections.abc import Collection, Iterable

import msgspec
import pytest

from forum.intelligence.beside import hidden_by, safe_beside
from forum.intelligence.cells import Key
from forum.intelligence.disclosure import HIDDEN, Counts, Overlap, Relation, Rule
from forum.intelligence.kept import Cell, Kept, Scope, pack, unpack
from forum.models import Release

RULE = Rule(10, 3, round_to=5)
HOMES: Key = ("theme", 1)


def figure(posts: Iterable[int], is_whole: bool = False) -> Cell:
    """Posts by as many people, each on a council of their own."""
    posts = frozenset(posts)
    return Cell(Counts(len(posts), len(posts), len(posts)), posts, posts, is_whole)


def release(
    cells: dict[Key, Cell], *relations: Relation[Key] | Overlap[Key], hides: Collection[Key] = (), **scope: str
) -> Kept:
    """One that shows all but what it hides."""
    authors = {post: post for cell in cells.values() for post in cell.posts}
    groups = frozenset({1, 2}) if "groups" not in scope else frozenset(scope.pop("groups"))
    return Kept(Scope(groups, **scope), cells, relations, authors, cells.keys() - hides, frozenset(hides))


def draft(*given: dict[Key, Cell] | Relation[Key], **scope: str) -> Kept:
    kept = release(*given, **scope)
    return Kept(kept.scope, kept.cells, kept.relations, kept.authors)


def hidden(now: Kept, *issued: Kept) -> set[Key]:
    return {key for key, counts in safe_beside(now, issued, RULE).items() if counts.hidden}


def homes(number: int) -> dict[Key, Cell]:
    return {HOMES: figure(range(number))}


def test_each_release_is_compared_with_all_that_were_issued():
    april, none = release(homes(20), last="2026-04"), release(homes(22), hides={HOMES}, last="2026-05")
    assert hidden_by(draft(homes(22), last="2026-05"), [april], 5) == {HOMES}
    assert hidden_by(draft(homes(24), last="2026-06"), [april, none], 5) == {HOMES}
    assert hidden_by(draft(homes(25), last="2026-06"), [april, none], 5) == set()
    may = release(homes(23), last="2026-05")
    assert hidden_by(draft(homes(25), last="2026-06"), [april, may], 5) == {HOMES}
    assert hidden_by(draft({("theme", 2): figure(range(22))}), [april], 5) == set()


def test_a_theme_is_compared_with_that_of_the_period_before():
    april = release(homes(20), first="2026-04", last="2026-04")
    before: Key = ("before", 1, "2026-04", "2026-04")
    may = {before: figure(range(1, 22))}
    assert hidden_by(draft(may, first="2026-05", last="2026-05"), [april], 5) == {before}
    assert hidden_by(april, [release(may, first="2026-05", last="2026-05")], 5) == {HOMES}
    assert hidden_by(draft(may, first="2026-05", last="2026-05", region="Wales"), [april], 5) == {before}
    other = release(homes(20), first="2026-04", last="2026-04", groups={3})
    assert hidden_by(draft(may, first="2026-05", last="2026-05"), [other], 5) == set()


@pytest.mark.parametrize("size", [0, 19])
def test_what_was_hidden_is_not_told_by_the_months_before_and_after(size):
    """April and May together hid nothing but May: whoever has April and both has May."""
    april, may, both = figure(range(30)), figure(range(30, 37 + size)), figure(range(37 + size))
    first = release({HOMES: april}, first="2026-04", last="2026-04")
    second = release({HOMES: may}, hides={HOMES}, first="2026-05", last="2026-05")
    together = draft({HOMES: both}, first="2026-04", last="2026-05")
    assert hidden(together, first, second) == {HOMES}
    assert hidden(together, first) == (set() if size else {HOMES})  # seven people more than in April
    assert hidden(together, second) == set()


def test_groups_add_up_as_months_do():
    parts = [release({HOMES: figure(range(start, start + 20))}, groups={start}) for start in (20, 40, 60)]
    small = release({HOMES: figure(range(80, 84))}, hides={HOMES}, groups={80})
    every = draft({HOMES: figure(range(20, 84))}, groups={20, 40, 60, 80})
    assert hidden(every, *parts, small) == {HOMES}
    assert hidden(every, *parts[:2], small) == set()


def test_bases_have_no_posts_and_add_up_all_the_same():
    def base(posts: int, people: range) -> dict[Key, Cell]:
        return {("base",): Cell(Counts(posts, len(people), 9), frozenset(people), frozenset(), False)}

    first = release(base(40, range(30)), first="2026-04", last="2026-04")
    second = release(base(9, range(25, 34)), hides={("base",)}, first="2026-05", last="2026-05")
    assert hidden(draft(base(49, range(45)), first="2026-04", last="2026-05"), first, second) == {("base",)}
    assert hidden(draft(base(60, range(45)), first="2026-04", last="2026-06"), first, second) == set()


def test_what_stood_nowhere_needs_no_protection():
    """Details of a hidden theme are in no file: a later release may print what they were."""
    month: Key = ("month", 1, "2026-04")
    cells = {HOMES: figure(range(20), is_whole=True), month: figure(range(20))}
    earlier = release(cells, Relation(HOMES, (month,), True, frozenset({"posts"}))).printed({HOMES: HIDDEN}, [])
    again = draft({month: figure(range(20))}, groups={2})
    assert hidden(again, earlier) == {month}  # which is the theme itself
    nowhere = Kept(earlier.scope, {month: cells[month]}, (), earlier.authors)
    assert hidden(again, nowhere) == set()


def test_releases_that_say_the_same_harm_nobody():
    assert hidden(draft(homes(20)), release(homes(20))) == set()
    assert hidden(draft(homes(20)), release(homes(20), hides={HOMES})) == {HOMES}


def test_what_is_kept_of_a_release_is_there_again():
    pair: Key = ("pair", 1, 2)
    kept = release(
        {
            ("base",): Cell(Counts(90, 40, 12), frozenset(range(40)), frozenset(), True),
            HOMES: figure(range(20), is_whole=True),
            ("theme", 2): figure(range(10, 34)),
            pair: figure(range(10, 20)),
        },
        Relation(HOMES, (pair,), False, frozenset({"posts", "people"})),
        Overlap(("base",), ((pair, HOMES, ("theme", 2)),), (HOMES, ("theme", 2)), True),
        hides={pair},
        first="2026-04",
        kind="issue",
    ).printed({("base",): Counts(90, 40, 12), HOMES: Counts(20, 20, 20), pair: HIDDEN}, [7, 5])
    filters = {"values": {"from": "2026-04", "kind": "issue"}, "groups": [1, 2]}
    again = unpack(Release(cells=pack(kept), filters=msgspec.json.encode(filters).decode()))
    assert again == kept
    assert (again.shown, again.hidden) == ({("base",), HOMES}, {pair})
    assert ("theme", 2) in again.cells
