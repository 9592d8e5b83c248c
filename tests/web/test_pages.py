"""Every page is valid HTML with one heading, a language, a title and a main part, whoever looks at it."""

import re
from itertools import pairwise

import html5lib
import pytest

from forum.actions.posts import hide_post
from forum.actions.taggings import tag_post
from tests.cast import new_key, posts_in, thread_in, user
from tests.conftest import with_settings

WORDS = (
    "**Bold** <b> & 'quotes' \"\n\n- one\n- two\n\n> quoted\n\n    code\n\nhttps://example.org/?a=1&b=2 <a@b.example>"
)


def check_page(text: str) -> None:
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False)
    tree = parser.parse(text)
    assert parser.errors == [], parser.errors
    assert tree.get("lang") == "en-GB"
    assert len(tree.findall(".//h1")) == len(tree.findall(".//main")) == len(tree.findall(".//title")) == 1
    assert "".join(tree.find(".//h1").itertext()).strip()
    assert " · " in tree.find(".//title").text
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), sorted(id for id in ids if ids.count(id) > 1)
    labelled = {label.get("for") for label in tree.iter("label")}
    for field in (element for tag in ("input", "textarea", "select") for element in tree.iter(tag)):
        is_seen = field.get("type") not in ("hidden", "submit") and "hidden" not in field.attrib
        assert not is_seen or field.get("id") in labelled, field.attrib
    for element in tree.iter():
        for name in "aria-describedby", "aria-labelledby":
            assert set((element.get(name) or "").split()) <= set(ids), (name, element.get(name))
        if element.tag == "a" and (element.get("href") or "").startswith("#"):
            assert element.get("href")[1:] in ids, element.get("href")
    levels = [int(element.tag[1]) for element in tree.iter() if re.fullmatch("h[1-6]", str(element.tag))]
    after_first = levels[levels.index(1) :]
    assert all(deeper - level <= 1 for level, deeper in pairwise(after_first)), levels


@with_settings(limits={"posts_per_page": 3}, site={"style_page": True})
@pytest.mark.parametrize("name", [None, "amina", "gareth", "eve", "olu", "ruth", "tom", "priya"])
async def test_every_page_is_valid(forum, signed_in, name):
    amina, ruth = await user("amina"), await user("ruth")
    writer = await signed_in("amina")
    thread = await thread_in("adult-social-care")
    written = [await writer.write(thread.id, WORDS) for _ in range(3)]
    [first, *_] = posts = await posts_in("adult-social-care")
    await tag_post(forum, ruth, first.id, "CARE-3", "barrier", (0, 4), first.revision, new_key())
    await hide_post(forum, ruth, written[0], "personal", "A note", new_key())
    browser = await signed_in(name)
    pages = [
        "/", "/sign-in", "/appearance", "/accessibility", "/style", "/groups", "/codebook",
        "/intelligence", "/nowhere", "/groups/nowhere", "/groups/whistleblowing",
        f"/groups/adult-social-care/members/{amina.id}/remove",
        *(f"/groups/adult-social-care{part}" for part in ("", "/members", "/threads/new")),
        *(f"/groups/housing{part}" for part in ("", "/members", "/threads/new")),
        *(f"/threads/{thread.id}{part}" for part in ("", "?page=1", "?page=9")),
        *(f"/threads/{thread.id}/taggings{part}" for part in ("", f"?post={first.id}")),
        *(f"/posts/{post.id}/{act}" for post in posts for act in ("edit", "hide")),
    ]  # fmt: skip
    checked = 0
    for page in pages:
        answer = await browser.get(page)
        assert answer.status_code in (200, 303, 403, 404), page
        if answer.status_code != 303:
            check_page(answer.text)
            checked += 1
    assert checked == (3 if name is None else len(pages) - 1)


async def test_pages_about_what_went_wrong_are_valid(signed_in):
    amina, ruth, stranger = await signed_in("amina"), await signed_in("ruth"), await signed_in(None)
    thread, [post, _] = await thread_in("adult-social-care"), await posts_in("adult-social-care")
    await amina.act(f"/posts/{post.id}/edit", body="Second", revision=1)
    junk = {
        "title": "<x>",
        "body": "\0\ufffe<b>",
        "reason": "\0",
        "note": "\0" * 2000,
        "email": '"><script>',
        "theme": "?",
    }
    for browser, address in [
        (stranger, "/sign-in"),
        (stranger, "/appearance"),
        (amina, "/groups/adult-social-care/threads"),
        (amina, f"/threads/{thread.id}/posts"),
        (amina, f"/posts/{post.id}/edit"),
        (ruth, f"/posts/{post.id}/hide"),
        (ruth, f"/posts/{post.id}/restore"),
        (ruth, f"/posts/{post.id}/taggings"),
        (ruth, "/taggings/1/remove"),
        (ruth, f"/groups/adult-social-care/members/{(await user('amina')).id}/remove"),
    ]:
        for fields in junk, junk | {"revision": "1"}, {"key": ""}, {"body": "Words", "revision": "1"}:
            answer = await browser.act(address, **fields)
            if answer.status_code not in (303, 404):
                assert answer.status_code == 422, address
                check_page(answer.text)
                assert "<title>Error: " in answer.text


async def test_previews_are_valid(signed_in):
    amina = await signed_in("amina")
    thread, [post, _] = await thread_in("adult-social-care"), await posts_in("adult-social-care")
    for address in "/groups/adult-social-care/threads", f"/threads/{thread.id}/posts", f"/posts/{post.id}/edit":
        answer = await amina.act(address, title="A title", body=WORDS, revision=1, preview="yes")
        assert answer.status_code == 200
        check_page(answer.text)
