"""The words of the demo world, read from its TOML files. An unknown key is a mistake and stops it."""

from __future__ import annotations

import tomllib
from typing import Any, NamedTuple

import msgspec

from forum.demo.people import HERE


class Theme(NamedTuple):
    """What a facilitator put on a post: on `passage` of it, or on the whole."""

    code: str
    kind: str
    passage: str = ""


class Hidden(msgspec.Struct, forbid_unknown_fields=True):
    reason: str
    note: str


class WrittenPost(msgspec.Struct, forbid_unknown_fields=True):
    """`by` is a name, or the number of one of the group's speakers. `earlier` is what a post said before its author
    edited it: the themes were put on that."""

    by: str | int
    body: str
    quotable: bool = False
    themes: list[str] = []
    earlier: str = ""
    hidden: Hidden | None = None

    def tags(self) -> list[Theme]:
        found = []
        for line in self.themes:
            head, _, passage = line.partition(" | ")
            code, kind = head.split()
            found.append(Theme(code, kind, passage))
        return found


class WrittenThread(msgspec.Struct, forbid_unknown_fields=True):
    """`age`: how many days ago it began; `span`: over how many days the replies came."""

    title: str
    author: str | int
    age: int
    span: int
    post: list[WrittenPost]
    facilitated: bool = False


class DemoGroup(msgspec.Struct, forbid_unknown_fields=True):
    slug: str
    name: str
    visibility: str
    purpose: str
    facilitators: list[str]
    observers: list[str] = []
    members: list[str] = []
    speakers: list[str] = []
    listeners: list[str] = []


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """A line for anybody, or only for people `of` these councils or types of council."""

    text: str
    of: list[str] = []


class Hellos(msgspec.Struct, forbid_unknown_fields=True):
    openings: list[Line | str]
    roles: list[Line | str]
    wants: list[str]
    extras: list[str]
    replies: list[str]


def groups() -> list[DemoGroup]:
    return msgspec.convert(_read("groups.toml")["group"], list[DemoGroup])


def threads(slug: str) -> list[WrittenThread]:
    """What was written in a group: nothing in an empty one."""
    if not (HERE / "threads" / f"{slug}.toml").exists():
        return []
    return msgspec.convert(_read(f"threads/{slug}.toml")["thread"], list[WrittenThread])


def hellos() -> Hellos:
    return msgspec.convert(_read("hellos.toml"), Hellos)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))
