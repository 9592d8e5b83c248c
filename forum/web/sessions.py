"""The cookies of session, device and appearance, and the gate that every page but the public ones is behind."""

from __future__ import annotations

import math
from urllib.parse import quote

from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from forum.actions.sessions import device_of, is_device, is_seen_stale, note_seen, signed_in
from forum.context import Forum
from forum.models import Person
from forum.permissions import User
from forum.web.requests import forum_of

YEAR = 365 * 24 * 3600
APPEARANCES = ("light", "dark")
STAY = "/stay-signed-in"  # asked how long a session has left, it must not thereby make it longer


def cookie_name(forum: Forum, name: str) -> str:
    """Safari drops Secure cookies on http loopback, and __Host- demands Secure: there the name is plain."""
    return f"__Host-{name}" if forum.settings.is_https else name


def set_session(response: Response, forum: Forum, token: str) -> None:
    _set_cookie(response, forum, "session", token, math.ceil(forum.settings.sessions.absolute_hours * 3600))


def drop_session(response: Response, forum: Forum) -> None:
    """The browser forgets what its pages kept too: the next at this computer may be somebody else."""
    _set_cookie(response, forum, "session", "", 0)
    response.headers["clear-site-data"] = '"storage"'


def token_of(connection: HTTPConnection, forum: Forum) -> str:
    return connection.cookies.get(cookie_name(forum, "session"), "")


async def set_device(response: Response, forum: Forum, email: str) -> None:
    """The browser was signed in to this account. It stays when the session ends, and only spares its owner the
    strangers' limits on tries."""
    _set_cookie(response, forum, "device", device_of(forum, await Person.get(email=email)), YEAR)


def device_cookie(connection: HTTPConnection, forum: Forum) -> str:
    return connection.cookies.get(cookie_name(forum, "device"), "")


async def knows_device(connection: HTTPConnection, forum: Forum, email: str) -> bool:
    """Whether this browser was signed in to this account before."""
    return await is_device(forum, email, device_cookie(connection, forum))


def set_appearance(response: Response, forum: Forum, appearance: str) -> None:
    _set_cookie(response, forum, "appearance", appearance, YEAR if appearance else 0)


def appearance_of(connection: HTTPConnection, forum: Forum) -> str:
    """How this browser wants pages to look: "light", "dark", or "" for as the device does."""
    appearance = connection.cookies.get(cookie_name(forum, "appearance"), "")
    return appearance if appearance in APPEARANCES else ""


async def recognise(request: Request) -> None:
    """Look who asks for a page that is for everybody, so that it has the frame of their other pages."""
    forum = forum_of(request)
    request.scope["user"] = await signed_in(forum, token_of(request, forum))


def _set_cookie(response: Response, forum: Forum, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        cookie_name(forum, name),
        value,
        max_age=seconds,
        path="/",
        secure=forum.settings.is_https,
        httponly=True,
        samesite="lax",
    )


# What stands in somebody's way (permissions.User.hurdle), where it is cleared, and what answers all the same.
HURDLES = {
    "second-factor": ("/second-factor", ("/second-factor",)),
    "set-up-factor": ("/account/second-factor", ("/account/second-factor", "/prove")),
    "terms": ("/terms", ()),  # a page for everybody
}


class Gate:
    """Nobody passes who is not signed in, or has something else to do first: a browser is sent there, a script gets
    401, a socket goes on to be closed with the code that says why."""

    def __init__(self, app: ASGIApp, forum: Forum) -> None:
        self.app = app
        self.forum = forum

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        user = await signed_in(self.forum, token_of(connection, self.forum))
        held = user is not None and not may_pass(user, scope["path"])
        scope["user"] = None if held and scope["type"] == "websocket" else user
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
        elif user is None or held:
            await self._refuse(Request(scope, receive), user)(scope, receive, send)
        else:
            if scope["path"] != STAY and is_seen_stale(self.forum, user):
                scope["user"] = await note_seen(self.forum, user)
            await self.app(scope, receive, send)

    def _refuse(self, request: Request, user: User | None) -> Response:
        path = request.scope["path"]
        if path.startswith("/threads/") and path.endswith("/changes"):
            return Response("Sign in first.", 401, media_type="text/plain")
        target = path + (f"?{request.url.query}" if request.url.query else "")
        back = f"?next={quote(target, safe='/')}" if request.method == "GET" and path != "/" else ""
        return RedirectResponse(f"{HURDLES[user.hurdle][0] if user else '/sign-in'}{back}", 303)


def may_pass(user: User, path: str) -> bool:
    """Whether nothing stands between this person and the page, or it is where that is cleared."""
    if not user.hurdle or path in ("/sign-out", STAY):
        return True
    _, ways = HURDLES[user.hurdle]
    return any(path == way or path.startswith(f"{way}/") for way in ways)
