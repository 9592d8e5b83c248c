"""The files of a release, and the manifest that says how they came about.

What is in them was frozen or written for this release; nothing is counted here. The manifest stays inside: it names
people, by id, and the moments of what they did.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import ModuleType
from typing import Any

import msgspec

from forum.aside import Aside
from forum.intelligence.codebook import CodebookTheme
from forum.intelligence.drafts import ROUND_TO
from forum.intelligence.exports import csv, docx, html, ods, odt, pdf, qdc, qdpx, xlsx
from forum.intelligence.exports.qdpx import Coding, Discussion, Passage, Project
from forum.intelligence.report import Paper, QuotedWords, Report
from forum.models import Release, ReleaseQuote, Theme
from forum.models.themes import where_now
from forum.settings import Intelligence


@dataclass(frozen=True, slots=True)
class File:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class PlacedQuote:
    """A quote in a release: in the section of which theme on top, and `withdrawn_at` when it may no longer be used.
    The ids, but for `guid`, its own theme's, are written nowhere."""

    id: int
    quote_id: int
    theme: str
    words: str
    attribution: str
    withdrawn_at: datetime | None
    guid: str
    thread_id: int
    post_id: int
    author_id: int
    coder_id: int


async def placed_quotes(release_id: int) -> list[PlacedQuote]:
    """The quotes of a release in the order of the codebook."""
    quotes = ReleaseQuote.filter(release_id=release_id).order_by("quote__theme__position", "id")
    themes = {theme.id: theme for theme in await Theme.all()}

    def now(quote: ReleaseQuote) -> Theme:
        return themes[where_now(themes, quote.quote.theme_id)]

    def top(quote: ReleaseQuote) -> Theme:
        return themes.get(now(quote).parent_id or 0, now(quote))

    return [
        PlacedQuote(
            quote.id,
            quote.quote_id,
            top(quote).code,
            quote.words,
            quote.attribution,
            quote.quote.withdrawn_at or quote.quote.post.author.consent_withdrawn_at,
            str(now(quote).guid),
            quote.quote.post.thread_id,
            quote.quote.post_id,
            quote.quote.post.author_id,
            quote.quote.approved_by_id,
        )
        for quote in await quotes.select_related("quote__post__author")
    ]


def report_of_release(release: Release, quotes: Sequence[PlacedQuote]) -> Report:
    """The frozen figures with the paper's words and these quotes, each in the section of its theme."""
    frozen = msgspec.json.decode(release.figures, type=Report)
    words = msgspec.json.decode(release.paper)
    paper = Paper(**{name: words[name] for name in Paper.__dataclass_fields__})
    said: dict[str, list[QuotedWords]] = {}
    for quote in quotes:
        said.setdefault(quote.theme, []).append(QuotedWords(quote.words, quote.attribution))
    sections = [replace(section, quotes=said.get(section.theme, [])) for section in frozen.sections]
    return replace(frozen, title=release.title, paper=paper, sections=sections)


async def prepare_files(aside: Aside, release: Release, quote_ids: Collection[int]) -> list[File]:
    """Every file of a release but its manifest, with those of its quotes."""
    quotes = [quote for quote in await placed_quotes(release.id) if quote.id in quote_ids]
    report, codebook = report_of_release(release, quotes), await codebook_now()
    project = _project(report, [theme for theme in codebook if theme.code in _shown(report)], quotes)
    return await aside.run(_make, report, codebook, project)


def _shown(report: Report) -> set[str]:
    """The codes of the themes whose figures the report shows. How many were quoted on another must not tell of it."""
    themes = next(table for table in report.tables if table.name == "Themes")
    people = list(themes.columns).index("People")
    return {str(row[0]) for row in themes.rows if row[people] is not None}


def _project(report: Report, codebook: Sequence[CodebookTheme], quotes: Sequence[PlacedQuote]) -> Project:
    """The quotes by discussion, in the words they go out with. Titles of discussions stay inside."""
    threads = {thread: place for place, thread in enumerate(sorted({quote.thread_id for quote in quotes}), 1)}
    [*_, tagged] = next(table for table in report.tables if table.name == "Bases").rows
    posts = tagged[1] if isinstance(tagged[1], int) else 0
    return Project(
        report.title,
        codebook,
        [
            Discussion(
                f"Discussion {place}",
                [
                    Passage(quote.words, quote.author_id, [Coding(quote.guid, quote.coder_id)])
                    for quote in quotes
                    if quote.thread_id == thread
                ],
            )
            for thread, place in threads.items()
        ],
        left_out=max(0, posts - len({quote.post_id for quote in quotes})),
    )


def _papers() -> list[ModuleType]:
    return [docx, odt, html, *([pdf] if pdf.is_installed() else [])]


def _make(report: Report, codebook: Sequence[CodebookTheme], project: Project) -> list[File]:
    [themes] = [table for table in report.tables if table.name == "Themes"]
    return [
        *(File(f"board-paper.{each.ENDING}", each.MEDIA_TYPE, each.render(report)) for each in _papers()),
        *(File(f"figures.{each.ENDING}", each.MEDIA_TYPE, each.render(report)) for each in (xlsx, ods)),
        File(f"figures.{csv.ENDING}", csv.MEDIA_TYPE, csv.render_table(themes)),
        File("figures.json", "application/json", msgspec.json.encode(report)),
        File(f"codebook.{qdc.ENDING}", qdc.MEDIA_TYPE, qdc.render(codebook)),
        File(f"quotes.{qdpx.ENDING}", qdpx.MEDIA_TYPE, qdpx.render(project)),
    ]


async def codebook_now() -> list[CodebookTheme]:
    """The themes that a release is about, in the codebook's order: a candidate is one person's word so far."""
    themes = await Theme.filter(status="active").order_by("position")
    guids = {theme.id: str(theme.guid) for theme in themes}
    return [
        CodebookTheme(
            guids[theme.id],
            theme.code,
            guids.get(theme.parent_id or 0),
            theme.name,
            theme.definition,
            theme.includes,
            theme.excludes,
            theme.example,
            tuple(theme.aliases.split("\n")) if theme.aliases else (),
            theme.colour,
        )
        for theme in themes
    ]


def manifest_of(release: Release, files: Sequence[File], rules: Intelligence, by: int, at: datetime) -> bytes:
    """What the release rests on, who took which step and when, and the SHA-256 of each file."""
    frozen = msgspec.json.decode(release.figures, type=Report)
    rows = [row for table in frozen.tables for row in table.rows]
    manifest: dict[str, Any] = {
        "title": release.title,
        "why": msgspec.json.decode(release.paper)["purpose"],
        "filters": msgspec.json.decode(release.filters)["values"],
        "codebook": release.codebook,
        "rules": {"people": rules.people_leaving, "councils": rules.councils, "rounded_to": ROUND_TO},
        "counts": {"rows": len(rows), "hidden": sum(None in row for row in rows)},
        "steps": [
            {"step": step, "by": person, "at": moment}
            for step, person, moment in (
                ("drafted", release.created_by_id, release.created_at),
                ("checked", release.checked_by_id, release.checked_at),
                ("signed off", release.signed_off_by_id, release.signed_off_at),
                ("issued", by, at),
            )
        ],
        "files": [
            {"name": file.name, "bytes": len(file.content), "sha256": hashlib.sha256(file.content).hexdigest()}
            for file in files
        ],
    }
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2)
