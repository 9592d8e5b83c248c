"""Nothing that was hidden can be worked out: what is published is attacked with a solver, and attacks find planted faults."""

import pytest

from forum.intelligence.disclosure import protect
from tests.intelligence.attack import Attack
from tests.intelligence.random_tables import random_table

@pytest.mark.parametrize("start", range(0, 200, 10))
def test_random(start):
    import time
    for seed in range(start, start + 10):
        table, rule = random_table(seed)
        a = time.process_time()
        safe = protect(table.counts, table.relations, rule)
        b = time.process_time()
        attack = Attack(safe, table.relations, rule, few=table.few(rule))
        assert attack.fits(table.counts)
        s1 = attack.single(), attack.small_totals()
        c = time.process_time()
        nz = sum(c.people > 0 for c in table.counts.values())
        print(seed, len(safe), nz, len(table.few(rule)), sum(c.hidden for c in safe.values()), f"{b-a:.3f} {c-b:.3f}", s1)
