"""`.qdpx`: posts that may be quoted, with their codings, as a project for qualitative analysis (REFI-QDA project 1.0).

What comes in is already redacted. People and coders are told apart by names that are drawn afresh for each file: the
numbers they come in with are written nowhere, and no order in the file follows them. There is no time in it.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from forum.intelligence.codebook import CodebookTheme
from forum.intelligence.exports.package import packed
from forum.intelligence.exports.qdc import ORIGIN, add_codes
from forum.intelligence.exports.words import line, plain

MEDIA_TYPE, ENDING = "application/zip", "qdpx"
SPACE = "urn:QDA-XML:project:1.0"
BETWEEN = "\n\n"  # two posts


@dataclass(frozen=True, slots=True)
class Coding:
    """A theme, by its GUID, on a passage of a post's redacted words, in code points, end exclusive; None and None for
    all of them. `coder` tells people apart and is not written."""

    theme: str
    coder: int
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A post that may be quoted, or what may be quoted of it: its redacted words. `person` tells people apart and is
    not written."""

    words: str
    person: int
    codings: Sequence[Coding] = ()


@dataclass(frozen=True, slots=True)
class Discussion:
    """One source. The title is a person's words: redacted as the posts are. `about` may say months, nothing finer."""

    title: str
    passages: Sequence[Passage]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """`left_out` posts may not be quoted; `note` says what marks the file, such as its release. `attributes` are what
    may be said of a person, such as {"Council type": "county"}: empty unless the rules of the release allow it."""

    name: str
    codebook: Sequence[CodebookTheme]
    discussions: Sequence[Discussion]
    left_out: int
    note: str = ""
    attributes: Mapping[int, Mapping[str, str]] = field(default_factory=dict)


def carried(start: int, end: int, replaced: Iterable[tuple[int, int, int]]) -> tuple[int, int]:
    """Where a passage of a post stands in its redacted words. `replaced` are (start, end, length of what stands there
    now), apart from each other. A passage that begins or ends inside of one takes in the whole of what stands there."""
    now_start, now_end = start, end
    for first, last, length in replaced:
        if start >= last:
            now_start += length - (last - first)
        elif start > first:
            now_start -= start - first
        if end >= last:
            now_end += length - (last - first)
        elif end > first:
            now_end += first + length - end
    return now_start, now_end


def render(project: Project) -> bytes:
    """A project with fresh pseudonyms and GUIDs (themes keep theirs): never the same bytes twice. Codings with themes
    that are not in the project's codebook stay away: what a release does not tell of, its files do not either.
    """
    root = etree.Element(_tag("Project"), nsmap={None: SPACE}, name=line(project.name), origin=ORIGIN)
    passages = [passage for discussion in project.discussions for passage in discussion.passages]
    known = {theme.guid for theme in project.codebook}
    codings = (coding for passage in passages for coding in passage.codings)
    coders = _pseudonyms("Coder", {coding.coder for coding in codings if coding.theme in known})
    people = _pseudonyms("Person", {passage.person for passage in passages})
    if coders:
        users = etree.SubElement(root, _tag("Users"))
        for guid, name in coders.values():
            etree.SubElement(users, _tag("User"), guid=guid, name=name)
    if project.codebook:
        add_codes(etree.SubElement(root, _tag("CodeBook")), project.codebook, SPACE)
    variables = _add_variables(root, project.attributes, people)
    cases = _add_cases(root, people, project.attributes, variables)
    sources: list[tuple[str, bytes]] = []
    if project.discussions:
        found = etree.SubElement(root, _tag("Sources"))
        for discussion in project.discussions:
            sources.append(_add_source(found, discussion, coders, cases, known))
    etree.SubElement(root, _tag("Description")).text = _about(project, len(passages))
    written = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return packed([("project.qde", written), *sources])


def _about(project: Project, taken: int) -> str:
    left = f"{project.left_out:,} more {'post was' if project.left_out == 1 else 'posts were'} left out"
    count = f"{taken:,} {'passage' if taken == 1 else 'passages'}"
    words = [
        project.note,
        f"This holds {count} whose authors allow them to be quoted, in redacted form: what could tell who wrote or "
        f"where was taken out. {left}, because they may not be quoted.",
        "People and coders have pseudonyms that were drawn for this file alone. Positions are in code points.",
    ]
    return "\n\n".join(plain(part) for part in words if part)


def _pseudonyms(kind: str, numbers: Iterable[int]) -> dict[int, tuple[str, str]]:
    """A fresh GUID and name for each, in an order that tells nothing."""
    drawn = sorted(numbers)
    secrets.SystemRandom().shuffle(drawn)
    return {number: (_guid(), f"{kind} {place}") for place, number in enumerate(drawn, 1)}


def _add_variables(
    root: Any, attributes: Mapping[int, Mapping[str, str]], people: Mapping[int, tuple[str, str]]
) -> dict[str, str]:
    names = sorted({name for person in people for name in attributes.get(person, {})})
    guids = {name: _guid() for name in names}
    if guids:
        variables = etree.SubElement(root, _tag("Variables"))
        for name, guid in guids.items():
            etree.SubElement(variables, _tag("Variable"), guid=guid, name=line(name), typeOfVariable="Text")
    return guids


def _add_cases(
    root: Any,
    people: Mapping[int, tuple[str, str]],
    attributes: Mapping[int, Mapping[str, str]],
    variables: Mapping[str, str],
) -> dict[int, Any]:
    """A case a person, in the order of their pseudonyms; the passages they wrote are added as they are placed."""
    cases: dict[int, Any] = {}
    if people:
        found = etree.SubElement(root, _tag("Cases"))
        for person, (guid, name) in people.items():
            cases[person] = etree.SubElement(found, _tag("Case"), guid=guid, name=name)
            for variable, words in attributes.get(person, {}).items():
                value = etree.SubElement(cases[person], _tag("VariableValue"))
                etree.SubElement(value, _tag("VariableRef"), targetGUID=variables[variable])
                etree.SubElement(value, _tag("TextValue")).text = plain(words)
    return cases


def _add_source(
    found: Any,
    discussion: Discussion,
    coders: Mapping[int, tuple[str, str]],
    cases: Mapping[int, Any],
    known: Collection[str],
) -> tuple[str, bytes]:
    """Describe one discussion, and give back the file that holds its words."""
    guid = _guid()
    place = f"internal://{guid}.txt"
    source = etree.SubElement(found, _tag("TextSource"), guid=guid, name=line(discussion.title), plainTextPath=place)
    if discussion.about:
        etree.SubElement(source, _tag("Description")).text = plain(discussion.about)
    parts: list[str] = []
    at = 0
    for passage in discussion.passages:
        words = plain(passage.words)
        whole = _selection(source, at, at + len(words))
        spans = {(0, len(words)): whole}
        etree.SubElement(cases[passage.person], _tag("SelectionRef"), targetGUID=whole.get("guid"))
        for coding in passage.codings:
            start, end = _placed(coding, passage.words, words)
            if coding.theme not in known or start >= end:
                continue
            if (start, end) not in spans:
                spans[start, end] = _selection(source, at + start, at + end)
            _code(spans[start, end], coding, coders)
        parts.append(words)
        at += len(words) + len(BETWEEN)
    return f"sources/{guid}.txt", BETWEEN.join(parts).encode()


def _placed(coding: Coding, words: str, made_plain: str) -> tuple[int, int]:
    """The passage in the plain words: a CRLF is one newline there, and what turns directions is gone."""
    if coding.start is None or coding.end is None:
        return 0, len(made_plain)
    if words == made_plain:
        return max(coding.start, 0), min(coding.end, len(words))
    return len(plain(words[: coding.start])), len(plain(words[: coding.end]))


def _selection(source: Any, start: int, end: int) -> Any:
    span = {"guid": _guid(), "startPosition": str(start), "endPosition": str(end)}
    return etree.SubElement(source, SELECTION, span)


def _code(selection: Any, coding: Coding, coders: Mapping[int, tuple[str, str]]) -> None:
    coded = etree.SubElement(selection, CODING, {"guid": _guid(), "creatingUser": coders[coding.coder][0]})
    etree.SubElement(coded, CODE, {"targetGUID": coding.theme})


def _guid() -> str:
    """A fresh one: of the fourth kind, as `uuid4` makes it in three times the time."""
    drawn = secrets.token_hex(16)
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{'89ab'[int(drawn[16], 16) % 4]}{drawn[17:20]}-{drawn[20:]}"


def _tag(name: str) -> str:
    return f"{{{SPACE}}}{name}"


SELECTION, CODING, CODE = _tag("PlainTextSelection"), _tag("Coding"), _tag("CodeRef")
