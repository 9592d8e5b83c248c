"""Every part that pages are made of, in every state: for who changes them, and only where the settings say so."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from forum.errors import NotFound
from forum.permissions import visible_groups
from forum.reading import latest_threads
from forum.web.rendering import page
from forum.web.requests import forum_of, user_of


async def show(request: Request) -> Response:
    user = user_of(request)
    group = await visible_groups(user).order_by("name").first()
    if not forum_of(request).settings.site.style_page or group is None:
        raise NotFound
    return page(request, "style.html", group=group, threads=await latest_threads(list(user.roles), 2))
