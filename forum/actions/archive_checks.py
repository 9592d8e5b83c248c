"""An archive read whole and checked, before anything is asked of the database: each line may only name what an earlier
line, or one of the lists of this service, has.

The same checks hold as for what people type into pages.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from forum.actions.people import check_email
from forum.actions.posts import check_body
from forum.actions.threads import check_title
from forum.archive_lines import (
    AnyLine,
    ArchiveLine,
    Fault,
    GroupLine,
    PersonLine,
    PostLine,
    TaggingLine,
    ThemeLine,
    ThreadLine,
    read_lines,
    shown,
)
from forum.context import Forum
from forum.errors import Invalid
from forum.models import Council, Group, Theme
from forum.models.taggings import KINDS


@dataclass(frozen=True)
class Lists:
    """What an archive may name without bringing it: councils and groups with their ids, themes with their parents."""

    councils: Mapping[str, int]
    groups: Mapping[str, int]
    themes: Mapping[str, str | None]


@dataclass
class Archive:
    """The lines of one archive by what they are called in it; taggings with the numbers of their lines.

    `altered` has the bodies, as the file gives them, of the posts that are stored with other line ends or outer spaces.
    """

    id: str = ""
    groups: dict[str, GroupLine] = field(default_factory=dict)
    people: dict[str, PersonLine] = field(default_factory=dict)
    threads: dict[str, ThreadLine] = field(default_factory=dict)
    posts: dict[str, PostLine] = field(default_factory=dict)
    themes: dict[str, ThemeLine] = field(default_factory=dict)
    taggings: list[tuple[int, TaggingLine]] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)
    altered: dict[str, str] = field(default_factory=dict)


async def read_lists() -> Lists:
    themes = await Theme.all().prefetch_related("parent")
    return Lists(
        councils=dict(await Council.all().values_list("name", "id")),
        groups=dict(await Group.all().values_list("slug", "id")),
        themes={theme.code: theme.parent.code if theme.parent else None for theme in themes},
    )


def read_archive(forum: Forum, file: BinaryIO, lists: Lists) -> Archive:
    """The whole archive, or the Fault that comes first."""
    archive = Archive()
    for number, line in read_lines(file):
        try:
            _take(forum, archive, lists, number, line)
        except Invalid as invalid:
            raise Fault(number, *next(iter(invalid.problems.items()))) from None
    return archive


def _take(forum: Forum, archive: Archive, lists: Lists, number: int, line: AnyLine) -> None:
    match line:
        case ArchiveLine():
            archive.id = line.id
        case GroupLine():
            _take_group(archive, line)
        case PersonLine():
            _take_person(archive, lists, line)
        case ThreadLine():
            _once("ref", line.ref, archive.threads)
            _seen("group", line.group, archive.groups, lists.groups)
            _seen("author", line.author, archive.people)
            line.title = check_title(line.title)
            archive.threads[line.ref] = line
        case PostLine():
            _take_post(forum, archive, lists, line)
        case ThemeLine():
            _take_theme(archive, lists, line)
        case TaggingLine():
            _check_tagging(archive, lists, line)
            archive.taggings.append((number, line))


def _take_group(archive: Archive, line: GroupLine) -> None:
    _once("slug", line.slug, archive.groups)
    if not re.fullmatch("[a-z0-9][a-z0-9-]{0,59}", line.slug):
        raise Invalid({"slug": "a slug has small letters, digits and hyphens, at most 60."})
    line.name = _name(line.name)
    archive.groups[line.slug] = line


def _take_person(archive: Archive, lists: Lists, line: PersonLine) -> None:
    _once("ref", line.ref, archive.people)
    line.name, line.email = _name(line.name), check_email(line.email)
    _once("email", line.email, archive.addresses)
    _council(line.council, lists)
    for slug in line.groups:
        _seen("groups", slug, archive.groups, lists.groups)
    archive.addresses.add(line.email)
    archive.people[line.ref] = line


def _take_post(forum: Forum, archive: Archive, lists: Lists, line: PostLine) -> None:
    _once("ref", line.ref, archive.posts)
    _seen("thread", line.thread, archive.threads)
    _seen("author", line.author, archive.people)
    body = check_body(forum, line.body)
    if body != line.body:
        archive.altered[line.ref] = line.body
    line.body = body
    if isinstance(line.council, str):
        _council(line.council, lists)
    elif line.council is not None:
        line.council = archive.people[line.author].council
    archive.posts[line.ref] = line


def _take_theme(archive: Archive, lists: Lists, line: ThemeLine) -> None:
    _once("code", line.code, archive.themes)
    if not re.fullmatch("[A-Za-z0-9][A-Za-z0-9_.-]{0,19}", line.code):
        raise Invalid({"code": "a code has letters, digits, hyphens, dots and underscores, at most 20."})
    if line.parent is not None:
        _seen("parent", line.parent, archive.themes, lists.themes)
        above = archive.themes[line.parent].parent if line.parent in archive.themes else lists.themes[line.parent]
        if above is not None:
            raise Invalid({"parent": f"{line.parent} is itself below {above}, and themes have two levels."})
    line.name = _name(line.name)
    archive.themes[line.code] = line


def _check_tagging(archive: Archive, lists: Lists, line: TaggingLine) -> None:
    _seen("post", line.post, archive.posts)
    _seen("theme", line.theme, archive.themes, lists.themes)
    _seen("by", line.by, archive.people)
    if line.kind not in KINDS:
        raise Invalid({"kind": f"there is no kind {shown(line.kind)}: use one of {', '.join(KINDS)}."})
    if line.start is None and line.end is None:
        return
    if line.start is None or line.end is None:
        raise Invalid({"start" if line.start is None else "end": "it is missing: a passage has a start and an end."})
    body = archive.posts[line.post].body
    if not 0 <= line.start < len(body):
        raise Invalid({"start": f"the passage is not inside the post, which has {len(body):,} characters."})
    if not line.start < line.end <= len(body):
        raise Invalid({"end": f"the passage is not inside the post, which has {len(body):,} characters."})
    if archive.altered.get(line.post, body)[line.start : line.end] != body[line.start : line.end]:
        raise Invalid({"start": "positions count in the text as it is stored, with LF line ends and no outer spaces."})


def _once(name: str, value: str, taken: Container[str]) -> None:
    if value in taken:
        raise Invalid({name: f"{shown(value)} stands on an earlier line already."})


def _seen(name: str, value: str, *places: Container[str]) -> None:
    if not any(value in place for place in places):
        raise Invalid({name: f"there is no {shown(value)} on an earlier line."})


def _council(name: str | None, lists: Lists) -> None:
    """Figures rest on a council's type and region, so one that is not in the list is no council."""
    if name is not None and name not in lists.councils:
        raise Invalid({"council": f"there is no council {shown(name)} in the list."})


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 120:
        raise Invalid({"name": "a name has 1 to 120 characters."})
    return name
