"""Things to do later: each once, whatever goes down meanwhile, and nothing waits for them."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from forum.actions import action, jobs
from forum.actions.jobs import MOST_ATTEMPTS, Hopeless, Worker, claim_job, clear_jobs, do_one, put_job
from forum.context import Forum
from forum.models import Job


@action
async def put(forum: Forum, key: str, run_at=None, **payload) -> None:
    async with forum.write():
        await put_job(forum, "count", key, payload, run_at)


def advance(forum: Forum, **time: float) -> None:
    clock = forum.clock
    forum.clock = lambda: clock() + timedelta(**time)


class Counting:
    """What was done how often; it fails as often as it is told."""

    def __init__(self, *faults: Exception) -> None:
        self.done: Counter[str] = Counter()
        self.faults = list(faults)

    async def __call__(self, forum: Forum, job: jobs.Claimed) -> None:
        await asyncio.sleep(0.001)
        self.done[job.key] += 1
        if self.faults:
            raise self.faults.pop(0)


async def test_a_job_is_done_once_and_what_it_carried_is_emptied(forum):
    count = Counting()
    await put(forum, "tea", secret="abc")
    await put(forum, "tea", secret="def")
    assert '"abc"' in (await Job.get()).payload
    assert await do_one(forum, {"count": count})
    assert not await do_one(forum, {"count": count})
    job = await Job.get()
    assert (count.done, job.payload, job.done_at is None) == (Counter(tea=1), "{}", False)
    await put(forum, "tea")  # the same thing, later: it was done
    assert not await do_one(forum, {"count": count})


async def test_what_is_put_into_a_transaction_that_fails_is_not_there(forum):
    @action
    async def fail(forum):
        async with forum.write():
            await put_job(forum, "count", "tea", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail(forum)
    assert not await Job.exists()


async def test_a_job_waits_for_its_time(forum):
    await put(forum, "later", forum.clock() + timedelta(hours=1))
    count = Counting()
    assert not await do_one(forum, {"count": count})
    advance(forum, hours=1, seconds=1)
    assert await do_one(forum, {"count": count})


async def test_twenty_workers_do_each_job_once(forum):
    count = Counting()
    for number in range(30):
        await put(forum, f"job {number}")

    async def work():
        misses = 0
        while misses < 3:  # on PostgreSQL a worker that came second to one job finds the next by asking again
            misses = 0 if await do_one(forum, {"count": count}) else misses + 1

    await asyncio.gather(*(work() for _ in range(20)))
    assert len(count.done) == 30 and set(count.done.values()) == {1}


async def test_a_failing_job_is_tried_again_ever_later_and_given_up_at_last(forum):
    count, waits = Counting(*[OSError()] * MOST_ATTEMPTS), []
    await put(forum, "tea", secret="abc")
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert await do_one(forum, {"count": count})
        assert not await do_one(forum, {"count": count}), "not at once"
        job = await Job.get()
        assert job.attempts == attempt
        if attempt < MOST_ATTEMPTS:
            waits.append(job.run_at - forum.clock())
            assert job.failed_at is None and "abc" in job.payload
            advance(forum, minutes=2**attempt, seconds=1)
    assert job.failed_at is not None and job.payload == "{}"
    assert waits == sorted(waits) and waits[-1] > timedelta(hours=8)
    advance(forum, days=2)
    assert not await do_one(forum, {"count": count})
    assert count.done == Counter(tea=MOST_ATTEMPTS)


@pytest.mark.parametrize("handlers", [{"count": Counting(Hopeless())}, {}], ids=["hopeless", "unknown kind"])
async def test_what_can_never_be_done_is_given_up_at_once(forum, handlers):
    await put(forum, "tea")
    assert await do_one(forum, handlers)
    job = await Job.get()
    assert (job.failed_at is None, job.attempts) == (False, 1)


async def test_what_a_dead_worker_had_in_hand_is_done_by_another(forum):
    await put(forum, "tea")
    assert await claim_job(forum)
    count = Counting()
    assert not await do_one(forum, {"count": count})
    advance(forum, minutes=11)
    assert await do_one(forum, {"count": count})
    assert count.done == Counter(tea=1)


async def test_a_job_that_takes_the_service_down_each_time_is_given_up(forum):
    await put(forum, "poison")
    for _ in range(MOST_ATTEMPTS):
        assert await claim_job(forum)
        advance(forum, minutes=11)
    count = Counting()
    assert await do_one(forum, {"count": count})
    assert not count.done
    assert (await Job.get()).failed_at is not None


async def test_what_was_done_long_ago_is_forgotten_and_nothing_else(forum):
    await put(forum, "done")
    await do_one(forum, {"count": Counting()})
    await put(forum, "given up")
    await do_one(forum, {})
    await put(forum, "waiting", forum.clock() + timedelta(days=30))
    advance(forum, days=6)
    await clear_jobs(forum)
    assert await Job.all().count() == 3
    advance(forum, days=2)
    await clear_jobs(forum)
    assert [job.key for job in await Job.all()] == ["waiting"]


async def test_a_worker_does_what_comes_and_stops_when_it_is_told(forum, monkeypatch):
    monkeypatch.setattr(jobs, "ASK_EVERY", 0.02)
    monkeypatch.setattr(jobs, "CLEARED_EVERY", 0.02)
    count = Counting()
    worker = Worker(forum, {"count": count})
    worker.start()
    await put(forum, "tea")
    async with asyncio.timeout(10):
        while not await Job.exclude(done_at=None).exists():
            await asyncio.sleep(0.01)
        advance(forum, days=8)
        while await Job.exists():
            await asyncio.sleep(0.01)
    await worker.stop()
    await put(forum, "after")
    await asyncio.sleep(0.1)
    assert count.done == Counter(tea=1)


async def test_a_job_in_hand_is_done_to_its_end_before_the_service_stops(forum):
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), []

    async def take_long(forum, job):
        begun.set()
        await go_on.wait()
        ended.append(job.key)

    await put(forum, "tea")
    worker = Worker(forum, {"count": take_long})
    worker.start()
    await asyncio.wait_for(begun.wait(), 10)
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0.05)
    go_on.set()
    await stopping
    assert ended == ["tea"]
    assert (await Job.get()).done_at is not None


async def test_a_job_that_does_not_end_is_cut_off_and_done_another_time(forum, monkeypatch):
    monkeypatch.setattr(jobs, "TO_THE_END", 0.05)
    begun = asyncio.Event()

    async def hang(forum, job):
        begun.set()
        await asyncio.Event().wait()

    await put(forum, "tea")
    worker = Worker(forum, {"count": hang})
    worker.start()
    await asyncio.wait_for(begun.wait(), 10)
    await asyncio.wait_for(worker.stop(), 10)
    advance(forum, minutes=11)
    count = Counting()
    assert await do_one(forum, {"count": count})
