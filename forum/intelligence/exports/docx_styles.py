"""The styles of the board paper in DOCX, and the one list that counts its paragraphs. They take the place of all that
python-docx's own document brings along. Word wants the elements of a style in the order of its schema.
"""

from __future__ import annotations

from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

INK, RULE = "141A22", "9AA5B1"
BUILT_IN = {"heading 1": "Heading1", "heading 2": "Heading2", "Title": "Title", "caption": "Caption"}
BUILT_IN |= {"header": "Header", "footer": "Footer"}  # Word knows them by their names, and counts on these ids


def set_up(document: Document) -> None:
    """The styles, the list and the settings, in place of those that are there."""
    for element, xml in (
        (document.styles.element, f"<w:styles {nsdecls('w')}>{STYLES}</w:styles>"),
        (document.part.numbering_part.element, f"<w:numbering {nsdecls('w')}>{NUMBERING}</w:numbering>"),
        (document.settings.element, f"<w:settings {nsdecls('w')}>{SETTINGS}</w:settings>"),
    ):
        element[:] = list(parse_xml(xml))


def _style(name: str, paragraph: str = "", text: str = "", based: str = "Normal") -> str:
    known = BUILT_IN.get(name)
    own = "" if known else ' w:customStyle="1"'
    return (
        f'<w:style w:type="paragraph" w:styleId="{known or name}"{own}><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="{based}"/><w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{text}</w:rPr></w:style>'
    )


def _space(before: int, after: int = 6) -> str:
    """Points before and after a paragraph."""
    return f'<w:spacing w:before="{20 * before}" w:after="{20 * after}"/>'


def _size(points: int) -> str:
    return f'<w:sz w:val="{2 * points}"/><w:szCs w:val="{2 * points}"/>'


def _frame() -> str:
    sides = (f'<w:{side} w:val="single" w:sz="8" w:space="6" w:color="{INK}"/>' for side in SIDES)
    return f"<w:pBdr>{''.join(sides)}</w:pBdr>"


SIDES = ("top", "left", "bottom", "right")
KEPT, BOLD, ITALIC = "<w:keepNext/>", "<w:b/><w:bCs/>", "<w:i/><w:iCs/>"
IN, FRAMED = '<w:ind w:left="567" w:right="567"/>', '<w:ind w:left="142" w:right="142"/>'
NUMBERS = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
FONT = '<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:eastAsia="Arial" w:cs="Arial"/>'
STYLES = "".join(
    [
        f'<w:docDefaults><w:rPrDefault><w:rPr>{FONT}<w:color w:val="{INK}"/>{_size(11)}'
        '<w:lang w:val="en-GB" w:eastAsia="en-GB" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        '<w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="269" w:lineRule="auto"/></w:pPr></w:pPrDefault>'
        "</w:docDefaults>"
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>',
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/><w:semiHidden/></w:style>',
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:semiHidden/>'
        '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:left w:w="108" w:type="dxa"/>'
        '<w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>',
        _style("Title", f"{KEPT}{_space(0, 4)}", BOLD + _size(20)),
        _style("Note", "", BOLD),
        _style("header", _space(0, 0), _size(9)),
        _style("footer", _space(0, 0), _size(9)),
        _style("heading 1", f'{KEPT}{_space(20)}<w:outlineLvl w:val="0"/>', BOLD + _size(14)),
        _style("heading 2", f'{KEPT}{_space(14)}<w:outlineLvl w:val="1"/>', BOLD + _size(12)),
        _style(
            "BoxedHeading",
            f'{KEPT}{_frame()}{_space(8)}{FRAMED}<w:outlineLvl w:val="0"/>',
            BOLD + _size(12),
            "Heading1",
        ),
        _style("Boxed", f"<w:keepLines/>{_frame()}{FRAMED}"),
        _style("Numbered", NUMBERS),
        _style("Quotation", f"{KEPT}{_space(10, 0)}{IN}", ITALIC),
        _style("Attribution", IN),
        _style("caption", f"{KEPT}{_space(12)}", BOLD + _size(10)),
        _style("Picture"),
        _style("Cell", _space(2, 2), _size(10)),
        _style("Head", f"{KEPT}{_space(2, 2)}", BOLD + _size(10)),
        '<w:style w:type="table" w:customStyle="1" w:styleId="Figures"><w:name w:val="Figures"/>'
        '<w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders>'
        f'<w:bottom w:val="single" w:sz="4" w:color="{RULE}"/><w:insideH w:val="single" w:sz="4" w:color="{RULE}"/>'
        '</w:tblBorders></w:tblPr><w:tblStylePr w:type="firstRow"><w:tcPr><w:tcBorders>'
        f'<w:bottom w:val="single" w:sz="8" w:color="{INK}"/></w:tcBorders></w:tcPr></w:tblStylePr></w:style>',
    ]
)
NUMBERING = (
    '<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/>'
    '<w:numFmt w:val="decimal"/><w:pStyle w:val="Numbered"/><w:lvlText w:val="%1."/><w:lvlJc w:val="left"/>'
    '<w:pPr><w:ind w:left="567" w:hanging="567"/></w:pPr></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
)
SETTINGS = (
    '<w:defaultTabStop w:val="720"/><w:compat><w:compatSetting w:name="compatibilityMode"'
    ' w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat><w:themeFontLang w:val="en-GB"/>'
)
