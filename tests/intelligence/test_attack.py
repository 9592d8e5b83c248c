"""Nothing that was hidden can be worked out: what is published is attacked with a solver, and the attacks find faults
that are planted."""

from collections.abc import AsyncIterator

import pytest

from forum.context import Forum, open_forum
from forum.intelligence.cells import Tree, cells_of
from forum.intelligence.counting import month_of, talk_of
from forum.intelligence.disclosure import (
    HIDDEN,
    Counts,
    Relation,
    Rule,
    is_confidential,
    protect,
)
from forum.intelligence.filters import Filters, choices_for, months_later
from forum.intelligence.summary import everything
from tests import cast
from tests.conftest import settings_for
from tests.intelligence.attack import Attack
from tests.intelligence.random_tables import (
    EXACT,
    PAGE,
    RELEASE,
    Tables,
    large_table,
    random_table,
)

TABLES = 200
RARE = [626, 821, 1302, 1422]  # these tell something as soon as one kind of knowledge is forgotten


def attack(printed: dict, table: Tables, rule: Rule, few: list | None = None) -> Attack:
    """The attack of somebody who knows which rows are hidden for what they are: whoever knows less learns less."""
    few = [row for row in table.few(rule) if row in printed] if few is None else few
    attack = Attack(printed, table.relations, rule, few)
    assert attack.fits(table.counts)  # or it would prove nothing
    return attack


@pytest.mark.parametrize("seeds", [*(range(start, start + 10) for start in range(0, TABLES, 10)), RARE])
def test_nothing_hidden_can_be_worked_out_of_random_tables(seeds):
    for seed in seeds:
        table, rule = random_table(seed)
        safe = protect(table.counts, table.relations, rule)
        found = attack(table.printed(safe), table, rule)
        assert found.single() == [], seed
        assert found.small_totals() == [], seed
        assert found.shown_too_few() == [], seed


def test_random_tables_have_much_to_hide_and_keep_much():
    few, hidden, rows = 0, 0, 0
    for seed in range(0, TABLES, 4):
        table, rule = random_table(seed)
        rows += sum(counts.people > 0 for counts in table.counts.values())
        few += len(table.few(rule))
        hidden += sum(counts.hidden for counts in protect(table.counts, table.relations, rule).values())
    assert 0.3 * rows < few < 0.8 * rows
    assert few < hidden < 1.1 * few  # as it stands 1.05: a twentieth more than has to be


@pytest.mark.parametrize("start", range(0, 40, 10))
def test_who_takes_all_hidden_parts_for_few_learns_nothing(start):
    """Some are hidden for the sake of others. It is believed of one family at a time: of all at once it cannot be."""
    for seed in range(start, start + 10):
        table, rule = random_table(seed)
        safe = table.printed(protect(table.counts, table.relations, rule))
        few = set(table.few(rule))
        families = {relation.parts for relation in table.relations if isinstance(relation, Relation)}
        for family in sorted(families):
            hidden = [part for part in family if part in safe and safe[part].hidden]
            if not few.issuperset(hidden):
                assert attack(safe, table, rule, few=hidden).single() == [], (seed, family)


def regions_of(**people: int) -> Tables:
    """One theme by region. Everybody wrote twice, and there are two on each council, or one alone."""
    counts = {name: Counts(2 * number, number, (number + 1) // 2) for name, number in people.items()}
    everybody, councils = sum(people.values()), sum(it.councils for it in counts.values())
    counts["theme"] = Counts(2 * everybody, everybody, councils)
    return Tables(counts, relations=[Relation("theme", tuple(people), True, EXACT)])


def test_attacks_find_that_nothing_was_hidden_for_the_sake_of_others():
    rule, found = Rule(10, 3), 0
    for seed in range(10):
        table = large_table(seed)
        alone = {row: HIDDEN if is_confidential(it, rule) else it for row, it in table.counts.items()}
        found += bool(attack(table.printed(alone), table, rule).single())
    assert found >= 5


def test_an_attack_finds_totals_that_were_to_be_rounded():
    """A fault: the table is protected as though totals were rounded, and then they are printed as they are."""
    table, exact = regions_of(Wales=3, London=4, Kent=22, Essex=30), Rule(10, 1)
    safe = protect(table.counts, table.relations, Rule(10, 1, round_to=5))
    assert {row for row in safe if safe[row].hidden} == {"Wales", "London"}
    assert attack(safe, table, Rule(10, 1, round_to=5)).small_totals() == []  # from five to nine of them
    printed = {row: it if it.hidden else table.counts[row] for row, it in safe.items()}
    assert attack(printed, table, exact).small_totals() == [("theme", "people", 7)]
    assert len([it for it in protect(table.counts, table.relations, exact).values() if it.hidden]) == 3


def test_attacks_find_a_total_that_was_left_in():
    """A fault: a whole that was hidden for the sake of its parts is printed after all."""
    table = regions_of(Wales=0, London=9, Kent=0)
    safe = protect(table.counts, table.relations, PAGE, also={"London"})
    assert safe["theme"].hidden and attack(safe, table, PAGE).single() == []
    left_in = safe | {"theme": table.counts["theme"]}
    told = [("London", "posts", 18), ("London", "people", 9), ("London", "councils", 5)]
    assert attack(left_in, table, PAGE).single() == told
    found, tried = 0, 0
    for seed in range(60):
        table, rule = random_table(seed)
        safe = protect(table.counts, table.relations, rule)
        for whole in sorted({relation.whole for relation in table.relations}):
            counts = table.counts[whole]
            if safe[whole].hidden and not is_confidential(counts, rule):
                tried += 1
                left_in = safe | {whole: Counts(counts.posts, rule.rounded(counts.people), counts.councils)}
                faulty = attack(table.printed(left_in), table, rule)
                found += bool(faulty.single() or faulty.small_totals())
    assert tried >= 3
    assert found == tried


def test_an_attack_finds_a_row_between_two_of_one_size():
    printed = {"all": Counts(20, 12, 9), "theme": HIDDEN, "child": Counts(16, 12, 9)}
    nested = [Relation("all", ("theme",), covers=False), Relation("theme", ("child",), covers=False)]
    told = Attack(printed, nested, PAGE)
    assert told.single() == [("theme", "people", 12), ("theme", "councils", 9)]
    assert told.range("theme", 0) == (16, 20)


def test_an_attack_finds_parts_that_can_only_be_one_each():
    """Why details of a hidden theme do not leave: four regions have somebody, and four is the most that is hidden."""
    table = {region: Counts(3, 1, 1) for region in "NESW"} | {"theme": Counts(12, 4, 4)}
    regions = Relation("theme", tuple("NESW"), True, frozenset({"posts", "people", "councils"}))
    safe = protect(table, [regions], PAGE)
    assert all(counts.hidden for counts in safe.values())
    assert ("theme", "people", 4) in Attack(safe, [regions], PAGE, few=["theme"]).single()
    assert Attack({"theme": HIDDEN}, [regions], PAGE, few=["theme"]).single() == []


def test_an_attack_finds_releases_that_did_not_look_at_each_other():
    """A fault: each release is safe for itself alone. The second hides May, where few spoke, and for its sake April;
    but April stands in the first."""
    months = {"March": Counts(60, 40, 20), "April": Counts(30, 20, 12), "May": Counts(7, 4, 4)}
    spring = Relation("spring", ("March", "April", "May"), covers=True, sums=frozenset({"posts"}))
    counts = months | {"spring": Counts(97, 50, 25)}
    first = {"March": months["March"], "April": months["April"]}
    alone = protect(counts, [spring], RELEASE)
    assert {row for row in alone if alone[row].hidden} == {"April", "May"}
    table = Tables(counts, relations=[spring])
    assert attack(alone, table, RELEASE).single() == []
    assert attack(alone | first, table, RELEASE).single() == [("May", "posts", 7)]
    beside = protect(counts, [spring], RELEASE, known=first)
    assert attack(beside | first, table, RELEASE).single() == []


@pytest.fixture
async def demo(demo_url, tmp_path) -> AsyncIterator[Forum]:
    async with open_forum(settings_for(demo_url, tmp_path)) as forum:
        yield forum


@pytest.mark.parametrize(("narrowed", "rule"), [("", PAGE), ("", RELEASE), ("months", RELEASE), ("region", PAGE)])
async def test_nothing_hidden_can_be_worked_out_of_the_demo(demo, narrowed, rule):
    """All that its summary and the details of all themes tell, as one table."""
    choices = await choices_for(await cast.user("tom"))
    last = month_of(demo.clock())
    filters = {
        "": Filters(),
        "months": Filters(first=months_later(last, -3), last=last),
        "region": Filters(region=choices.regions[-1]),
    }[narrowed]
    async with demo.database.reader() as select:
        talk = await talk_of(select, choices.groups, filters, choices.themes)
        before = filters.before and await talk_of(select, choices.groups, filters.before, choices.themes)
        figures = await everything(select, choices, filters, rule)
    cells = cells_of(talk, before, filters, choices.themes, Tree(choices.themes).tops)
    safe = protect(cells.counts, cells.relations, rule)
    assert figures.cells.items() <= safe.items()  # what it tells is this table, or less
    assert sum(counts.hidden for counts in safe.values()) > 10
    found = attack(figures.cells, Tables(cells.counts, cells.people, cells.relations), rule)
    assert found.single() == []
    assert found.small_totals() == []
    assert found.shown_too_few() == []
