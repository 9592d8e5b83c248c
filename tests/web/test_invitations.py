"""The pages of inviting and of coming in: who gets there, what they say, and what a link tells whom."""

import re
from datetime import timedelta

import pytest

from forum.actions.groups import remove_member_by_email
from forum.actions.invitations import invite
from forum.actions.standing import decide
from forum.models import Invitation
from tests.cast import EVERYONE, new_key
from tests.conftest import with_settings
from tests.post_office import empty_the_queue, kept_letters, text_of
from tests.statements import statements

CARE, HIDDEN = "/groups/adult-social-care", "/groups/whistleblowing"
DILYS, EVE, AMINA = "dilys@gwynedd.example", "eve@demo.example", "amina@demo.example"
BETTER = "purple turnips in the attic"
LINK = re.compile(r"http://127\.0\.0\.1:8000(/invitations/\S+)")
pytestmark = pytest.mark.usefixtures("letters_by_hand")


async def links(forum, email: str = DILYS) -> list[str]:
    await empty_the_queue(forum)
    letters = [letter for letter in kept_letters(forum) if letter["To"] == email and "invited" in letter["Subject"]]
    return [LINK.search(text_of(letter)).group(1) for letter in letters]


async def link_for(forum, browser, email: str = DILYS, base: str = "", **fields) -> str:
    """Somebody invites this address from their page; the link in the letter."""
    before = await links(forum, email)
    answer = await browser.act(f"{base}/invite", **{"email": email, "name": "Dilys Rhys", "role": "member"} | fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{base}/invitations?done=invited")
    [link] = set(await links(forum, email)) - set(before)
    return link


async def send_list(browser, base: str, text: str = "", content: bytes | None = None, **fields):
    files = {"file": ("list.csv", content or b"", "text/csv")}
    fields = {"text": text, "role": "member", "key": new_key()} | fields
    return await browser.post(f"{base}/invite/list", data=fields, files=files, headers={"origin": browser.site})


def field(answer, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', answer.text).group(1)


# Who gets there


@pytest.mark.parametrize("name", [name for name in EVERYONE if name != "priya"])
async def test_only_administrators_invite_to_the_service(forum, signed_in, without_chance, name):
    browser, priya = await signed_in(name), await signed_in("priya")
    await link_for(forum, priya)
    there = (await Invitation.get()).id
    for address in "/invitations", "/invite", "/invite/list":
        assert (await browser.get(address)).status_code == 403, address
    for act in "withdraw", "again":
        pages = {without_chance(await browser.act(f"/invitations/{it}/{act}", key="k" * 22)) for it in (there, 1)}
        assert len(pages) == 1 and pages.pop().startswith("403")
    assert (await browser.act("/invite", email=EVE, name="Eve", role="member")).status_code == 403
    assert (await send_list(browser, "", f"{EVE}, Eve", act="invite", shown="n")).status_code == 403
    assert 'href="/invitations"' not in (await browser.get("/")).text
    assert await Invitation.all().count() == 1


@pytest.mark.parametrize("name", [name for name in EVERYONE if name != "ruth"])
@pytest.mark.parametrize("base", [CARE, HIDDEN])
async def test_only_its_facilitators_invite_into_a_group(forum, signed_in, without_chance, name, base):
    browser, ruth = await signed_in(name), await signed_in("ruth")
    slug = base.rsplit("/", 1)[1]
    link = await link_for(forum, ruth, base=base)
    there = (await Invitation.get()).id
    is_inside = (await browser.get(f"{base}/members")).status_code == 200
    answers = []
    for it, where in ((there, base), (1, base), (1, "/groups/nowhere")):
        more = {"email": EVE, "name": "Eve", "role": "member", "key": "k" * 22}
        answers.append(
            [await browser.get(f"{where}/{page}") for page in ("invitations", "invite", "invite/list")]
            + [await browser.act(f"{where}/invitations/{it}/{act}", key="k" * 22) for act in ("withdraw", "again")]
            + [
                await browser.act(f"{where}/invite", **more),
                await send_list(browser, where, f"{EVE}, Eve", key="k" * 22),
            ]
        )
    assert {answer.status_code for answer in answers[0]} == {403 if is_inside else 404}
    assert [without_chance(it) for it in answers[0]] == [without_chance(it) for it in answers[1]]
    if not is_inside:
        assert [without_chance(it) for it in answers[0]] == [without_chance(it) for it in answers[2]]
    members = (await browser.get(f"{base}/members")).text
    assert f"{base}/invite" not in members and (is_inside or slug not in without_chance(answers[0][0]))
    assert await Invitation.filter(withdrawn_at=None).count() == 1 and link


async def test_priya_finds_the_pages_and_ruth_those_of_her_group(forum, signed_in):
    priya, ruth = await signed_in("priya"), await signed_in("ruth")
    assert 'href="/invitations"' in (await priya.get("/people")).text
    assert f'href="{CARE}/invite"' in (await ruth.get(f"{CARE}/members")).text
    assert "Finance" in (choices := (await priya.get("/invite")).text) and "Whistleblowing" not in choices
    page = (await ruth.get(f"{CARE}/invite")).text
    assert "Whistleblowing" not in page and ">Facilitator<" not in page and ">Observer<" in page
    assert (await priya.act("/invite", email=DILYS, name="D", group="whistleblowing", role="member")).status_code == 422
    await link_for(forum, priya, group="finance", role="facilitator")
    await link_for(forum, priya)
    await link_for(forum, priya, "meg@demo.example", group="adult-social-care")
    await invite(forum, None, "whistleblowing", False, "nell@demo.example", "Nell", None, "member")
    assert DILYS not in (await ruth.get(f"{CARE}/invitations")).text
    assert DILYS in (await ruth.get("/groups/finance/invitations")).text
    assert "nell@demo.example" in (await ruth.get(f"{HIDDEN}/invitations")).text
    listed = (await priya.get("/invitations")).text
    assert listed.count(DILYS) == 2 and "3 invitations" in listed and "Finance" in listed
    assert "Whistleblowing" not in listed and "nell@demo.example" not in listed
    nell = await Invitation.get(email="nell@demo.example")
    for act in "withdraw", "again":
        assert (await priya.act(f"/invitations/{nell.id}/{act}")).status_code == 404


# The list


async def test_invitations_are_found_by_name_address_state_and_group(forum, signed_in):
    priya = await signed_in("priya")
    forum_links = {}
    for number, name in enumerate(("open", "used", "expired", "withdrawn")):
        more = {"group": "finance"} if number % 2 else {}
        forum_links[name] = await link_for(forum, priya, f"{name}@demo.example", name=f"Person {name}", **more)
    stranger = await signed_in(None)
    assert (await stranger.send_form(forum_links["used"], name="Used", new=BETTER, council="none")).status_code == 303
    withdrawn = await Invitation.get(email="withdrawn@demo.example")
    await Invitation.filter(email="expired@demo.example").update(expires_at=forum.clock() - timedelta(hours=1))
    answer = await priya.act(f"/invitations/{withdrawn.id}/withdraw")
    assert answer.headers["location"] == "/invitations?done=withdrawn"
    for words, found in (
        ("", {"open", "used", "expired", "withdrawn"}),
        ("state=open", {"open"}),
        ("state=used", {"used"}),
        ("state=expired", {"expired"}),
        ("state=withdrawn", {"withdrawn"}),
        ("q=PERSON+used", {"used"}),
        ("q=demo&group=finance", {"used", "withdrawn"}),
        ("q=%25", set()),
        ("state=open&group=finance", set()),
    ):
        answer = await priya.get(f"/invitations?{words}")
        assert answer.status_code == 200
        assert {name for name in forum_links if f"{name}@demo.example" in answer.text} == found, words
    for wrong in "state=x", "group=x", "q=%00":
        assert (await priya.get(f"/invitations?{wrong}")).status_code == 422, wrong
    for nowhere in "page=2", "page=x":
        assert (await priya.get(f"/invitations?{nowhere}")).status_code == 404


async def test_who_withdraws_and_sends_again_from_the_list(forum, signed_in):
    ruth, stranger = await signed_in("ruth"), await signed_in(None)
    first = await link_for(forum, ruth, base=CARE)
    there = await Invitation.get()
    page = (await ruth.get(f"{CARE}/invitations")).text
    assert "Dilys Rhys" in page and "Open until" in page and "Ruth" in page
    answer = await ruth.act(f"{CARE}/invitations/{there.id}/again")
    assert answer.headers["location"] == f"{CARE}/invitations?done=again"
    assert "earlier link works no longer" in (await ruth.get(answer.headers["location"])).text
    [second] = set(await links(forum)) - {first}
    assert [(await stranger.get(link)).status_code for link in (first, second)] == [404, 200]
    newest = await Invitation.get(withdrawn_at=None)
    assert (await ruth.act(f"{CARE}/invitations/{newest.id}/withdraw", key="short")).status_code == 422
    assert (await ruth.act(f"{CARE}/invitations/{newest.id}/withdraw")).status_code == 303
    assert (await ruth.act(f"{CARE}/invitations/{newest.id}/withdraw")).status_code == 404
    assert (await stranger.get(second)).status_code == 404


async def test_the_list_says_which_links_lost_their_sender(forum, signed_in):
    ruth, priya = await signed_in("ruth"), await signed_in("priya")
    link = await link_for(forum, ruth, base=CARE)
    await remove_member_by_email(forum, "adult-social-care", "ruth@demo.example", "Moved on")
    assert "Ruth may no longer invite here" in (await priya.get("/invitations")).text
    there = await Invitation.get()
    assert (await priya.act(f"/invitations/{there.id}/again")).status_code == 303
    assert "no longer invite" not in (await priya.get("/invitations")).text
    stranger = await signed_in(None)
    assert (await stranger.get(link)).status_code == 404
    assert [(await stranger.get(it)).status_code for it in await links(forum) if it != link] == [200]


async def test_what_is_wrong_with_the_form_is_said_beside_it(forum, signed_in):
    ruth, priya = await signed_in("ruth"), await signed_in("priya")
    good = {"email": DILYS, "name": "Dilys", "role": "member"}
    for browser, base, fields, words in (
        (ruth, CARE, {"email": "x"}, "Enter an email address"),
        (ruth, CARE, {"name": "a@b"}, "Give a name without"),
        (ruth, CARE, {"council": "99999"}, "Choose a council"),
        (ruth, CARE, {"council": "x"}, "whole number"),
        (ruth, CARE, {"role": "facilitator"}, "Choose a role"),
        (ruth, CARE, {"role": ""}, "Choose a role"),
        (ruth, CARE, {"email": AMINA}, "in the group already"),
        (ruth, CARE, {"key": "short"}, "no valid key"),
        (priya, "", {"group": "nowhere"}, "There is no group nowhere"),
        (priya, "", {"email": AMINA}, "have an account already"),
    ):
        answer = await browser.act(f"{base}/invite", **good | fields)
        assert answer.status_code == 422 and words in answer.text, fields
        assert (fields.get("name") or "Dilys") in answer.text
    assert not await Invitation.exists()


@with_settings(invitations={"letters_per_day": 2})
async def test_too_many_letters_are_refused_in_words(forum, signed_in):
    ruth = await signed_in("ruth")
    for number in range(2):
        await link_for(forum, ruth, f"p{number}@demo.example", CARE)
    answer = await ruth.act(f"{CARE}/invite", email=DILYS, name="Dilys", role="member")
    assert answer.status_code == 429 and "Send the rest tomorrow" in answer.text and answer.headers["retry-after"]
    one = await Invitation.first()
    assert (await ruth.act(f"{CARE}/invitations/{one.id}/again")).status_code == 429
    assert (await send_list(ruth, CARE, f"{DILYS}, D", act="invite", shown="n")).status_code == 429
    assert await Invitation.all().count() == 2


# Many


async def test_ruth_sees_what_a_list_would_do_and_does_it(forum, signed_in):
    ruth = await signed_in("ruth")
    text = f"email,name,council\n{DILYS},Dilys Rhys,Gwynedd\n{AMINA},Amina,\nivo@demo.example,Ivo,Leads\n"
    seen = await send_list(ruth, CARE, content=("\ufeff" + text).encode())
    assert seen.status_code == 200 and not await Invitation.exists()
    for words in (
        "1 person to invite into Adult social care, 1 line to mend",
        "Not invited: they are in the group already",
        "Unknown council. Did you mean Leeds?",
        "Line 4",
        "Invite this person",
    ):
        assert words in seen.text, words
    more = {"act": "invite", "shown": field(seen, "shown"), "key": field(seen, "key")}
    for _ in range(2):
        answer = await send_list(ruth, CARE, text, **more)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{CARE}/invitations?done=list")
    assert len(await links(forum)) == 1 == await Invitation.all().count()


async def test_what_changed_since_ruth_looked_is_marked(forum, signed_in):
    ruth = await signed_in("ruth")
    text = f"{DILYS}, Dilys\n{EVE}, Eve"
    seen = await send_list(ruth, CARE, text)
    await link_for(forum, ruth, EVE, CARE, name="Eve")
    answer = await send_list(ruth, CARE, text, act="invite", shown=field(seen, "shown"))
    assert answer.status_code == 422 and "Something has changed since you looked" in answer.text
    assert re.search(r"Line 2.*?Changed", answer.text, re.DOTALL) and answer.text.count(">Changed<") == 1
    assert await Invitation.all().count() == 1
    answer = await send_list(ruth, CARE, text, act="invite", shown=field(answer, "shown"))
    assert answer.status_code == 303 and await Invitation.filter(withdrawn_at=None).count() == 2


async def test_the_dry_run_is_the_same_for_an_address_with_and_without_an_account(forum, signed_in, without_chance):
    """Known elsewhere, unknown, suspended, deactivated, invited elsewhere."""
    await decide(forum, None, "tom@demo.example", "suspend", "")
    await decide(forum, None, "nadia@demo.example", "deactivate", "")
    ruth, sam, pages, asked = await signed_in("ruth"), await signed_in("sam"), set(), set()
    await link_for(forum, sam, "bob@demo.example", "/groups/housing")
    for name in "ann", "bob", "eve", "tom", "nadia", "priya", "sam":
        with statements() as sent:
            seen = await send_list(ruth, CARE, f"{name}@demo.example, Somebody", key="k" * 22)
        asked.add(tuple(sent))
        pages.add(without_chance(seen).replace(f"{name}@demo.example", "ADDRESS"))
        sent = await ruth.act(f"{CARE}/invite", email=f"{name}@demo.example", name="Somebody", role="member")
        pages.add(without_chance(sent))
    assert len(pages) == 2 and len(asked) == 1
    assert (await ruth.get(f"{CARE}/invitations")).text.count("Open until") == 7


async def test_hostile_words_in_a_list_stay_words(forum, signed_in):
    ruth = await signed_in("ruth")
    text = (
        '"<script>alert(1)</script>",a@demo.example\n\'"><img src=x onerror=alert(2)>,b@demo.example\n'
        "{{ 7*7 }},c@demo.example,{{config}}\n=cmd|' /C calc'!A0,d@demo.example\n</textarea><b>x</b>,e@demo.example\n"
        "\u202etxt.exe,f@demo.example\n"
    )
    answer = await send_list(ruth, CARE, text, content=text.encode("utf-16"))
    assert answer.status_code == 200
    for words in "<script>alert", "<img src=x", "<b>x</b>", ">49<":
        assert words not in answer.text
    assert "&lt;script&gt;" in answer.text
    for content, words in ((b"PK\x03\x04\x81\x8d", "no text file"), (b"a\0b,x@y.example", "cannot be stored")):
        answer = await send_list(ruth, CARE, content=content)
        assert answer.status_code == 422 and words in answer.text
    too_many = "\n".join(f"p{number}@demo.example, P" for number in range(201))
    for wrong, words in (("", "Choose a file"), (too_many, "This one has 201")):
        answer = await send_list(ruth, CARE, wrong)
        assert answer.status_code == 422 and words in answer.text
    assert (await send_list(ruth, CARE, f"{DILYS}, D", role="facilitator")).status_code == 422
    assert not await Invitation.exists()


async def test_priya_invites_a_list_to_the_service_and_into_a_group(forum, signed_in):
    priya = await signed_in("priya")
    text = f"{DILYS}, Dilys\n{AMINA}, Amina"
    for group, invited in ("", 1), ("finance", 2):
        seen = await send_list(priya, "", text, group=group)
        more = {"act": "invite", "shown": field(seen, "shown"), "group": group}
        assert (await send_list(priya, "", text, **more)).status_code == 303
        assert await Invitation.filter(group__slug=group or None).count() == invited or not group
    assert await Invitation.all().count() == 3
    answer = await send_list(priya, "", text, group="nowhere")
    assert answer.status_code == 422 and "There is no group nowhere" in answer.text
