"""The accessibility statement: for everybody, signed in or not."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from forum.web.rendering import page
from forum.web.requests import forum_of
from forum.web.sessions import recognise


async def show(request: Request) -> Response:
    await recognise(request)
    return page(request, "accessibility.html", contact=forum_of(request).settings.site.contact)
