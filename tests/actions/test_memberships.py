"""Memberships that end on a day: told and reminded once, then reading only, then closed, for pages and sockets."""

import asyncio
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from forum.actions import jobs
from forum.actions.groups import add_member
from forum.actions.jobs import Worker, do_one, plan_days
from forum.actions.memberships import remind, set_last_day, set_last_day_as_administrator
from forum.actions.standing import decide
from forum.errors import Invalid, NotAllowed, NotFound
from forum.models import AuditRow, Job, Membership
from tests.cast import new_key, posts_in, thread_in, user
from tests.conftest import with_settings
from tests.post_office import HANDLERS

GROUP = "adult-social-care"
AMINA = "amina@demo.example"


def on_day(forum, days: int) -> None:
    """Let it be so many days later, at the same time of day."""
    now = forum.clock()
    forum.clock = lambda: now + timedelta(days=days)


async def end_in(forum, days: int, who: str = "ruth") -> date:
    day = forum.rules().today + timedelta(days=days)
    await set_last_day(forum, await user(who), GROUP, (await user("amina")).id, day.isoformat(), new_key())
    return day


async def hers() -> Membership:
    return await Membership.get(person__email=AMINA, group__slug=GROUP)


async def run_day(forum) -> None:
    """What the worker does as a day begins."""
    await plan_days(forum, ["reminders"])
    due = await Job.filter(kind="reminders", done_at=None, run_at__lte=forum.clock()).count()
    while await do_one(forum, {"reminders": remind, "letter": HANDLERS["letter"]}):
        pass
    assert due <= 2


def told(forum) -> list[str]:
    """The letters that were put into the folder, as one line each, oldest first."""
    files = sorted((forum.settings.data / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    letters = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
    return [" ".join(f"{letter['To']} {letter['Subject']} {letter.get_content()}".split()) for letter in letters]


@with_settings(sessions={"idle_hours": 99_000, "absolute_hours": 99_000}, groups={"read_only_days": 10})
async def test_after_the_last_day_one_reads_and_then_it_is_closed(forum, signed_in):
    amina, thread = await signed_in("amina"), await thread_in(GROUP)
    page = f"/threads/{thread.id}"
    await end_in(forum, 3)
    assert "The last day of your membership is" in (await amina.get(f"/groups/{GROUP}")).text
    on_day(forum, 3)
    await amina.write(thread.id, "On the last day.")
    on_day(forum, 1)
    assert (await amina.get(page)).status_code == 200
    assert 'name="body"' not in (await amina.get(page)).text
    assert (await amina.act(f"{page}/posts", body="The day after.")).status_code == 403
    assert "Your membership ended on" in (await amina.get(f"/groups/{GROUP}")).text
    on_day(forum, 9)
    assert (await amina.get(page)).status_code == 200
    on_day(forum, 1)
    for address in page, f"{page}/changes?since=0", f"/groups/{GROUP}/members":
        assert (await amina.get(address)).status_code == 404, address
    assert (await amina.act(f"{page}/posts", body="Long after.")).status_code == 404
    assert thread.title not in (await amina.get("/")).text
    ruth = await signed_in("ruth")
    assert "Amina" not in (await ruth.get(f"/groups/{GROUP}/members")).text
    assert len(await posts_in(GROUP)) == 3


@with_settings(groups={"read_only_days": 10})
async def test_each_letter_is_sent_once_and_the_membership_is_closed_for_good(forum):
    await end_in(forum, 40)
    for _ in range(60):
        await run_day(forum)
        on_day(forum, 1)
    letters = [letter for letter in told(forum) if AMINA in letter]
    for number, words in enumerate(
        ("The last day of your", "ends on", "ends on", "You can read there until", "is over")
    ):
        assert words in letters[number], letters[number]
    assert len(letters) == 5
    assert all("Adult social care" in letter for letter in letters)
    membership = await hers()
    assert membership.ended_at is not None and membership.ended_reason == "Its last day has passed."
    rows = await AuditRow.filter(subject_id=membership.person_id, act__in=["set_term", "close_membership"]).order_by(
        "number"
    )
    assert [(row.act, row.actor_id is None) for row in rows] == [("set_term", False), ("close_membership", True)]
    await add_member(forum, GROUP, AMINA, "member")
    membership = await hers()
    assert (membership.ended_at, membership.ends_on, membership.reminded) == (None, None, 0)


@pytest.mark.parametrize(("days", "reminders"), [(5, []), (20, [13]), (31, [1, 24])])
async def test_a_day_that_is_near_is_not_told_twice(forum, days, reminders):
    """The letter that says it is reminder enough; on which days after it the others come."""
    await end_in(forum, days)
    came, number = [], 1
    for later in range(days + 1):
        await run_day(forum)
        if (now := len(told(forum))) > number:
            came.append(later)
            number = now
        on_day(forum, 1)
    assert came == reminders


async def test_a_service_that_was_down_reminds_once_when_it_is_back(forum):
    await end_in(forum, 40)
    await run_day(forum)
    on_day(forum, 36)
    await run_day(forum)
    await run_day(forum)
    assert len(told(forum)) == 2


async def test_a_later_day_gives_the_role_back_and_begins_the_reminders_again(forum, signed_in):
    await end_in(forum, 2)
    on_day(forum, 5)
    amina, thread = await signed_in("amina"), await thread_in(GROUP)
    assert (await amina.act(f"/threads/{thread.id}/posts", body="Too late")).status_code == 403
    await end_in(forum, 100)
    await amina.write(thread.id, "Elected again.")
    assert (await hers()).reminded == 0
    await set_last_day(forum, await user("ruth"), GROUP, (await user("amina")).id, "", new_key())
    assert (await hers()).ends_on is None


async def test_a_suspended_person_gets_no_reminder(forum):
    await end_in(forum, 31)
    await run_day(forum)
    await decide(forum, None, AMINA, "suspend", "")
    on_day(forum, 2)
    await run_day(forum)
    assert [letter for letter in told(forum) if "ends on" in letter] == []


async def test_who_may_set_a_day_and_which(forum):
    amina, gareth, ruth, priya = [await user(name) for name in ("amina", "gareth", "ruth", "priya")]
    day = (forum.rules().today + timedelta(days=9)).isoformat()
    for by, fault in (amina, NotAllowed), (await user("sam"), NotFound), (priya, NotFound), (ruth, None):
        act = set_last_day(forum, by, GROUP, gareth.id, day, new_key())
        if fault is None:
            await act
        else:
            with pytest.raises(fault):
                await act
    for by, slug, fault in (
        (ruth, GROUP, NotAllowed),
        (priya, "whistleblowing", NotFound),  # for her it does not exist
        (priya, "nowhere", NotFound),
        (priya, "finance", None),
    ):
        act = set_last_day_as_administrator(forum, by, slug, gareth.id, day, new_key())
        if fault is None:
            await act
        else:
            with pytest.raises(fault):
                await act
    with pytest.raises(NotFound):
        await set_last_day(forum, ruth, GROUP, (await user("eve")).id, day, new_key())
    with pytest.raises(Invalid, match="your own"):
        await set_last_day(forum, ruth, GROUP, ruth.id, day, new_key())
    yesterday = (forum.rules().today - timedelta(days=1)).isoformat()
    for wrong in yesterday, "9999-01-01", "soon", "2027-02-30", "12027-01-01":
        with pytest.raises(Invalid) as caught:
            await set_last_day(forum, ruth, GROUP, gareth.id, wrong, new_key())
        assert list(caught.value.problems) == ["ends_on"]


async def test_days_are_planned_once(forum):
    for _ in range(3):
        await plan_days(forum, ["reminders"])
    today = forum.rules().today
    planned = await Job.filter(kind="reminders").order_by("run_at")
    assert [job.key for job in planned] == [f"reminders:{today}", f"reminders:{today + timedelta(days=1)}"]
    assert planned[1].run_at > forum.clock()


async def test_the_worker_does_it_each_day_by_itself(forum, monkeypatch):
    monkeypatch.setattr(jobs, "ASK_EVERY", 0.01)
    monkeypatch.setattr(jobs, "CLEARED_EVERY", 0.05)
    await end_in(forum, 0)
    on_day(forum, 1)
    worker = Worker(forum, {"reminders": remind, **HANDLERS}, ["reminders"])
    worker.start()
    try:
        async with asyncio.timeout(20):
            while len(told(forum)) < 2:
                await asyncio.sleep(0.01)
    finally:
        await worker.stop()
    assert "but no longer write" in told(forum)[1]
