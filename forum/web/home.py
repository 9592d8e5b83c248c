"""Home: my groups, what was said in them last, and what is done about what I raised. Analysts see the groups that
they may read."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from forum.models import Notice
from forum.models.commitments import STATES
from forum.permissions import readable_groups
from forum.reading import latest_threads
from forum.web.rendering import page
from forum.web.requests import user_of

LATEST = 15
MOST_GROUPS = 100  # the list of all groups has pages


async def show(request: Request) -> Response:
    user = user_of(request)
    groups = await readable_groups(user).order_by("name").limit(MOST_GROUPS)
    threads = await latest_threads([group.id for group in groups], LATEST)
    notices = (
        await Notice.filter(person_id=user.id, put_away_at=None).order_by("-created_at").select_related("commitment")
    )
    return page(request, "home.html", groups=groups, roles=user.roles, threads=threads, notices=notices, states=STATES)
