"""Invitations from a terminal: one, or a list that is shown before."""

import pytest

from forum.models import AuditRow, Invitation
from tests.post_office import empty_the_queue, kept_letters

DILYS = "dilys@gwynedd.example"
LIST = f"""Name;Email;Council
Dilys Rhys;{DILYS};Gwynedd Council
Amina;amina@demo.example;Leeds
Meg;meg@demo.example;
"""


async def test_one_is_invited_with_a_council_into_a_hidden_group(forum, run):
    answer = await run("invite", "Dilys@Gwynedd.example", "--name", "Dilys Rhys", "--council", "gwynedd council",
                       "--group", "whistleblowing", "--role", "facilitator")  # fmt: skip
    assert (answer.status, answer.error) == (0, "") and "The letter is on its way" in answer.out
    [invitation] = await Invitation.all().select_related("council", "group")
    assert (invitation.email, invitation.council.name, invitation.group.slug, invitation.role, invitation.by_id) == (
        DILYS, "Gwynedd", "whistleblowing", "facilitator", None
    )  # fmt: skip
    assert (await AuditRow.get(act="invite")).actor_id is None
    await empty_the_queue(forum)
    assert [letter["To"] for letter in kept_letters(forum)] == [DILYS]
    assert "/invitations/" not in answer.out


async def test_a_list_is_shown_and_then_invited(forum, run, tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(LIST.encode("cp1252"))
    for words, invited in (("--dry-run",), 0), ((), 2):
        answer = await run("invite", "--list", str(path), "--group", "adult-social-care", *words)
        assert (answer.status, answer.error) == (0, "")
        assert "Line 3: amina@demo.example: Not invited. They are in the group already." in answer.out
        assert f"Line 2: {DILYS}: Invited." in answer.out
        assert ("2 people would be invited." if words else "Invited 2 people.") in answer.out
        assert await Invitation.all().count() == invited
    answer = await run("invite", "--list", str(path), "--dry-run")
    assert "They have an account already" in answer.out


async def test_a_list_with_a_fault_invites_nobody(forum, run, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(LIST + "Ivo;ivo@demo.example;Leads\n")
    for words in ("--dry-run",), ():
        answer = await run("invite", "--list", str(path), *words)
        assert answer.status == 2 and "1 line has a fault" in answer.error
        assert "Did you mean Leeds?\n" in answer.out
    assert not await Invitation.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Give the address of one person, or a list"),
        ((DILYS, "--list", "x.csv"), "Give the address of one person, or a list"),
        ((DILYS,), "Give the name"),
        ((DILYS, "--name", "D", "--dry-run"), "--dry-run goes with --list"),
        (("dilys", "--name", "D"), "email address"),
        ((DILYS, "--name", "D", "--group", "nowhere"), "There is no group nowhere"),
        ((DILYS, "--name", "D", "--council", "Leads"), "Did you mean Leeds?"),
        (("amina@demo.example", "--name", "A"), "have an account already"),
        (("--list", "x.csv", "--name", "D"), "each line says the name"),
        ((DILYS, "--name", "D", "--role", "king"), "invalid choice"),
    ],
)
def test_words_that_are_wrong_end_with_two(say, words, said):
    answer = say("invite", *words)
    assert answer.status == 2 and said in answer.error and answer.error.count("\n") == 1


def test_a_file_that_is_not_there_ends_with_one(say, tmp_path):
    answer = say("invite", "--list", str(tmp_path / "nothing.csv"))
    assert answer.status == 1 and "nothing.csv" in answer.error
