"""LibreOffice opens every file, prints it, and shows the words of people as words."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from forum.intelligence.exports import csv, docx, ods, odt, xlsx
from forum.intelligence.exports.words import plain
from forum.intelligence.report import QuotedWords, Section, Table
from tests.intelligence.papers import sample
from tests.intelligence.test_hostile import HOSTILE

pytestmark = pytest.mark.office
RUNNING = Table("Sums", "Sums", ("Theme", "People"), [("=1+1", 12), ("@SUM(1+1)", None), ("-2+3", 0), ("+7-5", 1)])
PAPERS, BOOKS = (docx, odt), (xlsx, ods)
AS_TEXT, AS_ROWS = (
    "txt:Text (encoded):UTF8",
    "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1",
)


class Office:
    """LibreOffice without a window and with a profile of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = shutil.which("soffice")
        assert self.program, "LibreOffice is not installed"

    def convert(self, files: dict[str, bytes], kind: str) -> Path:
        """The folder of what became of the files."""
        made = self.folder / f"{len(list(self.folder.iterdir()))}"
        made.mkdir()
        for name, data in files.items():
            (made / name).write_bytes(data)
        profile = f"-env:UserInstallation={(self.folder / 'profile').as_uri()}"
        words = [
            self.program,
            profile,
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            made,
            *(made / name for name in files),
        ]
        subprocess.run(words, check=True, capture_output=True, timeout=240)
        return made


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_every_file_is_printed(office):
    report = sample(8, note="working figures, not for circulation")
    made = office.convert({f"{each.ENDING}.{each.ENDING}": each.render(report) for each in PAPERS + BOOKS}, "pdf")
    pages = {each.ENDING: (made / f"{each.ENDING}.pdf").read_bytes().count(b"/Type/Page/") for each in PAPERS + BOOKS}
    assert pages["docx"] >= 8 and pages["odt"] >= 8
    assert pages["xlsx"] >= 4 and pages["ods"] >= 4  # a sheet a table, and the notes
    pictures = {name: (made / f"{name}.pdf").read_bytes().count(b"/Subtype/Image") for name in ("docx", "odt")}
    assert min(pictures.values()) >= 9


def test_both_papers_read_the_same(office):
    report = sample(8)
    made = office.convert({f"{each.ENDING}.{each.ENDING}": each.render(report) for each in PAPERS}, AS_TEXT)
    word, open_document = (squeezed((made / f"{each.ENDING}.txt").read_text("utf-8-sig")) for each in PAPERS)
    assert word == open_document
    for part in ("22.Aguidetowhatworkedgoestoallcouncils.", "Łódźandothertwintowns–cooperation", "1,900", "[c]"):
        assert part in word


@pytest.mark.parametrize("written", PAPERS)
def test_hostile_words_are_words_in_a_paper(office, written):
    sections = [
        Section(f"Case {name}", name, [words], [], [QuotedWords(words, "a councillor")])
        for name, words in HOSTILE.items()
    ]
    report = replace(sample(1), sections=sections)
    made = office.convert({f"hostile.{written.ENDING}": written.render(report)}, AS_TEXT)
    text = squeezed((made / "hostile.txt").read_text("utf-8-sig"))
    missing = [name for name, words in HOSTILE.items() if text.count(squeezed(plain(words).strip())) < 2]
    assert missing == []


def test_no_sum_is_done_in_a_book(office):
    report = replace(sample(1), tables=[RUNNING])
    files = {f"{each.ENDING}.{each.ENDING}": each.render(report) for each in BOOKS}
    made = office.convert(files, AS_ROWS)
    for each in BOOKS:
        rows = (made / f"{each.ENDING}-Sums.csv").read_text("utf-8-sig").splitlines()
        assert [row.strip('"') for row in rows[-4:]] == ["=1+1,12", "@SUM(1+1),[c]", "-2+3,0", "+7-5,1"]
    made = office.convert({"table.csv": csv.render_table(RUNNING)}, "ods")
    made = office.convert({"table.ods": (made / "table.ods").read_bytes()}, "csv")
    rows = (made / "table.csv").read_text("utf-8-sig").splitlines()
    assert [row.split(",")[0].lstrip("'") for row in rows[1:5]] == ["=1+1", "@SUM(1+1)", "-2+3", "+7-5"]
