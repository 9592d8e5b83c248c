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

from forum.actions.jobs import Worker
from forum.actions.letters import send_letter
from forum.actions.memberships import remind
from forum.actions.resets import send_reset
from forum.context import Forum
from forum.live import Hub
from forum.settings import beside_package
from forum.web import (
    accessibility,
    account,
    appearance,
    assets,
    audit,
    codebook,
    codebook_editing,
    codebook_importing,
    commitments,
    councils,
    errors,
    groups,
    home,
    intelligence,
    live,
    matrix,
    memberships,
    memos,
    people,
    posts,
    quotes,
    releases,
    reset,
    second_readings,
    sign_in,
    style,
    taggings,
    theme,
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
    get("/reset", reset.show),
    post("/reset", reset.ask),
    get("/reset/{token}", reset.choose),
    post("/reset/{token}", reset.save),
    get("/address/{token}", account.confirm_address),
    post("/address/{token}", account.change_address),
]

PRIVATE: list[BaseRoute] = [
    post("/sign-out", sign_in.sign_out),
    get(STAY, sign_in.left),
    post(STAY, sign_in.stay),
    get("/account", account.show),
    get("/account/password", account.password),
    post("/account/password", account.change_password),
    get("/account/address", account.address),
    post("/account/address", account.ask_address),
    get("/account/sessions", account.sign_ins),
    post("/account/sessions/end-others", account.end_other_sessions),
    post("/account/sessions/{session_id:id}/end", account.end_session),
    get("/", home.show),
    get("/groups", groups.index),
    get("/groups/{slug:slug}", groups.show),
    post("/groups/{slug:slug}/leave", groups.leave),
    get("/groups/{slug:slug}/members", groups.members),
    get("/groups/{slug:slug}/members/{person_id:id}/remove", groups.confirm_removal),
    post("/groups/{slug:slug}/members/{person_id:id}/remove", groups.remove),
    get("/groups/{slug:slug}/members/{person_id:id}/last-day", memberships.in_group),
    post("/groups/{slug:slug}/members/{person_id:id}/last-day", memberships.save_in_group),
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
    post("/posts/{post_id:id}/no-theme", taggings.no_theme),
    post("/posts/{post_id:id}/no-theme/undo", taggings.take_back),
    post("/taggings/{tagging_id:id}/remove", taggings.remove),
    post("/taggings/{tagging_id:id}/confirm", taggings.confirm),
    post("/taggings/{tagging_id:id}/memos", memos.on_tagging),
    post("/threads/{thread_id:id}/memos", memos.on_thread),
    post("/memos/{memo_id:id}/remove", memos.remove),
    get("/second-readings", second_readings.index),
    post("/second-readings", second_readings.draw),
    get("/second-readings/{reading_id:id}", second_readings.show),
    get("/second-readings/{reading_id:id}/next", second_readings.read_next),
    post("/second-readings/{reading_id:id}/answers", second_readings.answer),
    post("/second-readings/{reading_id:id}/stop", second_readings.stop),
    get("/codebook/{theme_id:id}/memos", memos.show),
    post("/codebook/{theme_id:id}/memos", memos.on_theme),
    get("/codebook", codebook.show),
    get("/codebook.csv", codebook.as_csv),
    get("/codebook.qdc", codebook.as_qdc),
    get("/codebook/history", codebook.history),
    get("/codebook/propose", codebook_editing.propose),
    post("/codebook/propose", codebook_editing.send_proposal),
    get("/codebook/new", codebook_editing.new),
    post("/codebook/new", codebook_editing.create),
    get("/codebook/import", codebook_importing.show),
    post("/codebook/import", codebook_importing.send),
    get("/codebook/{theme_id:id}/history", codebook.theme_history),
    get("/codebook/{theme_id:id}/edit", codebook_editing.edit),
    post("/codebook/{theme_id:id}/edit", codebook_editing.save),
    get("/codebook/{theme_id:id}/move", codebook_editing.move),
    post("/codebook/{theme_id:id}/move", codebook_editing.move_there),
    get("/codebook/{theme_id:id}/merge", codebook_editing.merge),
    post("/codebook/{theme_id:id}/merge", codebook_editing.merge_them),
    get("/codebook/{theme_id:id}/status", codebook_editing.status),
    post("/codebook/{theme_id:id}/status", codebook_editing.change_status),
    get("/intelligence", intelligence.show),
    get("/intelligence.csv", intelligence.as_csv),
    get("/intelligence.json", intelligence.as_json),
    get("/intelligence.xlsx", intelligence.as_xlsx),
    get("/intelligence.ods", intelligence.as_ods),
    get("/intelligence/themes/{code}", theme.show),
    get("/intelligence/matrix", matrix.show),
    get("/intelligence/matrix/groups/{slug:slug}/{code}", matrix.edit),
    post("/intelligence/matrix/groups/{slug:slug}/{code}", matrix.save),
    get("/intelligence/matrix/threads/{thread_id:id}/{code}", matrix.edit),
    post("/intelligence/matrix/threads/{thread_id:id}/{code}", matrix.save),
    get("/audit", audit.show),
    get("/people", people.index),
    get("/people/{person_id:id}", people.show),
    post("/people/{person_id:id}/decisions", people.decide),
    get("/people/{person_id:id}/groups/{slug:slug}", memberships.of_person),
    post("/people/{person_id:id}/groups/{slug:slug}", memberships.save_of_person),
    get("/councils", councils.index),
    get("/councils/{council_id:id}", councils.show),
    post("/councils/{council_id:id}/domains", councils.add_domain),
    post("/councils/{council_id:id}/domains/{domain_id:id}/remove", councils.remove_domain),
    get("/quotes", quotes.show),
    post("/quotes", quotes.approve),
    post("/quotes/{quote_id:id}/withdraw", quotes.withdraw),
    get("/releases", releases.index),
    post("/releases", releases.create),
    get("/releases/new", releases.new),
    get("/releases/{release_id:id}", releases.show),
    get("/releases/{release_id:id}/edit", releases.edit),
    post("/releases/{release_id:id}/edit", releases.save),
    get("/releases/{release_id:id}/files/{name}", releases.file),
    post("/releases/{release_id:id}/findings/{finding_id:id}", releases.clear),
    post("/releases/{release_id:id}/{step}", releases.act),
    get("/commitments", commitments.index),
    post("/commitments", commitments.create),
    get("/commitments/new", commitments.new),
    get("/commitments/{commitment_id:id}/edit", commitments.edit),
    post("/commitments/{commitment_id:id}/edit", commitments.save),
    post("/commitments/{commitment_id:id}/tell", commitments.tell),
    post("/notices/{notice_id:id}/put-away", commitments.put_away),
    get("/style", style.show),
]


def create_app(forum: Forum) -> Entered:
    """The service over an open Forum, with the live hub and the worker running for the length of its lifespan."""
    static = assets.Assets(beside_package("static"))
    pages = Pages(forum, static.address)
    hub = Hub(forum, pages.render_post)
    worker = Worker(forum, {"letter": send_letter, "reset": send_reset, "reminders": remind}, daily=["reminders"])

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with forum.database.entered():
            hub.start()
            worker.start()
            try:
                yield
            finally:
                await worker.stop()
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
