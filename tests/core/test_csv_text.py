"""CSV that no spreadsheet computes, and that is read back as it was."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import csv_text

ROOT = Path(__file__).resolve().parents[2]
FORMULAS = [
    "=cmd|calc", "=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "'=1", "''=1", "-",
    "- x", '=HYPERLINK("http://127.0.0.1/")', "+", "=", "@", "-1-1", "-1,5",
]  # fmt: skip
NUMBERS = ["-1.5", "+3", "-1e-05", "12", "-0.25", "inf", "-inf", "nan", "1.", ".5"]


def table(*rows):
    return list(csv.reader(io.StringIO(csv_text.text(("a", "b"), rows), newline="")))[1:]


@pytest.mark.parametrize("cell", FORMULAS)
def test_what_a_spreadsheet_would_compute_is_text(cell):
    ((got, _),) = table((cell, "x"))
    assert got == f"'{cell}".replace("\r", "\n")
    assert csv_text.unmarked(got) == cell.replace("\r", "\n")


@pytest.mark.parametrize("cell", [*NUMBERS, "a", "a=b", "2024-01-01", "", "'tis", "1 - 2"])
def test_numbers_and_other_texts_stay(cell):
    assert table((cell, -1.5)) == [[cell, "-1.5"]]


@given(cell=st.text())
@example("'\uff0b")
def test_every_text_is_read_back(cell):
    ((got, _),) = table((cell, None))
    assert csv_text.unmarked(got) == cell.replace("\r\n", "\n").replace("\r", "\n")
    assert got[:1] not in ("=", "+", "-", "@", "\t", "\r") or float(got) is not None


def test_numbers_none_and_truth_are_written_plainly():
    assert csv_text.text(("n",), [(-1,), (-0.5,), (None,), (True,)]) == 'n\n-1\n-0.5\n""\nTrue\n'


def test_no_other_module_writes_csv():
    shipped = [path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] not in ("tests", ".venv")]
    assert len(shipped) > 300
    own = [str(path.relative_to(ROOT)) for path in shipped if any(
        word in path.read_text(encoding="utf-8") for word in ("csv.writer(", "DictWriter(", ".to_csv(")
    )]  # fmt: skip
    assert own == ["core/csv_text.py"]
