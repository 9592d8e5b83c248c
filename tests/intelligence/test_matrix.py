"""The framework's counts, compared with a recount over all rows."""

import random

import pytest

from forum.intelligence.disclosure import Counts, Rule
from forum.intelligence.filters import choices_for, read_filters
from forum.intelligence.matrix import matrix_of
from tests import cast
from tests.intelligence.test_summary import SLUGS, all_rows, by_code, chosen_posts, three
from tests.intelligence.worlds import RULE, random_filters, random_talk


@pytest.mark.parametrize("seed", range(3))
async def test_every_cell_equals_a_recount_of_all_rows(forum, seed):
    await random_talk(seed)
    world, chance = await all_rows(), random.Random(seed)
    hid = 0
    for name in ("tom", "ruth") * 4:
        choices = await choices_for(await cast.user(name))
        words = random_filters(chance, choices)
        filters = read_filters(words, choices)
        async with forum.database.reader() as select:
            plain = await matrix_of(select, choices, filters, Rule(people=0, councils=0))
            safe = await matrix_of(select, choices, filters, RULE)
        themes = by_code(world, chosen_posts(world, SLUGS[name], words), words)
        assert [place.name for place in plain.places if place.thread_id is None] == (
            [] if filters.group else [group.name for group in choices.groups]
        )
        groups = {group.slug: group.id for group in choices.groups}
        expected: dict[tuple[int, int], Counts] = {}
        for theme, total in plain.totals:
            posts = themes[theme.code]
            assert total == Counts(*three(posts))
            for post in posts:
                place = post.thread_id if filters.group else groups[world.slugs[post.thread_id]]
                mine = [it for it in posts if place in (it.thread_id, groups.get(world.slugs[it.thread_id]))]
                expected[place, theme.id] = Counts(*three(mine))
        assert plain.cells == expected
        assert {place.id for place in plain.places} >= {place for place, _ in expected}
        for key, counts in safe.cells.items():
            assert counts.hidden or counts == expected[key]
            assert counts.hidden or (counts.people >= 5 and counts.councils >= 3)
            hid += counts.hidden
    assert hid > 20
