"""The board paper: its form, and that DOCX, ODT and the page for print say the same, each in its own right way."""

import io
import re
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from zipfile import ZipFile

import docx as docx_of_python
import html5lib
import pytest
from docx.oxml.ns import qn
from odfdo import Document

from forum.intelligence.exports import docx, html, odt
from forum.intelligence.exports.html import css
from forum.intelligence.exports.paper_form import Figures, Heading, Paragraph, blocks_of
from forum.intelligence.report import Report, Section, Table
from tests.intelligence.papers import PAPER, sample

FORM = [
    "Purpose of report",
    "Summary",
    "Recommendations",
    "Action",
    "Background",
    "Themes",
    "Method and limits",
    "Financial implications",
    "Next steps",
]
NOTE = "working figures, not for circulation"
ONE_THEME = replace(sample(1), tables=[], title="Care")
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"


def in_docx(report: Report):
    return docx_of_python.Document(io.BytesIO(docx.render(report)))


def in_odt(report: Report) -> Document:
    return Document(io.BytesIO(odt.render(report)))


def in_html(report: Report):
    """The page, which has no fault that a parser would have to mend."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(html.render(report).decode())


def text_of(element) -> str:
    return "".join(element.itertext())


def said_by_docx(report: Report) -> list[str]:
    found = []
    for block in in_docx(report).iter_inner_content():
        rows = getattr(block, "rows", None)
        found += [cell.text for row in rows for cell in row.cells] if rows else [block.text]
    return found


def said_by_odt(report: Report) -> list[str]:
    paragraphs = in_odt(report).body.xpath("//office:text//text:p[not(draw:frame)] | //office:text//text:h")
    return [each.inner_text for each in paragraphs]


def said_by_html(report: Report) -> list[str]:
    said = ["h1", "h2", "h3", "p", "li", "blockquote", "figcaption", "caption", "th", "td"]
    return [text_of(each) for each in in_html(report).iter() if each.tag in said]


def words(parts: list[str]) -> list[str]:
    return [" ".join(part.split()) for part in parts if part.strip()]


def test_the_three_say_the_same():
    report = sample(note=NOTE)
    said = words(said_by_docx(report))
    assert len(said) > 400
    assert said == words(said_by_odt(report)) == words(said_by_html(report))
    for quote in ("“Nobody rang <b>us</b> & nobody asked.”", "— a councillor, county council", "[c]", "1,900"):
        assert quote in said


def test_it_has_the_parts_of_the_form_in_its_order():
    page = in_html(sample(2))
    assert [text_of(heading) for heading in page.iter("h2")] == FORM
    assert [text_of(heading) for heading in page.iter("h3")] == [section.title for section in sample(2).sections]
    paper = replace(PAPER, recommendation="That the board agrees.", next_steps="\n\n")
    assert (
        [text_of(heading) for heading in in_html(sample(2, paper=paper)).iter("h2")]
        == [
            *FORM[:2],
            "Recommendation",  # there is one
            *FORM[3:-1],  # and a part without words is not there
        ]
    )


def test_figures_without_a_paper_are_told_all_the_same():
    report = sample(2, paper=None)
    assert [text_of(heading) for heading in in_html(report).iter("h2")] == FORM[4:7]
    assert words(said_by_docx(report)) == words(said_by_odt(report)) == words(said_by_html(report))


def test_paragraphs_are_counted_by_the_program_and_not_typed():
    report = sample(3)
    numbered = [block.words for block in blocks_of(report) if isinstance(block, Paragraph) and block.numbered]
    assert len(numbered) == 1 + 2 * 3 + 3 + 2
    document = in_docx(report)
    assert [each.text for each in document.paragraphs if each.style.style_id == "Numbered"] == numbered
    [counted] = document.styles.element.xpath('w:style[@w:styleId="Numbered"]//w:numId')
    assert counted.get(qn("w:val")) == document.part.numbering_part.element.find(qn("w:num")).get(qn("w:numId"))
    lists = in_odt(report).body.get_elements("//text:list")
    items = [each.get_element("text:list-item/text:p") for each in lists]
    assert words([each.inner_text for each in items]) == words(numbered)
    assert {each.get_attribute("text:continue-numbering") for each in lists} == {True}
    starts = [(int(each.get("start")), len(list(each))) for each in in_html(report).iter("ol")]
    assert starts[0][0] == 1
    assert all(start + count == after for (start, count), (after, _) in pairwise(starts))
    assert sum(count for _, count in starts) == len(numbered)


def test_headings_are_real_and_none_is_left_out():
    def levels_in_order(levels: list[int]) -> bool:
        return levels[0] == 1 and all(after <= before + 1 for before, after in pairwise(levels))

    document = in_docx(sample(2))
    known = {"Heading1": 1, "Heading2": 2, "BoxedHeading": 1}
    levels = [known[each.style.style_id] for each in document.paragraphs if each.style.style_id in known]
    assert document.styles["BoxedHeading"].base_style.style_id == "Heading1"
    assert levels_in_order(levels)
    assert levels == [int(each.get_attribute("text:outline-level")) for each in in_odt(sample(2)).body.headers]
    assert levels == [int(each.tag[1]) - 1 for each in in_html(sample(2)).iter() if each.tag in ("h2", "h3")]


def test_the_head_of_a_table_is_marked_and_comes_again_on_the_next_page():
    for table in in_docx(sample(2)).tables:
        first, *others = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
        assert first and not any(others)
        assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))
    for table in in_odt(sample(2)).body.tables:
        assert len(table.get_elements("table:table-header-rows/table:table-row")) == 1
    for table in in_html(sample(2)).iter("table"):
        assert {each.get("scope") for each in table.find("thead").iter("th")} == {"col"}
        assert {each.get("scope") for each in table.find("tbody").iter("th")} <= {"row"}
        assert text_of(table.find("caption"))


def test_every_picture_has_words():
    report = sample(3)
    about = [f"Bar chart: people by {name}. Longest: " for name in ("theme", *["month"] * 3)]

    def tells(found: list[str]) -> bool:
        return [each[: len(start)] for each, start in zip(found, about, strict=True)] == about

    drawn = [each for each in in_docx(report).element.iter(DRAWING)]
    assert tells([each.get("descr") for each in drawn])
    assert len({each.get("id") for each in drawn}) == len(drawn)
    frames = in_odt(report).body.xpath("//draw:frame")
    assert tells([each.get_element("svg:desc").text for each in frames])
    assert all(each.get_element("svg:title").text for each in frames)
    charts = [each for each in in_html(report).iter("div") if each.get("role") == "img"]
    assert tells([each.get("aria-label") for each in charts])


def test_a_table_that_does_not_fit_on_a_page_is_said_to_be_elsewhere():
    blocks = list(blocks_of(sample(1)))
    assert [block.table.name for block in blocks if isinstance(block, Figures)] == [
        "Bases",
        "Tops",
        "T-1 by month",
    ]
    assert (
        Paragraph(
            "“Each theme of the codebook” is too wide for a page. It is in the spreadsheet that comes with this paper."
        )
        in blocks
    )


def test_a_table_with_nothing_to_show_is_one_sentence():
    hidden = Table("T-1 by region", "T-1 by region", ("Region", "Posts"), [("Wales", None), ("London", None)])
    shown = replace(hidden, rows=[("Wales", None), ("London", 0)])
    blocks = list(blocks_of(replace(sample(1), tables=[hidden, shown])))
    assert blocks.index(Paragraph("“T-1 by region”: all figures are hidden.")) + 1 == blocks.index(Figures(shown))


def test_a_paper_without_themes_says_so():
    blocks = list(blocks_of(replace(sample(1), sections=[])))
    after = blocks[blocks.index(Heading("Themes")) + 1]
    assert after == Paragraph(
        "No theme can be reported: too few people or councils raised it, or its figures would tell of few people."
    )


def test_the_note_marks_every_page_and_without_one_nothing_does():
    document = in_docx(sample(1, note=NOTE))
    assert document.sections[0].header.paragraphs[0].text == NOTE
    assert "Care" in in_docx(ONE_THEME).sections[0].footer.paragraphs[0].text
    assert in_docx(ONE_THEME).sections[0].header.is_linked_to_previous  # there is none
    [header] = in_odt(sample(1, note=NOTE)).styles.root.get_elements("//style:header/text:p")
    assert header.inner_text == NOTE
    assert not in_odt(ONE_THEME).styles.root.get_elements("//style:header")
    assert f'@top-left {{ content: "{css(NOTE)}"' in html.render(sample(1, note=NOTE)).decode()


def test_a_file_tells_its_title_and_day_and_nobody_who_made_it():
    report = sample(1)
    about = in_docx(report).core_properties
    assert (about.title, about.language) == (report.title, "en-GB")
    assert (about.author, about.last_modified_by, about.comments, about.category) == ("", "", "", "")
    assert about.created.replace(tzinfo=None) == about.modified.replace(tzinfo=None) == datetime(2026, 11, 20)
    meta = in_odt(report).meta
    assert (meta.title, meta.creation_date, meta.creator) == (report.title, datetime(2026, 11, 20), None)
    page = in_html(report)
    assert (page.get("lang"), text_of(page.find("head/title"))) == ("en-GB", report.title)
    assert "20 November 2026" in said_by_docx(report)
    for made in (docx.render(report), odt.render(report)):
        with ZipFile(io.BytesIO(made)) as package:
            assert {part.date_time for part in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert not {"docProps/app.xml", "docProps/thumbnail.jpeg"} & set(package.namelist())
            text = b"".join(package.read(name) for name in package.namelist() if name.endswith(".xml"))
            assert not re.search(rb"python-docx|odfdo|Application>|Company>|Template>|en-US", text)


@pytest.mark.parametrize("written", [docx, odt, html])
def test_the_same_report_gives_the_same_bytes(written):
    assert written.render(sample(2, note=NOTE)) == written.render(sample(2, note=NOTE))
    assert written.render(sample(2)) != written.render(sample(2, note=NOTE))


def test_the_language_is_english_throughout():
    [language] = in_docx(ONE_THEME).styles.element.xpath("w:docDefaults//w:lang")
    assert language.get(qn("w:val")) == "en-GB"
    properties = in_odt(ONE_THEME).styles.root.get_elements("//style:default-style/style:text-properties")
    assert [(each.get_attribute("fo:language"), each.get_attribute("fo:country")) for each in properties] == [
        ("en", "GB")
    ]


def test_the_page_for_print_loads_nothing_and_runs_nothing():
    page = in_html(sample(2))
    tags = {each.tag for each in page.iter()}
    assert not tags & {"script", "link", "img", "iframe", "object", "form", "a"}
    assert not {name for each in page.iter() for name in each.attrib if name in ("style", "src", "href")}
    assert not {name for each in page.iter() for name in each.attrib if name.startswith("on")}
    assert "url(" not in text_of(page.find("head/style")) and "@import" not in text_of(page.find("head/style"))


def test_words_in_the_style_sheet_end_nothing_in_it():
    assert css('a"}</style>') == "a\\22 \\7d \\3c \\2f style\\3e "
    report = replace(ONE_THEME, title='"} </style><script>alert(1)</script> /* \\')
    page = in_html(report)
    assert not list(page.iter("script"))
    assert text_of(page.find("body/main/h1")) == report.title


def test_line_breaks_of_people_stay():
    section = Section("Care", "T", ["First line\nsecond line\n\nAnother paragraph"])
    report = replace(ONE_THEME, sections=[section])
    assert "First line\nsecond line" in said_by_docx(report)
    assert "Another paragraph" in said_by_docx(report)
    [written] = [each for each in in_docx(report).paragraphs if "second line" in each.text]
    assert len(written._p.findall(".//" + qn("w:br"))) == 1
    [broken] = in_odt(report).body.xpath("//text:p[contains(., 'second line')]")
    assert broken.get_elements("text:line-break")


def test_a_short_table_stays_together_and_a_long_one_may_be_parted():
    rows = [(f"Row {number}", number) for number in range(40)]
    for number, kept in ((10, True), (40, False)):
        table = Table("T", "T", ("Row", "People"), rows[:number])
        report = replace(ONE_THEME, tables=[table], sections=[])
        last_but_one = in_docx(report).tables[0].rows[-2].cells[0].paragraphs[0]
        assert (last_but_one.paragraph_format.keep_with_next is True) == kept
        style = in_odt(report).body.tables[0].style
        assert style == ("Together" if kept else "Parted")
