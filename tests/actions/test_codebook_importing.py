"""Bringing in a codebook: what would happen is said first, then all of it happens or nothing."""

import json

import pytest

from forum.actions.codebook import change_status, propose_theme
from forum.actions.codebook_importing import import_codebook, plan_import
from forum.actions.codebook_merging import merge_theme
from forum.errors import Invalid, NotAllowed
from forum.intelligence import codebook_qdc
from forum.intelligence.codebook_csv import read, render
from forum.models import AuditRow, CodebookRevision, Service, Theme
from tests.cast import new_key, user

HEADER = "code,parent,name,definition,include,exclude,example,guid,aliases,colour,status"
GUID = "11111111-2222-4333-8444-555555555555"
HARD = [
    "=1+1",
    "'=1+1",
    "''=x",
    "'x",
    "+44",
    "-x",
    "@x",
    "＝x",
    '"',
    ",",
    "a\n=b",
    "a\n'=b",
    ";=x",
    "é 🏠",
    "a;b",
    "'",
    "x'=y",
]


async def themes():
    return await Theme.all().order_by("position")


async def outcomes(text):
    return [(step.line.number, step.outcome) for step in (await plan_import(read(text).lines)).steps]


async def faults(text):
    return {step.line.number: step.fault for step in (await plan_import(read(text).lines)).steps if step.fault}


async def bring_in(forum, text, who="tom", version=None, key=None):
    seen = (await Service.get()).codebook if version is None else version
    return await import_codebook(forum, await user(who), read(text).lines, seen, "From last year.", key or new_key())


async def states():
    fields = ("code", "name", "definition", "includes", "excludes", "example", "aliases", "colour", "status", "guid")
    parents = {theme.id: theme.code for theme in await themes()}
    return [(parents.get(theme.parent_id), *(getattr(theme, name) for name in fields)) for theme in await themes()]


async def test_what_goes_out_comes_back_and_changes_nothing(forum):
    """Round the world: every hard word, every status, into the same service and into an empty one."""
    for number, words in enumerate(HARD):
        await Theme.filter(code=f"CARE-{number % 5 + 1}").update(
            **{("name", "definition", "example")[number % 3]: words}
        )
    await Theme.filter(code="FIN-1").update(aliases="=a\n@b\nc", colour="#a1b2c3", status="retired")
    await propose_theme(forum, await user("ruth"), "Night care", "Care at night.", "CARE", new_key())
    text = render(await themes()).decode()
    assert text.startswith(f"{HEADER}\r\n") and ",=" not in text and '"=' not in text and "\n=" not in text
    plan = await plan_import(read(text).lines)
    assert plan.count("same") == 73 and len(plan.steps) == 73
    with pytest.raises(Invalid, match="already"):
        await bring_in(forum, text)
    before = await states()
    await CodebookRevision.all().delete()
    await Theme.exclude(parent_id=None).delete()
    await Theme.all().delete()
    plan = await plan_import(read(text).lines)
    assert plan.count("create") == 73
    version = await bring_in(forum, text)
    assert await states() == before
    revisions = await CodebookRevision.all()
    assert {(revision.version, revision.act, revision.before) for revision in revisions} == {(version, "import", "")}
    [logged] = await AuditRow.filter(act="import_codebook")
    assert json.loads(logged.details) == {"version": version}


async def test_a_qdc_goes_round_and_keeps_every_theme_by_its_guid(forum):
    for number, words in enumerate(HARD):
        await Theme.filter(code=f"CARE-{number % 5 + 1}").update(
            **{("name", "definition", "example")[number % 3]: words}
        )
    await Theme.filter(code="FIN-1").update(aliases="=a\n@b\nc", colour="#a1b2c3")
    await Theme.filter(code="FIN-2").update(definition="Words\n\nInclude: more", status="candidate")
    await Theme.filter(code="FIN-3").update(status="retired")
    data = codebook_qdc.render(await themes())
    lines = codebook_qdc.read(data.decode()).lines
    plan = await plan_import(lines)
    assert [(step.code, step.changed, step.fault) for step in plan.steps if step.outcome != "same"] == []
    assert len(lines) == 71
    await Theme.filter(code="CARE-1").update(code="MARKET", name="Renamed here", parent_id=None)
    tom, seen = await user("tom"), (await Service.get()).codebook
    await import_codebook(forum, tom, lines, seen, "Back again.", new_key())
    assert codebook_qdc.render(await themes()).count(b"<Code ") == 71
    it = await Theme.get(code="CARE-1").select_related("parent")
    assert it.parent.code == "CARE" and it.name != "Renamed here"
    before = {state[1]: state for state in await states() if state[9] == "active"}
    await CodebookRevision.all().delete()
    await Theme.exclude(parent_id=None).delete()
    await Theme.all().delete()
    await import_codebook(forum, tom, lines, seen + 1, "Into an empty one.", new_key())
    assert {state[1]: state for state in await states() if state[1] != "FIN-2"} == before


async def test_codes_of_another_program_come_in_as_candidates(forum):
    other = GUID.replace("1111", "2222", 2)
    text = f'''<?xml version="1.0" encoding="utf-16"?>
<CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="Another"><Codes>
<Code guid="{GUID}" name="Housing" isCodable="false" color="#ABC">
<Code guid="{other}" name="Unpaid carers" isCodable="true"><Description>Damp</Description></Code>
</Code></Codes></CodeBook>'''
    found = codebook_qdc.read(text)
    assert found.counted == "code" and [line.number for line in found.lines] == [1, 2]
    plan = await plan_import(found.lines)
    assert [step.outcome for step in plan.steps] == ["create", "create"]
    assert plan.steps[1].note == "beside CARE-3, which has the same name"
    await import_codebook(forum, await user("tom"), found.lines, 1, "From elsewhere.", new_key())
    top, below = await Theme.get(code="NEW-1"), await Theme.get(code="NEW-2")
    assert (top.guid, top.name, top.colour, top.status) == (GUID, "Housing", "#aabbcc", "candidate")
    assert (below.parent_id, below.definition) == (top.id, "Damp")
    assert {step.outcome for step in (await plan_import(found.lines)).steps} == {"same"}


@pytest.mark.parametrize("words", HARD)
async def test_no_word_runs_in_a_spreadsheet_and_none_changes_on_the_way(forum, words):
    await Theme.filter(code="CARE-1").update(definition=words)
    text = render(await themes()).decode()
    [line] = [line for line in read(text).lines if line.words["code"] == "CARE-1"]
    assert line.words["definition"] == words


async def test_each_line_says_what_it_would_do(forum):
    text = f"""{HEADER}
CARE-1,CARE,Care market and providers,Other words.,,,,,,,

CARE,,Adult care and health,"Care and support for adults, and how it works with the health service.",\
Posts on this area that fit none of its second-level themes,Preventing illness across the population: use HLT,\
"Residents only find out how adult social care works in the worst week of their lives, and we should be able to \
explain it better.",,,,
CARE-9,CARE,Night care,"Care
at night.",,,,,,,
,CARE,,,,,,,,,
"""
    assert await outcomes(text) == [(2, "change"), (4, "same"), (5, "create"), (7, "fault")]
    plan = await plan_import(read(text).lines)
    assert plan.steps[0].changed == ["definition", "include", "exclude", "example"]
    with pytest.raises(Invalid, match="Mend the faults"):
        await bring_in(forum, text)
    assert await Theme.all().count() == 72 and (await Service.get()).codebook == 1


async def test_a_column_that_is_not_there_changes_nothing_and_an_empty_cell_empties(forum):
    before = await Theme.get(code="CARE-1")
    await bring_in(forum, "name,code,colour\nThe care market,CARE-1,#A0B0C0\n")
    it = await Theme.get(code="CARE-1")
    assert (it.name, it.colour) == ("The care market", "#a0b0c0")
    assert (it.definition, it.parent_id, it.guid, it.status) == (
        before.definition,
        before.parent_id,
        before.guid,
        "active",
    )
    await bring_in(forum, "code;definition;parent\nCARE-1;;\n")
    it = await Theme.get(code="CARE-1")
    assert (it.definition, it.parent_id) == ("", None)
    assert [theme.code for theme in await themes()][-1] == "CARE-1"


async def test_codes_change_by_guid_and_may_be_exchanged(forum):
    one, two = await Theme.get(code="CARE-1"), await Theme.get(code="CARE-2")
    await bring_in(forum, f"code,guid\nCARE-2,{one.guid.upper()}\nCARE-1,{two.guid}\n")
    assert (await Theme.get(id=one.id)).code == "CARE-2" and (await Theme.get(id=two.id)).code == "CARE-1"
    revision = await CodebookRevision.get(theme_id=one.id)
    assert (json.loads(revision.before)["code"], json.loads(revision.after)["code"]) == ("CARE-1", "CARE-2")


async def test_a_new_parent_and_its_themes_come_in_any_order(forum):
    await bring_in(forum, f"code,parent,name,guid\nNITE-1,NITE,Night care,\nFIN-1,NITE,Budgets,\nNITE,,Nights,{GUID}\n")
    top = await Theme.get(code="NITE")
    assert top.guid == GUID
    assert [theme.code for theme in await Theme.filter(parent_id=top.id).order_by("position")] == ["NITE-1", "FIN-1"]
    listed = [theme.code for theme in await themes()]
    assert listed[-3:] == ["NITE", "NITE-1", "FIN-1"]


async def test_tags_of_taguette_come_in_as_candidates_by_their_names(forum):
    text = 'tag,description,number of highlights\nUnpaid Carers,Other words,3\nhousing.damp/mould,"=Damp",1\n'
    found = read(text)
    assert found.left_out == ["number of highlights"]
    assert await outcomes(text) == [(2, "change"), (3, "create")]
    await bring_in(forum, text)
    assert (await Theme.get(code="CARE-3")).definition == "Other words"
    it = await Theme.get(name="housing.damp/mould")
    assert (it.code, it.status, it.parent_id, it.definition) == ("NEW-1", "candidate", None, "=Damp")
    await bring_in(forum, "tag,description,parent\nBats,,Housing.Damp/Mould\n")
    await bring_in(forum, "tag,description\nBats,'=Night\n")  # an apostrophe there is theirs
    assert (await Theme.get(name="Bats")).definition == "'=Night"
    assert (await Theme.get(name="Bats")).parent_id == it.id and (await Theme.get(name="Bats")).code == "NEW-2"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has to name the columns"),
        ("code", "no theme in this file"),
        ("theme,words\na,b", "has to name the columns"),
        ("code,name,name\na,b,c", "more than once"),
        ('code,name\na,"b', "Line 2 cannot be read as CSV"),
        ("code,name\n" + "A,b\n" * 1001, "more than 1,000"),
        ("code,name\na," + "x" * 140_000, "cannot be read as CSV"),
    ],
)
async def test_what_is_no_such_table_is_refused_as_a_whole(forum, text, words):
    with pytest.raises(Invalid, match=words) as refused:
        read(text)
    assert set(refused.value.problems) == {"file"}


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("X-1,CARE", "cells here are 2"),
        ("X 1,CARE,Name,,,,,,,,", "Give a code"),
        ("=X,CARE,Name,,,,,,,,", "Give a code"),
        ("X-1,CARE,,,,,,,,,", "Give a name"),
        ("X-1,NO,Name,,,,,,,,", "below NO, and there is no theme"),
        ("X-1,CARE-1,Name,,,,,,,,", "two levels"),
        ("CARE,FIN,Name,,,,,,,,", "two levels"),
        ("X-1,X-1,Name,,,,,,,,", "two levels"),
        ("X-1,,Name,,,,,,,green,", "Write the colour"),
        ("X-1,,Name,,,,,,,,done", "Its status is none of"),
        ("X-1,,Name,,,,,nonsense,,,", "Its guid is none"),
        (f"X-1,,Name,,,,,{GUID},,,\nX-2,,Name,,,,,{GUID},,,", "at 3 already"),
        (f"CARE-1,,Name,,,,,{GUID},,,", "another guid"),
        ("X-1,,Name,,,,,,,,\nX-1,,Name,,,,,,,,", "at 3 already"),
        ("care-1,,Name,,,,,,,,", "two themes"),
        ("CARE-1,CARE,Name,,,,,,,,merged", "on their own pages"),
        ("CARE-5,CARE,Name,,,,,,,,active", "on their own pages"),
        ("CARE,,Name,,,,,,,,retired", "below CARE, which is retired"),
        ("FIN-2,FIN,Name,,,,,,,,\nX-1,FIN-2,Name,,,,,,,,", "two levels"),
        ("X-1,,\0,,,,,,,,", "cannot be stored"),
        ("X-1,,Name," + "x" * 2001 + ",,,,,,,", "Shorten it"),
    ],
)  # fmt: skip
async def test_a_fault_is_named_with_its_line_and_nothing_comes_in(forum, lines, fault):
    tom = await user("tom")
    await merge_theme(forum, tom, (await Theme.get(code="CARE-5")).id, "CARE-4", "They are one.", new_key())
    text = f"{HEADER}\nGOOD-1,,Good,,,,,,,,\n{lines}\n"
    found = await faults(text)
    assert set(found) <= {3, 4} and fault in " ".join(found.values()), found
    with pytest.raises(Invalid, match="Mend the faults"):
        await bring_in(forum, text)
    assert await Theme.all().count() == 72 and (await Service.get()).codebook == 2


async def test_a_merged_theme_stays_so_and_is_retired_where_it_is_new(forum):
    tom = await user("tom")
    await merge_theme(forum, tom, (await Theme.get(code="CARE-5")).id, "CARE-4", "They are one.", new_key())
    text = render(await themes()).decode()
    assert {outcome for _, outcome in await outcomes(text)} == {"same"}
    await CodebookRevision.all().delete()
    await Theme.filter(code="CARE-5").delete()
    [step] = [step for step in (await plan_import(read(text).lines)).steps if step.outcome == "create"]
    assert "as retired" in step.note
    await bring_in(forum, text)
    assert (await Theme.get(code="CARE-5")).status == "retired"


async def test_what_was_checked_is_what_happens(forum):
    text, ruth = "code,name\nCARE-1,The care market\n", await user("ruth")
    seen, key = (await Service.get()).codebook, new_key()
    await propose_theme(forum, ruth, "Night care", "Care at night.", "CARE", new_key())
    with pytest.raises(Invalid, match="since you checked this"):
        await bring_in(forum, text, version=seen)
    answer = await bring_in(forum, text, version=seen + 1, key=key)
    assert await bring_in(forum, text, version=seen + 1, key=key) == answer == seen + 2
    with pytest.raises(NotAllowed, match="Only analysts"):
        await bring_in(forum, text, "ruth")


async def test_a_theme_and_its_parent_are_retired_together(forum):
    tom = await user("tom")
    below = await Theme.filter(parent__code="HOU").order_by("position")
    await bring_in(
        forum, "code,status\n" + "".join(f"{theme.code},retired\n" for theme in [*below, await Theme.get(code="HOU")])
    )
    assert (await Theme.get(code="HOU")).status == "retired"
    await change_status(forum, tom, (await Theme.get(code="HOU")).id, "revive", "As agreed.", new_key())
