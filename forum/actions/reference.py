"""The lists a new service begins with: the councils with type and region, and the codebook."""

from __future__ import annotations

import csv
from pathlib import Path

from forum.actions import action
from forum.context import Forum
from forum.models import Council, Theme
from forum.models.themes import guid_of

REFERENCE = Path(__file__).parent.parent / "reference"


@action
async def load_reference(forum: Forum) -> None:
    """Fill the lists that are empty. A list with anything in it belongs to the service and stays as it is."""
    async with forum.write():
        if not await Council.exists():
            await Council.bulk_create([Council(**row) for row in read_rows("councils.csv")])
        if not await Theme.exists():
            ids: dict[str, int] = {}
            for position, row in enumerate(read_rows("codebook.csv"), 1):
                theme = await Theme.create(
                    code=row["code"],
                    guid=guid_of(row["code"]),
                    parent_id=ids.get(row["parent"]),
                    name=row["name"],
                    definition=row["definition"],
                    includes=row["include"],
                    excludes=row["exclude"],
                    example=row["example"],
                    position=position,
                )
                ids[theme.code] = theme.id


def read_rows(name: str) -> list[dict[str, str]]:
    """The rows of one of the reference lists, by its columns."""
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
