"""What a browser keeps for a year: the look, one script a page, the icon; joined from `static/` as the service starts.

An address carries the hash of what it answers, so what a browser kept is never wrong, and what is new is asked for.
Scripts are ES modules, one idea a file; a bundle is one module of them all, in which each keeps its names to itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from forum.errors import Misconfigured

SITE = ("times", "menus", "sessions", "later")
WRITING = (*SITE, "composer")
THREAD = (*WRITING, "reply", "live")
SCRIPTS = {
    "site": SITE,
    "writing": WRITING,
    "thread": THREAD,
    "tagging": (*SITE, "tagging"),
    "dialogs": ("dialogs",),  # these two later.js fetches when they are asked for
    "beside": ("tagging",),
    "passkeys": ("passkeys",),  # beside what the page has: signed out it has none
}
# Of pages that members never see.
STAFF = ("audit.css", "intelligence.css", "people.css", "quotes.css", "releases.css", "taggings.css")
KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
HEADERS = {"cache-control": "public, max-age=31536000, immutable"}

BLOCK_COMMENT = re.compile(r"^[ \t]*/\*.*?\*/", re.MULTILINE | re.DOTALL)
IMPORT = re.compile(r'import (\{ (\w+(?:, \w+)*) \}) from "\./(\w+)\.js";')
EXPORT = re.compile(r"export (?:async function|function|const|class) (\w+)\b")
OTHERWISE = re.compile(r"""(?:import|export)\b|.*\bimport(?:\.|\(["'`])""")  # other ways to name a module


class Assets:
    """What `/static/` answers: the files of a folder as they are when it is made."""

    def __init__(self, folder: Path) -> None:
        styles = sorted(folder.glob("*.css"), key=lambda path: (path.name != "site.css", path.name))
        site = "".join(tight(path) for path in styles if path.name not in ("dark.css", *STAFF))
        made = {
            "site.css": site,
            "staff.css": site + "".join(tight(folder / name) for name in STAFF),
            "dark.css": tight(folder / "dark.css"),
            "icon.svg": (folder / "icon.svg").read_text("utf-8"),
            **{f"{name}.js": bundle(folder, entries) for name, entries in SCRIPTS.items()},
        }
        self._hashed: dict[str, str] = {}
        self._contents: dict[str, tuple[bytes, str]] = {}
        for name, text in made.items():
            stem, kind = name.split(".")
            content = text.encode()
            hashed = self._hashed[name] = f"{stem}.{sha256(content).hexdigest()[:12]}.{kind}"
            self._contents[hashed] = content, f"{KINDS[kind]}; charset=utf-8"

    def address(self, name: str) -> str:
        """Where `site.css` or `thread.js` is. KeyError for what there is not: no page goes out with a dead link."""
        return f"/static/{self._hashed[name]}"

    def answer(self, hashed: str) -> Response:
        if hashed not in self._contents:
            raise HTTPException(404)
        content, media_type = self._contents[hashed]
        return Response(content, media_type=media_type, headers=HEADERS)


async def show(request: Request) -> Response:
    assets: Assets = request.app.state.assets
    return assets.answer(request.path_params["name"])


def lean(path: Path) -> str:
    """A file without its comment lines and its indentation: bytes that a phone need not fetch."""
    if not path.exists():
        raise Misconfigured(f"There is no {path}.")
    lines = [line.strip() for line in BLOCK_COMMENT.sub("", path.read_text("utf-8")).splitlines()]
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))


def tight(path: Path) -> str:
    """A lean style sheet without the spaces and line breaks that say nothing, as our formatting sets them."""
    declared = re.sub(r"^([\w-]+): (.*[;,])$", r"\1:\2", lean(path), flags=re.MULTILINE)
    return re.sub(r" ?([{};,])\n", r"\1", declared)


def bundle(folder: Path, entries: Iterable[str]) -> str:
    """The entry modules and what they import: each once, after what it needs."""
    wrapped: dict[str, str] = {}
    exported: dict[str, list[str]] = {}

    def add(name: str, *importers: str) -> None:
        if name in importers:
            raise Misconfigured(f"{folder / name}.js imports itself, by way of {importers[0]}.js.")
        if name in wrapped:
            return
        lines, given = [], []
        for line in lean(folder / f"{name}.js").splitlines():
            if found := IMPORT.fullmatch(line):
                names, words, other = found.groups()
                add(other, name, *importers)
                if missing := set(words.split(", ")) - set(exported[other]):
                    raise Misconfigured(f"{folder / name}.js imports {min(missing)} that {other}.js does not export.")
                line = f"const {names} = ${other};"
            elif found := EXPORT.match(line):
                given.append(found[1])
                line = line.removeprefix("export ")
            elif OTHERWISE.match(line) or line.count("`") % 2 or line.endswith("\\"):
                # The last two are texts over several lines, which would lose their indentation.
                raise Misconfigured(f"{folder / name}.js has a line that cannot be joined with others: {line}")
            lines.append(f"{line}\n")
        exported[name] = given
        wrapped[name] = f"const ${name} = (() => {{\n{''.join(lines)}return {{ {', '.join(given)} }};\n}})();\n"

    for entry in entries:
        add(entry)
    return "".join(wrapped.values())
