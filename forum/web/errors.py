"""What went wrong, as a page in words a person can act on. Never a stack trace."""

from __future__ import annotations

import logging
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from forum.errors import Invalid, NotAllowed, NotFound, ProofNeeded
from forum.web.rendering import address_of, page

logger = logging.getLogger(__name__)

TITLES = {
    400: "We could not read that",
    403: "You may not do this",
    404: "Page not found",
    405: "This page cannot do that",
    413: "That is too long",
    415: "We could not read that form",
    422: "Please check what you sent",
    429: "Too many tries",
    500: "Something went wrong on our side",
}

WORDS = {
    405: "This address takes a form, or only shows a page. Go back, open the page again and try from there.",
    413: "Shorten what you send. A post may have 10,000 characters, and a file 250 kilobytes.",
}


def error_page(request: Request, status: int, words: str) -> Response:
    return page(request, "error.html", status, title=TITLES.get(status, TITLES[400]), words=words)


async def not_found(request: Request, fault: Exception) -> Response:
    return error_page(
        request,
        404,
        "The page may have moved, or you may not be able to see it. Check the address, or go to your groups.",
    )


async def not_allowed(request: Request, fault: Exception) -> Response:
    return error_page(request, 403, str(fault))


async def proof_needed(request: Request, fault: Exception) -> Response:
    """To the page that asks for it, and from there back to this page, or to the one that the form stood on."""
    return RedirectResponse(f"/prove?next={quote(address_of(request, 200), safe='/')}", 303)


async def invalid(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, Invalid)
    return page(request, "error.html", 422, title=TITLES[422], words="", problems=fault.problems)


async def refused(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    if fault.status_code == 404:
        return await not_found(request, fault)
    words = WORDS.get(fault.status_code, fault.detail)
    response = error_page(request, fault.status_code, words)
    response.headers.update(fault.headers or {})
    return response


async def failed(request: Request, fault: Exception) -> Response:
    """Starlette logs the fault itself, after this answer."""
    return error_page(request, 500, "It has been noted. Please try again in a minute; a form can be sent once more.")


async def hung_up(request: Request, fault: Exception) -> Response:
    """The browser went away in the middle of its form: nobody reads this, and it is no fault of ours to log."""
    return Response(status_code=400)


HANDLERS = {
    NotFound: not_found,
    NotAllowed: not_allowed,
    ProofNeeded: proof_needed,
    Invalid: invalid,
    HTTPException: refused,
    ClientDisconnect: hung_up,
    500: failed,
}
