"""The codebook and the quotable posts for programs of qualitative analysis: out, and the codebook in again."""

import io
import re
from collections import Counter
from dataclasses import replace
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from forum.actions.reference import read_rows
from forum.errors import Invalid
from forum.intelligence.codebook import CodebookTheme
from forum.intelligence.exports import qdc, qdpx
from forum.intelligence.exports.qdc import read_qdc
from forum.intelligence.exports.qdpx import Coding, Discussion, Passage, Project, carried
from forum.models.themes import guid_of
from tests.intelligence.refi import faults_of_codebook, faults_of_project

CARE = CodebookTheme(
    guid=guid_of("CARE"),
    code="CARE",
    parent_guid=None,
    name="Care & health",
    definition="Care of adults.\n\nAlso of those who care for them.",
    include="Home care",
    exclude="Schools: use EDU",
    example="“We wait nine weeks.”",
    aliases=("social care", "care; homes"),
    colour="#1d4f91",
)
DELAYS = CodebookTheme(guid_of("CARE-1"), "CARE-1", CARE.guid, "Delays", colour="#aabbcc")
HOMES = CodebookTheme(guid_of("HOME"), "HOME", None, "Homes", definition="Where people live.")
BOOK = [CARE, DELAYS, HOMES]
OPEN = b'<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes>'
CLOSE = b"</Codes></CodeBook>"
SPACE = {"q": "urn:QDA-XML:project:1.0"}


def code(guid: str = guid_of("X"), name: str = "X", inside: str = "", more: str = "") -> bytes:
    return f'<Code guid="{guid}" name="{name}" isCodable="true" {more}>{inside}</Code>'.encode()


# The codebook


def test_the_codebook_is_whole_and_comes_back_as_it_went():
    data = qdc.render(BOOK)
    assert faults_of_codebook(data) == []
    assert read_qdc(data) == BOOK


def test_the_codebook_that_every_service_begins_with_comes_back_as_it_went():
    rows = read_rows("codebook.csv")
    book = [
        CodebookTheme(
            guid=guid_of(row["code"]),
            code=row["code"],
            parent_guid=guid_of(row["parent"]) if row["parent"] else None,
            name=row["name"],
            definition=row["definition"],
            include=row["include"],
            exclude=row["exclude"],
            example=row["example"],
        )
        for row in rows
    ]
    data = qdc.render(book)
    assert faults_of_codebook(data) == []
    assert {theme.guid: theme for theme in read_qdc(data)} == {theme.guid: theme for theme in book}
    assert len(book) == 72


def test_a_theme_keeps_its_guid_place_definition_and_colour_through_a_new_name_and_a_round_trip():
    renamed = [replace(theme, name=f"{theme.name}, renamed") for theme in read_qdc(qdc.render(BOOK))]
    for before, after in zip(BOOK, read_qdc(qdc.render(renamed)), strict=True):
        assert after == replace(before, name=f"{before.name}, renamed")


def test_top_themes_can_be_coded_and_second_ones_stand_inside_them():
    root = etree.fromstring(qdc.render([DELAYS, CARE]))  # in whatever order they come
    (top,) = root.iterfind(".//{*}Codes/{*}Code")
    assert (top.get("name"), top.get("isCodable"), top.get("color")) == ("Care & health", "true", "#1d4f91")
    assert [second.get("name") for second in top.iterfind("{*}Code")] == ["Delays"]


def test_a_codebook_without_a_theme_cannot_be_written():
    with pytest.raises(Invalid, match="no theme"):
        qdc.render([])


labels = st.sampled_from(
    ["Code:", " Code: ", "Include: x", "\n", "\n\n", "a", " ", "Also known as:", "=1", "]]>", "😀"]
)
hard = st.lists(labels, max_size=8).map("".join)


@settings(max_examples=300, deadline=None)
@given(hard, hard, hard, hard)
def test_words_that_look_like_the_labels_come_back_as_they_were(definition, include, exclude, example):
    theme = replace(CARE, definition=definition, include=include, exclude=exclude, example=example)
    assert read_qdc(qdc.render([theme])) == [theme]


def test_a_codebook_of_another_program_is_read():
    data = b"""<?xml version="1.0"?><!-- made elsewhere --><CodeBook xmlns="urn:QDA-XML:codebook:1:0" origin="Other">
    <Codes><Code guid="{6F1C1D60-0000-4000-8000-00000000000A}" name="Waiting" isCodable="false" color="#1Af">
      <Description>All that is said of waiting.</Description>
      <Code guid="6f1c1d60-0000-4000-8000-00000000000b" name="At home" isCodable="true"/></Code></Codes>
    <Sets><Set guid="6f1c1d60-0000-4000-8000-00000000000c" name="A set"/></Sets></CodeBook>"""
    first, second = read_qdc(data)
    assert first == CodebookTheme(
        "6f1c1d60-0000-4000-8000-00000000000a", "", None, "Waiting", "All that is said of waiting.", colour="#11aaff"
    )
    assert (second.name, second.parent_guid) == ("At home", first.guid)


LAUGHS = b"".join(b'<!ENTITY %c "%s">' % (98 + step, (b"&%c;" % (97 + step)) * 10) for step in range(12))
REFUSED = {
    b"": "cannot be read as XML",
    b"tag,description\r\nCare,Words": "cannot be read as XML",
    OPEN + code() + b"</Codes>": "cannot be read as XML (line 1)",
    b"<a>" * 100_000: "cannot be read as XML",
    b"<html/>": "not a codebook",
    b'<Project xmlns="urn:QDA-XML:project:1.0"/>': "not a codebook",
    b"<CodeBook/>": "not a codebook",
    b" " * 2_000_001: "larger than 2 MB",
    b'<!DOCTYPE CodeBook [<!ENTITY a "aaaaaaaaaa">' + LAUGHS + b"]>" + OPEN + code(name="&m;") + CLOSE: "DOCTYPE",
    b'<!DOCTYPE CodeBook SYSTEM "file:///etc/passwd">' + OPEN + code() + CLOSE: "DOCTYPE",
    b'<!DOCTYPE CodeBook [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + OPEN + code(inside="&a;") + CLOSE: "DOCTYPE",
    '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE CodeBook []><CodeBook/>'.encode("utf-16"): "DOCTYPE",
    OPEN + code(inside="&a;") + CLOSE: "cannot be read as XML",
    OPEN + code(name=" ") + CLOSE: "line 1 has no name",
    OPEN + code(guid="7") + CLOSE: "“X” has no GUID",
    OPEN + code() + code(name="Y") + CLOSE: "The second is “Y”",
    OPEN
    + code(inside=code(guid_of("Y"), "Y", code(guid_of("Z"), "Z").decode()).decode())
    + CLOSE: "“Y” has themes below",
    OPEN + b"".join(code(guid_of(str(number))) for number in range(1001)) + CLOSE: "more than 1,000 themes",
}


@pytest.mark.parametrize(("data", "words"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_is_no_such_codebook_is_refused_in_words_for_people(data, words):
    with pytest.raises(Invalid) as refused:
        read_qdc(data)
    assert words in refused.value.problems["file"]


# The project

EMOJI = "We waited 👩🏽‍⚕️ nine weeks.\r\nThen it was four."
ARABIC = "انتظرنا تسعة أسابيع"


def project(**changes) -> Project:
    passages = [
        Passage(EMOJI, person=4711, codings=[Coding(CARE.guid, coder=81, start=16, end=26), Coding(HOMES.guid, 82)]),
        Passage(ARABIC, person=4712, codings=[Coding(DELAYS.guid, 81, 8, 12), Coding(CARE.guid, 82, 8, 12)]),
        Passage("Nobody tagged this.", person=4711),
    ]
    second = Discussion("Homes", [Passage("Homes.\r\n\r\nMore homes.", 4713, [Coding(HOMES.guid, 81, 10, 21)])])
    first = Discussion("Waiting for care", passages, about="April 2026")
    return replace(Project("Quotes", BOOK, [first, second], left_out=12, note="From a release."), **changes)


def read(data: bytes):
    with ZipFile(io.BytesIO(data)) as package:
        files = {name: package.read(name).decode() for name in package.namelist()}
    return etree.fromstring(files.pop("project.qde").encode()), files


def coded(data: bytes) -> list[tuple[str, str, str]]:
    """Each coding as (source, theme, the words it is on)."""
    root, files = read(data)
    names = {theme.get("guid"): theme.get("name") for theme in root.iterfind(".//q:Code", SPACE)}
    return [
        (
            source.get("name"),
            names[coding.find("q:CodeRef", SPACE).get("targetGUID")],
            files[source.get("plainTextPath").replace("internal://", "sources/")][
                int(selection.get("startPosition")) : int(selection.get("endPosition"))
            ],
        )
        for source in root.iterfind(".//q:TextSource", SPACE)
        for selection in source.iterfind("q:PlainTextSelection", SPACE)
        for coding in selection.iterfind("q:Coding", SPACE)
    ]


def test_the_project_is_whole():
    assert faults_of_project(qdpx.render(project())) == []
    assert faults_of_project(qdpx.render(Project("Nothing yet", [], [], 0))) == []


def test_codings_are_on_their_words_with_emoji_and_with_newlines_of_two_signs():
    assert sorted(coded(qdpx.render(project()))) == sorted(
        [
            ("Waiting for care", "Care & health", EMOJI[16:26]),
            ("Waiting for care", "Homes", EMOJI.replace("\r\n", "\n")),
            ("Waiting for care", "Delays", ARABIC[8:12]),
            ("Waiting for care", "Care & health", ARABIC[8:12]),
            ("Homes", "Homes", "More homes."),
        ]
    )
    assert EMOJI[16:26] == "nine weeks"


def test_a_discussion_is_one_source_and_posts_are_parted_by_a_blank_line():
    _, files = read(qdpx.render(project()))
    assert sorted(files.values()) == sorted(
        [f"{EMOJI}\n\n{ARABIC}\n\nNobody tagged this.".replace("\r\n", "\n"), "Homes.\n\nMore homes."]
    )


def test_a_case_is_a_person_with_all_that_they_wrote_and_their_number_is_nowhere():
    data = qdpx.render(project())
    root, files = read(data)
    whole = etree.tostring(root).decode() + "".join(files.values())
    assert not re.search(r"\b(4711|4712|4713|81|82)\b", whole)
    assert "DateTime" not in whole
    cases = [len(case.findall("q:SelectionRef", SPACE)) for case in root.iterfind(".//q:Case", SPACE)]
    assert sorted(cases) == [1, 1, 2]
    assert [user.get("name") for user in root.iterfind(".//q:User", SPACE)] == ["Coder 1", "Coder 2"]


def test_pseudonyms_are_drawn_afresh_and_follow_no_order():
    first_writer, guids = Counter(), set()
    for _ in range(60):
        root, _ = read(qdpx.render(project()))
        whole = root.find(".//q:PlainTextSelection", SPACE).get("guid")
        case = root.find(f".//q:SelectionRef[@targetGUID='{whole}']/..", SPACE)
        first_writer[case.get("name")] += 1
        guids.add(case.get("guid"))
    assert set(first_writer) == {"Person 1", "Person 2", "Person 3"}  # by chance one is missing once in 10^10
    assert len(guids) == 60


def test_it_says_how_many_posts_were_left_out():
    root, _ = read(qdpx.render(project()))
    about = root.find("q:Description", SPACE).text
    assert "From a release." in about and "4 passages" in about and "12 more posts were left out" in about
    root, _ = read(qdpx.render(project(left_out=1)))
    assert "1 more post was left out" in root.find("q:Description", SPACE).text


def test_codings_with_themes_that_are_not_told_of_stay_away_and_so_do_their_coders():
    data = qdpx.render(project(codebook=[CARE]))
    assert faults_of_project(data) == []
    assert {theme for _, theme, _ in coded(data)} == {"Care & health"}
    alone = qdpx.render(project(codebook=[DELAYS]))
    assert len(read(alone)[0].findall(".//q:User", SPACE)) == 1


def test_nothing_is_said_of_a_person_but_what_is_given():
    assert not read(qdpx.render(project()))[0].findall(".//q:VariableValue", SPACE)
    attributes = {4711: {"Council type": "county"}, 4799: {"Region": "not in this file"}}
    data = qdpx.render(project(attributes=attributes))
    assert faults_of_project(data) == []
    root, _ = read(data)
    assert [each.get("name") for each in root.iterfind(".//q:Variable", SPACE)] == ["Council type"]
    assert [each.text for each in root.iterfind(".//q:TextValue", SPACE)] == ["county"]


def test_a_passage_moves_with_what_was_redacted_before_it_and_covers_what_was_redacted_in_it():
    words, redacted = "Cllr Jones of Leeds waited nine weeks", "[name] of [council] waited nine weeks"
    replaced = [(0, 10, 6), (14, 19, 9)]

    def now(passage: str) -> str:
        start = words.index(passage)
        begins, ends = carried(start, start + len(passage), replaced)
        return redacted[begins:ends]

    assert now("nine weeks") == "nine weeks"
    assert now("waited") == "waited"
    assert now("Leeds waited") == "[council] waited"
    assert now("eeds waited") == "[council] waited"
    assert now("of Lee") == "of [council]"
    assert now("Jones of") == "[name] of"
    assert now("one") == "[name]"
    assert now(words) == redacted
