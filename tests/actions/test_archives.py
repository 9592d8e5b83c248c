"""What was talked about elsewhere comes in once, whole or not at all, and goes out so that it can come in again."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from forum import models
from forum.actions.archive_additions import find_additions
from forum.actions.archive_checks import read_archive, read_lists
from forum.actions.archives import add_archived, import_archive
from forum.actions.groups import add_member, leave_group
from forum.actions.people import create_account
from forum.actions.posts import edit_post, hide_post, write_post
from forum.actions.taggings import remove_tagging, tag_post
from forum.archive_lines import Fault
from forum.archiving import lines as archive_lines
from forum.archiving import take_snapshot
from forum.context import Forum, open_forum
from forum.database import select
from forum.models import Group, Membership, Person, Post, Reference, Tagging, Theme, Thread
from tests.cast import build_empty, new_key, posts_in, user
from tests.conftest import Databases, settings_for
from tests.small_archive import file_of, lines

Open = Callable[..., AbstractAsyncContextManager[Forum]]


def quiet(done: int, total: int) -> None:
    pass


async def bring_in(forum: Forum, content: list[dict[str, Any]] | bytes) -> dict[str, int]:
    file = BytesIO(content) if isinstance(content, bytes) else file_of(content)
    return {kind: count for kind, count in (await import_archive(forum, file, quiet)).items() if count}


async def send_out(forum: Forum) -> bytes:
    return b"".join(archive_lines(forum, await take_snapshot(forum), quiet))


async def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    tables = [getattr(models, name)._meta.db_table for name in models.__all__]
    return {table: sorted(await select(f'SELECT * FROM "{table}"'), key=repr) for table in tables}


async def what_is_said() -> dict[str, Any]:
    """What the service holds, without ids and without the times at which accounts and groups were made."""
    return {
        "groups": await Group.all().order_by("slug").values_list("slug", "name", "purpose", "visibility"),
        "people": await Person.all().order_by("email").values_list("email", "name", "council__name", "password_hash"),
        "members": await Membership.filter(ended_at=None)
        .order_by("person__email", "group__slug")
        .values_list("person__email", "group__slug", "role"),
        "threads": await Thread.all()
        .order_by("title")
        .values_list("title", "group__slug", "author__email", "posts", "created_at", "last_post_at"),
        "posts": await Post.all()
        .order_by("thread__title", "number")
        .values_list("thread__title", "number", "author__email", "council__name", "body", "html", "created_at"),
        "permissions": await Post.all().order_by("thread__title", "number").values_list("quotable", "revision"),
        "hidden": [
            at is not None
            for at in await Post.all().order_by("thread__title", "number").values_list("hidden_at", flat=True)
        ],
        "themes": await Theme.all()
        .order_by("position")
        .values_list("code", "parent__code", "name", "definition", "includes", "excludes", "example", "position"),
        "taggings": await Tagging.all()
        .order_by("created_at", "quote")
        .values_list("post__body", "theme__code", "kind", "start", "end", "quote", "by__email", "created_at"),
    }


@pytest.fixture
def urls(databases: Databases) -> Iterator[list[str]]:
    """Two empty services: migrated, with councils and codebook."""
    made = [databases.copy(build_empty) for _ in range(2)]
    yield made
    for url in made:
        databases.drop(url)


@pytest.fixture
async def empty(urls: list[str], tmp_path: Path) -> AsyncIterator[Forum]:
    """An open service with nobody in it."""
    async with open_forum(settings_for(urls[0], tmp_path)) as opened:
        yield opened


@pytest.fixture
def elsewhere(urls: list[str], tmp_path: Path) -> Open:
    """`async with elsewhere() as other:` is another empty service: models and actions work on that one inside."""
    return lambda number=1: open_forum(settings_for(urls[number], tmp_path))


async def test_bethans_talk_comes_in_with_all_that_its_lines_say(empty: Forum) -> None:
    added = await bring_in(empty, lines())
    assert added == {
        "groups": 2,
        "people": 3,
        "memberships": 3,
        "threads": 1,
        "posts": 3,
        "themes": 2,
        "taggings": 2,
    }
    bethan = await Person.get(email="bethan@demo.example").select_related("council")
    assert (bethan.name, bethan.council.name, bethan.password_hash, bethan.site_role) == (
        "Bethan Rhys",
        "Cardiff",
        None,
        None,
    )
    assert (await Group.get(slug="leaders")).visibility == "hidden"
    thread = await Thread.get().select_related("author")
    assert (thread.title, thread.posts, thread.revision, thread.author.id) == ("Who mows?", 3, 3, bethan.id)
    assert thread.last_post_at.isoformat() == "2026-03-03T09:00:00+00:00"
    first, second, third = await Post.all().order_by("number").select_related("council")
    assert [post.revision for post in (first, second, third)] == [1, 2, 3]
    assert first.council.name == "Gwynedd" and third.council.name == "Cardiff" and second.council is None
    assert first.html == "<p>Mowing 🌱 costs <strong>more</strong> each year. Volunteers help.</p>\n"
    assert (first.quotable, second.quotable) == (True, False)
    assert second.hidden_at is not None and first.hidden_at is None
    assert second.created_at.isoformat() == "2026-03-02T10:30:00.250000+00:00"
    tagging = await Tagging.get(post_id=first.id).select_related("by", "theme__parent")
    assert (tagging.quote, tagging.post_revision, tagging.by.email) == (
        "costs **more** each year.",
        1,
        "ruth@demo.example",
    )
    assert (tagging.theme.parent.code, tagging.theme.example) == ("PARK", "Grass.")
    assert (await Tagging.get(post_id=third.id)).start is None


async def roles_of_authors() -> list[str | None]:
    return await Post.filter(thread__title="Who mows?").order_by("number").values_list("role", flat=True)


async def test_posts_say_what_their_authors_are_in_the_archives_groups(empty: Forum) -> None:
    await bring_in(empty, lines(line10={"author": "p3"}))
    assert await roles_of_authors() == ["member", None, "facilitator"]


async def test_or_what_they_are_or_were_in_the_groups_here(forum: Forum) -> None:
    """Bethan left, Olu may only read by now, and Ruth's archive knows her as a member."""
    await leave_group(forum, await user("bethan"), "finance")
    await add_member(forum, "finance", "olu@demo.example", "observer")
    content = lines(line2={"slug": "finance"}, line4={"groups": {}}, line6={"groups": {"finance": "member"}},
                    line7={"group": "finance"}, line10={"author": "p3"})  # fmt: skip
    await bring_in(forum, content)
    assert await roles_of_authors() == ["member", "member", "member"]
    again = {"type": "post", "thread": "t1", "at": "2026-03-04T09:00:00Z", "body": "Again."}
    content[5]["groups"] = {}
    await bring_in(forum, [*content, again | {"ref": "m4", "author": "p3"}, again | {"ref": "m5", "author": "p1"}])
    assert await roles_of_authors() == ["member", "member", "member", "facilitator", "member"]


async def test_a_second_import_changes_nothing_whatever_people_did_in_between(forum: Forum) -> None:
    await bring_in(forum, lines())
    before = await everything()
    assert await bring_in(forum, lines()) == {}
    assert await everything() == before

    bethan, ruth = await user("bethan"), await user("ruth")
    thread = await Thread.get(title="Who mows?")
    [first, *_] = await Post.filter(thread_id=thread.id).order_by("number")
    await write_post(forum, bethan, thread.id, "Robots mow now.", False, new_key())
    await edit_post(forum, bethan, first.id, "All is well.", False, first.revision, new_key())
    await remove_tagging(forum, ruth, (await Tagging.get(post_id=first.id)).id, new_key())
    await leave_group(forum, bethan, "parks")
    await add_member(forum, "parks", "ruth@demo.example", "observer")
    before = await everything()
    assert await bring_in(forum, lines()) == {}
    assert await everything() == before


async def test_people_and_groups_that_are_here_already_stay_as_they_are(forum: Forum) -> None:
    [before] = await Person.filter(email="bethan@demo.example").values()
    added = await bring_in(forum, lines(line2={"slug": "finance"}, line4={"groups": {"finance": "facilitator"}},
                                        line6={"groups": {}}, line7={"group": "finance"}))  # fmt: skip
    assert added["groups"] == 1 and "people" not in added and "memberships" not in added
    assert await Person.filter(email="bethan@demo.example").values() == [before]
    assert (await Group.get(slug="finance")).name == "Finance"
    assert (await Membership.get(person_id=before["id"], group__slug="finance")).role == "member"


async def test_a_later_archive_adds_its_new_posts_behind_those_of_people_here(forum: Forum) -> None:
    await bring_in(forum, lines())
    thread = await Thread.get(title="Who mows?")
    await write_post(forum, await user("bethan"), thread.id, "Robots mow now.", False, new_key())
    heard: list[str] = []
    forum.bus.listen(heard.append)
    later = lines()
    more = [{**later[9], "ref": f"m{number}", "body": f"More {number}."} for number in (4, 5)]
    tagging = {**later[13], "post": "m5"}
    assert await bring_in(forum, [*later[:10], *more, *later[10:], tagging]) == {"posts": 2, "taggings": 1}

    assert heard == [f"thread:{thread.id}"]
    rows = await Post.filter(thread_id=thread.id).order_by("number").values_list("number", "revision", "body")
    assert [tuple(row) for row in rows][3:] == [(4, 4, "Robots mow now."), (5, 5, "More 4."), (6, 6, "More 5.")]
    grown = await Thread.get(id=thread.id)
    last = await Post.get(thread_id=thread.id, number=4)
    assert (grown.posts, grown.revision, grown.last_post_at) == (6, 6, last.created_at)
    assert (await Tagging.get(post__body="More 5.")).post_revision == 6


A_TIME = "expected a time with its zone, such as 2026-03-01T10:00:00Z."
INSIDE = "the passage is not inside the post, which has 51 characters."
FAULTS: list[tuple[int, dict[str, Any], str, str]] = [
    (1, {"version": 2}, "version", "expected 1."),
    (2, {"slug": "Parks!"}, "slug", "a slug has small letters, digits and hyphens, at most 60."),
    (2, {"visibility": "open"}, "visibility", "expected listed or hidden."),
    (3, {"slug": "parks"}, "slug", "parks stands on an earlier line already."),
    (3, {"name": " "}, "name", "a name has 1 to 120 characters."),
    (3, {"purpose": "\x1b[2J"}, "purpose", "contains a character that cannot be stored."),
    (4, {"email": "bethan"}, "email", "Enter an email address such as name@example.org."),
    (4, {"groups": {"parks": "queen"}}, "groups", "expected member, facilitator or observer for each group."),
    (4, {"groups": {"wood": "member"}}, "groups", "there is no wood on an earlier line."),
    (5, {"email": "BETHAN@demo.example"}, "email", "bethan@demo.example stands on an earlier line already."),
    (5, {"council": "Oz\u009b"}, "council", r"there is no council 'Oz\x9b'… in the list."),
    (7, {"title": "?"}, "title", "Give a title of 3 to 200 characters. This one has 1."),
    (7, {"group": "wood"}, "group", "there is no wood on an earlier line."),
    (8, {"body": 7}, "body", "expected text, found a whole number."),
    (8, {"body": ...}, "body", "it is missing."),
    (8, {"bdy": ""}, "bdy", "there is no such field in a line of this type."),
    (8, {"body": " \n"}, "body", "Write something before you post."),
    (8, {"body": "x" * 10_001}, "body", "Your post has 10,001 characters. Shorten it to 10,000 or fewer."),
    (8, {"body": "a\0b"}, "body", "Your post contains a character that cannot be stored. Take it out and send again."),
    (8, {"thread": "t2"}, "thread", "there is no t2 on an earlier line."),
    (8, {"author": "p9"}, "author", "there is no p9 on an earlier line."),
    (8, {"at": "yesterday"}, "at", A_TIME),
    (8, {"at": "2026-03-01T10:00:00"}, "at", A_TIME),
    (8, {"at": "0001-01-01T00:00:00+14:00"}, "at", "this time is out of range."),
    (8, {"council": "Ankh-Morpork"}, "council", "there is no council Ankh-Morpork in the list."),
    (8, {"quotable": "yes"}, "quotable", "expected true or false, found text."),
    (9, {"ref": "m1"}, "ref", "m1 stands on an earlier line already."),
    (9, {"ref": ""}, "ref", "expected text of at least 1 character."),
    (9, {"type": "poem"}, "type", "there is no such type of line."),
    (11, {"code": "two words"}, "code", "a code has letters, digits, hyphens, dots and underscores, at most 20."),
    (12, {"parent": "FIN-1"}, "parent", "FIN-1 is itself below FIN, and themes have two levels."),
    (13, {"theme": "PARK-2"}, "theme", "there is no PARK-2 on an earlier line."),
    (13, {"kind": "praise"}, "kind", "there is no kind praise: use one of issue, barrier, practice, "
        "ask-lga, ask-government, support."),
    (13, {"start": -1}, "start", INSIDE),
    (13, {"start": 51, "end": 52}, "start", INSIDE),
    (13, {"end": 52}, "end", INSIDE),
    (13, {"end": 9}, "end", INSIDE),
    (13, {"end": 2**70}, "end", INSIDE),
    (13, {"end": ...}, "end", "it is missing: a passage has a start and an end."),
    (14, {"by": "p4"}, "by", "there is no p4 on an earlier line."),
]  # fmt: skip


async def test_a_fault_names_line_and_field_and_leaves_nothing_behind(empty: Forum) -> None:
    before = await everything()
    for number, changed, field, words in FAULTS:
        with pytest.raises(Fault) as fault:
            await bring_in(empty, lines(**{f"line{number}": changed}))
        assert str(fault.value) == f"Line {number}, field {field}: {words}"
    assert await everything() == before


async def test_a_passage_may_not_count_in_a_text_that_is_stored_otherwise(empty: Forum) -> None:
    [mowing] = [line["body"] for line in lines() if line.get("ref") == "m1"]
    with pytest.raises(Fault) as fault:
        await bring_in(empty, lines(line8={"body": f"  {mowing}"}))
    assert str(fault.value).startswith("Line 13, field start: positions count in the text as it is stored")
    assert (await bring_in(empty, lines(line8={"body": f"{mowing} \r\n"})))["taggings"] == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Line 1: this is no archive"),
        (b"\n \n", "Line 1: this is no archive"),
        (b"PK\x03\x04", "Line 1: this is no archive"),
        (b"\xff\xfe{\0", "Line 1: this is no archive"),
        (b"[]", "Line 1: this is no archive"),
        (b'{"slug": "parks"}', "Line 1: this is no archive"),
        (b'{"type": "group", "slug": "parks", "name": "Parks"}', "Line 1: this is no archive"),
        (b'{"type": "archive", "id": "x", "version": 1}\n' * 2, "Line 2, field type: there is one archive line"),
        (b'{"type": "archive", "id": "x", "version": 1}\n{"type": "gr', "Line 2: it is not JSON."),
        (b'{"type": "archive", "id": "x", "version": 1}\n' + b"[" * 100_000, "Line 2: expected an object"),
        (b'{"type": "archive", "id": "x", "version": 1}\n{"a": ' + b"[" * 100_000, "Line 2: it is not JSON."),
        (
            b'{"type": "archive", "id": "x", "version": 1}\n{"type": "group", "slug": "\xff"}',
            "Line 2: it is not UTF-8.",
        ),
        (b'{"type": "archive", "id": "x", "version": 1}\n' + b"[" * 1_000_001, "Line 2: it is longer than 1,000,000"),
        (
            b'{"type": "archive", "id": "x", "version": 1}\n{"type": "group", "slug": "a", "name": "a\\ud800b"}',
            "Line 2, field name: contains a character that cannot be stored.",
        ),
    ],
)
async def test_what_is_no_archive_is_refused(empty: Forum, content: bytes, sentence: str) -> None:
    with pytest.raises(Fault) as fault:
        await bring_in(empty, content)
    assert str(fault.value).startswith(sentence)


async def test_an_archive_from_a_windows_editor_comes_in(empty: Forum) -> None:
    content = b"\xef\xbb\xbf" + file_of(lines()).read().replace(b"\n", b"\r\n\r\n")
    assert (await bring_in(empty, content))["posts"] == 3


async def test_an_account_that_is_made_in_the_same_moment_undoes_the_import(empty: Forum) -> None:
    lists = await read_lists()
    archive = await asyncio.to_thread(read_archive, empty, file_of(lines()), lists)
    additions = await find_additions(empty, archive, lists)
    for post in additions.posts:
        post.html = ""
    await create_account(empty, "olu@demo.example", "Olu", None, None, None)
    before = await everything()
    with pytest.raises(IntegrityError):
        await add_archived(empty, additions)
    assert await everything() == before
    assert (await bring_in(empty, lines()))["people"] == 2


async def test_progress_is_told_and_ends_with_all_posts(empty: Forum) -> None:
    told: list[tuple[int, int]] = []
    posts = [{**lines()[9], "ref": f"n{number}"} for number in range(450)]
    await import_archive(empty, file_of([*lines()[:8], *posts]), lambda *step: told.append(step))
    assert told == [(200, 451), (400, 451), (451, 451)]


async def test_an_archive_that_came_in_goes_out_again_under_its_own_names(empty: Forum, elsewhere: Open) -> None:
    await bring_in(empty, lines())
    out, said, names = await send_out(empty), await what_is_said(), await references()
    sent = [json.loads(line) for line in out.splitlines()]
    assert sent[0] == {"type": "archive", "id": "old-hub", "version": 1}
    assert [line["ref"] for line in sent if line["type"] in ("thread", "post")] == ["t1", "m1", "m2", "m3"]
    async with elsewhere() as other:
        await bring_in(other, out)
        assert await what_is_said() == said
        assert await references() == names
        assert await send_out(other) == out
        assert await bring_in(other, lines()) == {}


async def test_what_goes_out_and_comes_in_again_changes_nothing(forum: Forum, elsewhere: Open) -> None:
    ruth = await user("ruth")
    await bring_in(forum, lines())
    first, second = await posts_in("adult-social-care")
    await tag_post(forum, ruth, first.id, "CARE-1", "issue", (0, 4), first.revision, new_key())
    await tag_post(forum, ruth, first.id, "CARE-1", "issue", None, first.revision, new_key())
    await hide_post(forum, ruth, second.id, "unkind", "", new_key())
    out, said, before = await send_out(forum), await what_is_said(), await everything()
    assert json.loads(out.splitlines()[0])["id"] == forum.epoch
    assert await bring_in(forum, out) == {}
    assert await everything() == before

    async with elsewhere() as other:
        await bring_in(other, out)
        again = await what_is_said()
        assert await send_out(other) == out
        async with elsewhere(0) as third:
            await bring_in(third, out)
            assert await what_is_said() == again
            assert await send_out(third) == out
    for kept in (said, again):
        kept["people"] = [row[:3] for row in kept["people"]]  # passwords stay at home
        kept["permissions"] = [row[0] for row in kept["permissions"]]  # revisions are a thread's own history
    assert again == said


async def test_a_service_that_a_backup_was_put_back_in_knows_its_own_archive(forum: Forum) -> None:
    out = await send_out(forum)
    await models.Service.filter(id=1).update(epoch="another")
    before = await everything()
    assert await bring_in(forum, out) == {}
    assert await everything() == before


async def references() -> list[Any]:
    return list(await Reference.all().order_by("id").values_list("archive", "type", "ref"))


async def test_no_password_and_no_session_goes_out(forum: Forum, signed_in: Callable[..., Awaitable[Any]]) -> None:
    await signed_in("amina")
    out = (await send_out(forum)).decode()
    assert "amina@demo.example" in out and "argon2" not in out
    [session] = await models.Session.all()
    assert session.token_hash not in out


async def test_a_passage_goes_out_where_its_words_stand_after_an_edit(forum: Forum) -> None:
    amina, ruth = await user("amina"), await user("ruth")
    [post, _] = await posts_in("adult-social-care")
    for start, end in ((0, 4), (5, 8)):  # "Tell", "us."
        await tag_post(forum, ruth, post.id, "CARE-1", "issue", (start, end), post.revision, new_key())
    await edit_post(forum, amina, post.id, "Please Tell me.", False, post.revision, new_key())
    out, before = await send_out(forum), await everything()
    sent = [json.loads(line) for line in out.splitlines()]
    assert [(line["start"], line["end"]) for line in sent if line["type"] == "tagging"] == [(7, 11), (None, None)]
    assert await bring_in(forum, out) == {}
    assert await everything() == before


async def test_a_passage_of_other_words_is_refused_after_an_edit_here(forum: Forum) -> None:
    await bring_in(forum, lines()[:12])
    [post] = await Post.filter(thread__title="Who mows?", number=1)
    await edit_post(forum, await user("bethan"), post.id, "All is well here in the parks now.", False, 1, new_key())
    with pytest.raises(Fault, match=r"^Line 13, field start: the post was edited here"):
        await bring_in(forum, lines())
    assert not await Tagging.exists()
    assert await bring_in(forum, lines(line13={"start": ..., "end": ...})) == {"taggings": 2}
