"""Home: my groups, and what was said in them last."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from forum.models import Thread
from forum.permissions import readable_groups
from forum.web.rendering import page
from forum.web.requests import user_of

LATEST = 20


async def show(request: Request) -> Response:
    user = user_of(request)
    mine = await readable_groups(user).filter(id__in=list(user.roles)).order_by("name")
    threads = (
        await Thread.filter(group_id__in=[group.id for group in mine])
        .order_by("-last_post_at")
        .limit(LATEST)
        .select_related("group")
    )
    return page(request, "home.html", groups=mine, threads=threads)
