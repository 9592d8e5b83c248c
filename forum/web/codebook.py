"""The codebook: read by those who tag and summarise."""

from __future__ import annotations

import csv
import io

from starlette.requests import Request
from starlette.responses import Response

from forum.models import Theme
from forum.permissions import can_see_codebook, require
from forum.web.rendering import page
from forum.web.requests import user_of

WHO_READS = "Only facilitators and analysts may read the codebook."
COLUMNS = ("code", "parent", "name", "definition", "include", "exclude", "example")


async def show(request: Request) -> Response:
    require(can_see_codebook(user_of(request)), WHO_READS)
    return page(request, "codebook.html", themes=await Theme.all().order_by("position"))


async def as_csv(request: Request) -> Response:
    require(can_see_codebook(user_of(request)), WHO_READS)
    themes = await Theme.all().order_by("position")
    codes = {theme.id: theme.code for theme in themes}
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for theme in themes:
        parent = codes[theme.parent_id] if theme.parent_id else ""
        rows.writerow([theme.code, parent, theme.name, theme.definition, theme.includes, theme.excludes, theme.example])
    headers = {"content-disposition": 'attachment; filename="codebook.csv"'}
    return Response(text.getvalue(), headers=headers, media_type="text/csv; charset=utf-8")
