"""What a stranger says about where they come from, or which browser they are, is not believed."""

import pytest

from forum.cli.serve import server_config
from forum.models import Person, Session
from tests.cast import PASSWORD, Browser
from tests.conftest import with_settings

PROXY = "10.0.0.1"
WRONG = {"email": "amina@demo.example", "password": "a wrong password"}
fewer_tries = with_settings(
    sign_in={"second_factor": False, "tries_per_account": 3}, site={"url": "http://127.0.0.1:8000", "proxies": PROXY}
)


@pytest.fixture
def served(app):
    """The app as the server runs it, with what it makes of forwarded headers."""
    config = server_config(app, app.forum.settings)
    config.load()
    return config.loaded_app


async def try_from(served, app, address: str, **headers: str) -> int:
    async with Browser(served, app.forum.settings.site.url, address) as browser:
        answer = await browser.post("/sign-in", data=WRONG, headers={"origin": browser.site, **headers})
        assert "set-cookie" not in answer.headers
        return answer.status_code


@fewer_tries
async def test_a_stranger_gets_no_new_tries_by_saying_to_be_somewhere_else(served, app):
    names = "x-forwarded-for", "x-real-ip", "forwarded", "client-ip"
    statuses = [
        await try_from(served, app, "192.0.2.1", **{name: f"198.51.100.{number}" for name in names})
        for number in range(8)
    ]
    assert statuses == [422] * 3 + [429] * 5


@fewer_tries
async def test_what_the_proxy_says_is_believed(served, app):
    """Each of these is a place that has not tried yet: it gets the two tries of its own."""
    statuses = [
        await try_from(served, app, PROXY, **{"x-forwarded-for": f"198.51.100.{number}"}) for number in range(8)
    ]
    assert statuses == [422] * 8


@fewer_tries
@pytest.mark.parametrize("name", ["x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix", "x-original-url"])
async def test_no_header_of_a_stranger_changes_an_address_or_a_cookie(served, app, without_chance, name):
    async with Browser(served, app.forum.settings.site.url, "192.0.2.1") as browser:
        plain, told = [
            await browser.post(
                "/sign-in",
                data={"email": "amina@demo.example", "password": PASSWORD, "next": "/groups"},
                headers={"origin": browser.site, **headers},
            )
            for headers in ({}, {name: "https"})
        ]
        assert (told.status_code, told.headers["location"]) == (303, "/groups")
        assert [cookie.split("=")[0] for cookie in told.headers.get_list("set-cookie")] == [
            cookie.split("=")[0] for cookie in plain.headers.get_list("set-cookie")
        ]
        assert "Secure" not in told.headers["set-cookie"]


async def test_of_two_session_cookies_neither_makes_somebody_else(signed_in, app):
    """Whoever plants a cookie beside hers signs her out at most: nobody becomes somebody by two halves."""
    amina, eve = await signed_in("amina"), await signed_in("eve")
    hers, other = amina.cookies["session"], eve.cookies["session"]
    stranger = await signed_in(None)
    for cookies, names in (
        (f"session={hers}; session=made-up", {"Amina", None}),
        (f"session=made-up; session={hers}", {"Amina", None}),
        (f"session={hers}; session={other}", {"Amina", "Eve"}),
        (f"session={hers[:20]}; session={hers[20:]}", {None}),
        (f"session={hers},session={other}", {None}),
        ("session=" + "x" * 6000, {None}),
        ("session=\u00e9\u0000", {None}),
    ):
        answer = await stranger.get("/account", headers={"cookie": cookies.encode("latin-1")})
        assert answer.status_code in (200, 303), cookies
        found = next((name for name in ("Amina", "Eve") if answer.status_code == 200 and name in answer.text), None)
        assert found in names, cookies
    assert await Session.filter(person_id=(await Person.get(email="amina@demo.example")).id).count() == 1
