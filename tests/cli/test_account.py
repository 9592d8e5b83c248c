"""What an administrator does from a terminal, beside an open service: its pages feel it at once."""

import shutil

import pytest

from forum.models import Application, Decision, Group, Membership, Person
from tests.apps import give_app
from tests.cast import thread_in
from tests.conftest import ON_POSTGRES
from tests.sign_ups import waiting_application


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


async def test_the_first_administrator_is_made_here_and_a_lost_second_factor_reset(run, forum, signed_in):
    new = ("account", "create", "dilys@demo.example", "--name", "Dilys", "--administrator", "--password-stdin")
    assert (await run(*new, stdin="a password of dilys\n")).status == 0
    assert (await Person.get(email="dilys@demo.example")).site_role == "administrator"
    await give_app(forum, "dilys")
    dilys = await signed_in("dilys", "a password of dilys")
    assert (await dilys.get("/people")).headers["location"] == "/second-factor?next=/people"
    reset = await run("account", "reset-factors", "dilys@demo.example", "--reason", "Her phone is gone")
    assert (reset.status, reset.error) == (0, "") and "can set up another" in reset.out
    assert (await dilys.get("/people")).headers["location"].startswith("/sign-in")
    assert (await (await signed_in("dilys", "a password of dilys")).get("/people")).status_code == 200
    assert (await Decision.get()).reason == "Her phone is gone"


async def test_accounts_are_listed_and_signed_out(run, signed_in):
    amina = await signed_in("amina")
    assert len((await run("account", "list")).out.splitlines()) == 11
    listed = await run("account", "list", "amina", "demo.example")
    assert listed.out == "amina@demo.example  Amina, Leeds, no role on the service, active\n"
    ended = await run("account", "sign-out", "amina@demo.example", "--reason", "Her phone is lost")
    assert (ended.status, ended.out) == (0, "Signed amina@demo.example out everywhere.\n")
    assert (await amina.get("/groups")).status_code == 303
    assert (await run("account", "sign-out", "amina@demo.example")).status == 2


async def test_a_council_that_is_not_in_the_list_is_added(run):
    bradford = ("council", "add", "Bradford", "--region", "Yorkshire and the Humber")
    assert (await run(*bradford, "--type", "metropolitan")).status == 0
    assert "Bradford  no domain\n" in (await run("council", "list")).out
    assert (await run(*bradford, "--type", "metropolitan")).status == 2
    unknown = await run(*bradford, "--type", "parish")
    assert unknown.status == 2 and "choose one of" in unknown.error


async def test_a_councils_domain_is_approved_and_taken_away(run):
    assert (await run("council", "add-domain", "Leeds", "Leeds.Example")).status == 0
    assert "Leeds  leeds.example\n" in (await run("council", "list")).out
    for words in ("Luton", "leeds.example"), ("Nowhere", "new.example"), ("Leeds", "no domain"):
        assert (await run("council", "add-domain", *words)).status == 2
    assert (await run("council", "remove-domain", "LEEDS.example")).status == 0
    assert (await run("council", "remove-domain", "leeds.example")).status == 2
    assert "Leeds  no domain\n" in (await run("council", "list")).out


async def test_a_sign_up_is_listed_and_decided(run, forum):
    await waiting_application(forum, matches_domain=True)
    await waiting_application(forum, "gareth", email="eryl@home.example", name="Eryl Rees", council_id=None)
    listed = await run("account", "applications")
    assert (listed.status, listed.error) == (0, "")
    first, second = listed.out.splitlines()
    assert "maeve@leeds.example  Maeve Byrne, Leeds, Councillor for adult social care: domain match" in first
    assert "Eryl Rees, not on a council" in second and second.endswith("known by nobody yet")
    for words, fault in (
        (("approve", "eryl@home.example", "--reason", "x"), "no member has vouched"),
        (("refuse", "eryl@home.example"), "--reason"),
        (("approve", "nobody@demo.example"), "nobody@demo.example"),
    ):
        answer = await run("account", *words)
        assert answer.status == 2 and fault in answer.error and len(answer.error.splitlines()) == 1
    approved = await run("account", "approve", "Maeve@leeds.example", "--reason", "Known to us")
    refused = await run("account", "refuse", "eryl@home.example", "--reason", "Nobody knows you")
    assert (approved.out, refused.out) == ("Approved Maeve@leeds.example.\n", "Refused eryl@home.example.\n")
    decided = [(one.decision, one.reason, one.decided_by_id) for one in await Application.all().order_by("created_at")]
    assert decided == [("approved", "Known to us", None), ("refused", "Nobody knows you", None)]
    assert (await run("account", "applications")).out == ""


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
        (("account", "create", "x@demo.example", "--name", "X", "--role", "analyst", "--administrator"), "--role"),
        (("account", "reset-factors", "amina@demo.example"), "no second factor"),
        (("account", "reset-factors", "nobody@demo.example"), "nobody@demo.example"),
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
