"""The audit log's chain: nobody changes it, whoever did is found, and two writers keep it straight."""

import asyncio
import os
import sys
from datetime import UTC, datetime

import pytest

from forum import audit
from forum.actions import people, posts, sessions
from forum.actions.groups import add_member, create_group, remove_member_by_email
from forum.audit import BATCH, Head, canonical, key_of, seal, verify
from forum.database import select
from forum.models import AuditHead, AuditRow
from tests.cast import PASSWORD, new_key, posts_in, user
from tests.conftest import ON_POSTGRES

DROP = (
    ["DROP TRIGGER audit_row_refuse ON audit_row"]
    if ON_POSTGRES
    else [f"DROP TRIGGER audit_row_{what}" for what in ("update", "delete", "replace")]
)


async def checked(forum, exported=None, secret=None) -> str:
    """What is wrong with the log, or ""."""
    async with forum.database.reader() as read:
        return (await verify(read, secret or forum.secret, exported)).wrong


async def last_rows(many: int) -> list[AuditRow]:
    return list(reversed(await AuditRow.all().order_by("-number").limit(many)))


async def tamper(*statements: str) -> None:
    """As somebody does who owns the database, and has not the secret."""
    for sql in (*DROP, *statements):
        await select(sql)


# Nobody changes it


REFUSED = [
    "UPDATE audit_row SET act = 'sign_in' WHERE number = 2",
    "UPDATE audit_row SET actor_id = NULL",
    "DELETE FROM audit_row WHERE number = 2",
    "DELETE FROM audit_row",
    *(
        [
            "TRUNCATE audit_row",
            "INSERT INTO audit_row SELECT * FROM audit_row ON CONFLICT (number) DO UPDATE SET act = 'x'",
        ]
        if ON_POSTGRES
        else ["INSERT OR REPLACE INTO audit_row SELECT * FROM audit_row WHERE number = 2"]
    ),
]


@pytest.mark.parametrize("sql", REFUSED)
async def test_the_database_refuses_change_and_deletion(forum, sql):
    before = await AuditRow.all().order_by("number").values()
    with pytest.raises(Exception, match="append-only"):
        await select(sql)
    assert await AuditRow.all().order_by("number").values() == before


ROW = (7, datetime(2026, 3, 1, 10, 0, tzinfo=UTC), 4711, "hide_post", "post", 12, '{"reason":"unkind"}', "ab" * 32)


def test_the_canonical_form_is_this_and_stays_this():
    """Another form would break every log there is."""
    assert canonical(*ROW) == (
        b'[7,"2026-03-01T10:00:00Z",4711,"hide_post","post",12,"{\\"reason\\":\\"unkind\\"}","' + b"ab" * 32 + b'"]'
    )
    terminal = (1, datetime.fromisoformat("2026-03-01T11:00:00.5+01:00"), None, "sign_out", "", None, "{}", "")
    assert canonical(*terminal) == b'[1,"2026-03-01T10:00:00.500000Z",null,"sign_out","",null,"{}",""]'
    key = key_of(b"s" * 32)
    assert key.hex() == "7ea7a2249cc3a2df8e960d180a87aa4ee23f0808f22758dc2c3734ca83ddae6d"
    assert seal(key, canonical(*ROW)) == "a8b017e785d6a8b8ada875944d92799f0e61a9e831337be2de025b3d6bd9e974"


@pytest.mark.parametrize("place", range(len(ROW)))
def test_every_part_of_a_row_is_sealed(place):
    changed: dict[type, object] = {int: 5, str: "other", datetime: datetime(2026, 3, 2, tzinfo=UTC)}
    other = [*ROW]
    other[place] = changed[type(other[place])]
    assert canonical(*other) != canonical(*ROW)


# Verifying finds whoever did


N = 5  # a row in the middle
SWAP = [
    f"UPDATE audit_row SET number = -1 WHERE number = {N}",
    f"UPDATE audit_row SET number = {N} WHERE number = {N + 1}",
    f"UPDATE audit_row SET number = {N + 1} WHERE number = -1",
]
COPY = "INSERT INTO audit_row SELECT {} AS number, at, actor_id, act, subject, subject_id, details, previous, mac"
TAMPERED = {
    "another act": ([f"UPDATE audit_row SET act = 'leave_group' WHERE number = {N}"], f"Row {N} was changed"),
    "another person": ([f"UPDATE audit_row SET actor_id = 4711 WHERE number = {N}"], f"Row {N} was changed"),
    "another subject": ([f"UPDATE audit_row SET subject_id = subject_id + 1 WHERE number = {N}"], f"Row {N} was"),
    "other details": ([f"UPDATE audit_row SET details = '{{}}' WHERE number = {N}"], f"Row {N} was changed"),
    "another time": ([f"UPDATE audit_row SET at = '2020-01-01 00:00:00+00:00' WHERE number = {N}"], f"Row {N} was"),
    "another seal": ([f"UPDATE audit_row SET mac = previous WHERE number = {N}"], f"Row {N} was changed"),
    "another seal before": ([f"UPDATE audit_row SET previous = mac WHERE number = {N}"], f"Row {N} was changed"),
    "the first row": (["UPDATE audit_row SET actor_id = 1 WHERE number = 1"], "Row 1 was changed"),
    "a row deleted": ([f"DELETE FROM audit_row WHERE number = {N}"], f"Row {N} is missing"),
    "the first deleted": (["DELETE FROM audit_row WHERE number = 1"], "Row 1 is missing"),
    "deleted, and the rest moved up": (
        [
            f"DELETE FROM audit_row WHERE number = {N}",
            f"UPDATE audit_row SET number = -number WHERE number > {N}",
            "UPDATE audit_row SET number = -number - 1 WHERE number < 0",
        ],
        f"Row {N} was changed",
    ),
    "two rows swapped": (SWAP, f"Row {N} was changed"),
    "a row put in": (
        [
            f"UPDATE audit_row SET number = -number WHERE number > {N}",
            "UPDATE audit_row SET number = -number + 1 WHERE number < 0",
            f"{COPY.format(N + 1)} FROM audit_row WHERE number = {N}",
        ],
        f"Row {N + 1} was changed",
    ),
    "a row before the first": ([f"{COPY.format(0)} FROM audit_row WHERE number = 1"], "Row 0 was put in"),
    "the last deleted": (["DELETE FROM audit_row WHERE number = (SELECT max(number) FROM audit_row)"], "is missing"),
    "the head set back": (["UPDATE audit_head SET number = number - 1"], "not the one at which the service says"),
    "another head": (["UPDATE audit_head SET mac = 'ab'"], "not the one at which the service says"),
    "all deleted": (["DELETE FROM audit_row"], "Row 1 is missing"),
    "a row behind the last": (
        [f"{COPY.format('(SELECT max(number) + 1 FROM audit_row)')} FROM audit_row WHERE number = {N}"],
        "was changed",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
async def test_the_first_bad_row_is_named(forum, what):
    assert await checked(forum) == ""
    statements, words = TAMPERED[what]
    await tamper(*statements)
    assert words in await checked(forum)


async def test_rows_off_the_end_show_against_a_head_that_was_exported(forum):
    row, head = (await last_rows(3))[0], await AuditHead.get()
    exported = Head(head.number, head.mac)
    assert await checked(forum, exported) == ""
    await create_group(forum, "parks", "Parks", "", "listed")
    assert await checked(forum, exported) == ""  # the log went on since
    await tamper(
        f"DELETE FROM audit_row WHERE number > {row.number}",
        f"UPDATE audit_head SET number = {row.number}, mac = '{row.mac}'",
    )
    assert await checked(forum) == ""  # by itself it is a whole log
    assert f"Row {row.number + 1} is missing: by the exported head" in await checked(forum, exported)
    for number in range(3):  # and again when others took their places
        await create_group(forum, f"group-{number}", "A group", "", "listed")
    assert await checked(forum) == ""
    assert f"Row {exported.number} is not the one" in await checked(forum, exported)


async def test_a_row_sealed_with_another_secret_is_found(forum, database_url, tmp_path):
    assert "Row 1 was changed, or written with another secret" in await checked(forum, secret=b"t" * 32)
    [last] = await last_rows(1)
    forum.secret = b"t" * 32
    await create_group(forum, "parks", "Parks", "", "listed")
    assert f"Row {last.number + 1} was changed, or written with another secret" in await checked(
        forum, secret=b"s" * 32
    )


async def test_a_service_without_an_act_has_a_whole_log(forum):
    await tamper("DELETE FROM audit_row", "UPDATE audit_head SET number = 0, mac = ''")
    assert await checked(forum) == ""
    assert "Row 1 is missing" in await checked(forum, Head(1, "ab" * 32))


async def test_it_is_read_in_batches(forum, monkeypatch):
    monkeypatch.setattr(audit, "BATCH", 7)
    sizes = []
    async with forum.database.reader() as read:

        async def counted(sql, *values):
            rows = await read(sql, *values)
            sizes.append(len(rows))
            return rows

        found = await verify(counted, forum.secret)
    assert found.rows == (await AuditHead.get()).number > 14
    assert max(sizes) == 7 < BATCH
    await tamper("UPDATE audit_row SET act = 'sign_in' WHERE number = 15")
    assert "Row 15 was changed" in await checked(forum)


# Two writers


async def test_many_at_once_keep_it_straight(forum):
    """They lock threads, the service's row and the log; none waits for one who waits for it, and none is left out."""
    ruth, before = await user("ruth"), (await AuditHead.get()).number
    care, finance = [(await posts_in(slug))[0] for slug in ("adult-social-care", "finance")]
    for _ in range(3):
        await asyncio.gather(
            *(posts.hide_post(forum, ruth, post.id, "unkind", "", new_key()) for post in (care, finance)),
            *(add_member(forum, "finance", f"{name}@demo.example", "observer") for name in ("amina", "eve", "olu")),
            *(people.set_password(forum, f"{name}@demo.example", PASSWORD) for name in ("sam", "tom")),
            *(sessions.sign_in(forum, f"{name}@demo.example", PASSWORD, "x", "") for name in ("amina", "priya")),
        )
        await asyncio.gather(
            *(posts.restore_post(forum, ruth, post.id, "", new_key()) for post in (care, finance)),
            *(remove_member_by_email(forum, "finance", f"{name}@demo.example", "") for name in ("amina", "eve", "olu")),
        )
    assert (await AuditHead.get()).number == before + 3 * 14
    assert await checked(forum) == ""


WRITE = """
import asyncio, sys
from pathlib import Path
from forum.actions.audit import note_export
from forum.context import open_forum
from tests.conftest import settings_for

async def write():
    async with open_forum(settings_for(sys.argv[1], Path(sys.argv[2]))) as forum:
        print("ready", flush=True)
        sys.stdin.readline()
        for _ in range(40):
            await note_export(forum, None, "archive.jsonl")

asyncio.run(write())
"""


async def test_two_processes_keep_it_straight_while_a_third_verifies(forum, database_url, tmp_path):
    before = (await AuditHead.get()).number
    writers = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", WRITE, database_url, str(tmp_path)),
            env={**os.environ, "PYTHONPATH": os.getcwd()},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for writer in writers:
        await writer.stdout.readline()
    for writer in writers:
        writer.stdin.write(b"go\n")
    ended = asyncio.gather(*(writer.wait() for writer in writers))
    while not ended.done():
        assert await checked(forum) == ""
        await asyncio.sleep(0)
    assert await ended == [0, 0]
    assert (await AuditHead.get()).number == before + 80
    assert await checked(forum) == ""
