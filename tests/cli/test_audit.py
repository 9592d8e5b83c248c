"""`forum verify-audit` as somebody types it: what it says, and with which status it ends."""

import json

import pytest

from forum.models import AuditHead
from tests.test_audit_chain import tamper

SECRET = {"FORUM_SECRET_KEY": "s" * 32}


async def test_a_whole_log_ends_with_0_and_its_head_is_exported(forum, run, tmp_path):
    head, file = await AuditHead.get(), tmp_path / "head.json"
    said = await run("verify-audit", "--export-head", str(file), **SECRET)
    assert (said.status, said.error) == (0, "")
    assert said.out == f"The audit log is whole: {head.number} rows.\nWrote its head to {file}.\n"
    assert json.loads(file.read_text()) == {"number": head.number, "mac": head.mac}
    again = await run("verify-audit", "--head", str(file), **SECRET)
    assert (again.status, again.out) == (0, f"The audit log is whole: {head.number} rows.\n")


async def test_the_first_bad_row_ends_with_1(forum, run, tmp_path):
    await tamper("UPDATE audit_row SET act = 'sign_in' WHERE number IN (9, 4, 7)")
    said = await run("verify-audit", "--export-head", str(tmp_path / "head.json"), **SECRET)
    assert (said.status, said.out) == (1, "")
    assert said.error.startswith("The audit log is broken. Row 4 was changed") and len(said.error.splitlines()) == 1
    assert not (tmp_path / "head.json").exists()


async def test_rows_off_the_end_are_found_by_the_exported_head(forum, run, tmp_path):
    file = tmp_path / "head.json"
    assert (await run("verify-audit", "--export-head", str(file), **SECRET)).status == 0
    await tamper(
        "DELETE FROM audit_row WHERE number > 20",
        "UPDATE audit_head SET number = 20, mac = (SELECT mac FROM audit_row WHERE number = 20)",
    )
    assert (await run("verify-audit", **SECRET)).status == 0
    said = await run("verify-audit", "--head", str(file), **SECRET)
    assert said.status == 1 and "Row 21 is missing: by the exported head" in said.error


async def test_another_secret_is_named(run):
    said = await run("verify-audit", FORUM_SECRET_KEY="t" * 32)
    assert said.status == 1 and "another secret" in said.error


async def test_an_archive_is_recorded_before_it_is_written(forum, run, tmp_path):
    before = (await AuditHead.get()).number
    assert (await run("archive", str(tmp_path / "all.jsonl"), **SECRET)).status == 0
    assert (await AuditHead.get()).number == before + 1
    assert (await run("verify-audit", **SECRET)).status == 0


@pytest.mark.parametrize("content", [None, b"", b"\xff", b"{}", b'{"number": "x", "mac": ""}', b'{"number": 1}'])
def test_what_is_no_head_is_named_in_one_sentence(say, tmp_path, content):
    file = tmp_path / "head.json"
    if content is not None:
        file.write_bytes(content)
    said = say("verify-audit", "--head", str(file), **SECRET)
    assert said.status == 2 and str(file) in said.error and len(said.error.splitlines()) == 1
