"""What becomes of a sign-up: members vouch, administrators decide once, and words are not kept for ever."""

import asyncio
from dataclasses import replace

import pytest

from forum.actions.applications import Asked, ask_to_join, take_application
from forum.actions.deciding import clear_applications, decide_application
from forum.actions.groups import add_member, remove_member_by_email
from forum.actions.jobs import claim_job, plan_days
from forum.actions.standing import set_site_role
from forum.actions.vouching import vouch
from forum.app import DAILY, JOBS
from forum.errors import Invalid, NotAllowed, NotFound
from forum.models import Application, AuditRow, Council, CouncilDomain, Invitation, Job, Membership, Person
from tests.cast import EVERYONE, PASSWORD, new_key, user
from tests.post_office import empty_the_queue
from tests.sign_ups import LINK, MAEVE, approve_domain, letters, link_for, signed_up, waiting_application
from tests.web.test_account import advance

pytestmark = pytest.mark.usefixtures("letters_by_hand")
GARETH = "gareth@demo.example"


async def acts(*wanted: str) -> list[tuple[str, int | None, int | None]]:
    rows = await AuditRow.filter(act__in=wanted).order_by("number")
    return [(row.act, row.actor_id, row.subject_id) for row in rows]


# The sponsor


async def test_gareth_is_asked_and_vouches(forum, signed_in):
    maeve = await signed_up(forum, await signed_in(None), "maeve@home.example", sponsor="Gareth@Demo.example")
    [(to, subject, words)] = await letters(forum)
    assert (to, subject) == (GARETH, "Do you know this person?")
    assert f"/vouch/{maeve.id}" in words and "Maeve" not in words, "who she is stands on the page only"
    gareth, priya = await user("gareth"), await user("priya")
    assert await vouch(forum, gareth, maeve.id, "yes", new_key()) == maeve.id
    maeve = await Application.get(id=maeve.id)
    assert maeve.sponsor_id == gareth.id and maeve.sponsored_at and not maeve.matches_domain
    await decide_application(forum, priya, maeve.id, "approve", "Gareth knows her", new_key())
    assert await acts("vouch", "approve_application") == [
        ("vouch", gareth.id, maeve.id),
        ("approve_application", priya.id, maeve.id),
    ]
    assert await letters(forum) != []


async def test_gareth_does_not_vouch_and_answers_once(forum):
    gareth, maeve = await user("gareth"), await waiting_application(forum, "gareth")
    key = new_key()
    for _ in range(2):  # the same form again
        await vouch(forum, gareth, maeve, "no", key)
    with pytest.raises(Invalid, match="answered already"):
        await vouch(forum, gareth, maeve, "yes", new_key())
    application = await Application.get()
    assert (application.sponsor_id, application.sponsored_at) == (gareth.id, None)
    assert await acts("vouch", "decline_vouch") == [("decline_vouch", gareth.id, maeve)]
    with pytest.raises(Invalid, match="no member has vouched"):
        await decide_application(forum, None, MAEVE, "approve", "")


async def test_an_answer_is_one_of_two_and_comes_before_the_decision(forum):
    gareth, maeve = await user("gareth"), await waiting_application(forum, "gareth")
    for answer in "", "maybe":
        with pytest.raises(Invalid, match="one of the two"):
            await vouch(forum, gareth, maeve, answer, new_key())
    await decide_application(forum, None, MAEVE, "refuse", "Too late")
    with pytest.raises(Invalid, match="decided meanwhile"):
        await vouch(forum, gareth, maeve, "yes", new_key())


@pytest.mark.parametrize(
    "sponsor", ["nobody@demo.example", "olu@demo.example", "priya@demo.example", "eve@demo.example", "sam@demo.example"]
)
async def test_whoever_is_no_member_is_not_asked(forum, signed_in, sponsor):
    """Nobody, an observer, an administrator in no group, one whose term is over, and one who is suspended. Who signed
    up is told the same."""
    await Membership.filter(person__email="eve@demo.example").update(ends_on=forum.rules().today.replace(year=2020))
    await Person.filter(email="sam@demo.example").update(suspended_at=forum.clock())
    maeve = await signed_up(forum, await signed_in(None), sponsor=sponsor)
    assert await letters(forum) == []
    if person := await Person.get_or_none(email=sponsor, suspended_at=None):
        with pytest.raises(NotFound):
            await vouch(forum, await now(forum, person.name.lower()), maeve.id, "yes", new_key())


async def now(forum, name):
    """As cast.user, with the roles of this day."""
    return replace(await user(name), rules=forum.rules())


@pytest.mark.parametrize("name", [name for name in EVERYONE if name != "gareth"])
async def test_nobody_else_vouches(forum, name):
    maeve = await waiting_application(forum, "gareth")
    with pytest.raises(NotFound):
        await vouch(forum, await user(name), maeve, "yes", new_key())


async def test_who_left_every_group_vouches_no_longer(forum):
    maeve = await waiting_application(forum, "gareth")
    for slug in "finance", "adult-social-care":
        await remove_member_by_email(forum, slug, GARETH, "He moved")
    with pytest.raises(NotFound):
        await vouch(forum, await user("gareth"), maeve, "yes", new_key())


async def test_nobody_vouches_before_the_address_is_proven(forum):
    maeve = await waiting_application(forum, "gareth", proven_at=None)
    with pytest.raises(NotFound):
        await vouch(forum, await user("gareth"), maeve, "yes", new_key())


# The decision


async def test_an_approved_sign_up_becomes_an_invitation_with_a_reason_kept(forum):
    priya, maeve = await user("priya"), await waiting_application(forum, matches_domain=True)
    key = new_key()
    for _ in range(2):  # the same form again
        assert await decide_application(forum, priya, maeve, "approve", " Known to the county ", key) == maeve
    application = await Application.get()
    assert (application.decision, application.reason) == ("approved", "Known to the county")
    assert application.decided_by_id == priya.id and application.decided_at
    invitation = await Invitation.get()
    assert (invitation.email, invitation.name, invitation.council_id, invitation.group_id) == (
        MAEVE, "Maeve Byrne", application.council_id, None,
    )  # fmt: skip
    assert (invitation.application_id, invitation.by_id, invitation.role) == (maeve, priya.id, "member")
    [(to, _, words)] = await letters(forum)
    assert to == MAEVE and "Known to" not in words
    with pytest.raises(Invalid, match="decided already"):
        await decide_application(forum, priya, maeve, "refuse", "No, after all", new_key())
    assert await acts("approve_application", "refuse_application") == [("approve_application", priya.id, maeve)]


async def test_who_is_refused_is_told_why(forum):
    priya, maeve = await user("priya"), await waiting_application(forum, matches_domain=True)
    await decide_application(forum, priya, maeve, "refuse", "You left the council in May.", new_key())
    [(to, subject, words)] = await letters(forum)
    assert (to, subject) == (MAEVE, "Your application to join")
    assert "Dear Maeve Byrne," in words and "You left the council in May." in words
    assert not await Invitation.exists()
    assert await acts("refuse_application") == [("refuse_application", priya.id, maeve)]


@pytest.mark.parametrize(
    ("changed_words", "decision", "reason", "fault"),
    [
        ({"matches_domain": True}, "approve", " ", "Say why"),
        ({"matches_domain": True}, "refuse", "", "Say why"),
        ({"matches_domain": True}, "", "A reason", "Choose what you decide"),
        ({"matches_domain": True}, "approved", "A reason", "Choose what you decide"),
        ({"matches_domain": True}, "approve", "x" * 1001, "1,000"),
        ({}, "approve", "A reason", "none of the council"),
        ({"council_id": None}, "approve", "A reason", "none of the council"),
        ({"matches_domain": True, "proven_at": None}, "approve", "A reason", "not confirmed"),
        ({"matches_domain": True, "proven_at": None}, "refuse", "A reason", "not confirmed"),
        ({"matches_domain": True, "email": "amina@demo.example"}, "approve", "A reason", "an account"),
    ],
)
async def test_what_cannot_be_decided_is_refused_in_words(forum, changed_words, decision, reason, fault):
    priya, maeve = await user("priya"), await waiting_application(forum, **changed_words)
    with pytest.raises(Invalid, match=fault):
        await decide_application(forum, priya, maeve, decision, reason, new_key())
    assert (await Application.get()).decided_at is None
    assert not await Job.exists() and not await Invitation.exists()


@pytest.mark.parametrize("name", [name for name in EVERYONE if name != "priya"])
async def test_nobody_but_administrators_decides(forum, name):
    maeve = await waiting_application(forum, name, matches_domain=True)
    for which in maeve, 555:
        with pytest.raises(NotAllowed):
            await decide_application(forum, await user(name), which, "approve", "A reason", new_key())
    assert (await Application.get()).decided_at is None


async def test_what_is_not_there_cannot_be_decided(forum):
    with pytest.raises(NotFound):
        await decide_application(forum, await user("priya"), 555, "approve", "A reason", new_key())
    with pytest.raises(Invalid, match="waits for a decision"):
        await decide_application(forum, None, MAEVE, "approve", "A reason")


@pytest.mark.parametrize("decisions", [["approve"] * 20, ["approve", "refuse"] * 10])
async def test_twenty_decisions_at_once_are_one(forum, decisions):
    """By two administrators, from ten windows each."""
    await set_site_role(forum, None, "nadia@demo.example", "administrator", "")
    await letters(forum)
    both = [await user("priya"), await user("nadia")]
    maeve = await waiting_application(forum, matches_domain=True)
    barrier = asyncio.Barrier(20)

    async def decide(number: int, decision: str) -> str:
        await barrier.wait()
        try:
            await decide_application(forum, both[number // 10], maeve, decision, f"Reason {number}", new_key())
        except Invalid as invalid:
            assert "decided already" in str(invalid)
            return ""
        return f"Reason {number}"

    outcomes = await asyncio.gather(*(decide(number, decision) for number, decision in enumerate(decisions)))
    [kept] = [reason for reason in outcomes if reason]
    application = await Application.get()
    assert application.reason == kept
    assert await Invitation.all().count() == (application.decision == "approved")
    assert len(await letters(forum)) == 1
    assert len(await acts("approve_application", "refuse_application")) == 1


async def test_a_decision_and_another_proof_at_once_hinder_each_other_not(forum, signed_in):
    """Twenty times: she proves a second application, which replaces the first, while that is refused."""
    phone = await signed_in(None, address="192.0.2.1")
    for number in range(20):
        email = f"m{number}@leeds.example"
        first = await signed_up(forum, phone, email)
        link = await link_for(forum, phone, email, sponsor="nobody@demo.example")

        async def refuse(application_id: int) -> bool:
            try:
                await decide_application(forum, await user("priya"), application_id, "refuse", "A reason", new_key())
            except NotFound:
                return False
            return True

        refused, proof = await asyncio.gather(refuse(first.id), phone.send_form(link))
        assert proof.status_code == 303
        assert await Application.filter(email=email).count() == 1 + refused
        await letters(forum)


# What is kept, and for how long


async def test_what_was_never_proven_is_forgotten_when_its_link_has_ended(forum, signed_in):
    await waiting_application(forum, proven_at=None, expires_at=forum.clock())
    kept = await waiting_application(forum, email="waiting@leeds.example")
    advance(forum, seconds=1)
    await sweep(forum)
    assert [one.id for one in await Application.all()] == [kept]
    [row] = await AuditRow.filter(act="clear_applications")
    assert row.details == '{"decided":0,"unproven":1}'
    await sweep(forum)
    assert await AuditRow.filter(act="clear_applications").count() == 1, "a day with nothing to clear is none"


async def sweep(forum) -> None:
    await Job.filter(kind="clear_applications").delete()
    await plan_days(forum, ["clear_applications"])
    await empty_the_queue(forum, clear_applications=clear_applications)


async def test_words_of_what_was_decided_are_kept_for_ninety_days(forum):
    approved = await waiting_application(forum, "gareth", matches_domain=True)
    await waiting_application(forum, email="nobody@leeds.example")
    await decide_application(forum, await user("priya"), approved, "approve", "She is Maeve", new_key())
    await decide_application(forum, None, "nobody@leeds.example", "refuse", "Not him")
    waiting = await waiting_application(forum, email="new@leeds.example")
    advance(forum, days=89)
    await sweep(forum)
    assert (await Application.get(id=approved)).name == "Maeve Byrne"
    advance(forum, days=1)
    await sweep(forum)
    for application in await Application.exclude(id=waiting):
        words = [application.email, application.name, application.position, application.why, application.reason]
        assert [*words, application.sponsor_email] == [""] * 6
        assert application.decided_at and application.council_id and application.decision
    assert (await Application.get(id=approved)).decided_by_id == (await user("priya")).id
    assert (await Application.get(id=waiting)).name == "Maeve Byrne", "it still waits for somebody"


def test_the_service_does_these_jobs():
    assert {"sign_up", "ask_sponsor", "clear_applications"} <= JOBS.keys()
    assert "clear_applications" in DAILY and set(DAILY) <= JOBS.keys()


# All of it, to the first sign-in


async def test_maeve_gets_in(forum, signed_in):
    await approve_domain()
    phone = await signed_in(None)
    maeve = await signed_up(forum, phone)
    await decide_application(forum, None, MAEVE, "approve", "")
    [(_, _, words)] = await letters(forum)
    link = next(word for word in words.split() if "/invitations/" in word).removeprefix(forum.settings.site.url)
    page = await phone.get(link)
    assert page.status_code == 200
    fields = {name: PASSWORD for name in ("new", "password") if f'name="{name}"' in page.text}
    answer = await phone.act(link, name="Maeve Byrne", terms="yes", consent="yes", **fields)
    assert answer.status_code == 303, answer.text
    person = await Person.get(email=MAEVE)
    assert (person.name, person.council_id) == ("Maeve Byrne", maeve.council_id)
    signed = await phone.send_form("/sign-in", email=MAEVE, password=PASSWORD)
    assert signed.status_code == 303


async def test_twenty_notes_of_one_address_taken_at_once_make_one_application(forum, signed_in):
    """As by as many workers: all letters go out, and the last link alone works, once."""
    for number in range(20):
        asked = Asked("Maeve", MAEVE, None, f"Councillor {number}", "To learn", "")
        await ask_to_join(forum, asked, new_key())
    jobs = [await claim_job(forum) for _ in range(20)]
    barrier = asyncio.Barrier(20)

    async def take(job) -> None:
        await barrier.wait()
        await take_application(forum, job)

    await asyncio.gather(*map(take, jobs))
    assert await Application.all().count() == 1
    links = [LINK.search(words)[1] for _, _, words in await letters(forum)]
    assert len(links) == 20
    strangers = [await signed_in(None) for _ in range(20)]
    statuses = [(await strangers[0].get(link)).status_code for link in links]
    assert sorted(statuses) == [200] + [404] * 19
    link = links[statuses.index(200)]
    answers = await asyncio.gather(*(stranger.send_form(link) for stranger in strangers))
    assert {answer.status_code for answer in answers} == {303}
    assert len(await acts("prove_application")) == 1


async def test_twenty_answers_of_gareth_at_once_are_one(forum):
    gareth, maeve = await user("gareth"), await waiting_application(forum, "gareth")
    barrier = asyncio.Barrier(20)

    async def answer(number: int) -> bool:
        await barrier.wait()
        try:
            await vouch(forum, gareth, maeve, "no" if number % 2 else "yes", new_key())
        except Invalid:
            return False
        return True

    assert sum(await asyncio.gather(*map(answer, range(20)))) == 1
    [(act, _, _)] = await acts("vouch", "decline_vouch")
    assert ((await Application.get()).sponsored_at is not None) == (act == "vouch")


async def test_what_was_known_is_asked_again_when_it_is_decided(forum):
    """A domain that was approved or taken away since, a sponsor who was suspended, one who would decide alone."""
    priya, gareth = await user("priya"), await Person.get(email="gareth@demo.example")
    leeds = await waiting_application(forum, matches_domain=True, email="a@leeds.example")
    await CouncilDomain.all().delete()
    with pytest.raises(Invalid, match="domain"):
        await decide_application(forum, priya, leeds, "approve", "Known", new_key())
    vouched = {"sponsor_id": gareth.id, "sponsored_at": forum.clock()}
    theirs = await waiting_application(forum, "gareth", email="b@x.example", **vouched)
    await Person.filter(id=gareth.id).update(suspended_at=forum.clock())
    with pytest.raises(Invalid, match="domain"):
        await decide_application(forum, priya, theirs, "approve", "Known", new_key())
    await add_member(forum, "finance", "priya@demo.example", "member")
    own = await waiting_application(forum, "priya", email="c@x.example", **vouched | {"sponsor_id": priya.id})
    with pytest.raises(Invalid, match="Another administrator"):
        await decide_application(forum, priya, own, "approve", "Known", new_key())
    council = await Council.get(name="Leeds")
    await CouncilDomain.create(council_id=council.id, domain="x.example")
    assert await decide_application(forum, priya, own, "approve", "Known", new_key()) == own
