"""What stands before every page: only this site's own forms, only its own names, bodies with an end, headers on all."""

import re

import pytest

from forum.web import home
from tests.cast import new_key, posts_in, thread_in
from tests.conftest import SITE, with_settings

FOREIGN = "https://evil.example"


async def look(browser):
    """The address of the style sheet."""
    return re.search('"(/static/site[^"]+)"', (await browser.get("/sign-in")).text)[1]


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "nonsense"}, False),
        ({"origin": SITE}, True),
        ({"origin": SITE.upper()}, True),
        ({"origin": FOREIGN}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "https://127.0.0.1:8000"}, False),
        ({"origin": "http://127.0.0.1"}, False),
        ({"origin": "http://127.0.0.1:8000.evil.example"}, False),
        ({"origin": "http://localhost:8000"}, False),
        ({"origin": SITE, "sec-fetch-site": "same-origin"}, True),
        ({"origin": FOREIGN, "sec-fetch-site": "cross-site"}, False),
        ({"referer": f"{SITE}/groups"}, False),
        ({}, False),
    ],
)
async def test_forms_are_taken_from_this_site_only(signed_in, headers, passes):
    amina = await signed_in("amina")
    thread = await thread_in("adult-social-care")
    answer = await amina.post(
        f"/threads/{thread.id}/posts", data={"body": "From where?", "key": new_key()}, headers=headers
    )
    assert answer.status_code == (303 if passes else 403)
    assert len(await posts_in("adult-social-care")) == (3 if passes else 2)
    if not passes:
        assert "sent from another site" in answer.text


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/nowhere", "/static/site.css"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
async def test_every_unsafe_method_needs_an_origin(signed_in, method, path):
    stranger = await signed_in(None)
    assert (await stranger.request(method, path)).status_code == 403
    assert (await stranger.request(method, path, headers={"origin": FOREIGN})).status_code == 403


async def test_reading_needs_no_origin(signed_in):
    amina = await signed_in("amina")
    for headers in {"origin": FOREIGN}, {"sec-fetch-site": "cross-site"}, {}:
        assert (await amina.get("/groups", headers=headers)).status_code == 200


@with_settings(site={"url": "https://hub.example.org", "hosts": ["hub.lga.example"]})
async def test_another_name_of_the_service_takes_forms_from_itself(signed_in):
    stranger = await signed_in(None)
    for host, origin, status in [
        ("hub.lga.example", "https://hub.lga.example", 422),
        ("hub.lga.example", "https://hub.example.org", 403),
        ("hub.example.org", "http://hub.example.org", 403),
        ("hub.example.org", "https://hub.example.org", 422),
    ]:
        answer = await stranger.post("/sign-in", headers={"host": host, "origin": origin})
        assert answer.status_code == status, (host, origin)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "hub.example.org:80@evil.example"])
async def test_a_foreign_host_name_is_refused(signed_in, host):
    stranger = await signed_in(None)
    assert (await stranger.get("/sign-in", headers={"host": host})).status_code == 400
    answer = await stranger.post("/sign-in", headers={"host": host, "origin": f"http://{host}"})
    assert answer.status_code == 400


async def test_a_body_that_is_too_long_is_refused_and_the_next_one_is_not(signed_in):
    amina = await signed_in("amina")
    thread = await thread_in("adult-social-care")
    answer = await amina.act(f"/threads/{thread.id}/posts", body="x" * 262_144)
    assert answer.status_code == 413
    assert await amina.write(thread.id, "Shorter.")


async def test_a_body_without_a_length_is_counted_as_it_comes(signed_in):
    amina = await signed_in("amina")
    thread = await thread_in("adult-social-care")
    sent = 0

    async def without_end():
        nonlocal sent
        yield b"key=" + new_key().encode() + b"&body="
        while True:
            sent += 65_536
            assert sent < 1_000_000, "read far past the limit"
            yield b"x" * 65_536

    headers = {"origin": SITE, "content-type": "application/x-www-form-urlencoded"}
    answer = await amina.post(f"/threads/{thread.id}/posts", content=without_end(), headers=headers)
    assert answer.status_code == 413
    assert "Shorten what you send" in answer.text
    assert await amina.write(thread.id, "Shorter.")


async def test_a_length_that_lies_changes_nothing(signed_in):
    amina = await signed_in("amina")
    thread = await thread_in("adult-social-care")
    body = f"key={new_key()}&body={'x' * 300_000}"
    headers = {"origin": SITE, "content-type": "application/x-www-form-urlencoded", "content-length": "10"}
    answer = await amina.post(f"/threads/{thread.id}/posts", content=body, headers=headers)
    assert answer.status_code == 413


@pytest.fixture
async def every_kind(signed_in, monkeypatch):
    """One answer of every kind."""
    amina, stranger = await signed_in("amina"), await signed_in(None)
    thread = await thread_in("adult-social-care")
    answers = {
        200: await amina.get(f"/threads/{thread.id}"),
        303: await stranger.get("/groups"),
        400: await stranger.get("/sign-in", headers={"host": "evil.example"}),
        403: await amina.post("/sign-out", headers={"origin": FOREIGN}),
        404: await amina.get("/threads/1"),
        405: await amina.send_form("/groups"),
        413: await amina.act(f"/threads/{thread.id}/posts", body="x" * 300_000),
        415: await amina.post(f"/threads/{thread.id}/posts", json={"body": "hello"}, headers={"origin": SITE}),
        422: await amina.send_form(f"/threads/{thread.id}/posts", body="no key"),
    }

    def fail(user):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(home, "readable_groups", fail)
    answers[500] = await amina.get("/")
    for status, answer in answers.items():
        assert answer.status_code == status
    return answers | {
        "json": await amina.get(f"/threads/{thread.id}/changes?since=0"),
        "401": await stranger.get(f"/threads/{thread.id}/changes?since=0"),
        "static": await stranger.get(await look(stranger)),
        "no static": await stranger.get("/static/nothing.css"),
    }


async def test_every_answer_carries_the_headers_that_protect(every_kind):
    nonces = set()
    for kind, answer in every_kind.items():
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff", kind
        assert headers["x-frame-options"] == "DENY", kind
        assert headers["referrer-policy"] == "same-origin", kind
        assert headers["cache-control"] == ("public, max-age=31536000, immutable" if kind == "static" else "no-store")
        assert "strict-transport-security" not in headers, kind
        assert "server" not in headers, kind
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'", kind
        assert policy["form-action"] == "'self'", kind
        assert "unsafe" not in headers["content-security-policy"], kind
        nonces |= set(re.findall("'nonce-([^']{20,})'", policy["script-src"]))
    assert len(nonces) == len(every_kind)


async def test_what_a_page_brings_of_its_own_carries_the_nonce(every_kind):
    page = every_kind[200]
    [nonce] = set(re.findall("'nonce-([^']+)'", page.headers["content-security-policy"]))
    assert f'<style nonce="{nonce}">' in page.text
    for inline in re.findall(r"<script(?![^>]*src=)[^>]*>|<style[^>]*>", page.text):
        assert f'nonce="{nonce}"' in inline
    assert not re.search(r"""\son\w+=|\sstyle=|javascript:""", page.text)
    assert not re.search(r"""(?:src|href|action)="(?:https?:)?//""", page.text)  # nothing of a third party


async def test_a_fault_of_ours_says_nothing_of_itself(every_kind):
    page = every_kind[500].text
    assert "Something went wrong on our side" in page
    assert "a fault of ours" not in page
    assert "Traceback" not in page


async def test_static_files_are_found_and_folders_are_not(signed_in):
    stranger = await signed_in(None)
    assert (await stranger.get(await look(stranger))).headers["content-type"].startswith("text/css")
    for path in "/static/", "/static", "/static/%2e%2e/config.toml", "/static/..%2f..%2fconfig.toml":
        answer = await stranger.get(path)
        assert answer.status_code in (303, 404), path


@with_settings(site={"url": "https://hub.example.org"})
async def test_over_https_browsers_are_told_to_stay_there(signed_in):
    amina = await signed_in("amina")
    for path in "/", "/nowhere", await look(await signed_in(None)):
        assert (await amina.get(path)).headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
