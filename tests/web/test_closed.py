"""Closed by default, and what is not yours does not exist."""

import json

import pytest
from starlette.routing import Match, Route, WebSocketRoute

from forum.actions.commitments import commit
from forum.actions.factors import begin_app
from forum.actions.groups import add_member, remove_member_by_email
from forum.actions.releases import PAPER as PARTS
from forum.actions.releases import check_release, draft_release, issue_release, sign_off_release
from forum.actions.second_readings import draw_sample
from forum.actions.taggings import tag_post
from forum.actions.threads import start_thread
from forum.app import PRIVATE, PUBLIC
from forum.models import Passkey, Person, Session, Tagging, Theme
from tests.apps import give_app
from tests.cast import EVERYONE, new_key, posts_in, thread_in, user
from tests.conftest import SITE, with_settings
from tests.sign_ups import waiting_application

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
ROUTES = [route for route in PRIVATE if isinstance(route, Route)]


def address_of(route: Route | WebSocketRoute, **values: object) -> str:
    ids = {name: values.get(name, 1) for name in route.param_convertors}
    return str(
        route.url_path_for(route.name, **(ids | ({"slug": values.get("slug", "finance")} if "slug" in ids else {})))
    )


def test_only_what_must_be_is_public():
    known = {"/sign-in", "/static/{name}", "/appearance", "/accessibility"}
    known |= {"/reset", "/reset/{token}", "/address/{token}", "/sign-up", "/sign-up/{token}"}
    known |= {"/invitations/{token}"}
    known |= {"/sign-in/passkey", "/sign-in/passkey/options"}
    known |= {"/privacy", "/terms"}
    assert {route.path for route in PUBLIC} == known
    assert all(isinstance(route, Route) for route in PUBLIC)


@pytest.mark.parametrize(
    "route", PRIVATE, ids=lambda route: f"{sorted(getattr(route, 'methods', None) or ['socket'])} {route.path}"
)
def test_no_route_stands_in_the_shadow_of_another(route):
    method = next(iter(getattr(route, "methods", None) or {"GET"} - {"HEAD"}))
    kind = "websocket" if isinstance(route, WebSocketRoute) else "http"
    scope = {"type": kind, "path": address_of(route), "root_path": "", "method": method, "headers": []}
    first = next(other for other in [*PUBLIC, *PRIVATE] if other.matches(scope)[0] is Match.FULL)
    assert first is route


async def test_signed_out_everything_else_leads_to_the_sign_in(signed_in):
    stranger = await signed_in(None)
    addresses = {address_of(route) for route in ROUTES} | {"/nowhere", "/groups/", "/sign-in/", "/static", "/admin.php"}
    assert len(addresses) > 20
    for address in addresses:
        for method in METHODS:
            answer = await stranger.request(method, address, headers={"origin": SITE})
            if address.endswith("/changes"):
                assert answer.status_code == 401, (method, address)
            else:
                assert answer.status_code == 303, (method, address)
                assert answer.headers["location"].split("?")[0] == "/sign-in", (method, address)
            assert not answer.headers.get("set-cookie")


async def test_signed_out_there_and_not_there_look_alike(signed_in, without_chance):
    stranger = await signed_in(None)
    thread = await thread_in("finance")
    there, not_there = [
        without_chance(await stranger.get(f"/threads/{thread_id}")).replace(str(thread_id), "ID")
        for thread_id in (thread.id, 4_000_000_000_000_000)
    ]
    assert there == not_there


@with_settings(site={"style_page": True})
async def test_every_private_page_answers_somebody(forum, signed_in):
    thread, [post, _] = await thread_in("finance"), await posts_in("finance")
    tagging_id = await tag_post(forum, await user("ruth"), post.id, "FIN", "issue", None, post.revision, new_key())
    gareth = await Person.get(email="gareth@demo.example")
    values = {"thread_id": thread.id, "post_id": post.id, "tagging_id": tagging_id, "person_id": gareth.id}
    values |= {"theme_id": (await Theme.get(code="FIN")).id, "reading_id": await draw_for_ruth(forum, "finance")}
    values |= {"release_id": await draft_as("tom", forum), "name": "figures.csv", "code": "FIN", "kind": "terms"}
    values |= {"commitment_id": await commit_as("tom", forum)}
    values |= {"application_id": await waiting_application(forum, "bethan")}
    issued = await issue_as("tom", "nadia", forum)
    await begin_app(forum, await user("ruth"))
    await give_app(forum, "olu")
    people = ruth, *_ = [await signed_in(name) for name in ("ruth", "tom", "bethan", "priya", "olu")]
    values |= {"passkey_id": await passkey_of("ruth", forum)}
    for route in ROUTES:
        address = address_of(route, **values | ({"release_id": issued} if "/files/" in route.path else {}))
        if "GET" in route.methods:
            statuses = {(await person.get(address)).status_code for person in people}
            assert 200 in statuses, address
            assert (await ruth.head(address)).status_code == (await ruth.get(address)).status_code
        elif route.path != "/sign-out":
            answer = await ruth.post(address, content=b"not a form", headers={"origin": SITE})
            assert answer.status_code in (403, 415), address


PAPER = dict.fromkeys(PARTS, "Words of a paper.")


async def draft_as(name, forum) -> int:
    return await draft_release(forum, await user(name), "A paper", {}, PAPER, new_key())


async def issue_as(name, second, forum) -> int:
    release_id = await draft_as(name, forum)
    await check_release(forum, await user(name), release_id, new_key())
    await sign_off_release(forum, await user(second), release_id, new_key())
    return await issue_release(forum, await user(name), release_id, new_key())


async def commit_as(name, forum) -> int:
    return await commit(forum, await user(name), "FIN", None, "We do it.", "A team", "done", new_key())


async def passkey_of(name, forum) -> int:
    """Their sessions have shown it."""
    person_id, now = (await user(name)).id, forum.clock()
    await Session.filter(person_id=person_id).update(factor_at=now)
    passkey = await Passkey.create(
        person_id=person_id, credential_id="x", public_key="x", name="Their phone", created_at=now
    )
    return passkey.id


async def draw_for_ruth(forum, slug) -> int:
    """A second reading of what another facilitator of the group tagged: its id."""
    await add_member(forum, slug, "sam@demo.example", "facilitator")
    _, post = await posts_in(slug)
    await tag_post(forum, await user("sam"), post.id, "FIN-1", "issue", None, post.revision, new_key())
    ruth = await user("ruth")
    reading_id = await draw_sample(forum, ruth, slug, 1, ruth.id, new_key())
    await remove_member_by_email(forum, slug, "sam@demo.example", "He helped for a day")
    return reading_id


def private_addresses(thread_id, post_id, tagging_id, person_id, slug, **others) -> list[tuple[str, str]]:
    """Every private address about a thing, as (method, address)."""
    values = others | {
        "thread_id": thread_id,
        "post_id": post_id,
        "tagging_id": tagging_id,
        "person_id": person_id,
        "slug": slug,
    }
    return [
        (method, address_of(route, **values))
        for route in ROUTES
        if route.param_convertors
        for method in route.methods - {"HEAD"}
    ]


FORM = {
    "body": "My words", "title": "A title", "reason": "off-topic", "revision": "1", "theme": "FIN", "kind": "issue",
    "start": "0", "end": "4",
}  # fmt: skip


@pytest.mark.parametrize("name", ["eve", "amina", "tom", "priya", "sam", "olu"])
async def test_a_hidden_group_leaves_no_trace_for_outsiders(signed_in, name):
    browser = await signed_in(name)
    thread = await thread_in("whistleblowing")
    for address in "/", "/groups", "/codebook", f"/groups/whistleblowing?x={thread.id}":
        answer = await browser.get(address)
        for trace in "histleblowing", thread.title:
            assert trace not in answer.text.replace(f"x={thread.id}", ""), address


async def test_a_listed_group_shows_its_name_and_no_talk(signed_in):
    eve = await signed_in("eve")
    page = await eve.get("/groups/finance")
    thread = await thread_in("finance")
    assert page.status_code == 200
    assert "Finance" in page.text and "Where we talk." in page.text
    for secret in thread.title, str(thread.id), "Bethan", "Gareth":
        assert secret not in page.text
    for address in "/groups/finance/threads/new", "/groups/finance/threads":
        method = eve.get if address.endswith("new") else eve.act
        assert (await method(address)).status_code == 403


async def test_an_administrator_reads_no_posts(forum, signed_in):
    priya = await signed_in("priya")
    for slug in "finance", "whistleblowing", "adult-social-care":
        thread = await thread_in(slug)
        assert (await priya.get(f"/threads/{thread.id}")).status_code == 404
        assert (await priya.get(f"/threads/{thread.id}/changes?since=0")).status_code == 404


async def test_an_observer_is_offered_nothing_to_write(forum, signed_in):
    olu = await signed_in("olu")
    thread = await thread_in("adult-social-care")
    assert 'name="body"' not in (await olu.get(f"/threads/{thread.id}")).text


async def test_a_member_facilitates_nothing(signed_in):
    gareth = await signed_in("gareth")
    [post, _] = await posts_in("adult-social-care")
    for address in (
        f"/posts/{post.id}/hide",
        f"/posts/{post.id}/restore",
        f"/posts/{post.id}/taggings",
        f"/posts/{post.id}/edit",  # it is Amina's
        f"/groups/adult-social-care/members/{(await user('olu')).id}/remove",
    ):
        answer = await gareth.act(address, **FORM)
        assert answer.status_code == 403, address
        assert "My words" not in answer.text
    assert (await gareth.get("/codebook")).status_code == 403
    assert (await gareth.get("/codebook.csv")).status_code == 403


async def test_a_facilitator_of_another_group_facilitates_nothing_here(signed_in, forum):
    await start_thread(forum, await user("eve"), "housing", "Another thread", "Words", False, new_key())
    ruth, sam = await signed_in("ruth"), await signed_in("sam")
    [post, _] = await posts_in("housing")
    for act in "hide", "restore", "taggings":
        assert (await ruth.act(f"/posts/{post.id}/{act}", **FORM)).status_code == 404
    assert (await sam.act(f"/posts/{post.id}/hide", reason="off-topic")).status_code == 303


async def test_who_is_removed_learns_nothing_from_then_on(forum, signed_in):
    amina = await signed_in("amina")
    thread = await thread_in("adult-social-care")
    assert (await amina.get(f"/threads/{thread.id}")).status_code == 200
    await remove_member_by_email(forum, "adult-social-care", "amina@demo.example", "She moved")
    for address in (
        f"/threads/{thread.id}",
        f"/threads/{thread.id}/changes?since=0",
        "/groups/adult-social-care/members",
    ):
        assert (await amina.get(address)).status_code == 404, address
    assert (await amina.act(f"/threads/{thread.id}/posts", body="Still here")).status_code == 404
    assert thread.title not in (await amina.get("/")).text
    assert len(await posts_in("adult-social-care")) == 2


@pytest.mark.parametrize("name", [name for name in EVERYONE if name not in ("ruth", "tom", "nadia")])
async def test_nobody_but_facilitators_and_analysts_gets_a_trace_of_a_tagging(forum, signed_in, without_chance, name):
    """Every page, every number and every answer is the same before and after a post was tagged."""
    browser = await signed_in(name)
    thread, [post, _] = await thread_in("adult-social-care"), await posts_in("adult-social-care")
    pages = [
        "/", "/groups", "/groups/adult-social-care", "/groups/adult-social-care/members", f"/threads/{thread.id}",
        f"/threads/{thread.id}/changes?since=0", f"/threads/{thread.id}/taggings", f"/posts/{post.id}/edit",
        f"/posts/{post.id}/hide", "/codebook",
    ]  # fmt: skip
    before = [without_chance(await browser.get(page)) for page in pages]
    tagging_id = await tag_post(
        forum, await user("ruth"), post.id, "CARE-3", "barrier", (0, 4), post.revision, new_key()
    )
    assert [without_chance(await browser.get(page)) for page in pages] == before
    assert without_chance(await browser.act(f"/taggings/{tagging_id}/remove")) == without_chance(
        await browser.act("/taggings/12345/remove")
    )
    as_json = await browser.get(f"/threads/{thread.id}/taggings", headers={"accept": "application/json"})
    assert as_json.status_code in (403, 404)
    assert str(tagging_id) not in json.dumps(before)
    assert await Tagging.filter(id=tagging_id).exists()
