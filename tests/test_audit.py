"""The audit log: what is in it, what never is, and the rules that those who record keep."""

import ast
import json
from datetime import UTC, datetime

import pytest

from forum.actions import audit as actions
from forum.actions import people, posts, sessions
from forum.actions.archives import import_archive
from forum.actions.groups import add_member, create_group, leave_group, remove_member, remove_member_by_email
from forum.actions.standing import decide
from forum.audit import ACTS, record
from forum.errors import Invalid, NotFound
from forum.models import AuditHead, AuditRow, Group, Person, Session, Theme
from tests.cast import EVERYONE, PASSWORD, group, new_key, posts_in, user
from tests.small_archive import file_of, lines
from tests.test_audit_chain import checked, last_rows
from tests.test_house import SOURCES, calls

# What is in it


async def test_each_act_is_a_row_of_ids_and_fixed_words(forum):
    ruth, amina, finance = await user("ruth"), await user("amina"), await group("finance")
    care, [post, *_] = await group("adult-social-care"), await posts_in("adult-social-care")
    before = (await AuditHead.get()).number
    token = await sessions.sign_in(forum, "amina@demo.example", PASSWORD, "somewhere", "")
    session = await Session.get(person_id=amina.id)
    await sessions.sign_in(forum, "amina@demo.example", "not her password", "somewhere", "")
    await sessions.sign_in(forum, "nobody@demo.example", PASSWORD, "somewhere", "")
    await sessions.sign_out(forum, await sessions.signed_in(forum, token))
    new = await people.create_account(forum, "new@demo.example", "New Person", "Leeds", "analyst", None)
    await people.set_password(forum, "new@demo.example", "another long password")
    await decide(forum, None, "new@demo.example", "suspend", "")
    await create_group(forum, "secret-talks", "Secret talks", "Why we meet", "hidden")
    await add_member(forum, "finance", "amina@demo.example", "observer")
    await remove_member(forum, ruth, "finance", amina.id, "She went to another council")
    await leave_group(forum, ruth, "whistleblowing")
    await remove_member_by_email(forum, "finance", "gareth@demo.example", "He asked")
    await posts.hide_post(forum, ruth, post.id, "unkind", "A note about Gareth", new_key())
    await posts.hide_post(forum, ruth, post.id, "unkind", "", new_key())  # hidden already: nothing was done
    await posts.restore_post(forum, ruth, post.id, "It was not so bad", new_key())
    await import_archive(forum, file_of(lines()), lambda done, total: None)
    await actions.note_export(
        forum, amina, "figures.csv", {"group": "finance", "theme": "FIN-3", "region": "North West", "kind": ""}
    )
    await actions.note_export(forum, None, "release.docx", None, "release", 77)
    gareth, secret, hushed = await user("gareth"), await group("secret-talks"), await group("whistleblowing")
    rows = await AuditRow.filter(number__gt=before).order_by("number")
    told = [(row.actor_id, row.act, row.subject, row.subject_id, json.loads(row.details)) for row in rows]
    theme = await Theme.get(code="FIN-3")
    figures = {"format": "csv", "group": finance.id, "theme": theme.id, "region": "North-West"}
    arrived = {"groups": 2, "people": 0, "memberships": 3, "threads": 1, "posts": 3, "themes": 2, "taggings": 2}
    assert told == [
        (amina.id, "sign_in", "session", session.id, {}),
        (None, "refuse_sign_in", "person", amina.id, {}),
        (None, "refuse_sign_in", "person", None, {}),
        (amina.id, "sign_out", "session", session.id, {}),
        (None, "create_account", "person", new, {"role": "analyst"}),
        (None, "set_password", "person", new, {}),
        (None, "suspend_account", "person", new, {}),
        (None, "create_group", "group", secret.id, {"visibility": "hidden"}),
        (None, "add_member", "person", amina.id, {"group": finance.id, "role": "observer"}),
        (ruth.id, "remove_member", "person", amina.id, {"group": finance.id}),
        (ruth.id, "leave_group", "group", hushed.id, {}),
        (None, "remove_member", "person", gareth.id, {"group": finance.id}),
        (ruth.id, "hide_post", "post", post.id, {"group": care.id, "reason": "unkind"}),
        (ruth.id, "restore_post", "post", post.id, {"group": care.id}),
        (None, "import_archive", "", None, arrived),
        (amina.id, "export_figures", "", None, figures),
        (None, "export_release", "release", 77, {"format": "docx"}),
    ]
    assert [row.number for row in rows] == list(range(before + 1, before + 1 + len(rows)))
    assert await checked(forum) == ""


async def test_a_suspended_person_who_tries_is_named_by_id(forum):
    await decide(forum, None, "eve@demo.example", "suspend", "")
    assert await sessions.sign_in(forum, "eve@demo.example", PASSWORD, "somewhere", "") is None
    [row] = await last_rows(1)
    assert (row.act, row.subject_id) == ("refuse_sign_in", (await Person.get(email="eve@demo.example")).id)


async def test_no_name_no_address_and_no_free_text_is_in_it(forum):
    ruth, [post, *_] = await user("ruth"), await posts_in("finance")
    await posts.hide_post(forum, ruth, post.id, "other", "Because of Gareth and his sister", new_key())
    await remove_member(forum, ruth, "finance", (await user("bethan")).id, "Bethan asked for it")
    await sessions.sign_in(forum, "someone.else@demo.example", PASSWORD, "somewhere", "")
    text = str(await AuditRow.all().values()).lower()
    words = [*EVERYONE, "@", "demo.example", "someone", "sister", "asked", "somewhere", "what works", "finance"]
    assert [word for word in words if word in text] == []


@pytest.mark.parametrize(
    "details",
    [
        {"name": "Amina Begum"},
        {"email": "amina@demo.example"},
        {"words": ""},
        {"words": "x" * 65},
        {"words": "line\nline"},
        {"at": datetime(2026, 3, 1, tzinfo=UTC)},
        {"share": 0.5},
        {"ids": [1, 2]},
    ],
)
async def test_what_is_more_than_ids_and_fixed_words_undoes_the_act(forum, details):
    @actions.action
    async def act(forum):
        async with forum.write():
            await Group.all().delete()
            await record(forum, None, "create_group", "group", 1, **details)

    with pytest.raises(ValueError, match="more than ids"):
        await act(forum)
    assert await Group.exists()
    assert await checked(forum) == ""


async def test_an_act_that_is_undone_leaves_no_row_and_no_gap(forum):
    before = await AuditHead.get()
    with pytest.raises(NotFound):
        await remove_member_by_email(forum, "finance", "eve@demo.example", "")
    with pytest.raises(Invalid):
        await create_group(forum, "finance", "Finance", "", "listed")
    assert (await AuditHead.get()).number == before.number
    await create_group(forum, "parks", "Parks", "", "listed")
    assert [row.number for row in await last_rows(1)] == [before.number + 1]
    assert await checked(forum) == ""


async def test_outside_a_transaction_nothing_is_recorded(forum):
    with pytest.raises(RuntimeError, match="in the transaction"):
        await record(forum, None, "create_group", "group", 1)


async def test_posting_editing_and_tagging_are_not_in_it(forum):
    [post, *_] = await posts_in("finance")
    before = (await AuditHead.get()).number
    await posts.write_post(forum, await user("gareth"), post.thread_id, "More.", True, new_key())
    author = await Person.get(id=post.author_id)
    await posts.edit_post(forum, await user(author.name.lower()), post.id, "Else.", True, post.revision, new_key())
    assert (await AuditHead.get()).number == before


# The rules that its callers keep


def recordings() -> list[tuple[str, ast.AsyncWith]]:
    """Every transaction in which an act is recorded, with its module."""
    found = []
    for name, source in SOURCES.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.AsyncWith) and recorded_in(node):
                found.append((name, node))
    return found


def recorded_in(node: ast.AST) -> list[ast.Call]:
    return [
        call
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] == "record"
    ]


def last_statements(body: list[ast.stmt]) -> list[ast.stmt]:
    """What may be done last: the last statement, or the last of its branches. To return what is there locks nothing."""
    if isinstance(body[-1], ast.Return) and not any(isinstance(node, ast.Await) for node in ast.walk(body[-1])):
        body = body[:-1]
    last = body[-1]
    if isinstance(last, ast.If):
        return [*last_statements(last.body), *(last_statements(last.orelse) if last.orelse else [])]
    return [last]


@pytest.mark.parametrize(("name", "node"), recordings(), ids=lambda it: getattr(it, "lineno", it))
def test_recording_is_the_last_thing_in_its_transaction(name, node):
    """Who locks anything after the log may wait for one who waits for the log."""
    allowed = [call for statement in last_statements(node.body) for call in recorded_in(statement)]
    assert recorded_in(node) == allowed, name


def test_every_act_that_is_recorded_has_its_words():
    acts = {
        word.value
        for source in SOURCES.values()
        for call, _ in calls(source)
        if ast.unparse(call.func).split(".")[-1] == "record"
        for word in call.args[:3]
        if isinstance(word, ast.Constant) and isinstance(word.value, str)
    } - {"theme", "group"}
    assert len(acts) > 10 and acts <= ACTS.keys()
