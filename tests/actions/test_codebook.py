"""The codebook changes one change after another, each with its version, its reason, and what it was before."""

import asyncio
import json

import pytest

from forum.actions.codebook import change_status, create_theme, edit_theme, move_theme, propose_theme
from forum.actions.codebook_changes import last_version
from forum.actions.codebook_merging import merge_theme, undo_merge
from forum.actions.taggings import tag_post
from forum.errors import Invalid, NotAllowed, NotFound
from forum.models import AuditRow, CodebookRevision, Move, Service, Tagging, Theme
from tests.cast import EVERYONE, new_key, posts_in, user

WORDS = {"code": "CARE-9", "parent": "CARE", "name": "Night care", "definition": "Care at night.", "colour": "#2F6F4E"}


async def theme(code):
    return await Theme.get(code=code)


async def version():
    return (await Service.get()).codebook


async def codes_below(code):
    parent = await Theme.get_or_none(code=code)
    return [each.code for each in await Theme.filter(parent_id=parent and parent.id).order_by("position")]


async def add(forum, who="tom", /, **values):
    return await create_theme(forum, await user(who), WORDS | values, "It comes up.", new_key())


async def edit(forum, code, who="tom", /, revision=None, **values):
    """Edit what one has just read."""
    it = await theme(code)
    parent = await Theme.get_or_none(id=it.parent_id)
    fields = ("code", "name", "definition", "includes", "excludes", "example", "aliases", "colour")
    words = {"parent": parent.code if parent else "", **{name: getattr(it, name) for name in fields}} | values
    seen = await last_version(it.id) if revision is None else revision
    return await edit_theme(forum, await user(who), it.id, words, seen, "Clearer.", new_key())


async def move(forum, code, where, who="tom"):
    return await move_theme(forum, await user(who), (await theme(code)).id, where, "It fits there.", new_key())


async def status(forum, code, act, who="tom"):
    return await change_status(forum, await user(who), (await theme(code)).id, act, "As agreed.", new_key())


# Proposing


async def test_ruth_proposes_a_theme_that_can_be_used_at_once(forum):
    ruth = await user("ruth")
    theme_id = await propose_theme(forum, ruth, " Night  care ", "Care at night.\r\n", "CARE", key := new_key())
    it = await Theme.get(id=theme_id)
    assert (it.code, it.name, it.definition, it.status) == ("NEW-1", "Night care", "Care at night.", "candidate")
    assert (await codes_below("CARE"))[-1] == "NEW-1"
    assert await propose_theme(forum, ruth, " Night  care ", "Care at night.\r\n", "CARE", key) == theme_id
    assert await Theme.all().count() == 73 and await version() == 2
    with pytest.raises(Invalid, match="other words"):
        await propose_theme(forum, ruth, "Night care", "Other words", "CARE", key)
    tom = await user("tom")
    assert (await Theme.get(id=await propose_theme(forum, tom, "Day care", "By day.", "", new_key()))).code == "NEW-2"


async def test_a_made_up_code_is_never_given_twice(forum):
    sam = await user("sam")
    await propose_theme(forum, sam, "Night care", "Care at night.", "", new_key())
    await edit(forum, "NEW-1", code="CARE-9")
    await add(forum, code="new-2")
    theme_id = await propose_theme(forum, sam, "Day care", "Care by day.", "", new_key())
    assert (await Theme.get(id=theme_id)).code == "NEW-3"


@pytest.mark.parametrize(
    ("name", "note", "parent", "field"),
    [
        ("", "Words", "", "name"),
        ("x" * 121, "Words", "", "name"),
        ("A\0", "Words", "", "name"),
        ("Name", " ", "", "note"),
        ("Name", "x" * 2001, "", "note"),
        ("Name", "Words", "NO", "parent"),
        ("Name", "Words", "CARE-1", "parent"),
        ("Name", "Words", "x" * 300, "parent"),
        ("Name", "Words", "A\0", "parent"),
    ],
)
async def test_a_proposal_that_cannot_be(forum, name, note, parent, field):
    with pytest.raises(Invalid) as refused:
        await propose_theme(forum, await user("ruth"), name, note, parent, new_key())
    assert set(refused.value.problems) == {field}
    assert await Theme.all().count() == 72 and await version() == 1


@pytest.mark.parametrize("name", EVERYONE)
async def test_who_may_change_the_codebook_and_who_may_propose(forum, name):
    proposing = propose_theme(forum, await user(name), "Night care", "Care at night.", "", new_key())
    if name in ("ruth", "sam", "tom", "nadia"):
        await proposing
    else:
        with pytest.raises(NotAllowed, match="facilitators and analysts"):
            await proposing
    is_analyst = name in ("tom", "nadia")
    for act in (
        add(forum, name),
        edit(forum, "FIN", name, name="Money"),
        move(forum, "FIN-2", "up", name),
        status(forum, "FIN-1", "retire", name),
    ):
        if is_analyst:
            await act
        else:
            with pytest.raises(NotAllowed, match="Only analysts"):
                await act
    assert await CodebookRevision.all().count() == (5 if is_analyst else name in ("ruth", "sam"))


# Adding and editing


async def test_a_change_keeps_who_when_why_and_what_it_was(forum):
    theme_id = await add(forum)
    tom = await user("tom")
    [made] = await CodebookRevision.all()
    assert (made.version, made.theme_id, made.act, made.reason) == (2, theme_id, "create", "It comes up.")
    assert (made.by_id, made.before) == (tom.id, "")
    after = json.loads(made.after)
    assert after == WORDS | {
        "guid": (await theme("CARE-9")).guid, "colour": "#2f6f4e", "status": "active", "place": after["place"],
        "includes": "", "excludes": "", "example": "", "aliases": "", "merged_into": "",
    }  # fmt: skip
    await edit(forum, "CARE-9", "nadia", name="Care at night", aliases=" nights \n\nnights\nafter  dark")
    _, edited = await CodebookRevision.all().order_by("version")
    assert (edited.version, edited.by_id, await version()) == (3, (await user("nadia")).id, 3)
    assert edited.before == made.after
    assert json.loads(edited.after) == after | {"name": "Care at night", "aliases": "nights\nafter dark"}
    assert (await theme("CARE-9")).guid == after["guid"]


async def test_a_theme_keeps_its_guid_through_a_new_code(forum):
    guid = (await theme("CARE-1")).guid
    await edit(forum, "CARE-1", code="care-1")  # small letters are another code, of the same theme
    await edit(forum, "care-1", code="MARKET.1")
    assert (await theme("MARKET.1")).guid == guid


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "CARE 1"}, "code"),
        ({"code": "C" * 21}, "code"),
        ({"code": "=CARE"}, "code"),
        ({"code": "FIN-1"}, "code"),
        ({"code": "fin-1"}, "code"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"colour": "green"}, "colour"),
        ({"colour": "#12345"}, "colour"),
        ({"colour": '#12345"'}, "colour"),
        ({"definition": "x" * 2001}, "definition"),
        ({"includes": "\ufffe"}, "includes"),
        ({"parent": "FIN-1"}, "parent"),
        ({"parent": "NO"}, "parent"),
        ({"parent": "x" * 999}, "parent"),
    ],
)
async def test_words_that_a_theme_cannot_have(forum, values, field):
    with pytest.raises(Invalid) as refused:
        await add(forum, **values)
    assert set(refused.value.problems) == {field}
    with pytest.raises(Invalid) as refused:
        await edit(forum, "CARE-1", **values)
    assert set(refused.value.problems) == {field}
    assert await version() == 1 and not await CodebookRevision.exists()


async def test_a_change_needs_a_reason_and_a_difference(forum):
    tom, it = await user("tom"), await theme("CARE-1")
    for act in (
        create_theme(forum, tom, WORDS, " ", new_key()),
        edit_theme(forum, tom, it.id, WORDS, 0, "", new_key()),
        move_theme(forum, tom, it.id, "up", "x" * 1001, new_key()),
        change_status(forum, tom, it.id, "retire", "\0", new_key()),
    ):
        with pytest.raises(Invalid) as refused:
            await act
        assert set(refused.value.problems) == {"reason"}
    with pytest.raises(Invalid, match="Nothing here is different"):
        await edit(forum, "CARE-1")
    with pytest.raises(NotFound):
        await change_status(forum, tom, 10**9, "retire", "As agreed.", new_key())
    assert await version() == 1


async def test_two_analysts_who_edit_at_once_are_told_and_lose_nothing(forum):
    it = await theme("CARE-1")
    seen = await last_version(it.id)
    await edit(forum, "CARE-1", "tom", name="Providers")
    with pytest.raises(Invalid) as refused:
        await edit(forum, "CARE-1", "nadia", revision=seen, name="The care market")
    assert json.loads(refused.value.values["newer"])["name"] == "Providers"
    await edit(forum, "FIN", "nadia", name="Money")  # another theme is another matter
    await edit(forum, "CARE-1", "nadia", revision=int(refused.value.values["revision"]), name="The care market")
    assert (await theme("CARE-1")).name == "The care market"


async def test_of_two_at_the_same_moment_one_is_first(forum):
    """Each form is sent twice, all at once: every change counts once and has a version of its own."""
    tom, it = await user("tom"), await theme("CARE-1")
    names = [f"Name {number}" for number in range(5)]
    keys = [new_key() for _ in names]
    words = [WORDS | {"code": f"X-{number}", "name": name} for number, name in enumerate(names)]
    made = await asyncio.gather(
        *(create_theme(forum, tom, each, "Why", key) for each, key in zip(words * 2, keys * 2, strict=True)),
        *(
            edit_theme(forum, tom, it.id, WORDS | {"code": "CARE-1", "name": name}, 0, "Why", new_key())
            for name in names
        ),
        return_exceptions=True,
    )
    assert made[:5] == made[5:10] and len(set(made[:5])) == 5
    assert [type(answer) for answer in made[10:]].count(Invalid) == 4
    versions = [revision.version for revision in await CodebookRevision.all().order_by("version")]
    assert versions == [2, 3, 4, 5, 6, 7] and await version() == 7
    positions = [each.position for each in await Theme.all().order_by("position")]
    assert positions == list(range(1, 78))


# Moving


async def test_a_theme_moves_among_its_neighbours_and_to_another_parent(forum):
    assert (await codes_below("CARE"))[:3] == ["CARE-1", "CARE-2", "CARE-3"]
    await move(forum, "CARE-3", "up")
    await move(forum, "CARE-1", "down")
    assert (await codes_below("CARE"))[:3] == ["CARE-3", "CARE-1", "CARE-2"]
    await move(forum, "CARE-3", "below FIN")
    assert (await codes_below("FIN"))[-1] == "CARE-3" and "CARE-3" not in await codes_below("CARE")
    await move(forum, "CARE-3", "top")
    assert (await codes_below(None))[-1] == "CARE-3"
    await move(forum, "FIN", "down")
    assert (await codes_below(None))[:2] == ["CARE", "FIN"]
    listed = [each.code for each in await Theme.all().order_by("position")]
    assert listed.index("CARE") < listed.index("CARE-1") < listed.index("FIN") < listed.index("FIN-1")
    last = await CodebookRevision.all().order_by("-version").first()
    assert (json.loads(last.before)["place"], json.loads(last.after)["place"]) == ("1", "2")


async def test_a_move_passes_over_what_is_not_in_use(forum):
    await status(forum, "CARE-2", "retire")
    await move(forum, "CARE-3", "up")
    assert (await codes_below("CARE"))[:3] == ["CARE-3", "CARE-1", "CARE-2"]


@pytest.mark.parametrize(
    ("code", "where", "words"),
    [
        ("FIN", "up", "the first"),
        ("FIN-1", "up", "the first"),
        ("WRK", "down", "the last"),
        ("FIN", "top", "there already"),
        ("FIN-1", "below FIN", "there already"),
        ("FIN-1", "below CARE-1", "two levels"),
        ("FIN", "below CARE", "Move them first"),
        ("FIN", "below FIN", "two levels"),
        ("FIN-1", "below NO", "Choose a theme"),
        ("FIN-1", "sideways", "Choose where"),
        ("FIN-1", "", "Choose where"),
    ],
)
async def test_where_a_theme_cannot_move(forum, code, where, words):
    with pytest.raises(Invalid, match=words) as refused:
        await move(forum, code, where)
    assert set(refused.value.problems) == {"where"}
    assert await version() == 1


# Statuses


async def test_a_candidate_is_accepted_retired_and_brought_back(forum):
    await propose_theme(forum, await user("ruth"), "Night care", "Care at night.", "CARE", new_key())
    for act, now in ("accept", "active"), ("retire", "retired"), ("revive", "active"):
        await status(forum, "NEW-1", act)
        assert (await theme("NEW-1")).status == now
        with pytest.raises(Invalid, match="Look at it again"):
            await status(forum, "NEW-1", act)
    with pytest.raises(Invalid, match="Look at it again"):
        await status(forum, "NEW-1", "promote")
    acts = [revision.act for revision in await CodebookRevision.all().order_by("version")]
    assert acts == ["propose", "accept", "retire", "revive"] and await version() == 5


async def test_what_is_in_use_never_stands_below_what_is_not(forum):
    with pytest.raises(Invalid, match="CARE-1, CARE-2"):
        await status(forum, "CARE", "retire")
    for code in await codes_below("CARE"):
        await status(forum, code, "retire")
    await status(forum, "CARE", "retire")
    with pytest.raises(Invalid, match="CARE, below which it stands, is retired"):
        await status(forum, "CARE-1", "revive")
    with pytest.raises(Invalid, match="CARE is retired"):
        await move(forum, "FIN-1", "below CARE")
    await edit(forum, "CARE-1", name="As it was called")  # its words can still be mended
    await status(forum, "CARE", "revive")
    await status(forum, "CARE-1", "revive")


# Merging


async def tag(forum, code, who="ruth", number=0, passage=None, kind="issue"):
    post = (await posts_in("adult-social-care"))[number]
    return await tag_post(forum, await user(who), post.id, code, kind, passage, post.revision, new_key())


async def merge(forum, code, into, who="tom"):
    return await merge_theme(forum, await user(who), (await theme(code)).id, into, "They are one.", new_key())


async def undo(forum, code, who="tom"):
    return await undo_merge(forum, await user(who), (await theme(code)).id, "They are two.", new_key())


async def tagged_with(code):
    return {each.id for each in await Tagging.filter(theme__code=code)}


async def test_a_merge_moves_the_taggings_and_leaves_a_trail(forum):
    moved = {
        await tag(forum, "CARE-1"),
        await tag(forum, "CARE-1", "tom"),
        await tag(forum, "CARE-1", "ruth", 1, (0, 4)),
    }
    stood = {await tag(forum, "CARE-2", "ruth")}  # on the same words, by the same person, as the same kind
    await merge(forum, "CARE-1", "CARE-2")
    it = await theme("CARE-1")
    assert (it.status, it.merged_into_id) == ("merged", (await theme("CARE-2")).id)
    assert await tagged_with("CARE-2") == moved | stood and not await tagged_with("CARE-1")
    [revision] = await CodebookRevision.all()
    assert (revision.act, revision.theme_id, json.loads(revision.after)["merged_into"]) == ("merge", it.id, "CARE-2")
    trail = {(move.revision_id, move.tagging_id, move.from_theme_id) for move in await Move.all()}
    assert trail == {(revision.id, tagging_id, it.id) for tagging_id in moved}
    for code in "CARE-1", "CARE-2":
        act = tag(forum, code, "nadia")
        if code == "CARE-2":
            await act
        else:
            with pytest.raises(Invalid, match="Choose a theme"):
                await act


async def test_a_merge_taken_back_brings_back_what_it_moved_and_is_still_there(forum):
    first, second, third = (
        await tag(forum, "CARE-1"),
        await tag(forum, "CARE-1", "tom"),
        await tag(forum, "CARE-1", "nadia"),
    )
    stood = await tag(forum, "CARE-2")
    await merge(forum, "CARE-1", "CARE-2")
    since = await tag(forum, "CARE-2", "ruth", 1)
    await Tagging.filter(id=second).delete()
    await Tagging.filter(id=third).update(theme_id=(await theme("FIN")).id)
    await undo(forum, "CARE-1")
    assert await tagged_with("CARE-1") == {first}
    assert await tagged_with("CARE-2") == {stood, since} and await tagged_with("FIN") == {third}
    it = await theme("CARE-1")
    assert (it.status, it.merged_into_id) == ("active", None)
    made, undone = await CodebookRevision.all().order_by("version")
    assert made.undone_at is not None and undone.act == "undo"
    with pytest.raises(Invalid, match="not merged now"):
        await undo(forum, "CARE-1")
    await merge(forum, "CARE-1", "CARE-3")  # and again, elsewhere
    await undo(forum, "CARE-1")
    assert await tagged_with("CARE-1") == {first}


async def test_a_merged_candidate_comes_back_as_a_candidate(forum):
    await propose_theme(forum, await user("ruth"), "Night care", "Care at night.", "CARE", new_key())
    await merge(forum, "NEW-1", "CARE-1")
    await undo(forum, "NEW-1")
    assert (await theme("NEW-1")).status == "candidate"


async def test_merges_in_a_row_are_taken_back_the_other_way_round(forum):
    first, second = await tag(forum, "CARE-1"), await tag(forum, "CARE-2", "tom")
    await merge(forum, "CARE-1", "CARE-2")
    await merge(forum, "CARE-2", "CARE-3")
    assert await tagged_with("CARE-3") == {first, second}
    with pytest.raises(Invalid, match="CARE-2 was itself merged"):
        await undo(forum, "CARE-1")
    await undo(forum, "CARE-2")
    assert await tagged_with("CARE-2") == {first, second}
    await undo(forum, "CARE-1")
    assert (await tagged_with("CARE-1"), await tagged_with("CARE-2")) == ({first}, {second})


@pytest.mark.parametrize(
    ("code", "into", "words"),
    [
        ("CARE-1", "CARE-1", "another theme"),
        ("CARE-1", "", "another theme"),
        ("CARE-1", "NO", "another theme"),
        ("CARE-1", "x" * 300, "another theme"),
        ("CARE-1", "A\0", "another theme"),
        ("CARE-1", "FIN", "same level"),
        ("FIN", "CARE-1", "same level"),
        ("FIN", "CARE", "FIN-1, FIN-2"),
        ("CARE-1", "CARE-4", "CARE-4 is retired"),
        ("CARE-4", "CARE-1", "retired now"),
    ],
)
async def test_what_cannot_be_merged(forum, code, into, words):
    await status(forum, "CARE-4", "retire")
    with pytest.raises(Invalid, match=words):
        await merge(forum, code, into)
    assert await version() == 2 and not await Move.exists()


async def test_only_analysts_merge_and_take_back(forum):
    await merge(forum, "CARE-1", "CARE-2")
    for name in "ruth", "amina", "priya":
        for act in merge(forum, "CARE-3", "CARE-2", name), undo(forum, "CARE-1", name):
            with pytest.raises(NotAllowed, match="Only analysts"):
                await act


async def test_ten_thousand_taggings_move_and_come_back(forum):
    post, it = (await posts_in("adult-social-care"))[0], await theme("CARE-1")
    ruth, now = await user("ruth"), forum.clock()
    said = {"post_id": post.id, "post_revision": 1, "kind": "issue", "by_id": ruth.id, "created_at": now}
    await Tagging.bulk_create([Tagging(theme_id=it.id, start=at, end=at + 1, **said) for at in range(10_000)], 1000)
    await merge(forum, "CARE-1", "CARE-2")
    assert await Tagging.filter(theme__code="CARE-2").count() == await Move.all().count() == 10_000
    await undo(forum, "CARE-1")
    assert await Tagging.filter(theme__code="CARE-1").count() == 10_000


async def test_who_tags_while_a_theme_is_merged_is_told_or_goes_along(forum):
    for _ in range(5):
        await Tagging.all().delete()
        outcomes = await asyncio.gather(
            merge(forum, "CARE-1", "CARE-2"),
            *(tag(forum, "CARE-1", who) for who in ("ruth", "tom", "nadia")),
            return_exceptions=True,
        )
        put = {outcome for outcome in outcomes[1:] if not isinstance(outcome, Invalid)}
        assert await tagged_with("CARE-2") == put and not await tagged_with("CARE-1")
        await undo(forum, "CARE-1")


async def test_every_change_is_in_the_audit_log(forum):
    before = await AuditRow.all().count()
    await propose_theme(forum, await user("ruth"), "Night care", "Care at night.", "CARE", new_key())
    await status(forum, "NEW-1", "accept")
    await edit(forum, "NEW-1", code="CARE-9")
    await move(forum, "CARE-9", "up")
    await merge(forum, "CARE-9", "CARE-1")
    await undo(forum, "CARE-9")
    await status(forum, "CARE-9", "retire")
    await status(forum, "CARE-9", "revive")
    theme_id = await add(forum, code="CARE-10")
    rows = await AuditRow.all().order_by("number").offset(before)
    assert [row.act for row in rows] == [
        "propose_theme", "accept_theme", "edit_theme", "move_theme", "merge_theme", "undo_merge", "retire_theme",
        "revive_theme", "create_theme",
    ]  # fmt: skip
    assert [json.loads(row.details)["version"] for row in rows] == list(range(2, 11))
    assert (rows[-1].subject, rows[-1].subject_id, rows[-1].actor_id) == ("theme", theme_id, (await user("tom")).id)
