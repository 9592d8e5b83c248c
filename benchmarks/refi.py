"""Judges `.qdc` and `.qdpx` files by the published REFI-QDA schemas, which are not ours to pass on.

    python -m benchmarks.refi FOLDER [FILE ...]

FOLDER holds `Codebook.xsd` and `Project.xsd`. Without files it judges the codebook that every service begins with and
a project of 10,000 taggings, and says how long they took. It also looks for what a schema cannot say: references to
nothing, positions outside of a text. Exit status 1 when something is wrong; a missing schema is wrong too.
"""

import io
import sys
import time
import zipfile
from pathlib import Path

from lxml import etree

from benchmarks.exports import codebook, project
from forum.intelligence.exports import qdc, qdpx
from tests.intelligence.refi import faults_of_codebook, faults_of_project


def faults_of(name: str, data: bytes, folder: Path) -> list[str]:
    """What is wrong with a file, by the schema of its kind and by what our tests ask of it."""
    if name.endswith(".qdpx"):
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            document, schema, faults = package.read("project.qde"), "Project.xsd", faults_of_project(data)
    else:
        document, schema, faults = data, "Codebook.xsd", faults_of_codebook(data)
    judge = etree.XMLSchema(etree.parse(folder / schema))
    judge.validate(etree.fromstring(document))
    return [*(str(fault) for fault in judge.error_log), *faults]


def main(folder: str, *names: str) -> int:
    files = {name: Path(name).read_bytes() for name in names}
    if not names:
        files["codebook.qdc"] = qdc.render(codebook())
        taggings, before = project(), time.process_time()
        files["taggings.qdpx"] = qdpx.render(taggings)
        print(f"10,000 taggings built in {time.process_time() - before:.2f} s of CPU")
    wrong = 0
    for name, data in files.items():
        before = time.process_time()
        faults = faults_of(name, data, Path(folder))
        print(f"{name}: {'; '.join(faults[:5]) or 'valid'} ({time.process_time() - before:.2f} s of CPU to judge)")
        wrong += bool(faults)
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
