"""Light or dark by choice, the accessibility statement and the page of parts: for everybody, without a script."""

import re

import pytest
from msgspec.structs import replace

from forum.web.sessions import YEAR
from tests.cast import new_key, thread_in
from tests.conftest import with_settings
from tests.web.test_pages import check_page

SHEET = re.compile(r'<link rel="stylesheet" href="/static/dark[^"]*" media="([^"]*)">')


def looks(text: str) -> str:
    """What the page's frame says of the dark sheet: when it holds, "" for never."""
    return "".join(SHEET.findall(text))


def chosen(text: str) -> str:
    [value] = re.findall(r'name="appearance" value="(\w*)" checked', text)
    return value


AS_DEVICE, DARK, LIGHT = "screen and (prefers-color-scheme: dark)", "screen", ""


async def test_amina_chooses_dark_before_she_signs_in_and_it_stays(signed_in):
    browser = await signed_in(None)
    assert looks((await browser.get("/sign-in")).text) == AS_DEVICE
    form = await browser.get("/appearance?next=/sign-in")
    assert 'name="next" value="/sign-in"' in form.text
    assert chosen(form.text) == ""
    answer = await browser.send_form("/appearance", appearance="dark", next="/sign-in")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    cookie = answer.headers["set-cookie"].lower().split("; ")
    assert {*cookie} == {"appearance=dark", f"max-age={YEAR}", "path=/", "httponly", "samesite=lax"}
    for page in "/sign-in", "/accessibility", "/appearance":
        assert looks((await browser.get(page)).text) == DARK, page
    assert chosen((await browser.get("/appearance")).text) == "dark"

    await browser.send_form("/sign-in", email="amina@demo.example", password="a long enough password")
    for page in "/", "/groups/adult-social-care", "/nowhere":
        assert looks((await browser.get(page)).text) == DARK, page
    await browser.send_form("/appearance", appearance="light")
    assert looks((await browser.get("/")).text) == LIGHT
    back = await browser.send_form("/appearance", appearance="")
    assert (back.status_code, back.headers["location"]) == (303, "/")
    assert "appearance" not in browser.cookies
    assert looks((await browser.get("/")).text) == AS_DEVICE


@with_settings(site={"url": "https://hub.example.org"})
async def test_over_https_the_cookie_is_of_this_host_alone(signed_in):
    browser = await signed_in(None)
    answer = await browser.send_form("/appearance", appearance="dark")
    assert answer.headers["set-cookie"].startswith("__Host-appearance=dark;")
    assert "secure" in answer.headers["set-cookie"].lower()
    assert looks((await browser.get("/sign-in")).text) == DARK


@pytest.mark.parametrize("value", ["sepia", "DARK", 'dark" onload="x', "\0", "é", "dark light"])
async def test_another_value_is_refused_in_words_and_in_a_cookie_means_nothing(signed_in, value):
    browser = await signed_in(None)
    answer = await browser.send_form("/appearance", appearance=value, next="/accessibility")
    assert (answer.status_code, "set-cookie" in answer.headers) == (422, False)
    check_page(answer.text)
    assert "<title>Error: Appearance" in answer.text
    assert 'href="#appearance"' in answer.text
    assert 'name="next" value="/accessibility"' in answer.text
    with_cookie = await browser.get("/sign-in", headers={"cookie": f"appearance={value}".encode()})
    assert looks(with_cookie.text) == AS_DEVICE


async def test_nothing_chosen_is_no_choice(signed_in):
    browser = await signed_in(None)
    assert (await browser.send_form("/appearance", next="/groups")).status_code == 422


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_the_way_back_stays_on_this_site(signed_in, target):
    browser = await signed_in(None)
    answer = await browser.send_form("/appearance", appearance="dark", next=target)
    assert answer.headers["location"] == "/"
    page = await browser.get("/appearance", params={"next": target})
    assert target not in page.text


async def test_another_site_changes_nothing(signed_in):
    browser = await signed_in(None)
    answer = await browser.post("/appearance", data={"appearance": "dark"}, headers={"origin": "https://evil.example"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


@pytest.mark.parametrize("page", ["/appearance", "/accessibility"])
async def test_signed_in_or_out_the_page_has_the_frame_one_knows(signed_in, page):
    stranger, amina = await signed_in(None), await signed_in("amina")
    for browser, is_hers in (stranger, False), (amina, True):
        answer = await browser.get(page)
        assert answer.status_code == 200
        check_page(answer.text)
        assert ("Sign out" in answer.text) == ("Amina" in answer.text) == is_hers


async def test_the_statement_is_dated_and_says_whom_to_tell(signed_in):
    text = (await (await signed_in(None)).get("/accessibility")).text
    assert " 22 November 2026." in text  # no <time>: "2 days ago" is no date
    for words in (
        "version 2.2",
        "level AA",
        "does not work yet",
        "How we checked it",
        "Tell a facilitator of your group",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("contact", "address"),
    [
        ("help@lga.example", "mailto:help@lga.example"),
        ("https://hub.example.org/help?a=1&b=@x", "https://hub.example.org/help?a=1&amp;b=@x"),
    ],
)
async def test_whom_to_tell_is_a_setting(forum, signed_in, contact, address):
    forum.settings = replace(forum.settings, site=replace(forum.settings.site, contact=contact))
    text = (await (await signed_in(None)).get("/accessibility")).text
    assert f'<a href="{address}">' in text
    assert "Tell a facilitator" not in text


async def test_the_page_of_parts_is_not_there_unless_it_is_switched_on(signed_in, without_chance):
    amina = await signed_in("amina")
    there, nowhere = [without_chance(await amina.get(page)) for page in ("/style", "/nowhere")]
    assert there.startswith("404")
    assert there == nowhere.replace("/nowhere", "/style")
    assert (await (await signed_in(None)).get("/style")).headers["location"] == "/sign-in?next=/style"


@with_settings(site={"style_page": True})
async def test_the_page_of_parts_is_for_who_is_signed_in(signed_in):
    answer = await (await signed_in("amina")).get("/style")
    assert answer.status_code == 200
    check_page(answer.text)
    assert (await (await signed_in(None)).get("/style")).headers["location"] == "/sign-in?next=/style"


async def test_choosing_leads_back_to_where_one_was(signed_in):
    tom, amina = await signed_in("tom"), await signed_in("amina")
    assert "/appearance?next=/intelligence%3Fsort%3Dpeople" in (await tom.get("/intelligence?sort=people")).text
    assert "/appearance?next=/groups" in (await tom.get("/appearance?next=/groups")).text
    thread = await thread_in("adult-social-care")
    stood_on = f"/threads/{thread.id}"
    headers = {"origin": amina.site, "referer": amina.site + stood_on}
    refused = await amina.post(f"{stood_on}/posts", data={"key": new_key(), "body": ""}, headers=headers)
    assert refused.status_code == 422
    assert f'"/appearance?next={stood_on}"' in refused.text
    assert f'data-return-to="{stood_on}"' in refused.text
