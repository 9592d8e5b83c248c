"""A small archive for tests: Bethan's and Olu's talk in another hub, which Ruth tagged there."""

import copy
import json
from io import BytesIO
from typing import Any

LINES: list[dict[str, Any]] = [
    {"type": "archive", "id": "old-hub", "version": 1},
    {"type": "group", "slug": "parks", "name": "Parks and play", "visibility": "listed", "purpose": "Green things."},
    {"type": "group", "slug": "leaders", "name": "Leaders", "visibility": "hidden", "purpose": ""},
    {
        "type": "person",
        "ref": "p1",
        "name": "Bethan Rhys",
        "email": "Bethan@Demo.example",
        "council": "Cardiff",
        "groups": {"parks": "member", "leaders": "member"},
    },
    {"type": "person", "ref": "p2", "name": "Olu", "email": "olu@demo.example", "council": None, "groups": {}},
    {
        "type": "person",
        "ref": "p3",
        "name": "Ruth",
        "email": "ruth@demo.example",
        "groups": {"parks": "facilitator"},
    },
    {
        "type": "thread",
        "ref": "t1",
        "group": "parks",
        "author": "p1",
        "title": "Who mows?",
        "at": "2026-03-01T10:00:00Z",
    },
    {
        "type": "post",
        "ref": "m1",
        "thread": "t1",
        "author": "p1",
        "at": "2026-03-01T10:00:00Z",
        "body": "Mowing 🌱 costs **more** each year. Volunteers help.",
        "quotable": True,
        "council": "Gwynedd",
        "hidden": False,
    },
    {
        "type": "post",
        "ref": "m2",
        "thread": "t1",
        "author": "p2",
        "at": "2026-03-02T11:30:00.250+01:00",
        "body": "Ours left.",
        "hidden": True,
    },
    {"type": "post", "ref": "m3", "thread": "t1", "author": "p1", "at": "2026-03-03T09:00:00Z", "body": "Why?"},
    {"type": "theme", "code": "PARK", "parent": None, "name": "Parks", "definition": "All that is green."},
    {"type": "theme", "code": "PARK-1", "parent": "PARK", "name": "Mowing", "definition": "", "example": "Grass."},
    {
        "type": "tagging",
        "post": "m1",
        "theme": "PARK-1",
        "kind": "barrier",
        "start": 9,
        "end": 34,
        "by": "p3",
        "at": "2026-03-05T10:00:00Z",
    },
    {"type": "tagging", "post": "m3", "theme": "PARK", "kind": "issue", "by": "p3", "at": "2026-03-05T10:01:00Z"},
]


def lines(**changed: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The lines, with `line8={"body": …}` changing fields of line 8; a field given as ... is left out."""
    content = copy.deepcopy(LINES)
    for name, fields in changed.items():
        line = content[int(name.removeprefix("line")) - 1]
        line.update(fields or {})
        for field in [field for field, value in line.items() if value is ...]:
            del line[field]
    return content


def file_of(content: list[dict[str, Any]]) -> BytesIO:
    return BytesIO("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in content).encode())
