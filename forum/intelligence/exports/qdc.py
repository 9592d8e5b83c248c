"""`.qdc`: the codebook as programs for qualitative analysis exchange it (REFI-QDA codebook 1.0), out and in.

The form has room for a name, a description and a colour. What else a theme is stands in the description under labels
that people can read, and comes back from there. A file from outside is data of strangers: no entity of it is looked up
or unfolded, and nothing is fetched.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from forum.errors import Invalid
from forum.intelligence.codebook import CodebookTheme
from forum.intelligence.exports.words import line, plain

MEDIA_TYPE, ENDING = "application/xml", "qdc"
SPACE = "urn:QDA-XML:codebook:1.0"
ORIGIN = "The councillors' hub"
LABELS = {"code": "Code", "include": "Include", "exclude": "Exclude", "example": "Example", "aliases": "Also known as"}
SHUT: Any = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
MOST_BYTES, MOST_THEMES = 2_000_000, 1_000
GUID = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?")
COLOUR = re.compile("#(?:[0-9a-fA-F]{3}){1,2}")
_LABEL = f"(?:{'|'.join(LABELS.values())}):"
_BLOCK = re.compile(rf"(?:^|\n\n)({_LABEL}) ?")


def render(themes: Sequence[CodebookTheme]) -> bytes:
    if not themes:
        raise Invalid("There is no theme to write. A codebook in this form has at least one.")
    root = etree.Element(f"{{{SPACE}}}CodeBook", nsmap={None: SPACE}, origin=ORIGIN)
    add_codes(root, themes, SPACE)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def add_codes(parent: Any, themes: Sequence[CodebookTheme], space: str) -> None:
    """Put the themes in as a list of codes, each inside its parent when that is among them."""
    codes = etree.SubElement(parent, f"{{{space}}}Codes")
    made: dict[str, Any] = {}
    for theme in sorted(themes, key=lambda theme: theme.parent_guid is not None):
        code = etree.SubElement(made.get(theme.parent_guid or "", codes), f"{{{space}}}Code")
        code.attrib.update({"guid": theme.guid, "name": line(theme.name), "isCodable": "true"})
        if COLOUR.fullmatch(theme.colour):
            code.set("color", theme.colour)
        if words := description(theme):
            etree.SubElement(code, f"{{{space}}}Description").text = words
        made[theme.guid] = code


def description(theme: CodebookTheme) -> str:
    """What a theme is, in one text: its definition, then the rest under labels."""
    blocks = [_kept_apart(theme.definition)] if theme.definition else []
    for name, label in LABELS.items():
        value = getattr(theme, name)
        if words := value if isinstance(value, str) else "\n".join(line(each) for each in value):
            blocks.append(f"{label}: {_kept_apart(words)}")
    return "\n\n".join(blocks)


def read_qdc(data: bytes) -> list[CodebookTheme]:
    """The themes in a file of ours or of another program. Invalid for what is no such codebook, in words for people."""
    if len(data) > MOST_BYTES:
        raise Invalid({"file": f"This file is larger than {MOST_BYTES // 1_000_000} MB: too large for a codebook."})
    root = _parsed(data)
    codes = [each for each in _inside(root, "Codes")] if _name(root) == "CodeBook" else []
    if not codes:
        raise Invalid({"file": "This is not a codebook in the REFI-QDA form. Export it again as a codebook (.qdc)."})
    found: list[CodebookTheme] = []
    guids: set[str] = set()
    for theme in _themes(codes[0]):
        if theme.guid in guids:
            raise Invalid({"file": f"Two themes have the same GUID. The second is “{theme.name}”."})
        if len(found) == MOST_THEMES:
            raise Invalid({"file": f"This has more than {MOST_THEMES:,} themes. Bring it in as several files."})
        guids.add(theme.guid)
        found.append(theme)
    return found


class _BeforeTheRoot:
    """Reads no further than to the first element, and knows whether a document type came before it."""

    declares = False

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        self.declares = True
        raise StopIteration

    def start(self, name: str, attributes: Any) -> None:
        raise StopIteration

    def close(self) -> None:
        pass


def _parsed(data: bytes) -> Any:
    before = _BeforeTheRoot()
    with contextlib.suppress(StopIteration, etree.XMLSyntaxError):
        etree.fromstring(data, etree.XMLParser(target=before, **SHUT))
    if before.declares:
        raise Invalid({"file": "This file declares a document type (DOCTYPE). No codebook needs one: take it out."})
    try:
        return etree.fromstring(data, etree.XMLParser(remove_comments=True, remove_pis=True, **SHUT))
    except etree.XMLSyntaxError as fault:
        where = f" (line {fault.lineno})" if fault.lineno else ""
        raise Invalid({"file": f"This file cannot be read as XML{where}. Export it again as .qdc."}) from None


def _themes(codes: Any) -> Iterator[CodebookTheme]:
    for top in _inside(codes, "Code"):
        theme = _theme(top, None)
        yield theme
        for second in _inside(top, "Code"):
            child = _theme(second, theme.guid)
            if any(True for _ in _inside(second, "Code")):
                raise Invalid(
                    {"file": f"“{child.name}” has themes below it, on a third level. A codebook here has two."}
                )
            yield child


def _theme(code: Any, parent_guid: str | None) -> CodebookTheme:
    name = line(code.get("name", ""))
    if not name:
        raise Invalid({"file": f"The theme in line {code.sourceline} has no name."})
    guid = GUID.fullmatch(code.get("guid", "").strip())
    if not guid:
        raise Invalid({"file": f"“{name}” has no GUID that can be read."})
    colour = code.get("color", "").strip().lower()
    if len(colour) == 4:
        colour = "#" + "".join(sign * 2 for sign in colour[1:])
    words = "".join(each.text or "" for each in _inside(code, "Description"))
    return CodebookTheme(
        guid=guid[1].lower(),
        parent_guid=parent_guid,
        name=name,
        colour=colour if COLOUR.fullmatch(colour) else "",
        **_described(plain(words)),
    )


def _described(words: str) -> dict[str, Any]:
    """What stands in a description, by field. What stands under no label is the definition."""
    names = {f"{label}:": name for name, label in LABELS.items()}
    found: dict[str, Any] = dict.fromkeys(("definition", *LABELS), "")
    name, at = "definition", 0
    for block in _BLOCK.finditer(words):
        if found[names[block[1]]] or names[block[1]] == name:
            continue  # said twice: what follows belongs to what stands before
        found[name] = _joined(words[at : block.start()])
        name, at = names[block[1]], block.end()
    found[name] = _joined(words[at:])
    found["aliases"] = tuple(alias for alias in found["aliases"].split("\n") if alias)
    return found


def _kept_apart(words: str) -> str:
    """The words with a blank before each line that could be taken for a label."""
    return re.sub(f"(?m)^(?= *{_LABEL})", " ", plain(words))


def _joined(words: str) -> str:
    return re.sub(f"(?m)^ (?= *{_LABEL})", "", words)


def _inside(parent: Any, name: str) -> Iterator[Any]:
    return (each for each in parent if _name(each) == name)


def _name(element: Any) -> str:
    """Without the namespace, which programs write in more than one way."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
