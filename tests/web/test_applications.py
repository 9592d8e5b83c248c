"""Administrators see who asks to be let in, and decide; members are asked whether they know somebody."""

import pytest

from forum.actions.deciding import decide_application
from forum.actions.standing import decide
from forum.models import Application, AuditRow, Council, Invitation
from forum.web.applications import PER_PAGE
from tests.cast import EVERYONE, user
from tests.sign_ups import MAEVE, waiting_application
from tests.statements import statements
from tests.web.test_hard_words import shown
from tests.web.test_pages import check_page

pytestmark = pytest.mark.usefixtures("letters_by_hand")


@pytest.mark.parametrize("name", [name for name in EVERYONE if name != "priya"])
async def test_nobody_but_administrators_gets_there(forum, signed_in, without_chance, name):
    browser, maeve = await signed_in(name), await waiting_application(forum, matches_domain=True)
    assert (await browser.get("/applications")).status_code == 403
    pages, sent = set(), set()
    for application_id in maeve, 555:
        with statements() as asked:
            answer = await browser.get(f"/applications/{application_id}")
        assert answer.status_code == 403 and "Maeve" not in answer.text
        pages.add(without_chance(answer))
        sent.add(tuple(asked))
        answer = await browser.act(f"/applications/{application_id}/decision", decision="approve", reason="x")
        assert answer.status_code == 403
    assert len(pages) == len(sent) == 1
    assert (await Application.get()).decided_at is None and not await AuditRow.filter(act="read_application").exists()


def listed(answer) -> list[str]:
    return [part.split("</bdi>")[0] for part in answer.text.split("<bdi>")[1:]]


async def test_sign_ups_are_listed_with_those_that_wait_first_and_found_by_words_and_state(forum, signed_in):
    for name, changed in (
        ("Alan", {"proven_at": None}),
        ("Bronwen", {"matches_domain": True}),
        ("Carys", {"sponsored_at": forum.clock(), "sponsor_id": (await user("gareth")).id}),
        ("Dilys", {"council": "Gwynedd"}),
        ("Emrys", {}),
        ("Ffion", {"matches_domain": True}),
    ):
        await waiting_application(forum, email=f"{name.lower()}@x.example", name=name, **changed)
    await decide_application(forum, None, "emrys@x.example", "refuse", "No")
    await decide_application(forum, None, "ffion@x.example", "approve", "Yes")
    priya = await signed_in("priya")
    for words, found in (
        ("", ["Bronwen", "Carys", "Dilys", "Alan", "Ffion", "Emrys"]),
        ("state=waiting", ["Bronwen", "Carys", "Dilys"]),
        ("state=unproven", ["Alan"]),
        ("state=approved", ["Ffion"]),
        ("state=refused", ["Emrys"]),
        ("q=CARYS", ["Carys"]),
        ("q=gwynedd", ["Dilys"]),
        ("q=x.example+ffion", ["Ffion"]),
        ("q=%25", []),
    ):
        answer = await priya.get(f"/applications?{words}")
        assert answer.status_code == 200, words
        check_page(answer.text)
        assert listed(answer) == found, words
        for address in "/people", "/councils", "/invitations", "/visits", "/terms/edit", "/audit":
            assert "Sign-ups (3 waiting)" in (await priya.get(address)).text
    page = (await priya.get("/applications?state=waiting")).text
    assert page.count("Domain match") == page.count("A member vouched") == page.count("for somebody who knows") == 1
    for wrong in "state=x", "q=%00":
        assert (await priya.get(f"/applications?{wrong}")).status_code == 422, wrong
    for nowhere in "page=2", "page=x", "page=0":
        assert (await priya.get(f"/applications?{nowhere}")).status_code == 404, nowhere


async def test_an_empty_list_says_so_and_a_long_one_is_paged(forum, signed_in):
    priya = await signed_in("priya")
    page = (await priya.get("/applications")).text
    assert "Nobody has asked" in page and 'href="/applications" aria-current="page">Sign-ups</a>' in page
    for number in range(PER_PAGE + 1):
        await waiting_application(forum, email=f"p{number}@x.example", name=f"Person {number:02}")
    first = (await priya.get("/applications")).text
    assert f"{PER_PAGE + 1} sign-ups" in first and "Person 49" in first and "Person 50" not in first
    assert "Person 50" in (await priya.get("/applications?page=2")).text


async def test_one_sign_up_shows_everything_and_the_look_is_kept(forum, signed_in):
    earlier = await waiting_application(forum, sponsor="eve")
    await decide_application(forum, None, MAEVE, "refuse", "We do not know you")
    maeve = await waiting_application(forum, "gareth", why="To learn\n<b>from</b> others", name="Maeve O'Byrne")
    priya = await signed_in("priya")
    answer = await priya.get(f"/applications/{maeve}")
    assert answer.status_code == 200
    check_page(answer.text)
    leeds = await Council.get(name="Leeds")
    for words in (
        "Maeve O&#39;Byrne", MAEVE, f'href="/councils/{leeds.id}">Leeds', "Councillor for adult social care",
        "To learn\n&lt;b&gt;from&lt;/b&gt; others", "gareth@demo.example</span>, no answer yet",
        "In none of the council’s approved domains", f'href="/applications/{earlier}"', "We do not know you",
        "cannot be approved as it is", "refused",
    ):  # fmt: skip
        assert words in answer.text, words
    assert 'value="approve"' not in answer.text
    [look] = await AuditRow.filter(act="read_application")
    assert (look.actor_id, look.subject, look.subject_id) == ((await user("priya")).id, "application", maeve)
    gareth = await signed_in("gareth")
    await gareth.act(f"/vouch/{maeve}", answer="no")
    page = (await priya.get(f"/applications/{maeve}")).text
    assert "<bdi>Gareth</bdi></a> does not vouch for them, " in page
    await Application.filter(id=maeve).update(sponsor_id=None)
    await gareth.act(f"/vouch/{maeve}", answer="yes")
    page = (await priya.get(f"/applications/{maeve}")).text
    assert "Vouched</span>" in page and 'value="approve"' in page
    assert (await priya.get("/applications/555")).status_code == 404
    amina = await waiting_application(forum, email="amina@demo.example")
    await decide(forum, None, "amina@demo.example", "suspend", "")
    assert "<bdi>Amina</bdi></a>, suspended" in (await priya.get(f"/applications/{amina}")).text


async def test_priya_decides_from_the_page(forum, signed_in):
    priya, maeve = await signed_in("priya"), await waiting_application(forum, matches_domain=True)
    address = f"/applications/{maeve}/decision"
    for fields, words in (
        ({"decision": "", "reason": "A reason kept"}, "Choose what you decide."),
        ({"decision": "approve", "reason": " "}, "Say why."),
        ({"decision": "approve", "reason": "x", "key": "short"}, "no valid key"),
        ({"decision": "refuse", "reason": "A\0reason"}, "Take it out"),
    ):
        answer = await priya.act(address, **fields)
        assert answer.status_code == 422 and words in answer.text, fields
        check_page(answer.text)
        if "kept" in fields["reason"]:
            assert "A reason kept" in answer.text
    answer = await priya.act(address, decision="approve", reason="Her address is the council’s")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/applications/{maeve}")
    page = (await priya.get(f"/applications/{maeve}")).text
    assert "Approved</strong>" in page and "Her address is the council’s" in page and "Priya" in page
    assert "Decide</button>" not in page
    assert (await Invitation.get()).application_id == maeve
    answer = await priya.act(address, decision="refuse", reason="No, after all")
    assert answer.status_code == 422 and "This was decided already." in answer.text
    assert "(1 waiting)" not in (await priya.get("/people")).text
    assert (await priya.act("/applications/555/decision", decision="refuse", reason="x")).status_code == 404


async def test_what_was_emptied_shows_what_is_left(forum, signed_in):
    priya, maeve = await signed_in("priya"), await waiting_application(forum, council_id=None)
    await decide_application(forum, None, MAEVE, "refuse", "No")
    empty = dict.fromkeys(["email", "name", "position", "why", "reason", "sponsor_email"], "")
    await Application.filter(id=maeve).update(**empty)
    await waiting_application(forum, email="")
    for address in "/applications", f"/applications/{maeve}":
        page = await priya.get(address)
        assert page.status_code == 200
        check_page(page.text)
    assert "no other sign-up" in page.text, "two without an address are not of the same one"


# For the member


async def test_gareth_is_asked_whether_he_knows_her(forum, signed_in):
    gareth, maeve = await signed_in("gareth"), await waiting_application(forum, "gareth")
    address = f"/vouch/{maeve}"
    page = await gareth.get(address)
    assert page.status_code == 200
    check_page(page.text)
    for words in (
        "Maeve Byrne",
        "Leeds",
        "Councillor for adult social care",
        "I know them and vouch for them",
        "I do not",
    ):
        assert words in page.text
    assert MAEVE not in page.text and "To learn" not in page.text, "the rest is for who decides"
    for fields, words in ({}, "one of the two"), ({"answer": "perhaps"}, "one of the two"), ({"key": "x"}, "valid key"):
        answer = await gareth.act(address, **fields)
        assert answer.status_code == 422 and words in answer.text
        check_page(answer.text)
    answer = await gareth.act(address, answer="yes")
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    page = (await gareth.get(address)).text
    assert "You said that you know them" in page and '<form method="post" action="/vouch' not in page
    assert (await gareth.act(address, answer="no")).status_code == 422
    assert (await Application.get()).sponsored_at


async def test_after_the_decision_there_is_nothing_to_answer(forum, signed_in):
    gareth, maeve = await signed_in("gareth"), await waiting_application(forum, "gareth")
    await decide_application(forum, None, MAEVE, "refuse", "A secret reason")
    page = (await gareth.get(f"/vouch/{maeve}")).text
    assert "This has been decided." in page and "secret" not in page
    assert (await gareth.act(f"/vouch/{maeve}", answer="yes")).status_code == 422


@pytest.mark.parametrize("name", [name for name in EVERYONE if name != "gareth"])
async def test_for_everybody_else_there_is_nothing(forum, signed_in, without_chance, name):
    """Byte for byte and query for query, for administrators too."""
    browser, maeve = await signed_in(name), await waiting_application(forum, "gareth")
    unproven = await waiting_application(forum, name, proven_at=None, email="other@x.example")
    answers = set()
    for application_id in maeve, unproven, 555:
        for method in browser.get, browser.act:
            with statements() as sent:
                answer = await method(f"/vouch/{application_id}")
            assert answer.status_code == 404
            answers.add((method.__name__, without_chance(answer).replace(str(application_id), "ID"), tuple(sent)))
    assert len(answers) == 2


async def test_hard_words_of_a_reason_stand_whole_and_harmless(forum, signed_in):
    priya, maeve = await signed_in("priya"), await waiting_application(forum, name="<i>&amp;</i>" + "W" * 100)
    reason = "<script>alert(1)</script> {{ 7 * 7 }}\nأمينة"
    assert (await priya.act(f"/applications/{maeve}/decision", decision="refuse", reason=reason)).status_code == 303
    page = (await priya.get(f"/applications/{maeve}")).text
    check_page(page)
    assert shown(reason) in page and shown("<i>&amp;</i>") in page
