"""Everybody on every route: the matrix of rights holds, and what is not yours is answered like what is not there, byte
for byte and with the same queries."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgi_lifespan import LifespanManager
from httpx2 import Response
from starlette.exceptions import HTTPException
from starlette.routing import Route

from forum.actions.groups import remove_member_by_email
from forum.app import PRIVATE, PUBLIC, create_app
from forum.context import Forum, open_forum
from forum.database import transaction
from forum.models import Session
from tests.cast import EVERYONE, PASSWORD, Browser, new_key
from tests.conftest import Databases, settings_for
from tests.matrix import FORM, HIDDEN, OF_A_GROUP, PLACES, RIGHTS, expected, is_inside, names_of
from tests.matrix_world import build_matrix, things_in
from tests.statements import statements

ROUTES = [(route, name) for route in [*PRIVATE, *PUBLIC] if isinstance(route, Route) for name in names_of(route)]
NAMED = [(route, name) for route, name in ROUTES if name in RIGHTS]  # the first test is about the others
UNDONE = 418
MALLORY = "mallory"
FORMS = FORM, {}, {"body": "x" * 10_001}, {"revision": "nonsense", "start": "9"}
WORDS = {200: "see", 303: "on", 403: "no", 404: "none", 422: "may", UNDONE: "may"}
UPLOADS = {
    "/codebook/import": b"tag,description\nCarers,Who cares\n",
    "/invite/list": b"new@leeds.example,New,Leeds\n",
    "/groups/{slug:slug}/invite/list": b"new@leeds.example,New,Leeds\n",
}


def test_the_matrix_names_every_route_and_no_other():
    names = {name for _, name in ROUTES}
    assert RIGHTS.keys() ^ names == set()


@pytest.fixture
def matrix_url(databases: Databases) -> Iterator[str]:
    """A database with something of each kind in each group."""
    url = databases.copy(build_matrix)
    yield url
    databases.drop(url)


@pytest.fixture
async def open_browser(matrix_url, tmp_path, letters_by_hand):
    """`async with open_browser("amina")`: her browser on a service of its own."""

    @asynccontextmanager
    async def opened(name: str) -> AsyncIterator[Browser]:
        sections = {"site": {"style_page": True}, "sign_in": {"second_factor": False, "tries_per_account": 1000}}
        async with open_forum(settings_for(matrix_url, tmp_path, **sections)) as forum:
            entered = create_app(forum)
            async with LifespanManager(entered), Browser(entered, forum.settings.site.url) as browser:
                email = f"{'bethan' if name == MALLORY else name}@demo.example"
                answer = await browser.send_form("/sign-in", email=email, password=PASSWORD)
                assert answer.status_code == 303
                await Session.filter(ended_at=None).update(factor_at=forum.clock())  # they have passkeys
                for slug in ("finance", HIDDEN) if name == MALLORY else ():
                    await remove_member_by_email(forum, slug, email, "She left her council")
                yield browser

    return opened


@asynccontextmanager
async def undone(forum: Forum, wake: object = ()) -> AsyncIterator[None]:
    """In the place of Forum.write: who may write is told so, and all stays as it was for the next question."""
    async with transaction():
        yield
        raise HTTPException(UNDONE)


async def ask(browser: Browser, route: Route, name: str, things: dict[str, object], form: Any = FORM) -> Response:
    address = re.sub(r"{(\w+)(:\w+)?}", lambda found: str(things[found[1]]), route.path)
    if name.startswith("GET "):
        return await browser.get(address)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Forum, "write", undone)
        if upload := UPLOADS.get(route.path):
            files = {"file": ("lines.csv", upload)}
            return await browser.post(address, data={"key": new_key()}, files=files, headers={"origin": browser.site})
        return await browser.act(address, **form)


async def things_for(person: str) -> dict[str | None, dict[str, object]]:
    """What there is in each of the places that they are asked about; None for nothing."""
    places = (*PLACES[person], HIDDEN, None)
    return {place: await things_in(place, person, is_inside(person, place)) for place in places}


@pytest.mark.parametrize("person", EVERYONE)
async def test_everybody_gets_what_the_matrix_says(open_browser, person):
    async with open_browser(person) as browser:
        places = await things_for(person)
        wrong = []
        for route, name in NAMED:
            for place, things in [*places.items()] if route.param_convertors else [*places.items()][:1]:
                status = (await ask(browser, route, name, things)).status_code
                if WORDS.get(status, status) != expected(name, person, place):
                    wrong.append(f"{name} of {place}: {status}, not {expected(name, person, place)}")
        assert wrong == []


@pytest.fixture
def queries() -> Iterator[list[str]]:
    with statements() as sent:
        yield sent


@pytest.mark.parametrize("person", ["eve", "olu", "sam", "tom", "priya", "mallory"])
async def test_what_is_not_yours_takes_the_queries_of_what_is_not_there(open_browser, queries, without_chance, person):
    """So that neither words nor time tell the two apart, whatever form is sent. Mallory is Bethan, who was removed this
    morning."""

    async with open_browser(person) as browser:
        places = await things_for(person)

        async def answer(route: Route, name: str, place: str | None, form: dict[str, str]) -> tuple[str, list[str]]:
            queries.clear()
            text = without_chance(await ask(browser, route, name, places[place], form))
            return text, [*queries]

        compared, different = 0, []
        for route, name in NAMED:
            for place in places:
                if place is None or is_inside(person, place) or not OF_A_GROUP & set(route.param_convertors):
                    continue
                if expected(name, person, place) != expected(name, person, None):
                    continue
                for form in [FORM] if name.startswith("GET ") else FORMS:
                    compared += 1
                    theirs, nothing = [await answer(route, name, one, form) for one in (place, None)]
                    if theirs != nothing:
                        pairs = zip(theirs, nothing, strict=True)
                        different.append((name, place, *(pair for pair in pairs if pair[0] != pair[1])))
        assert different == []
        assert compared > 100


@pytest.mark.parametrize("person", ["amina", "ruth", "tom", "priya"])
async def test_to_look_changes_nothing_but_the_log_of_who_looked(open_browser, queries, person):
    async with open_browser(person) as browser:
        own = (await things_for(person))[PLACES[person][0]]
        for route, name in NAMED:
            if name.startswith("GET "):
                queries.clear()
                await ask(browser, route, name, own)
                changes = [query for query in queries if not query.startswith(("SELECT", "WITH"))]
                assert all("audit_" in query for query in changes), (name, changes)
