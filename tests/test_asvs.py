"""The table of security requirements names tests that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "tests/asvs.md").read_text())))


def test_it_names_many():
    assert len(NAMED) > 60


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_what_it_names_is_there(path, name):
    assert f"def {name}(" in (ROOT / path).read_text() if name else (ROOT / path).exists()
