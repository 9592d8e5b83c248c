"""The map: every address and what answers it. Read this first.

`public` answers everybody. Everything else, there or not, is behind the gate: who is not signed in is sent to sign in.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute, Route, Router, WebSocketRoute

from forum.actions.applications import take_application
from forum.actions.deciding import clear_applications
from forum.actions.jobs import Handler, Worker
from forum.actions.letters import send_letter
from forum.actions.memberships import remind
from forum.actions.resets import send_reset
from forum.actions.vouching import ask_sponsor
from forum.context import Forum
from forum.live import Hub
from forum.settings import beside_package
from forum.web import (
    accepting,
    accessibility,
    account,
    appearance,
    applications,
    assets,
    audit,
    codebook,
    codebook_editing,
    codebook_importing,
    commitments,
    councils,
    errors,
    factors,
    groups,
    home,
    intelligence,
    invitations,
    live,
    matrix,
    memberships,
    memos,
    passkeys,
    people,
    posts,
    proofs,
    quotes,
    releases,
    reset,
    second_readings,
    sign_in,
    sign_up,
    style,
    taggings,
    terms,
    theme,
    threads,
    visits,
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
    post("/sign-in/passkey", passkeys.sign_in),
    post("/sign-in/passkey/options", passkeys.sign_in_options),
    get("/static/{name}", assets.show),
    get("/appearance", appearance.show),
    post("/appearance", appearance.choose),
    get("/accessibility", accessibility.show),
    get("/privacy", terms.privacy),
    get("/terms", terms.show),
    post("/terms", terms.answer),
    get("/sign-up", sign_up.show),
    post("/sign-up", sign_up.ask),
    get("/sign-up/{token}", sign_up.stands),
    post("/sign-up/{token}", sign_up.prove),
    get("/reset", reset.show),
    post("/reset", reset.ask),
    get("/reset/{token}", reset.choose),
    post("/reset/{token}", reset.save),
    get("/address/{token}", account.confirm_address),
    post("/address/{token}", account.change_address),
    get("/invitations/{token}", accepting.show),
    post("/invitations/{token}", accepting.accept),
]

PRIVATE: list[BaseRoute] = [
    post("/sign-out", sign_in.sign_out),
    get(STAY, sign_in.left),
    post(STAY, sign_in.stay),
    get("/prove", proofs.show),
    post("/prove", proofs.submit),
    post("/prove/passkey", passkeys.prove),
    post("/prove/passkey/options", passkeys.proof_options),
    post("/second-factor/passkey", passkeys.show_factor),
    post("/second-factor/passkey/options", passkeys.factor_options),
    get(passkeys.HERE, passkeys.index),
    post(passkeys.HERE, passkeys.add),
    post(f"{passkeys.HERE}/options", passkeys.add_options),
    get(f"{passkeys.HERE}/{{passkey_id:id}}/remove", passkeys.confirm_removal),
    post(f"{passkeys.HERE}/{{passkey_id:id}}/remove", passkeys.remove),
    get("/second-factor", factors.ask),
    post("/second-factor", factors.submit),
    get(factors.OWN, factors.show),
    post(f"{factors.OWN}/app/begin", factors.begin_app),
    get(f"{factors.OWN}/app", factors.app),
    post(f"{factors.OWN}/app", factors.confirm_app),
    post(f"{factors.OWN}/app/remove", factors.remove_app),
    post(f"{factors.OWN}/codes", factors.renew_codes),
    get("/account", account.show),
    get("/account/password", account.password),
    post("/account/password", account.change_password),
    get("/account/address", account.address),
    post("/account/address", account.ask_address),
    get("/account/sessions", account.sign_ins),
    post("/account/sessions/end-others", account.end_other_sessions),
    post("/account/sessions/{session_id:id}/end", account.end_session),
    get("/account/consent", terms.consent),
    post("/account/consent", terms.change_consent),
    get("/terms/edit", terms.index),
    get("/terms/edit/{kind}", terms.edit),
    post("/terms/edit/{kind}", terms.publish),
    get("/", home.show),
    get("/groups", groups.index),
    get("/groups/{slug:slug}", groups.show),
    post("/groups/{slug:slug}/leave", groups.leave),
    get("/groups/{slug:slug}/members", groups.members),
    get("/groups/{slug:slug}/members/{person_id:id}/remove", groups.confirm_removal),
    post("/groups/{slug:slug}/members/{person_id:id}/remove", groups.remove),
    get("/groups/{slug:slug}/members/{person_id:id}/last-day", memberships.in_group),
    post("/groups/{slug:slug}/members/{person_id:id}/last-day", memberships.save_in_group),
    get("/groups/{slug:slug}/visit", visits.ask),
    post("/groups/{slug:slug}/visit", visits.begin),
    post("/groups/{slug:slug}/visit/end", visits.end),
    get("/visits", visits.index),
    get("/groups/{slug:slug}/invitations", invitations.index),
    post("/groups/{slug:slug}/invitations/{invitation_id:id}/withdraw", invitations.withdraw),
    post("/groups/{slug:slug}/invitations/{invitation_id:id}/again", invitations.send_again),
    get("/groups/{slug:slug}/invite", invitations.new),
    post("/groups/{slug:slug}/invite", invitations.create),
    get("/groups/{slug:slug}/invite/list", invitations.several),
    post("/groups/{slug:slug}/invite/list", invitations.send_list),
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
    get("/applications", applications.index),
    get("/applications/{application_id:id}", applications.show),
    post("/applications/{application_id:id}/decision", applications.decide),
    get("/vouch/{application_id:id}", applications.vouch),
    post("/vouch/{application_id:id}", applications.answer),
    get("/invitations", invitations.index),
    post("/invitations/{invitation_id:id}/withdraw", invitations.withdraw),
    post("/invitations/{invitation_id:id}/again", invitations.send_again),
    get("/invite", invitations.new),
    post("/invite", invitations.create),
    get("/invite/list", invitations.several),
    post("/invite/list", invitations.send_list),
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


JOBS: Mapping[str, Handler] = {
    "letter": send_letter,
    "reset": send_reset,
    "sign_up": take_application,
    "ask_sponsor": ask_sponsor,
    "reminders": remind,
    "clear_applications": clear_applications,
}
DAILY = ("reminders", "clear_applications")


def create_app(forum: Forum) -> Entered:
    """The service over an open Forum, with the live hub and the worker running for the length of its lifespan."""
    static = assets.Assets(beside_package("static"))
    pages = Pages(forum, static.address)
    hub = Hub(forum, pages.render_post)
    worker = Worker(forum, JOBS, daily=DAILY)

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
