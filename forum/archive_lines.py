"""The lines of an archive: one JSON object each, its `type` first. A line is taken whole, or refused with its number
and the field that is wrong.

Which fields a line has stands here and nowhere else; import reads these types and export writes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, BinaryIO, Literal

import msgspec

from forum.errors import Invalid
from forum.markup import REFUSED, as_text

LONGEST_LINE = 1_000_000
NO_ARCHIVE = 'this is no archive, whose first line is {"type": "archive", "id": "…", "version": 1}.'
A_TIME = "a time with its zone, such as 2026-03-01T10:00:00Z"
WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "nothing",
    "datetime": A_TIME,
}
CHOICES = {
    "version": "expected 1",
    "visibility": "expected listed or hidden",
    "groups": "expected member, facilitator or observer for each group",
}

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Fault(Exception):
    """What keeps an archive from coming in, in one sentence that names the line and the field."""

    def __init__(self, number: int, field: str, words: str) -> None:
        super().__init__(f"Line {number}, field {field}: {words}" if field else f"Line {number}: {words}")
        self.field = field


class Line(msgspec.Struct, tag_field="type", forbid_unknown_fields=True):
    pass


class ArchiveLine(Line, tag="archive"):
    id: Name
    version: Literal[1]


class GroupLine(Line, tag="group"):
    slug: Name
    name: str
    visibility: Literal["listed", "hidden"] = "listed"
    purpose: str = ""


class PersonLine(Line, tag="person"):
    ref: Name
    name: str
    email: str
    council: Name | None = None
    groups: dict[str, Literal["member", "facilitator", "observer"]] = {}


class ThreadLine(Line, tag="thread"):
    ref: Name
    group: Name
    author: Name
    title: str
    at: Moment


class PostLine(Line, tag="post"):
    """Without `council`, the author's; null: none."""

    ref: Name
    thread: Name
    author: Name
    at: Moment
    body: str
    quotable: bool = False
    council: Name | msgspec.UnsetType | None = msgspec.UNSET
    hidden: bool = False


class ThemeLine(Line, tag="theme"):
    code: Name
    parent: Name | None
    name: str
    definition: str = ""
    include: str = ""
    exclude: str = ""
    example: str = ""


class TaggingLine(Line, tag="tagging"):
    """`start` and `end` count code points of the post's body as it is stored; both absent or null: the whole post."""

    post: Name
    theme: Name
    kind: Name
    by: Name
    at: Moment
    start: int | None = None
    end: int | None = None


AnyLine = ArchiveLine | GroupLine | PersonLine | ThreadLine | PostLine | ThemeLine | TaggingLine
_decoder = msgspec.json.Decoder(AnyLine)


def read_lines(file: BinaryIO) -> Iterator[tuple[int, AnyLine]]:
    """The lines with their numbers: well formed, the archive line first and once, every text fit to be stored."""
    begun = False
    for number, raw in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), 1):
        raw = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
        if not raw.strip():
            continue
        try:
            line = _decode(number, raw)
        except Fault as fault:
            raise fault if begun or fault.field not in ("", "type") else Fault(number, "", NO_ARCHIVE) from None
        if begun and isinstance(line, ArchiveLine):
            raise Fault(number, "type", "there is one archive line, the first.")
        if not begun and not isinstance(line, ArchiveLine):
            raise Fault(number, "", NO_ARCHIVE)
        begun = True
        yield number, line
    if not begun:
        raise Fault(1, "", NO_ARCHIVE)


def _decode(number: int, raw: bytes) -> AnyLine:
    if len(raw) > LONGEST_LINE:
        raise Fault(number, "", f"it is longer than {LONGEST_LINE:,} bytes.")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Fault(number, "", "it is not UTF-8.") from None
    try:
        line: AnyLine = _decoder.decode(text)
    except msgspec.ValidationError as fault:
        raise Fault(number, *_in_words(str(fault))) from None
    except (msgspec.DecodeError, RecursionError):
        field = _half_a_character(text)
        words = "contains a character that cannot be stored." if field else "it is not JSON."
        raise Fault(number, field, words) from None
    try:
        _make_storable(line)
    except Invalid as invalid:
        raise Fault(number, *next(iter(invalid.problems.items()))) from None
    return line


def _make_storable(line: AnyLine) -> None:
    for field in line.__struct_fields__:
        value = getattr(line, field)
        try:
            if isinstance(value, str) and field != "body":  # a body is stored by the rules for posts
                setattr(line, field, as_text(value))
            elif isinstance(value, datetime):
                setattr(line, field, value.astimezone(UTC))
        except ValueError as fault:
            raise Invalid({field: f"{fault}."}) from None
        except OverflowError:
            raise Invalid({field: "this time is out of range."}) from None


def _in_words(message: str) -> tuple[str, str]:
    """The field that msgspec complains of, and the complaint in plain words."""
    if found := re.match("Object missing required field `(.*)`", message):
        return found[1], "it is missing."
    if found := re.match("Object contains unknown field `(.*)`", message, re.DOTALL):
        return shown(found[1]), "there is no such field in a line of this type."
    complaint, _, place = message.partition(" - at `$.")
    [field] = re.findall(r"^\w*", place)
    if field == "type":
        return field, "there is no such type of line."
    if field in CHOICES and complaint.startswith("Invalid"):
        return field, f"{CHOICES[field]}."
    if "datetime" in complaint:
        return field, f"expected {A_TIME}."
    complaint = re.sub("`(.*?)`", lambda found: " or ".join(WORDS.get(t, t) for t in found[1].split(" | ")), complaint)
    complaint = re.sub(r" of length >= (\d+)", r" of at least \1 character", complaint)
    complaint = re.sub(r" of length <= (\d+)", r" of at most \1 characters", complaint)
    return field, f"{complaint[0].lower()}{complaint[1:].replace(', got ', ', found ')}."


def _half_a_character(text: str) -> str:
    r"""The field that holds half a surrogate pair, such as \ud800: msgspec refuses it without saying where."""
    with suppress(ValueError, RecursionError):
        content = json.loads(text)
        for field, value in content.items() if isinstance(content, dict) else ():
            if REFUSED.search(json.dumps(value, ensure_ascii=False)):
                return shown(field)
    return ""


def shown(text: str) -> str:
    """Words out of a file as a terminal may show them."""
    return text if len(text) <= 100 and text.isprintable() else f"{ascii(text)[:100]}…"
