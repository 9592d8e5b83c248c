"""Signing up: every address gets the same answer, and whoever proves theirs sees where they stand and nothing else."""

import asyncio
import hashlib

import pytest

from forum.actions.applications import take_application
from forum.actions.deciding import decide_application
from forum.actions.jobs import claim_job
from forum.actions.vouching import vouch
from forum.database import select
from forum.models import Application, AuditRow, Invitation, Job, Link, Person
from forum.web.limits import SIGN_UPS_PER_ADDRESS
from tests.cast import new_key, user
from tests.conftest import with_settings
from tests.hard_words import LONG, NAMES
from tests.post_office import empty_the_queue, kept_letters, text_of
from tests.sign_ups import LINK, MAEVE, WAITS, approve_domain, ask, fields, letters, link_for, signed_up
from tests.statements import statements
from tests.web.test_account import advance
from tests.web.test_hard_words import shown
from tests.web.test_pages import check_page

pytestmark = pytest.mark.usefixtures("letters_by_hand")


async def test_maeve_from_leeds_signs_up_with_an_address_of_her_council(forum, signed_in):
    await approve_domain()
    phone = await signed_in(None)
    assert '<a href="/sign-up">Ask to join</a>' in (await phone.get("/sign-in")).text
    page = await phone.get("/sign-up")
    check_page(page.text)
    assert ">Leeds</option>" in page.text and "I work for the LGA, or am not on a council" in page.text
    asked = await ask(phone, "Maeve@Leeds.Example")
    assert asked.status_code == 200 and "Check your email" in asked.text
    [(to, subject, words)] = await letters(forum)
    assert (to, subject) == (MAEVE, "Is this your address?") and "24 hours" in words
    assert "Maeve Byrne" not in words, "anybody may have typed it"
    link = LINK.search(words)[1]
    for _ in range(3):  # mail scanners look at links
        page = await phone.get(link)
        assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
        assert link not in page.text.replace(f'action="{link}"', "")
        assert "Confirm that this is your address</button>" in page.text and "Leeds" in page.text
    assert (await Application.get()).proven_at is None
    answer = await phone.send_form(link)
    assert (answer.status_code, answer.headers["location"]) == (303, link)
    assert not answer.headers.get("set-cookie"), "a link signs nobody in"
    page = await phone.get(link)
    assert "waits for a decision" in page.text and "<button" not in page.text
    for secret in "Maeve", MAEVE, "To learn", "Councillor for":
        assert secret not in page.text
    maeve = await Application.get().select_related("council")
    assert (maeve.email, maeve.name, maeve.council.name) == (MAEVE, "Maeve Byrne", "Leeds")
    assert maeve.matches_domain and maeve.proven_at
    rows = await AuditRow.filter(subject="application").order_by("number")
    assert [(row.act, row.actor_id, row.subject_id) for row in rows] == [
        ("ask_to_join", None, maeve.id),
        ("prove_application", None, maeve.id),
    ]


async def test_the_page_says_where_it_stands_until_sixty_days_are_over(forum, signed_in):
    phone = await signed_in(None)
    link = await link_for(forum, phone, sponsor="gareth@demo.example")
    await phone.send_form(link)
    assert "waits for a member" in (await phone.get(link)).text
    maeve = await Application.get()
    await vouch(forum, await user("gareth"), maeve.id, "no", new_key())
    assert "waits for a member" in (await phone.get(link)).text, "what he answered is not for her"
    await Application.filter(id=maeve.id).update(sponsor_id=None)
    await vouch(forum, await user("gareth"), maeve.id, "yes", new_key())
    assert "waits for a decision" in (await phone.get(link)).text
    await decide_application(forum, None, MAEVE, "refuse", "We know no Maeve <b>there</b>")
    page = (await phone.get(link)).text
    assert "was refused" in page and "We know no Maeve &lt;b&gt;there&lt;/b&gt;" in page
    assert "Gareth" not in page and "gareth@" not in page
    advance(forum, days=59)
    assert (await phone.get(link)).status_code == 200
    advance(forum, days=1)
    assert (await phone.get(link)).status_code == 404


async def test_who_is_approved_is_sent_to_the_letter_and_gets_in(forum, signed_in):
    await approve_domain()
    phone = await signed_in(None)
    link = await link_for(forum, phone)
    await phone.send_form(link)
    await decide_application(forum, None, MAEVE, "approve", "")
    assert "We sent you a letter" in (await phone.get(link)).text
    [(to, _, words)] = await letters(forum)
    assert to == MAEVE and "/invitations/" in words
    invitation = await Invitation.get()
    assert (invitation.email, invitation.application_id) == (MAEVE, (await Application.get()).id)


async def test_nobody_knows_who_has_no_domain_and_no_sponsor(forum, signed_in):
    """She is told what to do, does it, and the second application counts instead of the first."""
    phone = await signed_in(None)
    link = await link_for(forum, phone)
    await phone.send_form(link)
    assert "needs a member who knows you" in (await phone.get(link)).text
    second = await signed_up(forum, phone, sponsor="gareth@demo.example")
    assert await Application.all().count() == 1
    assert second.sponsor_email == "gareth@demo.example"
    assert (await phone.get(link)).status_code == 404


async def test_the_lga_is_no_council_whatever_the_domain(forum, signed_in):
    await approve_domain("lga.example")
    staff = await signed_up(forum, await signed_in(None), "new@lga.example", council=None)
    assert staff.council_id is None and not staff.matches_domain


@pytest.mark.parametrize(
    ("domain", "council", "email", "matches"),
    [
        ("leeds.example", "Leeds", "x@leeds.example", True),
        ("leeds.example", "Leeds", "x@mail.leeds.example", False),
        ("leeds.example", "Leeds", "x@notleeds.example", False),
        ("leeds.example", "Leeds", "x@leeds.example.evil.example", False),
        ("leeds.example", "Cardiff", "x@leeds.example", False),
        ("xn--mn-8ja.example", "Leeds", "x@MÔN.example", True),
        ("mon.example", "Leeds", "x@môn.example", False),
    ],
)
async def test_only_the_domain_of_the_chosen_council_itself_matches(forum, signed_in, domain, council, email, matches):
    await approve_domain(domain)
    application = await signed_up(forum, await signed_in(None), email.lower(), council)
    assert application.matches_domain is matches


# The same for everybody


async def test_every_address_gets_the_same_answer_for_the_same_work(forum, signed_in, without_chance):
    """With an account of any kind, with an application in any state, new, with a known and an unknown sponsor: one
    answer, by the same statements, and the same kind of note to be read later."""
    await approve_domain()
    phone = await signed_in(None)
    await link_for(forum, phone, "unproven@leeds.example")
    for state in "waiting", "approve", "refuse":
        await signed_up(forum, phone, f"{state}@leeds.example")
        if state != "waiting":
            await decide_application(forum, None, f"{state}@leeds.example", state, "A reason")
            await letters(forum)
    await Person.filter(email="olu@demo.example").update(suspended_at=forum.clock())
    await Person.filter(email="sam@demo.example").update(deactivated_at=forum.clock(), password_hash=None)
    await letters(forum)
    known = ["amina@demo.example", "olu@demo.example", "sam@demo.example", "unproven@leeds.example"]
    known += [f"{state}@leeds.example" for state in ("waiting", "approve", "refuse")]
    await Job.all().delete()
    pages, stranger = set(), await signed_in(None, address="192.0.2.1")
    for email in [*known, "new@leeds.example", "new@nowhere.example"]:
        for sponsor in "gareth@demo.example", "nobody@demo.example":
            form = await fields(email, sponsor=sponsor)
            with statements() as sent:
                answer = await stranger.send_form("/sign-up", **form)
            assert answer.status_code == 200
            pages.add((without_chance(answer).replace(email, "ADDRESS"), tuple(sent)))
    assert len(pages) == 1 and len(sent) > 1
    assert [(job.kind, job.key[:8]) for job in await Job.all()] == [("sign_up", "sign-up:")] * 18


async def test_only_the_letter_says_that_there_is_an_account(forum, signed_in):
    phone = await signed_in(None)
    for name in "amina", "sam":
        await Person.filter(email="sam@demo.example").update(deactivated_at=forum.clock())
        await ask(phone, f"{name}@demo.example")
        [(to, subject, words)] = await letters(forum)
        assert (to, subject) == (f"{name}@demo.example", "You have an account already")
        assert "/sign-in" in words and "/reset" in words and "/sign-up/" not in words
    assert not await Application.exists()
    subjects = {row.subject_id for row in await AuditRow.filter(act="ask_to_join")}
    assert subjects == {(await user("amina")).id, (await Person.get(email="sam@demo.example")).id}


async def test_only_the_letter_says_that_an_application_waits(forum, signed_in):
    await approve_domain()
    phone = await signed_in(None)
    first = await signed_up(forum, phone)
    await ask(phone, name="Somebody else")
    [(to, subject, words)] = await letters(forum)
    assert (to, subject) == (MAEVE, "You have asked to join already") and "/sign-up/" not in words
    assert (await Application.get()).name == first.name == "Maeve Byrne"


async def test_who_was_refused_may_ask_again(forum, signed_in):
    phone = await signed_in(None)
    await signed_up(forum, phone)
    await decide_application(forum, None, MAEVE, "refuse", "Who are you?")
    await letters(forum)
    await signed_up(forum, phone, why="I am the new member for Headingley.")
    assert [one.decision for one in await Application.all().order_by("created_at")] == ["refused", ""]


async def test_the_same_address_twenty_times_at_once_makes_one_application(forum, signed_in):
    browsers = [await signed_in(None, address=f"192.0.2.{number}") for number in range(20)]
    answers = await asyncio.gather(*(ask(browser, name=f"Maeve {n}") for n, browser in enumerate(browsers)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * SIGN_UPS_PER_ADDRESS + [429] * (20 - SIGN_UPS_PER_ADDRESS)
    came = await letters(forum)
    assert await Application.all().count() == 1 and {to for to, _, _ in came} == {MAEVE}
    links = [LINK.search(words)[1] for _, _, words in came]
    proofs = await asyncio.gather(*(browser.send_form(link) for browser in browsers for link in links))
    assert sorted({answer.status_code for answer in proofs}) == [303, 404]
    assert await Application.filter(proven_at__isnull=False).count() == 1
    assert await AuditRow.filter(act="prove_application").count() == 1


async def test_the_same_form_twice_asks_once(forum, signed_in):
    """A thumb is quick."""
    phone, form = await signed_in(None), await fields()
    answers = await asyncio.gather(*(phone.send_form("/sign-up", **form) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(await letters(forum)) == 1
    assert (await phone.send_form("/sign-up", **form | {"why": "Other words"})).status_code == 200
    assert len(await letters(forum)) == 1 and (await Application.get()).why == "Other words"


async def test_a_job_that_is_done_twice_leaves_the_first_link_as_it_is(forum, signed_in):
    """As after a fall between the two commits: the letter is out, and must go on to work."""
    phone = await signed_in(None)
    await ask(phone)
    job = await claim_job(forum)
    await take_application(forum, job)
    [(_, _, words)] = await letters(forum)
    await take_application(forum, job)
    assert await letters(forum) == []
    assert (await phone.get(LINK.search(words)[1])).status_code == 200


# Tokens


async def test_only_the_hash_of_a_token_is_kept_and_its_letter_is_emptied(forum, signed_in):
    link = await link_for(forum, await signed_in(None))
    token = link.rsplit("/", 1)[1]
    assert len(token) >= 43
    assert (await Application.get()).token_hash == hashlib.sha256(token.encode()).hexdigest()
    payloads = [row["payload"] for row in await select("SELECT payload FROM job")]
    assert not [payload for payload in payloads if token in payload or "Maeve" in payload]


async def test_a_link_is_good_for_a_day(forum, signed_in):
    phone = await signed_in(None)
    link = await link_for(forum, phone)
    advance(forum, hours=23)
    assert (await phone.get(link)).status_code == 200
    advance(forum, hours=1)
    assert (await phone.get(link)).status_code == 404
    assert (await phone.send_form(link)).status_code == 404
    assert (await Application.get()).proven_at is None


async def test_whatever_is_wrong_with_a_token_looks_the_same(forum, signed_in, without_chance):
    phone = await signed_in(None)
    first = (await link_for(forum, phone)).rsplit("/", 1)[1]
    good = (await link_for(forum, phone)).rsplit("/", 1)[1]  # that it replaced the first one shows to nobody
    now, amina = forum.clock(), await user("amina")
    purposes = {"reset": "of-a-reset", "address": "of-an-address"}
    for purpose, token in purposes.items():
        digest = hashlib.sha256(token.encode()).hexdigest()
        await Link.create(
            purpose=purpose, person_id=amina.id, email=MAEVE, token_hash=digest, created_at=now,
            expires_at=now.replace(year=now.year + 1),
        )  # fmt: skip
    pages = set()
    for word in (first, good[:-1], f"{good}x", good.swapcase(), "x", "%00", "%F0%9F%A6%94", "x" * 10_000,
                 *purposes.values()):  # fmt: skip
        for answer in await phone.get(f"/sign-up/{word}"), await phone.send_form(f"/sign-up/{word}"):
            assert answer.status_code == 404, word
            pages.add(without_chance(answer))
    for address in f"/reset/{good}", f"/address/{good}":
        pages.add(without_chance(await phone.get(address)))
    assert len(pages) == 1
    assert (await phone.get("/sign-up/")).status_code == 303, "an empty one is no page at all"
    assert (await phone.get(f"/sign-up/{good}")).status_code == 200, "and it was not used up by trying it elsewhere"


# Limits, and what cannot be so


async def test_asking_is_slowed_for_an_address_whatever_is_known_of_it(forum, signed_in):
    for email in "amina@demo.example", MAEVE:
        strangers = [await signed_in(None, address=f"192.0.2.{number}") for number in range(4)]
        answers = [await ask(stranger, email) for stranger in strangers]
        assert [answer.status_code for answer in answers] == [200] * SIGN_UPS_PER_ADDRESS + [429]
        assert answers[-1].headers["retry-after"] == "900"
    assert (await ask(await signed_in(None), "other@leeds.example")).status_code == 200


@with_settings(sign_in={"tries_per_address": 5})
async def test_asking_is_slowed_for_a_network(signed_in):
    sprayer = await signed_in(None, address="192.0.2.1")
    assert [(await ask(sprayer, f"n{n}@leeds.example")).status_code for n in range(6)] == [200] * 5 + [429]
    assert (await ask(await signed_in(None, address="192.0.2.2"))).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "Give a name"),
        ({"name": "x" * 121}, "1 to 120"),
        ({"name": "a\0b"}, "cannot be stored"),
        ({"email": "nobody"}, "Enter an email address"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "Enter an email address"),
        ({"email": "x" * 400 + "@demo.example"}, "Enter an email address"),
        ({"council": ""}, "Choose your council"),
        ({"council": "0"}, "Choose your council"),
        ({"council": "99999999999999999999"}, "Choose your council"),
        ({"position": ""}, "Say what your position is"),
        ({"position": "x" * 121}, "Say what your position is"),
        ({"why": "\n"}, "Say in a sentence"),
        ({"why": "x" * 1001}, "1,000 characters"),
        ({"sponsor": "gareth"}, "Enter an email address"),
        ({"sponsor": MAEVE.upper()}, "somebody else"),
        ({"key": ""}, "no valid key"),
    ],
)
async def test_what_is_missing_or_cannot_be_is_said_beside_its_field(signed_in, wrong, words):
    form = await fields() | wrong
    answer = await (await signed_in(None)).send_form("/sign-up", **form)
    assert answer.status_code == 422 and words in answer.text
    check_page(answer.text)
    if "why" not in wrong:
        assert "To learn from others." in answer.text, "what was typed is kept"
    assert not await Job.exists()


async def test_all_that_is_missing_is_said_at_once(signed_in):
    answer = await (await signed_in(None)).send_form("/sign-up", key=new_key())
    assert answer.status_code == 422
    for field in "name", "email", "council", "position", "why":
        assert f'<a href="#{field}">' in answer.text, field


@pytest.mark.parametrize("name", [*NAMES.values(), "<b>&amp;</b> 'so' \"on\"", "{{ 7 * 7 }}", f"{LONG}{LONG}"])
async def test_hard_words_stand_on_pages_and_in_letters_whole_and_harmless(forum, signed_in, name):
    phone, gareth = await signed_in(None), await signed_in("gareth")
    await letters(forum)
    link = await link_for(forum, phone, name=name, position=name, why=f"{name}\n{name}", sponsor="gareth@demo.example")
    page = (await phone.get(link)).text
    check_page(page)
    assert f"<bdi>{shown(name)}</bdi>" in page
    await phone.send_form(link)
    application = await Application.get()
    assert (application.name, application.position) == (name, name)
    page = (await gareth.get(f"/vouch/{application.id}")).text
    check_page(page)
    assert page.count(shown(name)) >= 4
    await decide_application(forum, None, MAEVE, "refuse", f"{name}\n\nBcc: all@demo.example")
    for _, subject, words in await letters(forum):
        assert "\n" not in subject and "49" not in subject
        if subject == "Your application to join":
            assert f"Dear {name}," in words and f"{name} Bcc: all@demo.example" in words


async def test_a_line_break_in_a_name_begins_no_header(forum, signed_in):
    phone = await signed_in(None)
    application = await signed_up(forum, phone, name="Maeve\r\nBcc: all@demo.example\r\n\r\nWords")
    assert application.name == "Maeve Bcc: all@demo.example Words"
    await decide_application(forum, None, MAEVE, "refuse", "No")
    await empty_the_queue(forum)
    told, letter = sorted(kept_letters(forum), key=lambda letter: letter["To"] == MAEVE)
    assert "Bcc" not in letter and letter["To"] == MAEVE
    assert (told["To"], told["Subject"]) == ("priya@demo.example", WAITS) and "Maeve" not in text_of(told)
