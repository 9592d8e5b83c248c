"""Templates: pages for one person, and the post fragment that is the same for everybody."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from forum.actions.challenges import party_of
from forum.actions.sessions import session_ends, signs_out_at
from forum.context import Forum
from forum.markup import REFUSED
from forum.moments import LONDON as LONDON
from forum.moments import machine as machine
from forum.moments import moment as moment
from forum.permissions import User, audience, can_administer, can_read_audit, can_see_codebook
from forum.reading import ShownPost, ShownThread, page_of_posts
from forum.settings import beside_package
from forum.web.sessions import appearance_of

KEPT_PAGES = 256


class Pages:
    """The templates of one service. `render_post` and `posts_html` know no viewer; `page` does."""

    def __init__(self, forum: Forum, asset: Callable[[str], str]) -> None:
        self.forum = forum
        self.templates = Environment(
            loader=FileSystemLoader(beside_package("templates")),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.templates.filters |= {
            "moment": moment,
            "machine": machine,
            "thousands": "{:,}".format,
            "initials": initials,
        }
        self.templates.globals |= {
            "site_name": forum.settings.site.name,
            "new_key": new_key,
            "asset": asset,
            "audience": audience,
            "passkey_party": party_of(forum.settings),
        }
        self._post = self.templates.get_template("threads/_post.html")
        self._kept: OrderedDict[tuple[int, int, int], Markup] = OrderedDict()

    def render_post(self, post: ShownPost) -> str:
        return self._post.render(post=post)

    async def posts_html(self, thread: ShownThread, page: int) -> Markup:
        """A page of posts. What was rendered once is right for as long as the thread's revision stands."""
        key = (thread.id, page, thread.revision)
        if key not in self._kept:
            size = self.forum.settings.limits.posts_per_page
            posts = await page_of_posts(thread.id, (page - 1) * size + 1, page * size)
            html = Markup("\n".join(self.render_post(post) for post in posts))
            if any(post.revision > thread.revision for post in posts):
                return html  # it changed between the two reads: right to show, wrong to keep under this number
            self._kept[key] = html
            while len(self._kept) > KEPT_PAGES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page for the person who asked. `problems` and `values` are always there for forms."""
    pages: Pages = request.app.state.pages
    user: User | None = request.scope.get("user")
    ends_at, last_at = session_ends(pages.forum, user) if user else (None, None)
    context = {
        "user": user,
        "session_ends_at": ends_at,
        "session_last_at": last_at,
        "signs_out_at": signs_out_at(pages.forum, user) if user else None,
        "appearance": appearance_of(request, pages.forum),
        "shows_codebook": user is not None and can_see_codebook(user),
        "shows_people": user is not None and can_administer(user),
        "shows_audit": user is not None and can_read_audit(user),
        "nonce": request.scope["nonce"],
        "path": request.scope["path"],
        "host": request.url.hostname,
        "return_to": context.get("next") or address_of(request, status),
        "problems": {},
        "values": {},
        "waiting": 0,
        **context,
    }
    html = pages.templates.get_template(template).render(context)
    if context["problems"]:  # it shows again what somebody typed, and that may be what no page can carry
        html = REFUSED.sub("\ufffd", html)
    return HTMLResponse(html, status)


def address_of(request: Request, status: int) -> str:
    """Where one comes back to this page: for the answer to a form, the page that the form stood on. Home for a page
    that is not there: like all of it, this must not differ from one that is not theirs."""
    if request.method != "GET":
        path = urlsplit(request.headers.get("referer", "")).path
        return path if path.startswith("/") else "/"
    if status != 200:
        return "/"
    query = request.scope["query_string"].decode("latin-1")
    return f"{request.scope['path']}?{query}" if query else str(request.scope["path"])


def new_key() -> str:
    return secrets.token_urlsafe(18)


def initials(name: str) -> str:
    """The first letters of the first and the last name, for a picture that needs none."""
    words = [word for word in name.split() if word[0].isalpha()] or [name.strip() or "?"]
    return "".join(word[0] for word in dict.fromkeys((words[0], words[-1]))).upper()
