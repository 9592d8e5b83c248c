"""Signing in: one answer for everybody who may not, and nothing in the database that could sign anybody in."""

import hashlib
from datetime import timedelta

import pytest

from forum.models import Person, Session
from forum.web.sign_in import safe_next
from tests.cast import PASSWORD, Browser, new_key, thread_in
from tests.conftest import with_settings

WRONG = "The address and the password do not belong together."


async def sign_in(browser: Browser, name: str, password: str = PASSWORD, **fields: str):
    return await browser.send_form("/sign-in", email=f"{name}@demo.example", password=password, **fields)


def advance(forum, **time: float) -> None:
    clock = forum.clock
    forum.clock = lambda: clock() + timedelta(**time)


async def test_amina_signs_in_and_lands_on_the_page_she_asked_for(signed_in):
    stranger = await signed_in(None)
    thread = await thread_in("adult-social-care")
    sent_away = await stranger.get(f"/threads/{thread.id}?page=1")
    assert sent_away.status_code == 303
    assert sent_away.headers["location"] == f"/sign-in?next=/threads/{thread.id}%3Fpage%3D1"
    form = await stranger.get(sent_away.headers["location"])
    assert f'name="next" value="/threads/{thread.id}?page=1"' in form.text
    answer = await sign_in(stranger, "amina", next=f"/threads/{thread.id}?page=1")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/threads/{thread.id}?page=1")
    assert (await stranger.get(answer.headers["location"])).status_code == 200


async def test_who_is_signed_in_is_sent_on_from_the_form(signed_in):
    amina = await signed_in("amina")
    answer = await amina.get("/sign-in?next=/groups")
    assert (answer.status_code, answer.headers["location"]) == (303, "/groups")


async def test_an_address_may_be_typed_in_capitals_and_with_spaces(signed_in):
    stranger = await signed_in(None)
    answer = await stranger.send_form("/sign-in", email="  AMINA@Demo.Example ", password=PASSWORD)
    assert answer.status_code == 303


async def test_unknown_wrong_suspended_and_without_password_get_the_same_page(forum, signed_in, without_chance):
    await Person.filter(email="olu@demo.example").update(suspended_at=forum.clock())
    await Person.filter(email="eve@demo.example").update(password_hash=None)
    stranger, pages = await signed_in(None), set()
    for name in "nobody", "amina", "olu", "eve":
        right = name in ("olu", "eve")
        answer = await sign_in(stranger, name, PASSWORD if right else "wrong password")
        assert (answer.status_code, "set-cookie" in answer.headers) == (422, False)
        assert WRONG in answer.text
        pages.add(without_chance(answer).replace(f"{name}@", "NAME@"))
    assert len(pages) == 1


async def test_an_unknown_address_costs_the_same_hash(forum, signed_in, monkeypatch):
    verified = []
    verify = forum.passwords._hasher.verify
    monkeypatch.setattr(
        type(forum.passwords._hasher), "verify", lambda self, *words: verified.append(words) or verify(*words)
    )
    stranger = await signed_in(None)
    await sign_in(stranger, "nobody", "wrong password")
    await sign_in(stranger, "amina", "wrong password")
    assert len(verified) == 2
    assert verified[0][0] != verified[1][0]  # the dummy, then Amina's


async def test_only_the_hash_of_a_token_is_kept(signed_in):
    amina = await signed_in("amina")
    token = amina.cookies["session"]
    [session] = await Session.filter(person__email="amina@demo.example")
    assert len(token) >= 43
    assert session.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(await Session.all().values())
    assert "127.0.0.1" not in str(await Session.all().values())


async def test_signing_in_again_gives_a_new_token_and_ends_the_old_session(app, signed_in):
    amina = await signed_in("amina")
    old = amina.cookies["session"]
    assert (await sign_in(amina, "amina")).status_code == 303
    assert amina.cookies["session"] != old
    assert (await amina.get("/groups")).status_code == 200
    thief = await signed_in(None)
    thief.cookies.set("session", old)
    assert (await thief.get("/groups")).status_code == 303


async def test_a_token_that_a_stranger_brought_is_not_taken_over(signed_in):
    browser = await signed_in(None)
    browser.cookies.set("session", "chosen-by-an-attacker", domain="127.0.0.1", path="/")
    answer = await sign_in(browser, "amina")
    assert "chosen-by-an-attacker" not in answer.headers["set-cookie"]


async def test_signing_out_ends_the_session_not_only_the_cookie(signed_in):
    amina = await signed_in("amina")
    token = amina.cookies["session"]
    answer = await amina.send_form("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert 'session=""' in answer.headers["set-cookie"]
    assert answer.headers["clear-site-data"] == '"storage"'
    amina.cookies.set("session", token)
    assert (await amina.get("/groups")).status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", "é", "a" * 5000, "__Host-session"])
async def test_a_made_up_cookie_signs_nobody_in(signed_in, cookie):
    stranger = await signed_in(None)
    answer = await stranger.get("/groups", headers={"cookie": f"session={cookie}".encode()})
    assert answer.status_code == 303


@with_settings(sessions={"idle_hours": 3, "absolute_hours": 10})
async def test_a_session_ends_when_it_sat_idle(forum, signed_in):
    amina = await signed_in("amina")
    advance(forum, hours=2)
    assert (await amina.get("/groups")).status_code == 200
    advance(forum, hours=2)  # idle for two hours only, because it was used in between
    assert (await amina.get("/groups")).status_code == 200
    advance(forum, hours=3, minutes=1)
    assert (await amina.get("/groups")).status_code == 303


@with_settings(sessions={"idle_hours": 3, "absolute_hours": 10})
async def test_a_session_ends_however_often_it_is_used(forum, signed_in):
    amina = await signed_in("amina")
    for _ in range(9):
        advance(forum, hours=1)
        assert (await amina.get("/groups")).status_code == 200
    advance(forum, hours=1, minutes=1)
    assert (await amina.get("/groups")).status_code == 303


def cookies_of(answer) -> dict[str, set[str]]:
    """The attributes of each cookie that an answer sets, by the cookie's name."""
    found = {}
    for cookie in answer.headers.get_list("set-cookie"):
        name, *attributes = cookie.split("; ")
        found[name.split("=")[0]] = {attribute.lower() for attribute in attributes}
    return found


async def test_the_cookies_on_loopback(signed_in):
    browser = await signed_in(None)
    attributes = {"httponly", "path=/", "samesite=lax"}
    assert cookies_of(await sign_in(browser, "amina")) == {
        "session": attributes | {"max-age=2592000"},
        "device": attributes | {"max-age=31536000"},
    }


@with_settings(site={"url": "https://hub.example.org"})
async def test_the_cookies_over_https(signed_in):
    browser = await signed_in(None)
    attributes = {"httponly", "path=/", "samesite=lax", "secure"}
    assert cookies_of(await sign_in(browser, "amina")) == {
        "__Host-session": attributes | {"max-age=2592000"},
        "__Host-device": attributes | {"max-age=31536000"},
    }
    assert (await browser.get("/groups")).status_code == 200
    dropped = (await browser.send_form("/sign-out")).headers["set-cookie"]
    assert dropped.startswith('__Host-session="";')
    assert "secure" in dropped.lower()


async def test_signing_out_keeps_what_shows_that_the_browser_is_known_and_that_signs_nobody_in(signed_in):
    amina = await signed_in("amina")
    device = amina.cookies["device"]
    await amina.send_form("/sign-out")
    assert dict(amina.cookies) == {"device": device}
    assert (await amina.get("/groups")).status_code == 303


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("", "/"),
        ("/", "/"),
        ("/groups?page=2", "/groups?page=2"),
        ("/threads/7#post-8", "/threads/7#post-8"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/groups\\@evil.example", "/"),
        ("https://evil.example", "/"),
        ("https:evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("evil.example", "/"),
        (" //evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("/groups\r\nSet-Cookie: a=b", "/"),
        ("/%0d%0aSet-Cookie:%20a=b", "/%0d%0aSet-Cookie:%20a=b"),  # still encoded, so it stays a path
        ("/%2f%2fevil.example", "/%2f%2fevil.example"),
        ("@evil.example", "/"),
    ],
)
async def test_next_stays_on_this_site(target, goes_to):
    assert safe_next(target) == goes_to


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example", "/x\r\nset-cookie: a=b"]
)
async def test_a_foreign_next_goes_home(signed_in, target):
    browser = await signed_in(None)
    answer = await sign_in(browser, "amina", next=target)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/sign-in", params={"next": target})).headers["location"] == "/"


@with_settings(passwords={"memory_kib": 16})
async def test_a_hash_that_is_too_weak_by_now_is_replaced_at_sign_in(signed_in):
    before = (await Person.get(email="amina@demo.example")).password_hash
    amina = await signed_in("amina")
    after = (await Person.get(email="amina@demo.example")).password_hash
    assert ("m=8," in before, "m=16," in after) == (True, True)
    assert (await sign_in(amina, "amina")).status_code == 303


@pytest.mark.parametrize("field", ["email", "password", "next"])
@pytest.mark.parametrize("words", ["a\0b", "a" * 200_000, "e\u0301" * 40_000, "🦆", "' OR 1=1 --"])
async def test_nonsense_in_the_form_is_refused_in_words(signed_in, field, words):
    browser = await signed_in(None)
    answer = await browser.send_form(
        "/sign-in", **{"email": "amina@demo.example", "password": "wrong password", field: words}
    )
    assert answer.status_code in (413, 422)
    assert "<h1" in answer.text or answer.status_code == 413
    assert (await sign_in(browser, "amina")).status_code == 303


async def test_a_suspended_person_is_signed_out_at_once(forum, signed_in):
    amina = await signed_in("amina")
    await Person.filter(email="amina@demo.example").update(suspended_at=forum.clock())
    assert (await amina.get("/groups")).status_code == 303
    thread = await thread_in("adult-social-care")
    assert (await amina.send_form(f"/threads/{thread.id}/posts", body="Still here", key=new_key())).status_code == 303
