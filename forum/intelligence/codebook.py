"""The codebook as it goes into files and comes out of them: plain data, without the database.

A theme is known by its GUID, through every rename and in every other program.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodebookTheme:
    """`parent_guid` is None at the top level. `code` is "" in a file of another program. `colour` is "#rrggbb" or "".
    A list of themes is in the order of the codebook, with each parent before its own."""

    guid: str
    code: str
    parent_guid: str | None
    name: str
    definition: str = ""
    include: str = ""
    exclude: str = ""
    example: str = ""
    aliases: tuple[str, ...] = ()
    colour: str = ""
