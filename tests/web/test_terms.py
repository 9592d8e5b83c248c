"""The terms page: for everybody to read, in everybody's way until it is answered; consent on one's account; the
administrators' pages; privacy."""

import re

import pytest

from forum.actions.terms import publish_terms, set_consent
from forum.models import Acceptance, Person, Terms
from tests.cast import EVERYONE, accept_terms, new_key, posts_in, thread_in, user
from tests.conftest import with_settings

NO_TICKED = 'id="consent-2" name="consent" value="no" aria-describedby="consent-no" checked'
TERMS, CONSENT = "**Be kind.** <script>alert(1)</script>", "We count *opinions*."


async def publish_both(forum) -> None:
    await publish_terms(forum, None, "terms", TERMS)
    await publish_terms(forum, None, "consent", CONSENT)


def fields_of(page: str) -> dict[str, str]:
    """What the form carries unseen."""
    form = page[page.index("<main") :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))


async def test_everybody_reads_what_is_in_force(forum, signed_in):
    stranger = await signed_in(None)
    assert "No terms yet" in (await stranger.get("/terms")).text
    await publish_both(forum)
    await publish_terms(forum, None, "terms", TERMS + " Stay so.")
    page = await stranger.get("/terms")
    assert page.status_code == 200
    for words in "<strong>Be kind.</strong>", "Stay so.", "Version 2", "<em>opinions</em>", "Version 1":
        assert words in page.text
    assert "<script>alert" not in page.text and "<form" not in page.text[page.text.index("<main") :]
    answer = await stranger.act("/terms", terms="yes")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/")
    assert not await Acceptance.exists()


@pytest.mark.parametrize("name", [None, "amina", "priya"])
async def test_the_foot_of_every_page_leads_to_privacy_and_terms(signed_in, name):
    browser = await signed_in(name)
    for address in "/sign-in", "/privacy", "/terms", "/accessibility", "/", "/groups", "/nowhere":
        page = await browser.get(address, follow_redirects=True)
        assert '<a href="/privacy">Privacy</a>' in page.text and '<a href="/terms">Terms</a>' in page.text, address


@with_settings(site={"contact": "help@hub.example"}, intelligence={"people_leaving": 12})
async def test_privacy_says_what_holds_here(forum, signed_in):
    page = await (await signed_in(None)).get("/privacy")
    assert page.status_code == 200
    for words in (
        "mailto:help@hub.example",
        "fewer than 12 people or 3 councils",
        "after 30 days",
        "once you are signed",
    ):
        assert words in page.text
    assert 'href="/account/consent"' in (await (await signed_in("amina")).get("/privacy")).text


async def test_nothing_works_until_they_are_answered(forum, signed_in):
    amina, thread = await signed_in("amina"), await thread_in("adult-social-care")
    [post, _] = await posts_in("adult-social-care")
    await publish_both(forum)
    for address in (
        "/groups",
        f"/threads/{thread.id}?page=1",
        "/account",
        "/account/consent",
        "/search?q=x",
        "/terms/edit",
    ):
        answer = await amina.get(address)
        assert answer.status_code == 303, address
        assert answer.headers["location"] == f"/terms?next={address.replace('?', '%3F').replace('=', '%3D')}", address
    assert (await amina.get("/")).headers["location"] == "/terms"
    assert (await amina.get(f"/threads/{thread.id}/changes?since=0")).status_code == 401
    for address in f"/threads/{thread.id}/posts", f"/posts/{post.id}/edit", "/groups/adult-social-care/leave":
        answer = await amina.act(address, body="Words", revision="1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/terms"), address
    assert len(await posts_in("adult-social-care")) == 2
    page = await amina.get(f"/terms?next=/threads/{thread.id}")
    assert "Your account</a>" not in page.text and 'aria-label="Main"' not in page.text
    answer = await amina.send_form("/terms", **fields_of(page.text), terms="yes", consent="yes")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/threads/{thread.id}")
    assert (await amina.get("/groups")).status_code == 200
    assert "<form" not in (await amina.get("/terms")).text.split("<main")[1].split("</main>")[0]
    assert (await (await signed_in("gareth")).get("/groups")).headers["location"] == "/terms?next=/groups"


async def test_she_may_sign_out_instead_and_read_what_is_public(forum, signed_in):
    amina = await signed_in("amina")
    await publish_both(forum)
    for address in "/privacy", "/accessibility", "/appearance":
        assert (await amina.get(address)).status_code == 200
    assert (await amina.act("/sign-out")).headers["location"] == "/sign-in"


async def test_what_is_missing_is_said_beside_it(forum, signed_in):
    await publish_both(forum)
    amina = await signed_in("amina")
    page = (await amina.get("/terms?next=//evil.example")).text
    assert "checked" not in page and page.count("<form") >= 1 and fields_of(page)["next"] == "/"
    unseen = fields_of(page)
    for said, words, kept in (
        ({}, ["Accept the terms and house rules", "Choose yes or no."], []),
        ({"terms": "yes"}, ["Choose yes or no."], ['value="yes" checked']),
        ({"consent": "no"}, ["Accept the terms and house rules"], [NO_TICKED]),
        ({"terms": "yes", "consent": "no", "terms_version": "0"}, ["There is a newer version"], [NO_TICKED]),
    ):
        answer = await amina.send_form("/terms", **unseen | said)
        assert answer.status_code == 422, said
        for expected in words:
            assert answer.text.count(expected) == 2, (said, expected)  # in the summary and beside the field
        for expected in kept:
            assert expected in answer.text
        assert "<title>Error: " in answer.text
    assert not await Acceptance.exists()
    answer = await amina.send_form("/terms", **unseen | {"terms": "yes", "consent": "no", "key": "short"})
    assert answer.status_code == 422 and "no valid key" in answer.text


async def test_only_what_changed_is_asked_with_the_version_answered_before(forum, signed_in):
    await publish_both(forum)
    await accept_terms(forum)
    await publish_terms(forum, None, "consent", "We count opinions with care.")
    amina = await signed_in("amina")
    page = (await amina.get("/terms")).text
    assert 'name="consent"' in page and 'name="terms"' not in page and "Be kind" not in page
    assert "It has changed: you answered version 1." in page
    answer = await amina.send_form("/terms", **fields_of(page), consent="yes")
    assert answer.status_code == 303 and (await amina.get("/")).status_code == 200


async def test_who_says_no_reads_and_is_told_why_they_cannot_post(forum, signed_in):
    await publish_both(forum)
    amina, thread = await signed_in("amina"), await thread_in("adult-social-care")
    [mine, _] = await posts_in("adult-social-care")
    page = await amina.get("/terms")
    await amina.send_form("/terms", **fields_of(page.text), terms="yes", consent="no")
    page = await amina.get(f"/threads/{thread.id}")
    assert page.status_code == 200 and mine.body in page.text
    assert (
        'name="body"' not in page.text
        and 'href="#body"' not in page.text
        and f'"{mine.author_id}"] .for' not in page.text
    )
    assert "You cannot post, because you do not consent" in page.text and 'href="/account/consent"' in page.text
    group = (await amina.get("/groups/adult-social-care")).text
    assert "threads/new" not in group and 'href="/account/consent"' in group
    for address in f"/threads/{thread.id}/posts", "/groups/adult-social-care/threads", f"/posts/{mine.id}/edit":
        answer = await amina.act(address, title="A", body="Words", revision=str(mine.revision))
        assert answer.status_code == 403 and "You cannot write while you do not consent" in answer.text, address
        assert (await amina.act(address, title="A", body="W", revision="1", preview="yes")).status_code in (200, 403)
    assert (await amina.get(f"/posts/{mine.id}/edit")).status_code == 403
    assert "while you do not consent" in (await amina.get("/groups/adult-social-care/threads/new")).text
    olu = await signed_in("olu")
    await accept_terms(forum)
    assert "Only members and facilitators" in (await olu.get(f"/threads/{thread.id}")).text


async def test_consent_on_ones_account(forum, signed_in):
    amina = await signed_in("amina")
    page = (await amina.get("/account/consent")).text
    assert "Nothing to consent to was published yet" in page and 'action="/account/consent"' not in page
    assert (await amina.act("/account/consent", consent="no")).status_code == 422
    await publish_both(forum)
    await accept_terms(forum)
    page = (await amina.get("/account/consent")).text
    assert page.count("Version 1") == 2 and "Withdraw my consent" in page
    assert 'href="/account/consent" aria-current="page"' in page
    for wrong in {}, {"consent": "perhaps"}, {"consent": "no", "key": "short"}:
        assert (await amina.act("/account/consent", **wrong)).status_code == 422
    key, her = new_key(), (await user("amina")).id
    for _ in range(2):
        answer = await amina.send_form("/account/consent", consent="no", key=key)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account/consent?done=no")
    assert (await Person.get(id=her)).consent_withdrawn_at
    page = (await amina.get("/account/consent?done=no")).text
    assert "You do not consent any longer" in page and "you do not consent, since" in page and "I consent again" in page
    answer = await amina.act("/account/consent", consent="yes")
    assert answer.headers["location"] == "/account/consent?done=yes"
    assert not (await Person.get(id=her)).consent_withdrawn_at


@pytest.mark.parametrize("name", [name for name in EVERYONE if name != "priya"])
async def test_nobody_but_administrators_gets_to_the_words(signed_in, without_chance, name):
    browser = await signed_in(name)
    for address in "/terms/edit", "/terms/edit/terms", "/terms/edit/nothing":
        assert (await browser.get(address)).status_code == 403
    there, not_there = [await browser.get(f"/terms/edit/{kind}") for kind in ("terms", "nothing")]
    assert without_chance(there) == without_chance(not_there)
    assert (await browser.act("/terms/edit/terms", body="Mine.", since="0")).status_code == 403
    assert not await Terms.exists()


async def test_priya_writes_looks_and_publishes(forum, signed_in):
    priya = await signed_in("priya")
    assert "None was published yet" in (await priya.get("/terms/edit")).text
    page = await priya.get("/terms/edit/terms")
    looked = await priya.send_form(
        "/terms/edit/terms", **fields_of(page.text), body=" **Be** <b>kind</b>. ", preview="yes"
    )
    assert looked.status_code == 200 and "<strong>Be</strong> &lt;b&gt;kind&lt;/b&gt;." in looked.text
    assert not await Terms.exists()
    answer = await priya.send_form("/terms/edit/terms", **fields_of(looked.text), body="Be kind.")
    assert (answer.status_code, answer.headers["location"]) == (303, "/terms/edit?published=terms")
    assert (await priya.get("/terms/edit")).headers["location"] == "/terms?next=/terms/edit"  # she is asked too
    await accept_terms(forum)
    page = (await priya.get("/terms/edit?published=terms")).text
    assert "Published." in page and "by Priya" in page and f"{len(EVERYONE)} people said yes to it." in page
    edited = fields_of((await priya.get("/terms/edit/terms")).text)
    assert edited["since"] == "1"
    await publish_terms(forum, None, "terms", "Be <kinder>.")
    await accept_terms(forum)
    answer = await priya.send_form("/terms/edit/terms", **edited, body="Be kindest.")
    assert answer.status_code == 422 and "Be &lt;kinder&gt;." in answer.text and "Be kindest.</textarea>" in answer.text
    again = fields_of(answer.text)
    assert again["since"] == "2"
    assert (await priya.send_form("/terms/edit/terms", **again, body="Be kindest.")).status_code == 303
    await accept_terms(forum)
    page = (await priya.get("/terms/edit")).text
    assert "Version 3" in page and "/terms/edit/terms?version=1" in page and "/terms/edit/terms?version=2" in page
    old = (await priya.get("/terms/edit/terms?version=1")).text
    assert "Be kind.</textarea>" in old and "These are the words of version 1. Version 3 is in force." in old
    assert "words of version" not in (await priya.get("/terms/edit/terms?version=3")).text


async def test_pages_of_words_that_are_not_there(forum, signed_in):
    await publish_both(forum)
    await accept_terms(forum)
    priya = await signed_in("priya")
    for address in "nothing", "terms?version=2", "terms?version=x", "terms?version=9999999999999999", "terms/1":
        assert (await priya.get(f"/terms/edit/{address}")).status_code == 404, address
    for fields in (
        {},
        {"body": "x", "since": "x"},
        {"body": "x"},
        {"body": "A\0b", "since": "1"},
        {"body": "A\0b", "preview": "yes"},
    ):
        assert (await priya.act("/terms/edit/terms", **fields)).status_code == 422, fields
    assert await Terms.all().count() == 2


async def test_staff_who_withdraw_facilitate_and_tag_as_before(forum, signed_in):
    await publish_both(forum)
    await accept_terms(forum)
    await set_consent(forum, await user("ruth"), False, new_key())
    ruth, [post, _] = await signed_in("ruth"), await posts_in("finance")
    assert (
        await ruth.act(f"/posts/{post.id}/taggings", theme="FIN", kind="issue", revision=str(post.revision))
    ).status_code == 303
    assert (await ruth.act(f"/posts/{post.id}/hide", reason="unkind")).status_code == 303
    assert (await ruth.act(f"/threads/{post.thread_id}/posts", body="Words")).status_code == 403
