"""What a theme may be called and where it may stand: two levels, codes that people can say aloud, words of a length.

Nothing here writes. Rules that read the codebook are asked once a change of it is open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from forum.actions.posts import check_note
from forum.database import select
from forum.errors import Invalid
from forum.markup import as_text
from forum.models import Theme
from forum.models.themes import IN_USE

CODE = re.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,19}")
COLOUR = re.compile("#[0-9a-f]{6}")
LONGEST_NAME, LONGEST_TEXT = 120, 2000
TEXTS = {
    "definition": "definition",
    "includes": "what to include",
    "excludes": "what to exclude",
    "example": "example",
    "aliases": "other words",
}
NEW_BEFORE = """SELECT COUNT(*) AS made FROM codebook_revision WHERE before = '' AND after LIKE '%"code":"NEW-%'"""
WORDS = ("code", "name", *TEXTS, "colour")


def check_words(values: Mapping[str, str], reason: str) -> tuple[dict[str, str], str]:
    """The words of a theme, and why, as they will be stored. Invalid, with all that is wrong."""
    problems: dict[str, str] = {}
    words = read_words({name: values.get(name, "") for name in WORDS}, problems)
    try:
        reason = check_reason(reason)
    except Invalid as invalid:
        problems |= invalid.problems
    if problems:
        raise Invalid(problems)
    return words, reason


def check_reason(reason: str) -> str:
    if not (reason := check_note(reason, "reason")):
        raise Invalid({"reason": "Say why. Everybody who reads the codebook can read it."})
    return reason


def read_words(values: Mapping[str, str], problems: dict[str, str]) -> dict[str, str]:
    """The words of a theme that are in `values`, as they will be stored; what is wrong goes to `problems`."""
    words = {}
    for name, value in values.items():
        try:
            value = as_text(value).strip()
        except ValueError as fault:
            problems[name] = f"It {fault}. Take it out and send again."
            continue
        if name == "aliases":
            value = "\n".join(dict.fromkeys(" ".join(line.split()) for line in value.split("\n") if line.strip()))
        elif name not in TEXTS:
            value = " ".join(value.split())
        if name == "code" and not CODE.fullmatch(value):
            problems[name] = "Give a code of up to 20 letters, digits, hyphens, dots and underscores, such as CARE-3."
        elif name == "name" and not 1 <= len(value) <= LONGEST_NAME:
            problems[name] = f"Give a name of 1 to {LONGEST_NAME} characters."
        elif name == "colour" and value and not COLOUR.fullmatch(value := value.lower()):
            problems[name] = "Write the colour as # and six digits from 0 to f, such as #2f6f4e, or leave it empty."
        elif name in TEXTS and len(value) > LONGEST_TEXT:
            problems[name] = f"Shorten it to {LONGEST_TEXT:,} characters or fewer."
        words[name] = value
    return words


async def code_problem(code: str, theme: Theme | None) -> dict[str, str]:
    """Codes differ in more than small and capital letters: people say them aloud."""
    if theme and theme.code == code:
        return {}
    same = [other.code for other in await Theme.all() if other.code.lower() == code.lower() and other != theme]
    return {"code": f"There is a theme {same[0]} already."} if same else {}


async def new_codes(number: int) -> list[str]:
    """Codes for themes that come without: NEW-1, NEW-2 … None is ever given twice, whatever became of its theme."""
    [row] = await select(NEW_BEFORE)
    taken = {theme.code.upper() for theme in await Theme.all()}
    codes: list[str] = []
    next_one = int(row["made"])
    while len(codes) < number:
        next_one += 1
        if (code := f"NEW-{next_one}") not in taken:
            codes.append(code)
    return codes


# Two levels.


async def parent_called(code: str, theme: Theme | None = None) -> int | None:
    """The id of the top-level theme with this code, for a theme to stand below it; None for "". Invalid otherwise."""
    if not code:
        return None
    parent = await Theme.get_or_none(code=code) if CODE.fullmatch(code) else None
    if parent is None:
        raise Invalid({"parent": "Choose a theme of the codebook to put it below."})
    if parent.parent_id is not None or (theme and parent.id == theme.id):
        raise Invalid({"parent": f"Themes have two levels: nothing can stand below {parent.code}."})
    if parent.status not in IN_USE:
        raise Invalid({"parent": f"{parent.code} is {parent.status}. Choose a theme that is in use."})
    if theme and await Theme.filter(parent_id=theme.id).exists():
        raise Invalid({"parent": f"Other themes stand below {theme.code}. Move them first."})
    return parent.id


async def parent_or_problem(code: str, theme: Theme | None, problems: dict[str, str]) -> int | None:
    """As parent_called; a parent that stays is not judged again: what stands below a retired one can be edited."""
    parent = await Theme.get_or_none(id=theme.parent_id) if theme and theme.parent_id else None
    if parent and parent.code == code:
        return parent.id
    try:
        return await parent_called(code, theme)
    except Invalid as invalid:
        problems |= invalid.problems
        return None


async def require_none_below(theme_id: int) -> None:
    below = [theme.code for theme in await Theme.filter(parent_id=theme_id, status__in=IN_USE).order_by("position")]
    if below:
        raise Invalid(f"Themes in use stand below it: {', '.join(below)}. Move, merge or retire them first.")


async def require_parent_in_use(theme: Theme) -> None:
    parent = await Theme.get_or_none(id=theme.parent_id) if theme.parent_id else None
    if parent and parent.status not in IN_USE:
        raise Invalid(f"{parent.code}, below which it stands, is {parent.status}. Bring that back first, or move this.")
