"""What an administrator does from a terminal, beside an open service: its pages feel it at once."""

import shutil

import pytest

from forum.models import Decision, Group, Membership, Person
from tests.cast import thread_in
from tests.conftest import ON_POSTGRES


async def test_an_account_is_made_signed_in_given_another_password_and_suspended(run, signed_in):
    made = await run(
        *("account", "create", "Dilys@Demo.Example", "--name", "Dilys Rhys", "--council", "Gwynedd"),
        "--password-stdin",
        stdin="a password of dilys\n",
    )
    assert (made.status, made.error) == (0, "")
    assert (await Person.get(email="dilys@demo.example").select_related("council")).council.name == "Gwynedd"
    dilys = await signed_in("dilys", "a password of dilys")
    assert (await dilys.get("/groups")).status_code == 200
    changed = await run("account", "set-password", "dilys@demo.example", "--password-stdin", stdin="another password\n")
    assert changed.status == 0
    assert (await dilys.get("/groups")).status_code == 303
    dilys = await signed_in("dilys", "another password")
    suspended = await run("account", "suspend", "dilys@demo.example", "--reason", "Asked to")
    assert suspended.status == 0
    assert (await dilys.get("/groups")).status_code == 303


async def test_an_account_is_reinstated_deactivated_and_given_a_role(run, signed_in):
    for words, said in (
        (("suspend", "eve@demo.example", "--reason", "Asked to"), "Suspended eve@demo.example."),
        (("reinstate", "eve@demo.example"), "Reinstated eve@demo.example."),
        (("deactivate", "eve@demo.example"), "Deactivated eve@demo.example."),
        (("reactivate", "EVE@demo.example"), "Reactivated EVE@demo.example."),
        (("role", "eve@demo.example", "analyst", "--reason", "She joined"), "has the role analyst on the service."),
        (("role", "eve@demo.example", "none"), "has no role on the service."),
    ):
        answer = await run("account", *words)
        assert (answer.status, answer.error) == (0, "") and said in answer.out
    decisions = await Decision.all().order_by("created_at", "id").select_related("person")
    assert [decision.reason for decision in decisions] == ["Asked to", *["From the terminal."] * 3, "She joined",
                                                          "From the terminal."]  # fmt: skip
    assert {(decision.by_id, decision.person.name) for decision in decisions} == {(None, "Eve")}
    assert (await signed_in("eve")) is not None


async def test_a_group_is_made_filled_and_emptied_while_people_read(run, signed_in):
    eve = await signed_in("eve")
    assert (await run("group", "create", "secret-talks", "--name", "Secret talks", "--hidden")).status == 0
    assert (await Group.get(slug="secret-talks")).visibility == "hidden"
    assert (await eve.get("/groups/secret-talks")).status_code == 404
    assert (await run("group", "add", "secret-talks", "EVE@demo.example", "--role", "facilitator")).status == 0
    assert (await eve.get("/groups/secret-talks")).status_code == 200
    thread = (await eve.act("/groups/secret-talks/threads", title="A title", body="Words")).headers["location"]
    assert (await run("group", "add", "secret-talks", "eve@demo.example", "--role", "observer")).status == 0
    assert (await eve.act(f"{thread}/posts", body="More")).status_code == 403
    removed = await run("group", "remove", "secret-talks", "eve@demo.example", "--reason", "She changed her mind")
    assert removed.status == 0
    assert (await eve.get(thread)).status_code == 404
    membership = await Membership.get(group__slug="secret-talks")
    assert (membership.ended_reason, membership.ended_by_id) == ("She changed her mind", None)


async def test_a_removal_from_the_terminal_ends_the_right_at_once(run, signed_in):
    amina, thread = await signed_in("amina"), await thread_in("adult-social-care")
    assert (await amina.get(f"/threads/{thread.id}")).status_code == 200
    assert (await run("group", "remove", "adult-social-care", "amina@demo.example")).status == 0
    assert (await amina.get(f"/threads/{thread.id}")).status_code == 404


async def test_the_data_folder_alone_is_enough(run, database_url, tmp_path):
    """What `demo` or `serve` made is found by its folder: on SQLite no other word is needed."""
    folder = tmp_path / "hub"
    assert (await run("migrate", FORUM_DATA=str(folder), FORUM_DATABASE_URL="")).status == 0
    assert {path.name for path in folder.iterdir()} >= {"forum.sqlite3", "secret"}
    if not ON_POSTGRES:
        shutil.copyfile(database_url.removeprefix("sqlite://"), folder / "forum.sqlite3")
    else:
        made = await run(
            "account", "create", "eve@demo.example", "--name", "Eve", FORUM_DATA=str(folder), FORUM_DATABASE_URL=""
        )
        assert made.status == 0
    said = await run("account", "suspend", "eve@demo.example", FORUM_DATA=str(folder), FORUM_DATABASE_URL="")
    assert (said.status, said.error) == (0, "")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("account", "create", "amina@demo.example", "--name", "Amina"), "amina@demo.example"),
        (("account", "create", "nobody", "--name", "Nobody"), "email address"),
        (("account", "create", "x@demo.example"), "--name"),
        (("account", "create", "x@demo.example", "--name", ""), "name"),
        (("account", "create", "x@demo.example", "--name", "\udcff\udcfe"), "name"),
        (("account", "create", "x@demo.example", "--name", "X", "--council", "Atlantis"), "Atlantis"),
        (("account", "create", "x@demo.example", "--name", "X", "--role", "king"), "--role"),
        (("account", "create", "x@demo.example", "--name", "X", "--password-stdin"), "password"),
        (("account", "set-password", "amina@demo.example"), "--password-stdin"),
        (("account", "set-password", "nobody@demo.example", "--password-stdin"), "password"),
        (("account", "suspend", "nobody@demo.example"), "nobody@demo.example"),
        (("account", "suspend", "x" * 400 + "@demo.example"), "xxx"),
        (("account", "suspend", "priya@demo.example"), "last administrator"),
        (("account", "role", "priya@demo.example", "none"), "last administrator"),
        (("account", "role", "amina@demo.example", "king"), "king"),
        (("account", "role", "amina@demo.example", "none"), "no role"),
        (("account", "reinstate", "amina@demo.example"), "not suspended"),
        (("account", "reactivate", "nobody@demo.example"), "nobody@demo.example"),
        (("group", "create", "Not A Slug", "--name", "X"), "slug"),
        (("group", "create", "finance", "--name", "X"), "finance"),
        (("group", "create", "new", "--name", "x" * 500), "name"),
        (("group", "create", "new", "--name", " "), "name"),
        (("group", "add", "nowhere", "amina@demo.example"), "nowhere"),
        (("group", "add", "x" * 300, "amina@demo.example"), "xxx"),
        (("group", "add", "finance", "nobody@demo.example"), "nobody@demo.example"),
        (("group", "add", "finance", "amina@demo.example", "--role", "king"), "--role"),
        (("group", "remove", "finance", "amina@demo.example"), ""),
        (("group", "remove", "finance", "gareth@demo.example", "--reason", "x" * 2000), "1,000"),
        (("group",), "ACT"),
        (("nonsense",), "nonsense"),
        ((), "COMMAND"),
    ],
)
def test_wrong_words_are_named_in_one_sentence(say, words, names):
    said = say(*words)
    assert said.status == 2, said
    assert len(said.error.splitlines()) == 1 and names in said.error, said


@pytest.mark.parametrize(
    ("password", "names"),
    [
        ("turnip", "12 to 128"),
        ("password12345", "common"),
        ("amina-leeds-2026", "your name"),
        ("Councillors2026", "words of this service"),
    ],
)
def test_an_easy_password_is_refused_in_one_sentence_or_two(say, password, names):
    new = ("account", "create", "x@demo.example", "--name", "Amina", "--council", "Leeds", "--password-stdin")
    for words in ("account", "set-password", "amina@demo.example", "--password-stdin"), new:
        said = say(*words, stdin=f"{password}\n")
        assert (said.status, said.out, len(said.error.splitlines())) == (2, "", 1)
        assert names in said.error
        assert password not in said.error


async def test_words_that_are_not_utf8_are_refused(run):
    said = await run("account", "create", "x@demo.example", "--name", b"\xff\xfe")
    assert said.status == 2 and len(said.error.splitlines()) == 1, said
