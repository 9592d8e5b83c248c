"""Quotes: what may be quoted, and what of it was approved and still may be used.

Both are asked of the posts as they are now: visible, unedited, with their author's permission, and while that author
consents to the processing of political opinions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

from forum.intelligence.proposing import Candidate, attribution, passages, plain_words
from forum.models import Quote, Theme
from forum.models.themes import where_now
from forum.users import CONSENTED

__all__ = ["Quotable", "QuotablePost", "attribution", "candidates_of", "is_usable", "quotable_posts", "usable_quotes"]

Select = Callable[..., Awaitable[list[dict[str, Any]]]]
# A tagging of words that changed since is of other words. To hide and restore a post changes none.
FITS = """g.review_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM edition e WHERE e.post_id = p.id AND e.replaced_at >= g.created_at AND e.body <> p.body)"""
OF_POST = ("id", "thread_id", "number", "revision", "author_id", "body")
MAY_BE_QUOTED = f"p.hidden_at IS NULL AND p.quotable AND p.council_id IS NOT NULL AND {CONSENTED} AND {FITS}"


@dataclass(frozen=True, slots=True)
class QuotablePost:
    """`tagged` are the passages that carry the themes; none where the whole post does."""

    id: int
    thread_id: int
    number: int
    revision: int
    author_id: int
    body: str
    tagged: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Quotable:
    """How many visible posts carry some themes, and those of them that may be quoted."""

    tagged: int
    posts: list[QuotablePost]


async def quotable_posts(
    select: Select, theme_ids: Collection[int], group_ids: Collection[int], but: Collection[int] = ()
) -> Quotable:
    """The posts of these groups that carry one of these themes, `but` those with these ids. A post may be quoted when
    its author, a councillor, allows it and has not edited it since it was tagged."""
    values = [*(theme_ids or [0]), *(group_ids or [0])]
    themes = ", ".join(f"${number + 1}" for number in range(len(theme_ids) or 1))
    groups = ", ".join(f"${number + 1}" for number in range(len(theme_ids) or 1, len(values)))
    tagged = f"""FROM tagging g JOIN post p ON p.id = g.post_id JOIN thread t ON t.id = p.thread_id
        WHERE g.theme_id IN ({themes}) AND t.group_id IN ({groups})"""
    there = await select(f"SELECT DISTINCT p.id {tagged} AND p.hidden_at IS NULL AND {CONSENTED}", *values)
    rows = await select(
        f"""SELECT {", ".join(f"p.{name}" for name in OF_POST)}, g."start", g."end" {tagged} AND {MAY_BE_QUOTED}
        ORDER BY p.id, g."start", g."end\"""",
        *values,
    )
    posts: dict[int, QuotablePost] = {}
    for row in rows:
        if row["id"] in but:
            continue
        post = posts.setdefault(row["id"], QuotablePost(**{name: row[name] for name in OF_POST}, tagged=[]))
        if row["start"] is not None:
            post.tagged.append((row["start"], row["end"]))
    return Quotable(len({row["id"] for row in there} - set(but)), list(posts.values()))


def candidates_of(posts: Collection[QuotablePost]) -> list[Candidate]:
    """The passages of these posts in plain words. Takes its time: not on the event loop."""
    return [
        Candidate(post.id, post.revision, post.author_id, start, end, words)
        for post in posts
        for start, end in passages(post.body, post.tagged)
        if (words := plain_words(post.body[start:end]))
    ]


async def usable_quotes(group_ids: Collection[int], theme_ids: Collection[int] | None = None) -> list[Quote]:
    """The approved quotes of these groups (with these themes, or merged into them) that may be used now, oldest first,
    each with its theme, its post and the council that the post's author sat on."""
    found = Quote.filter(withdrawn_at=None, post__hidden_at=None, post__quotable=True)
    found = found.filter(post__thread__group_id__in=list(group_ids) or [0])
    quotes = await found.order_by("approved_at", "id").select_related("theme", "post__council", "post__author")
    themes = {theme.id: theme for theme in await Theme.all()}
    return [
        quote
        for quote in quotes
        if is_usable(quote) and (theme_ids is None or where_now(themes, quote.theme_id) in theme_ids)
    ]


def is_usable(quote: Quote) -> bool:
    """Whether a quote may still be used, by what its post and its author say now."""
    post = quote.post
    allowed = post.quotable and post.author.consent_withdrawn_at is None
    return allowed and post.hidden_at is None and post.revision == quote.post_revision and quote.withdrawn_at is None
