"""Hostile and broken input: refused with a 4xx and words, and the next request is answered as if nothing had been."""

import random

import pytest
from starlette.routing import Route

from forum.app import PRIVATE, PUBLIC
from forum.models import Person
from tests.cast import EVERYONE, new_key, posts_in, thread_in, user
from tests.conftest import SITE, with_settings
from tests.web.test_closed import address_of

FORM = {"origin": SITE, "content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def reply(signed_in):
    """Send a body to the reply form; whatever happens, the next reply must work."""
    amina = await signed_in("amina")
    thread = await thread_in("adult-social-care")

    async def send(content: bytes, headers: dict[str, str] = FORM):
        answer = await amina.post(f"/threads/{thread.id}/posts", content=content, headers=headers)
        await amina.write(thread.id, "A reply as always.")
        return answer

    return send


def form(**fields: str | bytes) -> bytes:
    return b"&".join(
        name.encode() + b"=" + (value if isinstance(value, bytes) else value.encode())
        for name, value in {"key": new_key(), **fields}.items()
    )


@pytest.mark.parametrize(
    "body",
    [
        b"a%00b",
        b"%ED%A0%80",  # a lone surrogate in UTF-8
        b"%FF%FE",
        b"\xff\xfe",
        b"%E0%80%AF",
        b"x" * 10_001,
        "e\u0301".encode() * 5_001,
        b"%1B[31m",
        b"a%7Fb",
        b"%EF%BF%BE",  # U+FFFE, which no XML file can carry
        b"",
        b"%0A%0D%20",
    ],
)
async def test_words_that_cannot_be_stored_are_refused(reply, body):
    answer = await reply(form(body=body))
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert len(await posts_in("adult-social-care")) == 3


@pytest.mark.parametrize("body", ["x" * 10_000, "\u0301" * 10_000, "🦆" * 10_000, "ａ" * 10_000, "\u202eright to left"])
async def test_ten_thousand_characters_of_anything_are_a_post(signed_in, body):
    amina = await signed_in("amina")
    thread = await thread_in("adult-social-care")
    await amina.write(thread.id, body)
    assert (await posts_in("adult-social-care"))[-1].body == body
    assert (await amina.get(f"/threads/{thread.id}")).status_code == 200


async def test_a_megabyte_of_combining_marks_is_refused(reply):
    answer = await reply(form(body="\u0301".encode() * 500_000))
    assert answer.status_code == 413
    assert "Shorten what you send" in answer.text


async def test_a_million_fields_are_refused(reply):
    assert (await reply(b"&".join(b"%d=" % number for number in range(1_000_000)))).status_code == 413
    assert (await reply(b"a&" * 100_000)).status_code == 422
    assert (await reply(b"&".join(b"%d=" % number for number in range(30_000)))).status_code == 422


@pytest.mark.parametrize("name", ["body", "key", "quotable", "another", "<b>%00</b>"])
async def test_a_field_that_comes_twice_is_refused(reply, name):
    answer = await reply(form(body="Words") + f"&{name}=1&{name}=2".encode())
    assert answer.status_code == 422
    assert "more than once" in answer.text and "<b>" not in answer.text and "\0" not in answer.text
    assert len(await posts_in("adult-social-care")) == 3


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "", "é", "x" * 5000],
)
async def test_another_kind_of_content_is_refused(reply, content_type):
    answer = await reply(form(body="Words"), {"origin": SITE, "content-type": content_type.encode()})
    assert answer.status_code == 415
    assert "<h1" in answer.text
    assert len(await posts_in("adult-social-care")) == 3


async def test_a_content_type_may_name_its_charset(reply):
    answer = await reply(form(body="Tŷ"), FORM | {"content-type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8"})
    assert answer.status_code == 303


@pytest.mark.parametrize("length", ["-1", "x", "99999999999999999999", "1e3", ""])
async def test_a_length_that_is_no_number_harms_nobody(reply, length):
    answer = await reply(form(body="Words"), FORM | {"content-length": length})
    assert answer.status_code in (303, 400, 413)


async def test_unknown_fields_are_let_pass(reply):
    assert (await reply(form(body="Words", colour="blue"))).status_code == 303


# Whatever comes, by whomever, nowhere is it a fault of ours.

JUNK = [
    "", "x", "0", "-1", "9223372036854775807", "9223372036854775808", "1e9", "٣", "yes", "\0", "\ufffe", "\x1b", "🦆",
    "e\u0301" * 300, "x" * 10_001, "'; DROP TABLE post; --", "<script>alert(1)</script>", "%s%n", "{{ 7 * 7 }}",
    "../../etc/passwd", "//evil.example", "\r\nset-cookie: a=b", "2026-04", "9999-99", "CARE-3", "issue", "off-topic",
    "null", "NaN", "[]", "finance", "whistleblowing", "Wales", "0-5", "5-0", "a" * 22,
]  # fmt: skip
FIELDS = [
    "email", "password", "next", "title", "body", "quotable", "key", "preview", "revision", "reason", "note", "theme",
    "kind", "start", "end", "sentence", "code", "name", "parent", "where", "into", "act",
]  # fmt: skip
QUERIES = [
    "page", "since", "epoch", "post", "next", "group", "region", "council", "council_type", "kind", "theme", "from",
    "to", "status", "into",
]  # fmt: skip
ROUTES = [route for route in [*PUBLIC, *PRIVATE] if isinstance(route, Route)]


@with_settings(sign_in={"tries_per_account": 10_000, "tries_per_address": 10_000})
@pytest.mark.parametrize("seed", range(4))
async def test_junk_everywhere_by_everybody_is_never_a_fault_of_ours(signed_in, seed):
    chance = random.Random(seed)
    browsers = {name: await signed_in(name) for name in [*EVERYONE, None]}
    things = {
        "thread_id": [(await thread_in(slug)).id for slug in ("adult-social-care", "finance", "whistleblowing")],
        "post_id": [post.id for slug in ("adult-social-care", "housing") for post in await posts_in(slug)],
        "tagging_id": [1],
        "person_id": [(await user(name)).id for name in ("amina", "ruth", "eve")],
        "slug": ["adult-social-care", "finance", "housing", "whistleblowing", "nowhere"],
    }
    for _ in range(8):
        for route in ROUTES:
            name = chance.choice([*EVERYONE, None])
            ids = {
                thing: chance.choice([*ids, *([0, 9_999_999_999_999_999] if thing != "slug" else [])])
                for thing, ids in things.items()
            }
            address = address_of(route, **ids)
            fields = {field: chance.choice(JUNK) for field in chance.sample(FIELDS, chance.randint(0, 12))}
            if chance.random() < 0.7:
                fields["key"] = new_key()
            query = {field: chance.choice(JUNK) for field in chance.sample(QUERIES, chance.randint(0, 4))}
            headers = {"origin": SITE, "accept": chance.choice(["text/html", "application/json", "*/*", ""])}
            content = {"data": fields} if "POST" in route.methods else {}
            method = "POST" if "POST" in route.methods else "GET"
            answer = await browsers[name].request(method, address, params=query, headers=headers, **content)
            assert answer.status_code < 500, (name, method, address, query, fields)
            if route.path == "/sign-out" or (route.path == "/sign-in" and answer.status_code == 303):
                browsers[name] = await signed_in(name)
    assert await Person.all().count() == len(EVERYONE)
