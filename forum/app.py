"""The map: every address and what answers it. Read this first.

`public` answers everybody. Everything else, there or not, is behind the gate: who is not signed in is sent to sign in.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute, Route, Router, WebSocketRoute

from forum.context import Forum
from forum.live import Hub
from forum.settings import beside_package
from forum.web import (
    accessibility,
    appearance,
    assets,
    codebook,
    errors,
    groups,
    home,
    intelligence,
    live,
    posts,
    sign_in,
    style,
    taggings,
    threads,
)
from forum.web.limits import SignInLimits
from forum.web.middleware import BodyLimit, Compressed, Entered, SameOrigin
from forum.web.rendering import Pages
from forum.web.sessions import STAY, Gate


def get(path: str, page: object) -> Route:
    return Route(path, page, methods=["GET"])  # type: ignore[arg-type]


def post(path: str, page: object) -> Route:
    return Route(path, page, methods=["POST"])  # type: ignore[arg-type]


PUBLIC: list[BaseRoute] = [
    get("/sign-in", sign_in.show),
    post("/sign-in", sign_in.submit),
    get("/static/{name}", assets.show),
    get("/appearance", appearance.show),
    post("/appearance", appearance.choose),
    get("/accessibility", accessibility.show),
]

PRIVATE: list[BaseRoute] = [
    post("/sign-out", sign_in.sign_out),
    get(STAY, sign_in.left),
    post(STAY, sign_in.stay),
    get("/", home.show),
    get("/groups", groups.index),
    get("/groups/{slug:slug}", groups.show),
    post("/groups/{slug:slug}/leave", groups.leave),
    get("/groups/{slug:slug}/members", groups.members),
    get("/groups/{slug:slug}/members/{person_id:id}/remove", groups.confirm_removal),
    post("/groups/{slug:slug}/members/{person_id:id}/remove", groups.remove),
    get("/groups/{slug:slug}/threads/new", threads.new),
    post("/groups/{slug:slug}/threads", threads.create),
    get("/threads/{thread_id:id}", threads.show),
    post("/threads/{thread_id:id}/posts", posts.create),
    get("/threads/{thread_id:id}/changes", live.changes),
    WebSocketRoute("/threads/{thread_id:id}/live", live.LiveSocket()),
    get("/threads/{thread_id:id}/taggings", taggings.show),
    get("/posts/{post_id:id}/edit", posts.edit),
    post("/posts/{post_id:id}/edit", posts.save),
    get("/posts/{post_id:id}/hide", posts.moderate),
    post("/posts/{post_id:id}/hide", posts.hide),
    post("/posts/{post_id:id}/restore", posts.restore),
    post("/posts/{post_id:id}/taggings", taggings.create),
    post("/taggings/{tagging_id:id}/remove", taggings.remove),
    get("/codebook", codebook.show),
    get("/codebook.csv", codebook.as_csv),
    get("/intelligence", intelligence.show),
    get("/intelligence.csv", intelligence.as_csv),
    get("/intelligence.json", intelligence.as_json),
    get("/style", style.show),
]


def create_app(forum: Forum) -> Entered:
    """The service over an open Forum, with the live hub running for the length of its lifespan."""
    static = assets.Assets(beside_package("static"))
    pages = Pages(forum, static.address)
    hub = Hub(forum, pages.render_post)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with forum.database.entered():
            hub.start()
            try:
                yield
            finally:
                await hub.stop()

    app = Starlette(
        routes=PUBLIC,
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=forum.settings.hosts, www_redirect=False),
            Middleware(SameOrigin, forum=forum),
            Middleware(BodyLimit, forum=forum),
            Middleware(Compressed),
        ],
        exception_handlers=errors.HANDLERS,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.router.default = Gate(Router(PRIVATE, redirect_slashes=False), forum)
    app.state.forum = forum
    app.state.assets = static
    app.state.pages = pages
    app.state.hub = hub
    app.state.sign_in_limits = SignInLimits(forum.settings)
    return Entered(app, forum)
