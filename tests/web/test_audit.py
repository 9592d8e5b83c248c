"""The audit log's page: administrators read and narrow it, nobody else, and nobody changes it."""

import json
from datetime import UTC, datetime, timedelta

import html5lib
import pytest

from forum.actions.audit import note_export
from forum.actions.groups import add_member, create_group, remove_member
from forum.actions.people import create_account
from forum.actions.posts import hide_post
from forum.actions.standing import decide
from forum.audit import ACTS
from forum.models import AuditRow, Person
from forum.web.audit import ROWS_PER_PAGE
from tests.cast import EVERYONE, group, new_key, posts_in, user


def rows_of(answer) -> list[list[str]]:
    """The rows of the page, cell by cell."""
    page = html5lib.parse(answer.text, namespaceHTMLElements=False)
    rows = page.findall(".//tbody/tr")
    return [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in rows]


def acts_of(answer) -> list[str]:
    return [what for _, _, what, _ in rows_of(answer)]


def link(answer, words: str) -> str | None:
    page = html5lib.parse(answer.text, namespaceHTMLElements=False)
    found = [a.get("href") for a in page.iter("a") if "".join(a.itertext()).strip() == words]
    return found[0] if found else None


@pytest.mark.parametrize("name", [name for name in EVERYONE if name != "priya"])
async def test_everybody_else_is_told_who_may_read_it(signed_in, name):
    browser = await signed_in(name)
    before = await AuditRow.all().count()
    for address in "/audit", "/audit?who=nobody", "/audit?before=x", "/audit?who=priya@demo.example":
        answer = await browser.get(address)
        assert answer.status_code == 403, address
        assert "Only administrators may read the audit log." in answer.text
        assert 'href="/audit"' not in answer.text
    assert await AuditRow.all().count() == before


async def test_nobody_edits_it(signed_in):
    priya = await signed_in("priya")
    for method in "POST", "PUT", "PATCH", "DELETE":
        answer = await priya.request(method, "/audit", headers={"origin": priya.site})
        assert answer.status_code == 405, method


async def test_an_administrator_reads_who_did_what_newest_first(forum, signed_in):
    priya, ruth = await signed_in("priya"), await user("ruth")
    [post, *_] = await posts_in("finance")
    await hide_post(forum, ruth, post.id, "unkind", "A note", new_key())
    await remove_member(forum, ruth, "finance", (await user("bethan")).id, "Because of the other thing")
    await add_member(forum, "finance", "bethan@demo.example", "observer")
    await decide(forum, None, "eve@demo.example", "suspend", "")
    answer = await priya.get("/audit")
    assert answer.status_code == 200
    numbers = [int(row[0].rsplit(" ", 1)[1].replace(",", "")) for row in rows_of(answer)]
    assert numbers == sorted(numbers, reverse=True) and numbers[0] == (await AuditRow.all().count())
    assert [row[1:] for row in rows_of(answer)][:6] == [
        ["Priya", "Read the audit log", ""],
        ["The service, or its terminal", "Suspended an account", "person Eve"],
        ["The service, or its terminal", "Put a person into a group", "person Bethan, group Finance, role observer"],
        ["Ruth", "Took a person out of a group", "person Bethan, group Finance"],
        ["Ruth", "Hid a post", f"post {post.id}, group Finance, reason unkind"],
        ["Priya", "Signed in", f"session {(await AuditRow.get(act='sign_in')).subject_id}"],
    ]
    assert "A note" not in answer.text and "other thing" not in answer.text
    assert link(await priya.get("/"), "Audit log") == "/audit"


async def test_to_look_is_in_it_with_what_for(forum, signed_in):
    priya, amina = await signed_in("priya"), await user("amina")
    await priya.get("/audit")
    await priya.get("/audit?who=AMINA@demo.example&act=sign_in&from=2026-01-01&to=2026-12-31")
    await priya.get(f"/audit?who=terminal&about={amina.id}")
    looks = await AuditRow.filter(act="read_audit").order_by("number")
    assert {look.actor_id for look in looks} == {(await user("priya")).id}
    assert [json.loads(look.details) for look in looks] == [
        {},
        {"act": "sign_in", "who": amina.id, "from": "2026-01-01", "to": "2026-12-31"},
        {"who": "terminal", "about": amina.id},
    ]
    for address in "/audit?before=20", "/audit?act=x", "/audit?before=x":  # an older page, a mistake, nothing there
        await priya.get(address)
    assert await AuditRow.filter(act="read_audit").count() == 3


async def test_it_is_narrowed_by_who_what_about_whom_and_when(forum, signed_in):
    priya, ruth, bethan = await signed_in("priya"), await user("ruth"), await user("bethan")
    finance = await group("finance")
    await remove_member(forum, ruth, "finance", bethan.id, "Asked")
    await note_export(forum, ruth, "figures.csv", {"group": "finance"})
    await note_export(forum, bethan, "figures.csv", {"group": "housing"})
    exported, removed = ACTS["export_figures"], ACTS["remove_member"]
    added, made = ACTS["add_member"], ACTS["create_account"]
    assert acts_of(await priya.get("/audit?who=ruth@demo.example")) == [exported, removed]
    assert acts_of(await priya.get(f"/audit?who={ruth.id}&act=remove_member")) == [removed]
    assert acts_of(await priya.get("/audit?who=terminal&about=BETHAN@demo.example")) == [added, added, made]
    assert acts_of(await priya.get(f"/audit?about={bethan.id}"))[-4:] == [removed, added, added, made]
    about_group = acts_of(await priya.get(f"/audit?about={finance.id}"))
    assert about_group == [ACTS["read_audit"], exported, removed, added, added, added, ACTS["create_group"]]
    part = str(finance.id)[:-1]  # a part of it is another number
    assert acts_of(await priya.get(f"/audit?about={part}")) == [ACTS["read_audit"]]
    assert "No row fits" in (await priya.get("/audit?act=issue_release")).text


async def test_days_are_those_of_the_united_kingdom(forum, signed_in):
    priya, now = await signed_in("priya"), forum.clock()
    for moment, name in (
        (datetime(2026, 7, 1, 22, 59, tzinfo=UTC), "last minute of the first"),  # 23:59 in London
        (datetime(2026, 7, 1, 23, 0, tzinfo=UTC), "second begins"),
        (datetime(2026, 7, 2, 22, 59, 59, 999999, tzinfo=UTC), "second ends"),
        (datetime(2026, 7, 2, 23, 0, tzinfo=UTC), "third"),
    ):
        forum.clock = lambda moment=moment: moment
        await create_group(forum, name.replace(" ", "-"), name, "", "listed")
    forum.clock = lambda: now
    answer = await priya.get("/audit?from=2026-07-02&to=2026-07-02")
    assert [(row[0].partition(" row")[0], row[3]) for row in rows_of(answer)] == [
        ("2 July 2026 at 23:59:59", "group second ends, visibility listed"),
        ("2 July 2026 at 00:00:00", "group second begins, visibility listed"),
    ]
    assert len(rows_of(await priya.get("/audit?from=2026-07-01&to=2026-07-02&act=create_group"))) == 3
    assert len(rows_of(await priya.get("/audit?from=2026-07-02&to=2026-07-03&act=create_group"))) == 3


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("act=burn_it", "Choose an act from the list."),
        ("who=nobody@demo.example", "There is no account with this address."),
        ("who=0", "There is no account"),
        ("who=99999999999999999999", "There is no account"),
        ("about=terminal", "There is no account"),
        ("from=spring", "Write a day as 2026-04-30."),
        ("to=1999-12-31", "Write a day"),
        ("to=9999-12-31", "Write a day"),
        ("from=2026-05-02&to=2026-05-01", "must not be before the first"),
        ("who=1&who=2", "more than once"),
        ("who=%00", "Error"),
        ("who=<b>", "&lt;b&gt;"),
    ],
)
async def test_what_cannot_be_asked_for_is_named_beside_its_field(signed_in, query, words):
    answer = await (await signed_in("priya")).get(f"/audit?{query}")
    assert answer.status_code == 422
    assert words in answer.text and "There is a problem" in answer.text
    assert rows_of(answer) == []


async def test_a_long_log_is_read_page_by_page(forum, signed_in):
    priya = await signed_in("priya")
    for _ in range(ROWS_PER_PAGE + 1):
        await note_export(forum, None, "archive.jsonl")
    first = await priya.get("/audit?act=export_archive")
    assert len(rows_of(first)) == ROWS_PER_PAGE and link(first, "Newest") is None
    second = await priya.get(link(first, "Older"))
    assert len(rows_of(second)) == 1 and link(second, "Older") is None
    numbers = [row[0] for row in rows_of(first) + rows_of(second)]
    assert len(set(numbers)) == ROWS_PER_PAGE + 1
    assert rows_of(await priya.get(link(second, "Newest"))) == rows_of(first)
    for before in "x", "-1", "99999999999999999999":
        assert (await priya.get(f"/audit?before={before}")).status_code == 404


async def test_who_was_erased_is_a_number(forum, signed_in):
    priya = await signed_in("priya")
    person_id = await create_account(forum, "dilys@demo.example", "Dilys Rhys", None, None, None)
    assert "Dilys" in (await priya.get(f"/audit?about={person_id}")).text
    await Person.filter(id=person_id).delete()
    answer = await priya.get(f"/audit?about={person_id}")
    assert "Dilys" not in answer.text and f"person {person_id}" in answer.text


async def test_the_name_of_a_hidden_group_is_not_in_it(forum, signed_in):
    priya, hushed = await signed_in("priya"), await group("whistleblowing")
    answer = await priya.get(f"/audit?about={hushed.id}")
    assert f"group {hushed.id}" in answer.text and "histleblowing" not in answer.text


async def test_names_are_words_and_no_markup(forum, signed_in):
    priya = await signed_in("priya")
    await create_account(forum, "x@demo.example", "<img src=x> \u202eevil", None, None, None)
    answer = await priya.get("/audit")
    assert "<img" not in answer.text and "<bdi>&lt;img src=x&gt; \u202eevil</bdi>" in answer.text


async def test_an_act_of_a_later_version_is_shown_by_its_own_name(forum, signed_in, monkeypatch):
    priya = await signed_in("priya")
    await note_export(forum, None, "archive.jsonl")
    monkeypatch.delitem(ACTS, "export_archive")
    assert "export_archive" in acts_of(await priya.get("/audit"))
    assert timedelta(0) < forum.clock() - (await AuditRow.all().order_by("-number").first()).at
