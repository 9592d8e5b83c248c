"""What disclosure control is told about the cells: it holds, and nothing that a reader could use is left out."""

import random
from datetime import date

import pytest

from forum.intelligence.cells import Cells, Tree, cells_of, months_between
from forum.intelligence.counting import talk_of
from forum.intelligence.disclosure import MEASURES, Overlap, Relation
from forum.intelligence.filters import choices_for, read_filters
from forum.models import Council
from tests import cast
from tests.intelligence.worlds import councillors, random_filters, random_talk, say


async def cells_for(forum, words: dict[str, str], detailed: bool = True) -> Cells:
    choices = await choices_for(await cast.user("tom"))
    filters = read_filters(words, choices)
    groups = [filters.group] if filters.group else choices.groups
    async with forum.database.reader() as select:
        now = await talk_of(select, groups, filters, choices.themes)
        before = await talk_of(select, groups, filters.before, choices.themes) if filters.before else None
    return cells_of(now, before, filters, choices.themes, Tree(choices.themes).tops if detailed else [])


def faults(cells: Cells) -> list[str]:
    """The relations that do not hold."""
    found = []
    for relation in cells.relations:
        whole = cells.counts[relation.whole]
        if isinstance(relation, Overlap):
            for pair, *parts in relation.pairs:
                for part in parts:
                    if not cells.people[pair] <= cells.people[part] <= cells.people[relation.whole]:
                        found.append(f"{pair} {part}")
            alone = sum(cells.counts[part].posts for part in relation.parts)
            shared = sum(cells.counts[pair].posts for pair, *_ in relation.pairs)
            if relation.complete and not alone - shared <= whole.posts <= alone:
                found.append(f"{relation.whole} by its overlaps")
            continue
        for measure in MEASURES:
            parts = [getattr(cells.counts[part], measure) for part in relation.parts]
            all = getattr(whole, measure)
            if (
                max(parts) > all
                or (relation.covers and all > sum(parts))
                or (measure in relation.sums and all != sum(parts))
            ):
                found.append(f"{relation.whole} {measure}: {all} of {parts}")
        people = frozenset().union(*(cells.people[part] for part in relation.parts))
        if not people <= cells.people[relation.whole] or (relation.covers and people != cells.people[relation.whole]):
            found.append(f"{relation.whole} people")
    return found


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_told_holds(forum, seed):
    await random_talk(seed)
    chance = random.Random(seed)
    choices = await choices_for(await cast.user("tom"))
    for _ in range(6):
        words = random_filters(chance, choices)
        assert faults(await cells_for(forum, words)) == [], words
        assert faults(await cells_for(forum, words, detailed=False)) == [], words


async def test_each_cell_hangs_together_with_another(forum):
    await random_talk(1)
    cells = await cells_for(forum, {"from": "2026-04", "to": "2026-06"})
    tied = {("base",)}
    for relation in cells.relations:
        if isinstance(relation, Relation):
            tied |= {relation.whole, *relation.parts}
    alone = {key for key in cells.counts if key not in tied}
    tops = {theme.id for theme in Tree((await choices_for(await cast.user("tom"))).themes).tops}
    assert all(key[0] == "before" and key[1] in tops for key in alone)  # those without children


async def test_sums_are_told_where_they_are_exact(forum):
    people = await councillors(12, 6)
    for person in people:
        await say(person, "finance", "FIN-1", "HOU-1")
    stays = await cells_for(forum, {"group": "finance"})
    [fin] = [key for key in stays.counts if key[0] == "theme" and stays.counts[key].posts and _told(stays, key)][:1]
    told = _told(stays, fin)
    assert told["month"] == (True, {"posts"})
    assert told["region"] == told["type"] == (True, {"posts", "people", "councils"})
    assert told["pair"] == (False, set())
    assert told["theme"] == (True, set())  # children, and nobody tagged the parent itself
    await say(people[0], "finance", "FIN")
    people[0].council_id = (await _elsewhere(people[0].council_id)).id
    await say(people[0], "finance", "FIN")
    moved = await cells_for(forum, {"group": "finance"})
    told = _told(moved, fin)
    assert told["theme"] == (False, set())
    assert told["region"] == told["type"] == (True, {"posts", "councils"})
    whole = {relation.whole: relation for relation in moved.relations if isinstance(relation, Relation)}
    assert whole["tagged",].covers and not whole["base",].covers
    [overlap] = [relation for relation in moved.relations if isinstance(relation, Overlap)]
    assert overlap.complete and len(overlap.pairs) == 1 and len(overlap.parts) == 2


def _told(cells: Cells, whole: tuple) -> dict[str, tuple[bool, set[str]]]:
    return {
        str(relation.parts[0][0]): (relation.covers, set(relation.sums))
        for relation in cells.relations
        if isinstance(relation, Relation) and relation.whole == whole
    }


async def _elsewhere(council_id: int) -> Council:
    here = await Council.get(id=council_id)
    return await Council.exclude(region=here.region).exclude(type=here.type).first()


def test_months_go_on_over_the_turn_of_the_year():
    assert [f"{month:%Y-%m}" for month in months_between(date(2025, 11, 1), date(2026, 2, 1))] == [
        "2025-11",
        "2025-12",
        "2026-01",
        "2026-02",
    ]
    assert list(months_between(None, None)) == []
