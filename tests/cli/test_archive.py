"""`forum import` and `forum archive` as somebody types them: what they print, and with which status they end."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from forum.cli import main
from tests.small_archive import file_of, lines

Say = pytest.CaptureFixture[str]


@pytest.fixture
def forum_command(empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`forum_command("import", file)` ends with the command's status; the service is an empty one."""
    monkeypatch.setenv("FORUM_DATABASE_URL", empty_url)
    monkeypatch.setenv("FORUM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FORUM_SECRET_KEY", "s" * 32)
    monkeypatch.delenv("FORUM_CONFIG", raising=False)
    return lambda *words: main([str(word) for word in words])


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.jsonl"
    path.write_bytes(file_of(lines()).read())
    return path


def test_an_archive_comes_in_with_progress_and_once(
    forum_command: Callable[..., int], small: Path, capsys: Say
) -> None:
    assert forum_command("import", small) == 0
    said = capsys.readouterr()
    assert said.out == "Brought in 2 groups, 3 people, 3 memberships, 1 thread, 3 posts, 2 themes, 2 taggings.\n"
    assert said.err == "3 of 3 posts\n"
    assert forum_command("import", small) == 0
    assert capsys.readouterr() == ("There was nothing new in it.\n", "")


def test_a_fault_ends_with_1_and_one_sentence(forum_command: Callable[..., int], small: Path, capsys: Say) -> None:
    small.write_bytes(file_of(lines(line9={"body": None})).read())
    assert forum_command("import", small) == 1
    assert capsys.readouterr() == ("", "Nothing was brought in. Line 9, field body: expected text, found nothing.\n")
    small.write_bytes(b"")
    assert forum_command("import", small) == 1
    assert capsys.readouterr().err.startswith("Nothing was brought in. Line 1: this is no archive")


def test_a_wrong_path_ends_with_2_and_one_sentence(
    forum_command: Callable[..., int], tmp_path: Path, small: Path, capsys: Say
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for words, sentence in (
        (("import", tmp_path / "nowhere"), f"{tmp_path}/nowhere cannot be read: No such file or directory.\n"),
        (("import", folder), f"{folder} cannot be read: Is a directory.\n"),
        (("archive", folder), f"{folder} is not a file that can be written.\n"),
        (("archive", "/dev/null"), "/dev/null is not a file that can be written.\n"),
        (("archive", folder / "no" / "file"), f"{folder}/no/file cannot be written: No such file or directory.\n"),
    ):
        assert forum_command(*words) == 2
        assert capsys.readouterr().err == sentence
    assert list(folder.iterdir()) == []
    with pytest.raises(SystemExit) as end:
        forum_command("import")
    assert end.value.code == 2


def test_a_mistyped_import_makes_no_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Say) -> None:
    monkeypatch.setenv("FORUM_DATA", str(tmp_path / "new"))
    monkeypatch.delenv("FORUM_DATABASE_URL", raising=False)
    assert main(["import", str(tmp_path / "nowhere")]) == 2
    assert not (tmp_path / "new").exists()


def test_an_import_into_a_new_folder_makes_the_service_in_one_go(
    tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch, capsys: Say
) -> None:
    monkeypatch.setenv("FORUM_DATA", str(tmp_path / "new"))
    monkeypatch.delenv("FORUM_DATABASE_URL", raising=False)
    assert main(["import", str(small)]) == 0
    assert "3 posts" in capsys.readouterr().out


def test_what_was_at_the_path_stays_until_the_archive_is_whole(
    forum_command: Callable[..., int], small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Say
) -> None:
    forum_command("import", small)
    out = tmp_path / "out.jsonl"
    assert forum_command("archive", out) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    first = out.read_bytes()
    sent = [json.loads(line) for line in first.splitlines()]
    assert [line["body"] for line in sent if line["type"] == "post"] == [
        line["body"] for line in lines() if line["type"] == "post"
    ]

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    before = sorted(tmp_path.iterdir())
    out.write_bytes(b"of yesterday")
    assert forum_command("archive", out) == 1
    assert capsys.readouterr().err.endswith("It failed: [Errno 28] No space left on device\n")
    assert out.read_bytes() == b"of yesterday"
    assert sorted(tmp_path.iterdir()) == before


def test_an_archive_is_written_where_a_link_leads(
    forum_command: Callable[..., int], tmp_path: Path, capsys: Say
) -> None:
    (tmp_path / "shelf").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "shelf" / "out.jsonl")
    assert forum_command("archive", link) == 0
    assert link.is_symlink() and (tmp_path / "shelf" / "out.jsonl").read_bytes().startswith(b'{"type":"archive"')
