"""Bringing in a codebook from a file or from pasted text: first what would happen, then, sent once more, all of it.

The file is not kept in between: the second form carries what was read, and it is read and judged again.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.actions.codebook_changes import WHO_EDITS
from forum.actions.codebook_importing import Plan, import_codebook, plan_import
from forum.errors import Invalid
from forum.intelligence import codebook_csv, codebook_qdc
from forum.intelligence.codebook_csv import Lines
from forum.markup import as_text
from forum.permissions import can_edit_codebook, require
from forum.web.rendering import page
from forum.web.requests import Form, forum_of, read_upload, user_of

UTF16 = (b"\xff\xfe", b"\xfe\xff")
NOT_UTF8 = "This file is not in UTF-8. In a spreadsheet save it as “CSV UTF-8”, then choose it again."


async def show(request: Request) -> Response:
    require(can_edit_codebook(user_of(request)), WHO_EDITS)
    return _page(request, Form())


async def send(request: Request) -> Response:
    """Check what came, or with `act` bring it in."""
    user, forum = user_of(request), forum_of(request)
    require(can_edit_codebook(user), WHO_EDITS)
    form, content = await read_upload(request, "file")
    plan: Plan | None = None
    lines = Lines([])
    try:
        form["text"] = _text(content) if content else form.get("text", "")
        lines = _read(form["text"])
        plan = await plan_import(lines.lines)
        if form.get("act") != "import":
            return _page(request, form, plan=plan, lines=lines)
        version, reason = form.number("version") or 0, form.get("reason", "")
        await import_codebook(forum, user, lines.lines, version, reason, form.key)
    except Invalid as invalid:
        return _page(request, form, invalid, plan, lines)
    return RedirectResponse("/codebook/history", 303)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-16" if content.startswith(UTF16) else "utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid({"file": NOT_UTF8}) from None


def _read(text: str) -> Lines:
    if not text.strip():
        raise Invalid({"file": "Choose a file, or paste what is in it."})
    try:
        text = as_text(text)
    except ValueError as fault:
        raise Invalid({"file": f"It {fault}. Take it out and send again."}) from None
    return codebook_qdc.read(text) if text.lstrip("\ufeff \n\t").startswith("<") else codebook_csv.read(text)


def _page(
    request: Request,
    form: Form,
    invalid: Invalid | None = None,
    plan: Plan | None = None,
    lines: Lines | None = None,
) -> Response:
    return page(
        request,
        "codebook/import.html",
        422 if invalid else 200,
        plan=plan,
        lines=lines,
        problems=invalid.problems if invalid else {},
        values=form,
    )
