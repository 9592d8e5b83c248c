"""The people of the demo world who are known by name, and where its other members come from."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent


class Named(NamedTuple):
    """Somebody that stories are told about. Without a council: LGA staff."""

    handle: str
    name: str
    council: str | None
    site_role: str | None
    what: str

    @property
    def email(self) -> str:
        return f"{self.handle}@demo.example"


NAMED = (
    Named("amina", "Amina Rahman", "Leeds", None, "councillor, adult social care"),
    Named("gareth", "Gareth Penhale", "Dorset", None, "leader of a council, in three groups"),
    Named("bethan", "Bethan Hargreave", "Plymouth", None, "councillor, finance and scrutiny"),
    Named("mohammed", "Mohammed Farooqi", "Luton", None, "councillor, housing and children"),
    Named("eve", "Eve Hollingdale", "Stroud", None, "councillor, in housing only"),
    Named("olu", "Olu Bamidele", "Hackney", None, "councillor, observer in adult social care"),
    Named("ruth", "Ruth Ashdown", None, None, "facilitator of adult social care and finance"),
    Named("sam", "Sam Whitcombe", None, None, "facilitator of housing"),
    Named("kate", "Kate Brennand", None, None, "facilitator of children, public health, leaders …"),
    Named("dev", "Dev Malhotra-Lowe", None, None, "facilitator of planning, climate, highways …"),
    Named("lin", "Lin Castellan", None, None, "facilitator of scrutiny, digital, wards …"),
    Named("marcus", "Marcus Tennant", None, None, "facilitator of culture and new councillors"),
    Named("tom", "Tom Ellingham", None, "analyst", "analyst"),
    Named("nadia", "Nadia Kessler", None, "analyst", "analyst"),
    Named("priya", "Priya Ramanathan", None, "administrator", "administrator"),
    Named("mallory", "Mallory Voss", "Sheffield", None, "councillor, removed from adult social care today"),
)
STAFF = {person.handle for person in NAMED if person.council is None}


def members() -> list[Named]:
    """The other members, of sixty councils."""
    with (HERE / "people.csv").open(encoding="utf-8", newline="") as file:
        return [Named(row["handle"], row["name"], row["council"], None, "councillor") for row in csv.DictReader(file)]
