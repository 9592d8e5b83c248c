"""ODT: the board paper as LibreOffice and Word open it, with real headings, lists and table headers. No author and no
time but the day it was made on; the same report gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from forum.intelligence.exports import pictures
from forum.intelligence.exports.opendocument import document, manifest, meta, spaced
from forum.intelligence.exports.package import packed
from forum.intelligence.exports.paper_form import (
    KEPT_TOGETHER,
    Block,
    Boxed,
    Figures,
    Heading,
    Paragraph,
    Quotation,
    blocks_of,
    printed,
    shares,
)
from forum.intelligence.exports.sheets import columns_of_figures
from forum.intelligence.exports.words import line
from forum.intelligence.report import Report, Table

MEDIA_TYPE, ENDING = "application/vnd.oasis.opendocument.text", "odt"
WIDE = 16.4  # cm between the margins


def render(report: Report) -> bytes:
    drawn: dict[str, bytes] = {}
    content = document("office:document-content", _content(report, drawn))
    parts = dict.fromkeys(("content.xml", "styles.xml", "meta.xml"), "text/xml") | dict.fromkeys(drawn, "image/png")
    return packed(
        [
            ("mimetype", MEDIA_TYPE.encode()),
            ("content.xml", content),
            ("styles.xml", _styles(report)),
            ("meta.xml", meta(report)),
            *drawn.items(),
            ("META-INF/manifest.xml", manifest(MEDIA_TYPE, parts)),
        ]
    )


def _content(report: Report, drawn: dict[str, bytes]) -> Iterator[str]:
    """The text; its pictures go into `drawn` under the names that it gives them."""
    blocks = list(blocks_of(report))
    wanted = {width for block in blocks if isinstance(block, Figures) for width in _columns(block.table)}
    yield f"<office:automatic-styles>{TABLES}"
    yield '<style:style style:name="drawn" style:family="graphic"><style:graphic-properties style:wrap="none"/>'
    yield "</style:style>"
    for width in sorted(wanted):
        yield f'<style:style style:name="w{width}" style:family="table-column">'
        yield f'<style:table-column-properties style:column-width="{width}mm"/></style:style>'
    yield "</office:automatic-styles><office:body><office:text>"
    yield _paragraph(line(report.title), "Title")
    if report.note:
        yield _paragraph(line(report.note), "Note")
    yield _paragraph(f"{report.made_on.day} {report.made_on:%B %Y}")
    for number, block in enumerate(blocks):
        yield from _block(block, number, drawn)
    yield "</office:text></office:body>"


def _block(block: Block, number: int, drawn: dict[str, bytes]) -> Iterator[str]:
    match block:
        case Heading(words, level):
            yield _heading(words, f"Heading-{level}", level)
        case Paragraph(words, False):
            yield _paragraph(words)
        case Paragraph(words):
            # One list through the paper: each part of it goes on where the last one stopped.
            yield '<text:list text:style-name="Numbers" text:continue-numbering="true"><text:list-item>'
            yield f"{_paragraph(words, 'Numbered')}</text:list-item></text:list>"
        case Boxed(heading, paragraphs):
            yield _heading(heading, "Boxed-heading", 1)
            yield from (_paragraph(words, "Boxed") for words in paragraphs)
        case Quotation(words, attribution):
            yield _paragraph(f"“{words}”", "Quotation")
            yield _paragraph(f"— {attribution}", "Attribution")
        case Figures(table):
            yield _paragraph(table.title, "Caption")
            yield from _table(table, f"Table {number}")
            if pictures.has_bars(table):
                yield _paragraph(pictures.title(table), "Caption")
                yield _picture(table, f"Chart {number}", drawn)


def _heading(words: str, style: str, level: int) -> str:
    return f'<text:h text:style-name="{style}" text:outline-level="{level}">{spaced(words)}</text:h>'


def _paragraph(words: str, style: str = "Standard") -> str:
    text = "<text:line-break/>".join(spaced(part) for part in words.split("\n"))
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def _picture(table: Table, name: str, drawn: dict[str, bytes]) -> str:
    picture, path = pictures.picture(table), f"Pictures/{len(drawn) + 1}.png"
    drawn[path] = picture.png
    return (
        f'<text:p text:style-name="Picture"><draw:frame draw:style-name="drawn" draw:name="{name}"'
        f' text:anchor-type="as-char" svg:width="{WIDE}cm" svg:height="{WIDE * picture.high / picture.wide:.2f}cm">'
        f'<draw:image xlink:href="{path}" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/>'
        f"<svg:title>{escape(table.title)}</svg:title><svg:desc>{escape(pictures.in_words(table))}</svg:desc>"
        "</draw:frame></text:p>"
    )


def _columns(table: Table) -> list[int]:
    """Their widths in millimetres."""
    parts = shares(table)
    return [round(10 * WIDE * part / sum(parts)) for part in parts]


def _table(table: Table, name: str) -> Iterator[str]:
    figures = columns_of_figures(table)
    style = "Together" if len(table.rows) <= KEPT_TOGETHER else "Parted"
    yield f'<table:table table:name="{name}" table:style-name="{style}">'
    yield from (f'<table:table-column table:style-name="w{width}"/>' for width in _columns(table))
    yield f"<table:table-header-rows>{_row(table.columns, figures, 'Head')}</table:table-header-rows>"
    for row in table.rows:
        yield _row([printed(value) for value in row], figures, "Cell")
    yield "</table:table>"


def _row(values: Sequence[str], figures: set[int], style: str) -> str:
    cells = (
        f'<table:table-cell table:style-name="{style}s" office:value-type="string">'
        f"{_paragraph(words, f'{style}-figure' if number in figures else style)}</table:table-cell>"
        for number, words in enumerate(values)
    )
    return f'<table:table-row table:style-name="Row">{"".join(cells)}</table:table-row>'


def _style(name: str, paragraph: str = "", text: str = "", heading: int = 0) -> str:
    level = f' style:default-outline-level="{heading}"' if heading else ""
    return (
        f'<style:style style:name="{name}" style:family="paragraph" style:parent-style-name="Standard"{level}>'
        f"<style:paragraph-properties{paragraph}/><style:text-properties{text}/></style:style>"
    )


def _whole(name: str, parted: str) -> str:
    return (
        f'<style:style style:name="{name}" style:family="table"><style:table-properties style:width="{WIDE}cm"'
        f' table:align="left" table:border-model="collapsing" style:may-break-between-rows="{parted}"/></style:style>'
    )


def _cells(name: str, ruled: str) -> str:
    properties = f'<style:table-cell-properties fo:border-bottom="{ruled}" fo:padding="0.09cm"/>'
    return f'<style:style style:name="{name}" style:family="table-cell">{properties}</style:style>'


def _space(before: float, after: float = 0.2) -> str:
    """Centimetres above and below: Writer takes neither from the style that another is based on once one is given."""
    return f' fo:margin-top="{before}cm" fo:margin-bottom="{after}cm"'


BOLD, RIGHT, KEPT = ' fo:font-weight="bold"', ' fo:text-align="end"', ' fo:keep-with-next="always"'
TIGHT, SMALL = _space(0, 0), ' fo:font-size="10pt"'
IN = ' fo:margin-left="1cm" fo:margin-right="1cm"'
FRAME = ' fo:border="1pt solid #141a22" fo:padding="0.2cm"'
STYLES = "".join(
    [
        '<style:default-style style:family="paragraph"><style:paragraph-properties fo:orphans="2" fo:widows="2"/>'
        '<style:text-properties fo:font-family="Arial" style:font-family-generic="swiss" fo:font-size="11pt"'
        ' fo:color="#141a22" fo:language="en" fo:country="GB"/></style:default-style>',
        '<style:style style:name="Standard" style:family="paragraph"><style:paragraph-properties'
        ' fo:margin-bottom="0.2cm" fo:line-height="115%"/></style:style>',
        _style("Title", _space(0, 0.15), f'{BOLD} fo:font-size="20pt"'),
        _style("Note", text=BOLD),
        _style("Running", TIGHT, ' fo:font-size="9pt"'),
        _style("Heading-1", KEPT + _space(0.7), f'{BOLD} fo:font-size="14pt"', 1),
        _style("Heading-2", KEPT + _space(0.5), f'{BOLD} fo:font-size="12pt"', 2),
        _style("Boxed-heading", KEPT + FRAME + _space(0.5), f'{BOLD} fo:font-size="12pt"', 1),
        _style("Boxed", FRAME),
        _style("Numbered"),
        _style("Quotation", IN + KEPT + _space(0.35, 0), ' fo:font-style="italic"'),
        _style("Attribution", IN),
        _style("Caption", KEPT + _space(0.4), BOLD + SMALL),
        _style("Picture"),
        _style("Cell", TIGHT, SMALL),
        _style("Cell-figure", RIGHT + TIGHT, SMALL),
        _style("Head", TIGHT, BOLD + SMALL),
        _style("Head-figure", RIGHT + TIGHT, BOLD + SMALL),
        '<text:list-style style:name="Numbers"><text:list-level-style-number text:level="1" style:num-suffix="."'
        ' style:num-format="1"><style:list-level-properties text:list-level-position-and-space-mode="label-alignment">'
        '<style:list-level-label-alignment text:label-followed-by="listtab" fo:margin-left="1cm"'
        ' fo:text-indent="-1cm"/></style:list-level-properties></text:list-level-style-number></text:list-style>',
    ]
)

# Writer takes the styles of tables only from beside the text.
TABLES = "".join(
    [
        _whole("Parted", "true"),
        _whole("Together", "false"),
        '<style:style style:name="Row" style:family="table-row"><style:table-row-properties'
        ' fo:keep-together="always"/></style:style>',
        _cells("Heads", "1pt solid #141a22"),
        _cells("Cells", "0.5pt solid #9aa5b1"),
    ]
)


def _styles(report: Report) -> bytes:
    head = f"<style:header>{_paragraph(line(report.note), 'Running')}</style:header>" if report.note else ""
    foot = f"{spaced(line(report.title))} · <text:page-number>1</text:page-number>"
    return document(
        "office:document-styles",
        [
            f"<office:styles>{STYLES}</office:styles><office:automatic-styles>",
            '<style:page-layout style:name="A4"><style:page-layout-properties fo:page-width="21cm"'
            ' fo:page-height="29.7cm" fo:margin="2.3cm"/>',
            '<style:header-style><style:header-footer-properties fo:margin-bottom="0.5cm"/></style:header-style>',
            '<style:footer-style><style:header-footer-properties fo:margin-top="0.5cm"/></style:footer-style>',
            "</style:page-layout></office:automatic-styles><office:master-styles>",
            f'<style:master-page style:name="Standard" style:page-layout-name="A4">{head}',
            f'<style:footer><text:p text:style-name="Running">{foot}</text:p></style:footer>',
            "</style:master-page></office:master-styles>",
        ],
    )
