"""A file that is a zip of parts, and the same bytes for the same parts: without the time and the machine."""

from __future__ import annotations

import io
from collections.abc import Iterable
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo


def packed(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """The parts in their order. `mimetype` is stored as it is, as OpenDocument wants its first part."""
    file = io.BytesIO()
    with ZipFile(file, "w") as package:
        for name, data in parts:
            package.writestr(ZipInfo(name), data, ZIP_STORED if name == "mimetype" else ZIP_DEFLATED)
    return file.getvalue()


def repacked(data: bytes) -> bytes:
    """The parts of a package that a library made, without the times it put on them."""
    with ZipFile(io.BytesIO(data)) as package:
        return packed([(name, package.read(name)) for name in package.namelist()])
