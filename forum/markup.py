"""What people write: checked when it comes in, Markdown to safe HTML once when it is saved.

A small subset: paragraphs, emphasis, lists, quotations, code and links. Headings and images stay plain text.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from html import unescape

import nh3
from markdown_it import MarkdownIt

SHORT = 1000
TAGS = {"p", "br", "em", "strong", "s", "ul", "ol", "li", "blockquote", "code", "pre", "a"}
REFUSED = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_markdown = (
    MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    .enable(["linkify", "strikethrough"])
    .disable(["image", "heading", "lheading", "hr", "reference", "html_block", "html_inline"])
)


def as_text(words: str) -> str:
    """The words with LF newlines. ValueError for what no database, page or file can carry."""
    words = re.sub("\r\n?|[\x0b\x0c]", "\n", words)
    if REFUSED.search(words):
        raise ValueError("contains a character that cannot be stored")
    return words


def render_now(source: str) -> str:
    """Safe HTML of Markdown. Up to a second for a hostile 10,000 characters: use `render` on the event loop."""
    return nh3.clean(
        _markdown.render(source),
        tags=TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer ugc",
    )


async def render(source: str) -> str:
    """Safe HTML of Markdown. A long source goes off the event loop; for a short one the way there would cost more."""
    return render_now(source) if len(source) <= SHORT else await asyncio.to_thread(render_now, source)


def is_blank(html: str) -> bool:
    """Whether a reader would see nothing: no letter, mark, digit, punctuation or symbol."""
    return not any(unicodedata.category(letter)[0] in "LMNPS" for letter in unescape(re.sub("<[^>]*>", "", html)))


def excerpt(html: str, most: int) -> str:
    """The beginning of rendered words as one line of plain text, cut between words, at most `most` characters long."""
    flowing = re.sub(r"</?(?:a|code|em|s|strong)\b[^>]*>", "", html)  # these stand inside words
    text = " ".join(unescape(re.sub("<[^>]*>", " ", flowing)).split())
    if len(text) <= most:
        return text
    return (text[: most - 1].rsplit(" ", 1)[0] if " " in text[: most - 1] else text[: most - 1]) + "…"


def sentences(source: str) -> list[tuple[int, int]]:
    """Where the sentences of a source stand, as (start, end) in code points, end exclusive: none is empty."""
    spans = []
    for line in re.finditer(r"[^\n]+", source):
        for sentence in re.finditer(r"\S.*?(?:[.!?…]+[\"'”’)\]*_]*(?=\s)|$)", line.group()):
            start = line.start() + sentence.start()
            end = start + len(sentence.group().rstrip())
            if end > start:
                spans.append((start, end))
    return spans
