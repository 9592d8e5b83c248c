"""ODS: the sheets of the workbook without its charts, written row by row. Every word is a string cell of the format
"text": none is taken for a formula, also when somebody edits it. The same report gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import quoteattr

from forum.intelligence.disclosure import SIGN
from forum.intelligence.exports.opendocument import document, manifest, meta, spaced
from forum.intelligence.exports.package import packed
from forum.intelligence.exports.sheets import NOTES, columns_of_figures, heads, notes, page_head, tables_of, widths
from forum.intelligence.exports.words import cut, line, plain
from forum.intelligence.report import Cell, Report, Table

MEDIA_TYPE, ENDING = "application/vnd.oasis.opendocument.spreadsheet", "ods"
PARTS = ("content.xml", "styles.xml", "meta.xml", "settings.xml")


def render(report: Report) -> bytes:
    sheets = tables_of(report)
    return packed(
        [
            ("mimetype", MEDIA_TYPE.encode()),
            ("content.xml", _content(sheets, report)),
            ("styles.xml", _styles(report)),
            ("meta.xml", meta(report)),
            ("settings.xml", _settings({name: len(heads(table, report)) + 1 for name, table in sheets})),
            ("META-INF/manifest.xml", manifest(MEDIA_TYPE, dict.fromkeys(PARTS, "text/xml"))),
        ]
    )


def _content(sheets: Sequence[tuple[str, Table]], report: Report) -> bytes:
    return document("office:document-content", _in_order(sheets, report))


def _in_order(sheets: Sequence[tuple[str, Table]], report: Report) -> Iterator[str]:
    yield f"<office:automatic-styles>{CELLS}"
    wanted = {width for _, table in sheets for width in widths(table)} | {28, 100}
    for width in sorted(wanted):
        yield f'<style:style style:name="w{width}" style:family="table-column">'
        yield f'<style:table-column-properties style:column-width="{width * 0.2 + 0.3:.1f}cm"/></style:style>'
    yield "</office:automatic-styles><office:body><office:spreadsheet>"
    for name, table in sheets:
        yield from _sheet(name, table, report)
    yield from _notes(report)
    yield "</office:spreadsheet></office:body>"


def _sheet(name: str, table: Table, report: Report) -> Iterator[str]:
    yield f'<table:table table:name={quoteattr(name)} table:style-name="sheet">'
    yield from (f'<table:table-column table:style-name="w{width}"/>' for width in widths(table))
    for number, words in enumerate(heads(table, report)):
        yield f"<table:table-row>{_word(words, 'note' if number else 'title')}</table:table-row>"
    figures = columns_of_figures(table)
    head = [
        _word(line(words), "head-of-figures" if column in figures else "head")
        for column, words in enumerate(table.columns)
    ]
    yield f"<table:table-header-rows><table:table-row>{''.join(head)}</table:table-row></table:table-header-rows>"
    for row in table.rows:
        yield f"<table:table-row>{''.join([_cell(value) for value in row])}</table:table-row>"
    yield "</table:table>"


def _notes(report: Report) -> Iterator[str]:
    yield f'<table:table table:name="{NOTES}" table:style-name="sheet">'
    yield '<table:table-column table:style-name="w28"/><table:table-column table:style-name="w100"/>'
    yield f"<table:table-row>{_word(line(report.title), 'title')}</table:table-row>"
    for name, words in notes(report):
        yield f"<table:table-row>{_word(line(name), 'head')}{_word(plain(words), 'word')}</table:table-row>"
    yield "</table:table>"


def _cell(value: Cell) -> str:
    if value is None:
        return _word(SIGN, "hidden")
    if isinstance(value, str):
        return _word(plain(value), "word")
    style = "count" if isinstance(value, int) else "figure"
    return (
        f'<table:table-cell table:style-name="{style}" office:value-type="float" office:value="{value}">'
        f"<text:p>{value}</text:p></table:table-cell>"
    )


def _word(words: str, style: str) -> str:
    if not words:
        return f'<table:table-cell table:style-name="{style}"/>'
    paragraphs = "".join([f"<text:p>{spaced(part)}</text:p>" for part in cut(words).split("\n")])
    return f'<table:table-cell table:style-name="{style}" office:value-type="string">{paragraphs}</table:table-cell>'


def _style(name: str, cell: str = "", paragraph: str = "", text: str = "", data: str = "") -> str:
    shown = f' style:data-style-name="{data}"' if data else ""
    return (
        f'<style:style style:name="{name}" style:family="table-cell" style:parent-style-name="Default"{shown}>'
        f'<style:table-cell-properties style:vertical-align="top"{cell}/>'
        f"<style:paragraph-properties{paragraph}/><style:text-properties{text}/></style:style>"
    )


WRAPPED, RIGHT, BOLD = ' fo:wrap-option="wrap"', ' fo:text-align="end"', ' fo:font-weight="bold"'
ASIDE = ' fo:padding-right="0.2cm"'  # from words that follow on the left
UNDER = ' fo:border-bottom="0.5pt solid #000000"'
CELLS = "".join(
    [
        '<number:text-style style:name="as-text"><number:text-content/></number:text-style>',
        '<number:number-style style:name="as-count"><number:number number:decimal-places="0"'
        ' number:min-integer-digits="1" number:grouping="true"/></number:number-style>',
        '<style:style style:name="sheet" style:family="table" style:master-page-name="Sheet"/>',
        _style("title", text=f'{BOLD} fo:font-size="14pt"', data="as-text"),
        _style("note", text=' fo:font-style="italic"', data="as-text"),
        _style("head", WRAPPED + UNDER, text=BOLD, data="as-text"),
        _style("head-of-figures", WRAPPED + UNDER + ASIDE, RIGHT, BOLD, "as-text"),
        _style("word", WRAPPED, data="as-text"),
        _style("hidden", ASIDE, RIGHT, data="as-text"),
        _style("count", ASIDE, data="as-count"),
        _style("figure", ASIDE),
    ]
)


def _styles(report: Report) -> bytes:
    return document(
        "office:document-styles",
        [
            '<office:styles><style:style style:name="Default" style:family="table-cell"><style:text-properties'
            ' style:font-name="Arial" fo:font-size="10pt" fo:language="en" fo:country="GB"/></style:style>'
            "</office:styles><office:automatic-styles>"
            '<style:page-layout style:name="wide"><style:page-layout-properties fo:page-width="29.7cm"'
            ' fo:page-height="21cm" style:print-orientation="landscape" fo:margin="1.5cm" style:scale-to-X="1"'
            ' style:scale-to-Y="0"/><style:header-style><style:header-footer-properties fo:min-height="0.8cm"/>'
            "</style:header-style><style:footer-style>"
            '<style:header-footer-properties fo:min-height="0.8cm"/></style:footer-style></style:page-layout>'
            "</office:automatic-styles><office:master-styles>"
            '<style:master-page style:name="Sheet" style:page-layout-name="wide">'
            f"<style:header><text:p>{spaced(page_head(report))}</text:p></style:header>"
            "<style:footer><text:p><text:page-number>1</text:page-number> / <text:page-count>1</text:page-count>"
            "</text:p></style:footer></style:master-page></office:master-styles>"
        ],
    )


def _settings(frozen: dict[str, int]) -> bytes:
    """Rows up to the header stay in sight in each sheet."""

    def item(name: str, kind: str, value: object) -> str:
        return f'<config:config-item config:name="{name}" config:type="{kind}">{value}</config:config-item>'

    sheets = "".join(
        f"<config:config-item-map-entry config:name={quoteattr(name)}>"
        + item("VerticalSplitMode", "short", 2)
        + item("VerticalSplitPosition", "int", rows)
        + item("ActiveSplitRange", "short", 2)
        + item("PositionTop", "int", 0)
        + item("PositionBottom", "int", rows)
        + "</config:config-item-map-entry>"
        for name, rows in frozen.items()
    )
    return document(
        "office:document-settings",
        [
            '<office:settings><config:config-item-set config:name="ooo:view-settings">'
            '<config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>'
            f"{item('ViewId', 'string', 'view1')}"
            f'<config:config-item-map-named config:name="Tables">{sheets}</config:config-item-map-named>'
            "</config:config-item-map-entry></config:config-item-map-indexed></config:config-item-set></office:settings>"
        ],
    )
