"""Exports: CPU and memory of 10,000 taggings in each format, beside the bare writer with the same rows, and of a board
paper on 60 themes. Each format is measured in a process of its own, in turns with its bare writer.
"""

import csv
import gc
import io
import multiprocessing
import random
import re
import statistics
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

import xlsxwriter
from lxml import etree

from benchmarks.measuring import claim
from forum.actions.reference import read_rows
from forum.intelligence.codebook import CodebookTheme
from forum.intelligence.exports import csv as csv_file
from forum.intelligence.exports import docx, ods, qdpx, xlsx
from forum.intelligence.exports.qdpx import Coding, Discussion, Passage, Project
from forum.intelligence.report import Paper, QuotedWords, Report, Section, Table
from forum.models.taggings import KINDS
from forum.models.themes import guid_of

TAGGINGS, ROUNDS = 10_000, 5
POSTS_A_DISCUSSION = 25
COLUMNS = ("Group", "Discussion", "Month", "Theme", "Name", "Kind", "Words", "Post")
MADE_ON = date(2026, 5, 4)
SAID = (
    "We moved the panel to Tuesdays, and the wait went from nine weeks to four. What did it take at yours? "
    "Our officers say that the agency rate is what breaks the budget — £1.2m over by month nine 😬. "
)


def codebook() -> list[CodebookTheme]:
    return [
        CodebookTheme(guid_of(row["code"]), row["code"], guid_of(row["parent"]) if row["parent"] else None, row["name"])
        for row in read_rows("codebook.csv")
    ]


def _rows() -> list[tuple[str | int, ...]]:
    chance, themes, kinds = random.Random(1), [theme for theme in codebook() if theme.parent_guid], list(KINDS)
    return [
        (
            "Adult social care",
            f"Waiting for a place, part {number // POSTS_A_DISCUSSION}",
            f"2026-{number % 9 + 1:02}",
            (theme := chance.choice(themes)).code,
            theme.name,
            chance.choice(kinds),
            SAID[chance.randrange(60) : -chance.randrange(1, 60)],
            number,
        )
        for number in range(TAGGINGS)
    ]


def _report() -> Report:
    return Report("Taggings", "", MADE_ON, [Table("Taggings", "Taggings", COLUMNS, _rows())], [])


def project() -> Project:
    """As many posts as taggings carry two each, in discussions of 25."""
    chance, themes = random.Random(1), codebook()
    posts = [
        Passage(
            SAID * 2,
            chance.randrange(300),
            [
                Coding(
                    chance.choice(themes).guid, chance.randrange(4), chance.randrange(90), chance.randrange(90, 190)
                ),
                Coding(chance.choice(themes).guid, chance.randrange(4)),
            ],
        )
        for _ in range(TAGGINGS // 2)
    ]
    parts = range(0, len(posts), POSTS_A_DISCUSSION)
    discussions = [Discussion(f"Discussion {at}", posts[at : at + POSTS_A_DISCUSSION]) for at in parts]
    return Project("Taggings", themes, discussions, 120)


def _paper() -> Report:
    """60 themes: each with what is said of it, figures by month with a chart, and two quotes."""
    themes = [theme for theme in codebook() if theme.parent_guid][:60]
    figures = ("Posts", "People", "Councils")
    whole = Table(
        "Themes",
        "Each theme",
        ("Code", "Theme", *figures),
        [(theme.code, theme.name, at + 40, at + 20, None if at % 9 == 0 else at) for at, theme in enumerate(themes)],
    )
    sections = [
        Section(
            f"{theme.code} {theme.name}",
            theme.code,
            [SAID, SAID],
            [_months(theme.code)],
            [QuotedWords(SAID, "a councillor"), QuotedWords(SAID, "a councillor, county council")],
        )
        for theme in themes
    ]
    words = SAID * 3
    paper = Paper(words, words, words, words, words, words)
    return Report("What the themes add up to", "", MADE_ON, [whole], [("Method", words)], paper, sections)


def _months(code: str) -> Table:
    chance = random.Random(code)  # no two pictures alike
    rows = [(f"Month {month}", 99, None if month == 2 else chance.randrange(10, 90), 9) for month in range(1, 10)]
    return Table(f"{code} by month", f"{code} by month", ("Month", "Posts", "People", "Councils"), rows, (0, 2))


def bare_csv(report: Report) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([report.tables[0].columns, *report.tables[0].rows])
    return text.getvalue().encode()


def bare_xlsx(report: Report) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([report.tables[0].columns, *report.tables[0].rows]):
            sheet.write_row(number, 0, row)
    return file.getvalue()


def bare_qdpx(project: Project) -> bytes:
    """The same elements and sources, with numbers for GUIDs and each position as it comes."""
    space = "{urn:QDA-XML:project:1.0}"
    root = etree.Element(f"{space}Project", name="Taggings")
    found, file = etree.SubElement(root, f"{space}Sources"), io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for number, discussion in enumerate(project.discussions):
            source = etree.SubElement(found, f"{space}TextSource", guid=str(number), plainTextPath=str(number))
            for passage in discussion.passages:
                for coding in passage.codings:
                    span = {"guid": "1", "startPosition": str(coding.start), "endPosition": str(coding.end)}
                    selection = etree.SubElement(source, f"{space}PlainTextSelection", span)
                    coded = etree.SubElement(selection, f"{space}Coding", guid="1", creatingUser="1")
                    etree.SubElement(coded, f"{space}CodeRef", targetGUID=coding.theme)
            package.writestr(f"sources/{number}.txt", "\n\n".join(each.words for each in discussion.passages))
        package.writestr("project.qde", etree.tostring(root, encoding="UTF-8"))
    return file.getvalue()


def render_csv(report: Report) -> bytes:
    return csv_file.render_table(report.tables[0])


FORMATS: dict[str, tuple[Callable, Callable, Callable | None, float]] = {
    "CSV": (_report, render_csv, bare_csv, 0.5),
    "XLSX": (_report, xlsx.render, bare_xlsx, 1.5),
    "ODS": (_report, ods.render, None, 1.5),
    "QDPX": (project, qdpx.render, bare_qdpx, 2),
    "DOCX of 60 themes": (_paper, docx.render, None, 1),
}


def measured(name: str) -> tuple[int, float, float, float]:
    """Size of the file, CPU seconds of ours and of the bare writer (0 for none), and how much memory ours took more."""
    make, ours, bare, _ = FORMATS[name]
    what = make()
    gc.collect()
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the highest memory is counted from here
    size = len(ours(what))
    more = _memory("VmHWM") - before
    own, other = [], []
    for _ in range(ROUNDS):
        own.append(_cost(lambda: ours(what)))
        other.append(_cost(lambda: bare(what)) if bare else 0)
    return size, statistics.median(own), statistics.median(other), more


def _cost(act: Callable[[], object]) -> float:
    before = time.process_time()
    act()
    return time.process_time() - before


def _memory(kind: str) -> float:
    """In MB."""
    found = re.search(rf"{kind}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1000 if found else 0


def main() -> bool:
    print("Exports. Repeat with: python3 dev.py bench exports", flush=True)
    held = []
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as processes:
        for name, (size, own, other, more) in zip(FORMATS, processes.map(measured, FORMATS), strict=True):
            print(f"  {name}: a file of {size / 1e3:,.0f} kB")
            held.append(claim(f"{name}, CPU", own, FORMATS[name][3], "s"))
            held.append(claim(f"{name}, more memory", more, 60, "MB"))
            if other:
                held.append(claim(f"{name} beside the bare writer", own / other, 3))
    return all(held)
