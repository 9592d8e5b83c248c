"""The codebook as `.qdc`, out and in: themes in use, known by their guids. The form itself is in exports/qdc.py."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forum.intelligence.codebook import CodebookTheme
from forum.intelligence.codebook_csv import Line, Lines
from forum.intelligence.exports import qdc
from forum.models import Theme
from forum.models.themes import IN_USE, guid_of

DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


def codebook_of(themes: Sequence[Theme]) -> list[CodebookTheme]:
    """These themes as files carry them, in the order they are given."""
    guids = {theme.id: theme.guid or guid_of(theme.code) for theme in themes}
    return [
        CodebookTheme(
            guid=guids[theme.id],
            code=theme.code,
            parent_guid=guids.get(theme.parent_id or 0),
            name=theme.name,
            definition=theme.definition,
            include=theme.includes,
            exclude=theme.excludes,
            example=theme.example,
            aliases=tuple(theme.aliases.split("\n")) if theme.aliases else (),
            colour=theme.colour,
        )
        for theme in themes
    ]


def render(themes: Sequence[Theme]) -> bytes:
    return qdc.render(codebook_of([theme for theme in themes if theme.status in IN_USE]))


def read(text: str) -> Lines:
    """What such a file says of each theme. Invalid when it is none."""
    # It was decoded: the encoding that it declares holds no longer.
    found = qdc.read_qdc(DECLARATION.sub("", text, count=1).strip().encode())
    return Lines([Line(number, _words(theme)) for number, theme in enumerate(found, 1)], counted="code")


def _words(theme: CodebookTheme) -> dict[str, str]:
    return {
        "guid": theme.guid,
        "code": theme.code,
        "parent_guid": theme.parent_guid or "",
        "name": theme.name,
        "definition": theme.definition,
        "includes": theme.include,
        "excludes": theme.exclude,
        "example": theme.example,
        "aliases": "\n".join(theme.aliases),
        "colour": theme.colour,
    }
