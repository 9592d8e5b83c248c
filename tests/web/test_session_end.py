"""A session's end: known to the minute, put off by one press, and never put off by asking."""

import re
from datetime import datetime, timedelta

import pytest

from forum.models import Session
from forum.web.rendering import moment
from tests.cast import PASSWORD
from tests.conftest import with_settings
from tests.web.test_pages import check_page
from tests.web.test_sign_in import advance

SHORT = with_settings(sessions={"idle_hours": 3, "absolute_hours": 10})
JSON = {"accept": "application/json"}


def ends(text: str) -> tuple[datetime, datetime]:
    """When a page says that its session ends, and when in any case."""
    [found] = re.findall('data-session-ends="([^"]+)" data-session-last="([^"]+)"', text)
    return datetime.fromisoformat(found[0]), datetime.fromisoformat(found[1])


def near(time: datetime, other: datetime) -> bool:
    return abs(time - other) <= timedelta(seconds=5)


async def session_of(name: str) -> Session:
    return await Session.get(person__email=f"{name}@demo.example", ended_at=None)


@SHORT
async def test_every_page_says_when_its_session_ends(forum, signed_in):
    amina = await signed_in("amina")
    begun = forum.clock()
    idle, last = ends((await amina.get("/")).text)
    assert near(idle, begun + timedelta(hours=3)) and near(last, begun + timedelta(hours=10))
    advance(forum, hours=2)
    for page in "/groups", "/nowhere", "/accessibility", "/appearance":
        idle, last = ends((await amina.get(page)).text)  # asking for a page has put the end off
        assert near(idle, begun + timedelta(hours=5)) and near(last, begun + timedelta(hours=10)), page
    for hours in 2, 2, 2:
        advance(forum, hours=hours)
        idle, last = ends((await amina.get("/")).text)
    assert idle == last and near(last, begun + timedelta(hours=10))
    assert "data-session" not in (await (await signed_in(None)).get("/sign-in")).text


@SHORT
async def test_what_the_page_says_is_when_it_ends(forum, signed_in):
    """Also within the minutes in which a use of the session is not noted afresh."""
    amina = await signed_in("amina")
    await amina.get("/")
    advance(forum, minutes=4)
    idle, _ = ends((await amina.get("/")).text)
    advance(forum, seconds=(idle - forum.clock()).total_seconds() - 2)
    assert (await amina.get("/stay-signed-in")).json()["left"] <= 3
    advance(forum, seconds=4)
    assert (await amina.get("/")).status_code == 303


@SHORT
async def test_amina_stays_by_a_press(forum, signed_in):
    amina = await signed_in("amina")
    advance(forum, hours=2, minutes=55)
    now = forum.clock()
    answer = await amina.post("/stay-signed-in", headers=JSON | {"origin": amina.site})
    told = answer.json()
    assert told.keys() == {"ends", "last", "left"}
    assert near(datetime.fromisoformat(told["ends"]), now + timedelta(hours=3))
    assert near(datetime.fromisoformat(told["last"]), now + timedelta(hours=7, minutes=5))
    assert told["left"] == pytest.approx(3 * 3600, abs=5)
    assert near((await session_of("amina")).seen_at, now)
    advance(forum, hours=2, minutes=55)
    assert (await amina.get("/")).status_code == 200


async def test_even_just_after_another_use_staying_is_noted_at_once(forum, signed_in):
    amina = await signed_in("amina")
    advance(forum, minutes=2)
    await amina.send_form("/stay-signed-in")
    assert near((await session_of("amina")).seen_at, forum.clock())


@SHORT
async def test_to_ask_is_not_to_stay(forum, signed_in):
    amina = await signed_in("amina")
    begun = forum.clock()
    for _ in range(5):
        advance(forum, minutes=30)
        answer = await amina.get("/stay-signed-in")
        assert near(datetime.fromisoformat(answer.json()["ends"]), begun + timedelta(hours=3))
    advance(forum, minutes=31)
    answer = await amina.get("/stay-signed-in")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/stay-signed-in")


@pytest.mark.parametrize(
    ("target", "goes_to"), [("/groups?page=2", "/groups?page=2"), ("//evil.example", "/"), ("", "/")]
)
async def test_without_a_script_one_stays_and_comes_back(signed_in, target, goes_to):
    amina = await signed_in("amina")
    answer = await amina.send_form("/stay-signed-in", next=target)
    assert (answer.status_code, answer.headers["location"]) == (303, goes_to)


async def test_nobody_stays_who_is_signed_out_or_sent_by_another_site(signed_in, forum):
    amina = await signed_in("amina")
    before = (await session_of("amina")).seen_at
    advance(forum, minutes=1)
    evil = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert (await amina.post("/stay-signed-in", headers=evil)).status_code == 403
    assert (await session_of("amina")).seen_at == before
    token = amina.cookies["session"]
    await amina.send_form("/sign-out")
    amina.cookies.set("session", token)
    assert (await amina.send_form("/stay-signed-in")).headers["location"] == "/sign-in"
    assert await Session.filter(ended_at=None).count() == 0


@SHORT
async def test_staying_puts_off_no_end_that_comes_in_any_case(forum, signed_in):
    amina = await signed_in("amina")
    for _ in range(9):
        advance(forum, hours=1)
        assert (await amina.get("/")).status_code == 200
    advance(forum, minutes=55)
    told = (await amina.post("/stay-signed-in", headers=JSON | {"origin": amina.site})).json()
    assert told["ends"] == told["last"]
    assert told["left"] == pytest.approx(300, abs=5)
    advance(forum, minutes=6)
    assert (await amina.send_form("/stay-signed-in")).headers["location"] == "/sign-in"


@with_settings(sessions={"idle_hours": 0.05, "absolute_hours": 0.2})
async def test_a_session_of_minutes_lasts_while_it_is_used(forum, signed_in):
    browser = await signed_in(None)
    answer = await browser.send_form("/sign-in", email="amina@demo.example", password=PASSWORD)
    assert "max-age=720" in answer.headers["set-cookie"].lower()
    for _ in range(5):
        advance(forum, minutes=2)
        assert (await browser.get("/")).status_code == 200
    advance(forum, minutes=2, seconds=1)
    assert (await browser.get("/")).status_code == 303


@SHORT
async def test_in_the_last_hour_one_may_sign_in_again_before_the_end(forum, signed_in):
    amina = await signed_in("amina")
    for _ in range(9):
        assert (await amina.get("/sign-in")).status_code == 303  # there is no need yet
        assert "notice session" not in (await amina.get("/groups")).text
        advance(forum, hours=1)
        await amina.get("/")
    advance(forum, minutes=10)
    page = (await amina.get("/groups")).text
    check_page(page)
    assert f"You will be signed out at {moment(ends(page)[1])}." in page
    assert '<a href="/sign-in?next=/groups">Sign in again</a>' in page
    form = await amina.get("/sign-in?next=/groups")
    assert form.status_code == 200
    check_page(form.text)
    answer = await amina.send_form("/sign-in", email="amina@demo.example", password=PASSWORD, next="/groups")
    assert answer.headers["location"] == "/groups"
    _, last = ends((await amina.get("/groups")).text)
    assert near(last, forum.clock() + timedelta(hours=10))
    assert await Session.filter(person__email="amina@demo.example", ended_at=None).count() == 1
