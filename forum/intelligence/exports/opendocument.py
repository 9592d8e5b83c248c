"""What the files of OpenDocument have in common: the frame of their XML parts, words in them, the list of parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from forum.intelligence.exports.words import line
from forum.intelligence.report import Report

NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
SPACES = {
    "office": f"{NAMES}office:1.0",
    "table": f"{NAMES}table:1.0",
    "text": f"{NAMES}text:1.0",
    "style": f"{NAMES}style:1.0",
    "number": f"{NAMES}datastyle:1.0",
    "fo": f"{NAMES}xsl-fo-compatible:1.0",
    "meta": f"{NAMES}meta:1.0",
    "draw": f"{NAMES}drawing:1.0",
    "svg": f"{NAMES}svg-compatible:1.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "config": f"{NAMES}config:1.0",
    "manifest": f"{NAMES}manifest:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
}


def document(root: str, body: Iterable[str]) -> bytes:
    kind = "office" if root.startswith("office") else "manifest"
    spaces = " ".join(f'xmlns:{prefix}="{address}"' for prefix, address in SPACES.items())
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {spaces} {kind}:version="1.3">'
    return b"".join(part.encode() for part in (head, *body, f"</{root}>"))  # joined first, one emoji would double it


def spaced(words: str) -> str:
    """Words in OpenDocument, which would take several blanks for one and drop those at the ends."""
    safe = escape(words)
    if "  " in safe or "\t" in safe or safe[:1] == " " or safe[-1:] == " ":
        safe = re.sub("^ +| +$|  +", lambda found: f'<text:s text:c="{len(found[0])}"/>', safe)
        safe = safe.replace("\t", "<text:tab/>")
    return safe


def meta(report: Report) -> bytes:
    title, made = escape(line(report.title)), f"{report.made_on.isoformat()}T00:00:00"
    about = (
        f"<dc:title>{title}</dc:title><meta:creation-date>{made}</meta:creation-date><dc:language>en-GB</dc:language>"
    )
    return document("office:document-meta", [f"<office:meta>{about}</office:meta>"])


def manifest(media_type: str, parts: Mapping[str, str]) -> bytes:
    """The list of parts of a file with their media types."""
    entries = (
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>'
        for path, kind in {"/": media_type, **parts}.items()
    )
    return document("manifest:manifest", entries)
