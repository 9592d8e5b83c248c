"""DOCX: the board paper as Word and LibreOffice open it, with real headings, lists and table headers. No author, no
company, no time but the day it was made on; the same report gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Cm

from forum.intelligence.exports import docx_styles, pictures
from forum.intelligence.exports.package import repacked
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
from forum.intelligence.exports.words import cut, line
from forum.intelligence.report import Report, Table

MEDIA_TYPE, ENDING = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"
WIDE = 16.4  # cm between the margins
PICTURE = (
    '<w:p {names}><w:pPr><w:pStyle w:val="Picture"/></w:pPr><w:r><w:drawing>'
    '<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{wide}" cy="{high}"/>'
    '<wp:docPr id="{number}" name={title} descr={words}/><a:graphic>'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>'
    '<pic:nvPicPr><pic:cNvPr id="{number}" name={title}/><pic:cNvPicPr/></pic:nvPicPr>'
    '<pic:blipFill><a:blip r:embed="{picture}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
    '<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{wide}" cy="{high}"/></a:xfrm>'
    '<a:prstGeom prst="rect"/></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>'
)


def render(report: Report) -> bytes:
    document = docx.Document()
    docx_styles.set_up(document)
    _set_up(document, report)
    _paragraph(document, line(report.title), "Title")
    if report.note:
        _paragraph(document, line(report.note), "Note")
    _paragraph(document, f"{report.made_on.day} {report.made_on:%B %Y}")
    for number, block in enumerate(blocks_of(report), 1):
        _write(document, block, number)
    file = io.BytesIO()
    document.save(file)
    return repacked(file.getvalue())


def _write(document: Document, block: Block, number: int) -> None:
    match block:
        case Heading(words, level):
            _paragraph(document, words, f"Heading{level}")
        case Paragraph(words, numbered):
            _paragraph(document, words, "Numbered" if numbered else "")
        case Boxed(heading, paragraphs):
            _paragraph(document, heading, "BoxedHeading")
            for words in paragraphs:
                _paragraph(document, words, "Boxed")
        case Quotation(words, attribution):
            _paragraph(document, f"“{words}”", "Quotation")
            _paragraph(document, f"— {attribution}", "Attribution")
        case Figures(table):
            _paragraph(document, table.title, "Caption")
            _add(document, _table(table))
            if pictures.has_bars(table):
                _picture(document, table, number)


# Paragraphs and tables go in as XML: python-docx would take more than the second that a paper may for its own way.


def _add(document: Document, xml: str) -> Any:
    element = parse_xml(xml)
    document.element.body.insert_element_before(element, "w:sectPr")
    return element


def _paragraph(document: Document, words: str, style: str = "") -> Any:
    return _add(document, _p(words, style).replace("<w:p>", f"<w:p {nsdecls('w')}>", 1))


def _p(words: str, style: str, about: str = "") -> str:
    """Words of people: their line breaks and tabs are such, and all else is text."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    text = escape(words).replace("\n", "</w:t><w:br/><w:t>").replace("\t", "</w:t><w:tab/><w:t>")
    text = text.replace("<w:t>", '<w:t xml:space="preserve">')
    return f'<w:p><w:pPr>{named}{about}</w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def _table(table: Table) -> str:
    figures, across = columns_of_figures(table), shares(table)
    each = [round(WIDE * 567 * width / sum(across)) for width in across]  # in twentieths of a point
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in each)
    kept = "<w:keepNext/>" if len(table.rows) <= KEPT_TOGETHER else ""
    rows = [_row([printed(value) for value in row], figures, each, "Cell", kept) for row in table.rows[:-1]]
    rows += [_row([printed(value) for value in row], figures, each, "Cell") for row in table.rows[-1:]]
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="Figures"/><w:tblW w:w="{sum(each)}" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/>'
        '<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1"'
        ' w:noVBand="1"/>'
        f"<w:tblCaption w:val={quoteattr(table.title)}/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
        f"{_row(table.columns, figures, each, 'Head', '<w:keepNext/>')}{''.join(rows)}</w:tbl>"
    )


def _row(values: Sequence[str], figures: set[int], each: Sequence[int], style: str, kept: str = "") -> str:
    cells = []
    for number, words in enumerate(values):
        side = '<w:jc w:val="right"/>' if number in figures else ""
        cells.append(f'<w:tc><w:tcPr><w:tcW w:w="{each[number]}" w:type="dxa"/></w:tcPr>')
        cells.append(f"{_p(words, style, kept + side)}</w:tc>")
    head = "<w:tblHeader/>" if style == "Head" else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{''.join(cells)}</w:tr>"


def _picture(document: Document, table: Table, number: int) -> None:
    picture = pictures.picture(table)
    name, _ = document.part.get_or_add_image(io.BytesIO(picture.png))
    _paragraph(document, pictures.title(table), "Caption")
    _add(
        document,
        PICTURE.format(
            names=nsdecls("w", "wp", "a", "pic", "r"),
            picture=name,
            number=number,
            wide=Cm(WIDE),
            high=Cm(WIDE * picture.high / picture.wide),
            title=quoteattr(table.title),
            words=quoteattr(pictures.in_words(table)),
        ),
    )


def _set_up(document: Document, report: Report) -> None:
    """The page, what runs along it, and what the file says of itself."""
    title, note = line(report.title), line(report.note)
    about = document.core_properties
    about.title, about.language = cut(title, 255, "…"), "en-GB"
    about.author = about.last_modified_by = about.comments = about.keywords = about.subject = ""
    about.created = about.modified = datetime.combine(report.made_on, time())
    about.revision = 1
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin = section.bottom_margin = section.left_margin = section.right_margin = Cm(2.3)
    if note:
        section.header.paragraphs[0].text = note
    foot = section.footer.paragraphs[0]._p
    foot.add_r().text = f"{title} · "
    number = '<w:fldSimple {} w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
    foot.append(parse_xml(number.format(nsdecls("w"))))
    _forget(document)


def _forget(document: Document) -> None:
    """What came with python-docx's own document: a picture of it, the program and company it was made with."""
    package, part = document.part.package, document.part
    unwanted = {RELATIONSHIP_TYPE.EXTENDED_PROPERTIES, RELATIONSHIP_TYPE.THUMBNAIL, RELATIONSHIP_TYPE.CUSTOM_XML}
    unwanted |= {"http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects"}
    for relations in (package.rels, part.rels):
        for key in [key for key, relation in relations.items() if relation.reltype in unwanted]:
            del relations[key]
