"""A list of people to invite: what would happen is said line by line, and then exactly that is done."""

import asyncio

import pytest

from forum.actions.accepting import accept
from forum.actions.groups import add_member, remove_member
from forum.actions.invitations import withdraw
from forum.actions.invited_lines import MOST_LINES, decoded, read_lines
from forum.actions.inviting import door_of_group, door_of_service
from forum.actions.inviting_lists import CHANGED, LETTERS, invite_list, plan_list, read_list
from forum.actions.standing import decide
from forum.errors import Invalid
from forum.models import AuditRow, Invitation, Person
from tests.actions.test_invitations import AMINA, CARE, DILYS, EVE, invited, token_for
from tests.cast import new_key, user

NO_NAME = "Give a name without @, /, \\, < and >"

COUNCILS = {"Leeds": 1, "Gwynedd": 2, "Kingston upon Hull": 3, "Brighton and Hove": 4, "Kingston upon Thames": 5}


async def plan_of(forum, name: str, slug: str, text: str):
    """What a facilitator of the group, or an administrator, would be shown."""
    them = await user(name)
    door = await (door_of_service if them.site_role else door_of_group)(them, slug)
    return await plan_list(forum, door, await read_list(text))


async def outcomes(forum, name: str, slug: str, text: str) -> list[str]:
    return [step.standing.outcome for step in (await plan_of(forum, name, slug, text)).steps]


async def test_ruth_pastes_a_list_of_twelve_with_every_kind_of_line(forum):
    ruth, gareth = await user("ruth"), await user("gareth")
    await remove_member(forum, ruth, CARE, gareth.id, "He moved")
    await invited(forum, "priya", "meg@demo.example", CARE)
    text = """Name;Email address;Council;Phone
Dilys Rhys;Dilys@Gwynedd.Example;Gwynedd Council;01234
Amina;amina@demo.example;;
Gareth;gareth@demo.example;;
Meg;meg@demo.example;Leeds City Council;
Ivo;ivo@demo.example;Leads;
Nobody;not an address;Leeds;
;una@demo.example;Leeds;
Dilys again;dilys@gwynedd.example;;
Eve;eve@demo.example;;

"O'Neil, Siân" <sian@demo.example>; Hackney
Bad <bad@x> more <x@y.example>
=HYPERLINK("http://x","y");ada@demo.example;Leeds;
"""
    plan = await plan_of(forum, "ruth", CARE, text)
    assert plan.left_out == ["Phone"]
    said = [(step.line.number, step.standing.outcome) for step in plan.steps]
    assert said == [
        (2, "new"), (3, "here"), (4, "back"), (5, "again"), (6, "fault"), (7, "fault"), (8, "fault"), (9, "fault"),
        (10, "new"), (12, "new"), (13, "fault"), (14, "fault"),
    ]  # fmt: skip
    words = {step.line.number: step.standing.words for step in plan.steps}
    assert words[6] == "Unknown council. Did you mean Leeds?"
    assert words[7].startswith("Enter an email address") and words[8] == "There is no name"
    assert words[9] == "Twice in the list: line 2" and "Give a name without" in words[14]
    assert "Was in the group until" in words[4] and "Invited before, on" in words[5]
    lines = {step.line.number: step.line for step in plan.steps}
    assert (lines[2].email, lines[2].council, lines[12].name, lines[12].council) == (
        DILYS, "Gwynedd", "O'Neil, Siân", "Hackney"
    )  # fmt: skip
    key = new_key()
    for _ in range(2):
        assert await invite_list(forum, ruth, CARE, True, text, "observer", plan.shown, key) == 5
    sent = await Invitation.filter(by_id=ruth.id).order_by("email").values_list("email", "role", "council__name")
    assert sent == [
        (DILYS, "observer", "Gwynedd"),
        (EVE, "observer", None),
        ("gareth@demo.example", "observer", None),
        ("meg@demo.example", "observer", "Leeds"),
        ("sian@demo.example", "observer", "Hackney"),
    ]
    assert await AuditRow.filter(act="invite", actor_id=ruth.id).count() == 5
    assert await Invitation.filter(email="meg@demo.example", withdrawn_at=None).count() == 1


async def test_what_changed_in_between_is_said_and_nobody_is_invited(forum):
    text, ruth = f"Dilys, {DILYS}\nMeg, meg@demo.example\nEve, {EVE}", await user("ruth")
    plan = await plan_of(forum, "ruth", CARE, text)
    await add_member(forum, CARE, EVE, "member")
    with pytest.raises(Invalid, match=CHANGED):
        await invite_list(forum, ruth, CARE, True, text, "member", plan.shown, new_key())
    for shown in "", "nn", "nnnn", "zzz":
        with pytest.raises(Invalid, match=CHANGED):
            await invite_list(forum, ruth, CARE, True, text, "member", shown, new_key())
    assert not await Invitation.exists()
    now = await plan_of(forum, "ruth", CARE, text)
    assert now.changed(plan.shown) == {3} and now.changed(now.shown) == set()
    assert await invite_list(forum, ruth, CARE, True, text, "member", now.shown, new_key()) == 2


async def test_a_facilitator_cannot_tell_who_has_an_account_elsewhere(forum):
    await decide(forum, None, "olu@demo.example", "suspend", "")
    await decide(forum, None, "tom@demo.example", "deactivate", "")
    names = ["nobody", "bethan", "priya", "tom", "eve", "mohammed"]
    text = "\n".join(f"{name}@demo.example, {name}" for name in names)
    assert set(await outcomes(forum, "ruth", CARE, text)) == {"new"}
    assert await outcomes(forum, "priya", CARE, text) == ["new", "new", "own", "shut", "new", "new"]
    assert await outcomes(forum, "priya", "", text) == ["new", "account", "own", "shut", "account", "account"]
    await invited(forum, "sam", "nobody@demo.example", "housing")
    assert set(await outcomes(forum, "ruth", CARE, text)) == {"new"}, "nor who was invited into another group"


async def test_two_who_send_the_same_list_at_once_leave_one_link_each(forum):
    people = [f"p{number}@demo.example" for number in range(40)]
    lists = ["\n".join(f"{email}, Somebody" for email in order) for order in (people, people[::-1])]
    ruth, priya, barrier = await user("ruth"), await user("priya"), asyncio.Barrier(2)

    async def send(by, text: str) -> bool:
        await barrier.wait()
        try:
            await invite_list(forum, by, CARE, by is ruth, text, "member", "n" * 40, new_key())
        except Invalid:
            return False
        return True

    assert sorted(await asyncio.gather(send(ruth, lists[0]), send(priya, lists[1]))) == [False, True]
    assert await Invitation.all().count() == 40


async def test_a_list_of_nobody_is_refused(forum):
    ruth = await user("ruth")
    text = f"Amina, {AMINA}"
    with pytest.raises(Invalid, match="nobody in this list"):
        await invite_list(forum, ruth, CARE, True, text, "member", LETTERS["here"], new_key())
    with pytest.raises(Invalid):
        await invite_list(forum, ruth, CARE, True, f"Dilys, {DILYS}", "facilitator", "n", new_key())


async def test_the_longest_list_holds_nobody_up_for_long(forum):
    text = "\n".join(f"p{number}@demo.example, Person {number}, Leeds" for number in range(MOST_LINES))
    assert await invite_list(forum, await user("ruth"), CARE, True, text, "member", "n" * MOST_LINES, new_key()) == 200
    assert await Invitation.filter(council__name="Leeds").count() == MOST_LINES


async def test_who_came_in_or_was_withdrawn_is_judged_as_they_are_now(forum):
    await invited(forum, "ruth", EVE, CARE)
    first = await invited(forum, "ruth", DILYS, CARE)
    text = f"Eve, {EVE}\nDilys, {DILYS}"
    assert await outcomes(forum, "ruth", CARE, text) == ["again", "again"]
    await accept(forum, await user("eve"), await token_for(forum, EVE))
    await withdraw(forum, await user("ruth"), CARE, True, first, new_key())
    assert await outcomes(forum, "ruth", CARE, text) == ["here", "new"]
    assert await Person.exists(email=EVE)


# Reading lists


def read(text: str) -> list[tuple[str, str, int | None, str]]:
    return [(line.email, line.name, line.council_id, line.fault) for line in read_lines(text, COUNCILS).lines]


@pytest.mark.parametrize(
    "text",
    [
        "ann@x.example,Ann,Leeds",
        "Ann,ann@x.example,Leeds",
        "Ann;Leeds;ann@x.example",
        "Ann\tANN@X.example\tleeds",
        "\ufeffemail,name,council\r\nann@x.example,Ann,Leeds\r\n",
        "E-mail;Full name;Phone;Council\nann@x.example;Ann;1;City of Leeds",
        'name,email,council\n"Ann","ann@x.example","LEEDS CITY COUNCIL"',
        "Ann <ann@x.example>, Leeds",
        '"Ann" <ann@x.example>; Leeds',
        "  Ann   <ann@x.example>\tLeeds  ",
        "Council,Name,Email\nLeeds,Ann,ann@x.example\n,,\n;;",
    ],
)
def test_a_list_is_read_however_it_was_written(text):
    assert read(text) == [("ann@x.example", "Ann", 1, "")]


def test_an_address_book_writes_them_all_on_one_line():
    found = read("Rhys, Siân <sian@x.example>; Jones, Bob <bob@x.example>;Ann <ann@x.example>")
    assert [(email, name) for email, name, _, _ in found] == [
        ("sian@x.example", "Rhys, Siân"), ("bob@x.example", "Jones, Bob"), ("ann@x.example", "Ann")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("council", "found"),
    [
        ("", (None, "")),
        ("gwynedd council", (2, "")),
        ("Hull", (None, "Unknown council. Did you mean Kingston upon Hull?")),
        ("Kingston", (None, "Unknown council. Did you mean Kingston upon Hull or Kingston upon Thames?")),
        ("Brighton & Hove City Council", (4, "")),
        ("Gwyned", (None, "Unknown council. Did you mean Gwynedd?")),
        ("Atlantis", (None, "Unknown council")),
        ("City Council", (None, "Unknown council")),
        ("<script>alert(1)</script>", (None, "Unknown council")),
    ],
)
def test_a_council_is_found_or_guessed(council, found):
    [(_, _, council_id, fault)] = read(f"ann@x.example\tAnn\t{council}")
    assert (council_id, fault) == found


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("Ann", "There is no email address"),
        ("ann@x.example,bob@x.example", "There is more than one email address"),
        ("ann@x.example,Ann,Leeds,Labour", "There is more than an address, a name and a council"),
        ("ann@x.example", "There is no name"),
        ("ann@x.example," + "x" * 600, "This line is too long"),
        ("ann@x.example," + "x" * 121, "Give a name of 1 to 120 characters"),
        ('ann@x.example,"Ann', ""),
        ("ann@@x.example,Ann", "Enter an email address such as name@example.org"),
        ("Ann <ann@x.example> <bob@x.example>", "There is more than one email address"),
        ("Ann <>", "Enter an email address such as name@example.org"),
        ("=cmd|'/c calc'!A0,ann@x.example", f"{NO_NAME}, and with a space after a full stop"),
    ],
)
def test_a_line_that_names_nobody_spoils_no_other(line, fault):
    found = read(f"{line}\nbob2@x.example,Bob")
    assert [it[3] for it in found] == [fault, ""]


@pytest.mark.parametrize("text", ["", " \n\t", ",,,\n;;", "email,name,council\n", "a\0b@x.example,Ann"])
def test_what_is_no_list_is_refused_as_one(text):
    with pytest.raises(Invalid):
        read(text)


def test_a_list_is_not_longer_than_two_hundred():
    lines = [f"p{number}@x.example,Somebody" for number in range(MOST_LINES + 1)]
    assert len(read("email,name\n" + "\n".join(lines[:-1]))) == MOST_LINES
    with pytest.raises(Invalid, match="201"):
        read("\n".join(lines))


def test_a_file_is_read_as_spreadsheets_save_it():
    for encoding in "utf-8", "utf-8-sig", "utf-16", "cp1252":
        assert "Siân" in decoded("Siân,sian@x.example".encode(encoding)).lstrip("\ufeff")
    for content in b"\xff\xfe\x00", b"\x81\x8d\x8f\x90\x9d", b"PK\x03\x04\x90":
        with pytest.raises(Invalid):
            decoded(content)
