"""Reading a list of people to invite, as it was pasted or comes out of a spreadsheet or an address book. Pure.

Each line is judged by itself: a quotation mark that is never closed spoils no other line.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from forum.actions.inviting import check_invited_name
from forum.actions.people import check_email
from forum.errors import Invalid
from forum.markup import as_text

MOST_LINES = 200
LONGEST = 600  # characters of a line: an address, a name and a council fit three times
COLUMNS = {
    "email": ("email", "emailaddress", "address", "mail"),
    "name": ("name", "fullname"),
    "council": ("council", "authority", "localauthority", "organisation"),
}
# What people write around a council's name.
AROUND = {"council", "city", "borough", "county", "district", "metropolitan", "london", "royal", "the", "of", "mbc"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not empty. `fault` says why nobody can be invited by it, "" when somebody can."""

    number: int
    email: str = ""
    name: str = ""
    council: str = ""
    council_id: int | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """`left_out` are the columns that are not read."""

    lines: list[Line]
    left_out: list[str]


def decoded(content: bytes) -> str:
    """The text of a file, however a spreadsheet saved it, or Invalid."""
    encodings = ["utf-16"] if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid({"file": "This is no text file. In a spreadsheet save it as “CSV UTF-8”, then choose it again."})


def read_lines(text: str, councils: Mapping[str, int]) -> Lines:
    """All lines, each with what is wrong with it. `councils` are ids by name. Invalid when it is no list at all."""
    try:
        text = as_text(text).lstrip("\ufeff")
    except ValueError as fault:
        raise Invalid({"text": f"It {fault}. Take it out and send again."}) from None
    text = "\n".join(map(_on_lines_of_their_own, text.split("\n")))
    rows = [(number, row) for number, row in enumerate(text.split("\n"), 1) if row.strip(" \t,;")]
    if not rows:
        raise Invalid({"text": "Choose a file, or paste a list with a person on each line."})
    mark = _mark(row for _, row in rows[:20])
    header, left_out = _header(_cells(rows[0][1], mark))
    rows = rows[1:] if header else rows
    if not 1 <= len(rows) <= MOST_LINES:
        raise Invalid({"text": f"A list has 1 to {MOST_LINES} people. This one has {len(rows)}: send it in parts."})
    finder = Councils(councils)
    lines, seen = list[Line](), dict[str, int]()
    for number, row in rows:
        line = _read(number, row, mark, header, finder)
        if not line.fault and line.email in seen:
            line = Line(
                number, line.email, line.name, line.council, fault=f"Twice in the list: line {seen[line.email]}"
            )
        seen.setdefault(line.email, number)
        lines.append(line)
    return Lines(lines, left_out)


def _on_lines_of_their_own(row: str) -> str:
    """An address book writes them all on one line. What takes time here holds up the whole service: each sign is looked
    at once."""
    before, sign, last = row.rpartition("<")
    return re.sub(r">[ \t]*+;[ \t]*+", ">\n", before) + sign + last


def _mark(rows: Iterable[str]) -> str:
    """What stands between columns."""
    sample = "\n".join(rows)
    if "\t" in sample:
        return "\t"
    return ";" if sample.count(";") > sample.count(",") else ","


def _cells(row: str, mark: str) -> list[str]:
    try:
        [cells] = csv.reader([row], delimiter=mark, skipinitialspace=True)
    except (csv.Error, ValueError):
        cells = row.split(mark)
    return [" ".join(cell.split()) for cell in cells]


def _header(cells: list[str]) -> tuple[list[str], list[str]]:
    """What each column is, "" for what is not read, and the names of those; nothing when the line is a person's."""
    known = {word: column for column, words in COLUMNS.items() for word in words}
    names = [known.get(re.sub(r"[\W_]", "", cell.lower()), "") for cell in cells]
    if "email" not in names or any("@" in cell for cell in cells):
        return [], []
    return names, [cell for cell, name in zip(cells, names, strict=True) if cell and not name]


def _read(number: int, row: str, mark: str, header: list[str], councils: Councils) -> Line:
    if len(row) > LONGEST:
        return Line(number, fault="This line is too long")
    try:
        email, name, council = _person(row, mark, header)
    except ValueError as fault:
        return Line(number, fault=str(fault))
    shown = Line(number, email[:254], name[:120], council[:100])
    try:
        email, name = check_email(email), check_invited_name(name)
    except Invalid as invalid:
        words = "There is no name" if not name else " ".join(invalid.problems.values()).rstrip(".")
        return Line(number, shown.email, shown.name, shown.council, fault=words)
    council_name, council_id, unknown = councils.find(council)
    return Line(number, email, name, council_name or shown.council, council_id, unknown)


def _person(row: str, mark: str, header: list[str]) -> tuple[str, str, str]:
    """Address, name and council as they were typed. ValueError says what is wrong."""
    if entry := re.fullmatch(r"([^<>]*)<([^<>]*)>([^<>]*)", row):
        name, email, council = (part.strip(" \t,;\"'") for part in entry.groups())
        return email, name, council
    if "<" in row and row.count("@") > 1:
        raise ValueError("There is more than one email address")
    cells = _cells(row, mark)
    if header:
        found = dict(zip(header, cells, strict=False))
        return found.get("email", ""), found.get("name", ""), found.get("council", "")
    cells = [cell for cell in cells if cell]
    emails = [cell for cell in cells if "@" in cell]
    if len(emails) != 1:
        raise ValueError("There is no email address" if not emails else "There is more than one email address")
    others = [cell for cell in cells if cell != emails[0]]
    if len(others) > 2:
        raise ValueError("There is more than an address, a name and a council")
    name, council = [*others, "", ""][:2]
    return emails[0], name, council


class Councils:
    """Finds a council by what people write for it."""

    def __init__(self, ids: Mapping[str, int]) -> None:
        self._ids = ids
        self._by_words: dict[str, list[str]] = {}
        for name in ids:
            self._by_words.setdefault(_bare(name), []).append(name)

    def find(self, typed: str) -> tuple[str, int | None, str]:
        """Its name, its id, and what is wrong; a council that is not named is none."""
        if not typed:
            return "", None, ""
        names = [name for name in self._ids if name.casefold() == typed.casefold()]
        names = names or self._by_words.get(_bare(typed), [])
        if len(names) == 1:
            return names[0], self._ids[names[0]], ""
        near = self._near(typed)
        return "", None, f"Unknown council. Did you mean {near}?" if near else "Unknown council"

    def _near(self, typed: str) -> str:
        words = set(_bare(typed).split()) - {"and", "upon", "on"}
        holding = [name for bare, names in self._by_words.items() if words & set(bare.split()) for name in names]
        close = get_close_matches(_bare(typed), self._by_words, n=3, cutoff=0.7)
        found = list(dict.fromkeys([name for bare in close for name in self._by_words[bare]] + holding))[:3]
        return " or ".join(found)


def _bare(name: str) -> str:
    words = re.findall(r"\w+", name.replace("&", " and ").casefold())
    return " ".join(word for word in words if word not in AROUND)
