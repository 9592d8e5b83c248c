"""The workbook in OpenDocument: it says what the other one says."""

import io
from zipfile import ZIP_STORED, ZipFile

from lxml import etree
from odfdo import Document

from forum.intelligence.exports import ods
from forum.intelligence.report import Report, Table
from tests.intelligence.test_xlsx import BY_MONTH, WORKING
from tests.intelligence.test_xlsx import opened as opened_xlsx


def opened(report=WORKING):
    return Document(io.BytesIO(ods.render(report)))


def parts(report=WORKING):
    with ZipFile(io.BytesIO(ods.render(report))) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_it_has_the_same_sheets_with_the_same_cells_as_the_xlsx():
    other = opened_xlsx()
    tables = opened().body.tables
    assert [table.name for table in tables] == other.sheetnames
    for table in tables:
        assert [tuple(row) for row in table.get_values()] == list(other[table.name].values)


def test_hidden_figures_are_words_and_the_others_numbers():
    themes = opened().body.tables[0]
    kinds = [[cell.type for cell in row.get_cells()] for row in themes.get_rows()[3:]]
    assert kinds == [["string", *["float"] * 3], ["string"] * 4, ["string", *["float"] * 3]]


def test_the_package_is_as_opendocument_wants_it():
    with ZipFile(io.BytesIO(ods.render(WORKING))) as package:
        first = package.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", ZIP_STORED)
        manifest = package.read("META-INF/manifest.xml").decode()
        for name in package.namelist()[1:-1]:
            assert f'full-path="{name}"' in manifest
    for name, data in parts().items():
        if name.endswith(".xml"):
            etree.fromstring(data)


def test_the_header_stays_in_sight_and_repeats_in_print():
    found = parts()
    assert b"<table:table-header-rows>" in found["content.xml"]
    assert b'config:name="VerticalSplitPosition" config:type="int">3<' in found["settings.xml"]
    assert "working figures, not for circulation" in found["styles.xml"].decode()


def test_blanks_tabs_and_lines_come_back():
    words = "  two  blanks \tand\na line "
    report = Report("T", "", WORKING.made_on, [Table("T", "T", ("a",), [(words,)]), BY_MONTH], [])
    assert b'<text:s text:c="2"/>two<text:s text:c="2"/>blanks <text:tab/>and</text:p>' in parts(report)["content.xml"]
    cell = opened(report).body.tables[0].get_rows()[2].get_cells()[0]
    assert "\n".join(paragraph.inner_text for paragraph in cell.get_paragraphs()) == words


def test_the_file_says_nobodys_name_and_no_time_and_is_the_same_each_time():
    assert ods.render(WORKING) == ods.render(WORKING)
    meta = parts()["meta.xml"].decode()
    assert "2026-05-04T00:00:00" in meta and "creator" not in meta and "generator" not in meta
